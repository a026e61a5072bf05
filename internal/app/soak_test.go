package app

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/exporter-toolkit/web"

	gorgiasCollector "github.com/helpdesk-exporter/helpdesk_exporter/collectors/gorgias"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// quarter is how long it takes until the exporter is looked at again; the race detector
// sees less of it.
var quarter = flag.Duration("soak.quarter", 12*time.Hour/sample.Every, "a fourth of the time that TestSoak takes; of a month it is 168h")

// wire is a network in memory, which a bubble of time can wait on.
type wire struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newWire() *wire { return &wire{make(chan net.Conn), make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	select {
	case <-w.closed:
	default:
		close(w.closed)
	}
	return nil
}

func (*wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.conns <- there:
		return here, nil
	case <-w.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// soak is the life of a whole exporter and a helpdesk, on a clock that waits for nobody.
type soak struct {
	t      *testing.T
	start  time.Time
	desk   *simulator.Desk
	file   string // the configuration, with the ledger beside it
	cfg    *config.Validated
	client *http.Client // of the exporter that runs
	stop   func()       // ends it
}

func soakDesk(start time.Time) *simulator.Desk {
	mix := simulator.DefaultMix()
	mix.Merge, mix.Delete = 0, 0 // whether what vanishes was read before depends on the moment
	return simulator.New(simulator.Options{Seed: 77, Start: start, Rate: 2, FixedTeams: true, Mix: &mix})
}

// serve is the helpdesk: it is away for a twentieth and for a seventh of each
// quarter, which is a day of a week, and fails now and then all the time.
func (s *soak) serve() http.Handler {
	api := simulator.Gorgias(s.desk, simulator.GorgiasOptions{
		Username: "bot@demo.example", Password: gorgiasKey, Bucket: 4000, Window: 20 * time.Second,
	})
	var faults []simulator.Fault
	for _, f := range []simulator.Fault{
		{Kind: simulator.FaultStatus, Code: 500}, {Kind: simulator.FaultStatus, Code: 502}, {Kind: simulator.FaultTruncated},
		{Kind: simulator.FaultStatus, Code: 429, RetryAfter: time.Minute}, {Kind: simulator.FaultHTML}, {Kind: simulator.FaultReset},
		{Kind: simulator.FaultSlow, Delay: time.Minute}, {Kind: simulator.FaultDuplicateRow},
	} {
		f.Chance = 0.005
		faults = append(faults, f)
	}
	faulty := simulator.Faults(api, 78, faults...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		s.desk.Advance(now)
		into := float64(now.Sub(s.start)%*quarter) / float64(*quarter)
		if into > 0.3 && into < 0.35 || into > 0.6 && into < 0.6+1./7 {
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
			return
		}
		faulty.ServeHTTP(w, r)
	})
}

// scrape returns the counters, late and live together.
func (s *soak) scrape() map[string]float64 {
	s.t.Helper()
	res, err := s.client.Get("http://exporter.test/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	facts := map[string]float64{}
	for _, f := range kpi.FactFamilies {
		for _, m := range families[f.Name].GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				if l.GetName() != "arrival" {
					labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
				}
			}
			key := "{" + strings.Join(labels, ",") + "}"
			if h := m.GetHistogram(); h != nil {
				facts[f.Name+"_count"+key] += float64(h.GetSampleCount())
				facts[f.Name+"_sum"+key] += h.GetSampleSum()
			} else {
				facts[f.Name+key] += m.GetCounter().GetValue()
			}
		}
	}
	return s.told(facts)
}

// told leaves out what the vendor cannot tell, and what is late.
func (s *soak) told(all map[string]float64) map[string]float64 {
	profile := gorgiasCollector.New(nil, gorgiasCollector.Options{}).Profile()
	maps.DeleteFunc(all, func(key string, v float64) bool {
		name, _, _ := strings.Cut(key, "{")
		name = strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count")
		for _, f := range kpi.FactFamilies {
			if f.Name == name {
				return v == 0 || f == kpi.LateFacts || f.Scope == kpi.ScopeAgent || !f.Told(profile, profile.Capabilities)
			}
		}
		return true
	})
	return all
}

// truth is what the counters should be, of all that happened up to an instant.
func (s *soak) truth(mark time.Time) map[string]float64 {
	src := s.cfg.Sources[0]
	convs := s.desk.Conversations()
	for i := range convs {
		// Labels are those of the newest row, and no assignment says that it is a bot's.
		convs[i].Records = slices.DeleteFunc(convs[i].Records, func(r helpdesk.Record) bool { _, ok := r.(helpdesk.Relabel); return ok })
		for j, r := range convs[i].Records {
			if a, ok := r.(helpdesk.Assignment); ok && a.To == helpdesk.HolderBot {
				a.To = helpdesk.HolderAgent
				convs[i].Records[j] = a
			}
		}
	}
	o := truth.Options{
		Source: src.Name, Policy: src.Policy, Floor: s.start, FirstStart: s.start, PollInterval: src.PollInterval,
	}
	all := map[string]float64{}
	for key, v := range truth.Counters(convs, o, []truth.Step{{Now: mark, Watermark: mark}}) {
		key = strings.NewReplacer(`arrival="late",`, "", `arrival="live",`, "").Replace(key)
		all[key] += v
	}
	return s.told(all)
}

// A month, or the days that it is by default, with faults, and a last quarter in which
// nobody scrapes. That a goroutine outlives the exporter is noticed by the bubble.
func TestSoak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := &soak{t: t, start: start, desk: soakDesk(start)}
		s.configure()
		helpdesk := newWire()
		server := &http.Server{Handler: s.serve()}
		served := make(chan struct{})
		go func() { defer close(served); _ = server.Serve(helpdesk) }() // until it is closed
		s.run(helpdesk)
		var goroutines []int
		for len(goroutines) < 4 {
			for end := time.Now().Add(*quarter); time.Now().Before(end); {
				time.Sleep(time.Hour)
				if len(goroutines) < 3 { // nobody scrapes in the last quarter
					s.scrape()
				}
			}
			goroutines = append(goroutines, s.goroutines())
		}
		if last := goroutines[3]; last > goroutines[0] {
			t.Errorf("%d goroutines, %d at first", last, goroutines[0])
		}
		s.compare()
		old := s.memory()
		s.run(helpdesk)
		time.Sleep(time.Hour)
		young := s.memory()
		t.Logf("%s of work: %.2f MB in use by the exporter, %.2f MB by one that just began on its ledger", 4**quarter, old/1e6, young/1e6)
		if old > young*1.2 {
			t.Errorf("the exporter has grown to %.2f MB; one that just began on its ledger uses %.2f MB", old/1e6, young/1e6)
		}
		_ = server.Close()
		<-served
	})
}

// goroutines are the fewest within an hour: a round, or a connection that one has left
// open, has some of its own.
func (s *soak) goroutines() int {
	least := math.MaxInt
	for range 8 {
		time.Sleep(7 * time.Minute)
		synctest.Wait()
		least = min(least, runtime.NumGoroutine())
	}
	return least
}

// memory ends the exporter, and returns what was in use by it: the helpdesk and its
// history are in the same process.
func (s *soak) memory() float64 {
	if n := len(s.scrape()); n < 20 {
		s.t.Errorf("only %d numbers", n)
	}
	s.goroutines()
	before := heap()
	s.stop()
	return before - heap()
}

// heap is what is in use, in bytes.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what finalizers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// configure writes the configuration into a folder that no disk has to confirm, where
// the system has one: a month has many commits.
func (s *soak) configure() {
	s.t.Helper()
	s.file = filepath.Join(inMemory(s.t), "config.yaml")
	write(s.t, s.file, fmt.Sprintf("global: {poll_interval: 15m, quota_share: 1, reopen_grace: 30m, retention: %s, labels: [], first_sync: {lookback: 1h, book: true}}\n",
		model.Duration(*quarter/2))+"state: {path: ledger.db}\nsources:\n"+gorgiasSource("shop", "http://127.0.0.1:1", gorgiasKey))
	var err error
	if s.cfg, err = config.Load(s.file); err != nil {
		s.t.Fatal(err)
	}
}

// run starts the exporter.
func (s *soak) run(helpdesk *wire) {
	browser := newWire()
	s.client = &http.Client{Transport: &http.Transport{DialContext: browser.dial}}
	empty, none := "", false
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			ConfigFile: s.file, TelemetryPath: "/metrics", Listener: browser, Dial: helpdesk.dial,
			Web:    &web.FlagConfig{WebListenAddresses: &[]string{}, WebSystemdSocket: &none, WebConfigFile: &empty},
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
	}()
	client := s.client
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
		client.CloseIdleConnections()
		synctest.Wait()
	}
}

// inMemory is a folder that no disk has to confirm, where the system has one: a
// month has many commits.
func inMemory(t *testing.T) string {
	t.Helper()
	const shared = "/dev/shm"
	dir, err := os.MkdirTemp(shared, "soak")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// compare compares the counters with the truth at a moment at which nothing has
// happened for a while, and nothing fails any more.
func (s *soak) compare() {
	s.t.Helper()
	time.Sleep(2 * time.Hour)
	var want, got map[string]float64
	nearly := cmpopts.EquateApprox(1e-9, 1e-5)
	for range 200 {
		time.Sleep(s.cfg.Sources[0].PollInterval)
		synctest.Wait()
		s.desk.Advance(time.Now())
		want = s.truth(time.Now())
		if got = s.scrape(); cmp.Equal(want, got, nearly) {
			return
		}
	}
	s.t.Errorf("the counters never equal the truth (-truth +exporter):\n%s", cmp.Diff(want, got, nearly))
}
