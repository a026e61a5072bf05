package app

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	openMetrics = "application/openmetrics-text;version=1.0.0"
	protobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

// bothVendors is an exporter of a Gorgias and a Request Tracker, with all that
// can be configured to be seen.
func bothVendors(t *testing.T) *exporter {
	t.Helper()
	shop, it := serve(t, gorgias(simulated(0.4, false, handedOver))), serve(t, requestTracker(simulated(1, true, handedOver)))
	secret := filepath.Join(t.TempDir(), "webhook")
	write(t, secret, "s3cret\n")
	e := start(t, `
global: {poll_interval: 1s, quota_share: 1, first_sync: {lookback: 7d, book: true}, agents: ids}
state: {path: ledger.db}
sidecar: {rules_dir: ., prometheus_reload_url: "`+serve(t, &fakePrometheus{})+`/-/reload"}
schedules: [{name: support, timezone: UTC, weekly: {mon-fri: ["09:00-17:00"]}}]
sources:
- {name: shop, schedule: support, gorgias: {url: "`+shop+`", basic_auth: {username: bot@demo.example, password: `+gorgiasKey+`}, webhook: {secret_file: "`+secret+`"}}}
- {name: it, requesttracker: {url: "`+it+`", authorization: {type: token, credentials: `+rtToken+`}, channel_field: Channel, csat_field: CSAT}}
`)
	e.ready()
	e.wait("/metrics", "that the rules are loaded", holds(`helpdesk_sidecar_last_reload_successful{output="rules"} 1`))
	return e
}

// families parses a scrape in the text format.
func families(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	f, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// namesAndLabels tells every family of the program: its type, name and labels.
func namesAndLabels(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	for name, f := range inOrder(families(t, text)) {
		if !strings.HasPrefix(name, "helpdesk_") {
			if !regexp.MustCompile(`^(go|process|promhttp)_`).MatchString(name) {
				t.Errorf("%s is a stranger", name)
			}
			continue
		}
		names := map[string]bool{}
		for _, m := range f.Metric {
			for _, l := range m.Label {
				names[l.GetName()] = true
			}
		}
		fmt.Fprintf(&b, "%s %s {%s}\n", strings.ToLower(f.GetType().String()), name, strings.Join(slices.Sorted(maps.Keys(names)), ", "))
	}
	return b.String()
}

func inOrder(m map[string]*dto.MetricFamily) func(func(string, *dto.MetricFamily) bool) {
	return func(yield func(string, *dto.MetricFamily) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s, written anew by go test ./internal/app -update (-want +got)\n%s", file, d)
	}
}

func TestScrapes(t *testing.T) {
	t.Parallel()
	e := bothVendors(t)
	t.Run("names and labels are those of the golden list, which dashboards and rules rely on", func(t *testing.T) {
		golden(t, "testdata/exposition.golden", namesAndLabels(t, e.get("/metrics").body))
	})
	t.Run("the text is clean of what promlint knows", func(t *testing.T) {
		var some []*dto.MetricFamily // a few series each: the linter compares all with all
		for _, f := range inOrder(families(t, e.get("/metrics").body)) {
			f.Metric = f.Metric[:min(10, len(f.Metric))]
			some = append(some, f)
		}
		problems, err := promlint.NewWithMetricFamilies(some).Lint()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if p.Metric == kpi.SupportHours.Name {
				continue // a ratio: the hours are those of the schedule, no unit
			}
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	})
	t.Run("every family of the program is there", func(t *testing.T) {
		got := families(t, e.get("/metrics").body)
		for _, f := range slices.Concat(kpi.FactFamilies, kpi.LiveFamilies, kpi.SourceFamilies, kpi.OperationalFamilies) {
			m := got[f.Name]
			if f.Needs == helpdesk.CapPresence {
				continue // the simulated desk's vendors tell none
			}
			if m == nil {
				t.Errorf("%s is missing", f.Name)
				continue
			}
			if is := strings.ToLower(m.GetType().String()); is != f.Type.String() || m.GetHelp() != f.Help {
				t.Errorf("%s: %s %q, want %s %q", f.Name, is, m.GetHelp(), f.Type, f.Help)
			}
		}
	})
	t.Run("OpenMetrics: well-formed lines, exemplars, no _created", func(t *testing.T) {
		a := e.do(http.MethodGet, "/metrics", openMetrics)
		if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") {
			t.Fatalf("content type %s", got)
		}
		wellFormed(t, a.body)
		if strings.Contains(a.body, "_created") {
			t.Error("_created lines without the option")
		}
		if !regexp.MustCompile(`helpdesk_response_seconds_bucket\{.*\} \d+(\.0)? # \{conversation="\d+"\} [\d.e+]+ \d`).MatchString(a.body) {
			t.Error("no exemplar that names a conversation")
		}
	})
	t.Run("protobuf: start timestamps, both kinds of buckets, exemplars", func(t *testing.T) {
		checkProtobuf(t, e.do(http.MethodGet, "/metrics", protobuf))
	})
}

func TestCreatedLinesByOption(t *testing.T) {
	t.Parallel()
	url := serve(t, requestTracker(simulated(0, true, handedOver)))
	e := start(t, global+"sources:\n"+rtSource("shop", url, rtToken), func(o *Options) { o.CreatedSamples = true })
	e.ready()
	a := e.do(http.MethodGet, "/metrics", openMetrics)
	wellFormed(t, a.body)
	for _, name := range []string{"helpdesk_messages_created", "helpdesk_response_seconds_created"} {
		if !strings.Contains(a.body, "\n"+name+"{") {
			t.Errorf("no %s", name)
		}
	}
	if strings.Contains(e.get("/metrics").body, "_created{") {
		t.Error("_created in the plain text format")
	}
}

// wellFormed checks each line of a scrape in OpenMetrics text.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	const (
		label  = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"`
		labels = `\{(?:` + label + `(?:,` + label + `)*)?\}`
		number = `(?:[+-]?[0-9.]+(?:e[+-]?[0-9]+)?|[+-]Inf|NaN)`
		name   = `[a-zA-Z_:][a-zA-Z0-9_:]*`
	)
	line := regexp.MustCompile(`^(?:# (?:HELP|TYPE|UNIT) ` + name + ` .*|` + name + `(?:` + labels + `)? ` + number +
		`(?: # ` + labels + ` ` + number + ` ` + number + `)?|# EOF)$`)
	s := bufio.NewScanner(strings.NewReader(text))
	s.Buffer(nil, 1<<20)
	last := ""
	for s.Scan() {
		if last = s.Text(); !line.MatchString(last) {
			t.Errorf("no line of OpenMetrics: %s", last)
		}
	}
	if last != "# EOF" {
		t.Errorf("it ends with %q, not with # EOF", last)
	}
}

func checkProtobuf(t *testing.T, a answer) {
	t.Helper()
	format := expfmt.ResponseFormat(a.header)
	if format.FormatType() != expfmt.TypeProtoDelim {
		t.Fatalf("content type %s", a.header.Get("Content-Type"))
	}
	facts := map[string]*kpi.Family{}
	for _, f := range kpi.FactFamilies {
		facts[f.Name] = f
	}
	decoder := expfmt.NewDecoder(strings.NewReader(a.body), format)
	exemplars := 0
	for {
		var f dto.MetricFamily
		err := decoder.Decode(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if facts[f.GetName()] == nil {
			continue
		}
		for _, m := range f.Metric {
			exemplars += checkFact(t, f.GetName(), m)
		}
	}
	if exemplars == 0 {
		t.Error("no exemplars")
	}
}

// checkFact checks a series of a fact, and counts its exemplars.
func checkFact(t *testing.T, name string, m *dto.Metric) (exemplars int) {
	t.Helper()
	start := m.GetCounter().GetCreatedTimestamp()
	h := m.Histogram
	switch {
	case h != nil:
		start = h.CreatedTimestamp
	case m.Summary != nil:
		start = m.Summary.CreatedTimestamp
	}
	if !start.IsValid() || start.AsTime().Unix() == 0 {
		t.Errorf("%s %v has no start timestamp", name, m.Label)
	}
	if h == nil {
		return 0
	}
	if len(h.Bucket) == 0 || h.Schema == nil || len(h.PositiveSpan) == 0 {
		t.Errorf("%s %v lacks a kind of buckets", name, m.Label)
	}
	native, delta := h.GetZeroCount(), int64(0)
	for _, d := range h.PositiveDelta {
		delta += d
		native += uint64(delta)
	}
	if native != h.GetSampleCount() {
		t.Errorf("%s %v: %d observations in native buckets, %d in all", name, m.Label, native, h.GetSampleCount())
	}
	for _, x := range h.Exemplars {
		if len(x.Label) != 1 || x.Label[0].GetName() != "conversation" || !x.Timestamp.IsValid() {
			t.Errorf("%s %v: exemplar %v", name, m.Label, x)
		}
	}
	return len(h.Exemplars)
}
