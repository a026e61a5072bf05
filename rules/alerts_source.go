package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// sourceBlind says that a source cannot be read, or that nobody says whether it can.
func (s *settings) sourceBlind() alert {
	return alert{
		name: AlertSourceBlind, severity: severityTicket, hold: 2 * time.Minute,
		expr:    fmt.Sprintf("max by (source) (%s) == 0\nor\n%s", s.pick(kpi.SourceFresh), s.silent()),
		summary: "{{ $labels.source }} cannot be read",
		description: "The exporter cannot read {{ $labels.source }}, or Prometheus cannot read the exporter" +
			`{{ with printf "max(helpdesk_source_last_success_timestamp_seconds{source=%q})" $labels.source | query }}; something was read last at {{ . | first | value | humanizeTimestamp }}{{ end }}. ` +
			"Until it can be read, nobody is told of conversations that wait too long.",
		means: "`helpdesk_source_fresh` of a configured source is 0, or absent, for 2 minutes.",
	}
}

// silent are the sources of which nothing is heard: those that are configured,
// else those that were heard of within a day.
func (s *settings) silent() string {
	if len(s.names) == 0 {
		return fmt.Sprintf("group by (source) (last_over_time(%s[%s])) unless on (source) %s", kpi.SourceFresh.Name, dur(carried), kpi.SourceFresh.Name)
	}
	absent := make([]string, len(s.names))
	for i, name := range s.names {
		absent[i] = fmt.Sprintf("absent(%s{source=%q})", kpi.SourceFresh.Name, name)
	}
	return strings.Join(absent, "\nor\n")
}

// refusalWindow is how far back refusals are looked for: beyond the longest
// usual poll interval.
const refusalWindow = 30 * time.Minute

// credentialsRejected speaks when a source is blind because nobody lets the
// exporter in. A stream that the plan forbids is refused for ever, and no reason.
func (s *settings) credentialsRejected() alert {
	refused := func(matchers ...string) string {
		return fmt.Sprintf("increase(%s[%s])", s.pick(kpi.SyncFailures, matchers...), dur(refusalWindow))
	}
	return alert{
		name: AlertCredentials, severity: severityTicket, hold: 2 * time.Minute,
		expr: text(`
sum by (source) (
  AUTH
  or
  FORBIDDEN
) > 0
and on (source)
  FRESH == 0`, "AUTH", refused(`reason="auth"`), "FORBIDDEN", refused(`reason="forbidden"`, `stream="conversations"`), "FRESH", fresh),
		summary: "{{ $labels.source }} rejects the credentials of the exporter",
		description: "{{ $labels.source }} has refused the exporter's credentials or rights {{ $value | printf \"%.0f\" }} times within the last " + dur(refusalWindow) + ", and cannot be read. " +
			"This does not heal by itself: somebody has to renew them.",
		means: "A source is blind, and its API has refused the credentials (401), or the rights to read conversations (403), within 30 minutes, for 2 minutes.",
	}
}

const (
	// throttledShare of the time is too much for requests to wait because the
	// helpdesk has asked to.
	throttledShare  = 0.1
	throttledWindow = 15 * time.Minute
)

// quotaExhausted looks at pauses that the vendor asked for; the exporter's own
// restraint is as intended.
func (s *settings) quotaExhausted() alert {
	return alert{
		name: AlertQuota, severity: severityTicket, hold: 10 * time.Minute,
		expr: fmt.Sprintf("sum by (source) (rate(%s[%s])) > %s",
			s.pick(kpi.APIThrottled, `reason="vendor"`), dur(throttledWindow), num(throttledShare)),
		summary: "{{ $labels.source }} throttles the exporter",
		description: fmt.Sprintf("In the last %s, requests to {{ $labels.source }} waited {{ $value | humanizePercentage }} of the time because the helpdesk asked to wait; %s %% is too much. "+
			"Numbers and alerts are late by that.", dur(throttledWindow), percent(throttledShare)),
		means: fmt.Sprintf("Requests waited more than %s %% of %s because the helpdesk asked to wait, for 10 minutes.", percent(throttledShare), dur(throttledWindow)),
	}
}

// exporterDown has no label source: HelpdeskSourceBlind does not inhibit it.
func (s *settings) exporterDown() alert {
	which := "any source"
	if len(s.names) > 0 {
		which = strings.Join(s.names, ", ")
	}
	return alert{
		name: AlertExporterDown, severity: severityPage, hold: 5 * time.Minute,
		expr:    fmt.Sprintf("absent(group(%s))", s.pick(kpi.SourceFresh)),
		summary: "helpdesk_exporter is down",
		description: fmt.Sprintf("Prometheus has had no metrics of helpdesk_exporter (%s) for more than 5 minutes. "+
			"Nothing is measured, and nobody is told of conversations that wait too long.", which),
		means: "No exporter tells anything of any source, for 5 minutes.",
	}
}
