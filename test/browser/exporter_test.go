package browser

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/app"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// patience is how long a test waits for what should take seconds.
const patience = 90 * time.Second

// shop is a simulated helpdesk and the exporter that watches it.
type shop struct {
	desk *simulator.Desk
	url  string // of the exporter
}

// begun is where the story of the desk begins.
var begun = time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// watched starts a desk with a lively day behind it, an exporter, and a source
// that refuses its credentials.
func watched(t *testing.T) *shop {
	t.Helper()
	var waiting []simulator.Scripted
	for _, w := range []struct {
		channel helpdesk.Channel
		since   time.Duration
	}{
		{helpdesk.ChannelChat, 30 * time.Second}, {helpdesk.ChannelChat, 4 * time.Minute}, {helpdesk.ChannelWhatsApp, 9 * time.Minute},
		{helpdesk.ChannelEmail, 40 * time.Minute}, {helpdesk.ChannelEmail, 230 * time.Minute}, {helpdesk.ChannelInstagram, 5 * time.Hour},
	} {
		waiting = append(waiting, simulator.Scripted{Channel: w.channel, Lines: []simulator.Line{simulator.Says(day-w.since, helpdesk.AuthorCustomer)}})
	}
	s := &shop{desk: simulator.New(simulator.Options{Seed: 7, Start: begun, Rate: 1, Script: waiting})}
	s.desk.Advance(begun.Add(day))
	s.live(t)
	api := httptest.NewServer(simulator.Gorgias(s.desk, simulator.GorgiasOptions{
		Username: "bot@demo.example", Password: "key", Lag: -1, Bucket: 4000, Window: 20 * time.Second,
	}))
	t.Cleanup(api.Close)
	s.url = s.export(t, fmt.Sprintf(`
global: {poll_interval: 1s, quota_share: 1, first_sync: {lookback: 7d, book: true}}
state: {path: ledger.db}
sources:
- {name: shop, gorgias: {url: %[1]q, basic_auth: {username: bot@demo.example, password: key}}}
- {name: outlet, gorgias: {url: %[1]q, basic_auth: {username: bot@demo.example, password: expired}}}
`, api.URL))
	return s
}

// live lets the desk's clock go on until the test ends.
func (s *shop) live(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	start := time.Now()
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.desk.Advance(begun.Add(day + time.Since(start)))
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		done.Wait()
	})
}

// export runs an exporter until the test ends, and waits until it is ready.
func (s *shop) export(t *testing.T, config string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	empty, none := "", false
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- app.Run(ctx, app.Options{
			ConfigFile: file, TelemetryPath: "/metrics", Listener: l, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Web: &web.FlagConfig{WebListenAddresses: &[]string{}, WebSystemdSocket: &none, WebConfigFile: &empty},
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the exporter ended with: %v", err)
		}
	})
	url := "http://" + l.Addr().String()
	until(t, "the exporter is ready", func() bool {
		res, err := http.Get(url + "/-/ready")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return url
}

// until asks again and again until it is so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came to it that %s", what)
		}
	}
}
