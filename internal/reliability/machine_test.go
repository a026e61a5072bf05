//go:build linux

package reliability_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"golang.org/x/sys/unix"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

const token = "1-14-token"

// opens is a Monday, far from any machine's clock.
var opens = time.Date(2090, 1, 2, 6, 0, 0, 0, time.UTC)

// world is a helpdesk with the configuration of an exporter that polls it.
type world struct {
	t      *testing.T
	desk   *simulator.Desk
	server *httptest.Server
	config string
	// padding is how many bytes the answers of the helpdesk have beside what they say.
	padding atomic.Int64
}

func newWorld(t *testing.T) *world {
	mix := simulator.DefaultMix()
	mix.Merge, mix.Delete = 0, 0 // whether what vanishes was read before depends on the moment
	w := &world{t: t, desk: simulator.New(simulator.Options{
		Seed: 9, Start: opens, Rate: 20, Feed: true, Resolution: time.Second, Mix: &mix,
	})}
	w.desk.Advance(opens.Add(12 * time.Hour))
	api := simulator.RequestTracker(w.desk, simulator.RequestTrackerOptions{Token: token, HideComments: true, Lag: -1})
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if n := w.padding.Load(); n > 0 {
			_, _ = rw.Write(bytes.Repeat([]byte(" "), int(n))) // the client may be gone
		}
		api.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	w.config = w.configured(t.TempDir(), "ledger.db")
	return w
}

// configured writes a configuration; the ledger's path begins beside it.
func (w *world) configured(dir, ledger string) string {
	w.t.Helper()
	file := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf(`
global: {poll_interval: 1s, first_sync: {lookback: 30d, book: true}}
state: {path: %s}
sources: [{name: desk, requesttracker: {url: %q, authorization: {type: token, credentials: %s}}}]
`, ledger, w.server.URL, token)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return file
}

func (w *world) later(d time.Duration) { w.desk.Advance(w.desk.Now().Add(d)) }

// booked are the counters of a child, late and live together: which of them a
// fact is depends on how long the exporter was away. Nil: no answer.
func (c *child) booked() map[string]float64 {
	c.t.Helper()
	code, body, err := c.get("/metrics")
	if err != nil || code != http.StatusOK {
		return nil
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range kpi.FactFamilies {
		for _, m := range families[f.Name].GetMetric() {
			key := f.Name
			for _, l := range m.GetLabel() {
				if l.GetName() != "arrival" {
					key += fmt.Sprintf(" %s=%q", l.GetName(), l.GetValue())
				}
			}
			if h := m.GetHistogram(); h != nil {
				all[key+" count"] += float64(h.GetSampleCount())
				all[key+" sum"] += h.GetSampleSum()
			} else if f != kpi.LateFacts {
				all[key] += m.GetCounter().GetValue()
			}
		}
	}
	maps.DeleteFunc(all, func(_ string, v float64) bool { return v == 0 })
	return all
}

// peaceful are the counters of an exporter that reads the desk as it is now, in
// peace.
func (w *world) peaceful() map[string]float64 {
	w.t.Helper()
	c := birth(w.t, w.configured(w.t.TempDir(), "ledger.db"))
	defer c.kill()
	c.ready()
	all := c.booked()
	if len(all) < 50 {
		w.t.Fatalf("the desk has so little to tell that nothing is proved: %v", all)
	}
	return all
}

func (c *child) ready() {
	c.t.Helper()
	c.wait("ready", func() bool { code, _, err := c.get("/-/ready"); return err == nil && code == http.StatusOK })
}

// catchesUp waits until the counters are those of an exporter that had peace.
func (c *child) catchesUp(w *world) {
	c.t.Helper()
	w.later(2 * time.Hour)
	want := w.peaceful()
	nearly := cmpopts.EquateApprox(1e-9, 1e-6)
	var got map[string]float64
	c.wait("the numbers of an exporter that had peace", func() bool {
		got = c.booked()
		return cmp.Equal(want, got, nearly) || c.t.Failed()
	})
}

func TestAMachineThatFails(t *testing.T) {
	for _, tc := range []struct {
		name   string
		befall func(*world, *child) *child // returns who lives afterwards
	}{
		{"no write succeeds", func(w *world, c *child) *child {
			before, told := c.booked(), len(c.logs.String())
			c.limit(unix.RLIMIT_FSIZE, 0)
			w.later(time.Hour)
			c.says("file too large", told)
			if diff := cmp.Diff(before, c.booked()); diff != "" {
				w.t.Errorf("what is not stored is shown (-before +now):\n%s", diff)
			}
			c.limit(unix.RLIMIT_FSIZE, unix.RLIM_INFINITY)
			return c
		}},
		{"no file descriptors are left", func(w *world, c *child) *child {
			told := len(c.logs.String())
			c.limit(unix.RLIMIT_NOFILE, 3)
			w.server.CloseClientConnections()
			w.later(time.Hour)
			c.says("too many open files", told)
			c.limit(unix.RLIMIT_NOFILE, 1024)
			return c
		}},
		{"no memory is left", func(w *world, c *child) *child {
			w.later(time.Hour)
			c.limit(unix.RLIMIT_AS, 0)
			w.padding.Store(30 << 20)
			c.wait("the end", c.ended)
			w.padding.Store(0)
			if c.err == nil {
				w.t.Error("the child ended in good order: it had memory enough")
			}
			return birth(w.t, w.config)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := birth(t, w.config)
			c.ready()
			tc.befall(w, c).catchesUp(w)
		})
	}
}

func TestALedgerThatMayNotBeWrittenIsNamedAtTheStart(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Dir(w.config)
	ledger := filepath.Join(dir, "ledger.db")
	for what, prepare := range map[string]func() error{
		"a folder without a ledger": func() error { return os.Chmod(dir, 0o555) },
		"a ledger": func() error {
			c := birth(t, w.config)
			c.ready()
			c.kill()
			return os.Chmod(ledger, 0o444)
		},
	} {
		t.Run(what, func(t *testing.T) {
			// Whoever is not root has to get there.
			for d := dir; strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
				if err := os.Chmod(d, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.RemoveAll(ledger); err != nil {
				t.Fatal(err)
			}
			if err := prepare(); err != nil {
				t.Fatal(err)
			}
			c := birth(t, w.config, envNobody+"=yes")
			c.wait("the end", c.ended)
			text := strings.TrimSpace(c.logs.String())
			want := "permission denied; let this user write there, or choose another state.path"
			if c.err == nil || !strings.Contains(text, dir) || !strings.HasSuffix(text, want) {
				t.Errorf("it ended with %v and said\n%s\nwant the name of its folder and\n%s", c.err, text, want)
			}
		})
	}
}
