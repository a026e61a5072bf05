package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules/tests"
)

func TestThePageOfAlertsIsUpToDate(t *testing.T) {
	want, err := rules.AlertsPage()
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		t.Errorf("run go generate ./rules/... (-want +have)\n%s", diff)
	}
}

func TestTheTestsForPromtoolAreUpToDate(t *testing.T) {
	files, err := tests.Files()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
		have, err := os.ReadFile(filepath.Join("tests", filepath.FromSlash(f.Name)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(f.Content), string(have)); diff != "" {
			t.Errorf("%s, run go generate ./rules/... (-want +have)\n%s", f.Name, diff)
		}
	}
	have, err := filepath.Glob("tests/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range have {
		if !slices.Contains(names, strings.TrimPrefix(filepath.ToSlash(name), "tests/")) {
			t.Errorf("%s is of no test: remove it", name)
		}
	}
}

// alerts are those of a configuration, in both flavours.
func alerts(t *testing.T) []rules.Rule {
	t.Helper()
	var all []rules.Rule
	for _, flavour := range tests.Flavours {
		groups, _ := rules.Groups(example(t), flavour, words.Words{})
		for _, g := range groups {
			all = append(all, slices.DeleteFunc(slices.Clone(g.Rules), func(r rules.Rule) bool { return r.Alert == "" })...)
		}
	}
	return all
}

func TestEveryAlertHasASeverityTextsWithNumbersAndARunbook(t *testing.T) {
	for _, r := range alerts(t) {
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) {
			t.Errorf("%s has the severity %q", r.Alert, r.Labels["severity"])
		}
		if r.Annotations["summary"] == "" || !regexp.MustCompile(`\d|\$value|\| query`).MatchString(r.Annotations["description"]) {
			t.Errorf("%s lacks a summary, or a number in its description: %q", r.Alert, r.Annotations)
		}
		if r.Annotations["runbook_url"] != kpi.Runbook(r.Alert) {
			t.Errorf("%s has the runbook %q", r.Alert, r.Annotations["runbook_url"])
		}
		if r.For == 0 || r.Help == "" {
			t.Errorf("%s has no time to hold, or no documentation", r.Alert)
		}
	}
}

func TestEveryAlertHasARunbookAndEveryRunbookAnAlert(t *testing.T) {
	var want []string
	for _, name := range []string{kpi.AlertDueSoon, kpi.AlertBreached, kpi.AlertBreachedMany} {
		want = append(want, name+".md")
	}
	for _, r := range alerts(t) {
		want = append(want, r.Alert+".md")
	}
	slices.Sort(want)
	const folder = "../docs/runbooks"
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		headings := regexp.MustCompile(`(?m)^#+ .*$`).FindAllString(string(text), -1)
		if diff := cmp.Diff([]string{"# " + strings.TrimSuffix(e.Name(), ".md"), "## Meaning", "## Impact", "## Diagnosis", "## Mitigation"}, headings); diff != "" {
			t.Errorf("%s has other headings (-want +have)\n%s", e.Name(), diff)
		}
	}
	if diff := cmp.Diff(slices.Compact(want), have); diff != "" {
		t.Errorf("runbooks (-want +have)\n%s", diff)
	}
}

// Series that runbooks name are recorded by the rules of a configuration that
// sets nothing.
func TestRunbooksNameSeriesThatAreRecorded(t *testing.T) {
	groups, err := rules.Default(rules.Prometheus242)
	if err != nil {
		t.Fatal(err)
	}
	records := map[string]bool{}
	for _, g := range groups {
		for _, r := range g.Rules {
			records[r.Record] = true
		}
	}
	pages, err := filepath.Glob("../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range recorded.FindAllString(string(text), -1) {
			if found++; !records[name] {
				t.Errorf("%s names %s, which no rule records", page, name)
			}
		}
	}
	if found == 0 {
		t.Error("no runbook names a recorded series")
	}
}

// Prometheus' tools take two rules of one name and the same labels for one. The
// example promises two objectives.
func TestNoTwoAlertsHaveTheSameNameAndLabels(t *testing.T) {
	groups, _ := rules.Groups(example(t), rules.Prometheus242, words.Words{})
	seen, fast := map[string]bool{}, 0
	for _, r := range groups[0].Rules {
		key := fmt.Sprint(r.Alert, r.Labels)
		if seen[key] {
			t.Errorf("two alerts are %s", key)
		}
		seen[key] = true
		if r.Alert == rules.AlertBurnFast {
			fast++
		}
	}
	if fast != 2 {
		t.Errorf("%d alerts on fast burns", fast)
	}
}

// A refused alert is said to be refused; what can fire is there.
func TestAnAlertThatCannotFireIsRefusedWithAReason(t *testing.T) {
	cfg := parse(t, "promise: {objective: 0.5, expected_per_hour: 1}\nsources: [{name: shop, gorgias: {url: https://example.com}}]")
	groups, refused := rules.Groups(cfg, rules.Prometheus242, words.Words{})
	for _, r := range groups[0].Rules {
		if r.Alert == rules.AlertBurnFast {
			t.Errorf("%s is there: %s", r.Alert, r.Expr)
		}
	}
	if len(refused) == 0 || !strings.Contains(refused[0], "objective of 50 %") {
		t.Errorf("refused: %q", refused)
	}
}
