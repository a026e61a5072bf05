package engine

import (
	"strings"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// live is the index of the conversations in a queue, by the labels of their
// series. The gauges are counts over sorted instants: they move with the clock,
// and a scrape costs the series, not the conversations.
type live struct {
	entries map[string]*liveEntry
	groups  map[string]*group
	agents  map[string]int // conversations in the queue by agent
}

// group is the queue of one combination of channel and extra labels.
type group struct {
	values     []string  // channel, then the extra labels
	named      sync.Once // names are made
	names      *groupNames
	statuses   [helpdesk.StatusSnoozed + 1]int
	unassigned int
	waiting    instants                 // since when customers wait
	running    [kpi.ClockCount]instants // the starts of the running clocks
}

func newLive() *live {
	return &live{entries: map[string]*liveEntry{}, groups: map[string]*group{}, agents: map[string]int{}}
}

func groupKey(values []string) string { return strings.Join(values, "\xff") }

// cloned are values that may be kept: they are parts of conversations, see reader.
func cloned(values []string) []string {
	own := make([]string, len(values))
	for i, v := range values {
		own[i] = strings.Clone(v)
	}
	return own
}

// group returns the group of the values, making it when it is new.
func (l *live) group(values []string) *group {
	k := groupKey(values)
	g := l.groups[k]
	if g == nil {
		g = &group{values: cloned(values)}
		l.groups[k] = g
	}
	return g
}

// set replaces the entry of a conversation; nil takes it out of the queue.
func (l *live) set(id string, e *liveEntry) {
	if old := l.entries[id]; old != nil {
		l.count(l.group(old.Values), id, old, -1, (*instants).remove)
		delete(l.entries, id)
	}
	if e != nil {
		l.put(id, e, (*instants).add)
	}
}

// fill makes the index of many conversations at once.
func (l *live) fill(ids []string, entries []*liveEntry) {
	l.entries = make(map[string]*liveEntry, len(ids))
	for i, id := range ids {
		l.put(id, entries[i], (*instants).gather)
	}
	for _, g := range l.groups {
		g.waiting.arrange()
		for clock := range g.running {
			g.running[clock].arrange()
		}
	}
}

func (l *live) put(id string, e *liveEntry, mark func(s *instants, at int64, id string)) {
	g := l.group(e.Values)
	e.Values = g.values // one of all that are alike
	l.entries[id] = e
	l.count(g, id, e, 1, mark)
}

// count counts a conversation in its group, or takes it out, and its instants in
// the way of mark.
func (l *live) count(g *group, id string, e *liveEntry, by int, mark func(s *instants, at int64, id string)) {
	g.statuses[e.Status] += by
	if e.Agent == "" {
		g.unassigned += by
	} else if l.agents[e.Agent] += by; l.agents[e.Agent] == 0 {
		delete(l.agents, e.Agent)
	}
	if e.Turn != 0 {
		mark(&g.running[e.Clock], e.Turn, id)
		if e.Status.Waits() {
			mark(&g.waiting, e.Turn, id)
		}
	}
	if e.Cycle != 0 {
		mark(&g.running[kpi.Resolution], e.Cycle, id)
	}
}

// startBefore returns the latest start of a clock whose deadline for a limit is
// before now, for at the deadline itself a reply still meets it: deadlines are
// monotone in their starts, so that counts of deadlines are counts of starts.
func startBefore(p *kpi.Policy, now time.Time, limit time.Duration) int64 {
	now = now.Add(-time.Nanosecond)
	if p.BusinessTime && p.Schedule != nil {
		return p.Schedule.Sub(now, limit).UnixNano()
	}
	return now.Add(-limit).UnixNano()
}
