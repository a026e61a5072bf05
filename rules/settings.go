package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// settings are what rules depend on.
type settings struct {
	flavour  Flavour
	words    words.Words // of the alerts' texts
	names    []string    // of the sources; none: any source
	promises []promise
}

// promise is what one source, or every one of a kind, promises.
type promise struct {
	sources    []string
	minEvents  int
	perHour    float64
	window     time.Duration
	objectives []float64 // of its channels and clocks, ascending
}

func settingsOf(cfg *config.Validated, f Flavour, w words.Words) *settings {
	s := &settings{flavour: f, words: w}
	for _, src := range cfg.Sources {
		s.names = append(s.names, src.Name)
		s.add(src.Name, &src.Promise)
	}
	slices.Sort(s.names)
	return s
}

// add puts a source with those that promise the same.
func (s *settings) add(source string, p *config.Promise) {
	made := promise{
		sources: []string{source}, minEvents: p.MinEvents, perHour: p.ExpectedPerHour, window: p.Window, objectives: objectives(p),
	}
	for i := range s.promises {
		if s.promises[i].like(&made) {
			s.promises[i].sources = append(s.promises[i].sources, source)
			slices.Sort(s.promises[i].sources)
			return
		}
	}
	s.promises = append(s.promises, made)
}

func (p *promise) like(o *promise) bool {
	return p.minEvents == o.minEvents && p.perHour == o.perHour && p.window == o.window && slices.Equal(p.objectives, o.objectives)
}

func objectives(p *config.Promise) []float64 {
	var all []float64
	for _, c := range kpi.Clocks {
		for _, ch := range helpdesk.Channels {
			if _, objective, ok := p.For(ch.Channel, c); ok {
				all = append(all, objective)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// only is the matcher of a promise's sources, "" where it holds for all.
func (s *settings) only(p *promise) string {
	if len(s.promises) == 1 {
		return ""
	}
	return matchSources(p.sources)
}

// matchSources is a matcher of sources, "" for any.
func matchSources(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("source=%q", names[0])
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	return fmt.Sprintf("source=~%q", strings.Join(quoted, "|"))
}

// pick is a selector of a family of the exporter's, of the sources that the
// rules are for: rules of two exporters may live in one Prometheus.
func (s *settings) pick(f *kpi.Family, matchers ...string) string {
	return s.pickNamed(f.Name, matchers...)
}

func (s *settings) pickNamed(name string, matchers ...string) string {
	return selector(name, append([]string{matchSources(s.names)}, matchers...)...)
}

// recordedOfSources are recorded series that have the label source, with the
// brace of their matchers, and the first of them where it is of sources.
var recordedOfSources = regexp.MustCompile(`\bsource\w*:helpdesk_\w+(?::\w+)?(?:\{(?:source=)?)?`)

// own is an expression that reads recorded series of the rules' own sources only,
// as pick does of the exporter's: where rules of two exporters live in one
// Prometheus, they record series of the same names.
func (s *settings) own(expr string) string {
	which := matchSources(s.names)
	if which == "" {
		return expr
	}
	return recordedOfSources.ReplaceAllStringFunc(expr, func(series string) string {
		name, matched := strings.CutSuffix(series, "{")
		switch {
		case strings.HasSuffix(series, "="): // one promise's
			return series
		case matched:
			return name + "{" + which + ","
		default:
			return name + "{" + which + "}"
		}
	})
}

// selector leaves out matchers that are "".
func selector(name string, matchers ...string) string {
	matchers = slices.DeleteFunc(slices.Clone(matchers), func(m string) bool { return m == "" })
	if len(matchers) == 0 {
		return name
	}
	return name + "{" + strings.Join(matchers, ",") + "}"
}

// one takes a series of each source and label set, whichever replica or job it
// was scraped from: at a failover there may be two for a moment. Every dimension
// that may be configured is kept apart, so that the rules hold for any of them.
func one(f *kpi.Family, series string) string {
	labels := []string{"source"}
	if f.Scope == kpi.ScopeConversation {
		labels = append(labels, helpdesk.LabelChannel.String())
		for _, l := range helpdesk.ExtraLabels {
			labels = append(labels, l.String())
		}
	}
	for _, l := range f.Extra {
		labels = append(labels, l.Name)
	}
	if f.Arrival {
		labels = append(labels, "arrival")
	}
	return fmt.Sprintf("max by (%s) (%s)", strings.Join(labels, ", "), series)
}

// dur writes a duration as Prometheus does, weeks in days.
func dur(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return model.Duration(d).String()
}

// span is the range (t-d, t]. Up to 2.x a range has both its ends, so that it
// is a millisecond shorter there.
func (s *settings) span(d time.Duration) string {
	if s.flavour == Prometheus242 {
		d -= time.Millisecond
	}
	return dur(d)
}

func num(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// text fills {{name}}-free templates: pairs of a word in angle brackets and
// what stands for it.
func text(template string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(strings.TrimSpace(template))
}

// constant is a vector of numbers by the values of a label.
func constant(label string, values []string, numbers []float64) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = fmt.Sprintf("label_replace(vector(%s), %q, %q, \"\", \"\")", num(numbers[i]), label, v)
	}
	return strings.Join(parts, "\nor\n")
}
