package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Begin notes when the source was first started, on the helpdesk's clock: once,
// later calls change nothing.
func (s *Source) Begin(now time.Time) error {
	if s.meta.FirstStart != 0 {
		return nil
	}
	m := s.meta
	m.FirstStart = now.UnixNano()
	m.Horizon = now.Add(-s.opts.Lookback).UnixNano()
	m.Floor = m.FirstStart
	if s.opts.Book {
		m.Floor = m.Horizon
	}
	return s.saveMeta(m)
}

func (s *Source) saveMeta(m meta) error {
	if err := s.engine.update(func(tx state.Tx) error { return s.putMeta(tx, m) }); err != nil {
		return fmt.Errorf("store the position of %s: %w", s.opts.Name, err)
	}
	s.mu.Lock()
	s.meta = m
	s.mu.Unlock()
	return nil
}

// Horizon is how far back history is wanted.
func (s *Source) Horizon() time.Time { return kpi.Time(s.meta.Horizon) }

// Begun reports whether the source was ever started.
func (s *Source) Begun() bool { return s.meta.FirstStart != 0 }

// Watermark is the instant up to which facts are booked.
func (s *Source) Watermark() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return kpi.Time(s.meta.Watermark)
}

// Synced reports whether the first sync is complete and its facts are booked.
func (s *Source) Synced() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.meta.Synced
}

// Wants lists up to n single things to be fetched.
func (s *Source) Wants(n int) ([]helpdesk.Want, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	var wants []helpdesk.Want
	err := s.engine.opts.Store.View(func(tx state.Tx) error {
		return tx.Scan(s.opts.Name, state.TableWants, nil, func(k, _ []byte) (bool, error) {
			wants = append(wants, splitWantKey(k))
			return len(wants) < n, nil
		})
	})
	return wants, err
}

// SetSkew tells the measured difference of the helpdesk's clock to ours.
func (s *Source) SetSkew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = d
}

// SetInterval tells how long a round really takes: the effective poll interval.
// The next booking stores it.
func (s *Source) SetInterval(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = d
}

func (s *Source) effective() time.Duration { return max(s.took, s.opts.PollInterval) }

// SetForbidden tells whether the plan or the account's rights forbid a stream.
// The next booking stores it.
func (s *Source) SetForbidden(stream helpdesk.Stream, forbidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forbidden[stream] = forbidden
}

// Forbidden reports whether the plan or the account's rights forbid a stream.
func (s *Source) Forbidden(stream helpdesk.Stream) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.forbidden[stream]
}

// forbiddenStreams lists the streams that are forbidden, sorted.
func (s *Source) forbiddenStreams() []helpdesk.Stream {
	var streams []helpdesk.Stream
	for stream, forbidden := range s.forbidden {
		if forbidden {
			streams = append(streams, stream)
		}
	}
	slices.Sort(streams)
	return streams
}

// Fresh reports whether the source's live numbers may be shown at an instant of
// the machine's clock.
func (s *Source) Fresh(now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.isFresh(now)
}

func (s *Source) isFresh(now time.Time) bool {
	limit := 3 * s.effective()
	good := now.Sub(kpi.Time(s.meta.Good))
	return s.meta.Synced &&
		good < limit && good > -limit && // the machine's clock may have been set back since
		now.Add(s.skew).Sub(kpi.Time(s.meta.Watermark)) < max(lateAfter, limit)
}
