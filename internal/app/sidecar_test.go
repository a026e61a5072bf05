package app

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// fakePrometheus counts how often it is asked to load its rules.
type fakePrometheus struct{ asked atomic.Int64 }

func (p *fakePrometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/-/reload" {
		http.NotFound(w, r)
		return
	}
	p.asked.Add(1)
}

const (
	written    = `helpdesk_sidecar_last_write_successful{output="rules"} 1`
	notWritten = `helpdesk_sidecar_last_write_successful{output="rules"} 0`
	asked      = `helpdesk_sidecar_reloads_total{output="rules"} `
)

// withRules is a configuration whose rules are written to a folder beside it.
func withRules(desk, prometheus, objective string) string {
	return one("shop", desk) + "promise: {objective: " + objective + "}\n" +
		"sidecar: {rules_dir: rules, prometheus_reload_url: " + prometheus + "/-/reload}\n"
}

// rulesOf are the rules as the tool would write them.
func rulesOf(t *testing.T, e *exporter) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, "rules", rules.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheSidecarWritesTheRulesOfItsConfiguration(t *testing.T) {
	t.Parallel()
	desk, p := serve(t, requestTracker(simulated(0, true, handedOver))), &fakePrometheus{}
	server := serve(t, p)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "config.yaml"), withRules(desk, server, "0.9"))
	e := startIn(t, dir, withLifecycle)
	e.ready()
	e.wait("/metrics", "that Prometheus was asked once", holds(asked+"1"))
	first := rulesOf(t, e)
	if !strings.HasPrefix(first, rules.Mark) {
		t.Errorf("no rules:\n%.200s", first)
	}

	e.configure(withRules(desk, server, "0.95"))
	e.do(http.MethodPost, "/-/reload", "")
	e.wait("/metrics", "that Prometheus was asked again", holds(asked+"2"))
	if rulesOf(t, e) == first {
		t.Error("another objective gives the same rules")
	}

	e.configure(one("shop", desk))
	e.do(http.MethodPost, "/-/reload", "")
	if strings.Contains(e.get("/metrics").body, "helpdesk_sidecar_") {
		t.Error("a sidecar that is off has metrics")
	}
	if n := p.asked.Load(); n != 2 {
		t.Errorf("Prometheus was asked %d times", n)
	}
}

func TestAFolderThatIsMissingHoldsNothingBack(t *testing.T) {
	t.Parallel()
	desk := serve(t, requestTracker(simulated(0, true, handedOver)))
	e := start(t, withRules(desk, serve(t, &fakePrometheus{}), "0.9"), withLifecycle)
	e.ready()
	text := e.wait("/metrics", "that nothing was written", holds(notWritten)).body
	if !strings.Contains(text, opened("shop")) {
		t.Error("the source is not read")
	}
	place := filepath.Join(e.dir, "rules")
	for where, text := range map[string]string{"the status page": e.get("/").body, "the log": e.logs.String()} {
		for _, want := range []string{"write the rules to " + place, "no such file or directory: create the folder"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", where, want)
			}
		}
	}
	if err := os.Mkdir(place, 0o700); err != nil {
		t.Fatal(err)
	}
	e.wait("/metrics", "that it was written", holds(written))
	e.wait("/", "that the rules are written", holds(`<span class="state ok">written</span>`))
}
