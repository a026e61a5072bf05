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
		summary: s.say("alert.blind.summary"),
		description: s.say("alert.blind.description",
			"last", `{{ with printf "max(helpdesk_source_last_success_timestamp_seconds{source=%q})" $labels.source | query }}`+
				s.say("alert.blind.last", "at", "{{ . | first | value | humanizeTimestamp }}")+"{{ end }}"),
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
		summary:     s.say("alert.credentials.summary"),
		description: s.say("alert.credentials.description", "times", `{{ $value | printf "%.0f" }}`, "window", dur(refusalWindow)),
		means:       "A source is blind, and its API has refused the credentials (401), or the rights to read conversations (403), within 30 minutes, for 2 minutes.",
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
		summary:     s.say("alert.quota.summary"),
		description: s.say("alert.quota.description", "window", dur(throttledWindow), "share", "{{ $value | humanizePercentage }}", "limit", percent(throttledShare)),
		means:       fmt.Sprintf("Requests waited more than %s %% of %s because the helpdesk asked to wait, for 10 minutes.", percent(throttledShare), dur(throttledWindow)),
	}
}

// exporterDown has no label source: HelpdeskSourceBlind does not inhibit it.
func (s *settings) exporterDown() alert {
	which := s.words.T("alert.down.any")
	if len(s.names) > 0 {
		which = strings.Join(s.names, ", ")
	}
	return alert{
		name: AlertExporterDown, severity: severityPage, hold: 5 * time.Minute,
		expr:    fmt.Sprintf("absent(group(%s))", s.pick(kpi.SourceFresh)),
		summary: s.say("alert.down.summary"), description: s.say("alert.down.description", "sources", which),
		means: "No exporter tells anything of any source, for 5 minutes.",
	}
}
