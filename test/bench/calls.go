package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// quietRounds are enough for some in which nothing happened, nothing of the last
// second is read again, and nothing falls due. The one with the fewest calls is
// idle.
const quietRounds = 40

// callsRow counts the calls of rounds, of each vendor: idle ones, and one after a
// while in which the desk was busy.
func callsRow(b *bench) error {
	for _, v := range vendors {
		if err := b.callsOf(v); err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
	}
	return nil
}

func (b *bench) callsOf(v vendor) error {
	s := serve(v, 300)
	defer s.Close()
	ledger := filepath.Join(b.dir, "calls.db")
	if err := os.RemoveAll(ledger); err != nil {
		return err
	}
	src, err := openSource(v, s.URL, ledger)
	if err != nil {
		return err
	}
	defer src.close()
	round := func() (int, error) {
		s.taken()
		src.poller.Round(context.Background())
		return len(s.taken()), src.poller.Status().Stuck
	}
	for range 2 { // the first sync, and what it overlaps with
		if _, err := round(); err != nil {
			return err
		}
	}
	idle, err := round()
	for range quietRounds {
		s.desk.Advance(s.desk.Now().Add(2 * time.Second))
		again, failed := round()
		idle, err = min(idle, again), errors.Join(err, failed)
	}
	if err != nil {
		return err
	}
	before := src.source.Status(time.Now()).Conversations
	s.desk.Advance(s.desk.Now().Add(30 * time.Minute))
	busy, err := round()
	if err != nil {
		return err
	}
	came := src.source.Status(time.Now()).Conversations - before
	title := named(v.name)
	l := line{row: "calls", what: title + ", calls of an idle round", got: fmt.Sprint(idle), reference: "its README"}
	if v.idle > 0 {
		l = compared("calls", l.what, float64(idle), "the least that its README derives", float64(v.idle), 1, showCount)
	}
	b.add(l)
	b.add(line{row: "calls", what: title + ", calls of a round after half an hour in which " + fmt.Sprint(came) + " conversations came",
		got: fmt.Sprint(busy), reference: "the formula in its README"})
	return nil
}
