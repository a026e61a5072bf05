package rules

import (
	"fmt"
	"time"
)

// burnAlerts are the alerts on burn rates that can fire. A budget burns fast
// for somebody to be called, slowly for somebody to look at it in working hours.
func (s *settings) burnAlerts(burns []burn) []alert {
	var all []alert
	for i := range burns {
		b := &burns[i]
		a := alert{
			name: AlertBurnFast, severity: severityPage, hold: 2 * time.Minute, expr: b.firing(),
			summary: "{{ $labels.clock }} on {{ $labels.channel }} of {{ $labels.source }} misses its limit {{ $value | humanize }} times as often as promised",
			description: fmt.Sprintf("Within the last %s, {{ $labels.clock }} on {{ $labels.channel }} of {{ $labels.source }} has missed the promised limit {{ $value | humanize }} times as often as the promised %s allows. "+
				"More than %s times spends %s %% of the error budget of the promise's window within %[1]s.",
				dur(b.Long), objectiveText, short(b.Factor), percent(b.Spend)),
		}
		if b.pace.name == slow.name {
			a.name, a.severity, a.hold = AlertBurnSlow, severityTicket, 15*time.Minute
		}
		a.means = fmt.Sprintf("Within %s, the error budget burns more than %s times as fast as it may%s, and chance does not explain it, for %s.",
			dur(b.Long), short(b.Factor), b.still(), dur(a.hold))
		all = append(all, a)
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
