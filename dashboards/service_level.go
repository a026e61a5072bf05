package dashboards

import (
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// Windows of the boards.
const (
	day   = 24 * time.Hour
	week  = 7 * day
	month = 28 * day
)

// serviceLevel answers managers: do we keep our promise, what holds us back,
// and is it getting better.
func serviceLevel() board {
	return board{
		name: "service-level", from: "now-28d", refresh: "5m", variables: []variable{oneSource(), anyChannel()},
		rows: []row{
			{"promise", []panel{overallTier(), channelTiers(), leastBudget()}},
			{"holding_back", []panel{promises()}},
			{"kpis", []panel{
				firstResponse(), everyResponse(), resolution(), csat(),
				selfService(), oneTouch(), abandonment(), cancelledTurns(),
			}},
			{"trends", []panel{attainmentTrend(), responseTrend(), shareTrend(), csatTrend()}},
			{"outcomes", []panel{outcomes(), scores(), monthToDate()}},
		},
	}
}

func overallTier() panel {
	return panel{
		id: 1, name: "overall_tier", kind: number, w: 6, h: 7, unit: "none", noValue: "not_scraped",
		queries: []query{{expr: orNothing(of(rules.OverallTier(week), ofSource)), legend: "{{source}}"}},
		steps:   tierSteps(), meanings: shown(tierMeanings()...),
	}
}

func channelTiers() panel {
	tiers := fmt.Sprintf("min by (source, channel) (%s)", of(rules.TierOf(week), ofChannel))
	return panel{
		id: 2, name: "channel_tiers", kind: number, w: 12, h: 7, unit: "none", noValue: "not_scraped",
		queries: []query{{expr: ofEach("source, channel", tiers), legend: "{{channel}}"}},
		steps:   tierSteps(), meanings: shown(tierMeanings()...),
	}
}

func leastBudget() panel {
	least := fmt.Sprintf("min by (source) (%s)", of(rules.BudgetLeft, ofChannel))
	return panel{
		id: 3, name: "least_budget", kind: number, w: 6, h: 7, unit: "percentunit", noValue: "not_scraped",
		queries: []query{{expr: orNothing(least), legend: "{{source}}"}},
		steps:   budgetSteps(), meanings: shown(),
	}
}

// promises is a row a promised clock, the one that holds the level back first.
func promises() panel {
	by := "source, channel, clock"
	column := func(name, expr, unit string, decimals float64) query {
		return query{column: name, expr: ofEach(by, unnamed(by, expr)), unit: unit, decimals: decimals, meanings: shown()}
	}
	tier := column("level", of(rules.TierOf(week), ofChannel), "none", 0)
	tier.steps, tier.meanings = tierSteps(), shown(tierMeanings()...)
	promise := query{
		column: "promised", expr: "sum without (tier) (" + seen(of(rules.PromisedTier, ofChannel)) + ")", unit: "none", meanings: tierMeanings(),
	}
	left := column("budget_left", of(rules.BudgetLeft, ofChannel), "percentunit", 0)
	left.steps = budgetSteps()
	end := column("budget_end", fmt.Sprintf("%s\nor\n  (%s * 0 + (%.0f))", of(rules.BudgetEnd, ofChannel), of(rules.BudgetLeft, ofChannel), float64(never)), "s", 0)
	end.meanings = shown(meaning{never, "not_at_this_pace", good})
	return panel{
		id: 4, name: "promises", kind: grid, w: width, h: 9, unit: "percentunit", decimals: 1, noValue: "not_scraped",
		queries: []query{
			tier, promise,
			{column: "objective", expr: unnamed(by, seen(of(rules.Objective, ofChannel))), unit: "percentunit", decimals: 0},
			column("attained_1d", promised(of(rules.Attainment(day), ofChannel)), "percentunit", 1),
			column("attained_7d", promised(of(rules.Attainment(week), ofChannel)), "percentunit", 1),
			column("attained_28d", promised(of(rules.Attainment(month), ofChannel)), "percentunit", 1),
			left, end,
		},
		sortBy: "budget_left",
	}
}

// compared is a number of this week beside that of the week before.
func compared(id uint32, name, series, unit string, decimals float64, steps []step) panel {
	at := of(series, ofSource)
	return panel{
		id: id, name: name, kind: number, w: 6, h: 5, unit: unit, decimals: decimals, noValue: "not_scraped",
		queries: []query{
			{expr: orNothing(at), phrase: "this_week"},
			{expr: at + " offset 7d", phrase: "1_week_before"},
		},
		steps: steps, meanings: shown(),
	}
}

func mean(name string) *kpi.Mean {
	for i := range kpi.Means {
		if kpi.Means[i].Name == name {
			return kpi.Means[i]
		}
	}
	return &kpi.Mean{}
}

func firstResponse() panel {
	return compared(5, "first_response", rules.Mean("source", mean("first_response"), week), "s", 0, nil)
}

func everyResponse() panel {
	return compared(6, "every_response", rules.Mean("source", mean("response"), week), "s", 0, nil)
}

func resolution() panel {
	return compared(7, "resolution", rules.Mean("source", mean("resolution"), week), "s", 0, nil)
}

// csat is the mean rating, with the number of answers that it is of.
func csat() panel {
	p := compared(8, "csat", rules.CSATMean("source", week), "none", 2, csatSteps())
	p.queries = append(p.queries, query{
		expr: fmt.Sprintf("sum by (source) (%s)", of(rules.Increase(kpi.CSATRatings, week), ofSource)), phrase: "answers",
	})
	return p
}

func selfService() panel {
	return compared(9, "self_service", rules.Share("source", kpi.SelfServiceShare, week), "percentunit", 1, nil)
}

func oneTouch() panel {
	return compared(10, "one_touch", rules.Share("source", kpi.OneTouchShare, week), "percentunit", 1, nil)
}

func abandonment() panel {
	return compared(11, "abandonment", rules.Share("source", kpi.AbandonedShare, week), "percentunit", 1, abandonedSteps())
}

// cancelledTurns stand beside attainment: a desk that closes instead of
// answering shows here.
func cancelledTurns() panel {
	p := compared(12, "cancelled", rules.Increase(kpi.ClocksCancelled, week), "none", 0, nil)
	sum := func(offset string) string {
		return fmt.Sprintf("sum by (source) (%s%s)", of(rules.Increase(kpi.ClocksCancelled, week), ofChannel), offset)
	}
	p.queries[0].expr, p.queries[1].expr = orNothing(sum("")), sum(" offset 7d")
	return p
}

func attainmentTrend() panel {
	return panel{
		id: 13, name: "attainment_trend", kind: curve, w: 12, h: 8, unit: "percentunit", decimals: 0, highest: ptr(1), noValue: "gap",
		queries: []query{{expr: promised(of(rules.Attainment(week), ofChannel)), legend: "{{channel}} {{clock}}"}},
	}
}

// responseTrend has the promised limit of each channel beside its mean.
func responseTrend() panel {
	limit := promised(seen(of(rules.TierLimit, ofChannel, fmt.Sprintf("clock=%q", kpi.NextResponse))))
	return panel{
		id: 14, name: "response_trend", kind: curve, w: 12, h: 8, unit: "s", decimals: 0, lowest: ptr(0), noValue: "gap",
		queries: []query{
			{expr: of(rules.Mean("source_channel", mean("response"), week), ofChannel), legend: "{{channel}}"},
			{expr: limit, legend: "{{channel}} ≤"},
		},
	}
}

func shareTrend() panel {
	share := func(k *kpi.Share, phrase string) query {
		return query{expr: of(rules.Share("source", k, week), ofSource), phrase: phrase}
	}
	return panel{
		id: 15, name: "share_trend", kind: curve, w: 12, h: 8, unit: "percentunit", decimals: 0, lowest: ptr(0), noValue: "gap",
		queries: []query{
			share(kpi.OneTouchShare, "outcome.one_touch"), share(kpi.SelfServiceShare, "outcome.self_service"),
			share(kpi.AbandonedShare, "outcome.abandoned"), share(kpi.UnansweredShare, "outcome.unanswered"),
		},
	}
}

func csatTrend() panel {
	return panel{
		id: 16, name: "csat_trend", kind: curve, w: 12, h: 8, unit: "none", decimals: 2, lowest: ptr(1), highest: ptr(5), noValue: "gap",
		queries: []query{{expr: of(rules.CSATMean("source", month), ofSource), phrase: "csat_28d"}},
		steps:   csatSteps(),
	}
}

// outcomes are what became of the conversations that were closed within a week.
func outcomes() panel {
	return panel{
		id: 17, name: "outcomes", kind: bars, w: 8, h: 8, unit: "none", lowest: ptr(0), noValue: "nothing_closed",
		queries: []query{{
			expr: fmt.Sprintf("sum by (outcome) (%s)", of(rules.Increase(kpi.ConversationsClosed, week), ofChannel)), legend: "{{outcome}}",
		}},
	}
}

func scores() panel {
	return panel{
		id: 18, name: "scores", kind: bars, w: 8, h: 8, unit: "none", lowest: ptr(0), noValue: "nobody_answered",
		queries: []query{{
			expr: fmt.Sprintf("sum by (score) (%s)", of(rules.Increase(kpi.CSATRatings, week), ofChannel)), legend: "{{score}}",
		}},
	}
}

// monthToDate counts since the first of the month, in the reader's time zone.
func monthToDate() panel {
	sum := func(f *kpi.Family, column string, matchers ...string) query {
		return query{column: column, expr: since(f, "source, channel", matchers...), unit: "none"}
	}
	return panel{
		id: 19, name: "month_to_date", kind: grid, w: 8, h: 8, unit: "none", noValue: "not_scraped", timeFrom: "now/M",
		queries: []query{
			sum(kpi.ConversationsOpened, "opened"), sum(kpi.ConversationsClosed, "closed"), sum(kpi.CSATRatings, "ratings"),
		},
	}
}

func ptr(v float64) *float64 { return &v }
