//go:build postgres

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

func init() {
	ledgers = append(ledgers, ledger{name: "PostgreSQL", copied: true, fresh: func(b *testing.B) func() (state.Store, error) {
		dsn := os.Getenv("POSTGRES_TEST_DSN")
		if dsn == "" {
			b.Fatal("POSTGRES_TEST_DSN is not set: run this by scripts/postgres run")
		}
		file := filepath.Join(b.TempDir(), "dsn")
		if err := os.WriteFile(file, []byte(dsn), 0o600); err != nil {
			b.Fatal(err)
		}
		open := func() (state.Store, error) { return openPostgres(file) }
		empty(b, open)
		return open
	}})
}

// leaving gives its lease back when it is closed, as an exporter that stops does.
type leaving struct{ *state.Postgres }

func (l leaving) Close() error { return errors.Join(l.Leave(), l.Postgres.Close()) }

// openPostgres has the source, with a lease that needs no renewal meanwhile.
func openPostgres(file string) (state.Store, error) {
	p, err := state.OpenPostgres(context.Background(), state.PostgresOptions{DSNFile: file, Lasting: time.Hour})
	if err != nil {
		return nil, err
	}
	mine, err := p.Claim(sourceName)
	if err == nil && !mine {
		err = fmt.Errorf("another replica has the source %s", sourceName)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return leaving{p}, nil
}

// empty drops what another benchmark has left.
func empty(b *testing.B, open func() (state.Store, error)) {
	b.Helper()
	store, err := open()
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(store.Drop(sourceName), store.Close()); err != nil {
		b.Fatal(err)
	}
}
