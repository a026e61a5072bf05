package truth

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// durations are the observations of one time in a histogram, and in its
// business-time twin where the source has a schedule.
func (s *story) durations(name string, start time.Time, end item, bookable time.Time) []fact {
	facts := []fact{{
		name: "helpdesk_" + name + "_seconds", observation: true,
		at: end.At, what: &end, bookable: bookable, seconds: end.At.Sub(start).Seconds(),
	}}
	if sc := s.options.Policy.Schedule; sc != nil {
		facts = append(facts, fact{
			name: "helpdesk_" + name + "_business_seconds", observation: true,
			at: end.At, what: &end, bookable: bookable, seconds: sc.Between(start, end.At).Seconds(),
		})
	}
	return facts
}

func slaEvent(c kpi.Clock, t kpi.Tier, result string) fact {
	return fact{
		name:    "helpdesk_sla_events_total",
		labels:  labelled("clock", c.String(), "tier", t.String(), "result", result),
		arrival: true,
	}
}

// met is the event of a clock that was stopped in time.
func met(c kpi.Clock, t kpi.Tier, end item, bookable time.Time) fact {
	f := slaEvent(c, t, "met")
	f.at, f.what, f.bookable = end.At, &end, bookable
	return f
}

// missed is the event of a clock that passed a deadline.
func missed(c kpi.Clock, t kpi.Tier, deadline, bookable time.Time) fact {
	f := slaEvent(c, t, "missed")
	f.at, f.bookable = deadline, bookable
	return f
}

// firstResponseFacts are literal: the customer's first message, the first reply
// after it, whatever happened between.
func (s *story) firstResponseFacts() []fact {
	first := s.firstCustomer()
	if first == nil || !s.startedByCustomer() {
		return nil
	}
	reply := s.firstOf(func(it item) bool { return it.pos > first.pos && s.qualifies(it) })
	if reply == nil {
		return nil
	}
	return s.durations("first_response", first.At, *reply, reply.At)
}

// clockOf returns the clock of the i-th turn.
func (s *story) clockOf(i int) kpi.Clock {
	if i == 0 && s.startedByCustomer() {
		return kpi.FirstResponse
	}
	return kpi.NextResponse
}

func (s *story) turnFacts() []fact {
	var facts []fact
	for i, t := range s.turns {
		if t.how == replied {
			bookable := later(t.notBefore, s.whenItemKnown(t.end))
			facts = append(facts, s.durations("response", t.start, t.end, bookable)...)
		}
		for _, tier := range kpi.Tiers {
			facts = append(facts, s.turnEvent(t, s.clockOf(i), tier)...)
		}
		facts = append(facts, s.cancelled(t, s.clockOf(i))...)
	}
	return facts
}

// turnEvent is what one tier books of a turn, if anything.
func (s *story) turnEvent(t turn, c kpi.Clock, tier kpi.Tier) []fact {
	d := s.deadline(c, tier, t.start)
	bookable := later(t.notBefore, s.whenKnown(d))
	switch t.how {
	case replied:
		if !t.end.At.After(d) {
			return []fact{met(c, tier, t.end, later(t.notBefore, s.whenItemKnown(t.end)))}
		}
	case closed, excluded:
		if d.After(t.end.At) {
			return nil
		}
		if t.how == closed && d.Equal(t.end.At) {
			bookable = later(bookable, s.lastsAt(t.end)) // the close was in its grace
		}
	}
	return []fact{missed(c, tier, d, bookable)}
}

// cancelled is the fact that a turn ended without a reply before its last
// limit, if it did.
func (s *story) cancelled(t turn, c kpi.Clock) []fact {
	if t.how != closed && t.how != excluded || !t.end.At.Before(s.lastDeadline(c, t.start)) {
		return nil
	}
	bookable := s.whenItemKnown(t.end)
	if t.how == closed {
		bookable = s.lastsAt(t.end)
	}
	return []fact{{
		name: "helpdesk_clocks_cancelled_total", labels: labelled("clock", c.String()),
		at: t.end.At, what: &t.end, bookable: later(t.notBefore, bookable),
	}}
}

// lastsAt is when a close has lasted.
func (s *story) lastsAt(close item) time.Time { return close.At.Add(s.options.Policy.ReopenGrace) }

func (s *story) messageFacts() []fact {
	var facts []fact
	for _, it := range s.items {
		m, ok := it.public()
		if !ok {
			continue
		}
		author := "bot"
		switch m.Author {
		case helpdesk.AuthorCustomer:
			author = "customer"
		case helpdesk.AuthorAgent:
			author = "agent"
		}
		facts = append(facts, fact{
			name: "helpdesk_messages_total", labels: labelled("author", author),
			at: m.At, what: &it, bookable: m.At, message: m.ID,
		})
	}
	return facts
}
