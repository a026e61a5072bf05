// Package rules has the recording rules and alerts as Go values, and renders
// them for Prometheus and for its operator. Names, labels and limits are those
// of internal/kpi; the promises, volumes and sources are the configuration's.
//
// The limits in force come from the exporter's own metrics (the tier limits,
// the promised tiers, the objectives), so a changed limit needs no new rules.
package rules

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// Flavour is a dialect of rules. The flavours differ in expressions only, and
// give the same numbers.
type Flavour string

// Flavours.
const (
	Prometheus242 Flavour = "prometheus-2.42" // Debian 12's, and what every later one reads
	Prometheus316 Flavour = "prometheus-3.16"
)

// Group is a list of rules that Prometheus evaluates in order, at one instant.
type Group struct {
	Name     string
	Interval time.Duration // between two evaluations; 0: as Prometheus is configured
	Rules    []Rule
}

// Rule is a recording rule, or an alert.
type Rule struct {
	Record string // of a recording rule
	Alert  string // of an alert

	Expr        string
	Labels      map[string]string
	Annotations map[string]string

	For           time.Duration // before an alert fires
	KeepFiringFor time.Duration // after its expression is over

	Help string // of a recording rule: what the series is, with its unit
}

// Groups are the rules of a configuration: for its sources, dimensions,
// promises and volumes, the alerts' texts in a language. The reasons say what was
// refused: burn-rate alerts that could not fire, and why.
func Groups(cfg *config.Validated, f Flavour, w words.Words) (groups []Group, refused []string) {
	return settingsOf(cfg, f, w).groups()
}

// Default are the rules of a configuration that sets nothing: they name no
// source, and hold for any.
func Default(f Flavour) ([]Group, error) {
	cfg, err := config.Parse([]byte("sources: [{name: any, gorgias: {url: https://example.com}}]"), "")
	if err != nil {
		return nil, err
	}
	s := settingsOf(cfg, f, words.Words{})
	s.names = nil
	groups, _ := s.groups()
	return groups, nil
}

// Names of groups.
const (
	GroupAlerts     = "helpdesk-alerts"
	GroupRecordings = "helpdesk-recordings"
	GroupLong       = "helpdesk-long"
)

// LongInterval is the pause between two evaluations of the long windows. It is
// less than the five minutes for which Prometheus shows a sample, so that one
// that is late by less than a minute leaves no gap.
const LongInterval = 4 * time.Minute

func (s *settings) groups() ([]Group, []string) {
	burns, refused := s.burns()
	groups := []Group{
		{Name: GroupAlerts, Rules: s.alerts(burns)},
		{Name: GroupRecordings, Rules: s.recordings(burns)},
		{Name: GroupLong, Interval: LongInterval, Rules: s.long()},
	}
	for _, g := range groups {
		for i := range g.Rules {
			g.Rules[i].Expr = s.own(g.Rules[i].Expr)
		}
	}
	return groups, refused
}

// recordings are what is recorded at each evaluation of Prometheus': the present,
// and what alerts on burn rates read.
func (s *settings) recordings(burns []burn) []Rule {
	return slices.Concat(s.configuration(), s.queue(), s.burning(burns), s.operation())
}

// long are the long windows, and the alerts on them. What is computed from totals
// has to see those of the same instant, so a group has the totals of its own: two
// groups are evaluated at different times, or at once.
func (s *settings) long() []Rule {
	return slices.Concat(
		s.constants(), s.kept(), s.increases(),
		s.attainments(), s.tiers(), s.budget(), s.shares(), s.means(), s.usual(), s.volume(), s.longAlerts(),
	)
}
