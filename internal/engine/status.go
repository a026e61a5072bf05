package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Status is what people want to see of a source.
type Status struct {
	Name          string
	Vendor        string
	Now           time.Time // the helpdesk's clock: watermark, waits and deadlines are on it
	Fresh, Synced bool
	Progress      float64
	FirstStart    time.Time
	Watermark     time.Time
	Good          time.Time // the last good round, on the machine's clock
	Skew          time.Duration
	Conversations int // in the ledger
	Queues        []Queue
	Deadlines     []Deadline // the next ones that break the promise
}

// Queue is the live queue of one channel.
type Queue struct {
	Channel    string
	Open       int // in any status of the queue
	Unassigned int
	Waiting    int
	Oldest     time.Time // since when the longest-waiting customer waits; zero: nobody does
	OldestURL  string
	Past       int                  // promised clocks that are past their deadline
	Due        [len(dueWithin)]int  // promised clocks whose deadline falls within 15 minutes, within an hour
	Levels     [kpi.Stellar + 1]int // turns that run, by the level of a reply now
}

// deadlinesShown bounds the deadlines of a status.
const deadlinesShown = 10

// Status returns what is known at an instant of the machine's clock. A source
// that is not fresh shows no queue.
func (s *Source) Status(now time.Time) Status {
	s.mu.RLock()
	defer s.mu.RUnlock()
	fresh := s.isFresh(now)
	now = now.Add(s.skew)
	st := Status{
		Name: s.opts.Name, Now: now, Vendor: s.opts.Profile.Vendor, Fresh: fresh, Synced: s.meta.Synced, Progress: s.progress(),
		FirstStart: kpi.Time(s.meta.FirstStart), Watermark: kpi.Time(s.meta.Watermark), Good: kpi.Time(s.meta.Good),
		Skew: s.skew, Conversations: s.conversations,
	}
	if !st.Fresh {
		return st
	}
	queues := map[string]*Queue{}
	for _, g := range s.live.groups {
		q := queues[g.values[0]]
		if q == nil {
			q = &Queue{Channel: g.values[0]}
			queues[q.Channel] = q
		}
		s.queue(q, g, now)
		for _, c := range kpi.Clocks {
			st.Deadlines = append(st.Deadlines, s.upcoming(g, c, now, deadlinesShown)...)
		}
	}
	for _, channel := range sortedKeys(queues) {
		st.Queues = append(st.Queues, *queues[channel])
	}
	slices.SortFunc(st.Deadlines, func(a, b Deadline) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Conversation, b.Conversation))
	})
	st.Deadlines = st.Deadlines[:min(deadlinesShown, len(st.Deadlines))]
	return st
}

// queue adds a group to its channel's queue.
func (s *Source) queue(q *Queue, g *group, now time.Time) {
	q.Unassigned += g.unassigned
	q.Waiting += g.waiting.n
	for _, st := range helpdesk.LiveStatuses {
		q.Open += g.statuses[st]
	}
	if first, ok := g.waiting.first(); ok && (q.Oldest.IsZero() || kpi.Time(first.at).Before(q.Oldest)) {
		q.Oldest = kpi.Time(first.at)
		q.OldestURL = s.live.entries[first.id].URL
	}
	channel := helpdesk.Channel(g.values[0])
	for _, c := range kpi.Clocks {
		limits := s.opts.Policy.TierLimits(c, channel)
		past := func(t kpi.Tier, at time.Time) int {
			return g.running[c].upTo(startBefore(s.opts.Policy, at, limits.Of(t)))
		}
		if p, ok := s.opts.Promised(channel, c); ok {
			over := past(p.Tier, now)
			q.Past += over
			for i, d := range dueWithin {
				q.Due[i] += past(p.Tier, now.Add(d+time.Nanosecond)) - over
			}
		}
		if c == kpi.Resolution {
			continue
		}
		within := g.running[c].n
		for _, t := range kpi.Tiers { // from the strictest: what is past a tier has at best the next
			over := past(t, now)
			q.Levels[t] += within - over
			within = over
		}
		q.Levels[kpi.Unacceptable] += within
	}
}

// Explain measures one conversation of the ledger, with the life of every
// clock. ok is false when the ledger does not have it, or not whole.
func (s *Source) Explain(id string) (c kpi.Conversation, m kpi.Measurement, ok bool, err error) {
	err = s.engine.opts.Store.View(func(tx state.Tx) error {
		st, err := s.conversation(tx, id)
		if err != nil || st == nil || st.Row == nil {
			return err
		}
		c, ok = st.Conversation, true
		m = kpi.Explain(s.opts.Policy, &c)
		return nil
	})
	return c, m, ok, err
}
