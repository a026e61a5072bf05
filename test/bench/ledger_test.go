package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// ledger is a kind of ledger. Each call of fresh is a new one, which open opens,
// again and again.
type ledger struct {
	name   string
	fresh  func(b *testing.B) (open func() (state.Store, error))
	copied bool // from a file that was filled: to fill it itself takes an hour
}

// ledgers are the kinds: PostgreSQL is one where a server is, see
// ledger_postgres_test.go.
var ledgers = []ledger{{name: "bbolt", fresh: func(b *testing.B) func() (state.Store, error) {
	path := filepath.Join(b.TempDir(), "ledger.db")
	return func() (state.Store, error) { return state.OpenBolt(path) }
}}}

// BenchmarkLedger compares the kinds of ledgers: the durable commit of a page of
// 100 new conversations beside 10,000, and the restart of an exporter, from the
// opening of the ledger, which is verified, to a source that is ready to poll.
//
//	scripts/postgres run go test -tags postgres -run '^$' -bench Ledger -count 6 ./test/bench
func BenchmarkLedger(b *testing.B) {
	sizes, beside := []int{1_000, 10_000, 100_000, 1_000_000}, population{10_000, 1000}
	if testing.Short() {
		sizes, beside = sizes[:1], population{1000, 100}
	}
	for _, l := range ledgers {
		b.Run("engine="+l.name+"/commit", func(b *testing.B) { benchmarkCommit(b, l, beside) })
		for _, tracked := range sizes {
			b.Run(fmt.Sprintf("engine=%s/restart=%d", l.name, tracked), func(b *testing.B) { benchmarkRestart(b, l, population{tracked, tracked / 10}) })
		}
	}
}

func benchmarkCommit(b *testing.B, l ledger, p population) {
	d := l.filled(b, l.fresh(b), p)
	defer d.store.Close()
	for n := p.tracked; b.Loop(); n += 100 {
		b.StopTimer()
		var page []helpdesk.Record
		for i := range 100 {
			page = append(page, life(n+i, d.now, true)...)
		}
		b.StartTimer()
		if err := d.commit(page); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkRestart(b *testing.B, l ledger, p population) {
	open := l.fresh(b)
	if err := l.filled(b, open, p).store.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		store, err := open()
		if err != nil {
			b.Fatal(err)
		}
		d, err := openOn(store, filledAt)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := d.store.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// filled is a desk over a ledger that has a population.
func (l ledger) filled(b *testing.B, open func() (state.Store, error), p population) *desk {
	b.Helper()
	if l.copied {
		file := ledgers[0].filled(b, ledgers[0].fresh(b), p)
		if err := errors.Join(copyLedger(open, file.store), file.store.Close()); err != nil {
			b.Fatal(err)
		}
	}
	store, err := open()
	if err != nil {
		b.Fatal(err)
	}
	d, err := openOn(store, filledAt)
	if err != nil {
		b.Fatal(err)
	}
	if !l.copied {
		err = d.fill(p)
	}
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// copyLedger copies what a ledger has of the source.
func copyLedger(open func() (state.Store, error), from state.Store) error {
	to, err := open()
	if err != nil {
		return err
	}
	err = from.View(func(read state.Tx) error {
		return to.Update(func(write state.Tx) error {
			for _, table := range state.Tables {
				err := read.Scan(sourceName, table, nil, func(k, v []byte) (bool, error) {
					return true, write.Put(sourceName, table, k, v)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	return errors.Join(err, to.Close())
}
