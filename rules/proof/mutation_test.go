package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules/tests"
)

func (p *prometheus) notices(test *tests.Test, m mutant) bool {
	query, err := p.over(test, m.rule.Expr)
	return err != nil || len(p.tell(test, &m.rule, query, false)) > 0
}

// mutant is an alert with one change.
type mutant struct {
	what string
	rule rules.Rule
}

// mutants are all changes of an alert that are tried.
func mutants(t *testing.T, r *rules.Rule) []mutant {
	t.Helper()
	var all []mutant
	times := func(what string, set func(*rules.Rule, float64)) {
		for _, factor := range []float64{0.5, 2} {
			m := mutant{fmt.Sprintf("%s times %v", what, factor), *r}
			set(&m.rule, factor)
			all = append(all, m)
		}
	}
	times("for", func(r *rules.Rule, f float64) { r.For = time.Duration(f * float64(r.For)) })
	if r.KeepFiringFor > 0 {
		times("keep_firing_for", func(r *rules.Rule, f float64) { r.KeepFiringFor = time.Duration(f * float64(r.KeepFiringFor)) })
	}
	for name := range r.Labels {
		m := mutant{"without the label " + name, *r}
		m.rule.Labels = maps.Clone(r.Labels)
		delete(m.rule.Labels, name)
		all = append(all, m)
	}
	// Each change is made on a tree of its own: the nth of them.
	for n := 0; ; n++ {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
		if err != nil {
			t.Fatal(err)
		}
		c := &changer{nth: n}
		changed := c.change(expr)
		if c.what == "" {
			return all
		}
		m := mutant{c.what, *r}
		m.rule.Expr = changed.String()
		all = append(all, m)
	}
}

// changer makes the nth of the changes that an expression may have.
type changer struct {
	nth  int
	what string // what was changed
}

// try reports whether it is the turn of a change.
func (c *changer) try(format string, args ...any) bool {
	if c.what != "" {
		return false
	}
	if c.nth > 0 {
		c.nth--
		return false
	}
	c.what = fmt.Sprintf(format, args...)
	return true
}

var flipped = map[parser.ItemType]parser.ItemType{
	parser.GTR: parser.LTE, parser.LTE: parser.GTR, parser.LSS: parser.GTE, parser.GTE: parser.LSS,
	parser.EQLC: parser.NEQ, parser.NEQ: parser.EQLC, parser.LAND: parser.LUNLESS, parser.LUNLESS: parser.LAND,
}

// change returns what stands for an expression, changed if it is its turn.
func (c *changer) change(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.BinaryExpr:
		return c.binary(e)
	case *parser.NumberLiteral:
		for _, f := range []float64{0.5, 2} {
			if e.Val != 0 && c.try("%v times %v", e.Val, f) {
				e.Val *= f
			}
		}
	case *parser.VectorSelector:
		c.selector(e)
	case *parser.MatrixSelector:
		for _, f := range []float64{0.5, 2} {
			if c.try("[%s] times %v", e.Range, f) {
				e.Range = time.Duration(f * float64(e.Range))
			}
		}
		e.VectorSelector = c.change(e.VectorSelector)
	case *parser.AggregateExpr:
		for i, l := range e.Grouping {
			if c.try("%s by without %s", e.Op, l) {
				e.Grouping = slices.Delete(slices.Clone(e.Grouping), i, i+1)
			}
		}
		e.Expr = c.change(e.Expr)
	case *parser.Call:
		for i := range e.Args {
			e.Args[i] = c.change(e.Args[i])
		}
	case *parser.ParenExpr:
		e.Expr = c.change(e.Expr)
	case *parser.StepInvariantExpr:
		e.Expr = c.change(e.Expr)
	}
	return e
}

func (c *changer) binary(e *parser.BinaryExpr) parser.Expr {
	if to, ok := flipped[e.Op]; ok && c.try("%s in place of %s in %s", to, e.Op, e) {
		e.Op = to
		return e
	}
	if e.Op.IsSetOperator() {
		if c.try("without the right side of %s in %s", e.Op, e) {
			return e.LHS
		}
		if e.Op == parser.LOR && c.try("without the left side of or in %s", e) {
			return e.RHS
		}
	}
	if e.VectorMatching != nil && e.VectorMatching.On {
		for i, l := range e.VectorMatching.MatchingLabels {
			if c.try("on without %s in %s", l, e) {
				e.VectorMatching.MatchingLabels = slices.Delete(slices.Clone(e.VectorMatching.MatchingLabels), i, i+1)
				return e
			}
		}
	}
	e.LHS, e.RHS = c.change(e.LHS), c.change(e.RHS)
	return e
}

func (c *changer) selector(e *parser.VectorSelector) {
	for i, m := range e.LabelMatchers {
		if m.Name != labels.MetricName && c.try("without %s", m) {
			e.LabelMatchers = slices.Delete(slices.Clone(e.LabelMatchers), i, i+1)
			return
		}
	}
	if e.OriginalOffset != 0 && c.try("without the offset of %s", strings.TrimSpace(e.String())) {
		e.OriginalOffset = 0
	}
}
