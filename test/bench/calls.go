package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// oldOnes are how many conversations a desk has before rounds are counted, all open.
const oldOnes = 300

// callsRow counts the calls of rounds, of each vendor: of one in which nothing
// happened, and of those that find so many new conversations, beside the least that
// the vendor's API allows.
func callsRow(b *bench) error {
	changes := []int{0, 1, 10, 100, 1000}
	if b.short {
		changes = changes[:4]
	}
	for _, v := range vendors {
		for _, n := range changes {
			calls, err := b.callsOf(v, n)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			what, goal := ", calls of an idle round", 1.0
			if n > 0 {
				what, goal = fmt.Sprintf(", calls of a round with %s new", thousands(n)), 1.05
			}
			b.add(compared("calls", named(v.name)+what, float64(calls), "the least that the API allows", float64(v.least(n)), goal, showCount))
		}
	}
	return nil
}

// callsOf is how many calls a round takes that finds n conversations, each with one
// message of a customer's, seconds apart and a minute ago.
func (b *bench) callsOf(v vendor, n int) (int, error) {
	begins := func() simulator.Scripted {
		return simulator.Scripted{Lines: []simulator.Line{simulator.Says(2*time.Second, helpdesk.AuthorCustomer)}}
	}
	now := time.Now().Truncate(time.Second).Add(-2 * time.Hour)
	o := v.desk
	o.Seed, o.Start = 7, now
	desk := simulator.New(o)
	advance := func(d time.Duration) {
		now = now.Add(d)
		desk.Advance(now)
	}
	for range oldOnes {
		desk.Play(begins())
		advance(2 * time.Second)
	}
	advance(time.Hour)
	s := serveDesk(v, desk)
	defer s.Close()
	ledger := filepath.Join(b.dir, "calls.db")
	if err := os.RemoveAll(ledger); err != nil {
		return 0, err
	}
	src, err := openSource(v, s.URL, ledger)
	if err != nil {
		return 0, err
	}
	defer src.close()
	round := func() (int, error) {
		s.taken()
		src.poller.Round(context.Background())
		return len(s.taken()), src.poller.Status().Stuck
	}
	for range 3 { // the first sync, and what it overlaps with
		if _, err := round(); err != nil {
			return 0, err
		}
	}
	for range n {
		desk.Play(begins())
		advance(2 * time.Second)
	}
	advance(time.Minute)
	return round()
}
