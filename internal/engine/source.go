package engine

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Source is one helpdesk account in the engine. Apply, Book and their like are
// for one goroutine, the one that polls; everything else may be called by any.
type Source struct {
	engine   *Engine
	opts     SourceOptions
	families []*kpi.Family // of facts, that this source can give

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
	behind        map[helpdesk.Stream]uint64
	corrections   map[string]uint64
	skew          time.Duration
	interval      time.Duration // the effective poll interval

	miscounts int                 // how often a vendor's count of messages was wrong
	fresh     map[string][]string // groups that were seen and have no series yet, by key
}

func newSource(e *Engine, o SourceOptions) *Source {
	if o.Promised == nil {
		o.Promised = func(helpdesk.Channel, kpi.Clock) (Promise, bool) { return Promise{}, false }
	}
	s := &Source{
		engine: e, opts: o,
		streams: map[helpdesk.Stream]StreamState{}, series: map[string]*series{}, live: newLive(),
		labels: newLabelValues(o.LabelLimit), agents: map[string]helpdesk.Agent{}, teams: map[string]helpdesk.Team{},
		forbidden: map[helpdesk.Stream]bool{}, behind: map[helpdesk.Stream]uint64{}, corrections: map[string]uint64{},
		interval: o.PollInterval, fresh: map[string][]string{},
	}
	for _, f := range kpi.FactFamilies {
		if s.gives(f) {
			s.families = append(s.families, f)
		}
	}
	return s
}

// gives reports whether the source's vendor and configuration can tell a family.
func (s *Source) gives(f *kpi.Family) bool {
	switch {
	case f.Business && s.opts.Policy.Schedule == nil:
		return false
	case f.Scope == kpi.ScopeAgent && s.opts.Agents == AgentsOff:
		return false
	case f == kpi.Handoffs || f == kpi.HandoffSeconds:
		return s.opts.Profile.Capabilities[f.Needs] == helpdesk.Exact
	case f.Needs != "":
		return s.opts.Profile.Capabilities[f.Needs] != helpdesk.Absent
	}
	return true
}

// Name is the source's name.
func (s *Source) Name() string { return s.opts.Name }

// Profile describes the source's vendor.
func (s *Source) Profile() helpdesk.Profile { return s.opts.Profile }

var (
	metaKey   = []byte("meta")
	streamKey = []byte("stream/")
)

// load reads what a restart continues with.
func (s *Source) load() error {
	err := s.engine.opts.Store.View(func(tx state.Tx) error {
		return firstError(
			func() error { return s.loadMeta(tx) },
			func() error { return s.loadDirectory(tx) },
			func() error { return s.loadLabels(tx) },
			func() error { return s.loadSeries(tx) },
			func() error { return s.loadLive(tx) },
			func() error { return s.countConversations(tx) },
		)
	})
	if err != nil {
		return err
	}
	s.skew = time.Duration(s.meta.Skew)
	return s.reshape()
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) loadMeta(tx state.Tx) error {
	return tx.Scan(s.opts.Name, state.TableMeta, nil, func(k, v []byte) (bool, error) {
		if string(k) == string(metaKey) {
			return true, decode(v, &s.meta)
		}
		var st StreamState
		if err := decode(v, &st); err != nil {
			return false, err
		}
		s.streams[helpdesk.Stream(k[len(streamKey):])] = st
		return true, nil
	})
}

func (s *Source) loadDirectory(tx state.Tx) error {
	return tx.Scan(s.opts.Name, state.TableDirectory, nil, func(k, v []byte) (bool, error) {
		var e directoryEntry
		if err := decode(v, &e); err != nil {
			return false, err
		}
		switch e.Kind {
		case directoryAgent:
			s.agents[e.ID] = helpdesk.Agent{ID: e.ID, Name: e.Name, Bot: e.Bot}
		case directoryTeam:
			s.teams[e.ID] = helpdesk.Team{ID: e.ID, Name: e.Name, Channel: e.Channel}
		}
		return true, nil
	})
}

func (s *Source) loadLabels(tx state.Tx) error {
	return tx.Scan(s.opts.Name, state.TableLabels, nil, func(k, _ []byte) (bool, error) {
		s.labels.load(k)
		return true, nil
	})
}

func (s *Source) loadSeries(tx state.Tx) error {
	byName := map[string]*kpi.Family{}
	for _, f := range kpi.FactFamilies {
		byName[f.Name] = f
	}
	return tx.Scan(s.opts.Name, state.TableSeries, nil, func(k, v []byte) (bool, error) {
		name, values := splitSeriesKey(string(k))
		f := byName[name]
		if f == nil {
			return true, nil // of another version of the program: kept, not shown
		}
		n := &series{family: f, values: values}
		if err := decode(v, &n.stored); err != nil {
			return false, err
		}
		if h := n.stored.Hist; h != nil && h.Native == nil {
			h.Native = map[int32]uint64{}
		}
		s.series[string(k)] = n
		return true, nil
	})
}

func (s *Source) loadLive(tx state.Tx) error {
	return tx.Scan(s.opts.Name, state.TableLive, nil, func(k, v []byte) (bool, error) {
		e := new(liveEntry)
		if err := decode(v, e); err != nil {
			return false, err
		}
		if !e.Status.Live() || len(e.Values) == 0 || e.Clock >= kpi.ClockCount {
			return false, fmt.Errorf("%w: a live entry holds impossible values", state.ErrDamaged)
		}
		s.live.set(string(k), e)
		return true, nil
	})
}

func (s *Source) countConversations(tx state.Tx) error {
	return tx.Scan(s.opts.Name, state.TableConversations, nil, func(_, _ []byte) (bool, error) {
		s.conversations++
		return true, nil
	})
}

// reshape starts at 0 what a changed configuration has given another meaning:
// all conversation series when the labels changed, those of a clock and channel
// when their limits did. What is booked is not booked again.
func (s *Source) reshape() error {
	was, is := s.meta.Shape, s.shape()
	dropped := map[string]bool{}
	relabelled := was.Labels != nil && !slices.Equal(was.Labels, is.Labels)
	for k, n := range s.series {
		if relabelled && n.family.Scope == kpi.ScopeConversation || was.Limits != nil && s.limitsChanged(n, was, is) {
			dropped[k] = true
		}
	}
	if relabelled {
		s.engine.opts.Logger.Warn("labels changed: conversation metrics start at 0", "helpdesk", s.opts.Name)
	} else if len(dropped) > 0 {
		s.engine.opts.Logger.Warn("tier limits changed: affected metrics start at 0", "helpdesk", s.opts.Name, "series", len(dropped))
	}
	now := s.engine.opts.Now()
	changed := map[string]*series{}
	for k := range dropped {
		n := s.series[k]
		delete(s.series, k)
		if !relabelled {
			changed[k] = s.newSeries(n.family, n.values, now)
		}
	}
	if err := s.saveReshaped(is, dropped, changed, relabelled); err != nil {
		return err
	}
	maps.Copy(s.series, changed)
	s.meta.Shape = is
	if relabelled {
		s.live = newLive()
	}
	for _, n := range s.series {
		s.dress(n)
		if n.family.Scope == kpi.ScopeConversation && n.family == kpi.ConversationsOpened {
			s.live.group(n.values[:1+len(s.engine.opts.Labels)])
		}
	}
	return nil
}

func (s *Source) saveReshaped(is shape, dropped map[string]bool, changed map[string]*series, relabelled bool) error {
	if len(dropped) == 0 && !relabelled && reflect.DeepEqual(s.meta.Shape, is) {
		return nil
	}
	return s.engine.update(func(tx state.Tx) error {
		for k := range dropped {
			if err := tx.Delete(s.opts.Name, state.TableSeries, []byte(k)); err != nil {
				return err
			}
		}
		for k, n := range changed {
			if err := s.putSeries(tx, k, n); err != nil {
				return err
			}
		}
		if relabelled {
			if err := s.dueAll(tx); err != nil {
				return err
			}
		}
		m := s.meta
		m.Shape = is
		return s.putMeta(tx, m)
	})
}

// dueAll lets every conversation in a queue be measured again, under its new labels.
func (s *Source) dueAll(tx state.Tx) error {
	for id := range s.live.entries {
		c, err := s.conversation(tx, id)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if err := s.putConversation(tx, id, c, dueNow); err != nil {
			return err
		}
	}
	return nil
}

// shape is the part of the configuration that stored values depend on.
func (s *Source) shape() shape {
	sh := shape{Labels: slices.Clone(s.engine.opts.Labels), Limits: map[helpdesk.Channel][kpi.ClockCount]kpi.TierLimits{}}
	if sh.Labels == nil {
		sh.Labels = []helpdesk.LabelName{}
	}
	for _, ch := range helpdesk.Channels {
		var limits [kpi.ClockCount]kpi.TierLimits
		for _, c := range kpi.Clocks {
			limits[c] = s.opts.Policy.TierLimits(c, ch.Channel)
		}
		sh.Limits[ch.Channel] = limits
	}
	return sh
}

// limitsChanged reports whether a series was counted against other limits.
func (s *Source) limitsChanged(n *series, was, is shape) bool {
	var clocks []kpi.Clock
	switch {
	case n.family == kpi.SLAEvents:
		if c, ok := kpi.ParseClock(n.values[1+len(s.engine.opts.Labels)]); ok {
			clocks = append(clocks, c)
		}
	case n.family.Type == kpi.Histogram && n.family.Scope == kpi.ScopeConversation:
		clocks = limitClocks(n.family)
	}
	for _, c := range clocks {
		ch := helpdesk.Channel(n.values[0])
		if was.Limits[ch][c] != is.Limits[ch][c] {
			return true
		}
	}
	return false
}
