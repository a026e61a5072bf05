package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sort"
	"sync"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/version"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
)

// desks are the sources of one configuration, at work.
type desks struct {
	cfg    *config.Validated
	engine *engine.Engine
	all    map[string]*desk
	ears   map[string]*ear
}

// ear takes what a helpdesk pushes to a replica that does not poll the source: it
// may reach any. A good delivery is answered and let go, as if it had been lost:
// the next round of the one that polls reads the same.
type ear struct {
	conn *collectors.Connection
	hook http.Handler
}

// desk is one source at work.
type desk struct {
	cfg    config.Source
	conn   *collectors.Connection
	source *engine.Source
	poller *poll.Poller
	hook   http.Handler // of what the helpdesk pushes; nil where it pushes nothing
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (d *desks) names() []string {
	names := make([]string, 0, len(d.all))
	for n := range d.all {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func (d *desks) stop() {
	for _, k := range d.all {
		k.cancel()
	}
	for _, k := range d.all {
		k.stop()
	}
	d.deafen()
}

func (d *desks) deafen() {
	for _, e := range d.ears {
		e.conn.Client.Close()
	}
}

// stop waits until the source is not polled any more.
func (k *desk) stop() {
	k.cancel()
	k.done.Wait()
	k.conn.Client.Close()
}

// apply puts a configuration in force. Sources that it does not change go on
// undisturbed. Nothing is stopped before everything new could be made.
func (a *App) apply(ctx context.Context, cfg *config.Validated) error {
	a.mu.RLock()
	old := a.desks
	a.mu.RUnlock()
	if old != nil {
		a.unready() // once ready, ready it stays: also when nobody has asked yet
	}
	next := &desks{cfg: cfg, all: map[string]*desk{}, ears: map[string]*ear{}}
	if old != nil && reflect.DeepEqual(labels(old.cfg), labels(cfg)) {
		next.engine = old.engine
	} else {
		next.engine = engine.New(engine.Options{
			Store: a.store, Labels: labels(cfg), Logger: a.log, Counts: a.counts, Committed: a.process.committed,
			Gather: engine.DefaultGather,
		})
	}
	transport, err := alert.Transport(cfg.Alerting)
	if err != nil {
		return err
	}
	target, err := a.rulesTarget(cfg)
	if err != nil {
		return err
	}
	fresh, err := a.connect(cfg, old, next)
	if err != nil {
		return err
	}
	a.stopPushing()
	if old != nil {
		a.retire(old, next)
		old.deafen()
	}
	a.forget(cfg)
	var errs []error
	for _, k := range fresh {
		if err := a.open(ctx, next, k); err != nil {
			k.conn.Client.Close()
			errs = append(errs, err)
		}
	}
	pusher, err := a.push(next, transport)
	if err != nil {
		errs = append(errs, err)
	}
	a.mu.Lock()
	a.desks, a.pusher = next, pusher
	a.mu.Unlock()
	a.boards.Set(a.boardsTarget(cfg))
	a.rules.Set(target)
	return errors.Join(errs...)
}

// dialing are the options of the transport to helpdesks.
func (a *App) dialing() []promconfig.HTTPClientOption {
	if a.opts.Dial == nil {
		return nil
	}
	return []promconfig.HTTPClientOption{promconfig.WithDialContextFunc(a.opts.Dial)}
}

// labels are the extra dimensions, the same for all sources.
func labels(cfg *config.Validated) []helpdesk.LabelName {
	if len(cfg.Sources) == 0 {
		return nil
	}
	return cfg.Sources[0].Labels
}

// connect keeps the desks that go on and makes the connections of the others.
func (a *App) connect(cfg *config.Validated, old, next *desks) ([]*desk, error) {
	var fresh []*desk
	for _, s := range cfg.Sources {
		if !a.sharing.here(s.Name) {
			if err := a.listen(next, s); err != nil {
				return nil, err
			}
			continue
		}
		if old != nil && old.engine == next.engine {
			if k := old.all[s.Name]; k != nil && reflect.DeepEqual(k.cfg, s) {
				next.all[s.Name] = k
				continue
			}
		}
		conn, err := collectors.Connect(s, a.metrics.Source(s.Name), userAgent(), a.dialing()...)
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, &desk{cfg: s, conn: conn})
	}
	return fresh, nil
}

// listen takes deliveries for a source that another replica polls.
func (a *App) listen(d *desks, s config.Source) error {
	if s.WebhookSecretFile == "" {
		return nil
	}
	conn, err := collectors.Connect(s, nil, userAgent())
	if err != nil {
		return err
	}
	d.ears[s.Name] = &ear{conn, a.receiver(s, conn, func([]string) {}, func(string) {})}
	return nil
}

func (a *App) receiver(s config.Source, conn *collectors.Connection, hint func([]string), count func(string)) *hook.Receiver {
	return hook.NewReceiver(hook.Options{
		Verify: conn.Hook, SecretFile: s.WebhookSecretFile, Hint: hint, Count: count,
		Now: func() time.Time { return time.Now().Add(conn.Client.Skew()) }, Logger: a.log.With("helpdesk", s.Name),
	})
}

func userAgent() string { return "helpdesk_exporter/" + version.Version }

// retire stops the desks that do not go on.
func (a *App) retire(old, next *desks) {
	for name, k := range old.all {
		if next.all[name] == k {
			continue
		}
		k.stop()
		old.engine.Close(name)
		if gone := !configured(next.cfg, name); gone || !a.sharing.here(name) {
			a.metrics.Forget(name)
			a.pushes.Forget(name)
			if gone {
				a.log.Info("source removed: its ledger is kept for the retention", "helpdesk", name)
			} else {
				a.counts.Forget(name)
			}
		}
	}
}

func configured(cfg *config.Validated, name string) bool {
	for _, s := range cfg.Sources {
		if s.Name == name {
			return true
		}
	}
	return false
}

// forget drops the ledgers of sources that left the configuration long ago.
func (a *App) forget(cfg *config.Validated) {
	var names []string
	var retention time.Duration
	for _, s := range cfg.Sources {
		names = append(names, s.Name)
		retention = max(retention, s.Retention)
	}
	dropped, err := engine.Forget(a.store, names, retention, time.Now())
	if err != nil {
		a.log.Error("ledgers of removed sources stay", "err", err)
	}
	for _, name := range dropped {
		a.log.Info("ledger of a removed source dropped", "helpdesk", name)
	}
}

// open loads a source from the ledger and starts to poll it.
func (a *App) open(ctx context.Context, d *desks, k *desk) error {
	s, err := d.engine.Open(SourceOptions(k.cfg, k.conn.Collector.Profile()))
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	k.source = s
	k.poller = poll.New(poll.Options{
		Ledger: s, Collector: k.conn.Collector, API: k.conn.Client, Interval: k.cfg.PollInterval,
		ReconcileInterval: k.cfg.ReconcileInterval, Metrics: a.metrics.Streams(k.cfg.Name, k.conn.Collector.Profile()), Logger: a.log,
	})
	if k.conn.Hook != nil {
		k.hook = a.receiver(k.cfg, k.conn, k.poller.Hint, a.metrics.Deliveries(k.cfg.Name))
	}
	ctx, k.cancel = context.WithCancel(ctx)
	d.all[k.cfg.Name] = k
	k.done.Go(func() { k.poller.Run(ctx) })
	return nil
}

// SourceOptions are the engine's options of a configured source.
func SourceOptions(s config.Source, profile helpdesk.Profile) engine.SourceOptions {
	return engine.SourceOptions{
		Name: s.Name, Policy: &s.Policy, Profile: profile, PollInterval: s.PollInterval,
		Lookback: s.FirstSync.Lookback, Book: s.FirstSync.Book, Retention: s.Retention, LabelLimit: s.LabelLimit,
		Agents: agentLabels[s.Agents],
		Promised: func(ch helpdesk.Channel, c kpi.Clock) (engine.Promise, bool) {
			tier, objective, ok := s.Promise.For(ch, c)
			return engine.Promise{Tier: tier, Objective: objective}, ok
		},
	}
}

var agentLabels = map[config.AgentMode]engine.AgentLabels{
	config.AgentsOff: engine.AgentsOff, config.AgentsIDs: engine.AgentsByID, config.AgentsNames: engine.AgentsByName,
}
