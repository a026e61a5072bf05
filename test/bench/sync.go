package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/heap"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// call is a request as it was sent.
type call struct {
	Method, URL string
	Header      http.Header
	Body        []byte
}

// service is a simulated helpdesk that notes what it is asked.
type service struct {
	*httptest.Server
	vendor vendor
	desk   *simulator.Desk
	mu     sync.Mutex
	calls  []call
}

// serve opens a desk that has at least so many conversations, whose clock then
// stands. By night and at weekends fewer come than on average: it began as long ago
// as it takes.
func serve(v vendor, conversations int) *service {
	const rate = 250 // conversations an hour
	now := time.Now().Truncate(time.Second)
	for history := time.Duration(conversations) * time.Hour / rate; ; history += history / 4 {
		o := v.desk
		o.Seed, o.Rate, o.Start = 7, rate, now.Add(-history)
		desk := simulator.New(o)
		desk.Advance(now)
		there := 0
		desk.Read(func(b *simulator.Books) { there = len(b.Tickets) })
		if there >= conversations {
			return serveDesk(v, desk)
		}
	}
}

func serveDesk(v vendor, desk *simulator.Desk) *service {
	s := &service{vendor: v, desk: desk}
	api := v.dialect(desk)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.calls = append(s.calls, call{r.Method, r.URL.String(), r.Header.Clone(), body})
		s.mu.Unlock()
		api.ServeHTTP(w, r)
	}))
	return s
}

// taken returns what was asked since the last time.
func (s *service) taken() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls
	s.calls = nil
	return c
}

// source is an exporter's source without a limit of calls.
type source struct {
	store  *state.Bolt
	engine *engine.Engine
	source *engine.Source
	client *rest.Client
	poller *poll.Poller
}

func openSource(v vendor, base, ledger string) (*source, error) {
	client, err := rest.New(rest.Options{BaseURL: base, Transport: login(v.login)})
	if err != nil {
		return nil, err
	}
	store, err := state.OpenBolt(ledger)
	if err != nil {
		return nil, err
	}
	c := v.new(client, base)
	e := engine.New(engine.Options{Store: store, Labels: []helpdesk.LabelName{helpdesk.LabelTeam}, Gather: engine.DefaultGather})
	s, err := e.Open(engine.SourceOptions{
		Name: sourceName, Policy: policy(), Profile: c.Profile(), PollInterval: 30 * time.Second,
		Lookback: 60 * 24 * time.Hour, Book: true, Retention: retention, LabelLimit: 100,
		Promised: func(helpdesk.Channel, kpi.Clock) (engine.Promise, bool) {
			return engine.Promise{Tier: kpi.AboveAverage, Objective: 0.9}, true
		},
	})
	if err != nil {
		return nil, err
	}
	p := poll.New(poll.Options{
		Ledger: s, Collector: c, API: client, Interval: 30 * time.Second, ReconcileInterval: time.Hour,
		Metrics: poll.NewMetrics(prometheus.NewRegistry()).Source(sourceName), Logger: slog.New(slog.DiscardHandler),
	})
	return &source{store, e, s, client, p}, nil
}

func (s *source) close() error {
	s.client.Close()
	return s.store.Close()
}

// child are the programs that this one starts as processes of their own, to be
// measured.
func child(args []string) error {
	switch args[0] {
	case "sync":
		heap.Settle() // as the exporter does
		s, err := openSource(vendorNamed(args[1]), args[2], args[3])
		if err != nil {
			return err
		}
		s.poller.Round(context.Background())
		if !s.source.Synced() {
			return fmt.Errorf("the first sync of %s is not complete: %v", args[1], s.poller.Status().Stuck)
		}
		return s.close()
	case "download":
		return download(args[1], args[2])
	case "refetch":
		return tell(func() error {
			_, err := refetch(args[1])
			return err
		})
	case "rounds":
		heap.Settle()
		return rounds(vendorNamed(args[1]), args[2], args[3])
	}
	return fmt.Errorf("no program %q", args[0])
}

// download sends the same requests again, and decodes the answers.
func download(base, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var calls []call
	if err := json.Unmarshal(b, &calls); err != nil {
		return err
	}
	for _, c := range calls {
		req, err := http.NewRequest(c.Method, base+c.URL, bytes.NewReader(c.Body))
		if err != nil {
			return err
		}
		req.Header = c.Header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		var page any
		if err := json.Unmarshal(body, &page); err != nil {
			return fmt.Errorf("%s: %w", c.URL, err)
		}
	}
	return nil
}

// output runs this program as a child, and returns what it printed.
func output(args ...string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self, append([]string{"-child"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return string(out), err
}

// spawn runs this program as a child, and returns the processors' time it took.
func spawn(args ...string) (time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, append([]string{"-child"}, args...)...)
	cmd.Stderr = os.Stderr
	err = cmd.Run()
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

// syncRow compares first syncs with programs that only download and decode.
func syncRow(b *bench) error {
	conversations := 5000
	if b.short {
		conversations = 100
	}
	for _, v := range vendors {
		if err := b.syncOf(v, conversations); err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
	}
	return nil
}

func (b *bench) syncOf(v vendor, conversations int) error {
	s := serve(v, conversations)
	defer s.Close()
	recorded := filepath.Join(b.dir, "calls.json")
	var syncs, downloads time.Duration
	calls := 0
	for round := range b.rounds(9) {
		ledger := filepath.Join(b.dir, "sync.db")
		if err := os.RemoveAll(ledger); err != nil {
			return err
		}
		took, err := spawn("sync", v.name, s.URL, ledger)
		if err != nil {
			return err
		}
		asked := s.taken()
		calls = len(asked)
		text, err := json.Marshal(asked)
		if err != nil {
			return err
		}
		if err := os.WriteFile(recorded, text, 0o600); err != nil {
			return err
		}
		decoded, err := spawn("download", s.URL, recorded)
		if err != nil {
			return err
		}
		s.taken()
		if round == 0 || took < syncs {
			syncs = took
		}
		if round == 0 || decoded < downloads {
			downloads = decoded
		}
	}
	what := fmt.Sprintf("first sync of %s conversations, %s, %s calls, CPU", thousands(conversations), named(v.name), thousands(calls))
	b.onThis(compared("sync", what, float64(syncs), "the same calls and `json.Unmarshal` of the answers", float64(downloads), 1.5, showTime))
	return nil
}
