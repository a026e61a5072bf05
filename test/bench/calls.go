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
// happened, of those that find so many new conversations, and of those that find so
// many changed that are known, beside the least that the vendor's API allows.
func callsRow(b *bench) error {
	found, changed := []int{1, 10, 100, 1000}, []int{1, 10, 100}
	if b.short {
		found = found[:3]
	}
	for _, v := range vendors {
		count := func(what string, n, least int, goal float64, happens func(*simulator.Desk, int64)) error {
			calls, err := b.callsOf(v, n, happens)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			b.add(compared("calls", named(v.name)+", calls of "+what, float64(calls), "the least that the API allows", float64(least), goal, showCount))
			return nil
		}
		if err := count("an idle round", 0, v.least(0), 1, nil); err != nil {
			return err
		}
		for _, n := range found {
			if err := count(fmt.Sprintf("a round with %s new", thousands(n)), n, v.least(n), 1.05, begins); err != nil {
				return err
			}
		}
		for _, n := range changed {
			if err := count(fmt.Sprintf("a round with %d changed", n), n, v.leastChanged(n), 1.05, changes); err != nil {
				return err
			}
		}
	}
	return nil
}

// begins is a new conversation, with one message of a customer's.
func begins(d *simulator.Desk, _ int64) {
	d.Play(simulator.Scripted{Lines: []simulator.Line{simulator.Says(2*time.Second, helpdesk.AuthorCustomer)}})
}

// changes is what happens to a known conversation: an agent answers it, and closes it.
func changes(d *simulator.Desk, known int64) {
	d.Continue(known, simulator.Replies(time.Second, 0), simulator.Does(2*time.Second, 0, simulator.Happening{What: simulator.Closed}))
}

// callsOf is how many calls a round takes before which something has happened n
// times, seconds apart, a minute ago and before. The known conversations are from all
// over the desk.
func (b *bench) callsOf(v vendor, n int, happens func(d *simulator.Desk, known int64)) (int, error) {
	now := time.Now().Truncate(time.Second).Add(-2 * time.Hour)
	o := v.desk
	o.Seed, o.Start = 7, now
	desk := simulator.New(o)
	advance := func(d time.Duration) {
		now = now.Add(d)
		desk.Advance(now)
	}
	for range oldOnes {
		begins(desk, 0)
		advance(2 * time.Second)
	}
	// The agent has been met before, as on all days but his first.
	desk.Continue(simulator.FirstTicket, simulator.Replies(time.Second, 0))
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
	for i := range n {
		happens(desk, simulator.FirstTicket+int64(i*oldOnes/n))
		advance(2 * time.Second)
	}
	advance(time.Minute)
	return round()
}
