//go:build requesttracker

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// source is the name of the desk in the exporter's configuration.
const source = "desk"

// config is the exporter's configuration, with limits of seconds.
const config = `
global:
  poll_interval: %s
  first_sync: {lookback: 7d, book: true}
  reopen_grace: %s
  agents: ids
tiers:
  first_response: &limits
    email: &row {%s}
    social: *row
    realtime: *row
  next_response: *limits
  resolution: *limits
promise: {tier: above_average}
sources:
  - name: desk
    requesttracker:
      url: %s
      authorization: {type: token, credentials_file: %s}
      channel_field: Channel
      csat_field: CSAT
      bots: [helper]
state: {path: %s}
`

// programs are the two binaries, built once, to report data races.
type programs struct{ dir string }

func build(t *testing.T) programs {
	t.Helper()
	p := programs{t.TempDir()}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-race", "-buildvcs=false", "-o", p.dir, "../cmd/helpdesk_exporter", "../cmd/helpdesktool").CombinedOutput()
	if err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	return p
}

// exporter is a running helpdesk_exporter with a ledger of its own.
type exporter struct {
	programs programs
	dir      string
	addr     string
	cmd      *exec.Cmd
	log      *os.File
}

func newExporter(t *testing.T, p programs, poll time.Duration) *exporter {
	t.Helper()
	x := &exporter{programs: p, dir: t.TempDir(), addr: freeAddress(t)}
	var row []string
	for i, tier := range tiers {
		row = append(row, tier+": "+model.Duration(limits[i]).String())
	}
	text := fmt.Sprintf(config, poll, model.Duration(grace), strings.Join(row, ", "), os.Getenv("RT_TEST_URL"), os.Getenv("RT_TEST_TOKEN_FILE"),
		filepath.Join(x.dir, "ledger.db"))
	if err := os.WriteFile(x.file("config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if x.log, err = os.Create(x.file("log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.kill()
		x.log.Close()
		if t.Failed() {
			log, _ := os.ReadFile(x.file("log"))
			t.Logf("the exporter's log:\n%s", tail(log, 8000))
		}
	})
	return x
}

func (x *exporter) file(name string) string { return filepath.Join(x.dir, name) }

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (x *exporter) start(t *testing.T) {
	t.Helper()
	x.cmd = exec.Command(filepath.Join(x.programs.dir, "helpdesk_exporter"), "--config.file="+x.file("config.yaml"),
		"--web.listen-address="+x.addr, "--web.openmetrics-created-samples", "--log.level=debug")
	x.cmd.Stdout, x.cmd.Stderr = x.log, x.log
	if err := x.cmd.Start(); err != nil {
		t.Fatalf("start the exporter: %v", err)
	}
}

// kill ends the exporter as a power cut would.
func (x *exporter) kill() {
	if x.cmd != nil {
		_ = x.cmd.Process.Kill()
		_ = x.cmd.Wait() // killed is no success, and is what was asked for
		x.cmd = nil
	}
}

// stop ends the exporter as its operator would.
func (x *exporter) stop(t *testing.T) {
	t.Helper()
	if err := x.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := x.cmd.Wait(); err != nil {
		t.Errorf("the exporter did not stop cleanly: %v", err)
	}
	x.cmd = nil
}

// awaitReady waits until the first sync is complete and served.
func (x *exporter) awaitReady(t *testing.T, within time.Duration) {
	t.Helper()
	eventually(t, within, func() string {
		_, err := x.get("/-/ready", "")
		if err != nil {
			return "not ready: " + err.Error()
		}
		return ""
	})
}

func (x *exporter) get(path, accept string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+x.addr+path, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", accept)
	return do(req)
}

// scrape reads /metrics. Series are written as seriesKey does; of histograms
// and summaries the counts and sums are series.
func (x *exporter) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	body, err := x.get("/metrics", "text/plain")
	if err != nil {
		t.Fatalf("scrape: %v", err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatalf("scrape: %v", err)
	}
	series := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			values(f.GetType(), m, func(suffix string, v float64) { series[seriesKey(name+suffix, labels)] = v })
		}
	}
	return series
}

func values(kind dto.MetricType, m *dto.Metric, add func(suffix string, v float64)) {
	switch kind {
	case dto.MetricType_COUNTER:
		add("", m.GetCounter().GetValue())
	case dto.MetricType_GAUGE:
		add("", m.GetGauge().GetValue())
	case dto.MetricType_HISTOGRAM:
		add("_count", float64(m.GetHistogram().GetSampleCount()))
		add("_sum", m.GetHistogram().GetSampleSum())
	case dto.MetricType_SUMMARY:
		add("_count", float64(m.GetSummary().GetSampleCount()))
		add("_sum", m.GetSummary().GetSampleSum())
	}
}

// What the exporter counts and shows of conversations; everything else is of
// its own work.
var (
	factNames = regexp.MustCompile(`^helpdesk_(first_response|response|resolution|handle|handoff|agent_handle)_seconds|` +
		`^helpdesk_(sla_events|clocks_cancelled|conversations_opened|conversations_closed|conversations_reopened|conversations_excluded|` +
		`messages|csat_ratings|csat_surveys_sent|late_facts|handoffs|agent_replies|agent_closed)_total`)
	gaugeNames = regexp.MustCompile(`^helpdesk_(open_conversations|unassigned_conversations|waiting_conversations|` +
		`oldest_waiting_timestamp_seconds|conversations_past_tier|conversations_due|agent_open_conversations)\{`)
)

// pick returns the series of some families that are not 0.
func pick(series map[string]float64, names *regexp.Regexp) map[string]float64 {
	picked := maps.Clone(series)
	maps.DeleteFunc(picked, func(k string, v float64) bool { return v == 0 || !names.MatchString(k) })
	return picked
}

// facts reads the lines of everything that is counted, start timestamps and
// zeros included. Exemplars are left out: the next facts bring new ones.
func (x *exporter) facts(t *testing.T) []string {
	t.Helper()
	body, err := x.get("/metrics", "application/openmetrics-text; version=1.0.0")
	if err != nil {
		t.Fatalf("scrape: %v", err)
	}
	var lines []string
	for line := range strings.Lines(body) {
		if factNames.MatchString(line) || strings.Contains(line, "_created{") && strings.HasPrefix(line, "helpdesk_") && factFamily(line) {
			line, _, _ = strings.Cut(line, " # ")
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// factFamily reports whether a _created line is that of a family of facts.
func factFamily(line string) bool {
	return factNames.MatchString(strings.Replace(line, "_created{", "_total{", 1)) ||
		factNames.MatchString(strings.Replace(line, "_created{", "_count{", 1))
}

// explain runs helpdesktool explain.
func (x *exporter) explain(t *testing.T, ticket int) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(x.programs.dir, "helpdesktool"), "explain",
		"--config.file="+x.file("config.yaml"), source, fmt.Sprint(ticket))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("explain: %v\n%s", err, stderr.Bytes())
	}
	return string(out)
}

// races returns what the race detector wrote.
func (x *exporter) races(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(x.file("log"))
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.Index(log, []byte("WARNING: DATA RACE")); i >= 0 {
		return string(log[i:min(len(log), i+8000)])
	}
	return ""
}

// holdsSecrets lists where the exporter left something of a customer's.
func (x *exporter) holdsSecrets(t *testing.T) []string {
	t.Helper()
	var places []string
	for _, path := range []string{"/", "/metrics"} {
		body, err := x.get(path, "")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(body, secretWord) {
			places = append(places, path)
		}
	}
	for _, name := range []string{"log", "ledger.db"} {
		b, err := os.ReadFile(x.file(name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(secretWord)) || bytes.Contains(b, token(t)) {
			places = append(places, name)
		}
	}
	return places
}

func token(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(os.Getenv("RT_TEST_TOKEN_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b)
}

// eventually asks until there is nothing left to complain about.
func eventually(t *testing.T, within time.Duration, complaint func() string) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		why := complaint()
		if why == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still, after %s: %s", within, why)
		}
		if err := pause(t.Context(), 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}
