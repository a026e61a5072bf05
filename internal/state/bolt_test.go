package state_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// place is where a value is.
type place struct {
	source string
	table  state.Table
	key    string
}

// model is the naive store: what a Bolt must hold.
type model map[place]string

func (m model) sources() []string {
	var names []string
	for p := range m {
		if !slices.Contains(names, p.source) {
			names = append(names, p.source)
		}
	}
	slices.Sort(names)
	return names
}

// contents reads everything that a store holds, by Scan, and checks that Get
// says the same.
func contents(s state.Store) (model, error) {
	m := model{}
	sources, err := s.Sources()
	if err != nil {
		return nil, err
	}
	err = s.View(func(tx state.Tx) error {
		for _, source := range sources {
			for _, table := range state.Tables {
				err := tx.Scan(source, table, nil, func(k, v []byte) (bool, error) {
					m[place{source, table, string(k)}] = string(v)
					return true, nil
				})
				if err != nil {
					return err
				}
			}
		}
		for p, v := range m {
			got, err := tx.Get(p.source, p.table, []byte(p.key))
			if err != nil {
				return err
			}
			if got == nil || string(got) != v {
				return fmt.Errorf("get %v gives %q, scan gives %q", p, got, v)
			}
		}
		return nil
	})
	return m, err
}

// check compares a store with the model.
func check(t *testing.T, s state.Store, want model) {
	t.Helper()
	got, err := contents(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("contents differ (-want +got):\n%s", diff)
	}
	sources, err := s.Sources()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.sources(), sources); diff != "" {
		t.Fatalf("sources differ (-want +got):\n%s", diff)
	}
}

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

func put(t *testing.T, s state.Store, m model) {
	t.Helper()
	err := s.Update(func(tx state.Tx) error {
		for p, v := range m {
			if err := tx.Put(p.source, p.table, []byte(p.key), []byte(v)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var small = model{
	{"shop", state.TableMeta, "meta"}:         "position",
	{"shop", state.TableWants, "\x0117"}:      "",
	{"shop", state.TableSeries, "a\xffb\xff"}: "1",
	{"desk", state.TableMeta, "meta"}:         "another",
}

func TestWhatIsPutIsThereAfterAReopening(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	check(t, s, model{})
	put(t, s, small)
	check(t, s, small)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, openAt(t, path), small)
}

func TestAnUpdateThatFailsChangesNothing(t *testing.T) {
	s := openAt(t, newPath(t))
	put(t, s, small)
	failure := errors.New("no")
	err := s.Update(func(tx state.Tx) error {
		for p := range small {
			if err := tx.Put(p.source, p.table, []byte(p.key), []byte("changed")); err != nil {
				return err
			}
		}
		if err := tx.Delete("shop", state.TableMeta, []byte("meta")); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got error %v, want the function's own", err)
	}
	check(t, s, small)
}

func TestAPanicOfTheCallersOwnRollsBackAndGoesItsWay(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, small)
	for name, run := range map[string]func(func(state.Tx) error) error{"Update": s.Update, "View": s.View} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != "mine" {
					t.Errorf("recovered %v, want the caller's own panic", got)
				}
				check(t, s, small)
			}()
			err := run(func(tx state.Tx) error {
				if name == "Update" {
					if err := tx.Put("shop", state.TableMeta, []byte("meta"), []byte("changed")); err != nil {
						return err
					}
				}
				return tx.Scan("shop", state.TableMeta, nil, func(_, _ []byte) (bool, error) { panic("mine") })
			})
			t.Errorf("returned %v instead of a panic", err)
		})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, openAt(t, path), small)
}

func TestATransactionReadsItsOwnWrites(t *testing.T) {
	s := openAt(t, newPath(t))
	put(t, s, small)
	err := s.Update(func(tx state.Tx) error {
		key := []byte("new")
		if err := tx.Put("shop", state.TableMeta, key, []byte("1")); err != nil {
			return err
		}
		v, err := tx.Get("shop", state.TableMeta, key)
		if err != nil || string(v) != "1" {
			return fmt.Errorf("after the put: %q, %v", v, err)
		}
		if err := tx.Delete("shop", state.TableMeta, key); err != nil {
			return err
		}
		v, err = tx.Get("shop", state.TableMeta, key)
		if err != nil || v != nil {
			return fmt.Errorf("after the deletion: %q, %v", v, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	check(t, s, small)
}

func TestNothingIsThereWhereNothingWasPut(t *testing.T) {
	s := openAt(t, newPath(t))
	put(t, s, small)
	err := s.View(func(tx state.Tx) error {
		for _, p := range []place{{"nobody", state.TableMeta, "meta"}, {"shop", state.TableLive, "meta"}, {"shop", state.TableMeta, "met"}} {
			v, err := tx.Get(p.source, p.table, []byte(p.key))
			if err != nil || v != nil {
				return fmt.Errorf("%v: %q, %v", p, v, err)
			}
		}
		v, err := tx.Get("shop", state.TableWants, []byte("\x0117"))
		if err != nil || v == nil || len(v) != 0 {
			return fmt.Errorf("an empty value reads as %#v, %v: it is there", v, err)
		}
		return tx.Scan("nobody", state.TableMeta, nil, func(_, _ []byte) (bool, error) { return false, errors.New("called") })
	})
	if err != nil {
		t.Error(err)
	}
	if err := s.Update(func(tx state.Tx) error { return tx.Delete("nobody", state.TableMeta, []byte("x")) }); err != nil {
		t.Errorf("the deletion of what is not there: %v", err)
	}
	check(t, s, small)
}

func TestAScanGoesInOrderFromTheKeyUntilItIsTold(t *testing.T) {
	s := openAt(t, newPath(t))
	m := model{}
	for i := range 1000 {
		m[place{"shop", state.TableDue, string(binary.BigEndian.AppendUint64(nil, uint64(i*3)))}] = ""
	}
	put(t, s, m)
	var got []uint64
	err := s.View(func(tx state.Tx) error {
		return tx.Scan("shop", state.TableDue, binary.BigEndian.AppendUint64(nil, 1000), func(k, _ []byte) (bool, error) {
			got = append(got, binary.BigEndian.Uint64(k))
			return len(got) < 4, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint64{1002, 1005, 1008, 1011}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	failure := errors.New("enough")
	err = s.View(func(tx state.Tx) error {
		return tx.Scan("shop", state.TableDue, nil, func(_, _ []byte) (bool, error) { return true, failure })
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v, want the error of the callback", err)
	}
}

func TestAViewCannotWrite(t *testing.T) {
	s := openAt(t, newPath(t))
	put(t, s, small)
	err := s.View(func(tx state.Tx) error { return tx.Put("shop", state.TableMeta, []byte("meta"), []byte("changed")) })
	if err == nil {
		t.Error("a view could write")
	}
	check(t, s, small)
}

func TestAnEmptyKeyIsRefused(t *testing.T) {
	s := openAt(t, newPath(t))
	err := s.Update(func(tx state.Tx) error { return tx.Put("shop", state.TableMeta, nil, []byte("x")) })
	if err == nil || errors.Is(err, state.ErrDamaged) {
		t.Errorf("got %v, want an error that is no damage", err)
	}
	check(t, s, model{})
}

func TestDropRemovesASourceAndNothingElse(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, small)
	for range 2 { // what is not there is dropped already
		if err := s.Drop("shop"); err != nil {
			t.Fatal(err)
		}
	}
	want := maps.Clone(small)
	maps.DeleteFunc(want, func(p place, _ string) bool { return p.source == "shop" })
	check(t, s, want)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, openAt(t, path), want)
}

func TestASourceWithoutAnyKeyIsNotListed(t *testing.T) {
	s := openAt(t, newPath(t))
	put(t, s, small)
	err := s.Update(func(tx state.Tx) error { return tx.Delete("desk", state.TableMeta, []byte("meta")) })
	if err != nil {
		t.Fatal(err)
	}
	names, err := s.Sources()
	if diff := cmp.Diff([]string{"shop"}, names); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

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
	want := path + ": the ledger was written by another version of helpdesk_exporter: its schema version is 7, this program reads 1. " +
		"Run the version that wrote it, or give state.path another file; nothing was changed"
	if err.Error() != want {
		t.Errorf("got the message\n%s\nwant\n%s", err, want)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
}
