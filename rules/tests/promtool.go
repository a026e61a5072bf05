package tests

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// The documents of promtool test rules.
type (
	file struct {
		RuleFiles      []string `yaml:"rule_files"`
		Interval       string   `yaml:"evaluation_interval"`
		GroupEvalOrder []string `yaml:"group_eval_order"`
		Tests          []test   `yaml:"tests"`
	}
	test struct {
		Interval string      `yaml:"interval"`
		Series   []input     `yaml:"input_series"`
		Rules    []alertTest `yaml:"alert_rule_test"`
	}
	input struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	alertTest struct {
		At     string     `yaml:"eval_time"`
		Alert  string     `yaml:"alertname"`
		Alerts []expected `yaml:"exp_alerts,omitempty"`
	}
	expected struct {
		Labels      map[string]string `yaml:"exp_labels"`
		Annotations map[string]string `yaml:"exp_annotations"`
	}
)

// Files are the tests for promtool, relative to the folder of this package. A
// file has one interval of evaluations, so an alert may have several.
func Files() ([]rules.File, error) {
	var files []rules.File
	for _, flavour := range Flavours {
		written := map[string]int{}
		for tests := range chunks(slices.DeleteFunc(All(), func(t *Test) bool { return t.EngineOnly })) {
			name := tests[0].Alert
			if written[name]++; written[name] > 1 {
				name += "-" + strconv.Itoa(written[name])
			}
			content, err := render(tests, flavour)
			if err != nil {
				return nil, fmt.Errorf("render the tests of %s: %w", name, err)
			}
			files = append(files, rules.File{Name: path.Join(string(flavour), name+".yaml"), Content: content})
		}
	}
	return files, nil
}

// chunks are runs of tests of the same alert and interval.
func chunks(tests []*Test) iter.Seq[[]*Test] {
	return func(yield func([]*Test) bool) {
		for len(tests) > 0 {
			first := tests[0]
			n := slices.IndexFunc(tests, func(t *Test) bool { return t.Alert != first.Alert || t.Interval != first.Interval })
			if n < 0 {
				n = len(tests)
			}
			if !yield(tests[:n]) {
				return
			}
			tests = tests[n:]
		}
	}
}

func render(tests []*Test, flavour rules.Flavour) ([]byte, error) {
	f := file{
		RuleFiles:      []string{path.Join("../../generated/prometheus", string(flavour), rules.FileName)},
		Interval:       duration(tests[0].Interval),
		GroupEvalOrder: []string{rules.GroupRecordings, rules.GroupLong, rules.GroupAlerts},
	}
	var b bytes.Buffer
	b.WriteString("# Generated from rules/tests: do not edit. Run it with promtool test rules.\n#\n")
	for _, t := range tests {
		f.Tests = append(f.Tests, t.document())
		for _, s := range t.Stories {
			fmt.Fprintf(&b, "# %s (%s): %s\n", s.source, s.Kind, s.Name)
		}
	}
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(f)
	return b.Bytes(), err
}

func (t *Test) document() test {
	d := test{Interval: duration(t.Interval)}
	for _, s := range t.Stories {
		for _, series := range s.Series() {
			d.Series = append(d.Series, input{series.Name, t.values(series.At)})
		}
	}
	for _, at := range t.Checks() {
		check := alertTest{At: duration(at), Alert: t.Alert}
		for _, s := range t.Stories {
			if s.Firing(at) {
				says := s.Says(at)
				check.Alerts = append(check.Alerts, expected{s.AlertLabels(), map[string]string{
					"summary": says.Summary, "description": says.Description, "runbook_url": kpi.Runbook(t.Alert),
				}})
			}
		}
		d.Rules = append(d.Rules, check)
	}
	return d
}

// values writes samples as promtool reads them: a+bxn are n steps of b from a on.
func (t *Test) values(at value) string {
	v := make([]float64, t.Steps()+1)
	for i := range v {
		v[i] = at(time.Duration(i) * t.Interval)
	}
	var parts []string
	for i := 0; i < len(v); {
		n := run(v[i:])
		switch {
		case math.IsNaN(v[i]) && i > 0: // the scrape that lacks it first says that it is gone
			parts = append(parts, "stale")
			if n > 1 {
				parts = append(parts, fmt.Sprintf("_x%d", n-1))
			}
		case math.IsNaN(v[i]):
			parts = append(parts, fmt.Sprintf("_x%d", n))
		case n == 1:
			parts = append(parts, number(v[i]))
		default:
			step := number(v[i+1] - v[i])
			if !strings.HasPrefix(step, "-") {
				step = "+" + step
			}
			parts = append(parts, fmt.Sprintf("%s%sx%d", number(v[i]), step, n-1))
		}
		i += n
	}
	return strings.Join(parts, " ")
}

// run is how many samples from the first on are missing, or rise by the same.
func run(v []float64) int {
	n := 1
	for n < len(v) {
		missing := math.IsNaN(v[n])
		if missing != math.IsNaN(v[0]) || !missing && v[n]-v[n-1] != v[1]-v[0] {
			break
		}
		n++
	}
	return n
}

func number(v float64) string         { return strconv.FormatFloat(v, 'f', -1, 64) }
func duration(d time.Duration) string { return model.Duration(d).String() }
