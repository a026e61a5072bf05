// Package statetest has a ledger for tests that need no disk.
package statetest

import (
	"bytes"
	"maps"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Memory is a store of one source, whose name does not matter. It is no store to
// work with: what a transaction that failed has written stays.
type Memory map[state.Table]map[string][]byte

var _ state.Store = Memory(nil)

// Copy reads all tables of a source.
func Copy(store state.Store, source string) (Memory, error) {
	m := Memory{}
	err := store.View(func(from state.Tx) error {
		for _, t := range state.Tables {
			err := from.Scan(source, t, nil, func(k, v []byte) (bool, error) {
				return true, tx{m}.Put("", t, k, v)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return m, err
}

// With returns a copy in which a key has a value.
func (m Memory) With(t state.Table, key, value []byte) Memory {
	c := m.Clone()
	_ = tx{c}.Put("", t, key, value) // never an error
	return c
}

// Clone returns a copy. The values are shared: nothing changes them.
func (m Memory) Clone() Memory {
	c := Memory{}
	for t, values := range m {
		c[t] = maps.Clone(values)
	}
	return c
}

// Update implements [state.Store].
func (m Memory) Update(fn func(state.Tx) error) error { return fn(tx{m}) }

// View implements [state.Store].
func (m Memory) View(fn func(state.Tx) error) error { return fn(tx{m}) }

// Sources implements [state.Store].
func (Memory) Sources() ([]string, error) { return nil, nil }

// Drop implements [state.Store].
func (m Memory) Drop(string) error { clear(m); return nil }

// Size implements [state.Store].
func (Memory) Size() (int64, error) { return 0, nil }

// Close implements [state.Store].
func (Memory) Close() error { return nil }

type tx struct{ m Memory }

func (x tx) Get(_ string, t state.Table, key []byte) ([]byte, error) {
	return x.m[t][string(key)], nil
}

func (x tx) Put(_ string, t state.Table, key, value []byte) error {
	if x.m[t] == nil {
		x.m[t] = map[string][]byte{}
	}
	x.m[t][string(key)] = append([]byte{}, value...)
	return nil
}

func (x tx) PutHot(source string, t state.Table, key, value []byte) error {
	return x.Put(source, t, key, value)
}

func (x tx) Delete(_ string, t state.Table, key []byte) error {
	delete(x.m[t], string(key))
	return nil
}

func (x tx) Scan(_ string, t state.Table, from []byte, fn func(k, v []byte) (bool, error)) error {
	for _, k := range slices.Sorted(maps.Keys(x.m[t])) {
		if bytes.Compare([]byte(k), from) < 0 {
			continue
		}
		if more, err := fn([]byte(k), x.m[t][k]); err != nil || !more {
			return err
		}
	}
	return nil
}
