package engine

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Source is one helpdesk account in the engine. Apply, Book and their like are
// for one goroutine, the one that polls; everything else may be called by any.
type Source struct {
	engine   *Engine
	opts     SourceOptions
	families []*kpi.Family       // of facts, that this source can give
	fixed    []prometheus.Metric // what the configuration alone says
	counts   *counts

	// mu guards what scrapes read: all below. It is held for writing only to
	// swap in what a commit has made durable.
	mu            sync.RWMutex
	meta          meta
	streams       map[helpdesk.Stream]StreamState
	series        map[string]*series
	live          *live
	labels        *labelValues
	agents        map[string]helpdesk.Agent
	teams         map[string]helpdesk.Team
	conversations int
	forbidden     map[helpdesk.Stream]bool
	skew          time.Duration
	took          time.Duration // the last good round, see Interval
	watch         func(ids []string)
	presence      presence
	gathered      []gathered

	scratch   []byte              // of what is written, again and again
	lost      int                 // how often what was gathered could not be stored
	memos     map[string][]byte   // of what is gathered; nil: there is none under the key any more
	miscounts int                 // how often a vendor's count of messages was wrong
	roll      *roll               // the walk over the agents that is under way; nil: none that is whole
	fresh     map[string][]string // groups that were seen and have no series yet, by key
}

func newSource(e *Engine, o SourceOptions) *Source {
	if o.Promised == nil {
		o.Promised = func(helpdesk.Channel, kpi.Clock) (Promise, bool) { return Promise{}, false }
	}
	s := &Source{
		engine: e, opts: o, counts: e.opts.Counts.source(o.Name),
		streams: map[helpdesk.Stream]StreamState{}, series: map[string]*series{}, live: newLive(),
		agents: map[string]helpdesk.Agent{}, teams: map[string]helpdesk.Team{},
		forbidden: map[helpdesk.Stream]bool{}, fresh: map[string][]string{}, memos: map[string][]byte{},
	}
	s.labels = newLabelValues(o.LabelLimit, s.counts)
	for _, f := range kpi.FactFamilies {
		if s.gives(f) {
			s.families = append(s.families, f)
		}
	}
	s.fixed = s.limits()
	return s
}

// gives reports whether the source's vendor and configuration can tell a family.
func (s *Source) gives(f *kpi.Family) bool {
	switch {
	case f.Business && s.opts.Policy.Schedule == nil:
		return false
	case f.Scope == kpi.ScopeAgent && s.opts.Agents == AgentsOff:
		return false
	}
	return f.Told(s.opts.Profile, s.opts.Profile.Capabilities)
}

// Name is the source's name.
func (s *Source) Name() string { return s.opts.Name }

// Profile describes the source's vendor.
func (s *Source) Profile() helpdesk.Profile { return s.opts.Profile }

var (
	metaKey   = []byte("meta")
	streamKey = []byte("stream/")
)
