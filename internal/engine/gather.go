package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// gathered is a page that was read and is not stored yet. A commit costs two
// syncs and all inner pages of the ledger above what it changes, so what is read
// within [Options.Gather] is stored together, with the booking where one follows.
// What a crash loses of it is read again, as its position was not stored either.
type gathered struct {
	stream   helpdesk.Stream // "": the answer to wants
	page     helpdesk.Page
	position StreamState
	now      time.Time
	since    time.Time // on the machine's clock: the helpdesk's is an estimate, which jumps
}

// gatherSize bounds the records that wait: more take the time of a commit to
// apply by themselves.
const gatherSize = 4000

func (g *gathered) what() string {
	if g.stream == "" {
		return "fetched records"
	}
	return fmt.Sprintf("a page of %s", g.stream)
}

// Apply takes in a page of a stream: its records, wants and position are stored
// whole or not at all, at once or with what is gathered. now is the helpdesk's clock.
//
// After an error, of any method that stores or reads the ledger, nothing of what
// was gathered is stored, and streams stand where they stood before it: see Lost.
func (s *Source) Apply(stream helpdesk.Stream, page helpdesk.Page, position StreamState, now time.Time) error {
	before := s.Stream(stream)
	if err := s.gather(gathered{stream: stream, page: page, position: position, now: now}); err != nil || stream != helpdesk.StreamAgents {
		return err
	}
	if err := s.Flush(); err != nil {
		return err
	}
	return s.callRoll(page, before, position, now)
}

// Fetched takes in the answer to wants, as [Source.Apply].
func (s *Source) Fetched(page helpdesk.Page, now time.Time) error {
	page.Served = slices.Clone(page.Served) // may be part of what the caller asked for
	return s.gather(gathered{page: page, now: now})
}

func (s *Source) gather(g gathered) error {
	g.since = s.engine.opts.Now()
	s.mu.Lock()
	s.gathered = append(s.gathered, g)
	s.mu.Unlock()
	for _, m := range g.page.Memos {
		s.memos[m.Key] = m.Value
	}
	records := 0
	for i := range s.gathered {
		records += len(s.gathered[i].page.Records)
	}
	if g.since.Sub(s.gathered[0].since) < s.engine.opts.Gather && records < gatherSize {
		return nil
	}
	return s.Flush()
}

// Flush stores what was gathered.
func (s *Source) Flush() error {
	if len(s.gathered) == 0 {
		return nil
	}
	a := &application{s: s}
	err := s.engine.update(func(tx state.Tx) error {
		a.begin(tx)
		if err := a.pages(); err != nil {
			return err
		}
		return a.write()
	})
	s.stored(a, err)
	if err != nil {
		return fmt.Errorf("store what was read: %w", err)
	}
	return nil
}

// stored ends a transaction that was to store what was gathered.
func (s *Source) stored(a *application, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		a.publish()
	} else if len(s.gathered) > 0 {
		s.lost++
	}
	clear(s.gathered)
	s.gathered = s.gathered[:0]
	clear(s.memos)
}

// Lost is how often what was gathered could not be stored: what was read before
// has to be read again from where its stream stands.
func (s *Source) Lost() int { return s.lost }

// Stream returns where a stream stands, with what was gathered.
func (s *Source) Stream(stream helpdesk.Stream) StreamState {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st, _ := s.standing(stream)
	return st
}

func (s *Source) standing(stream helpdesk.Stream) (st StreamState, known bool) {
	for i := len(s.gathered) - 1; i >= 0; i-- {
		if g := &s.gathered[i]; g.stream == stream {
			return g.position, true
		}
	}
	st, known = s.streams[stream]
	return st, known
}
