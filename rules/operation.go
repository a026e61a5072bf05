package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// The means of what the exporter does, in seconds: boards read them, whether
// Prometheus has the classic series of a histogram or its native ones.
const (
	RequestDuration = "source_endpoint:helpdesk_api_request_duration_seconds:mean5m"
	CommitDuration  = "instance:helpdesk_state_commit_duration_seconds:mean5m"
	PushDelay       = "source:helpdesk_alert_push_delay_seconds:mean1h"
)

// operation records them. They are of the process, which starts them anew: a
// rate will do.
func (s *settings) operation() []Rule {
	var rules []Rule
	for _, m := range []struct {
		record string
		family *kpi.Family
		window time.Duration
		by     string
		help   string
	}{
		{RequestDuration, kpi.APIRequestDuration, 5 * time.Minute, "source, endpoint", "Mean duration of requests to the helpdesk's API over 5 minutes, in seconds; absent without requests."},
		{CommitDuration, kpi.StateCommitDuration, 5 * time.Minute, "instance", "Mean duration of durable commits over 5 minutes, in seconds; absent without commits."},
		{PushDelay, kpi.AlertPushDelay, time.Hour, "source", "Mean time from a deadline to the acceptance of its breach over an hour, in seconds; absent without breaches."},
	} {
		rules = append(rules, Rule{Record: m.record, Help: m.help, Expr: s.meanRate(m.family, m.window, m.by)})
	}
	return rules
}

func (s *settings) meanRate(f *kpi.Family, w time.Duration, by string) string {
	pick := s.pickNamed
	if f.Scope == kpi.ScopeProcess { // of no source
		pick = func(name string, _ ...string) string { return name }
	}
	part := func(name string) string {
		return fmt.Sprintf("sum by (%s) (rate(%s[%s]) or histogram_%s(rate(%s[%[3]s])))", by, pick(f.Name+"_"+name), dur(w), name, pick(f.Name))
	}
	return strings.Join([]string{"  " + part("sum"), "/", "  (" + part("count") + " > 0)"}, "\n")
}
