package rules

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// long are the windows of service levels and KPIs. A day is of live facts only;
// the others have what was learned late, too.
var long = []time.Duration{day, week, 28 * day}

// budgetWindows are the long windows and those of the promises.
func (s *settings) budgetWindows() []time.Duration {
	all := slices.Clone(long)
	for _, p := range s.promises {
		all = append(all, p.window)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// kept are the totals of the long windows.
func (s *settings) kept() []Rule {
	windows := append([]time.Duration{time.Hour}, s.budgetWindows()...)
	return s.chained(kept, s.all(), slices.Compact(windows))
}

// increases record the increase of each total over its windows.
func (s *settings) increases() []Rule {
	var rules []Rule
	for _, t := range s.all() {
		for _, w := range s.windowsOf(t) {
			rules = append(rules, Rule{
				Record: t.increase(w), Expr: s.increased(t, w),
				Help: "Increase over " + dur(w) + live(t, w) + ".",
			})
		}
	}
	return rules
}

func (s *settings) windowsOf(t *total) []time.Duration {
	responses, answers := s.observed(kpi.ResponseSeconds)
	switch t.name {
	case s.sla().name:
		return s.budgetWindows()
	case s.late().name:
		return []time.Duration{time.Hour, day, week}
	case s.counted(kpi.ConversationsOpened).name, responses.name, answers.name:
		return append([]time.Duration{time.Hour}, long...)
	default:
		return long
	}
}

func live(t *total, w time.Duration) string {
	switch {
	case t.arrival && w <= day:
		return ", of what was learned live"
	case t.arrival:
		return ", of what was learned live or late"
	default:
		return ""
	}
}

// increased is the increase of a total over a window, whatever its arrival.
func (s *settings) increased(t *total, w time.Duration) string {
	const arrived = `arrival="live"`
	switch {
	case !t.arrival:
		return s.over(t, w, t.sum())
	case w <= day:
		return "sum without (arrival) (\n" + s.over(t, w, selector(t.sum(), arrived), arrived) + "\n)"
	default:
		return s.over(t.any(), w, t.any().sum())
	}
}
