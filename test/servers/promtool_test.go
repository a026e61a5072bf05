//go:build servers

package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// readable are the flavours that each generation has to read, its own first.
var readable = map[string][]string{"oldest": {"prometheus-2.42"}, "current": {"prometheus-3.16", "prometheus-2.42"}}

// The rules load, and the tests of their alerts pass, with the promtool that each
// flavour is for; today's also loads the flavour of the oldest.
func TestRulesAndTheirTestsWithPromtool(t *testing.T) {
	each(t, func(t *testing.T, g generation) {
		for _, flavour := range readable[g.name] {
			g.run(t, "promtool", "check", "rules", "../../rules/generated/prometheus/"+flavour+"/helpdesk.rules.yaml")
		}
		files, err := filepath.Glob("../../rules/tests/" + readable[g.name][0] + "/*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if len(files) < 13 {
			t.Fatalf("there are tests of %d alerts only", len(files))
		}
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) { g.run(t, "promtool", "test", "rules", file) })
		}
	})
}

// The numbers are exact on the engines of both generations: with a history that
// Prometheus does not know, births, restarts, renamed teams and a failover.
func TestNumbersAreExactOnBothEngines(t *testing.T) {
	test, err := os.ReadFile("testdata/exact.yaml")
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, g generation) {
		for _, flavour := range readable[g.name] {
			rules, err := filepath.Abs("../../rules/generated/prometheus/" + flavour + "/helpdesk.rules.yaml")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "exact.yaml")
			if err := os.WriteFile(file, []byte(strings.Replace(string(test), "RULES", rules, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			g.run(t, "promtool", "test", "rules", file)
		}
	})
}

// What promtool says is to be trusted: it notices an alert that does not fire.
func TestPromtoolNoticesAnAlertThatDoesNotFire(t *testing.T) {
	each(t, func(t *testing.T, g generation) {
		const flavour, name = "prometheus-2.42", "HelpdeskNobodyOnline.yaml"
		rules, err := os.ReadFile("../../rules/generated/prometheus/" + flavour + "/helpdesk.rules.yaml")
		if err != nil {
			t.Fatal(err)
		}
		test, err := os.ReadFile("../../rules/tests/" + flavour + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		changed := strings.Replace(string(rules), "source:helpdesk_agents_online:sum == 0", "source:helpdesk_agents_online:sum == 1", 1)
		if changed == string(rules) {
			t.Fatal("the alert is another one by now")
		}
		here := strings.Replace(string(test), "../../generated/prometheus/"+flavour+"/helpdesk.rules.yaml", "rules.yaml", 1)
		for file, text := range map[string]string{"rules.yaml": changed, name: here} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.CommandContext(t.Context(), g.program("promtool"), "test", "rules", filepath.Join(folder, name)).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "FAILED") {
			t.Errorf("promtool noticed nothing (%v):\n%s", err, out)
		}
	})
}
