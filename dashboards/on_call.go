package dashboards

import (
	"fmt"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// onCall answers whoever is on call: who waits now, what comes next, and what
// burns.
func onCall() board {
	return board{
		name: "on-call", from: "now-6h", refresh: "30s", variables: []variable{anySource(), anyChannel(), anyTeam()},
		rows: []row{
			{"now", []panel{sight(), waiting(), oldestWaiting(), dueSoon(), dueInAnHour(), pastPromise()}},
			{"queue", []panel{waitingByChannel(), pastTiers()}},
			{"alerts", []panel{firing(), burnRates()}},
			{"hours", []panel{waitingTrend(), queueTrend(), pushes(), recentResponse()}},
		},
	}
}

// sight comes first: all other numbers are of sources that can be read.
func sight() panel {
	return panel{
		id: 1, name: "sight", kind: number, w: 4, h: 5, unit: "none", noValue: "not_scraped",
		queries: []query{{expr: of(rules.Fresh, ofSource), legend: "{{source}}"}},
		steps:   []step{{color: dark}, {1, good}}, meanings: []meaning{{0, "blind", dark}, {1, "sees", good}},
	}
}

// live is a number of the queue now, by source; a source without any is 0.
func live(id uint32, name string, expr string, steps []step) panel {
	return panel{
		id: id, name: name, kind: number, w: 4, h: 5, unit: counts, noValue: "not_scraped",
		queries: []query{{expr: orBlind(expr + "\nor on (source)\n  (" + of(rules.Fresh, ofSource) + " == 1) * 0"), legend: "{{source}}"}},
		steps:   steps, meanings: blindOnly(),
	}
}

func waiting() panel {
	return live(2, "waiting", "sum by (source) ("+now(kpi.WaitingConversations)+")", []step{{color: plain}})
}

func oldestWaiting() panel {
	expr := fmt.Sprintf("(time() - min by (source) (%s))", now(kpi.OldestWaiting))
	p := live(3, "oldest_waiting", expr, []step{{color: plain}})
	p.unit, p.decimals = "s", 1
	p.meanings = append(p.meanings, meaning{0, "nobody_waits", good})
	return p
}

func dueSoon() panel { return due(4, "due_in_15_minutes", "15m") }

func dueInAnHour() panel { return due(5, "due_in_an_hour", "1h") }

func due(id uint32, name, within string) panel {
	expr := fmt.Sprintf("sum by (source) (%s)", now(kpi.DueConversations, fmt.Sprintf("within=%q", within)))
	return live(id, name, expr, []step{{color: good}, {1, fair}})
}

func pastPromise() panel {
	past := fmt.Sprintf("sum by (source, channel, clock, tier) (%s)", now(kpi.PastTier))
	return live(6, "past_promise", fmt.Sprintf("sum by (source) (%s and on (source, channel, clock, tier) %s)", past, of(rules.PromisedTier, ofChannel)), waitSteps())
}

// waitingByChannel is a row a channel: who waits, since when, and what is due.
func waitingByChannel() panel {
	by := "source, channel, team"
	sum := func(f *kpi.Family, matchers ...string) string {
		return fmt.Sprintf("sum by (%s) (%s)", by, now(f, matchers...))
	}
	return panel{
		id: 7, name: "waiting_by_channel", kind: grid, w: width, h: 7, unit: counts, noValue: "nobody_to_show", sortBy: "waits_since",
		queries: []query{
			{column: "waiting", expr: orBlind(sum(kpi.WaitingConversations) + " > 0"), meanings: blindOnly()},
			{column: "waits_since", expr: fmt.Sprintf("min by (%s) (%s) * 1000", by, now(kpi.OldestWaiting)), unit: "dateTimeFromNow"},
			{column: "due_15m", expr: sum(kpi.DueConversations, `within="15m"`) + " > 0", steps: []step{{color: plain}, {1, fair}}},
			{column: "due_1h", expr: sum(kpi.DueConversations, `within="1h"`) + " > 0"},
			{column: "unassigned", expr: sum(kpi.UnassignedConversations) + " > 0"},
		},
	}
}

// pastTiers is a row a channel and clock, a column a tier.
func pastTiers() panel {
	column := func(t kpi.Tier) query {
		return query{
			column: "tier." + t.String(), steps: []step{{color: plain}, {1, tierColors[t-1]}},
			expr: fmt.Sprintf("sum by (source, channel, clock) (%s) > 0", now(kpi.PastTier, fmt.Sprintf("tier=%q", t))),
		}
	}
	p := panel{id: 8, name: "past_tiers", kind: grid, w: width, h: 7, unit: counts, noValue: "nobody_to_show"}
	for _, t := range kpi.Tiers {
		p.queries = append(p.queries, column(t))
	}
	p.queries[0].expr, p.queries[0].meanings = orBlind(p.queries[0].expr), blindOnly()
	return p
}

// firing lists alerts with links to their runbooks.
func firing() panel {
	return panel{
		id: 9, name: "firing", kind: grid, w: width, h: 7, unit: "none", noValue: "no_alert", links: []link{{"runbooks", strings.TrimSuffix(kpi.Runbook(""), ".md")}},
		queries: []query{{
			column: "series",
			expr:   `count by (alertname, severity, source, channel, clock) (ALERTS{alertname=~"Helpdesk.+",alertstate="firing",source=~"$source|",channel=~"$channel|"})`,
		}},
		linked: map[string]string{"alertname": kpi.Runbook("${__value.raw}")},
	}
}

// burnRates are over the windows of the alerts, which follow from the
// configuration; of each the clock that burns fastest, as a line for each clock and
// window would be dozens. Which clock it is, the alert says.
func burnRates() panel {
	return panel{
		id: 10, name: "burn_rates", kind: curve, w: width, h: 8, unit: "none", decimals: 1, lowest: ptr(0), noValue: "gap",
		queries: []query{{
			expr: `max by (source, window) (
  label_replace({__name__=~"` + rules.BurnRateNames + `",` + ofChannel + `}, "window", "$1", "__name__", ".+:rate(.+)")
)`,
			legend: "{{source}} {{window}}",
		}},
		steps: []step{{color: plain}, {1, warned}},
	}
}

func waitingTrend() panel {
	return panel{
		id: 11, name: "waiting_trend", kind: curve, w: 8, h: 8, unit: "none", lowest: ptr(0), noValue: "gap", stacked: true,
		queries: []query{{expr: fmt.Sprintf("sum by (source, channel) (%s)", now(kpi.WaitingConversations)), legend: "{{source}} {{channel}}"}},
	}
}

func queueTrend() panel {
	return panel{
		id: 12, name: "queue_trend", kind: curve, w: 8, h: 8, unit: "none", lowest: ptr(0), noValue: "gap", stacked: true,
		queries: []query{{expr: fmt.Sprintf("sum by (status) (%s)", now(kpi.OpenConversations)), legend: "{{status}}"}},
	}
}

// pushes are what the exporter sent to Alertmanager about single conversations.
func pushes() panel {
	return panel{
		id: 13, name: "pushes", kind: curve, w: 8, h: 8, unit: "none", decimals: 1, lowest: ptr(0), noValue: "gap",
		queries: []query{{expr: counted(kpi.AlertsPushed, "source, result"), legend: "{{source}} {{result}}"}},
	}
}

// recentResponse has the quantiles of the responses of each hour, or of longer
// where many hours are shown; exemplars name conversations.
func recentResponse() panel {
	quantile := func(q float64, legend string) query {
		name := kpi.ResponseSeconds.Name
		return query{legend: legend, exemplar: true, expr: fmt.Sprintf(`(
    histogram_quantile(%[1]v, sum by (source) (increase(%[2]s[$__rate_interval])))
  or
    histogram_quantile(%[1]v, sum by (source, le) (increase(%[3]s[$__rate_interval])))
) > 0`, q, of(name, ofTeam), of(name+"_bucket", ofTeam))}
	}
	return panel{
		id: 14, name: "recent_response", kind: curve, w: width, h: 8, unit: "s", decimals: 1, lowest: ptr(0), noValue: "gap", every: "1h",
		queries: []query{quantile(0.5, "{{source}} p50"), quantile(0.9, "{{source}} p90")},
	}
}
