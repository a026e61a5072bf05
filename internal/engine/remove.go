package engine

import (
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Close takes a source out of the engine: it leaves the exposition, and keeps
// its ledger. Nobody may poll it any more.
func (e *Engine) Close(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sources = slices.DeleteFunc(e.sources, func(s *Source) bool { return s.opts.Name == name })
}

// ExpectedSeries is how many series a source exposes: fixed ones, and those of
// each combination of channel and extra labels. Those of agents come on top, as
// they are met.
func ExpectedSeries(o SourceOptions, labels []helpdesk.LabelName) (fixed, each int) {
	s := newSource(New(Options{Labels: labels}), o)
	for _, f := range s.families {
		switch f.Scope {
		case kpi.ScopeConversation:
			eachExtra(f, nil, func([]string) { each += s.size(f) })
		case kpi.ScopeSource:
			eachExtra(f, nil, func([]string) { fixed += s.size(f) })
		}
	}
	for _, f := range kpi.LiveFamilies {
		if f.Scope == kpi.ScopeConversation {
			eachExtra(f, nil, func([]string) { each++ })
		}
	}
	promised := 0
	for _, c := range s.channels() {
		for _, clock := range kpi.Clocks {
			if _, ok := s.opts.Promised(c, clock); ok {
				promised++
			}
		}
	}
	fixed += len(s.channels())*kpi.ClockCount*kpi.TierCount + 2*promised
	fixed += len(kpi.SourceCapability.Extra[0].Values) + len(kpi.ReconcileCorrections.Extra[0].Values) + len(labels) + 6
	if o.Agents != AgentsOff {
		fixed++
	}
	if s.gives(kpi.Agents) {
		fixed += len(kpi.Agents.Extra[0].Values)
	}
	fixed += 3 * len(s.opts.Profile.Streams)
	return fixed, each
}

// size is how many series one metric of a family is in a text scrape.
func (s *Source) size(f *kpi.Family) int {
	switch f.Type {
	case kpi.Histogram:
		return len(s.bounds(f, []string{"email"})) + 3 // +Inf, _sum and _count
	case kpi.Summary:
		return 2
	}
	return 1
}
