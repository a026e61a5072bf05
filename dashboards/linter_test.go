package dashboards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// The rules of Grafana's dashboard-linter that lint_test.go has not, but those
// of the templates job and instance: these boards select by source. That each
// query can be parsed is proven where they are executed.

// Rule uneditable-dashboard: what is changed in a provisioned board is lost.
func TestABoardCannotBeChangedInPlace(t *testing.T) {
	eachBoard(t, func(t *testing.T, _ File, d *doc) {
		if d.Editable {
			t.Error("it can be changed, and the change would be lost when the board is written anew")
		}
	})
}

// Rules template-datasource-rule, template-label-promql-rule and
// template-on-time-change-reload-rule.
func TestWhatAReaderCanChooseIsReadFromTheChosenPrometheusForTheTimeShown(t *testing.T) {
	const onTimeRangeChanged = 2
	series := regexp.MustCompile(`^label_values\(([a-z_:]+)(?:\{source=~"\$source"\})?, ([a-z]+)\)$`)
	names := known(t)
	eachBoard(t, func(t *testing.T, _ File, d *doc) {
		for _, v := range d.Templating.List {
			if v.Label == "" {
				t.Errorf("$%s has no label", v.Name)
			}
			if v.Type != "query" {
				continue
			}
			m := series.FindStringSubmatch(v.Definition)
			if m == nil || !names[m[1]] || m[2] != v.Name {
				t.Errorf("$%s has not the values of its label of a series that there is: %s", v.Name, v.Definition)
			}
			if v.Refresh != onTimeRangeChanged {
				t.Errorf("$%s is not read again when another time is shown", v.Name)
			}
		}
	})
}

// Rule panel-datasource-rule.
func TestAPanelReadsFromTheChosenPrometheus(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ *doc, p *panelDoc) {
		if p.Datasource.UID != "${datasource}" || p.Datasource.Type != "prometheus" {
			t.Errorf("%q reads from %+v", p.Title, p.Datasource)
		}
	})
}

// units are the ids of those units of Grafana that the boards need.
var units = []string{"bytes", "dateTimeFromNow", "locale", "none", "percentunit", "s"}

// Rule panel-units-rule: Grafana shows an id that it does not know as a suffix.
func TestAPanelHasAUnitThatGrafanaKnows(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ *doc, p *panelDoc) {
		if !slices.Contains(units, p.FieldConfig.Defaults.Unit) {
			t.Errorf("%q has the unit %q", p.Title, p.FieldConfig.Defaults.Unit)
		}
	})
}

// Two hours and a half are neither two nor three.
func TestDurationsHaveADecimal(t *testing.T) {
	for _, b := range boards() {
		for _, r := range b.rows {
			for _, p := range r.panels {
				if p.unit == "s" && p.decimals < 1 {
					t.Errorf("%s/%s shows whole hours", b.name, p.name)
				}
				for _, q := range p.queries {
					if q.unit == "s" && q.decimals < 1 {
						t.Errorf("%s/%s, %s shows whole hours", b.name, p.name, q.column)
					}
				}
			}
		}
	}
}

// Exemplars are of the buckets that the exporter exposes; recorded series have none.
func TestExemplarsAreAskedForWhereThereAreSome(t *testing.T) {
	n := 0
	for _, b := range boards() {
		for _, r := range b.rows {
			for _, p := range r.panels {
				for _, q := range p.queries {
					some := p.kind == curve && regexp.MustCompile(`\bhelpdesk_[a-z_]+_seconds_bucket\b`).MatchString(q.expr)
					if q.exemplar != some {
						t.Errorf("%s/%s asks for exemplars: %v, and there are some: %v", b.name, p.name, q.exemplar, some)
					}
					if some {
						n++
					}
				}
			}
		}
	}
	if n == 0 {
		t.Error("no panel shows exemplars")
	}
}

// Rule target-counter-agg-rule: the value of a counter says nothing. It is read
// by its increase, or as the difference of two instants.
func TestACounterIsReadByWhatItRose(t *testing.T) {
	counters := counterNames()
	eachPanel(t, func(t *testing.T, _ *doc, p *panelDoc) {
		for _, q := range p.Targets {
			for _, name := range exported.FindAllString(q.Expr, -1) {
				if slices.Contains(counters, name) && !rises(q.Expr, name) {
					t.Errorf("%q shows the counter %s itself: %s", p.Title, name, q.Expr)
				}
			}
		}
	})
}

func TestTheTestOfCountersKnowsWhatRises(t *testing.T) {
	for expr, want := range map[string]bool{
		`sum(increase(helpdesk_x_total{a="b"}[5m]))`: true,
		`rate(helpdesk_x_total[5m])`:                 true,
		rose("helpdesk_x_total", "source"):           true,
		`sum(helpdesk_x_total)`:                      false,
		`increase(helpdesk_x_total_other[5m])`:       false,
		`max_over_time(helpdesk_x_total[5m])`:        false,
	} {
		if got := rises(expr, "helpdesk_x_total"); got != want {
			t.Errorf("rises %v, want %v: %s", got, want, expr)
		}
	}
}

// exported are names of series, those that are recorded whole.
var exported = regexp.MustCompile(`[a-z0-9_:]*helpdesk_[a-z0-9_:]+`)

// rises tells whether an expression asks how much a counter rose.
func rises(expr, name string) bool {
	selected := regexp.QuoteMeta(name) + `(?:\{[^}]*\})?\[`
	by := fmt.Sprintf(`\b(?:rate|increase)\(%[1]s|- \(max by \([^)]*\) \(last_over_time\(%[1]s1h\] offset \$__range\)\)`, selected)
	return regexp.MustCompile(by).MatchString(expr)
}

// counterNames are the exported series that only rise.
func counterNames() []string {
	var names []string
	for _, families := range [][]*kpi.Family{kpi.FactFamilies, kpi.SourceFamilies, kpi.OperationalFamilies} {
		for _, f := range families {
			switch f.Type {
			case kpi.Counter:
				names = append(names, f.Name)
			case kpi.Histogram, kpi.Summary:
				names = append(names, f.Name, f.Name+"_bucket", f.Name+"_sum", f.Name+"_count")
			}
		}
	}
	return names
}

// Which replica sees a source changes: its series are those of the source.
func TestAPanelReadsNoSeriesOfASingleReplica(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ *doc, p *panelDoc) {
		for _, q := range p.Targets {
			for _, label := range []string{"instance=", "instance=~", "job=", "pod="} {
				if strings.Contains(q.Expr, label) {
					t.Errorf("%q selects by %s: %s", p.Title, label, q.Expr)
				}
			}
		}
	})
}
