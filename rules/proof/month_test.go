package proof

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
	build "github.com/prometheus/common/version"
	promrules "github.com/prometheus/prometheus/rules"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/gorgias"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/app"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// monthConfig is the configuration of the month's exporter.
const monthConfig = `
global: {poll_interval: 1m, quota_share: 1, agents: names}
schedules:
  - {name: support, timezone: Europe/Berlin, weekly: {mon-fri: ["09:00-18:00"]}}
promise: {tier: above_average, objective: 0.8}
sources:
  - {name: shop, schedule: support, gorgias: {url: "http://127.0.0.1:1", basic_auth: {username: bot@desk.example, password: key}}}
alerting: {alertmanagers: ["http://127.0.0.1:2"]}
`

// The month is four weeks, a day and some hours; it is looked at by the hour, and
// in its last hours every few minutes.
const (
	monthEnds = 29*day + 11*time.Hour // or some hours later
	often     = 2 * time.Minute
	blindFor  = 20 * time.Minute
	// hourly is how often the helpdesk is polled at first, so to speak: what was
	// read within the hour is not late.
	hourly = 30 * time.Minute
)

// closely is how long the last hours are: those of the board on call where they are
// drawn.
func closely() time.Duration {
	if drawn() {
		return 6 * time.Hour
	}
	return 3 * time.Hour
}

// month is a simulated helpdesk, at speed: the real collector, loop, engine and
// pusher watch it, and a Prometheus scrapes them and evaluates the rules of their
// configuration. Time is the test's own. In the last hours the loop and the pusher
// may wake at one instant, and which of them goes first decides whether a deadline
// is told by a reading of its own: the number of steps is not the same in each run.
// The truth is of the steps that there were.
type month struct {
	*prometheus
	cfg      *config.Validated
	desk     *simulator.Desk
	away     atomic.Bool // the helpdesk cannot be read
	registry *client.Registry
	poll     *poll.Metrics
	commits  client.Histogram
	client   *rest.Client
	quota    *rest.Governor
	store    *state.Bolt
	source   *engine.Source
	engine   *engine.Engine
	boards   []board
	reads    map[string]bool // the names of series that rules and boards read

	channel       string    // that is chosen, as a regular expression
	first         time.Time // when the exporter was first started
	steps         []truth.Step
	end           time.Time // of the month: everything was read up to it
	conversations []truth.Conversation
	live          map[time.Time]truth.Values // the live gauges at quiet instants, its end among them
	booked        []truth.Values             // by each of the steps
	compared      map[string]int             // numbers, by panel and query
	requests      []time.Time                // of the API
	blindAt       time.Time                  // when the helpdesk could not be read for a while
}

// lived is the month, after it was lived.
func lived(t *testing.T) *month {
	t.Helper()
	cfg, err := config.Parse([]byte(monthConfig), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	all, _ := rules.Groups(cfg, rules.Prometheus316, words.Words{})
	groups := apart(keep(all, read(t)))
	m := &month{
		cfg: cfg, prometheus: start(t, time.Minute, rules.Prometheus316, groups), boards: boards(t), reads: exportedNames(t, groups),
		channel: ".*", live: map[time.Time]truth.Values{}, compared: map[string]int{},
	}
	ledger := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(began))
		m.opens(t, ledger)
		m.lives(t)
		if err := m.store.Close(); err != nil {
			t.Error(err)
		}
	})
	m.booked = truth.Booked(m.conversations, m.options(), m.steps)
	return m
}

// remembered are the recorded series whose past is read: totals, and what is added up
// by the hour.
const remembered = `.+:(?:total|correction|increase1h)|source_total:.+|source:helpdesk_(?:source|support|agents_online).+|source_channel:helpdesk_waiting.+`

// apart has the series that are remembered in groups of their own, which are
// evaluated first.
func apart(groups []rules.Group) []rules.Group {
	first := keep(groups, remembered)
	has := map[string]bool{}
	for i := range first {
		first[i].Name = "remembered-" + first[i].Name
		for _, r := range first[i].Rules {
			has[r.Record] = true
		}
	}
	for i := range groups {
		groups[i].Rules = slices.DeleteFunc(groups[i].Rules, func(r rules.Rule) bool { return r.Alert == "" && has[r.Record] })
	}
	return append(groups, first...)
}

// remember evaluates only what is remembered.
func (p *prometheus) remember(at time.Time) {
	p.t.Helper()
	all := p.groups
	p.groups = slices.DeleteFunc(slices.Clone(all), func(g *promrules.Group) bool { return !strings.HasPrefix(g.Name(), "remembered-") })
	p.evaluate(at)
	p.groups = all
}

var exportedName = regexp.MustCompile(`\bhelpdesk_[a-z_]+`)

// exportedNames are those that rules and boards read.
func exportedNames(t *testing.T, groups []rules.Group) map[string]bool {
	var names []string
	for _, g := range groups {
		for _, r := range g.Rules {
			names = append(names, exportedName.FindAllString(r.Expr, -1)...)
		}
	}
	for _, b := range boards(t) {
		for _, panel := range b.Panels {
			for _, q := range panel.Targets {
				names = append(names, exportedName.FindAllString(q.Expr, -1)...)
			}
		}
	}
	all := map[string]bool{}
	for _, n := range names {
		all[n] = true
	}
	return all
}

// newDesk is the desk of the month, on its first day.
func newDesk() *simulator.Desk {
	mix := simulator.DefaultMix()
	mix.Merge, mix.Delete = 0, 0 // what vanishes within an hour nobody could read
	return simulator.New(simulator.Options{Seed: 7, Start: began, Rate: 3, Mix: &mix, FixedTeams: true,
		Channels: []helpdesk.Channel{helpdesk.ChannelEmail, helpdesk.ChannelChat, helpdesk.ChannelInstagram}})
}

// quietHour is the first hour at or after an instant at whose end, and for some
// minutes before, nothing happens, so that everything is known then.
func quietHour(at time.Time) time.Time {
	d := newDesk()
	d.Advance(at.Add(day))
	d.Read(func(b *simulator.Books) {
		for _, h := range b.Log {
			if h.At.After(at.Add(-3*time.Minute)) && h.At.Before(at.Add(time.Minute)) {
				at = at.Add(time.Hour)
			}
		}
	})
	return at
}

// opens the desk, and an exporter that watches it from its first instant on.
func (m *month) opens(t *testing.T, ledger string) {
	m.desk = newDesk()
	var err error
	if m.store, err = state.OpenBolt(ledger); err != nil {
		t.Fatal(err)
	}
	m.registry = client.NewRegistry()
	m.poll = poll.NewMetrics(m.registry)
	m.commits = client.NewHistogram(client.HistogramOpts{Name: kpi.StateCommitDuration.Name})
	gauge := func(f *kpi.Family, value func() float64) client.Collector {
		return client.NewGaugeFunc(client.GaugeOpts{Name: f.Name}, value)
	}
	build.Version = "0.1.0" // as a release has one
	m.registry.MustRegister(m.commits, current{m}, version.NewCollector("helpdesk_exporter"), connection{m},
		gauge(kpi.ConfigReloadSuccessful, func() float64 { return 1 }),
		gauge(kpi.StateSize, func() float64 {
			n, err := m.store.Size()
			if err != nil {
				t.Error(err)
			}
			return float64(n)
		}))
	m.quota, err = rest.NewGovernor(rest.GovernorOptions{
		Share: 1, Start: rest.Reading{Limit: 40, Remaining: 40, Window: gorgias.CallWindow},
		Read: func(h http.Header) (rest.Reading, bool) {
			used, limit, ok := gorgias.CallLimit(h)
			return rest.Reading{Limit: limit, Remaining: limit - used, Window: gorgias.CallWindow}, ok
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.client, err = rest.New(rest.Options{
		BaseURL: "http://127.0.0.1:1", Quota: m.quota, Observer: m.poll.Source("shop"), Rand: func() float64 { return 0 },
		Transport: &line{m: m, api: simulator.Gorgias(m.desk, simulator.GorgiasOptions{Username: "bot@desk.example", Password: "key"})},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// watches the desk at an interval.
func (m *month) watches(t *testing.T, interval, shown, sweeps time.Duration) *poll.Poller {
	t.Helper()
	collector := present{gorgias.New(m.client, gorgias.Options{BaseURL: "http://127.0.0.1:1"}), m.desk}
	e := engine.New(engine.Options{
		Store: m.store, Labels: m.cfg.Sources[0].Labels, Logger: slog.New(slog.DiscardHandler),
		Committed: func(d time.Duration) { m.commits.Observe(d.Seconds()) },
	})
	o := app.SourceOptions(m.cfg.Sources[0], collector.Profile())
	o.PollInterval = shown
	var err error
	if m.source, err = e.Open(o); err != nil {
		t.Fatal(err)
	}
	m.engine = e
	return poll.New(poll.Options{
		Ledger: &steps{m.source, m}, Collector: collector, API: m.client, Interval: interval, ReconcileInterval: sweeps,
		Metrics: m.poll.Streams("shop", collector.Profile()), Logger: slog.New(slog.DiscardHandler),
	})
}

// lives from hour to hour, then closely, and then nobody can read the desk any
// more.
func (m *month) lives(t *testing.T) {
	m.end = quietHour(began.Add(monthEnds))
	p := m.watches(t, time.Hour, hourly, day)
	m.first = time.Now()
	for time.Now().Before(m.end.Add(-closely())) {
		next := time.Now().Add(time.Hour)
		p.Round(t.Context())
		m.look(t, next)
	}
	p.Round(t.Context())
	time.Sleep(time.Until(m.end.Add(-closely() + 30*time.Second)))
	pushed := alert.NewMetrics(m.registry)
	pushed.Source("shop")
	p = m.watches(t, time.Minute, time.Minute, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { p.Run(ctx); close(ended) }()
	pusher, err := alert.New(alert.Options{
		Alerting: m.cfg.Alerting, Store: m.store, Metrics: pushed, Transport: alertmanager{}, Logger: slog.New(slog.DiscardHandler),
		Sources: []alert.Source{{Index: m.source, Reader: p, PollInterval: time.Minute, Lag: m.source.Profile().VisibilityLag}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for at := m.end.Add(-closely() + often); !at.After(m.end); at = at.Add(often) {
		m.look(t, at)
		if at.Minute()%10 == 0 && m.quiet(at) {
			m.live[at] = truth.Gauges(m.desk.Conversations(), m.options(), at)
		}
	}
	m.conversations = m.desk.Conversations()
	m.away.Store(true)
	m.blindAt = m.end.Add(blindFor)
	for at := m.end.Add(often); !at.After(m.blindAt); at = at.Add(often) {
		m.look(t, at)
	}
	pusher.Close()
	cancel()
	<-ended
}

// quiet reports whether everything that happened until an instant was read.
func (m *month) quiet(at time.Time) bool {
	quiet := true
	m.desk.Read(func(b *simulator.Books) {
		quiet = len(b.Log) == 0 || b.Log[len(b.Log)-1].At.Before(at.Add(-3*time.Minute))
	})
	return quiet
}

// look lets Prometheus scrape and evaluate at an instant.
func (m *month) look(t *testing.T, at time.Time) {
	if wait := time.Until(at); wait < 0 {
		t.Fatalf("a round took longer than the time until %s", at)
	} else {
		time.Sleep(wait)
	}
	m.desk.Advance(at)
	m.scrape(at, m.exposition(t))
	m.record(at)
}

// record evaluates the rules: before the last hours, and but for the week before,
// only those whose past is read, unless curves are drawn.
func (m *month) record(at time.Time) {
	if at.Before(m.end.Add(-closely())) && !at.Equal(m.end.Add(-7*day)) && !drawn() {
		m.remember(at)
		return
	}
	m.evaluate(at)
}

// options are what the truth has to know of how the source is measured.
func (m *month) options() truth.Options {
	s := &m.cfg.Sources[0]
	return truth.Options{
		Source: s.Name, Policy: s.Policy, Floor: m.first, FirstStart: m.first, PollInterval: hourly, Labels: s.Labels,
		Promise: func(c kpi.Clock, ch helpdesk.Channel) (kpi.Tier, bool) {
			tier, _, ok := s.Promise.For(ch, c)
			return tier, ok
		},
	}
}
