package engine

import (
	"math"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Deadline is a running clock of a conversation and when it breaks the promise.
// All instants are on the helpdesk's clock.
type Deadline struct {
	Conversation string
	URL          string
	Values       []string // channel and extra labels
	Team         string   // "" also where teams are no label
	Clock        kpi.Clock
	Tier         kpi.Tier
	Limit        time.Duration
	Business     bool // the limit is in the source's support hours
	Start, At    time.Time
	// From is when it was decided that the clock runs, see [kpi.Running]; Seen
	// is when the conversation was first seen. Zero where that is not known.
	From, Seen time.Time
}

// Channel is the channel of the conversation.
func (d *Deadline) Channel() helpdesk.Channel { return helpdesk.Channel(d.Values[0]) }

// Decided is when the deadline was broken as far as anybody could know.
func (d *Deadline) Decided() time.Time {
	if d.From.After(d.At) {
		return d.From
	}
	return d.At
}

// Ahead says how long before a deadline something is to be done, given the
// limit. A negative answer means never.
type Ahead func(limit time.Duration) time.Duration

// AtDeadline is the deadline itself.
func AtDeadline(time.Duration) time.Duration { return 0 }

// Watch calls fn with the conversations that a booking has changed in the
// queue. fn must be quick, and not call the source; nil ends it.
func (s *Source) Watch(fn func(ids []string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch = fn
}

// Skew is the helpdesk's clock less the machine's.
func (s *Source) Skew() time.Duration {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.skew
}

// Interval is the effective poll interval: how long the last good round took,
// and the configured one at least.
func (s *Source) Interval() time.Duration {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.effective()
}

// SyncedAt is when the first sync was complete, on the helpdesk's clock; zero
// when it is not, or an older version completed it.
func (s *Source) SyncedAt() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return kpi.Time(s.meta.SyncedAt)
}

// Clocks lists the promised clocks that run in a conversation. known is false
// while the conversation waits to be read whole: nobody can tell then.
func (s *Source) Clocks(id string) (clocks []Deadline, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.live.entries[id]
	if e == nil {
		return nil, true
	}
	if e.Turn != 0 {
		clocks = s.promised(clocks, id, e, e.Clock)
	}
	if e.Cycle != 0 {
		clocks = s.promised(clocks, id, e, kpi.Resolution)
	}
	return clocks, !e.Unknown
}

// Due lists the promised deadlines of a clock of which the instant to do
// something lies after one instant and not after another, and when the next one
// comes; zero when none does. It costs the groups and what it finds.
func (s *Source) Due(c kpi.Clock, ahead Ahead, after, upTo time.Time) (due []string, next time.Time) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, g := range s.live.groups {
		channel := helpdesk.Channel(g.values[0])
		promise, ok := s.opts.Promised(channel, c)
		if !ok {
			continue
		}
		limit := s.opts.Policy.TierLimits(c, channel).Of(promise.Tier)
		lead := ahead(limit)
		if lead < 0 {
			continue
		}
		from := int64(math.MinInt64)
		if !after.IsZero() {
			from = startBefore(s.opts.Policy, after.Add(lead), limit)
		}
		g.running[c].after(from, func(x instant) bool {
			at := s.opts.Policy.Deadline(kpi.Time(x.at), limit).Add(-lead)
			switch {
			case !at.After(after):
			case !at.After(upTo):
				due = append(due, x.id)
			default:
				if next.IsZero() || at.Before(next) {
					next = at
				}
				return false
			}
			return true
		})
	}
	return due, next
}

// promised adds a clock of a conversation, if it is promised.
func (s *Source) promised(to []Deadline, id string, e *liveEntry, c kpi.Clock) []Deadline {
	channel := helpdesk.Channel(e.Values[0])
	promise, ok := s.opts.Promised(channel, c)
	if !ok {
		return to
	}
	start, from := e.Turn, e.TurnFrom
	if c == kpi.Resolution {
		start, from = e.Cycle, e.CycleFrom
	}
	limit := s.opts.Policy.TierLimits(c, channel).Of(promise.Tier)
	p := s.opts.Policy
	d := Deadline{
		Conversation: id, URL: e.URL, Values: e.Values, Clock: c, Tier: promise.Tier, Limit: limit, Business: p.BusinessTime && p.Schedule != nil,
		Start: kpi.Time(start), At: p.Deadline(kpi.Time(start), limit), From: kpi.Time(from), Seen: kpi.Time(e.Seen),
	}
	if i := slices.Index(s.engine.opts.Labels, helpdesk.LabelTeam); i >= 0 {
		d.Team = e.Values[1+i]
	}
	return append(to, d)
}

// upcoming collects the next n promised deadlines of a group's clock.
func (s *Source) upcoming(g *group, c kpi.Clock, now time.Time, n int) []Deadline {
	channel := helpdesk.Channel(g.values[0])
	promise, ok := s.opts.Promised(channel, c)
	if !ok {
		return nil
	}
	limit := s.opts.Policy.TierLimits(c, channel).Of(promise.Tier)
	var next []Deadline
	g.running[c].after(startBefore(s.opts.Policy, now, limit), func(x instant) bool {
		next = s.promised(next, x.id, s.live.entries[x.id], c)
		return len(next) < n
	})
	return next
}
