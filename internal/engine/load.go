package engine

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
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
	s.skew, s.took = time.Duration(s.meta.Skew), time.Duration(s.meta.Took)
	for _, stream := range s.meta.Forbidden {
		s.forbidden[stream] = true
	}
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
		switch string(k) {
		case string(metaKey):
			return true, decode(v, &s.meta)
		case string(presenceKey):
			return true, decode(v, &s.presence)
		}
		stream, found := bytes.CutPrefix(k, streamKey)
		if !found {
			return false, fmt.Errorf("%w: a position has a name that none has", state.ErrDamaged)
		}
		var st StreamState
		if err := decode(v, &st); err != nil {
			return false, err
		}
		s.streams[helpdesk.Stream(stream)] = st
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
		if len(values)+1 != len(LabelNames(f, s.meta.Shape.Labels)) || !n.sound() {
			return false, fmt.Errorf("%w: a series of %s holds impossible values", state.ErrDamaged, name)
		}
		if h := n.stored.Hist; h != nil && h.Native == nil {
			h.Native = map[int32]uint64{}
		}
		s.series[string(k)] = n
		return true, nil
	})
}

// loadLive reads the queue. Of a long one, decoding takes most of the time of a
// start: all processors do it.
func (s *Source) loadLive(tx state.Tx) error {
	var ids []string
	var values [][]byte
	err := tx.Scan(s.opts.Name, state.TableLive, nil, func(k, v []byte) (bool, error) {
		ids, values = append(ids, string(k)), append(values, v)
		return true, nil
	})
	if err != nil {
		return err
	}
	entries, err := decodeLive(values)
	if err != nil {
		return err
	}
	s.live.fill(ids, entries)
	return nil
}

func decodeLive(values [][]byte) ([]*liveEntry, error) {
	entries := make([]*liveEntry, len(values))
	parts := make([]error, runtime.GOMAXPROCS(0))
	var done sync.WaitGroup
	for part := range parts {
		done.Go(func() {
			for i := part * len(values) / len(parts); i < (part+1)*len(values)/len(parts); i++ {
				e := new(liveEntry)
				if parts[part] = e.decode(values[i]); parts[part] != nil {
					return
				}
				entries[i] = e
			}
		})
	}
	done.Wait()
	if err := errors.Join(parts...); err != nil {
		return nil, err
	}
	return entries, nil
}

func (e *liveEntry) decode(b []byte) error {
	if err := decode(b, e); err != nil {
		return err
	}
	if !e.Status.Live() || len(e.Values) == 0 || e.Clock >= kpi.ClockCount {
		return fmt.Errorf("%w: a live entry holds impossible values", state.ErrDamaged)
	}
	return nil
}

// countConversations counts those of a ledger that does not say how many it has.
func (s *Source) countConversations(tx state.Tx) error {
	if s.meta.Tracked > 0 {
		s.conversations = s.meta.Tracked - 1
		return nil
	}
	return tx.Scan(s.opts.Name, state.TableConversations, nil, func(_, _ []byte) (bool, error) {
		s.conversations++
		return true, nil
	})
}
