package proof

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// The configurations of two exporters that one Prometheus scrapes. They promise
// different things, over different windows.
var neighbours = map[string]string{
	"shop": `
sources: [{name: shop, gorgias: {url: https://example.com}}]
promise: {tier: average, objective: 0.9, window: 28d, expected_per_hour: 3}`,
	"store": `
sources:
- {name: store, gorgias: {url: https://example.com}}
- {name: depot, gorgias: {url: https://example.com}, promise: {tier: stellar, objective: 0.7, channels: {}}}
promise: {tier: average, objective: 0.5, window: 7d, expected_per_hour: 100}`,
}

// TestRulesOfNamedSourcesReadNoOther reads every selector of the rules of a
// configuration that names its sources: where a series has a source, it is one
// of those.
func TestRulesOfNamedSourcesReadNoOther(t *testing.T) {
	known := knownSeries(t)
	for name, text := range neighbours {
		for _, flavour := range []rules.Flavour{rules.Prometheus242, rules.Prometheus316} {
			for _, g := range configured(t, flavour, text) {
				for _, r := range g.Rules {
					e, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
					if err != nil {
						t.Fatalf("%s: %v", r.Expr, err)
					}
					for _, path := range parser.ExtractSelectors(e) {
						if of := seriesOf(path); !hasSource(known, of) || matchesSource(path) {
							continue
						}
						t.Errorf("%s: %s%s reads all sources: %v\n%s", name, r.Record, r.Alert, path, r.Expr)
					}
				}
			}
		}
	}
}

func seriesOf(selector []*labels.Matcher) string {
	i := slices.IndexFunc(selector, func(m *labels.Matcher) bool { return m.Name == labels.MetricName })
	return selector[i].Value
}

// hasSource is true of what is not known, too: records with windows of a
// configuration.
func hasSource(known series, name string) bool {
	of, ok := known[name]
	return !ok || of["source"]
}

// matchesSource reports whether a selector names sources, once.
func matchesSource(selector []*labels.Matcher) bool {
	n := 0
	for _, m := range selector {
		if m.Name == "source" && (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp) {
			n++
		}
	}
	return n == 1
}

// TestRulesOfTwoExportersLiveInOnePrometheus compares what the rules of one
// exporter record and fire beside those of another with what they do alone.
func TestRulesOfTwoExportersLiveInOnePrometheus(t *testing.T) {
	const read = `source_channel:helpdesk_(sla_(events:increase1d|promised|burn).*|tier:number1d)|HelpdeskSLABudgetBurn.*|HelpdeskTierBelowPromise`
	end := began.Add(3 * time.Hour)
	both := map[string][]rules.Group{}
	for name, text := range neighbours {
		for _, g := range keep(configured(t, rules.Prometheus316, text), read) {
			g.Name += "-" + name
			both[name] = append(both[name], g)
		}
	}
	together := start(t, 10*time.Minute, rules.Prometheus316, slices.Concat(both["shop"], both["store"]))
	alone := start(t, 10*time.Minute, rules.Prometheus316, both["shop"])
	desks := []*desk{
		{name: "shop", events: quiet(1, began, end, always("a"))},
		{name: "store", events: quiet(2, began, end, always("a"))},
		{name: "depot", events: quiet(3, began, end, always("a"))},
	}
	for i, d := range desks {
		d.extra = samples{
			`helpdesk_promise_tier{channel="email",clock="first_response",tier="average"}`:       3,
			`helpdesk_promise_objective_ratio{channel="email",clock="first_response"}`:           []float64{0.9, 0.5, 0.7}[i],
			`helpdesk_tier_limit_seconds{channel="email",clock="first_response",tier="average"}`: 86400,
			`helpdesk_open_conversations{channel="email",state="open",team="a"}`:                 5,
			`helpdesk_support_open{}`: 1,
		}
	}
	for at := began; !at.After(end); at = at.Add(10 * time.Minute) {
		exposed := samples{}
		for _, d := range desks {
			d.expose(at, exposed)
		}
		for _, p := range []*prometheus{together, alone} {
			p.scrape(at, exposed)
			for _, g := range p.groups { // a minute apart, as Prometheus spreads groups of files
				when := at
				if strings.HasSuffix(g.Name(), "-store") {
					when = at.Add(time.Minute)
				}
				g.Eval(context.Background(), when)
			}
		}
	}
	compared := 0
	for _, g := range both["shop"] {
		for _, r := range g.Rules {
			name := r.Record
			if r.Alert != "" {
				name = "ALERTS"
			}
			query := fmt.Sprintf(`%s{source="shop"}`, name)
			want, got := alone.query(end, query), together.query(end, query)
			compared += len(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-alone +together):\n%s", query, diff)
			}
			strays := fmt.Sprintf(`count_over_time(%s{source!="shop",source!=""}[1d])`, name)
			if got := alone.query(end, strays); len(got) > 0 {
				t.Errorf("the rules of shop record %s: %v", name, got)
			}
		}
	}
	if compared < 20 {
		t.Errorf("%d series were compared", compared)
	}
}
