package alert_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

const (
	interval = 30 * time.Second
	second   = time.Second
	mins     = time.Minute
	hour     = time.Hour
)

// world is an exporter at work between a helpdesk and Alertmanagers, in a
// bubble of time. Its promise is the second-best tier: a reply by chat within 5
// min, by e-mail within 4 h.
type world struct {
	t        testing.TB
	turn     *sync.Mutex // the story has it, except while it lets time pass
	begun    time.Time
	path     string
	desk     *desk
	ams      []*alertmanager
	policy   kpi.Policy
	labels   []helpdesk.LabelName
	promised func(helpdesk.Channel, kpi.Clock) (engine.Promise, bool)
	alerting config.Alerting
	sources  bool // configured
	words    words.Words

	metrics  *alert.Metrics
	registry *prometheus.Registry
	logs     *bytes.Buffer
	source   *engine.Source
	stop     func()
}

// RoundTrip hands a request to the Alertmanager that it is for.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	var n int
	if _, err := fmt.Sscanf(r.URL.Host, "am%d", &n); err != nil {
		return nil, err
	}
	return w.ams[n].RoundTrip(r)
}

func promise(ch helpdesk.Channel, _ kpi.Clock) (engine.Promise, bool) {
	return engine.Promise{Tier: kpi.AboveAverage, Objective: 0.9}, ch != helpdesk.ChannelOther
}

// responses promises replies, and no resolution.
func responses(ch helpdesk.Channel, c kpi.Clock) (engine.Promise, bool) {
	p, ok := promise(ch, c)
	return p, ok && c != kpi.Resolution
}

// in tells a story in a world with one Alertmanager.
func in(t *testing.T, story func(w *world), configure ...func(*world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		turn := &sync.Mutex{}
		turn.Lock()
		defer turn.Unlock()
		w := &world{
			t: t, turn: turn, begun: time.Now(), path: filepath.Join(dir, "ledger.db"), desk: newDesk(turn),
			policy: kpi.Policy{Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(), ReopenGrace: 30 * mins, AbandonedAfter: 24 * hour},
			labels: []helpdesk.LabelName{helpdesk.LabelTeam}, promised: responses, sources: true,
			alerting: config.Alerting{WarnBefore: 15 * mins, Burst: 10, DueSoon: "info", Breached: "warning"},
			registry: prometheus.NewRegistry(), logs: &bytes.Buffer{},
		}
		w.ams = append(w.ams, newAlertmanager(t, turn))
		w.metrics = alert.NewMetrics(w.registry)
		for _, c := range configure {
			c(w)
		}
		w.alerting.Alertmanagers = nil
		for i := range w.ams {
			w.alerting.Alertmanagers = append(w.alerting.Alertmanagers, &url.URL{Scheme: "http", Host: fmt.Sprintf("am%d", i), Path: "/prefix"})
		}
		w.start()
		story(w)
		w.stop()
	})
}

// start starts the exporter over what its ledger has.
func (w *world) start() {
	w.t.Helper()
	store, err := state.OpenBolt(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(w.logs, nil))
	o := alert.Options{
		Alerting: w.alerting, Store: store, Metrics: w.metrics, Exporter: "http://exporter:9877/", Words: w.words, Transport: w, Logger: logger,
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	if w.sources {
		policy, labels := w.policy, w.labels
		w.source, err = engine.New(engine.Options{Store: store, Labels: labels, Gather: engine.DefaultGather}).Open(engine.SourceOptions{
			Name: "shop", Policy: &policy, Profile: w.desk.Profile(), PollInterval: interval, Lookback: 1000 * hour, Retention: 2000 * hour,
			LabelLimit: 100, Promised: w.promised,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		poller := poll.New(poll.Options{
			Ledger: w.source, Collector: w.desk, API: w.desk, Interval: interval, ReconcileInterval: 1000 * hour,
			Metrics: poll.NewMetrics(prometheus.NewRegistry()).Source("shop"), Logger: logger,
		})
		done.Go(func() { poller.Run(ctx) })
		o.Sources = []alert.Source{{Index: w.source, Reader: poller, PollInterval: interval, Lag: w.desk.lag}}
	}
	pusher, err := alert.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.stop = func() {
		unlocked(w.turn, func() {
			pusher.Close()
			cancel()
			done.Wait()
		})
		if err := store.Close(); err != nil {
			w.t.Error(err)
		}
	}
}

// restart stops the exporter, and starts it again after a while.
func (w *world) restart(after time.Duration) {
	w.t.Helper()
	w.stop()
	unlocked(w.turn, func() { time.Sleep(after) })
	w.start()
}

// at is an instant of the story.
func (w *world) at(d time.Duration) time.Time { return w.begun.Add(d) }

// until lets time pass.
func (w *world) until(d time.Duration) {
	w.t.Helper()
	unlocked(w.turn, func() {
		time.Sleep(time.Until(w.at(d)))
		synctest.Wait()
	})
}

// told compares what people were notified of.
func (w *world) told(want ...string) {
	w.t.Helper()
	for i, a := range w.ams {
		if diff := cmp.Diff(want, a.told); diff != "" {
			w.t.Errorf("Alertmanager %d has told (-want +got)\n%s", i, diff)
		}
	}
}

// pushed are the counters and the delays.
func (w *world) pushed() (results map[string]float64, delays *dto.Histogram) {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	results = map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.Histogram != nil {
				delays = m.Histogram
				continue
			}
			for _, l := range m.GetLabel() {
				if l.GetName() == "result" {
					results[l.GetValue()] = m.GetCounter().GetValue()
				}
			}
		}
	}
	return results, delays
}

type promiseOf = engine.Promise
