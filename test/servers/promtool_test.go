//go:build servers

package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The rules load, and the tests of their alerts pass, with the promtool that each
// flavour is for; today's also loads the flavour of the oldest.
func TestRulesAndTheirTestsWithPromtool(t *testing.T) {
	flavours := map[string][]string{"oldest": {"prometheus-2.42"}, "current": {"prometheus-3.16", "prometheus-2.42"}}
	each(t, func(t *testing.T, g generation) {
		for _, flavour := range flavours[g.name] {
			g.run(t, "promtool", "check", "rules", "../../rules/generated/prometheus/"+flavour+"/helpdesk.rules.yaml")
		}
		files, err := filepath.Glob("../../rules/tests/" + flavours[g.name][0] + "/*.yaml")
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
