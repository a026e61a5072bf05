package proof

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	promrules "github.com/prometheus/prometheus/rules"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// size is how much the rules are evaluated for.
type size struct{ sources, channels, teams int }

// everyMinute is how often Prometheus evaluates rules that say nothing else.
const everyMinute = time.Minute

// BenchmarkRules evaluates all rules of 50 sources, 6 channels and 5 teams, each
// group at its interval, in a Prometheus that has a month of them, and beside that
// each selector of their expressions alone. An operation is a minute. Not each has the
// larger group: an hour's are averaged.
//
//	go -C rules/proof test -run '^$' -bench Rules -benchtime 60x .
func BenchmarkRules(b *testing.B) {
	of := size{50, 6, 5}
	if testing.Short() {
		of = size{2, 2, 2}
	}
	for _, flavour := range []rules.Flavour{rules.Prometheus242, rules.Prometheus316} {
		b.Run("flavour="+string(flavour), func(b *testing.B) {
			l := newLarge(b, flavour, of)
			for range 2 {
				l.minute()
			}
			var all time.Duration
			var bare float64
			n := 0
			for b.Loop() {
				b.StopTimer()
				l.scrapes()
				b.StartTimer()
				began := cpu(b)
				l.evaluate(l.now)
				all += cpu(b) - began
				n++
			}
			const times = 3
			for range times {
				for _, g := range l.groups {
					began := cpu(b)
					l.selectors(g)
					bare += (cpu(b) - began).Seconds() / g.Interval().Minutes()
				}
			}
			perMinute, perLook := all.Seconds()/float64(n), bare/times
			b.ReportMetric(perMinute, "cpu-s/minute")
			b.ReportMetric(perLook, "bare-cpu-s/minute")
			b.ReportMetric(perMinute/perLook, "x-bare")
			b.ReportMetric(float64(len(l.exposed)), "series")
		})
	}
}

// TestTheCostOfRulesFollowsWhatTheyAreOf compares the samples that all rules read:
// twice the sources, or channels, are twice the samples at most, and twice the teams
// are more of the exporter's own series only, each read once or twice.
func TestTheCostOfRulesFollowsWhatTheyAreOf(t *testing.T) {
	t.Parallel()
	for _, flavour := range []rules.Flavour{rules.Prometheus242, rules.Prometheus316} {
		t.Run(string(flavour), func(t *testing.T) {
			t.Parallel()
			read := func(s size) (samples, exposed int) {
				l := newLarge(t, flavour, s)
				l.minute()
				return l.samples(), len(l.exposed)
			}
			base, exposed := read(size{2, 2, 2})
			if base == 0 {
				t.Fatal("the rules read nothing")
			}
			for what, s := range map[string]size{"sources": {4, 2, 2}, "channels": {2, 4, 2}} {
				if n, _ := read(s); n > 2*base {
					t.Errorf("twice the %s: %d samples, %d before", what, n, base)
				}
			}
			if n, more := read(size{2, 2, 4}); n-base > 2*(more-exposed) {
				t.Errorf("twice the teams: %d samples more, of %d series more", n-base, more-exposed)
			}
		})
	}
}

// samples are those that the expressions of all rules read.
func (l *large) samples() (n int) {
	l.t.Helper()
	for _, g := range l.groups {
		for _, r := range g.Rules() {
			q, err := l.engine.NewInstantQuery(context.Background(), l.db, nil, r.Query().String(), l.now)
			if err != nil {
				l.t.Fatal(err)
			}
			if err := q.Exec(context.Background()).Err; err != nil {
				l.t.Fatalf("%s: %v", r.Name(), err)
			}
			n += int(q.Stats().Samples.TotalSamples)
			q.Close()
		}
	}
	return n
}

// cpu is what this process has used so far.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// large is a Prometheus of many sources, which it has seen for longer than the
// longest window. Their exposition is that of the catalogue of metrics, but the
// classic buckets of histograms, which no rule reads.
type large struct {
	*prometheus
	exposed []exposed
	first   time.Time // when the counters were 0
	now     time.Time
}

// exposed is a series that is scraped.
type exposed struct {
	labels labels.Labels
	value  float64 // of a gauge; of a counter its rise in a minute
	kind   kpi.Type
}

func (e *exposed) at(since time.Duration) float64 {
	if e.kind == kpi.Gauge {
		return e.value
	}
	return math.Floor(e.value * since.Minutes())
}

func newLarge(t testing.TB, flavour rules.Flavour, s size) *large {
	t.Helper()
	var sources []string
	for i := range s.sources {
		sources = append(sources, fmt.Sprintf("{name: desk-%d, gorgias: {url: https://desk-%d.example.com}}", i, i))
	}
	groups := configured(t, flavour, "sources: ["+strings.Join(sources, ", ")+"]")
	exposition := s.exposition(flavour == rules.Prometheus316)
	l := func() *large {
		return &large{prometheus: start(t, everyMinute, flavour, groups), exposed: exposition, first: began.Add(-60 * day), now: began}
	}
	once := l()
	once.minute()
	whole := l()
	whole.remember(once)
	return whole
}

// exposition is what the sources expose. No label has a value that is learned
// but these.
func (s size) exposition(native bool) []exposed {
	var all []exposed
	add := func(f *kpi.Family, name string, kind kpi.Type) {
		names := engine.LabelNames(f, []helpdesk.LabelName{helpdesk.LabelTeam})
		each(names, s.values(f, names), func(pairs []string) {
			ls := labels.FromStrings(append(pairs, labels.MetricName, name, "instance", "helpdesk")...)
			e := exposed{ls, 1, kind}
			switch {
			case f == kpi.PromiseTier && ls.Get("tier") != kpi.AboveAverage.String():
				return
			case f == kpi.PromiseTier:
				e.value = 4
			case f == kpi.PromiseObjective:
				e.value = 0.9
			case f == kpi.PastTier, f == kpi.LateFacts: // nothing is wrong
				e.value = 0
			case ls.Get("result") == kpi.ResultMissed, ls.Get("arrival") == "late":
				e.value /= 10
			}
			all = append(all, e)
		})
	}
	for _, f := range slices.Concat(kpi.FactFamilies, kpi.LiveFamilies, kpi.SourceFamilies, kpi.OperationalFamilies) {
		switch {
		case f.Scope == kpi.ScopeAgent || f.Scope == kpi.ScopeProcess || f.Business:
		case f.Type == kpi.Histogram && native:
			add(f, f.Name, kpi.Histogram)
		case f.Type == kpi.Histogram:
			add(f, f.Name+"_sum", kpi.Counter)
			add(f, f.Name+"_count", kpi.Counter)
		default:
			add(f, f.Name, f.Type)
		}
	}
	return all
}

// values are those of labels.
func (s size) values(f *kpi.Family, names []string) [][]string {
	numbered := func(what string, n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("%s-%d", what, i))
		}
		return all
	}
	var values [][]string
	for _, name := range names {
		i := slices.IndexFunc(f.Extra, func(l kpi.Label) bool { return l.Name == name })
		switch {
		case name == "source":
			values = append(values, numbered("desk", s.sources))
		case name == "channel":
			values = append(values, numbered("channel", s.channels))
		case name == "team":
			values = append(values, numbered("team", s.teams))
		case name == "arrival":
			values = append(values, kpi.Arrivals)
		case f.Extra[i].Values != nil:
			values = append(values, f.Extra[i].Values)
		default:
			values = append(values, []string{"some"})
		}
	}
	return values
}

// each calls fn with each combination of values, names between them.
func each(names []string, values [][]string, fn func(pairs []string)) {
	if len(names) == 0 {
		fn(nil)
		return
	}
	for _, v := range values[0] {
		each(names[1:], values[1:], func(pairs []string) { fn(append(pairs, names[0], v)) })
	}
}

// minute is the next one: a scrape and an evaluation.
func (l *large) minute() {
	l.t.Helper()
	l.scrapes()
	l.evaluate(l.now)
}

func (l *large) scrapes() {
	l.t.Helper()
	l.now = l.now.Add(everyMinute)
	app := l.db.Appender(context.Background())
	for i := range l.exposed {
		e := &l.exposed[i]
		v := e.at(l.now.Sub(l.first))
		var err error
		if e.kind == kpi.Histogram {
			_, err = app.AppendHistogram(0, e.labels, l.now.UnixMilli(), observed(v), nil)
		} else {
			_, err = app.Append(0, e.labels, l.now.UnixMilli(), v)
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
	if err := app.Commit(); err != nil {
		l.t.Fatal(err)
	}
}

// observed is a native histogram of so many observations.
func observed(n float64) *histogram.Histogram {
	return &histogram.Histogram{
		Schema: 0, ZeroThreshold: 0.001, Count: uint64(n), Sum: n * 60,
		PositiveSpans: []histogram.Span{{Offset: 6, Length: 1}}, PositiveBuckets: []int64{int64(n)},
	}
}

// look is a selector of an expression, and how far back it reads.
type look struct {
	expr   parser.Expr
	name   string
	offset time.Duration
	span   time.Duration
	step   time.Duration // of a subquery
}

// looks are the selectors of a group's rules.
func looks(g *promrules.Group) (all []look) {
	for _, r := range g.Rules() {
		parser.Inspect(r.Query(), func(n parser.Node, path []parser.Node) error {
			v, ok := n.(*parser.VectorSelector)
			if !ok {
				return nil
			}
			k := look{expr: v, name: v.Name, offset: v.OriginalOffset}
			for _, parent := range slices.Backward(path) {
				switch parent := parent.(type) {
				case *parser.MatrixSelector:
					k.expr, k.span = parent, parent.Range
				case *parser.SubqueryExpr:
					k.expr, k.span, k.step = parent, parent.Range, parent.Step
					k.offset += parent.OriginalOffset
				}
			}
			all = append(all, k)
			return nil
		})
	}
	return all
}

// selectors evaluates each selector of a group alone.
func (l *large) selectors(g *promrules.Group) {
	l.t.Helper()
	for _, k := range looks(g) {
		q, err := l.engine.NewInstantQuery(context.Background(), l.db, nil, k.expr.String(), l.now)
		if err != nil {
			l.t.Fatal(err)
		}
		if err := q.Exec(context.Background()).Err; err != nil {
			l.t.Fatalf("%s: %v", k.expr, err)
		}
		q.Close()
	}
}

// remember stores what the rules read of the past: what one evaluation has
// recorded, and what is exposed, at each minute that a selector looks at from the
// minutes that are to come. Corrections are of rare instants: there are none.
func (l *large) remember(once *large) {
	l.t.Helper()
	known := once.recorded()
	for _, e := range l.exposed {
		if e.kind != kpi.Histogram {
			name := e.labels.Get(labels.MetricName)
			known[name] = append(known[name], e)
		}
	}
	due := map[time.Time][]string{}
	for name, at := range l.minutesRead() {
		if strings.HasSuffix(name, ":correction") || strings.HasSuffix(name, ":first_sight") {
			continue
		}
		for t := range at {
			due[t] = append(due[t], name)
		}
	}
	for _, t := range slices.SortedFunc(maps.Keys(due), time.Time.Compare) {
		app := l.db.Appender(context.Background())
		for _, name := range due[t] {
			for _, e := range known[name] {
				if _, err := app.Append(0, e.labels, t.UnixMilli(), e.at(t.Sub(l.first))); err != nil {
					l.t.Fatal(err)
				}
			}
		}
		if err := app.Commit(); err != nil {
			l.t.Fatal(err)
		}
	}
}

// minutesRead are the minutes before now at which the rules read, by the name of
// what they read: those at which it was recorded, or scraped.
func (l *large) minutesRead() map[string]map[time.Time]bool {
	const toCome = 70 * everyMinute // a benchmark's, and what comes before it
	pauses := map[string]time.Duration{}
	for _, g := range l.groups {
		for _, r := range g.Rules() {
			pauses[r.Name()] = g.Interval()
		}
	}
	read := map[string]map[time.Time]bool{}
	note := func(name string, from, to time.Time) {
		if read[name] == nil {
			read[name] = map[time.Time]bool{}
		}
		pause := cmp.Or(pauses[name], everyMinute)
		for t := from.Truncate(pause); !t.After(to) && !t.After(l.now); t = t.Add(pause) {
			read[name][t] = true
		}
	}
	const lookback = 5 * time.Minute
	for _, g := range l.groups {
		for _, k := range looks(g) {
			from, to := l.now.Add(-k.offset), l.now.Add(toCome-k.offset)
			if k.step == 0 {
				note(k.name, from.Add(-max(k.span, lookback)), to)
				continue
			}
			for t := from.Add(-k.span).Truncate(k.step); !t.After(l.now); t = t.Add(k.step) {
				note(k.name, t.Add(-g.Interval()), t)
			}
		}
	}
	return read
}

// recorded are the recorded series now: totals, which rise, and others.
func (l *large) recorded() map[string][]exposed {
	l.t.Helper()
	all := map[string][]exposed{}
	for _, g := range l.groups {
		for _, r := range g.Rules() {
			if _, done := all[r.Name()]; done || !strings.Contains(r.Name(), ":") {
				continue
			}
			q, err := l.engine.NewInstantQuery(context.Background(), l.db, nil, r.Name(), l.now)
			if err != nil {
				l.t.Fatal(err)
			}
			v, err := q.Exec(context.Background()).Vector()
			if err != nil {
				l.t.Fatal(err)
			}
			all[r.Name()] = []exposed{}
			for _, s := range v {
				e := exposed{s.Metric, s.F, kpi.Gauge}
				if strings.HasSuffix(r.Name(), ":total") {
					e.kind, e.value = kpi.Counter, s.F/l.now.Sub(l.first).Minutes()
				}
				all[r.Name()] = append(all[r.Name()], e)
			}
			q.Close()
		}
	}
	return all
}
