package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// The generated files are those of the code: go generate ./rules/... writes them.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	files, err := rules.Generated()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		have, err := os.ReadFile(filepath.Join("generated", filepath.FromSlash(f.Name)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(have), string(f.Content)); diff != "" {
			t.Errorf("%s, run go generate ./rules/...:\n%s", f.Name, diff)
		}
	}
}

func example(t *testing.T) *config.Validated {
	t.Helper()
	cfg, err := config.Load("../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func parse(t *testing.T, text string) *config.Validated {
	t.Helper()
	cfg, err := config.Parse([]byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

var (
	metricName = regexp.MustCompile(`\bhelpdesk_[a-z_]+\b`)
	recorded   = regexp.MustCompile(`\b[a-z_]+:helpdesk_[a-z_]+:[a-z_0-9]+`)
	suffix     = regexp.MustCompile(`_(sum|count)$`)
	// totalName is a label's value, which names a total.
	totalName = regexp.MustCompile(`\btotal(=|", )"[a-z_]+"`)
)

// Every metric that a rule reads is one that the exporter has, or that a rule
// records.
func TestEveryMetricThatARuleReadsExists(t *testing.T) {
	families := map[string]bool{}
	for _, f := range slices.Concat(kpi.FactFamilies, kpi.LiveFamilies, kpi.SourceFamilies, kpi.OperationalFamilies) {
		families[f.Name] = true
	}
	for _, flavour := range []rules.Flavour{rules.Prometheus242, rules.Prometheus316} {
		groups, _ := rules.Groups(example(t), flavour, words.Words{})
		records := map[string]bool{}
		for _, g := range groups {
			for _, r := range g.Rules {
				records[r.Record] = true
			}
		}
		for _, g := range groups {
			for _, r := range g.Rules {
				texts := r.Expr
				for _, a := range r.Annotations {
					texts += "\n" + a
				}
				for _, name := range recorded.FindAllString(texts, -1) {
					if !records[name] {
						t.Errorf("%s%s reads %s, which no rule records", r.Alert, r.Record, name)
					}
				}
				for _, name := range metricName.FindAllString(totalName.ReplaceAllString(recorded.ReplaceAllString(texts, ""), ""), -1) {
					if !families[name] && !families[suffix.ReplaceAllString(name, "")] && !families[name+"_total"] && name != "helpdesk_exporter" {
						t.Errorf("%s%s reads %s, which the exporter does not have", r.Alert, r.Record, name)
					}
				}
			}
		}
	}
}

func TestEveryRecordingSaysWhatItIs(t *testing.T) {
	groups, _ := rules.Groups(example(t), rules.Prometheus242, words.Words{})
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Record != "" && r.Help == "" {
				t.Errorf("%s has no help", r.Record)
			}
		}
	}
}
