package simulator

import (
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// endless is the ticket of a customer who has one for ever; nil where none is
// theirs yet.
func (d *Desk) endless(c *Customer) *Ticket {
	if d.o.Endless == 0 {
		return nil
	}
	for _, t := range d.books.Tickets {
		if t.Customer == c.ID && len(t.Log) > 0 {
			return t
		}
	}
	return nil
}

// openings divides the story of a contact into conversations: one ends with a
// close that has lasted, and the next begins with what reopens it.
func (w *writer) openings(whole truth.Conversation, lasts time.Duration) []truth.Conversation {
	var all []truth.Conversation
	rest := whole
	for _, at := range w.reopened(lasts) {
		var before, after []helpdesk.Record
		for _, r := range rest.Records {
			switch key := keyOf(r); {
			case key.At.Before(at):
				before = append(before, r)
			case !isReopening(r, at):
				after = append(after, r)
			}
		}
		ended := rest
		ended.Row, ended.Records = w.rowBefore(at, rest.Row), before
		all = append(all, ended)
		rest.Row.ID, rest.Row.Created, rest.Records = fmt.Sprintf("%d-%d", w.t.ID, len(all)), at, after
	}
	return append(all, rest)
}

// reopened are the instants at which a lasting close was reopened.
func (w *writer) reopened(lasts time.Duration) []time.Time {
	var all []time.Time
	var closed time.Time
	for _, h := range w.t.Log {
		switch h.What {
		case Closed:
			closed = h.At
		case Reopened:
			if !closed.IsZero() && h.At.Sub(closed) > lasts {
				all = append(all, h.At)
			}
			closed = time.Time{}
		}
	}
	return all
}

// rowBefore is what the row was just before an instant.
func (w *writer) rowBefore(at time.Time, row helpdesk.Conversation) helpdesk.Conversation {
	s := w.t.stateAt(at.Add(-1))
	row.Status, row.Closed, row.Updated, row.Agent = s.Status, s.Closed, s.Updated, ""
	row.Excluded, row.ExcludedAt = helpdesk.NotExcluded, time.Time{}
	row.Labels.Team = w.team(s.Team)
	if u := w.b.User(s.Agent); u != nil && !u.Bot {
		row.Agent = id(s.Agent)
	}
	return row
}

func isReopening(r helpdesk.Record, at time.Time) bool {
	c, ok := r.(helpdesk.StatusChange)
	return ok && c.Change == helpdesk.ChangeReopened && c.At.Equal(at)
}

func keyOf(r helpdesk.Record) helpdesk.Key {
	switch r := r.(type) {
	case helpdesk.Message:
		return r.Key
	case helpdesk.StatusChange:
		return r.Key
	case helpdesk.Assignment:
		return r.Key
	case helpdesk.Relabel:
		return r.Key
	}
	return helpdesk.Key{}
}
