package proof

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// set is a set of labels' names.
type set map[string]bool

func setOf(names ...string) set {
	s := set{}
	for _, n := range names {
		s[n] = true
	}
	return s
}

func (s set) with(names ...string) set {
	all := setOf(names...)
	maps.Copy(all, s)
	return all
}

// series are the labels of every series that is exported or recorded, by name.
type series map[string]set

// exported are the series of the exporter as a scrape has them.
func exported() series {
	all := series{"ALERTS": setOf("alertname", "alertstate", "severity", "source", "channel", "clock", "tier", "team", "instance", "job")}
	for _, families := range [][]*kpi.Family{kpi.FactFamilies, kpi.LiveFamilies, kpi.SourceFamilies, kpi.OperationalFamilies} {
		for _, f := range families {
			of := setOf("instance", "job")
			if f.Scope != kpi.ScopeProcess {
				of["source"] = true
			}
			switch f.Scope {
			case kpi.ScopeConversation:
				of["channel"] = true
				for _, l := range helpdesk.ExtraLabels {
					of[l.String()] = true
				}
			case kpi.ScopeAgent:
				of["agent"] = true
			}
			for _, l := range f.Extra {
				of[l.Name] = true
			}
			if f.Arrival {
				of["arrival"] = true
			}
			all[f.Name] = of
			switch f.Type {
			case kpi.Histogram:
				all[f.Name+"_bucket"] = of.with("le")
				fallthrough
			case kpi.Summary:
				all[f.Name+"_sum"], all[f.Name+"_count"] = of, of
			}
		}
	}
	for _, l := range []string{"version", "revision", "branch", "goversion", "goos", "goarch", "tags"} {
		all[kpi.BuildInfo.Name][l] = true
	}
	return all
}

// knownSeries are those and what the default rules record of them.
func knownSeries(t *testing.T) series {
	t.Helper()
	groups, err := rules.Default(rules.Prometheus316)
	if err != nil {
		t.Fatal(err)
	}
	all := exported()
	// A recording may read itself, or one that follows: all are read again until
	// nothing is new.
	for changed := true; changed; {
		changed = false
		for _, g := range groups {
			for _, r := range g.Rules {
				of, _ := all.read(r.Expr)
				if r.Record != "" && !maps.Equal(of, all[r.Record]) {
					all[r.Record], changed = of.with(slices.Collect(maps.Keys(r.Labels))...), true
				}
			}
		}
	}
	return all
}

// TestEverySeriesAndLabelOfARuleExists is of the rules what the next test is of
// boards.
func TestEverySeriesAndLabelOfARuleExists(t *testing.T) {
	all := knownSeries(t)
	groups, err := rules.Default(rules.Prometheus316)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if _, err := all.read(r.Expr); err != nil {
				t.Errorf("%s%s: %v\n%s", r.Record, r.Alert, err, r.Expr)
			}
		}
	}
}

// read is what an expression's result has for labels, or what is wrong with the
// labels that it names.
func (k series) read(expr string) (set, error) {
	e, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return nil, err
	}
	r := reader{known: k}
	of := r.expr(e)
	return of, r.err
}

type reader struct {
	known series
	err   error
}

func (r *reader) bad(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) needs(where parser.Expr, of set, names ...string) {
	for _, n := range names {
		if of != nil && !of[n] {
			r.bad("there is no label %s in %s, which has %v", n, where, slices.Sorted(maps.Keys(of)))
		}
	}
}

// expr is nil for what has no labels that could be known: numbers.
func (r *reader) expr(e parser.Expr) set {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return r.selector(e)
	case *parser.MatrixSelector:
		return r.expr(e.VectorSelector)
	case *parser.SubqueryExpr:
		return r.expr(e.Expr)
	case *parser.ParenExpr:
		return r.expr(e.Expr)
	case *parser.UnaryExpr:
		return r.expr(e.Expr)
	case *parser.StepInvariantExpr:
		return r.expr(e.Expr)
	case *parser.AggregateExpr:
		return r.aggregate(e)
	case *parser.BinaryExpr:
		return r.binary(e)
	case *parser.Call:
		return r.call(e)
	}
	return nil
}

// selector reads the series of a name, or of names that match.
func (r *reader) selector(e *parser.VectorSelector) set {
	var of set
	for name, has := range r.known {
		if slices.ContainsFunc(e.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == labels.MetricName && !m.Matches(name) }) {
			continue
		}
		if of == nil {
			of = set{}
		}
		maps.Copy(of, has)
	}
	if of == nil {
		r.bad("nothing exports or records %s", e)
		return set{}
	}
	of = of.with(labels.MetricName)
	for _, m := range e.LabelMatchers {
		r.needs(e, of, m.Name)
	}
	return of
}

func (r *reader) aggregate(e *parser.AggregateExpr) set {
	of := r.expr(e.Expr)
	r.needs(e.Expr, of, e.Grouping...)
	kept := set{}
	switch {
	case e.Op == parser.TOPK || e.Op == parser.BOTTOMK:
		return of
	case e.Without:
		kept = maps.Clone(of)
		for _, n := range append(e.Grouping, labels.MetricName) {
			delete(kept, n)
		}
	default:
		kept = setOf(e.Grouping...)
	}
	if e.Op == parser.COUNT_VALUES {
		kept[e.Param.(*parser.StringLiteral).Val] = true
	}
	return kept
}

func (r *reader) binary(e *parser.BinaryExpr) set {
	left, right := r.expr(e.LHS), r.expr(e.RHS)
	if left == nil || right == nil { // one is a number
		of := left
		if left == nil {
			of = right
		}
		if of != nil && !e.Op.IsComparisonOperator() { // the name is of what it was
			of = maps.Clone(of)
			delete(of, labels.MetricName)
		}
		return of
	}
	m := e.VectorMatching
	if m.On || len(m.MatchingLabels) > 0 {
		r.needs(e.LHS, left, m.MatchingLabels...)
		r.needs(e.RHS, right, m.MatchingLabels...)
	}
	switch {
	case e.Op == parser.LOR:
		return left.with(slices.Collect(maps.Keys(right))...)
	case e.Op == parser.LAND || e.Op == parser.LUNLESS:
		return left
	case m.Card == parser.CardManyToOne:
		r.needs(e.RHS, right, m.Include...)
		return left.with(m.Include...)
	case m.Card == parser.CardOneToMany:
		r.needs(e.LHS, left, m.Include...)
		return right.with(m.Include...)
	case m.On && !e.Op.IsComparisonOperator():
		return setOf(m.MatchingLabels...)
	}
	return left
}

func (r *reader) call(e *parser.Call) set {
	var of set
	for _, a := range e.Args {
		if got := r.expr(a); got != nil {
			of = got
		}
	}
	switch e.Func.Name {
	case "vector":
		return set{}
	case "absent", "absent_over_time":
		return of
	case "label_replace", "label_join":
		text := func(i int) string { return e.Args[i].(*parser.StringLiteral).Val }
		if e.Func.Name == "label_replace" && text(3) != "" {
			r.needs(e.Args[0], of, text(3))
		}
		return of.with(text(1))
	case "histogram_quantile":
		of = maps.Clone(of)
		delete(of, "le")
	}
	return of
}

var legendLabel = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// TestEverySeriesAndLabelOfAPanelExists reads each query with Prometheus' own
// parser: the series and the labels that it names are exported or recorded, and
// its legend names labels that the result has.
func TestEverySeriesAndLabelOfAPanelExists(t *testing.T) {
	all := knownSeries(t)
	n := 0
	for _, b := range boards(t) {
		for _, panel := range b.Panels {
			for _, q := range panel.Targets {
				n++
				of, err := all.read(choices.Replace(q.Expr))
				if err != nil {
					t.Errorf("%s, %q: %v\n%s", b.UID, panel.Title, err, q.Expr)
				}
				for _, m := range legendLabel.FindAllStringSubmatch(q.LegendFormat, -1) {
					if !of[m[1]] {
						t.Errorf("%s, %q: the legend %s, and the result has %v", b.UID, panel.Title, q.LegendFormat, slices.Sorted(maps.Keys(of)))
					}
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("%d queries were read", n)
	}
}

// TestColumnsOfATableHaveTheSameLabels reads the queries of each table: Grafana
// makes one row of what has the same labels, the series' name among them.
func TestColumnsOfATableHaveTheSameLabels(t *testing.T) {
	all := knownSeries(t)
	n := 0
	for _, b := range boards(t) {
		for _, panel := range b.Panels {
			if panel.Type != "table" {
				continue
			}
			n++
			var first set
			for _, q := range panel.Targets {
				of, err := all.read(choices.Replace(q.Expr))
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = of
				}
				if of[labels.MetricName] || !maps.Equal(first, of) {
					t.Errorf("%s, %q, %s: %v, want %v and no name", b.UID, panel.Title, q.RefID, slices.Sorted(maps.Keys(of)), slices.Sorted(maps.Keys(first)))
				}
			}
		}
	}
	if n < 5 {
		t.Errorf("%d tables were read", n)
	}
}

// TestLabelsThatAreNotThereAreNoticed proves the proof.
func TestLabelsThatAreNotThereAreNoticed(t *testing.T) {
	all := knownSeries(t)
	for _, c := range []struct{ expr, wrong string }{
		{`helpdesk_waiting_conversation`, "nothing exports or records"},
		{`source_channel:helpdesk_sla_nothing:total`, "nothing exports or records"},
		{`helpdesk_waiting_conversations{chanel="email"}`, "no label chanel"},
		{`sum by (clock) (helpdesk_waiting_conversations)`, "no label clock"},
		{`sum(helpdesk_waiting_conversations) and on (source) helpdesk_source_fresh`, "no label source"},
		{`helpdesk_support_open * on (source) group_right (state) sum by (source) (helpdesk_agents)`, "no label state"},
		{`sum by (tier) (source_channel:helpdesk_open_conversations:sum)`, "no"},
		{`label_replace(helpdesk_source_fresh, "a", "$1", "stream", "(.*)")`, "no label stream"},
		{`helpdesk_waiting_conversations{source="shop"`, "unexpected end of input"},
	} {
		if _, err := all.read(c.expr); err == nil || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want an error with %q", c.expr, err, c.wrong)
		}
	}
}
