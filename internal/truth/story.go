package truth

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// story is a conversation as the definitions see it.
type story struct {
	options  *Options
	row      helpdesk.Conversation
	earliest time.Time // of all records
	first    *item     // of all that happened; nil when nothing did
	relabels []item    // in order
	items    []item    // what counts: without echoes, excluded times and undone closes
	windows  []window
	ratings  []helpdesk.Rating
	turns    []turn
	cycles   []cycle
}

func tell(c Conversation, o *Options) *story {
	items, ratings := history(c)
	s := &story{options: o, row: c.Row, ratings: ratings}
	if len(items) > 0 {
		first := items[0]
		s.earliest, s.first = first.At, &first
	}
	for _, it := range items {
		if _, ok := it.record.(helpdesk.Relabel); ok {
			s.relabels = append(s.relabels, it)
		}
	}
	items = withoutEchoes(items)
	items = withRowsWord(items, c.Row, o.Policy.ReopenGrace)
	items = withoutExcluded(items)
	s.items, s.windows = settle(items, o.Policy.ReopenGrace)
	s.walk()
	return s
}

// created is when the conversation began.
func (s *story) created() time.Time {
	c := s.row.Created
	if c.IsZero() || (!s.earliest.IsZero() && s.earliest.Before(c)) {
		return s.earliest
	}
	return c
}

// labelsAt returns the labels that the conversation had when all of t's instant
// had happened.
func (s *story) labelsAt(t time.Time) helpdesk.Labels {
	return s.labelsBefore(func(r item) bool { return r.At.After(t) })
}

// labelsOf returns the labels that the conversation had when something happened.
func (s *story) labelsOf(it item) helpdesk.Labels {
	return s.labelsBefore(func(r item) bool { return inTurn(r, it) > 0 })
}

// labelsBefore are those of the row, with the changes of later taken back.
func (s *story) labelsBefore(later func(item) bool) helpdesk.Labels {
	l := s.row.Labels
	for _, it := range slices.Backward(s.relabels) {
		if later(it) {
			r := it.record.(helpdesk.Relabel)
			l.Set(r.Label, r.From)
		}
	}
	return l
}

// deadline is when a clock that runs since start passes the limit of a tier. A
// change of the channel while it runs brings the new limit from then on.
func (s *story) deadline(c kpi.Clock, t kpi.Tier, start time.Time) time.Time {
	d := s.deadlineOn(s.labelsAt(start).Channel, c, t, start)
	for _, r := range s.relabels {
		if r.record.(helpdesk.Relabel).Label != helpdesk.LabelChannel || !r.At.After(start) {
			continue
		}
		if d.Before(r.At) {
			break // it had passed
		}
		d = later(r.At, s.deadlineOn(s.labelsAt(r.At).Channel, c, t, start))
	}
	return d
}

func (s *story) deadlineOn(ch helpdesk.Channel, c kpi.Clock, t kpi.Tier, start time.Time) time.Time {
	p := &s.options.Policy
	return p.Deadline(start, p.TierLimits(c, ch).Of(t))
}

// lastDeadline is when a clock passes the last of its limits.
func (s *story) lastDeadline(c kpi.Clock, start time.Time) time.Time {
	var last time.Time
	for _, t := range kpi.Tiers {
		last = later(last, s.deadline(c, t, start))
	}
	return last
}

// whenKnown is when a deadline of a turn or a resolution could first be
// booked: while a close is in its grace it is not, and if that close is undone,
// it is when it was.
func (s *story) whenKnown(at time.Time) time.Time {
	for _, w := range s.windows {
		if !at.Before(w.close.At) && at.Before(w.undone.At) {
			return w.undone.At
		}
	}
	return at
}

// whenItemKnown is the same for something that happened.
func (s *story) whenItemKnown(it item) time.Time {
	for _, w := range s.windows {
		if it.pos > w.close.pos && it.pos < w.undone.pos {
			return w.undone.At
		}
	}
	return it.At
}

// qualifies reports whether an item is a qualifying reply.
func (s *story) qualifies(it item) bool {
	m, ok := it.public()
	if !ok || m.Undelivered {
		return false
	}
	return m.Author == helpdesk.AuthorAgent || m.Author == helpdesk.AuthorBot && s.options.Policy.CountBotReplies
}

// firstOf returns the first item that is what is asked for, or nil.
func (s *story) firstOf(is func(item) bool) *item {
	for i := range s.items {
		if is(s.items[i]) {
			return &s.items[i]
		}
	}
	return nil
}

func (s *story) firstCustomer() *item {
	return s.firstOf(func(it item) bool { return it.byCustomer() })
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
