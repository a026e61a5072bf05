package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// change is a round in which 100 open conversations get a reply or a question, in
// turns: of 1,000 that lie evenly among the newest so many, or of those where they are
// fewer. So the same happens at all sizes, and only how far apart it is differs.
func (d *desk) change(p population, among int) func() error {
	const changes = 100
	visited := min(among, 1000)
	stride := visited / changes
	said := among * 1_000_000 // ids of its own
	round := 0
	return func() error {
		d.now = d.now.Add(time.Millisecond) // nothing else falls due
		var page []helpdesk.Record
		for i := range changes {
			n := p.tracked - 1 - (i*stride+round%stride)*(among/visited)
			said++
			m := helpdesk.Message{
				Key:          helpdesk.Key{ID: strconv.Itoa(9_000_000_000_000 + said), At: d.now, Seq: uint64(said)},
				Conversation: conversationID(n), Author: helpdesk.AuthorAgent, Agent: strconv.Itoa(360_001_234_000 + n%40), Public: true,
			}
			if (round/stride+round%stride)%2 == 1 {
				m.Author, m.Agent = helpdesk.AuthorCustomer, ""
			}
			page = append(page, m)
		}
		round++
		if err := d.apply(page); err != nil {
			return err
		}
		return d.book()
	}
}

// tenth is a population of which a tenth is open, or more of a small one: many
// changes to few conversations would make those long.
func tenth(n int) population { return population{n, max(n/10, min(n/2, 1000))} }

// roundRow compares rounds of 100 changes beside ledgers of several sizes: of the
// conversations that came last, as on a real desk, and spread over all that are
// open, where hardly two are on one page of the ledger.
func roundRow(b *bench) error {
	var recent, spread []func() error
	sizes := b.sizes()
	for _, n := range sizes {
		p := tenth(n)
		d, err := b.desk(p)
		if err != nil {
			return err
		}
		defer d.store.Close()
		recent = append(recent, d.change(p, newest))
		spread = append(spread, d.change(p, p.open))
	}
	for _, r := range []struct {
		where  string
		rounds []func() error
	}{{"the 500 newest", recent}, {"all open ones", spread}} {
		c, err := alternate(b.rounds(5), 3, r.rounds...)
		if err != nil {
			return err
		}
		base := 1 // 10,000
		for i, n := range sizes {
			if c[i].wrote > 0 {
				b.add(line{row: "round", what: fmt.Sprintf("round of 100 changes of %s, %s tracked, pages of the ledger written", r.where, thousands(n)), got: showCount(float64(c[i].wrote) / float64(os.Getpagesize()))})
			}
			if i == base {
				continue
			}
			what := fmt.Sprintf("round of 100 changes of %s, %s tracked", r.where, thousands(n))
			than := thousands(sizes[base]) + " tracked"
			b.cpu("round", what+", CPU", c[i], than, c[base], 1.5)
			b.add(compared("round", what+", allocations", float64(c[i].allocs), than, float64(c[base].allocs), 1.1, showCount))
		}
	}
	return nil
}
