package state_test

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// authority is a file with a certificate.
func authority(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestADatabaseThatIsNotVerifiedIsWarnedOf(t *testing.T) {
	const (
		remedy   = ": write sslmode=verify-full, and sslrootcert where the system does not know its CA"
		clear    = "state.postgres.dsn_file: the server db.example may be spoken to in the clear: whoever is on the way reads the password" + remedy
		anybody  = "state.postgres.dsn_file: the server db.example is not verified: whoever is on the way can pose as the database, and gets the password" + remedy
		password = "postgres://helpdesk:hunter2@"
	)
	ca := authority(t)
	for _, c := range []struct{ dsn, want string }{
		{password + "db.example/helpdesk", clear}, // prefer
		{password + "db.example/helpdesk?sslmode=disable", clear},
		{password + "db.example/helpdesk?sslmode=allow", clear},
		{password + "db.example/helpdesk?sslmode=prefer", clear},
		{password + "db.example/helpdesk?sslmode=require", anybody},
		{password + "db.example/helpdesk?sslmode=require&sslrootcert=" + ca, ""},
		{password + "db.example/helpdesk?sslmode=verify-ca&sslrootcert=" + ca, ""},
		{password + "db.example/helpdesk?sslmode=verify-full", ""},
		{password + "localhost,db.example/helpdesk?sslmode=disable", clear},
		{password + "192.0.2.7/helpdesk?sslmode=verify-full", ""},
		{password + "127.0.0.1:5433/helpdesk?sslmode=disable", ""},
		{password + "[::1]/helpdesk", ""},
		{password + "localhost/helpdesk", ""},
		{"host=/run/postgresql user=helpdesk", ""},
		{"host=db.example user=helpdesk password=hunter2 sslmode=require", anybody},
		{"postgres://helpdesk:hunt%er2@db.example/helpdesk", ""}, // no connection string: the start says so
	} {
		file := filepath.Join(t.TempDir(), "dsn")
		if err := os.WriteFile(file, []byte(c.dsn+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if diff := cmp.Diff(want, state.PostgresWarnings(file)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.dsn, diff)
		}
	}
	if got := state.PostgresWarnings(filepath.Join(t.TempDir(), "none")); got != nil {
		t.Errorf("without a file: %q", got)
	}
}
