package rules

import (
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Alerts by rules. Those that the exporter pushes itself are in internal/kpi.
const (
	AlertBurnFast       = "HelpdeskSLABudgetBurnFast"
	AlertBurnSlow       = "HelpdeskSLABudgetBurnSlow"
	AlertTierBelow      = "HelpdeskTierBelowPromise"
	AlertWaiting        = "HelpdeskCustomersWaitingTooLong"
	AlertQueueGrowing   = "HelpdeskQueueGrowing"
	AlertNobodyOnline   = "HelpdeskNobodyOnline"
	AlertCSATLow        = "HelpdeskCSATLow"
	AlertAbandonment    = "HelpdeskAbandonmentHigh"
	AlertRegression     = "HelpdeskResponseRegression"
	AlertSourceBlind    = "HelpdeskSourceBlind"
	AlertCredentials    = "HelpdeskCredentialsRejected"
	AlertQuota          = "HelpdeskQuotaExhausted"
	AlertExporterDown   = "HelpdeskExporterDown"
	severityPage        = "critical" // somebody has to act now
	severityTicket      = "warning"
	severityInformation = "info"
)

// alert is an alert as a value: the rule, its texts and its documentation are
// made of the same numbers.
type alert struct {
	name, severity       string
	expr                 string
	hold                 time.Duration // how long it must hold before it fires
	keep                 time.Duration // how long it goes on afterwards
	summary, description string        // templates of Prometheus
	means                string        // when it fires, for the documentation
	window, factor       string        // of a burn rate, labels where there are several
}

// alerts are evaluated on what the recordings recorded. Those on burn rates are
// solved: one for each of burns.
func (s *settings) alerts(burns []burn) []Rule {
	return ruled(append(s.burnAlerts(burns),
		s.waitingTooLong(), s.queueGrowing(), s.nobodyOnline(),
		s.sourceBlind(), s.credentialsRejected(), s.quotaExhausted(), s.exporterDown(),
	))
}

// longAlerts combine what is recorded over long windows, and are of the same
// group: where an evaluation is missed, so is theirs, and none ends by it.
func (s *settings) longAlerts() []Rule {
	return ruled([]alert{s.tierBelow(), s.csatLow(), s.abandonmentHigh(), s.responseRegression()})
}

func ruled(all []alert) []Rule {
	rules := make([]Rule, len(all))
	for i := range all {
		rules[i] = all[i].rule()
	}
	return rules
}

func (a *alert) rule() Rule {
	labels := map[string]string{"severity": a.severity}
	if a.window != "" {
		labels["window"], labels["factor"] = a.window, a.factor
	}
	return Rule{
		Alert: a.name, Expr: a.expr, For: a.hold, KeepFiringFor: a.keep, Help: a.means,
		Labels:      labels,
		Annotations: map[string]string{"summary": a.summary, "description": a.description, "runbook_url": kpi.Runbook(a.name)},
	}
}

// say is a text in the rules' language. What every alert is about is filled in
// by its labels.
func (s *settings) say(key string, args ...any) string {
	return s.words.T(key, append([]any{
		"source", "{{ $labels.source }}", "channel", "{{ $labels.channel }}", "clock", s.named("clock", clocks()), "tier", s.named("tier", tiers()),
	}, args...)...)
}

// named is a template of a label's value, by its name in the rules' language.
func (s *settings) named(label string, values []string) string {
	value, names, branch := "{{ $labels."+label+" }}", "", "if"
	for _, v := range values {
		name := s.words.Label(label, v)
		if name != v {
			names += fmt.Sprintf("{{ %s eq $labels.%s %q }}%s", branch, label, v, name)
			branch = "else if"
		}
	}
	if names == "" {
		return value
	}
	return names + "{{ else }}" + value + "{{ end }}"
}

func clocks() []string {
	var values []string
	for _, c := range kpi.Clocks {
		values = append(values, c.String())
	}
	return values
}

func tiers() []string {
	var values []string
	for _, t := range kpi.Tiers {
		values = append(values, t.String())
	}
	return values
}

// unseen is how long alerts on what a blind source does not show go on: not to
// see that it is over is not the end of it.
const unseen = 30 * time.Minute

// asked is a template of a number that is looked up when the alert fires: the
// first series of a name with the alert's own labels. A changed limit is in the
// text as soon as it is in force.
func asked(format, name string, labels ...string) string {
	matchers, values := "", ""
	for i, l := range labels {
		if i > 0 {
			matchers += ","
		}
		matchers += l + "=%q"
		values += " $labels." + l
	}
	return lookedUp(format, name+"{"+matchers+"}", values)
}

// lookedUp is a template of the first value of a query, of which the verbs are
// filled in with the template's values; "?" where there is none.
func lookedUp(format, query, values string) string {
	return fmt.Sprintf("{{ with printf %q%s | query }}{{ . | first | value | %s }}{{ else }}?{{ end }}", query, values, format)
}

// The limit in force, and the promised share, of the alert's clock.
var (
	limitText     = asked("humanizeDuration", tierLimit, "source", "channel", "clock", "tier")
	objectiveText = asked("humanizePercentage", objective, "source", "channel", "clock")
)
