package alert_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// delays collects how long after their start alerts were accepted.
type delays struct {
	mu   sync.Mutex
	seen map[string]time.Duration
	all  chan struct{} // closed when n were accepted
	n    int
}

func (d *delays) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var list []posted
	if json.NewDecoder(r.Body).Decode(&list) != nil {
		return
	}
	time.Sleep(50 * time.Millisecond)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range list {
		if _, ok := d.seen[p.id()]; !ok {
			d.seen[p.id()] = time.Since(p.StartsAt)
			if len(d.seen) == d.n {
				close(d.all)
			}
		}
	}
}

// BenchmarkDelay has deadlines spread evenly over a minute of real time, with -short
// over two seconds, beside open conversations that are not due, with a ledger on disk.
func BenchmarkDelay(b *testing.B) {
	over, cases := time.Minute, []struct{ due, open int }{{100, 0}, {1000, 0}, {1000, 100000}}
	if testing.Short() {
		over, cases = 2*time.Second, []struct{ due, open int }{{10, 100}}
	}
	for _, bc := range cases {
		b.Run(fmt.Sprintf("%d_deadlines_%d_open", bc.due, bc.open), func(b *testing.B) {
			for b.Loop() {
				all := delaysOf(b, bc.due, bc.open, over)
				slices.Sort(all)
				b.ReportMetric(all[len(all)/2].Seconds(), "p50-s")
				b.ReportMetric(all[len(all)*99/100].Seconds(), "p99-s")
				b.ReportMetric(all[len(all)-1].Seconds(), "max-s")
			}
		})
	}
}

// delaysOf has so many deadlines over so long a time. The limit is as long, which is
// twice the poll interval: every question is known before its deadline.
func delaysOf(b *testing.B, due, open int, over time.Duration) []time.Duration {
	b.Helper()
	limit, interval := over, over/2
	d := &delays{seen: map[string]time.Duration{}, all: make(chan struct{}), n: due}
	server := httptest.NewServer(d)
	defer server.Close()
	am, err := url.Parse(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	store, err := state.OpenBolt(filepath.Join(b.TempDir(), "ledger.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	limits := kpi.DefaultLimits()
	limits[kpi.FirstResponse][helpdesk.ClassRealtime] = kpi.TierLimits{time.Second, limit, time.Hour, 2 * time.Hour}
	desk := newDesk(&sync.Mutex{})
	for i := range open {
		desk.asks(fmt.Sprintf("open%06d", i), email, time.Now().Add(-time.Minute))
	}
	s, err := engine.New(engine.Options{Store: store}).Open(engine.SourceOptions{
		Name: "shop", Policy: &kpi.Policy{Limits: limits, Classes: kpi.DefaultClasses(), ReopenGrace: time.Hour}, Profile: desk.Profile(),
		PollInterval: interval, Lookback: 1000 * hour, Retention: 2000 * hour, LabelLimit: 100, Promised: responses,
	})
	if err != nil {
		b.Fatal(err)
	}
	p := poll.New(poll.Options{
		Ledger: s, Collector: desk, API: desk, Interval: interval, ReconcileInterval: 1000 * hour,
		Metrics: poll.NewMetrics(prometheus.NewRegistry()).Source("shop"), Logger: slog.New(slog.DiscardHandler),
	})
	p.Round(b.Context()) // the first sync
	begin := time.Now().Add(2 * time.Second)
	desk.events = nil // what it had is read
	for i := range due {
		desk.asks(fmt.Sprintf("due%06d", i), chat, begin.Add(time.Duration(i)*over/time.Duration(due)))
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var done sync.WaitGroup
	defer done.Wait()
	defer cancel()
	done.Go(func() { p.Run(ctx) })
	pusher, err := alert.New(alert.Options{
		Alerting: config.Alerting{Alertmanagers: []*url.URL{am}, DueSoon: "info", Breached: "warning"}, Store: store,
		Metrics: alert.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
		Sources: []alert.Source{{Index: s, Reader: p, PollInterval: interval}},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer pusher.Close()
	select {
	case <-d.all:
	case <-time.After(5 * time.Minute):
		b.Fatalf("%d of %d alerts arrived", len(d.seen), due)
	}
	all := make([]time.Duration, 0, due)
	for _, delay := range d.seen {
		all = append(all, delay)
	}
	return all
}
