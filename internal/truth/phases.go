package truth

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// ending is how a turn ended.
type ending int

const (
	running ending = iota
	replied
	closed
	excluded
)

// turn is a customer's turn to be answered.
type turn struct {
	start     time.Time
	notBefore time.Time // the reopening that made it one; zero for other turns
	how       ending
	end       item
}

// cycle is the time between the beginning, or a reopening, and a lasting close.
type cycle struct {
	start    time.Time // zero in the first cycle
	startPos int       // place of what started it, -1 in the first
	reopened *item     // nil in the first cycle
	close    *item     // nil while it goes on
	waiting  bool      // the customer was waiting at the close
}

// walk finds the turns and cycles.
func (s *story) walk() {
	open := -1                    // index of the open turn
	var asked, answered *item     // while closed: the customer's last message, and the first reply to it
	status := helpdesk.StatusOpen // of a conversation that nothing was told about
	shut := false
	s.cycles = []cycle{{startPos: -1}}
	end := func(how ending, it item) {
		if open >= 0 {
			s.turns[open].how, s.turns[open].end = how, it
		}
		open = -1
	}
	for i := range s.items {
		it := s.items[i]
		c, _ := it.record.(helpdesk.StatusChange)
		switch {
		case c.Change == helpdesk.ChangeExcluded:
			end(excluded, it)
			asked, answered = nil, nil
		case c.Change == helpdesk.ChangeClosed:
			last := &s.cycles[len(s.cycles)-1]
			last.close, last.waiting = &s.items[i], open >= 0 && status.Waits()
			end(closed, it)
			shut, asked, answered = true, nil, nil
		case c.Change == helpdesk.ChangeReopened:
			shut = false
			next := cycle{start: it.At, startPos: it.pos, reopened: &s.items[i]}
			if asked != nil {
				next.start, next.startPos = asked.At, asked.pos
				s.turns = append(s.turns, turn{start: asked.At, notBefore: it.At})
				open = len(s.turns) - 1
				if answered != nil {
					end(replied, *answered)
				}
			}
			s.cycles = append(s.cycles, next)
			status = helpdesk.StatusOpen
		case shut && it.byCustomer():
			asked, answered = &s.items[i], nil
		case shut && s.qualifies(it):
			if answered == nil {
				answered = &s.items[i]
			}
		case it.byCustomer():
			if open < 0 {
				s.turns = append(s.turns, turn{start: it.At})
				open = len(s.turns) - 1
			}
		case s.qualifies(it):
			end(replied, it)
		}
		if c.To.Live() {
			status = c.To
		}
	}
}
