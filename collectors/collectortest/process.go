package collectortest

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// process is one life of an exporter over the ledger.
type process struct {
	w       *world
	store   *state.Bolt
	engine  *engine.Engine
	source  *engine.Source
	client  *rest.Client
	profile helpdesk.Profile
	ledger  *ledger
	poller  *poll.Poller
	poll    func() *poll.Poller
}

// live starts a process.
func (w *world) live() {
	w.t.Helper()
	store, err := state.OpenBolt(w.ledger)
	if err != nil {
		w.t.Fatal(err)
	}
	p := &process{w: w, store: store}
	w.alive = p
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.registry = prometheus.NewRegistry()
	metrics := poll.NewMetrics(w.registry)
	observer := metrics.Source("desk")
	p.client, err = rest.New(rest.Options{
		BaseURL: w.base, Transport: login{w.v.Login, w.net}, Timeout: w.setup.timeout, Observer: observer,
		Rand: func() float64 { return 0 }, // retry at once
	})
	if err != nil {
		w.t.Fatal(err)
	}
	collector := w.v.New(p.client, w.base)
	p.profile = collector.Profile()
	p.ledger = &ledger{w: w}
	gather := engine.DefaultGather
	if w.setup.apart {
		gather = 0
	}
	p.engine = engine.New(engine.Options{Store: &mortal{store, p.ledger}, Labels: w.labels(), Logger: logger, Now: p.now, Gather: gather})
	p.source, err = p.engine.Open(engine.SourceOptions{
		Name: "desk", Policy: &w.policy, Profile: p.profile, PollInterval: interval, Lookback: w.setup.lookback, Book: w.setup.book,
		Retention: 1000 * day, LabelLimit: 100,
		Promised: func(helpdesk.Channel, kpi.Clock) (engine.Promise, bool) {
			return engine.Promise{Tier: kpi.AboveAverage, Objective: 0.9}, true
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.registry.MustRegister(p.engine)
	p.ledger.Ledger = p.source
	p.poll = func() *poll.Poller {
		return poll.New(poll.Options{
			Ledger: p.ledger, Collector: collector, API: p.client, Interval: interval, ReconcileInterval: w.setup.sweeps,
			Metrics: observer, Logger: logger,
		})
	}
	p.poller = p.poll()
}

// now is the machine's clock, as exact as the desk's: scrapes are judged at
// the desk's very instant.
func (p *process) now() time.Time { return p.w.desk.Now().Add(-p.client.Skew()) }

// die ends the process: all that it held in memory is lost.
func (w *world) die() {
	w.t.Helper()
	if w.alive.store == nil {
		return
	}
	w.alive.client.Close()
	if err := w.alive.store.Close(); err != nil {
		w.t.Error(err)
	}
	w.alive.store = nil
}

func (w *world) restart() {
	w.t.Helper()
	w.die()
	w.live()
}

// sweep polls with a sweep, as once in a reconcile interval.
func (w *world) sweep() {
	w.t.Helper()
	w.alive.poller = w.alive.poll()
	w.round()
	w.round()
}

// round polls once.
func (w *world) round() {
	w.t.Helper()
	w.meet()
	w.alive.poller.Round(w.t.Context())
}

// synced fails the test unless the first sync is complete.
func (w *world) synced() {
	w.t.Helper()
	if !w.alive.source.Synced() {
		w.t.Fatalf("the first sync is not complete: %+v\n%s", w.alive.poller.Status(), w.log)
	}
}

// errKilled is what a ledger says whose process is dead.
var errKilled = errors.New("killed")

// ledger notes what is booked, and can kill the process around a page or a booking,
// each of which is a commit where pages are stored apart.
type ledger struct {
	poll.Ledger
	w       *world
	commits int
	// kill says, for the number of a commit, whether the process dies before or
	// after it; nil: it lives.
	kill func(commit int) (before, after bool)
	dead bool
}

// mortal is a store of a process, which writes nothing any more once it is dead.
type mortal struct {
	state.Store
	ledger *ledger
}

// Update implements state.Store.
func (m *mortal) Update(fn func(state.Tx) error) error {
	if m.ledger.dead {
		return errKilled
	}
	return m.Store.Update(fn)
}

func (l *ledger) commit(do func() error) error {
	if l.dead {
		return errKilled
	}
	l.commits++
	var before, after bool
	if l.kill != nil {
		before, after = l.kill(l.commits)
	}
	if before {
		l.dead = true
		return errKilled
	}
	err := do()
	if after {
		l.dead = true
		return errors.Join(err, errKilled)
	}
	return err
}

// Begin implements poll.Ledger.
func (l *ledger) Begin(now time.Time) error {
	return l.commit(func() error {
		l.w.begun(now)
		return l.Ledger.Begin(now)
	})
}

// Apply implements poll.Ledger.
func (l *ledger) Apply(s helpdesk.Stream, p helpdesk.Page, st engine.StreamState, now time.Time) error {
	return l.commit(func() error { return l.Ledger.Apply(s, p, st, now) })
}

// Fetched implements poll.Ledger.
func (l *ledger) Fetched(p helpdesk.Page, now time.Time) error {
	return l.commit(func() error { return l.Ledger.Fetched(p, now) })
}

// Book implements poll.Ledger.
func (l *ledger) Book(r engine.Round) error {
	return l.commit(func() error {
		steps := l.w.steps
		l.w.step(r)
		err := l.Ledger.Book(r)
		if errors.Is(err, engine.ErrWanted) {
			l.w.steps = steps
		}
		return err
	})
}

// step notes a booking. Watermarks never fall.
func (w *world) step(r engine.Round) {
	mark := r.Watermark
	if n := len(w.steps); n > 0 && w.steps[n-1].Watermark.After(mark) {
		mark = w.steps[n-1].Watermark
	}
	w.steps = append(w.steps, truth.Step{Now: r.Now, Watermark: mark})
}

// login is a transport that adds credentials.
type login struct {
	add  func(*http.Request)
	next http.RoundTripper
}

func (l login) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	l.add(r)
	return l.next.RoundTrip(r)
}

// CloseIdleConnections implements what http.Client asks of transports.
func (l login) CloseIdleConnections() {
	if c, ok := l.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

var _ poll.Ledger = (*ledger)(nil)
