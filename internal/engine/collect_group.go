package engine

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// gauge is a gauge that is shown as it is: nothing is made of it in a scrape.
type gauge struct {
	named
	value float64
	out   dto.Gauge // of value
}

func (g *gauge) set(n named, v float64) *gauge {
	g.named, g.value, g.out.Value = n, v, &g.value
	return g
}

// Write implements prometheus.Metric.
func (g *gauge) Write(out *dto.Metric) error {
	out.Label, out.Gauge = g.pairs, &g.out
	return nil
}

// groupNames are the names of a group's live gauges.
type groupNames struct {
	statuses                    [helpdesk.StatusSnoozed + 1]named
	unassigned, waiting, oldest named
	past                        [kpi.ClockCount][kpi.TierCount]named
	due                         [kpi.ClockCount][len(dueWithin)]named
	count                       int
}

// dueWithin are the horizons of the label within.
var dueWithin = [...]time.Duration{15 * time.Minute, time.Hour}

// names of a group's gauges, made with the first scrape that shows it.
func (s *Source) names(g *group) *groupNames {
	g.named.Do(func() { g.names = s.groupNames(g.values) })
	return g.names
}

func (s *Source) groupNames(values []string) *groupNames {
	n := &groupNames{}
	name := func(f *kpi.Family, extra ...string) named {
		n.count++
		return s.named(f, append(values[:len(values):len(values)], extra...)...)
	}
	for _, st := range helpdesk.LiveStatuses {
		n.statuses[st] = name(kpi.OpenConversations, st.String())
	}
	n.unassigned, n.waiting, n.oldest = name(kpi.UnassignedConversations), name(kpi.WaitingConversations), name(kpi.OldestWaiting)
	for _, c := range kpi.Clocks {
		for i, t := range kpi.Tiers {
			n.past[c][i] = name(kpi.PastTier, c.String(), t.String())
		}
		for i, within := range kpi.DueConversations.Extra[1].Values {
			n.due[c][i] = name(kpi.DueConversations, c.String(), within)
		}
	}
	return n
}

// collectGroup shows the queue of a group.
func (s *Source) collectGroup(ch chan<- prometheus.Metric, g *group, now time.Time) {
	n := s.names(g)
	gauges := make([]gauge, n.count)
	emit := func(n named, v float64) {
		ch <- gauges[0].set(n, v)
		gauges = gauges[1:]
	}
	for _, st := range helpdesk.LiveStatuses {
		emit(n.statuses[st], float64(g.statuses[st]))
	}
	emit(n.unassigned, float64(g.unassigned))
	emit(n.waiting, float64(g.waiting.n))
	if first, ok := g.waiting.first(); ok {
		emit(n.oldest, seconds(first.at))
	}
	channel := helpdesk.Channel(g.values[0])
	p := s.opts.Policy
	for _, c := range kpi.Clocks {
		limits := p.TierLimits(c, channel)
		for i, t := range kpi.Tiers {
			emit(n.past[c][i], float64(g.running[c].upTo(startBefore(p, now, limits.Of(t)))))
		}
		promise, ok := s.opts.Promised(channel, c)
		if !ok {
			continue
		}
		limit := limits.Of(promise.Tier)
		past := g.running[c].upTo(startBefore(p, now, limit))
		for i, d := range dueWithin {
			emit(n.due[c][i], float64(g.running[c].upTo(startBefore(p, now.Add(d+time.Nanosecond), limit))-past))
		}
	}
}
