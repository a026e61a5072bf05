package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Forget drops from the store what it keeps of sources that are not configured
// any more and were last read longer than retention ago. It returns their names.
func Forget(store state.Store, configured []string, retention time.Duration, now time.Time) ([]string, error) {
	names, err := store.Sources()
	if err != nil {
		return nil, fmt.Errorf("list the sources of the ledger: %w", err)
	}
	var dropped []string
	for _, name := range names {
		if slices.Contains(configured, name) {
			continue
		}
		last, err := lastRead(store, name)
		if err != nil {
			return dropped, fmt.Errorf("source %s: %w", name, err)
		}
		if now.Sub(last) <= retention {
			continue
		}
		err = store.Drop(name)
		if errors.Is(err, state.ErrHeld) {
			continue // another replica polls it
		}
		if err != nil {
			return dropped, fmt.Errorf("drop source %s from the ledger: %w", name, err)
		}
		dropped = append(dropped, name)
	}
	return dropped, nil
}

// lastRead is when a round of a source was last good, else when it was first started.
func lastRead(store state.Store, name string) (time.Time, error) {
	var m meta
	err := store.View(func(tx state.Tx) error {
		b, err := tx.Get(name, state.TableMeta, metaKey)
		if err != nil || b == nil {
			return err
		}
		return decode(b, &m)
	})
	return kpi.Time(max(m.Good, m.FirstStart)), err
}
