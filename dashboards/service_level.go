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
			{"promise", []panel{promiseKept(), overallTier(), channelTiers(), leastBudget()}},
			{"holding_back", []panel{promises()}},
			{"kpis", []panel{
				firstResponse(), everyResponse(), resolution(), csat(),
				selfService(), oneTouch(), abandonment(), cancelledTurns(),
			}},
			{"trends", []panel{attainmentTrend(), responseTrend(), durationTrend(), shareTrend(), csatTrend()}},
			{"outcomes", []panel{outcomes(), scores(), monthToDate()}},
		},
	}
}

// promiseKept is the answer in one word: no budget of the chosen channels is overspent.
func promiseKept() panel {
	return panel{
		id: 21, name: "promise_kept", kind: number, w: 5, h: 7, unit: "none", noValue: "not_scraped",
		queries: []query{{expr: orNothing(fmt.Sprintf("((%s) >= bool 0) + 1", leastLeft())), legend: "{{source}}"}},
		steps:   []step{{color: bad}, {2, good}}, meanings: shown(meaning{1, "broken", bad}, meaning{2, "kept", good}),
	}
}

func leastLeft() string { return fmt.Sprintf("min by (source) (%s)", of(rules.BudgetLeft, ofChannel)) }

func overallTier() panel {
	return panel{
		id: 1, name: "overall_tier", kind: number, w: 5, h: 7, unit: "none", noValue: "not_scraped",
		queries: []query{{expr: orNothing(of(rules.OverallTier(week), ofSource)), legend: "{{source}}"}},
		steps:   tierSteps(), meanings: shown(tierMeanings()...),
	}
}

func channelTiers() panel {
	tiers := fmt.Sprintf("min by (source, channel) (%s)", of(rules.TierOf(week), ofChannel))
	return panel{
		id: 2, name: "channel_tiers", kind: number, w: 9, h: 7, unit: "none", noValue: "not_scraped",
		queries: []query{{expr: ofEach("source, channel", tiers), legend: "{{channel}}"}},
		steps:   tierSteps(), meanings: shown(tierMeanings()...),
	}
}

func leastBudget() panel {
	return panel{
		id: 3, name: "least_budget", kind: number, w: 5, h: 7, unit: "percentunit", noValue: "not_scraped",
		queries: []query{{expr: orNothing(leastLeft()), legend: "{{source}}"}},
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
	end := column("budget_end", fmt.Sprintf("%s\nor\n  (%s * 0 + (%.0f))", of(rules.BudgetEnd, ofChannel), of(rules.BudgetLeft, ofChannel), float64(never)), "s", 1)
	end.meanings = shown(meaning{never, "not_at_this_pace", good}, meaning{0, "spent", bad})
	cancelled := fmt.Sprintf("%s\nor on (%s)\n  ((%s and on (source) %s == 1) * 0)",
		rules.SumOf(kpi.ClocksCancelled, week, rules.Scope{By: by, Matchers: []string{ofChannel}}), by, seen(of(rules.Objective, ofChannel)), of(rules.Fresh, ofSource))
	return panel{
		id: 4, name: "promises", kind: grid, w: width, h: 9, unit: "percentunit", decimals: 1, noValue: "not_scraped",
		queries: []query{
			tier, promise,
			{column: "objective", expr: unnamed(by, seen(of(rules.Objective, ofChannel))), unit: "percentunit", decimals: 0},
			column("attained_1d", promised(of(rules.Attainment(day), ofChannel)), "percentunit", 1),
			column("attained_7d", promised(of(rules.Attainment(week), ofChannel)), "percentunit", 1),
			column("attained_28d", promised(of(rules.Attainment(month), ofChannel)), "percentunit", 1),
			left, end,
			column("cancelled_7d", cancelled, counts, 0),
		},
		sortBy: "budget_left",
	}
}

// kpiOf is the expression of a KPI.
type kpiOf func(rules.Scope) string

// chosen is a KPI of the chosen channels, some time ago.
func (k kpiOf) chosen(ago time.Duration) string {
	return k(rules.Scope{By: "source", Matchers: []string{ofChannel}, Ago: ago})
}

// by is a KPI of the chosen channels for each value of a label.
func (k kpiOf) by(label string) string {
	return k(rules.Scope{By: "source, " + label, Matchers: []string{ofChannel}})
}

// compared is a number of this week beside that of the week before.
func compared(id uint32, name string, k kpiOf, unit string, decimals float64, steps []step) panel {
	return panel{
		id: id, name: name, kind: number, w: 6, h: 5, unit: unit, decimals: decimals, noValue: "not_scraped",
		queries: []query{
			{expr: orNothing(k.chosen(0)), phrase: "this_week"},
			{expr: k.chosen(week), phrase: "1_week_before"},
		},
		steps: steps, meanings: shown(),
	}
}

func mean(f *kpi.Family) kpiOf {
	return func(sc rules.Scope) string { return rules.MeanOf(f, week, sc) }
}

func share(k *kpi.Share) kpiOf {
	return func(sc rules.Scope) string { return rules.ShareOf(k, week, sc) }
}

func inAWeek(f *kpi.Family) kpiOf {
	return func(sc rules.Scope) string { return rules.SumOf(f, week, sc) }
}

func rating(w time.Duration) kpiOf {
	return func(sc rules.Scope) string { return rules.CSATMeanOf(w, sc) }
}

func firstResponse() panel {
	return compared(5, "first_response", mean(kpi.FirstResponseSeconds), "s", 1, nil)
}

func everyResponse() panel {
	return compared(6, "every_response", mean(kpi.ResponseSeconds), "s", 1, nil)
}

func resolution() panel { return compared(7, "resolution", mean(kpi.ResolutionSeconds), "s", 1, nil) }

// csat is the mean rating, with the number of answers that it is of.
func csat() panel {
	p := compared(8, "csat", rating(week), "none", 2, csatSteps())
	p.queries = append(p.queries, query{expr: inAWeek(kpi.CSATRatings).chosen(0), phrase: "answers", unit: counts, steps: []step{{color: plain}}})
	return p
}

func selfService() panel {
	return compared(9, "self_service", share(kpi.SelfServiceShare), "percentunit", 1, nil)
}

func oneTouch() panel {
	return compared(10, "one_touch", share(kpi.OneTouchShare), "percentunit", 1, nil)
}

func abandonment() panel {
	return compared(11, "abandonment", share(kpi.AbandonedShare), "percentunit", 1, abandonedSteps())
}

// cancelledTurns stand beside attainment: a desk that closes instead of
// answering shows here.
func cancelledTurns() panel {
	return compared(12, "cancelled", inAWeek(kpi.ClocksCancelled), counts, 0, nil)
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
		id: 14, name: "response_trend", kind: curve, w: 12, h: 8, unit: "s", decimals: 1, lowest: ptr(0), noValue: "gap",
		queries: []query{
			{expr: mean(kpi.ResponseSeconds).by("channel"), legend: "{{channel}}"},
			{expr: limit, legend: "{{channel}} ≤"},
		},
	}
}

// durationTrend has the means of the numbers above over time.
func durationTrend() panel {
	return panel{
		id: 20, name: "duration_trend", kind: curve, w: 8, h: 8, unit: "s", decimals: 1, lowest: ptr(0), noValue: "gap",
		queries: []query{
			{expr: mean(kpi.FirstResponseSeconds).chosen(0), phrase: "clock.first_response"},
			{expr: mean(kpi.ResponseSeconds).chosen(0), phrase: "every_response"},
			{expr: mean(kpi.ResolutionSeconds).chosen(0), phrase: "clock.resolution"},
		},
	}
}

func shareTrend() panel {
	p := panel{id: 15, name: "share_trend", kind: curve, w: 8, h: 8, unit: "percentunit", decimals: 0, lowest: ptr(0), noValue: "gap"}
	for _, of := range []struct {
		k      *kpi.Share
		phrase string
	}{
		{kpi.OneTouchShare, "outcome.one_touch"}, {kpi.SelfServiceShare, "outcome.self_service"},
		{kpi.AbandonedShare, "outcome.abandoned"}, {kpi.UnansweredShare, "outcome.unanswered"},
	} {
		p.queries = append(p.queries, query{expr: share(of.k).chosen(0), phrase: of.phrase})
	}
	return p
}

func csatTrend() panel {
	return panel{
		id: 16, name: "csat_trend", kind: curve, w: 8, h: 8, unit: "none", decimals: 2, lowest: ptr(1), highest: ptr(5), noValue: "gap",
		queries: []query{{expr: rating(month).chosen(0), phrase: "csat_28d"}},
		steps:   csatSteps(),
	}
}

// outcomes are what became of the conversations that were closed within a week.
func outcomes() panel {
	return panel{
		id: 17, name: "outcomes", kind: bars, w: 8, h: 8, unit: counts, lowest: ptr(0), noValue: "nothing_closed",
		queries: []query{{
			expr: inAWeek(kpi.ConversationsClosed).by("outcome"), legend: "{{outcome}}",
		}},
	}
}

func scores() panel {
	return panel{
		id: 18, name: "scores", kind: bars, w: 8, h: 8, unit: counts, lowest: ptr(0), noValue: "nobody_answered",
		queries: []query{{
			expr: inAWeek(kpi.CSATRatings).by("score"), legend: "{{score}}",
		}},
	}
}

// monthToDate counts since the first of the month, in the reader's time zone.
func monthToDate() panel {
	sum := func(f *kpi.Family, column string, matchers ...string) query {
		return query{column: column, expr: since(f, "source, channel", matchers...), unit: counts}
	}
	return panel{
		id: 19, name: "month_to_date", kind: grid, w: 8, h: 8, unit: counts, noValue: "gap", timeFrom: "now/M",
		queries: []query{
			sum(kpi.ConversationsOpened, "opened"), sum(kpi.ConversationsClosed, "closed"), sum(kpi.CSATRatings, "ratings"),
		},
	}
}

func ptr(v float64) *float64 { return &v }
