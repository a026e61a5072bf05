package killtest

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/gorgias"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/app"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// The child is told where its ledger and the helpdesk are, and an Alertmanager if
// it is to push alerts.
const (
	envLedger       = "HELPDESK_EXPORTER_KILLTEST_LEDGER"
	envDesk         = "HELPDESK_EXPORTER_KILLTEST_DESK"
	envAlertmanager = "HELPDESK_EXPORTER_KILLTEST_ALERTMANAGER"
	// envReplica names the configuration of a child that is a whole exporter.
	envReplica = "HELPDESK_EXPORTER_KILLTEST_REPLICA"
)

func TestMain(m *testing.M) {
	ledger, replica := os.Getenv(envLedger), os.Getenv(envReplica)
	var err error
	switch {
	case ledger != "":
		err = live(ledger, os.Getenv(envDesk), os.Getenv(envAlertmanager))
	case replica != "":
		err = liveAsReplica(replica)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// live is the life of a child: an exporter that polls as fast as it can, until
// it is killed. On its output it tells its address and, by a byte each, the
// beginning and the end of every transaction.
func live(ledger, desk, alertmanager string) error {
	store, err := openLedger(ledger)
	if err != nil {
		return err
	}
	telling := &telling{Store: store}
	x, err := newExporter(telling, desk)
	if err != nil {
		return err
	}
	if alertmanager != "" {
		if err := x.push(telling, alertmanager); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%c%s\n", listens, l.Addr())
	go x.poller.Run(context.Background())
	return http.Serve(l, x.handler)
}

// inPostgres marks a ledger that is the file of a connection string.
const inPostgres = "postgres:"

// openLedger opens a ledger, and has its source to itself.
func openLedger(ledger string) (state.Store, error) {
	dsn, shared := strings.CutPrefix(ledger, inPostgres)
	if !shared {
		return state.OpenBolt(ledger)
	}
	// The dead child's lease has to run out first.
	p, err := state.OpenPostgres(context.Background(), state.PostgresOptions{DSNFile: dsn, Lasting: 500 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	for {
		mine, err := p.Claim(sourceName)
		if err != nil {
			return nil, err
		}
		if mine {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	go func() {
		for {
			if err := p.Renew(nil); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	return p, nil
}

// liveAsReplica is the life of a child that is a whole exporter. It tells its
// address.
func liveAsReplica(config string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%c%s\n", listens, l.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	empty, none := "", false
	return app.Run(ctx, app.Options{
		ConfigFile: config, TelemetryPath: "/metrics", Listener: l,
		Web:    &web.FlagConfig{WebListenAddresses: &[]string{}, WebSystemdSocket: &none, WebConfigFile: &empty},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// telling is a store that tells of its transactions.
type telling struct{ state.Store }

// What a child tells.
const (
	began   = 'b'
	ended   = 'e'
	listens = 'l' // at an address, which follows up to the end of the line
)

func (t *telling) Update(fn func(state.Tx) error) error {
	os.Stdout.Write([]byte{began})
	defer os.Stdout.Write([]byte{ended})
	return t.Store.Update(fn)
}

// exporter is everything between a helpdesk's address and an exposition.
type exporter struct {
	registry *prometheus.Registry
	handler  http.Handler
	source   *engine.Source
	poller   *poll.Poller
}

// pollInterval is short: the exporter is at work all the time.
const pollInterval = 2 * time.Millisecond

func policy() *kpi.Policy {
	return &kpi.Policy{
		Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(), ReopenGrace: 30 * time.Minute, AbandonedAfter: 24 * time.Hour,
	}
}

const sourceName = "shop"

func newExporter(store state.Store, desk string) (*exporter, error) {
	x := &exporter{registry: prometheus.NewRegistry()}
	metrics := poll.NewMetrics(prometheus.NewRegistry())
	client, err := rest.New(rest.Options{
		BaseURL: desk, Transport: authorised{http.DefaultTransport}, Observer: metrics.Source(sourceName), Retries: 1,
	})
	if err != nil {
		return nil, err
	}
	collector := gorgias.New(client, gorgias.Options{BaseURL: desk})
	e := engine.New(engine.Options{Store: store, Gather: engine.DefaultGather})
	x.source, err = e.Open(engine.SourceOptions{
		Name: sourceName, Policy: policy(), Profile: collector.Profile(), PollInterval: pollInterval,
		Lookback: lookback, Book: true, Retention: 90 * 24 * time.Hour, LabelLimit: 100, Promised: promised,
	})
	if err != nil {
		return nil, err
	}
	x.registry.MustRegister(e)
	x.handler = promhttp.HandlerFor(x.registry, promhttp.HandlerOpts{})
	x.poller = poll.New(poll.Options{
		Ledger: x.source, Collector: collector, API: client, Interval: pollInterval, ReconcileInterval: 100 * time.Millisecond,
		Metrics: metrics.Streams(sourceName, collector.Profile()), Logger: slog.New(slog.DiscardHandler),
	})
	return x, nil
}

// promised is what the child promises: the same on all channels.
func promised(helpdesk.Channel, kpi.Clock) (engine.Promise, bool) {
	return engine.Promise{Tier: kpi.AboveAverage, Objective: 0.9}, true
}

// push lets the exporter push alerts.
func (x *exporter) push(store state.Store, alertmanager string) error {
	u, err := url.Parse(alertmanager)
	if err != nil {
		return err
	}
	_, err = alert.New(alert.Options{
		Alerting: config.Alerting{Alertmanagers: []*url.URL{u}, DueSoon: "info", Breached: "warning", WarnBefore: 15 * time.Minute},
		Sources:  []alert.Source{{Index: x.source, Reader: x.poller, PollInterval: pollInterval, Lag: x.source.Profile().VisibilityLag}},
		Store:    store, Metrics: alert.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
	})
	return err
}

// authorised adds the credentials that any Gorgias wants.
type authorised struct{ http.RoundTripper }

func (a authorised) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth("bot@shop.example", "key")
	return a.RoundTripper.RoundTrip(r)
}

// pipe follows what a child tells.
type pipe struct {
	address chan string
	done    chan struct{}
	commits int
	inside  bool // in a transaction, when its life ended
}

// follow reads what a child tells until its end. At the n-th beginning or end of
// a transaction it calls strike; never, if n is 0.
func follow(out *bufio.Reader, n int, strike func()) *pipe {
	p := &pipe{address: make(chan string, 1), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for {
			what, err := out.ReadByte()
			if err != nil {
				return
			}
			if what == listens {
				line, _ := out.ReadString('\n')
				p.address <- strings.TrimSpace(line)
				continue
			}
			if p.inside = what == began; !p.inside {
				p.commits++
			}
			if n--; n == 0 {
				strike()
			}
		}
	}()
	return p
}
