package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// burn is a burn-rate alert of the sources that share a promise, for one of
// their objectives.
type burn struct {
	Burn
	pace    pace
	sources string // matcher, "" for all
	// from and below bound the objective that the alert is for, so that one
	// that was changed since the rules were written is still watched.
	from, below float64
}

// Solution is what the solver made of one burn-rate alert, for the sources that
// promise the same.
type Solution struct {
	Sources   []string
	Objective float64
	Pace      string // fast or slow
	Burn             // nothing where it was refused
	Refused   error  // why the alert could not fire
}

// Solutions are those of a configuration.
func Solutions(cfg *config.Validated) []Solution {
	var all []Solution
	s := settingsOf(cfg, Prometheus242, words.Words{})
	for i := range s.promises {
		p := &s.promises[i]
		for _, objective := range p.objectives {
			for _, pace := range []pace{fast, slow} {
				all = append(all, p.solve(pace, objective))
			}
		}
	}
	return all
}

func (p *promise) solve(pace pace, objective float64) Solution {
	solved, err := pace.solve(objective, p.window, p.perHour)
	return Solution{Sources: p.sources, Objective: objective, Pace: pace.name, Burn: solved, Refused: err}
}

// burns solves every burn-rate alert of the configuration; refused says which
// cannot fire, and why.
func (s *settings) burns() (all []burn, refused []string) {
	for i := range s.promises {
		p := &s.promises[i]
		for j, objective := range p.objectives {
			b := burn{sources: s.only(p), below: 1}
			if j > 0 {
				b.from = objective
			}
			if j+1 < len(p.objectives) {
				b.below = p.objectives[j+1]
			}
			for _, pace := range []pace{fast, slow} {
				solved := p.solve(pace, objective)
				if solved.Refused != nil {
					refused = append(refused, fmt.Sprintf("no %s burn alert for %s at an objective of %s %%: %v", pace.name, who(p.sources), percent(objective), solved.Refused))
					continue
				}
				b.Burn, b.pace = solved.Burn, pace
				all = append(all, b)
			}
		}
	}
	return all, refused
}

func who(sources []string) string {
	if len(sources) == 1 {
		return "source " + sources[0]
	}
	return fmt.Sprintf("sources %v", sources)
}

// BurnRate is the name of the recorded burn rate over a window, by source,
// channel and clock.
func BurnRate(w time.Duration) string { return "source_channel:helpdesk_sla_burn:rate" + dur(w) }

// promisedEvents are live events judged by the promised tier.
func promisedEvents(w time.Duration) string {
	return "source_channel:" + promisedTotal + ":increase" + dur(w)
}

const (
	promisedTotal = "helpdesk_sla_promised"
	promisedNow   = "source_channel:" + promisedTotal + ":now"
)

// promised is the total that burn rates are made of: live events, of every tier,
// so that a tier that is promised today has a past.
func (s *settings) promised() *total {
	t := s.sla()
	t.chain, t.name, t.arrival = burning, promisedTotal, false
	t.labels = slices.DeleteFunc(t.labels, func(l string) bool { return l == "arrival" })
	t.raw = fmt.Sprintf("sum by (%s) (%s)", strings.Join(t.labels, ", "), one(kpi.SLAEvents, s.pick(kpi.SLAEvents, `arrival="live"`)))
	return t
}

// burning record, for each window of an alert, the promised tier's events and
// how many times faster than allowed they burn the budget. Live events only.
func (s *settings) burning(burns []burn) []Rule {
	var windows []time.Duration
	for _, b := range burns {
		windows = append(windows, b.Long, b.Short)
	}
	slices.Sort(windows)
	windows = slices.Compact(windows)
	t := s.promised()
	rules := append(s.chained(burning, []*total{t}, windows), Rule{
		Record: promisedNow, Help: "The total of the promised tier's live events.",
		Expr: t.sum() + " and on (source, channel, clock, tier) " + promisedTier,
	})
	for _, w := range windows {
		rules = append(rules, Rule{
			Record: promisedEvents(w), Help: "Events of the promised tier over " + dur(w) + ", of what was learned live.",
			Expr: "sum without (tier) (\n" + s.over(t, w, promisedNow) + "\n)",
		}, Rule{
			Record: BurnRate(w), Help: "How many times faster than the promise allows its error budget burns over " + dur(w) + ".",
			Expr: text(`
  (sum without (result) (EVENTS{result="missed"}) or sum without (result) (EVENTS) * 0)
/
  (sum without (result) (EVENTS) > 0)
/
  (1 - OBJECTIVE)`, "EVENTS", promisedEvents(w), "OBJECTIVE", objective),
		})
	}
	return rules
}

// firing is the expression of the alert, by source, channel and clock; its value
// is the burn rate over the long window. A short window without events says
// nothing, so that it ends no alert.
func (b *burn) firing() string {
	words := []string{
		"LONG", selector(BurnRate(b.Long), b.sources), "SHORT", selector(BurnRate(b.Short), b.sources), "FACTOR", num(round(b.Factor)),
		"EVENTS", promisedEvents(b.Long), "MARGIN", num(b.Margin), "OBJECTIVE", objective,
	}
	expr := "LONG > FACTOR"
	if b.Short < b.Long {
		expr += "\nunless\n  SHORT <= FACTOR"
	}
	expr += `
and
  sum without (result) (EVENTS{result="missed"}) >= (sqrt(sum without (result) (EVENTS) * (1 - OBJECTIVE)) + MARGIN) ^ 2`
	if b.from > 0 {
		expr += "\nand\n  OBJECTIVE >= " + num(b.from)
	}
	if b.below < 1 {
		expr += "\nand\n  OBJECTIVE < " + num(b.below)
	}
	return text(expr, words...)
}

// budget records what is left of each promise's error budget.
func (s *settings) budget() []Rule {
	byWindow := map[time.Duration][]string{}
	for _, p := range s.promises {
		byWindow[p.window] = append(byWindow[p.window], p.sources...)
	}
	var rules []Rule
	for _, w := range s.budgetWindows() {
		sources, ok := byWindow[w]
		if !ok {
			continue
		}
		slices.Sort(sources)
		only := ""
		if len(byWindow) > 1 {
			only = matchSources(sources)
		}
		rules = append(rules, Rule{
			Record: BudgetLeft, Help: "Share of the error budget of the promise's window that is left; below 0 it is overspent.",
			Expr: seeing(text(`
  1
-
    (
        sum without (result, tier) (MISSED and on (source, channel, clock, tier) PROMISED)
      or
        sum without (result, tier) (EVENTS and on (source, channel, clock, tier) PROMISED) * 0
    )
  /
    (sum without (result, tier) (EVENTS and on (source, channel, clock, tier) PROMISED) > 0)
  /
    (1 - OBJECTIVE)`,
				"MISSED", selector(s.sla().increase(w), only, `result="missed"`), "EVENTS", selector(s.sla().increase(w), only),
				"PROMISED", promisedTier, "OBJECTIVE", objective)),
		}, s.budgetEnd(w, only))
	}
	return rules
}

const budgetEnd = "source_channel:helpdesk_sla_budget_end:seconds"

// budgetEnd records when the budget is spent if the promised tier is missed as
// often as in the last week. A pace that the promise allows spends it never.
// (Adding 0 makes 0 of -0.)
func (s *settings) budgetEnd(w time.Duration, only string) Rule {
	return Rule{
		Record: budgetEnd, Help: "Seconds until the error budget is spent at the pace of the last 7 days; 0 when it is, absent at a pace that the promise allows.",
		Expr: text(`
  (LEFT > 0)
*
  WINDOW
/
  (
      (1 - sum without (tier) (ATTAINED and on (source, channel, clock, tier) PROMISED))
    /
      (1 - OBJECTIVE)
    > 1
  )
or
  (LEFT <= 0) * 0 + 0`, "LEFT", selector(BudgetLeft, only), "WINDOW", num(w.Seconds()), "ATTAINED", Attainment(week), "PROMISED", promisedTier, "OBJECTIVE", objective),
	}
}
