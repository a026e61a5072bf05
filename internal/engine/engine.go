// Package engine applies records exactly once and owns the numbers: it keeps
// the conversations in the ledger, books their facts up to the source's
// watermark, holds the values of the metrics, and exposes them. It opens no
// connection and reads no clock: time is passed in, except at a scrape.
package engine

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// AgentLabels says whether and how metrics name agents.
type AgentLabels uint8

// How agents are named.
const (
	AgentsOff AgentLabels = iota
	AgentsByID
	AgentsByName
)

// Promise is what the team promises on one channel and clock.
type Promise struct {
	Tier      kpi.Tier
	Objective float64
}

// SourceOptions is everything that the engine needs to know of a source.
type SourceOptions struct {
	Name         string
	Policy       *kpi.Policy
	Profile      helpdesk.Profile
	PollInterval time.Duration
	Lookback     time.Duration
	Book         bool // count what the first sync finds
	Retention    time.Duration
	LabelLimit   int
	Agents       AgentLabels
	// Promised returns the promise of a clock on a channel; false when there is none.
	Promised func(helpdesk.Channel, kpi.Clock) (Promise, bool)
}

// Options configure an Engine.
type Options struct {
	Store state.Store
	// Labels are the extra dimensions of conversation metrics, in order.
	Labels []helpdesk.LabelName
	Logger *slog.Logger
	// Now is the machine's clock, for scrapes and for what waits. Tests set it.
	Now func() time.Time
	// Counts are what the counters of operation go on from; nil: they are new.
	Counts *Counts
	// Gather is how long what was read may wait to be stored together with what
	// is read next, and with its booking; 0: each page is stored at once.
	Gather time.Duration
	// Committed observes the duration of each durable commit; nil: nobody does.
	Committed func(time.Duration)
}

// Engine holds the sources of one configuration over one store.
type Engine struct {
	opts    Options
	descs   descs
	mu      sync.RWMutex
	sources []*Source // by name
}

// DefaultGather loses little to a crash, and is longer than most rounds.
const DefaultGather = time.Second

// New returns an engine without sources.
func New(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Committed == nil {
		o.Committed = func(time.Duration) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Counts == nil {
		o.Counts = NewCounts()
	}
	return &Engine{opts: o, descs: newDescs(o.Labels)}
}

// Open loads a source from the store and adds it. Opening a source whose
// configuration changed starts the families that the change affects at 0.
func (e *Engine) Open(o SourceOptions) (*Source, error) {
	s := newSource(e, o)
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("load source %s from the ledger: %w", o.Name, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	i, found := slices.BinarySearchFunc(e.sources, o.Name, func(s *Source, n string) int { return cmp.Compare(s.opts.Name, n) })
	if found {
		return nil, fmt.Errorf("source %s is open already", o.Name)
	}
	e.sources = slices.Insert(e.sources, i, s)
	return s, nil
}

// Sources returns the open sources, by name.
func (e *Engine) Sources() []*Source {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return slices.Clone(e.sources)
}

// update runs a durable transaction and tells how long it took.
func (e *Engine) update(fn func(state.Tx) error) error {
	start := time.Now()
	err := e.opts.Store.Update(fn)
	if err == nil {
		e.opts.Committed(time.Since(start))
	}
	return err
}
