package engine

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

var _ helpdesk.Memory = (*Source)(nil)

// putMemos stores what the collector remembers of a page.
func (s *Source) putMemos(tx state.Tx, memos []helpdesk.Memo) error {
	for _, m := range memos {
		var err error
		if m.Value == nil {
			err = tx.Delete(s.opts.Name, state.TableMemos, []byte(m.Key))
		} else {
			err = tx.Put(s.opts.Name, state.TableMemos, []byte(m.Key), m.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Recall implements [helpdesk.Memory].
func (s *Source) Recall(keys ...string) (map[string][]byte, error) {
	values := make(map[string][]byte, len(keys))
	err := s.engine.opts.Store.View(func(tx state.Tx) error {
		for _, k := range keys {
			v, gathered := s.memos[k]
			if !gathered {
				var err error
				if v, err = tx.Get(s.opts.Name, state.TableMemos, []byte(k)); err != nil {
					return err
				}
			}
			if v != nil {
				values[k] = bytes.Clone(v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what the collector remembers: %w", err)
	}
	return values, nil
}

// Memos implements [helpdesk.Memory].
func (s *Source) Memos(prefix string) ([]helpdesk.Memo, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	var memos []helpdesk.Memo
	err := s.engine.opts.Store.View(func(tx state.Tx) error {
		memos = nil
		return tx.Scan(s.opts.Name, state.TableMemos, []byte(prefix), func(k, v []byte) (bool, error) {
			if !bytes.HasPrefix(k, []byte(prefix)) {
				return false, nil
			}
			memos = append(memos, helpdesk.Memo{Key: string(k), Value: slices.Clone(v)})
			return true, nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list what the collector remembers: %w", err)
	}
	return memos, nil
}
