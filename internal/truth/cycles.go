package truth

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// resolution is the resolution clock of one cycle.
type resolution struct {
	start     time.Time
	notBefore time.Time // the reopening that started the cycle
	how       ending    // running, closed or excluded
	end       item
}

// resolutionOf returns the resolution clock of a cycle, false when none ran:
// no customer has written before its end.
func (s *story) resolutionOf(c cycle) (resolution, bool) {
	first := s.firstCustomer()
	if first == nil || c.close != nil && first.pos > c.close.pos {
		return resolution{}, false
	}
	r := resolution{start: first.At}
	from := first.pos
	if c.reopened != nil {
		r.notBefore = c.reopened.At
		if first.pos <= c.startPos {
			r.start, from = c.start, c.startPos
		}
	}
	if c.close != nil {
		r.how, r.end = closed, *c.close
	}
	x := s.firstOf(func(it item) bool { return it.change() == helpdesk.ChangeExcluded && it.pos > from })
	if x != nil && (c.close == nil || x.pos < c.close.pos) {
		r.how, r.end = excluded, *x
	}
	return r, true
}

func (s *story) resolutionFacts() []fact {
	var facts []fact
	for _, c := range s.cycles {
		r, ok := s.resolutionOf(c)
		if !ok {
			continue
		}
		for _, tier := range kpi.Tiers {
			d := s.deadline(kpi.Resolution, tier, r.start)
			switch {
			case r.how == closed && !r.end.At.After(d):
				facts = append(facts, met(kpi.Resolution, tier, r.end, s.lastsAt(r.end)))
			case r.how == excluded && d.After(r.end.At):
			default:
				facts = append(facts, missed(kpi.Resolution, tier, d, later(r.notBefore, s.whenKnown(d))))
			}
		}
	}
	return facts
}

// closeFacts are those of the lasting closes: the outcome, the time to resolve
// and the time that agents held the conversation.
func (s *story) closeFacts() []fact {
	var facts []fact
	for _, c := range s.cycles {
		if c.close == nil {
			continue
		}
		bookable := s.lastsAt(*c.close)
		facts = append(facts, fact{
			name: "helpdesk_conversations_closed_total", labels: labelled("outcome", s.outcome(c)),
			at: c.close.At, what: c.close, bookable: bookable, arrival: true,
		})
		if first := s.firstCustomer(); first != nil && first.pos < c.close.pos {
			facts = append(facts, s.durations("resolution", first.At, *c.close, bookable)...)
		}
		if since, ok := s.heldSince(c); ok {
			facts = append(facts, fact{
				name: "helpdesk_handle_seconds", observation: true,
				at: c.close.At, what: c.close, bookable: bookable, seconds: c.close.At.Sub(since).Seconds(),
			})
		}
	}
	return facts
}

// heldSince is when an agent first held the conversation in a cycle that ended.
func (s *story) heldSince(c cycle) (time.Time, bool) {
	held := false
	for _, it := range s.items {
		a, ok := it.record.(helpdesk.Assignment)
		switch {
		case !ok || it.pos > c.close.pos:
		case it.pos < c.startPos:
			held = a.To == helpdesk.HolderAgent
		case held:
			return c.start, true
		case a.To == helpdesk.HolderAgent:
			return a.At, true
		}
	}
	return c.start, held
}

// reopenFacts are the reopenings of lasting closes.
func (s *story) reopenFacts() []fact {
	var facts []fact
	for i, c := range s.cycles {
		if c.reopened != nil {
			facts = append(facts, fact{
				name:   "helpdesk_conversations_reopened_total",
				labels: labelled("outcome", s.outcome(s.cycles[i-1])),
				at:     c.reopened.At, what: c.reopened, bookable: c.reopened.At,
			})
		}
	}
	return facts
}

// excludedFacts count a conversation once, at its first exclusion.
func (s *story) excludedFacts() []fact {
	x := s.firstOf(func(it item) bool { return it.change() == helpdesk.ChangeExcluded })
	if x == nil {
		return nil
	}
	return []fact{{
		name:   "helpdesk_conversations_excluded_total",
		labels: labelled("reason", x.record.(helpdesk.StatusChange).Excluded.String()),
		at:     x.At, what: x, bookable: x.At,
	}}
}
