package engine

import (
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Kinds of corrections.
const (
	correctedUpdate = "missed_update" // the sweep showed a newer row than the streams had
	correctedClose  = "missed_close"  // it is closed, and no stream told
	correctedGone   = "vanished"      // it is deleted, merged or excluded, and no stream told
)

// Missing wants a fresh look at every conversation that the ledger holds in a
// queue and a sweep of the vendor's open set, begun at the given instant, did
// not list. What changed since then is not missing. It returns their ids.
func (s *Source) Missing(listed map[string]bool, begun time.Time) ([]string, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	var ids []string
	err := s.engine.update(func(tx state.Tx) error {
		ids = ids[:0]
		for id := range s.live.entries {
			if listed[id] {
				continue
			}
			c, err := s.conversation(tx, id)
			if err != nil {
				return err
			}
			if c == nil || c.Row == nil || c.Seen >= begun.UnixNano() || c.Row.Updated >= begun.UnixNano() {
				continue
			}
			ids = append(ids, id)
			if err := s.want(tx, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for conversations that left the queue: %w", err)
	}
	return ids, nil
}

// Corrected counts what a fresh look at the missing conversations put right.
func (s *Source) Corrected(ids []string) error {
	if err := s.Flush(); err != nil {
		return err
	}
	counts := map[string]uint64{}
	err := s.engine.opts.Store.View(func(tx state.Tx) error {
		for _, id := range ids {
			c, err := s.conversation(tx, id)
			if err != nil {
				return err
			}
			switch {
			case c == nil, c.Gone, c.Row == nil, c.Row.Excluded != helpdesk.NotExcluded, exclusion(c.Items) != helpdesk.NotExcluded:
				counts[correctedGone]++
			case c.Row.Status == helpdesk.StatusClosed:
				counts[correctedClose]++
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count corrections: %w", err)
	}
	for k, n := range counts {
		s.counts.correct(k, n)
	}
	return nil
}

// corrects reports whether a row of the open set is news that the streams
// should have told before. A later stamp alone is none: a new subject moves it.
func (a *application) corrects(t *touched, row *kpi.Row) bool {
	if a.stream != helpdesk.StreamOpen || !a.s.meta.Synced || row.Updated == 0 || row.Updated > a.mark {
		return false
	}
	if t.fresh || t.Row == nil {
		return true
	}
	stamped := *t.Row
	stamped.Updated, stamped.Due = row.Updated, row.Due
	return row.Updated > t.Row.Updated && stamped != *row
}
