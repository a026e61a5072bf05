package state_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// kind is an engine that the contract of a Store is tested on.
type kind struct {
	name  string
	fresh func(t *testing.T) string // where a new ledger may be
	open  func(t *testing.T, at string) state.Store
	seeds uint64 // of simulations: each read of a server's takes its time
}

// kinds are the engines: PostgreSQL is one where a server is, see postgres_test.go.
var kinds = []kind{{"bbolt", newPath, func(t *testing.T, at string) state.Store { return openAt(t, at) }, 6}}

func onEach(t *testing.T, test func(t *testing.T, k kind)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { test(t, k) })
	}
}

// place is where a value is.
type place struct {
	source string
	table  state.Table
	key    string
}

// model is the naive store: what a store must hold.
type model map[place]string

// of is what is in some tables.
func (m model) of(tables []state.Table) model {
	some := model{}
	for p, v := range m {
		if slices.Contains(tables, p.table) {
			some[p] = v
		}
	}
	return some
}

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
func contents(s state.Store, tables ...state.Table) (model, error) {
	m := model{}
	sources, err := s.Sources()
	if err != nil {
		return nil, err
	}
	err = s.View(func(tx state.Tx) error {
		for _, source := range sources {
			for _, table := range tables {
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
	got, err := contents(s, state.Tables...)
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

func put(t *testing.T, s state.Store, m model) {
	t.Helper()
	err := s.Update(func(tx state.Tx) error {
		for p, v := range m {
			how := tx.Put
			if p.table == state.TableLive {
				how = tx.PutHot
			}
			if err := how(p.source, p.table, []byte(p.key), []byte(v)); err != nil {
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
	{"shop", state.TableLive, "1"}:            "open",
	{"desk", state.TableMeta, "meta"}:         "another",
}

func TestWhatIsPutIsThereAfterAReopening(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		at := k.fresh(t)
		s := k.open(t, at)
		check(t, s, model{})
		put(t, s, small)
		check(t, s, small)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		check(t, k.open(t, at), small)
	})
}

func TestAnUpdateThatFailsChangesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := k.open(t, k.fresh(t))
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
	})
}

func TestAPanicOfTheCallersOwnRollsBackAndGoesItsWay(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		at := k.fresh(t)
		s := k.open(t, at)
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
		check(t, k.open(t, at), small)
	})
}

func TestATransactionReadsItsOwnWrites(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := k.open(t, k.fresh(t))
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
	})
}

func TestNothingIsThereWhereNothingWasPut(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := k.open(t, k.fresh(t))
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
	})
}

func TestAScanGoesInOrderFromTheKeyUntilItIsTold(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := k.open(t, k.fresh(t))
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
	})
}

func TestAViewCannotWrite(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := k.open(t, k.fresh(t))
		put(t, s, small)
		for what, write := range map[string]func(tx state.Tx) error{
			"put":                        func(tx state.Tx) error { return tx.Put("shop", state.TableMeta, []byte("meta"), []byte("changed")) },
			"put hot":                    func(tx state.Tx) error { return tx.PutHot("shop", state.TableMeta, []byte("meta"), []byte("changed")) },
			"put hot beside another":     func(tx state.Tx) error { return tx.PutHot("shop", state.TableLive, []byte("2"), []byte("changed")) },
			"put of what was put hot":    func(tx state.Tx) error { return tx.Put("shop", state.TableLive, []byte("1"), []byte("changed")) },
			"delete of what was put hot": func(tx state.Tx) error { return tx.Delete("shop", state.TableLive, []byte("1")) },
		} {
			if err := s.View(write); err == nil || errors.Is(err, state.ErrDamaged) {
				t.Errorf("%s: got %v, want an error that is no damage", what, err)
			}
		}
		check(t, s, small)
	})
}

func TestAnEmptyKeyIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := k.open(t, k.fresh(t))
		for what, write := range map[string]func(tx state.Tx) error{
			"put":     func(tx state.Tx) error { return tx.Put("shop", state.TableMeta, nil, []byte("x")) },
			"put hot": func(tx state.Tx) error { return tx.PutHot("shop", state.TableMeta, nil, []byte("x")) },
		} {
			if err := s.Update(write); err == nil || errors.Is(err, state.ErrDamaged) {
				t.Errorf("%s: got %v, want an error that is no damage", what, err)
			}
		}
		check(t, s, model{})
	})
}

func TestDropRemovesASourceAndNothingElse(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		at := k.fresh(t)
		s := k.open(t, at)
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
		check(t, k.open(t, at), want)
	})
}

func TestASourceWithoutAnyKeyIsNotListed(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := k.open(t, k.fresh(t))
		put(t, s, small)
		err := s.Update(func(tx state.Tx) error { return tx.Delete("desk", state.TableMeta, []byte("meta")) })
		if err != nil {
			t.Fatal(err)
		}
		names, err := s.Sources()
		if diff := cmp.Diff([]string{"shop"}, names); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}
