package proof

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// TestBudgetLeft promises 90 % within seven days: of 100 events, 10 may be missed.
// What was learned late is spent as well, and only the promised tier counts.
func TestBudgetLeft(t *testing.T) {
	const text = `
promise: {objective: 0.9, window: 7d}
sources: [{name: shop, gorgias: {url: https://example.com}}]`
	for _, c := range []struct {
		name         string
		met, missed  int
		missedLately float64 // of the promised tier, learned late
		want         map[string]float64
	}{
		{"nothing is spent", 100, 0, 0, map[string]float64{`{channel="email", clock="first_response", source="shop"}`: 1}},
		{"half is spent", 95, 5, 0, map[string]float64{`{channel="email", clock="first_response", source="shop"}`: 0.5}},
		{"twice as much as there is", 80, 10, 10, map[string]float64{`{channel="email", clock="first_response", source="shop"}`: -1}},
		{"no events: no budget", 0, 0, 0, map[string]float64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, rules.LongInterval, rules.Prometheus242, keep(configured(t, rules.Prometheus242, text), rules.BudgetLeft))
			at := began
			for i := range 2 {
				at = began.Add(time.Duration(i) * rules.LongInterval)
				exposed := exposition([]judged{
					{"email", "first_response", "above_average", c.met, c.missed},
					{"email", "first_response", "stellar", 0, 100},
				}, float64(i), true)
				exposed[`helpdesk_sla_events_total{arrival="late",channel="email",clock="first_response",result="missed",source="shop",team="",tier="above_average"}`] = float64(i) * c.missedLately
				p.scrape(at, exposed)
				p.evaluate(at)
			}
			got := p.query(at, rules.BudgetLeft)
			for series, v := range got {
				got[series] = math.Round(v*1e9) / 1e9 // 1 - 0.9 is no round number
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestWhenTheBudgetEnds gives the rule what it reads: in a promise of 90 % over 28
// days, a week in which 80 % was kept spends the budget twice as fast as allowed.
func TestWhenTheBudgetEnds(t *testing.T) {
	const text = `
promise: {objective: 0.9, window: 28d}
sources: [{name: shop, gorgias: {url: https://example.com}}]`
	const clock = `channel="email",clock="first_response",source="shop"`
	for _, c := range []struct {
		name           string
		left, attained float64
		want           map[string]float64
	}{
		{"half is left, and goes at twice the pace", 0.5, 0.8, map[string]float64{`{channel="email", clock="first_response", source="shop"}`: 7 * 24 * 3600}},
		{"all is left, and goes at five times the pace", 1, 0.5, map[string]float64{`{channel="email", clock="first_response", source="shop"}`: 5.6 * 24 * 3600}},
		{"the promise is kept: never", 0.5, 0.95, map[string]float64{}},
		{"the pace is just what the promise allows: never", 0.5, 0.9, map[string]float64{}},
		{"it is spent", -0.2, 0.95, map[string]float64{`{channel="email", clock="first_response", source="shop"}`: 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, time.Minute, rules.Prometheus242, keep(configured(t, rules.Prometheus242, text), rules.BudgetEnd))
			p.scrape(began, map[string]float64{
				rules.BudgetLeft + `{` + clock + `}`:                                      c.left,
				rules.Attainment(7*24*time.Hour) + `{` + clock + `,tier="above_average"}`: c.attained,
				rules.Attainment(7*24*time.Hour) + `{` + clock + `,tier="stellar"}`:       0,
				rules.PromisedTier + `{` + clock + `,tier="above_average"}`:               1,
				rules.Objective + `{` + clock + `}`:                                       0.9,
			})
			p.evaluate(began)
			got := p.query(began, rules.BudgetEnd)
			for series, v := range got {
				if got[series] = math.Round(v); math.Signbit(v) {
					t.Errorf("%s is %v", series, v)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
