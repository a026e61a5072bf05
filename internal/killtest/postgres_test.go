//go:build postgres

package killtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// These tests need a server, so they have a build tag:
//
//	scripts/postgres run go test -tags postgres ./internal/killtest

func init() {
	ledgers = append(ledgers, place{
		name: "PostgreSQL", fresh: func(t *testing.T) string { return inPostgres + dsnFile(t, newSchema(t)) },
		life: 2 * time.Second, kills: 14, alertKills: 14,
	})
}

// newSchema makes a schema of its own and returns its connection string.
func newSchema(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(os.Getenv("POSTGRES_TEST_DSN"))
	if err != nil || u.Host == "" {
		t.Fatal("POSTGRES_TEST_DSN is not set: run this test by scripts/postgres run")
	}
	schema := fmt.Sprintf("k%d_%x", os.Getpid(), time.Now().UnixNano())
	exec := func(statement string) {
		conn, err := pgx.Connect(context.Background(), u.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE SCHEMA " + schema)
	t.Cleanup(func() { exec("DROP SCHEMA " + schema + " CASCADE") })
	in := *u
	q := in.Query()
	q.Set("search_path", schema)
	in.RawQuery = q.Encode()
	return &in
}

func dsnFile(t *testing.T, dsn *url.URL) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(file, []byte(dsn.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
