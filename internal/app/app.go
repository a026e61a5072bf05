// Package app is the exporter as a whole: it puts the configuration, the ledger,
// the collectors, the polling and the web server together. main parses flags and
// calls [Run]; tests run the same in-process.
package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	promcollectors "github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sidecar"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// Options are what the command line says.
type Options struct {
	ConfigFile    string
	TelemetryPath string
	Web           *web.FlagConfig
	// Listener serves instead of Web's addresses; tests set it.
	Listener net.Listener
	// Dial opens the connections to helpdesks instead of the network's; tests set it.
	Dial promconfig.DialContextFunc
	// EnableLifecycle allows reloads over HTTP.
	EnableLifecycle bool
	// CreatedSamples adds _created lines to OpenMetrics text.
	CreatedSamples bool
	// Lang is the language of the status page, of pushed alerts and of the
	// sidecar's rules and boards: English if it is not set.
	Lang words.Lang
	// Reload triggers a reload at each receive; nil never does.
	Reload <-chan struct{}
	Logger *slog.Logger
}

// shutdownTimeout is how long requests under way may take to finish.
const shutdownTimeout = 5 * time.Second

// App is a running exporter.
type App struct {
	opts     Options
	log      *slog.Logger
	words    words.Words
	registry *prometheus.Registry
	metrics  *poll.Metrics
	pushes   *alert.Metrics
	process  processMetrics
	counts   *engine.Counts
	store    state.Store
	shared   *state.Postgres // the store, where replicas share it; else nil
	boards   *sidecar.Sidecar
	rules    *sidecar.Sidecar
	writing  sync.WaitGroup     // the sidecars and the leases at work
	cancel   context.CancelFunc // of what New started
	started  time.Time

	reloading sync.Mutex // one reload, or change of leases, at a time
	sharing   sharing
	mu        sync.RWMutex
	desks     *desks
	pusher    *alert.Pusher
	ready     bool
}

// Run runs the exporter until the context ends, and then stops it: pages under
// way are finished or dropped whole, and the ledger is closed.
func Run(ctx context.Context, o Options) error {
	if err := CheckWeb(*o.Web.WebConfigFile); err != nil {
		return err
	}
	a, err := New(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(a.serve(ctx), a.Close())
}

// New loads the configuration, opens the ledger and starts to poll.
func New(ctx context.Context, o Options) (_ *App, err error) {
	cfg, err := config.Load(o.ConfigFile)
	if err != nil {
		return nil, err
	}
	store, err := openStore(ctx, cfg.State)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	a := &App{
		opts: o, log: o.Logger, words: words.In(o.Lang), registry: prometheus.NewRegistry(), store: store,
		boards: sidecar.New("boards", o.Logger), rules: sidecar.New("rules", o.Logger), counts: engine.NewCounts(),
		cancel: cancel, started: time.Now(),
	}
	if shared, ok := store.(*state.Postgres); ok {
		a.shared = shared
		a.sharing.begin()
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	a.metrics = poll.NewMetrics(a.registry)
	a.pushes = alert.NewMetrics(a.registry)
	a.process = newProcessMetrics(a.registry, store)
	a.registry.MustRegister(
		promcollectors.NewGoCollector(),
		promcollectors.NewProcessCollector(promcollectors.ProcessCollectorOpts{}),
		versioncollector.NewCollector("helpdesk_exporter"),
		deskCollector{a},
		a.boards, a.rules,
	)
	a.writing.Go(func() { a.boards.Run(ctx) })
	a.writing.Go(func() { a.rules.Run(ctx) })
	if err := a.apply(ctx, cfg); err != nil {
		return nil, err
	}
	a.warn(cfg)
	a.process.reloaded(true)
	if a.shared != nil {
		a.takePart(ctx)
	}
	return a, nil
}

// openStore opens the ledger.
func openStore(ctx context.Context, s config.State) (state.Store, error) {
	if s.DSNFile != "" {
		return state.OpenPostgres(ctx, state.PostgresOptions{DSNFile: s.DSNFile})
	}
	store, err := state.OpenBolt(s.Path)
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w; let this user write there, or choose another state.path", err)
	}
	return store, err
}

// checked tells what the check of the ledger has found that goes on after the
// start. Nothing that it has not passed was read or written.
func (a *App) checked() <-chan error {
	damaged := make(chan error, 1)
	if file, ok := a.store.(*state.Bolt); ok {
		go func() {
			if err := file.Checked(); err != nil {
				damaged <- err
			}
		}()
	}
	return damaged
}

// Close stops pushing, writing and polling, and closes the ledger.
func (a *App) Close() error {
	a.stopPushing()
	a.cancel()
	a.writing.Wait()
	a.stopPushing() // a change of leases may have begun again
	a.mu.Lock()
	d := a.desks
	a.desks = nil
	a.mu.Unlock()
	if d != nil {
		d.stop()
	}
	if a.shared != nil {
		if err := a.shared.Leave(); err != nil {
			a.log.Warn("leases not given back: they run out", "err", err)
		}
	}
	return a.store.Close()
}

// Reload loads the configuration again. A configuration that cannot be used
// changes nothing: the last good one stays in force, and a metric says so.
func (a *App) Reload(ctx context.Context) error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	err := a.reload(ctx)
	a.process.reloaded(err == nil)
	if err != nil {
		a.log.Error("configuration not reloaded: the last good one stays in force", "err", err)
		return err
	}
	a.log.Info("configuration reloaded", "file", a.opts.ConfigFile)
	return nil
}

func (a *App) reload(ctx context.Context) error {
	cfg, err := config.Load(a.opts.ConfigFile)
	if err != nil {
		return err
	}
	a.mu.RLock()
	d := a.desks
	a.mu.RUnlock()
	if d != nil && d.cfg.State != cfg.State {
		return fmt.Errorf("the ledger changed from %s to %s: a running exporter keeps its ledger; restart it to use another", d.cfg.State, cfg.State)
	}
	a.sharing.retry()
	if err := a.apply(ctx, cfg); err != nil {
		return err
	}
	a.warn(cfg)
	return nil
}

// warn logs what is allowed in a configuration and hardly meant.
func (a *App) warn(cfg *config.Validated) {
	for _, text := range warnings(cfg) {
		a.log.Warn("configuration", "warning", text)
	}
}

// warnings are those of the configuration, and of the connection string in the
// file that it names.
func warnings(cfg *config.Validated) []string {
	all := cfg.Warnings()
	if file := cfg.State.DSNFile; file != "" {
		all = append(all, state.PostgresWarnings(file)...)
	}
	return all
}

// serve answers HTTP and reloads until the context ends.
func (a *App) serve(ctx context.Context) error {
	srv := a.server(a.handler(ctx))
	failed, damaged := make(chan error, 1), a.checked()
	go func() {
		if a.opts.Listener != nil {
			failed <- web.Serve(a.opts.Listener, srv, a.opts.Web, a.log)
			return
		}
		failed <- web.ListenAndServe(srv, a.opts.Web, a.log)
	}()
	for {
		select {
		case err := <-failed:
			if errors.Is(err, syscall.EADDRINUSE) {
				err = fmt.Errorf("%w; stop the other program, or choose another --web.listen-address", err)
			}
			return fmt.Errorf("serve HTTP: %w", err)
		case err := <-damaged:
			return errors.Join(err, srv.Close())
		case <-a.opts.Reload:
			_ = a.Reload(ctx) // logged, and on /metrics
		case <-ctx.Done():
			a.log.Info("stopping")
			bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
			defer cancel()
			err := srv.Shutdown(bounded)
			<-failed
			return err
		}
	}
}
