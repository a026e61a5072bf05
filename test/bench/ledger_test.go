package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// ledger is a kind of ledger. Each call of fresh is a new one, which open opens,
// again and again.
type ledger struct {
	name  string
	fresh func(b *testing.B) (open func() (state.Store, error))
}

// ledgers are the kinds: PostgreSQL is one where a server is, see
// ledger_postgres_test.go.
var ledgers = []ledger{{"bbolt", func(b *testing.B) func() (state.Store, error) {
	path := filepath.Join(b.TempDir(), "ledger.db")
	return func() (state.Store, error) { return state.OpenBolt(path) }
}}}

// BenchmarkLedger compares the kinds of ledgers: the durable commit of a page of
// 100 new conversations beside 10,000, and the restart of an exporter, from the
// opening of the ledger, which is verified, to a source that is ready to poll.
//
//	scripts/postgres run go test -tags postgres -run '^$' -bench Ledger -count 6 ./test/bench
func BenchmarkLedger(b *testing.B) {
	for _, l := range ledgers {
		b.Run("engine="+l.name+"/commit", func(b *testing.B) { benchmarkCommit(b, l) })
		for _, tracked := range []int{1_000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("engine=%s/restart=%d", l.name, tracked), func(b *testing.B) { benchmarkRestart(b, l, population{tracked, tracked / 10}) })
		}
	}
}

func benchmarkCommit(b *testing.B, l ledger) {
	p := population{10_000, 1000}
	d := filledDesk(b, l.fresh(b), p)
	defer d.store.Close()
	for n := p.tracked; b.Loop(); n += 100 {
		b.StopTimer()
		var page []helpdesk.Record
		for i := range 100 {
			page = append(page, life(n+i, d.now, true)...)
		}
		b.StartTimer()
		if err := d.apply(page); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkRestart(b *testing.B, l ledger, p population) {
	open := l.fresh(b)
	if err := filledDesk(b, open, p).store.Close(); err != nil {
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

func filledDesk(b *testing.B, open func() (state.Store, error), p population) *desk {
	b.Helper()
	store, err := open()
	if err != nil {
		b.Fatal(err)
	}
	d, err := openOn(store, filledAt)
	if err != nil {
		b.Fatal(err)
	}
	if err := d.fill(p); err != nil {
		b.Fatal(err)
	}
	return d
}
