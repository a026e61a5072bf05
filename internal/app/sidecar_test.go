package app

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards/generated"
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
	e := start(t, strings.Replace(withRules(desk, serve(t, &fakePrometheus{}), "0.9"), "rules_dir: rules", "rules_dir: volume/rules", 1), withLifecycle)
	e.ready()
	text := e.wait("/metrics", "that nothing was written", holds(notWritten)).body
	if !strings.Contains(text, opened("shop")) {
		t.Error("the source is not read")
	}
	volume := filepath.Join(e.dir, "volume")
	for where, text := range map[string]string{"the status page": e.get("/").body, "the log": e.logs.String()} {
		for _, want := range []string{"write the rules to " + volume, "no such file or directory: create the folder"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", where, want)
			}
		}
	}
	if err := os.Mkdir(volume, 0o700); err != nil {
		t.Fatal(err)
	}
	e.wait("/metrics", "that it was written", holds(written))
	e.wait("/", "that the rules are written", holds(`<span class="state ok">written</span>`))
}

// TestAPrometheusThatWantsCredentials behind TLS gets them; they are seen nowhere
// else.
func TestAPrometheusThatWantsCredentials(t *testing.T) {
	t.Parallel()
	const password = "planted-prometheus-password"
	p := &fakePrometheus{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, given, _ := r.BasicAuth(); user != "me" || given != password {
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		p.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	desk := serve(t, requestTracker(simulated(0, true, handedOver)))
	with := func(password, ca string) string {
		return one("shop", desk) + "sidecar: {rules_dir: rules, prometheus_reload_url: " + server.URL + "/-/reload, " +
			"basic_auth: {username: me, password: " + password + "}, tls_config: {ca_file: " + ca + "}}\n"
	}
	e := start(t, with(wrongKey, ca), withLifecycle)
	e.wait("/metrics", "that the rules are not loaded", holds(`helpdesk_sidecar_last_reload_successful{output="rules"} 0`))
	refused := e.get("/").body
	if !strings.Contains(refused, "401 Unauthorized: check the credentials in sidecar") {
		t.Errorf("the status page does not say why:\n%s", refused)
	}
	e.configure(with(password, "nowhere.pem"))
	a := e.do(http.MethodPost, "/-/reload", "")
	if a.code == http.StatusOK || !strings.Contains(a.body, "sidecar: unable to read CA cert") {
		t.Errorf("a certificate that is not there: %d %q", a.code, a.body)
	}
	e.configure(with(password, ca))
	if a := e.do(http.MethodPost, "/-/reload", ""); a.code != http.StatusOK {
		t.Fatalf("%d %q", a.code, a.body)
	}
	e.wait("/metrics", "that the rules are loaded", holds(`helpdesk_sidecar_last_reload_successful{output="rules"} 1`))
	pages := refused + a.body + e.get("/").body + e.get("/metrics").body
	e.stop()
	for where, text := range map[string]string{"the pages": pages, "the logs": e.logs.String()} {
		if strings.Contains(text, password) || strings.Contains(text, wrongKey) {
			t.Errorf("a password is in %s:\n%s", where, text)
		}
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("Prometheus was asked %d times", n)
	}
}

func TestTheSidecarWritesTheBoardsAndTakesAwayOnlyItsOwn(t *testing.T) {
	t.Parallel()
	desk := serve(t, requestTracker(simulated(0, true, handedOver)))
	dir := t.TempDir()
	boards := filepath.Join(dir, "boards")
	if err := os.Mkdir(boards, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(boards, "former.json"), `{"description": "`+generated.Mark+`."}`)
	write(t, filepath.Join(boards, "other.json"), `{"title": "somebody's"}`)
	write(t, filepath.Join(dir, "config.yaml"), one("shop", desk)+"sidecar: {rules_dir: boards, dashboards_dir: boards}\n")
	e := startIn(t, dir)
	e.ready()
	e.wait("/metrics", "that the boards were written", holds(`helpdesk_sidecar_last_write_successful{output="boards"} 1`))
	e.wait("/metrics", "that the rules were written", holds(written))
	want := []string{rules.FileName, "other.json"}
	files, err := generated.Files("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name != "helpdesk-team.json" { // the configuration shows no agents
			want = append(want, f.Name)
		}
	}
	have, err := os.ReadDir(boards)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range have {
		if !strings.HasPrefix(f.Name(), ".") {
			names = append(names, f.Name())
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("the folder of boards (-want +have):\n%s", diff)
	}
}
