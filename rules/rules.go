// Package rules has the recording rules and alerts as Go values, and renders
// them for Prometheus and for its operator. Names, labels and limits are those
// of internal/kpi; the promises, volumes and sources are the configuration's.
//
// The limits in force come from the exporter's own metrics (the tier limits,
// the promised tiers, the objectives), so a changed limit needs no new rules.
package rules

import (
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
	Name  string
	Rules []Rule
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
)

func (s *settings) groups() ([]Group, []string) {
	burns, refused := s.burns()
	groups := []Group{{Name: GroupAlerts, Rules: s.alerts(burns)}, {Name: GroupRecordings, Rules: s.recordings(burns)}}
	for _, g := range groups {
		for i := range g.Rules {
			g.Rules[i].Expr = s.own(g.Rules[i].Expr)
		}
	}
	return groups, refused
}

// recordings are the recorded series. They are one group, since all that is
// computed from totals has to see those of the same instant.
func (s *settings) recordings(burns []burn) []Rule {
	var rules []Rule
	for _, part := range [][]Rule{
		s.constants(), s.configuration(), s.queue(), s.sight(), s.totals(), s.coverage(burns), s.increases(),
		s.attainments(), s.tiers(), s.budget(), s.burnRates(burns), s.shares(), s.means(), s.usual(), s.volume(), s.operation(),
	} {
		rules = append(rules, part...)
	}
	return rules
}
