package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"go.uber.org/goleak"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should take a second.
const patience = 60 * time.Second

// Secrets of the tests: none may ever be seen.
const (
	gorgiasKey = "planted-gorgias-key"
	rtToken    = "planted-rt-token"
	wrongKey   = "planted-wrong-key"
)

// now is where the desks' clocks stand: a Thursday at noon.
var now = time.Date(2026, time.March, 5, 12, 0, 0, 0, time.UTC)

// simulated is a desk with three lively days behind it, on a clock that
// stands still, so that it is the same in every run. Beside the random
// conversations it has those of the script.
func simulated(rate float64, feed bool, script ...simulator.Scripted) *simulator.Desk {
	o := simulator.Options{Seed: 7, Start: now.Add(-72 * time.Hour), Rate: rate, Script: script, Feed: feed}
	if feed {
		o.Resolution = time.Second
	}
	d := simulator.New(o)
	d.Advance(now)
	return d
}

// handedOver is a conversation that one agent hands to another.
var handedOver = simulator.Scripted{Lines: []simulator.Line{
	simulator.Says(40*time.Hour, helpdesk.AuthorCustomer),
	simulator.Does(41*time.Hour, 0, simulator.Happening{What: simulator.Assigned, User: simulator.Agent(0)}),
	simulator.Does(42*time.Hour, 0, simulator.Happening{What: simulator.Assigned, User: simulator.Agent(1)}),
	simulator.Replies(43*time.Hour, 1),
	simulator.Does(44*time.Hour, 1, simulator.Happening{What: simulator.Closed}),
}}

func gorgias(d *simulator.Desk) http.Handler {
	return simulator.Gorgias(d, simulator.GorgiasOptions{
		Username: "bot@demo.example", Password: gorgiasKey, Lag: -1, Bucket: 4000, Window: 20 * time.Second,
	})
}

func requestTracker(d *simulator.Desk) http.Handler {
	return simulator.RequestTracker(d, simulator.RequestTrackerOptions{Token: rtToken, Lag: -1, Members: true})
}

// serve puts an API on a port of its own.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

const global = `
global: {poll_interval: 1s, quota_share: 1, first_sync: {lookback: 7d, book: true}}
state: {path: ledger.db}
`

func gorgiasSource(name, url, key string) string {
	return fmt.Sprintf("- {name: %s, gorgias: {url: %q, basic_auth: {username: bot@demo.example, password: %s}}}\n", name, url, key)
}

// rtSource is a source without a quota: its first sync does not take a moment.
func rtSource(name, url, token string) string {
	return fmt.Sprintf("- {name: %s, requesttracker: {url: %q, authorization: {type: token, credentials: %s}}}\n", name, url, token)
}

// logs collects what is logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// exporter is a whole exporter at work.
type exporter struct {
	t      *testing.T
	dir    string // of the configuration and the ledger
	base   string
	client *http.Client
	logs   *logs
	reload chan struct{}
	stop   func()
}

// start runs an exporter until the test ends, or stop is called.
func start(t *testing.T, config string, options ...func(*Options)) *exporter {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.yaml"), config)
	return startIn(t, dir, options...)
}

func startIn(t *testing.T, dir string, options ...func(*Options)) *exporter {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &exporter{
		t: t, dir: dir, base: "http://" + l.Addr().String(), logs: &logs{}, reload: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	o := optionsIn(dir, l, e.logs)
	o.Reload = e.reload
	for _, f := range options {
		f(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, o) }()
	e.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the exporter ended with: %v", err)
		}
	})
	t.Cleanup(e.stop)
	return e
}

// optionsIn are those of an exporter whose configuration is in a folder.
func optionsIn(dir string, l net.Listener, to io.Writer) Options {
	empty, none := "", false
	return Options{
		ConfigFile: filepath.Join(dir, "config.yaml"), TelemetryPath: "/metrics", Listener: l,
		Web:    &web.FlagConfig{WebListenAddresses: &[]string{}, WebSystemdSocket: &none, WebConfigFile: &empty},
		Logger: slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// ended runs an exporter until it ends by itself, and returns what with.
func ended(t *testing.T, dir string) error {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return errors.Join(Run(ctx, optionsIn(dir, l, io.Discard)), ctx.Err())
}

func withLifecycle(o *Options) { o.EnableLifecycle = true }

// configure replaces the configuration, which takes a reload to be seen.
func (e *exporter) configure(config string) {
	e.t.Helper()
	write(e.t, filepath.Join(e.dir, "config.yaml"), config)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// answer is what the exporter says to a request.
type answer struct {
	code   int
	header http.Header
	body   string
}

// do sends a request. Accept names the format that is asked for, "" for any.
func (e *exporter) do(method, path, accept string) answer {
	e.t.Helper()
	a, err := e.try(method, path, accept)
	if err != nil {
		e.t.Fatal(err)
	}
	return a
}

func (e *exporter) try(method, path, accept string) (answer, error) {
	r, err := http.NewRequestWithContext(e.t.Context(), method, e.base+path, nil)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Accept", accept)
	res, err := e.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body)}, err
}

func (e *exporter) get(path string) answer {
	e.t.Helper()
	return e.do(http.MethodGet, path, "")
}

// wait asks again and again until the answer is as it should be.
func (e *exporter) wait(path, what string, is func(answer) bool) answer {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last answer
	for {
		a, err := e.try(http.MethodGet, path, "")
		if err == nil && is(a) {
			return a
		}
		if err == nil {
			last = a
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			e.t.Fatalf("%s never showed %s; the last answer was %d\n%.2000s\nlogs:\n%s", path, what, last.code, last.body, e.logs)
		}
	}
}

// ready waits until the exporter is ready.
func (e *exporter) ready() answer {
	e.t.Helper()
	return e.wait("/-/ready", "200", func(a answer) bool { return a.code == http.StatusOK })
}

func holds(text string) func(answer) bool {
	return func(a answer) bool { return strings.Contains(a.body, text) }
}

// gate lets requests to a path wait until it is opened.
type gate struct {
	next http.Handler
	path string
	open chan struct{}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, g.path) {
		select {
		case <-g.open:
		case <-r.Context().Done():
			return // the client is gone
		}
	}
	g.next.ServeHTTP(w, r)
}
