// Package proof runs the generated rules on Prometheus' own engine, storage and
// rule evaluation, in-process: what the rules say of made-up weeks is compared
// with what happened in them. It is a module of its own, so that the exporter
// does not depend on Prometheus' server.
package proof

import (
	"cmp"
	"context"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	promrules "github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// began is when made-up times begin: a Monday.
var began = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// prometheus is one: it is scraped into and evaluates at instants that a test
// chooses, a group with an interval of its own not at all of them.
type prometheus struct {
	t      testing.TB
	db     *tsdb.DB
	engine *promql.Engine
	groups []*promrules.Group
	pauses map[string]time.Duration // the intervals that groups have of their own, by name
	last   map[string]time.Time     // when they were last evaluated

	rules     []rules.Group
	load      func([]rules.Group)      // begins to evaluate them, and no others
	restoring map[*promrules.Group]int // in how many evaluations their alerts are restored

	scraped map[string]storage.SeriesRef    // the series of the last scrape
	native  map[string]*histogram.Histogram // native histograms, which every scrape sees
	parsed  map[string]labels.Labels        // series by their text
	fired   map[string]time.Time            // alerts by name and labels, and when each was first seen firing
}

// start is a Prometheus with the groups.
func start(t testing.TB, interval time.Duration, flavour rules.Flavour, groups []rules.Group) *prometheus {
	t.Helper()
	opts := tsdb.DefaultOptions()
	opts.RetentionDuration = (40 * 24 * time.Hour).Milliseconds()
	opts.MinBlockDuration = opts.RetentionDuration // all in memory, in few chunks
	opts.MaxBlockDuration = opts.RetentionDuration
	opts.StripeSize = 1 << 10
	db, err := tsdb.Open(t.TempDir(), promslog.NewNopLogger(), nil, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true,
		Parser: parser.NewParser(parser.Options{}),
	})
	m := promrules.NewManager(&promrules.ManagerOptions{
		Context: t.Context(), Appendable: db, Queryable: db, QueryFunc: promrules.EngineQueryFunc(engine, db),
		NotifyFunc: func(context.Context, string, ...*promrules.Alert) {}, Logger: promslog.NewNopLogger(),
		Parser: parser.NewParser(parser.Options{}), OutageTolerance: time.Hour, ForGracePeriod: 10 * time.Minute,
	})
	p := &prometheus{
		t: t, db: db, engine: engine, last: map[string]time.Time{}, restoring: map[*promrules.Group]int{},
		parsed: map[string]labels.Labels{}, fired: map[string]time.Time{},
	}
	file := filepath.Join(t.TempDir(), rules.FileName)
	p.load = func(groups []rules.Group) {
		content, err := rules.Render(groups, nil, flavour, rules.FormatPrometheus)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		p.rules, p.pauses = groups, map[string]time.Duration{}
		for _, g := range groups {
			if g.Interval > 0 {
				p.pauses[g.Name] = g.Interval
			}
		}
		loaded, errs := m.LoadGroups(interval, labels.EmptyLabels(), "", nil, false, file)
		for _, err := range errs {
			t.Fatal(err)
		}
		p.groups = slices.Collect(maps.Values(loaded))
		// The recordings first, as their alerts read them.
		slices.SortFunc(p.groups, func(a, b *promrules.Group) int { return cmp.Compare(b.Name(), a.Name()) })
	}
	p.load(groups)
	for _, g := range p.groups {
		for _, r := range g.AlertingRules() {
			r.SetRestored(true) // after a start nobody sees alerts before their state was restored
		}
	}
	return p
}

// resumes has Prometheus go on after it was not running: groups with an interval of
// their own are evaluated at their next instant.
func (p *prometheus) resumes(at time.Time) {
	for name := range p.pauses {
		p.last[name] = at
	}
}

// restarts has Prometheus begin anew on what it has stored: what it knew of alerts it
// restores from there, after the second evaluation of their group.
func (p *prometheus) restarts(at time.Time) {
	p.load(p.rules)
	p.resumes(at)
	for _, g := range p.groups {
		p.restoring[g] = 2
	}
}

// samples are an exposition: values by series, as text.
type samples map[string]float64

// scrape stores an exposition; nil is a target that does not answer.
func (p *prometheus) scrape(at time.Time, exposed samples) {
	p.t.Helper()
	app := p.db.Appender(context.Background())
	next := make(map[string]storage.SeriesRef, len(exposed))
	for series, v := range exposed {
		ref, err := app.Append(p.scraped[series], p.labels(series), at.UnixMilli(), v)
		if err != nil {
			p.t.Fatalf("scrape %s: %v", series, err)
		}
		next[series] = ref
	}
	for series, ref := range p.scraped {
		if _, ok := exposed[series]; !ok {
			if _, err := app.Append(ref, p.labels(series), at.UnixMilli(), math.Float64frombits(value.StaleNaN)); err != nil {
				p.t.Fatalf("mark %s as gone: %v", series, err)
			}
		}
	}
	for series, h := range p.native {
		if _, err := app.AppendHistogram(0, p.labels(series), at.UnixMilli(), h, nil); err != nil {
			p.t.Fatalf("scrape %s: %v", series, err)
		}
	}
	if err := app.Commit(); err != nil {
		p.t.Fatal(err)
	}
	p.scraped = next
}

func (p *prometheus) labels(series string) labels.Labels {
	if l, ok := p.parsed[series]; ok {
		return l
	}
	l, err := parser.NewParser(parser.Options{}).ParseMetric(series)
	if err != nil {
		p.t.Fatalf("%s: %v", series, err)
	}
	p.parsed[series] = l
	return l
}

// due reports whether a group is to be evaluated at an instant: always, unless it has
// an interval of its own. Prometheus evaluates at multiples of that: one has come
// since the last evaluation.
func (p *prometheus) due(group string, at time.Time) bool {
	pause, ok := p.pauses[group]
	if ok && !p.last[group].Before(at.Truncate(pause)) {
		return false
	}
	p.last[group] = at
	return true
}

// evaluate evaluates the rules of the groups that are due, and fails the test where
// one cannot be evaluated.
func (p *prometheus) evaluate(at time.Time) {
	p.t.Helper()
	for _, g := range p.groups {
		if !p.due(g.Name(), at) {
			continue
		}
		g.Eval(context.Background(), at)
		if p.restoring[g]--; p.restoring[g] == 0 {
			g.RestoreForState(at)
		}
		for _, r := range g.Rules() {
			if err := r.LastError(); err != nil {
				p.t.Fatalf("%s at %s: %v", r.Name(), at, err)
			}
			alert, ok := r.(*promrules.AlertingRule)
			if !ok {
				continue
			}
			for _, a := range alert.ActiveAlerts() {
				key := a.Labels.String()
				if _, ok := p.fired[key]; !ok && a.State == promrules.StateFiring {
					p.fired[key] = at
				}
			}
		}
	}
}

// query is a result by series.
func (p *prometheus) query(at time.Time, expr string) map[string]float64 {
	p.t.Helper()
	q, err := p.engine.NewInstantQuery(context.Background(), p.db, nil, expr, at)
	if err != nil {
		p.t.Fatalf("%s: %v", expr, err)
	}
	defer q.Close()
	res := q.Exec(context.Background())
	v, err := res.Vector()
	if err != nil {
		p.t.Fatalf("%s: %v", expr, err)
	}
	out := map[string]float64{}
	for _, s := range v {
		out[s.Metric.DropMetricName().String()] = s.F
	}
	return out
}
