package rules

import (
	"fmt"
	"slices"
	"time"
)

// burnAlerts are the alerts on burn rates that can fire. A budget burns fast
// for somebody to be called, slowly for somebody to look at it in working hours.
// Those of one name differ in a label: Prometheus takes no two rules for one.
func (s *settings) burnAlerts(burns []burn) []alert {
	var all []alert
	of := map[string]int{} // names, and where the alert of the same text is
	for i := range burns {
		b := &burns[i]
		same := fmt.Sprintf("%s %s %v", b.pace.name, b.Long, round(b.Factor))
		if at, ok := of[same]; ok {
			all[at].expr += "\nor\n" + b.firing()
			continue
		}
		of[same] = len(all)
		times := []any{
			"times", "{{ $value | humanize }}", "window", dur(b.Long), "objective", objectiveText, "factor", short(b.Factor), "spend", percent(b.Spend),
		}
		a := alert{
			name: AlertBurnFast, severity: severityPage, hold: 2 * time.Minute, expr: b.firing(),
			summary: s.say("alert.burn.summary", times...), description: s.say("alert.burn.description", times...),
		}
		if b.pace.name == slow.name {
			a.name, a.severity, a.hold = AlertBurnSlow, severityTicket, 15*time.Minute
		}
		a.means = fmt.Sprintf("Within %s, the error budget burns more than %s times as fast as it may%s, and chance does not explain it, for %s.",
			dur(b.Long), short(b.Factor), b.still(), dur(a.hold))
		a.window, a.factor = dur(b.Long), short(b.Factor)
		all = append(all, a)
	}
	for i := range all {
		if !slices.ContainsFunc(all, func(o alert) bool { return o.name == all[i].name && o.expr != all[i].expr }) {
			all[i].window, all[i].factor = "", ""
		}
	}
	return all
}

// still says what tells that a burn is not over.
func (b *burn) still() string {
	if b.Short == b.Long {
		return ""
	}
	return ", still within the last " + dur(b.Short)
}
