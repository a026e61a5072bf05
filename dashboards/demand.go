package dashboards

import (
	"fmt"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// demand answers who plans shifts: when customers write, and who waits for it.
func demand() board {
	return board{
		name: "demand", from: "now-7d", refresh: "5m", variables: []variable{oneSource(), anyChannel()},
		rows: []row{
			{"week", []panel{hoursOfTheWeek()}},
			{"volume", []panel{thisWeek(), days()}},
			{"response", []panel{hourlyResponse(), responseByTime(), responseWhileOpen()}},
			{"load", []panel{load(), people()}},
		},
	}
}

const anHour = time.Hour

// opened is how many conversations were opened live within a window.
func opened(w time.Duration, by string) string {
	return fmt.Sprintf("sum by (%s) (%s)", by, of(rules.Increase(kpi.ConversationsOpened, w), ofChannel))
}

// localTime is the time on the team's clock, by source, half an hour ago: that of
// the hour which has just passed.
func localTime() string { return fmt.Sprintf("(%s + time() - 1800)", of(rules.UTCOffset, ofSource)) }

// hoursOfTheWeek has a row a weekday, Monday the first, and a column an hour.
// The hour and the weekday become labels by counting their values.
func hoursOfTheWeek() panel {
	expr := fmt.Sprintf(`sum by (weekday, hour) (
  sum_over_time((
      %[1]s
    * on (source) group_right ()
      (
          count_values by (source) ("hour", hour(%[2]s))
        * on (source) group_left (weekday)
          count_values by (source) ("weekday", (day_of_week(%[2]s) + 6) %% 7 + 1)
      )
  )[28d:1h])
)`, opened(anHour, "source"), localTime())
	return panel{
		id: 1, name: "hours_of_the_week", kind: grid, w: width, h: 9, unit: "none", noValue: "gap",
		queries: []query{{column: "opened", expr: expr}},
		rowsOf:  "weekday",
		matrix:  []dashboard.DataTransformerConfig{numeric("weekday", "hour"), sorted("hour"), matrix("weekday", "hour")},
	}
}

func numeric(fields ...string) dashboard.DataTransformerConfig {
	var conversions []map[string]string
	for _, f := range fields {
		conversions = append(conversions, map[string]string{"targetField": f, "destinationType": "number"})
	}
	return dashboard.DataTransformerConfig{Id: "convertFieldType", Options: map[string]any{"conversions": conversions}}
}

func sorted(field string) dashboard.DataTransformerConfig {
	return dashboard.DataTransformerConfig{Id: "sortBy", Options: map[string]any{"sort": []map[string]any{{"field": field}}}}
}

func matrix(row, column string) dashboard.DataTransformerConfig {
	return dashboard.DataTransformerConfig{Id: "groupingToMatrix", Options: map[string]string{"rowField": row, "columnField": column, "valueField": "Value"}}
}

func thisWeek() panel {
	p := panel{
		id: 2, name: "this_week", kind: curve, w: 12, h: 8, unit: "none", lowest: ptr(0), noValue: "gap",
		queries: []query{{expr: opened(anHour, "source"), phrase: "this_week"}},
	}
	for _, ago := range []struct{ offset, phrase string }{{"7d", "1_week_before"}, {"14d", "2_weeks_before"}, {"28d", "4_weeks_before"}} {
		earlier := of(rules.Increase(kpi.ConversationsOpened, anHour), ofChannel) + " offset " + ago.offset
		p.queries = append(p.queries, query{expr: "sum by (source) (" + earlier + ")", phrase: ago.phrase})
	}
	return p
}

func days() panel {
	return panel{
		id: 3, name: "days", kind: curve, w: 12, h: 8, unit: "none", lowest: ptr(0), noValue: "gap", stacked: true,
		queries: []query{{expr: opened(day, "channel"), legend: "{{channel}}"}},
	}
}

// meanResponse is sum over sum of a window.
func meanResponse(w time.Duration) string {
	sum, count := rules.Observed(kpi.ResponseSeconds, w)
	return fmt.Sprintf("sum by (source) (%s)\n/\n  (sum by (source) (%s) > 0)", of(sum, ofChannel), of(count, ofChannel))
}

func hourlyResponse() panel {
	return panel{
		id: 4, name: "hourly_response", kind: curve, w: 12, h: 8, unit: "s", decimals: 1, lowest: ptr(0), noValue: "gap",
		queries: []query{{expr: meanResponse(anHour), phrase: "hour_mean"}, {expr: meanResponse(day), phrase: "day_mean"}},
	}
}

// responseIn is the mean response in those of the hours of four weeks in which
// sources are selected by an expression.
func responseIn(selected string) string {
	sum, count := rules.Observed(kpi.ResponseSeconds, anHour)
	part := func(name string) string {
		return fmt.Sprintf("sum by (source) (sum_over_time((%s and on (source) %s)[28d:1h]))", of(name, ofChannel), selected)
	}
	return fmt.Sprintf("(%s\n/\n  (%s > 0))\nand on (source)\n  %s == 1", part(sum), part(count), of(rules.Fresh, ofSource))
}

// The day on the team's clock, from Monday to Friday.
const dayBegins, dayEnds = 8, 20

// responseByTime compares the nights and the weekend with the days, whether there
// is a schedule or not.
func responseByTime() panel {
	local := localTime()
	weekend := fmt.Sprintf("((day_of_week(%s) + 6) %% 7 >= 5)", local)
	byDay := fmt.Sprintf("((hour(%[1]s) >= %[2]d) < %[3]d)", local, dayBegins, dayEnds)
	week := fmt.Sprintf("((day_of_week(%s) + 6) %% 7 < 5)", local)
	return panel{
		id: 8, name: "response_by_time", kind: number, w: 6, h: 8, unit: "s", decimals: 1, noValue: "not_scraped",
		queries: []query{
			{expr: orNothing(responseIn(fmt.Sprintf("(%s and on (source) %s)", week, byDay))), phrase: "by_day"},
			{expr: orNothing(responseIn(fmt.Sprintf("(%s unless on (source) %s)", week, byDay))), phrase: "by_night"},
			{expr: orNothing(responseIn(weekend)), phrase: "on_weekends"},
		},
		steps: []step{{color: plain}}, meanings: shown(),
	}
}

// responseWhileOpen takes each hour by whether the schedule was open in it.
func responseWhileOpen() panel {
	replies := func(open int) string {
		return responseIn(fmt.Sprintf("%s == %d", of(rules.SupportOpen, ofSource), open))
	}
	open := of(rules.SupportOpen, ofSource)
	neverClosed := fmt.Sprintf("%s\nor on (source)\n  ((min by (source) (min_over_time(%s[28d:1h])) == 1) + (%.0f))", replies(0), open, float64(always-1))
	return panel{
		id: 5, name: "response_while_open", kind: number, w: 6, h: 8, unit: "s", decimals: 1, noValue: "not_scraped",
		queries: []query{{expr: orNothing(replies(1)), phrase: "open_hours"}, {expr: orNothing(neverClosed), phrase: "closed_hours"}},
		steps:   []step{{color: plain}}, meanings: shown(meaning{always, "always_open", plain}),
	}
}

func load() panel {
	return panel{
		id: 6, name: "load", kind: curve, w: 12, h: 8, unit: "none", decimals: 1, lowest: ptr(0), noValue: "no_presence",
		queries: []query{{
			expr: fmt.Sprintf("sum by (source) (%s)\n/\n  (%s > 0)", of(rules.Waiting, ofChannel), of(rules.AgentsOnline, ofSource)), legend: "{{source}}",
		}},
	}
}

func people() panel {
	return panel{
		id: 7, name: "people", kind: curve, w: 12, h: 8, unit: "none", lowest: ptr(0), noValue: "no_presence",
		queries: []query{{expr: of(rules.AgentsOnline, ofSource), legend: "{{source}}"}},
	}
}
