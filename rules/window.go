package rules

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// long are the windows of service levels and KPIs. A day is of live facts only;
// the others have what was learned late, too.
var long = []time.Duration{day, week, 28 * day}

// windows lists every window that something is recorded over.
func (s *settings) windows(burns []burn) []time.Duration {
	all := append([]time.Duration{time.Hour}, s.budgetWindows()...)
	for _, b := range burns {
		all = append(all, b.Long, b.Short)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// budgetWindows are the long windows and those of the promises.
func (s *settings) budgetWindows() []time.Duration {
	all := slices.Clone(long)
	for _, p := range s.promises {
		all = append(all, p.window)
	}
	slices.Sort(all)
	return slices.Compact(all)
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
	switch {
	case !t.arrival:
		return s.over(t, w)
	case w <= day:
		return "sum without (arrival) (\n" + s.over(t, w, `arrival="live"`) + "\n)"
	default:
		return "sum without (arrival) (\n" + s.over(t, w) + "\n)"
	}
}
