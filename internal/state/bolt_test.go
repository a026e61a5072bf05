package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

func openAt(t *testing.T, path string) *state.Bolt {
	t.Helper()
	s, err := state.OpenBolt(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) // a second close is none
	return s
}

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "ledger.db") }

func TestTheSizeIsThatOfTheFile(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, model{{"shop", state.TableMeta, "big"}: strings.Repeat("x", 1<<20)})
	got, err := s.Size()
	if err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != fi.Size() || got < 1<<20 {
		t.Errorf("size %d, the file has %d", got, fi.Size())
	}
}

func TestOnlyTheOwnerMayReadTheLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "data", "ledger.db")
	openAt(t, path)
	for name, want := range map[string]os.FileMode{
		path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir, filepath.Dir(filepath.Dir(path)): 0o700 | os.ModeDir,
	} {
		fi, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && fi.Mode() != want {
			t.Errorf("%s has the mode %v, want %v", filepath.Base(name), fi.Mode(), want)
		}
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("beside the ledger there is something else: %v %v", files, err)
	}
}

func TestASecondOpeningIsRefusedWhileTheFirstOneLasts(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, small)
	_, err := state.OpenBolt(path)
	if !errors.Is(err, state.ErrLocked) {
		t.Fatalf("got %v, want ErrLocked", err)
	}
	want := path + ": another process has the ledger open; stop it, or give this one its own state.path"
	if err.Error() != want {
		t.Errorf("got the message\n%s\nwant\n%s", err, want)
	}
	check(t, s, small)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, openAt(t, path), small)
}

func TestAFileThatIsNotOurLedgerIsRefusedAndLeftAlone(t *testing.T) {
	tests := []struct {
		name  string
		write func(path string) error
		is    error
		say   []string
	}{
		{
			name: "another program's bbolt database",
			write: editing(func(tx *bolt.Tx) error {
				b, err := tx.CreateBucket([]byte("widgets"))
				if err != nil {
					return err
				}
				return b.Put([]byte("k"), []byte("not sealed by us"))
			}),
			is: state.ErrSchema, say: []string{"no ledger of helpdesk_exporter", "give state.path another file"},
		},
		{
			name: "a database with our buckets but another program's values",
			write: editing(func(tx *bolt.Tx) error {
				for _, n := range []string{"schema", "sources"} {
					if _, err := tx.CreateBucket([]byte(n)); err != nil {
						return err
					}
				}
				return tx.Bucket([]byte("schema")).Put([]byte("version"), []byte("9"))
			}),
			is: state.ErrDamaged, say: []string{"its schema version cannot be read"},
		},
		{
			name:  "a text file",
			write: func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("hello\n", 5000)), 0o600) },
			is:    state.ErrDamaged, say: []string{"Restore the file from a backup"},
		},
		{
			name:  "a short text file",
			write: func(path string) error { return os.WriteFile(path, []byte("hello\n"), 0o600) },
			is:    state.ErrDamaged, say: []string{"move the file away"},
		},
		{
			name:  "not even two pages",
			write: func(path string) error { return os.WriteFile(path, make([]byte, 6000), 0o600) },
			is:    state.ErrDamaged, say: []string{"move the file away"},
		},
		{
			name:  "a folder",
			write: func(path string) error { return os.Mkdir(path, 0o700) },
			is:    nil, say: []string{"is a folder; give state.path the name of a file in it"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := newPath(t)
			if err := tt.write(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path) // a folder has none
			_, err := state.OpenBolt(path)
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("got %v, want %v", err, tt.is)
			}
			for _, s := range append(tt.say, path) {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("the message lacks %q:\n%s", s, err)
				}
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// editing changes a bbolt file, made if there is none, behind the store's back.
func editing(fn func(tx *bolt.Tx) error) func(path string) error {
	return func(path string) error {
		db, err := bolt.Open(path, 0o600, nil)
		if err != nil {
			return err
		}
		return errors.Join(db.Update(fn), db.Close())
	}
}

func TestAnEmptyFileAndAnEmptyDatabaseBecomeALedger(t *testing.T) {
	tests := map[string]func(path string) error{
		"an empty file":     func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"an empty database": editing(func(*bolt.Tx) error { return nil }), // made by somebody who was killed then
		"a dangling link":   func(path string) error { return os.Symlink(path+".elsewhere", path) },
	}
	for name, write := range tests {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			if err := write(path); err != nil {
				t.Fatal(err)
			}
			s := openAt(t, path)
			put(t, s, small)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			check(t, openAt(t, path), small)
		})
	}
}

func TestAnUnknownSchemaVersionIsRefused(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, small)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := editing(func(tx *bolt.Tx) error { return state.PutSchemaVersion(tx, 7) })(path); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = state.OpenBolt(path)
	if !errors.Is(err, state.ErrSchema) {
		t.Fatalf("got %v, want ErrSchema", err)
	}
	want := path + ": the ledger was written by another version of helpdesk_exporter: its schema version is 7, this program reads 1 to 2. " +
		"Run the version that wrote it, or give state.path another file; nothing was changed"
	if err.Error() != want {
		t.Errorf("got the message\n%s\nwant\n%s", err, want)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
}
