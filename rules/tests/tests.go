// Package tests has the tests of the alerts as Go values: what a Prometheus
// scrapes, and when an alert has to fire. They are written as files for promtool
// (the folders beside it, one a flavour), and run in rules/proof on Prometheus'
// own engine, also against alerts that were changed on purpose.
package tests

import (
	"maps"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// Kind is what a story is about. Every alert has at least one story of each.
type Kind string

// Kinds.
const (
	Fires       Kind = "fires"
	Silent      Kind = "does not fire"
	JustUnder   Kind = "just under its time"
	Missing     Kind = "series missing"
	Restart     Kind = "counter restart"
	LowVolume   Kind = "low volume"
	BlindSource Kind = "blind source"
	Late        Kind = "late arrivals"
)

// Kinds lists them all.
var Kinds = []Kind{Fires, Silent, JustUnder, Missing, Restart, LowVolume, BlindSource, Late}

// Test is a Prometheus that scrapes one exporter: a source a story.
type Test struct {
	Alert    string
	Interval time.Duration // of scrapes and of evaluations
	Length   time.Duration
	Stories  []*Story

	// EngineOnly are tests that would take promtool long: rules/proof runs them.
	EngineOnly bool
}

// Story is what happens at one source, and when the alert fires for it.
type Story struct {
	Kind Kind
	Name string // a sentence
	*desk

	// The alert fires from From on, and does not any more at To; both zero:
	// never. To zero: until the end.
	From, To time.Duration
	Labels   map[string]string // of the alert, beside its name and source
	Says     func(time.Duration) Text
}

// Text is what an alert says.
type Text struct{ Summary, Description string }

func says(summary, description string) func(time.Duration) Text {
	return func(time.Duration) Text { return Text{summary, description} }
}

// Firing reports whether the alert has to fire at a time.
func (s *Story) Firing(at time.Duration) bool {
	return s.From > 0 && at >= s.From && (s.To == 0 || at < s.To)
}

// AlertLabels are those of the alert while it fires, without its name.
func (s *Story) AlertLabels() map[string]string {
	l := maps.Clone(s.Labels)
	if s.source != "" && !s.anonymous {
		l["source"] = s.source
	}
	return l
}

// Steps is the number of the last evaluation; the first is 0.
func (t *Test) Steps() int { return int(t.Length / t.Interval) }

// Checks are the times at which promtool looks, and at which texts are compared:
// the edges of what fires, and the end.
func (t *Test) Checks() []time.Duration {
	at := []time.Duration{t.Length}
	for _, s := range t.Stories {
		for _, edge := range []time.Duration{s.From, s.To} {
			if edge > 0 {
				at = append(at, edge-t.Interval, edge)
			}
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// All are the tests, in the order of the alerts in the rules.
func All() []*Test {
	return slices.Concat(
		burnFast(), burnSlow(), tierBelow(), waitingTooLong(), queueGrowing(), nobodyOnline(),
		csatLow(), abandonmentHigh(), responseRegression(),
		sourceBlind(), credentialsRejected(), quotaExhausted(), exporterDown(),
	)
}

// fewAtATime makes tests of a week: promtool reads 10,000 samples at most in a
// query, and so not those of many sources; and it evaluates all rules, a thousand
// times in a week.
func fewAtATime(t Test) []*Test {
	var tests []*Test
	for stories := range slices.Chunk(t.Stories, 3) {
		part := t
		part.Stories, part.EngineOnly = stories, len(tests) >= 2
		tests = append(tests, &part)
	}
	return tests
}

// Of are the tests of an alert.
func Of(alert string) []*Test {
	return slices.DeleteFunc(All(), func(t *Test) bool { return t.Alert != alert })
}

// Flavours are those that the tests are written for.
var Flavours = []rules.Flavour{rules.Prometheus242, rules.Prometheus316}
