package truth

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// withins are the values of the label within of helpdesk_conversations_due.
var withins = map[string]time.Duration{"15m": 15 * time.Minute, "1h": time.Hour}

// Gauges returns the live gauges at now, from the rows and from what had
// happened by then. helpdesk_oldest_waiting_timestamp_seconds is absent where
// nobody waits; every other gauge that is absent is 0.
func Gauges(convs []Conversation, o Options, now time.Time) Values {
	v := Values{}
	for _, c := range convs {
		if c.Row.Status.Live() {
			v.gauge(tell(until(c, now), &o), now)
		}
	}
	return v
}

// until is a conversation without what happened after now.
func until(c Conversation, now time.Time) Conversation {
	known := Conversation{Row: c.Row}
	items, _ := history(c)
	for _, it := range items {
		if !it.At.After(now) {
			known.Records = append(known.Records, it.record)
		}
	}
	return known
}

func (v Values) gauge(s *story, now time.Time) {
	add := func(name string, by float64, pairs ...string) string {
		labels := baseLabels(s.options, s.row.Labels)
		for n, value := range labelled(pairs...) {
			labels[n] = value
		}
		key := series(name, labels)
		v[key] += by
		return key
	}
	add("helpdesk_open_conversations", 1, "status", s.row.Status.String())
	if s.row.Agent == "" {
		add("helpdesk_unassigned_conversations", 1)
	}
	for c, start := range s.clocksAt() {
		if c != kpi.Resolution && s.row.Status.Waits() {
			add("helpdesk_waiting_conversations", 1)
			key := add("helpdesk_oldest_waiting_timestamp_seconds", 0)
			if since := float64(start.UnixMicro()) / 1e6; v[key] == 0 || since < v[key] {
				v[key] = since
			}
		}
		for _, tier := range kpi.Tiers {
			if now.After(s.deadline(c, tier, start)) {
				add("helpdesk_conversations_past_tier", 1, "clock", c.String(), "tier", tier.String())
			}
		}
		s.due(c, start, now, func(within string) {
			add("helpdesk_conversations_due", 1, "clock", c.String(), "within", within)
		})
	}
}

// due calls add for each of the times ahead in which the promised deadline of
// a clock falls.
func (s *story) due(c kpi.Clock, start, now time.Time, add func(within string)) {
	if s.options.Promise == nil {
		return
	}
	tier, ok := s.options.Promise(c, s.row.Labels.Channel)
	if !ok {
		return
	}
	d := s.deadline(c, tier, start)
	for name, within := range withins {
		if !d.Before(now) && !d.After(now.Add(within)) {
			add(name)
		}
	}
}

// clocksAt returns the clocks that run, with their starts: none while a close
// is in force, in its grace or lasting, or while the conversation is excluded.
func (s *story) clocksAt() map[kpi.Clock]time.Time {
	clocks := map[kpi.Clock]time.Time{}
	for i, t := range s.turns {
		if t.how == running {
			clocks[s.clockOf(i)] = t.start
		}
	}
	if last := s.cycles[len(s.cycles)-1]; last.close == nil {
		if r, ok := s.resolutionOf(last); ok && r.how == running {
			clocks[kpi.Resolution] = r.start
		}
	}
	return clocks
}
