package proof

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	promrules "github.com/prometheus/prometheus/rules"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules/tests"
)

// epoch is when the tests for promtool begin.
var epoch = time.Unix(0, 0).UTC()

// Each alert has a story of each kind: it fires, it does not, just under its
// time, with series missing, over a restart, at low volume, blind, and late.
func TestEveryAlertHasAStoryOfEachKind(t *testing.T) {
	for _, r := range alertsOf(t, rules.Prometheus242) {
		for _, kind := range tests.Kinds {
			has := func(s *tests.Story) bool { return s.Kind == kind }
			if !slices.ContainsFunc(tests.Of(r.Alert), func(test *tests.Test) bool { return slices.ContainsFunc(test.Stories, has) }) {
				t.Errorf("%s has no story of the kind %q", r.Alert, kind)
			}
		}
	}
}

// At every evaluation of every test, what fires is what has to fire, with all
// labels and texts. And every change of an alert, one at a time, makes a test of
// it fail: a flipped comparison, a scaled number or time, a dropped condition,
// label or matcher.
func TestAlertsFireWhenTheyHaveToAndTestsNoticeEveryChange(t *testing.T) {
	for _, r := range alertsOf(t, rules.Prometheus316) {
		t.Run(r.Alert, func(t *testing.T) {
			t.Parallel()
			left := mutants(t, &r)
			for _, test := range tests.Of(r.Alert) {
				p := scraped(t, test, &r, rules.Prometheus316)
				for _, complaint := range p.tell(test, &r, promrules.EngineQueryFunc(p.engine, p.db), true) {
					t.Error(complaint)
				}
				left = slices.DeleteFunc(left, func(m mutant) bool { return p.notices(test, m) })
			}
			for _, m := range left {
				t.Errorf("no test notices: %s\n%s", m.what, m.rule.Expr)
			}
		})
	}
}

func alertsOf(t *testing.T, flavour rules.Flavour) []rules.Rule {
	t.Helper()
	groups, err := rules.Default(flavour)
	if err != nil {
		t.Fatal(err)
	}
	var all []rules.Rule
	for _, g := range groups {
		all = append(all, slices.DeleteFunc(g.Rules, func(r rules.Rule) bool { return r.Alert == "" })...)
	}
	return all
}

// scraped is a Prometheus that has scraped what a test tells and evaluated the
// recordings that an alert reads.
func scraped(t *testing.T, test *tests.Test, alert *rules.Rule, flavour rules.Flavour) *prometheus {
	t.Helper()
	groups, err := rules.Default(flavour)
	if err != nil {
		t.Fatal(err)
	}
	groups = keep(groups, alert.Alert)
	for i := range groups {
		groups[i].Rules = slices.DeleteFunc(groups[i].Rules, func(r rules.Rule) bool { return r.Alert != "" })
	}
	p := start(t, test.Interval, flavour, groups)
	for i := range test.Steps() + 1 {
		at := time.Duration(i) * test.Interval
		exposed := samples{}
		for _, s := range test.Stories {
			for _, series := range s.Series() {
				if v := series.At(at); !math.IsNaN(v) {
					exposed[series.Name] = v
				}
			}
		}
		p.scrape(epoch.Add(at), exposed)
		p.evaluate(epoch.Add(at))
	}
	return p
}

// tell evaluates an alert over the whole of a test, and complains of what fires
// or does not against the stories. It stops after some complaints, without texts after the first.
func (p *prometheus) tell(test *tests.Test, alert *rules.Rule, query promrules.QueryFunc, texts bool) (complaints []string) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(alert.Expr)
	if err != nil {
		return []string{err.Error()}
	}
	annotations := alert.Annotations
	if !texts {
		annotations = nil
	}
	running := promrules.NewAlertingRule(alert.Alert, expr, alert.For, alert.KeepFiringFor, labels.FromMap(alert.Labels),
		labels.FromMap(annotations), labels.EmptyLabels(), "", true, promslog.NewNopLogger())
	checks := test.Checks()
	for i := range test.Steps() + 1 {
		at := time.Duration(i) * test.Interval
		compared := texts && slices.Contains(checks, at)
		want, got := expected(test, at, compared), map[string]string{}
		if _, err := running.Eval(context.Background(), 0, epoch.Add(at), query, &url.URL{}, 0); err != nil {
			return append(complaints, err.Error())
		}
		for _, a := range running.ActiveAlerts() {
			if a.State == promrules.StateFiring {
				got[a.Labels.String()] = ""
				if compared {
					got[a.Labels.String()] = text(a.Annotations.Map())
				}
			}
		}
		if !maps.Equal(want, got) {
			complaints = append(complaints, fmt.Sprintf("at %s:%s", at, difference(want, got)))
			if !texts || len(complaints) == 5 {
				return complaints
			}
		}
	}
	return complaints
}

// expected are the alerts that have to fire at a time, by labels.
func expected(test *tests.Test, at time.Duration, texts bool) map[string]string {
	want := map[string]string{}
	for _, s := range test.Stories {
		if !s.Firing(at) {
			continue
		}
		l := s.AlertLabels()
		l["alertname"] = test.Alert
		says := ""
		if texts {
			t := s.Says(at)
			says = text(map[string]string{"summary": t.Summary, "description": t.Description, "runbook_url": kpi.Runbook(test.Alert)})
		}
		want[labels.FromMap(l).String()] = says
	}
	return want
}

func text(annotations map[string]string) string {
	return strings.TrimSpace(annotations["summary"] + "\n      " + annotations["description"] + "\n      " + annotations["runbook_url"])
}

func difference(want, got map[string]string) string {
	var b strings.Builder
	for _, l := range slices.Sorted(maps.Keys(want)) {
		if g, ok := got[l]; !ok {
			fmt.Fprintf(&b, "\n  does not fire: %s", l)
		} else if g != want[l] {
			fmt.Fprintf(&b, "\n  %s says\n      %s\n  and not\n      %s", l, g, want[l])
		}
	}
	for _, l := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[l]; !ok {
			fmt.Fprintf(&b, "\n  fires: %s", l)
		}
	}
	return b.String()
}

// over is a query function that answers from one query over a whole test.
func (p *prometheus) over(test *tests.Test, expr string) (promrules.QueryFunc, error) {
	q, err := p.engine.NewRangeQuery(context.Background(), p.db, nil, expr, epoch, epoch.Add(test.Length), test.Interval)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	res := q.Exec(context.Background())
	m, err := res.Matrix()
	if err != nil {
		return nil, err
	}
	at := map[int64]promql.Vector{}
	for _, s := range m {
		for _, f := range s.Floats {
			at[f.T] = append(at[f.T], promql.Sample{Metric: s.Metric, T: f.T, F: f.F})
		}
	}
	return func(_ context.Context, _ string, t time.Time) (promql.Vector, error) { return at[t.UnixMilli()], nil }, nil
}
