//go:build servers

package servers

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
)

// way is everything that a message passes.
type way struct {
	desk       *desk
	config     string // of the exporter
	prometheus *server
	people     *people
}

// flavours are the rules that a generation reads.
var flavours = map[string]string{"oldest": config.Flavours[0], "current": config.Flavours[1]}

func newWay(t *testing.T, g generation, program string) *way {
	t.Helper()
	w := &way{desk: openDesk(t), people: newPeople(t)}
	alerts := alertmanager(t, g, hastened(t, w.people.url))
	h := &hasten{from: t.TempDir(), to: t.TempDir()}
	// The exporter is first, as it would be beside a Prometheus that starts slowly:
	// the sidecar asks again until there is one.
	w.config = write(t, filepath.Join(t.TempDir(), "config.yaml"), fill(t, exporterConfig,
		"DESK", w.desk.url, "TOKEN", token, "ALERTMANAGER", alerts.base, "FLAVOUR", flavours[g.name],
		"RULES", h.from, "RELOAD", h.serve(t), "STATE", filepath.Join(t.TempDir(), "ledger.db")))
	exporter := start(t, program, "--config.file="+w.config)
	w.prometheus = startPrometheus(t, g, exporter, alerts, h.to)
	h.prometheus.Store(w.prometheus)
	return w
}

// startPrometheus starts one with the configuration that is shipped, in a hurry.
func startPrometheus(t *testing.T, g generation, exporter, alerts *server, rules string) *server {
	t.Helper()
	text := fill(t, read(t, "../../deploy/prometheus/prometheus.yml"),
		"scrape_interval: 30s", "scrape_interval: 1s", "evaluation_interval: 30s", "evaluation_interval: 1s",
		"helpdesk/*.yaml", rules+"/*.yaml", "localhost:9093", alerts.host(t), "localhost:9877", exporter.host(t))
	if g.name == "current" {
		text = fill(t, text, "# scrape_native_histograms", "scrape_native_histograms")
	}
	return g.start(t, "prometheus", "--config.file="+write(t, filepath.Join(t.TempDir(), "prometheus.yml"), text),
		"--storage.tsdb.path="+t.TempDir(), "--web.enable-lifecycle", "--rules.alert.resend-delay=1s")
}

func (s *server) host(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(s.base)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// evaluated tells how many rules each group has, and which are not well.
func (w *way) evaluated(ctx context.Context) (sizes map[string]int, bad []string, err error) {
	var answer struct {
		Data struct {
			Groups []struct {
				Name  string
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	err = w.prometheus.get(ctx, "/api/v1/rules", &answer)
	sizes = map[string]int{}
	for _, g := range answer.Data.Groups {
		sizes[g.Name] = len(g.Rules)
		for _, r := range g.Rules {
			if r.Health != "ok" {
				bad = append(bad, fmt.Sprintf("%s is %s: %s", r.Name, r.Health, r.LastError))
			}
		}
	}
	return sizes, bad, err
}

// sample is a value of a series, which has no name here.
type sample struct {
	series labels
	value  string
}

// query evaluates an expression now.
func (w *way) query(ctx context.Context, expr string) ([]sample, error) {
	var answer struct {
		Data struct {
			Result []struct {
				Metric labels
				Value  [2]any
			}
		}
	}
	if err := w.prometheus.get(ctx, "/api/v1/query?query="+url.QueryEscape(expr), &answer); err != nil {
		return nil, err
	}
	var got []sample
	for _, r := range answer.Data.Result {
		delete(r.Metric, "__name__")
		got = append(got, sample{r.Metric, fmt.Sprint(r.Value[1])})
	}
	return got, nil
}

// shows waits until an expression has exactly these series.
func (w *way) shows(t *testing.T, expr string, want map[string]string) {
	t.Helper()
	eventually(t, func() string {
		samples, err := w.query(t.Context(), expr)
		if err != nil {
			return err.Error()
		}
		got := map[string]string{}
		for _, s := range samples {
			got[s.series.String()] = s.value
		}
		if d := cmp.Diff(want, got); d != "" {
			return expr + " (-want +got)\n" + d
		}
		return ""
	})
}

// fired are the alerts by rules that have fired at any time.
func (w *way) fired(t *testing.T) map[string]bool {
	t.Helper()
	samples, err := w.query(t.Context(), `last_over_time(ALERTS{alertstate="firing"}[1h])`)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range samples {
		names[s.series["alertname"]] = true
	}
	return names
}
