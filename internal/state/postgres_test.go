//go:build postgres

package state_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/faultproxy"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// These tests need a server, so they have a build tag:
//
//	scripts/postgres run go test -tags postgres ./internal/state

func init() {
	open := func(t *testing.T, at string) state.Store { return openSchema(t, at, state.PostgresOptions{}) }
	kinds = append(kinds, kind{"PostgreSQL", newSchema, open, 1})
}

// serverDSN is the connection string of the test's server.
func serverDSN(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(os.Getenv("POSTGRES_TEST_DSN"))
	if err != nil || u.Host == "" {
		t.Fatal("POSTGRES_TEST_DSN is not set: run this test by scripts/postgres run")
	}
	return u
}

// newSchema makes a schema of its own and returns the file with its connection
// string.
func newSchema(t *testing.T) string {
	t.Helper()
	u := serverDSN(t)
	q := u.Query()
	q.Set("search_path", strings.ToLower(fmt.Sprintf("t%d_%x", os.Getpid(), time.Now().UnixNano())))
	u.RawQuery = q.Encode()
	file := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(file, []byte(u.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sql(t, file, "CREATE SCHEMA "+q.Get("search_path"))
	t.Cleanup(func() { sql(t, file, "DROP SCHEMA "+q.Get("search_path")+" CASCADE") })
	return file
}

// sql does something behind the store's back.
func sql(t *testing.T, file, statement string, args ...any) {
	t.Helper()
	conn := connect(t, file)
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func connect(t *testing.T, file string) *pgx.Conn {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(context.Background(), strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func openSchema(t *testing.T, file string, o state.PostgresOptions) *state.Postgres {
	t.Helper()
	o.DSNFile = file
	s, err := state.OpenPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) // a second close is none
	return s
}

// through returns the connection string of a ledger by way of a proxy.
func through(t *testing.T, file string) (*faultproxy.Proxy, string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := faultproxy.Listen(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	u.Host = p.Addr()
	by := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(by, []byte(u.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return p, by
}
