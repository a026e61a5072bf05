//go:build servers

package servers

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// exporterConfig has tiers of seconds.
const exporterConfig = `
global: {poll_interval: 1s, reconcile_interval: 10s, reopen_grace: 5s}
tiers:
  first_response: {email: {stellar: 4s, above_average: 20s, average: 24s, below_average: 28s}}
promise:
  tier: above_average
  objective: 0.9
  min_events: 5
  clocks: [first_response]
sources:
  - {name: desk, requesttracker: {url: DESK, authorization: {type: token, credentials: TOKEN}}}
alerting: {alertmanagers: [ALERTMANAGER]}
sidecar: {flavour: FLAVOUR, rules_dir: RULES, prometheus_reload_url: RELOAD/-/reload}
state: {path: STATE}
`

// buildExporter builds the program that is tested, as make does.
func buildExporter(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "helpdesk_exporter")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-trimpath", "-o", program, "../../cmd/helpdesk_exporter").CombinedOutput()
	if err != nil {
		t.Fatalf("build the exporter: %v\n%s", err, out)
	}
	return program
}

// hasten stands between the sidecar and Prometheus: rules that the exporter has
// written reach Prometheus with pauses of seconds, so that a test need not wait
// for minutes. Everything else of them is as it was; the tests of rules/ are for
// the pauses. What Prometheus answers is the sidecar's answer.
type hasten struct {
	from, to   string // folders
	prometheus atomic.Pointer[server]
}

// pause is what stands for the pauses: beyond the jitter of a machine that is busy.
const pause = "5s"

var pauses = regexp.MustCompile(`(?m)^([ -]+(?:for|keep_firing_for|interval): ).+$`)

func (h *hasten) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.hand(r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (h *hasten) hand(r *http.Request) error {
	prometheus := h.prometheus.Load()
	if prometheus == nil {
		return errors.New("it has not started yet")
	}
	text, err := os.ReadFile(filepath.Join(h.from, rules.FileName))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(h.to, rules.FileName), pauses.ReplaceAll(text, []byte("${1}"+pause)), 0o600); err != nil {
		return err
	}
	_, err = prometheus.ask(r.Context(), r.Method, r.URL.Path, nil)
	return err
}

// serve listens for the sidecar, also before there is a Prometheus.
func (h *hasten) serve(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// fill puts words into a text that must have them all.
func fill(t *testing.T, text string, words ...string) string {
	t.Helper()
	for i := 0; i < len(words); i += 2 {
		if !strings.Contains(text, words[i]) {
			t.Fatalf("%q is not in\n%s", words[i], text)
		}
		text = strings.ReplaceAll(text, words[i], words[i+1])
	}
	return text
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
