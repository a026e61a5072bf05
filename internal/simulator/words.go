package simulator

import (
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// Truth returns the counters that an exporter which booked in the given steps
// should show, when it is told all that happens here.
func (d *Desk) Truth(o truth.Options, steps []truth.Step) truth.Values {
	return truth.Counters(d.Conversations(), o, steps)
}

// LiveTruth returns the live gauges that such an exporter should show now.
func (d *Desk) LiveTruth(o truth.Options) truth.Values {
	convs := d.Conversations()
	return truth.Gauges(convs, o, d.Now())
}

// Conversations returns every conversation's row and whole history in the words
// of the product, deleted and merged ones included.
func (d *Desk) Conversations() []truth.Conversation {
	var out []truth.Conversation
	d.Read(func(b *Books) {
		for _, t := range b.Tickets {
			w := writer{b: b, t: t, feed: d.o.Feed}
			w.write()
			whole := truth.Conversation{Row: w.row(), Records: w.records}
			if d.o.Endless > 0 {
				out = append(out, w.openings(whole, d.o.Endless)...)
				continue
			}
			out = append(out, whole)
		}
	})
	return out
}

// writer puts one ticket into words.
type writer struct {
	b       *Books
	t       *Ticket
	feed    bool
	state   State
	records []helpdesk.Record
}

func id(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (w *writer) row() helpdesk.Conversation {
	s := w.t.Now()
	c := helpdesk.Conversation{
		ID: id(w.t.ID), Created: s.Created, Updated: s.Updated, Status: s.Status, Closed: s.Closed, Messages: s.Messages,
		Labels: helpdesk.Labels{Channel: w.t.Channel, Team: w.team(s.Team), Priority: s.Priority},
	}
	if u := w.b.User(s.Agent); u != nil && !u.Bot {
		c.Agent = id(s.Agent)
	}
	if x, at := s.Excluded(); x != helpdesk.NotExcluded {
		c.Status, c.Excluded, c.ExcludedAt = helpdesk.StatusExcluded, x, at
	}
	return c
}

func (w *writer) team(id int64) string {
	if t := w.b.Team(id); t != nil {
		return t.Name
	}
	return ""
}

func (w *writer) key(h Happening, kind string, n int64, lane helpdesk.Lane) helpdesk.Key {
	if w.feed {
		lane = helpdesk.LaneFeed
	}
	return helpdesk.Key{ID: kind + id(n), At: h.At, Lane: lane, Seq: uint64(h.ID)}
}

func (w *writer) write() {
	for _, h := range w.t.Log {
		before := w.state
		w.state.apply(h)
		switch h.What {
		case Spoke:
			w.message(h)
		case Assigned, Unassigned, Teamed:
			w.held(h, before)
		case Prioritised:
			w.relabel(h, helpdesk.LabelPriority, before.Priority, h.Priority)
		default:
			w.changed(h, before)
		}
	}
	if v := w.state.Survey; v.ID != 0 {
		w.records = append(w.records, helpdesk.Rating{
			ID: id(v.ID), Conversation: id(w.t.ID), Sent: v.Sent, Scored: v.Scored, Score: v.Score,
		})
	}
}

func (w *writer) message(h Happening) {
	m := h.Message
	w.records = append(w.records, helpdesk.Message{
		Key: w.key(h, "m", m.ID, helpdesk.LaneMessages), Conversation: id(w.t.ID), Author: m.Author, Agent: id(m.User),
		Public: m.Public, Undelivered: m.Undelivered,
	})
}

// held tells who has it now: where no agent does, the team or nobody.
func (w *writer) held(h Happening, before State) {
	if h.What == Teamed {
		w.relabel(h, helpdesk.LabelTeam, w.team(before.Team), w.team(h.Team))
		if w.state.Agent != 0 {
			return
		}
	}
	a := helpdesk.Assignment{Key: w.key(h, "a", h.ID, helpdesk.LaneEvents), Conversation: id(w.t.ID), Agent: id(w.state.Agent)}
	u := w.b.User(w.state.Agent)
	switch {
	case u != nil && u.Bot:
		a.To = helpdesk.HolderBot
	case u != nil:
		a.To = helpdesk.HolderAgent
	case w.state.Team != 0:
		a.To = helpdesk.HolderTeam
	}
	w.records = append(w.records, a)
}

func (w *writer) relabel(h Happening, label helpdesk.LabelName, from, to string) {
	w.records = append(w.records, helpdesk.Relabel{
		Key: w.key(h, "l", h.ID, helpdesk.LaneEvents), Conversation: id(w.t.ID), Label: label, From: from, To: to,
	})
}

// changed tells changes of the status, and exclusions by the first of several
// reasons to the last.
func (w *writer) changed(h Happening, before State) {
	c := helpdesk.StatusChange{
		Key: w.key(h, "s", h.ID, helpdesk.LaneEvents), Conversation: id(w.t.ID), By: h.Actor, Agent: id(h.By), Cause: id(h.Cause),
	}
	was, _ := before.Excluded()
	is, _ := w.state.Excluded()
	switch {
	case h.What == Closed:
		c.Change, c.To = helpdesk.ChangeClosed, helpdesk.StatusClosed
	case h.What == Reopened:
		c.Change, c.To = helpdesk.ChangeReopened, helpdesk.StatusOpen
	case h.What == Snoozed:
		c.Change, c.To = helpdesk.ChangeStatus, helpdesk.StatusSnoozed
	case h.What == Woken:
		c.Change, c.To = helpdesk.ChangeStatus, helpdesk.StatusOpen
	case was == is:
		return
	case was == helpdesk.NotExcluded:
		c.Change, c.To, c.Excluded = helpdesk.ChangeExcluded, helpdesk.StatusExcluded, is
	case is == helpdesk.NotExcluded:
		c.Change = helpdesk.ChangeRestored
		if w.state.Status.Live() {
			c.To = w.state.Status
		}
	default:
		return
	}
	w.records = append(w.records, c)
}
