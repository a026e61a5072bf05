package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// While a lease lasts, it is renewed so many times, and what is free is looked at
// so many times.
const (
	renewals = 3
	looks    = 6
)

// sharing is what this replica polls of the sources of a shared ledger. A zero
// one is of a ledger that is not shared: everything is polled here.
type sharing struct {
	on     bool
	mu     sync.Mutex
	mine   map[string]bool // at work here
	share  state.Share     // as it was last seen
	waited map[string]bool // free, and left to another replica
	failed map[string]error
}

func (s *sharing) begin() {
	s.on, s.mine, s.waited, s.failed = true, map[string]bool{}, map[string]bool{}, map[string]error{}
}

// retry lets damaged sources be looked at again.
func (s *sharing) retry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.failed)
}

// damaged reports whether a source was found damaged: it is not read again and
// again.
func (s *sharing) damaged(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Is(s.failed[name], state.ErrDamaged)
}

// here reports whether this replica polls a source.
func (s *sharing) here(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.on || s.mine[name]
}

func (s *sharing) set(name string, here bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if here {
		s.mine[name] = true
	} else {
		delete(s.mine, name)
	}
}

// names are the sources at work here, sorted.
func (s *sharing) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.mine))
}

// others are the configured sources that this replica does not poll.
func (s *sharing) others(cfg *config.Validated) (all []elsewhereView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, src := range cfg.Sources {
		if s.on && !s.mine[src.Name] {
			all = append(all, elsewhereView{src.Name, s.share.Holders[src.Name], s.failed[src.Name]})
		}
	}
	return all
}

// unready lists the sources that nobody polls.
func (s *sharing) unready(cfg *config.Validated) (lines []string) {
	for _, o := range s.others(cfg) {
		switch {
		case o.Err != nil:
			lines = append(lines, fmt.Sprintf("source %s: %v", o.Source, o.Err))
		case o.Replica == "":
			lines = append(lines, fmt.Sprintf("source %s: no replica polls it yet", o.Source))
		}
	}
	return lines
}

// takePart begins to take part in a shared ledger: one loop keeps what this replica
// has, another one gives and takes.
func (a *App) takePart(ctx context.Context) {
	renew := func() {
		if err := a.shared.Renew(a.wants()); err != nil && ctx.Err() == nil {
			a.log.Warn("leases not renewed", "err", err)
		}
	}
	renew() // the others are to know of this one before anything is shared
	a.writing.Go(func() { a.every(ctx, renewals, renew) })
	a.writing.Go(func() { a.every(ctx, looks, func() { a.balance(ctx) }) })
}

// every does something at once and then so many times while a lease lasts.
func (a *App) every(ctx context.Context, times time.Duration, do func()) {
	tick := time.NewTicker(a.shared.Lasting() / times)
	defer tick.Stop()
	for ctx.Err() == nil {
		do()
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// wants are the sources that this replica would poll.
func (a *App) wants() (names []string) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.desks != nil {
		for _, s := range a.desks.cfg.Sources {
			names = append(names, s.Name)
		}
	}
	return names
}

// balance stops what this replica has lost, takes what is free, and gives away
// what is beyond its share.
func (a *App) balance(ctx context.Context) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	a.loseLeases(ctx)
	s, err := a.shared.Share()
	if err != nil {
		if ctx.Err() == nil {
			a.log.Warn("the shares of the replicas are not known", "err", err)
		}
		return
	}
	a.sharing.mu.Lock()
	a.sharing.share = s
	waited := a.sharing.waited
	a.sharing.mu.Unlock()
	claim, left := s.Free(a.shared.Replica(), waited)
	a.sharing.mu.Lock()
	a.sharing.waited = map[string]bool{}
	for _, name := range left {
		a.sharing.waited[name] = true
	}
	a.sharing.mu.Unlock()
	if a.claim(ctx, claim) {
		return
	}
	if name := s.Spare(a.shared.Replica()); name != "" && a.sharing.here(name) {
		a.log.Info("source given to another replica", "helpdesk", name)
		a.leave(ctx, name)
	}
}

// loseLeases stops the sources whose leases this replica has no more, or needs
// no more.
func (a *App) loseLeases(ctx context.Context) {
	a.mu.RLock()
	cfg := a.desks.cfg
	a.mu.RUnlock()
	var lost []string
	for _, name := range a.sharing.names() {
		if !configured(cfg, name) {
			lost = append(lost, name)
		} else if !a.shared.Holds(name) {
			a.log.Warn("lease lost: the source is left to the other replicas", "helpdesk", name)
			lost = append(lost, name)
		}
	}
	a.leave(ctx, lost...)
}

// leave stops sources, and then gives their leases back.
func (a *App) leave(ctx context.Context, names ...string) {
	if len(names) == 0 {
		return
	}
	for _, name := range names {
		a.sharing.set(name, false)
	}
	a.resume(ctx)
	for _, name := range names {
		if err := a.shared.Release(name); err != nil {
			a.log.Warn("lease not given back: it runs out", "helpdesk", name, "err", err)
		}
	}
}

// claim takes the leases of sources, and starts to poll those that it got. It
// reports whether it got any.
func (a *App) claim(ctx context.Context, names []string) bool {
	got := false
	for _, name := range names {
		if a.sharing.damaged(name) {
			continue
		}
		ok, err := a.shared.Claim(name)
		a.fail(name, err)
		if ok {
			a.log.Info("source taken", "helpdesk", name, "replica", a.shared.Replica())
			a.sharing.set(name, true)
			a.writing.Go(func() { a.verify(ctx, name) })
			got = true
		}
	}
	if got {
		a.resume(ctx)
	}
	return got
}

// verify reads all of a source that was taken, beside the work on it. What is
// damaged is given up: nothing of it was used, for what is read is verified, too.
func (a *App) verify(ctx context.Context, name string) {
	for {
		err := a.shared.Verify(ctx, name)
		switch {
		case err == nil || ctx.Err() != nil:
			return
		case errors.Is(err, state.ErrDamaged):
			a.fail(name, err)
			a.reloading.Lock()
			defer a.reloading.Unlock()
			a.leave(ctx, name)
			return
		}
		a.log.Warn("the history is not verified yet", "helpdesk", name, "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(a.shared.Lasting()): // by then it is held again, or lost
		}
	}
}

// fail notes why a source cannot be polled, and logs it once.
func (a *App) fail(name string, err error) {
	a.sharing.mu.Lock()
	defer a.sharing.mu.Unlock()
	was := a.sharing.failed[name]
	if err == nil {
		delete(a.sharing.failed, name)
		return
	}
	a.sharing.failed[name] = err
	if was == nil || was.Error() != err.Error() {
		a.log.Error("source not polled here", "helpdesk", name, "err", err)
	}
}

// resume puts the configuration in force for the sources that are here now. What
// could not be opened is given back, and taken again by whoever can.
func (a *App) resume(ctx context.Context) {
	a.mu.RLock()
	cfg := a.desks.cfg
	a.mu.RUnlock()
	err := a.apply(ctx, cfg)
	if err != nil && !errors.Is(err, context.Canceled) {
		a.log.Error("sources not opened", "err", err)
	}
	a.mu.RLock()
	at := maps.Clone(a.desks.all)
	a.mu.RUnlock()
	for _, name := range a.sharing.names() {
		if at[name] == nil && configured(cfg, name) {
			a.sharing.set(name, false)
			if err := a.shared.Release(name); err != nil {
				a.log.Warn("lease not given back: it runs out", "helpdesk", name, "err", err)
			}
		}
	}
}

// gatherer is what a scrape shows. A replica shows nothing of the sources that it
// does not hold when the scrape ends: that of the one that holds it is the truth.
func (a *App) gatherer() prometheus.Gatherer {
	if a.shared == nil {
		return a.registry
	}
	return held{a.registry, a.shared.Holds}
}

type held struct {
	prometheus.Gatherer
	holds func(source string) bool
}

// Gather implements prometheus.Gatherer.
func (h held) Gather() ([]*dto.MetricFamily, error) {
	families, err := h.Gatherer.Gather()
	known := map[string]bool{}
	families = slices.DeleteFunc(families, func(f *dto.MetricFamily) bool {
		f.Metric = slices.DeleteFunc(f.Metric, func(m *dto.Metric) bool {
			for _, l := range m.Label {
				if l.GetName() != "source" {
					continue
				}
				holds, asked := known[l.GetValue()]
				if !asked {
					holds = h.holds(l.GetValue())
					known[l.GetValue()] = holds
				}
				return !holds
			}
			return false
		})
		return len(f.Metric) == 0
	})
	return families, err
}
