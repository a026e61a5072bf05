package rules

import (
	"fmt"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Recorded series of what is configured, without the replica's labels.
const (
	tierNumber   = "tier:helpdesk_tier:number"
	scoreNumber  = "score:helpdesk_csat_score:number"
	csatLimit    = "tier:helpdesk_csat_limit:mean"
	minEvents    = "source:helpdesk_promise_min_events:count"
	promisedTier = "source_channel:helpdesk_promise_tier:number"
	objective    = "source_channel:helpdesk_promise_objective:ratio"
	tierLimit    = "source_channel:helpdesk_tier_limit:seconds"
	fresh        = "source:helpdesk_source_fresh:bool"
	utcOffset    = "source:helpdesk_support_utc_offset:seconds"
	supportOpen  = "source:helpdesk_support_open:bool"
)

// constants are numbers that the exporter does not expose.
func (s *settings) constants() []Rule {
	var tiers, scores []string
	var numbers, points []float64
	for _, t := range kpi.Tiers {
		tiers, numbers = append(tiers, t.String()), append(numbers, float64(t))
	}
	for i, v := range kpi.CSATRatings.Extra[0].Values {
		scores, points = append(scores, v), append(points, float64(i+1))
	}
	return []Rule{
		{Record: tierNumber, Expr: constant("tier", tiers, numbers), Help: "The number of each tier that has a limit, 2 to 5."},
		{Record: csatLimit, Expr: constant("tier", tiers, kpi.CSATLimits[:]), Help: "The least mean rating of each tier, 1 to 5."},
		{Record: scoreNumber, Expr: constant("score", scores, points), Help: "The number of each score, 1 to 5."},
		{Record: minEvents, Expr: s.minEvents(), Help: "Events below which a source's tier is unknown."},
	}
}

func (s *settings) minEvents() string {
	var parts []string
	for _, p := range s.promises {
		which := s.only(&p)
		if which == "" {
			which = matchSources(s.names)
		}
		parts = append(parts, fmt.Sprintf("group by (source) (%s) * %d", selector(kpi.SourceFresh.Name, which), p.minEvents))
	}
	return strings.Join(parts, "\nor\n")
}

// configuration records what the exporter says of promises and sources.
func (s *settings) configuration() []Rule {
	var rules []Rule
	for _, of := range []struct {
		record string
		family *kpi.Family
		help   string
	}{
		{promisedTier, kpi.PromiseTier, "The promised tier of a promised clock, by its name and number."},
		{objective, kpi.PromiseObjective, "The promised share of events that meet the promised tier."},
		{tierLimit, kpi.TierLimitSeconds, "The limit in force, in seconds."},
		{fresh, kpi.SourceFresh, "1 while the source can be read, 0 while it is blind."},
		{utcOffset, kpi.SupportUTCOffset, "Seconds that the schedule's clock is ahead of UTC."},
		{supportOpen, kpi.SupportOpen, "1 while the source's schedule is open."},
	} {
		rules = append(rules, Rule{Record: of.record, Expr: one(of.family, s.pick(of.family)), Help: of.help})
	}
	return rules
}

// seeing keeps what is of sources that can be read: blind is not green.
func seeing(expr string) string {
	return Scope{}.seeing(expr)
}
