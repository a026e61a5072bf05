package state_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// simulation does random things to a store and the same to a naive map, and
// compares them all the time.
type simulation struct {
	t     *testing.T
	r     *rand.Rand
	kind  kind
	at    string
	store state.Store
	holds model
}

var errUndo = errors.New("undo")

func (s *simulation) place() place {
	p := place{
		source: []string{"desk", "shop", "shop 2"}[s.r.IntN(3)], table: state.Tables[s.r.IntN(len(state.Tables))],
		key: fmt.Sprintf("%03d", s.r.IntN(300)),
	}
	if s.r.IntN(10) == 0 {
		p.key = strings.Repeat(p.key, 300)
	}
	return p
}

func (s *simulation) value() string {
	n := []int{0, 1, 30, 300, 3000, 30000}[min(s.r.IntN(12), 5)]
	if n == 30000 && s.r.IntN(8) > 0 {
		n = 10
	}
	return strings.Repeat(string(rune('a'+s.r.IntN(26))), n)
}

// update does many things in one transaction; now and then it fails in the end.
func (s *simulation) update() {
	next := maps.Clone(s.holds)
	undo := s.r.IntN(4) == 0
	err := s.store.Update(func(tx state.Tx) error {
		for range s.r.IntN(60) {
			p := s.place()
			if s.r.IntN(3) == 0 {
				delete(next, p)
				if err := tx.Delete(p.source, p.table, []byte(p.key)); err != nil {
					return err
				}
				continue
			}
			next[p] = s.value()
			if err := s.put(tx, p.table)(p.source, p.table, []byte(p.key), []byte(next[p])); err != nil {
				return err
			}
			if err := s.look(tx, next, s.place()); err != nil {
				return err
			}
		}
		if undo {
			return errUndo
		}
		return nil
	})
	switch {
	case undo && errors.Is(err, errUndo):
	case err != nil || undo:
		s.t.Fatalf("update: %v", err)
	default:
		s.holds = next
	}
}

// hot are the tables in which values are put hot too.
var hot = []state.Table{state.TableConversations, state.TableLive, state.TableDue}

// put is one of the two ways to put a value.
func (s *simulation) put(tx state.Tx, t state.Table) func(source string, t state.Table, key, value []byte) error {
	if slices.Contains(hot, t) && s.r.IntN(3) > 0 {
		return tx.PutHot
	}
	return tx.Put
}

// look reads one place, inside a transaction that has written.
func (s *simulation) look(tx state.Tx, in model, p place) error {
	got, err := tx.Get(p.source, p.table, []byte(p.key))
	want, ok := in[p]
	if err != nil || string(got) != want || ok != (got != nil) {
		return fmt.Errorf("get %v: %q, %v, want %q %v", p, got, err, want, ok)
	}
	return nil
}

func (s *simulation) scan() {
	from := s.place()
	var want, got []string
	for p, v := range s.holds {
		if p.source == from.source && p.table == from.table && p.key >= from.key {
			want = append(want, p.key+"\x00"+v)
		}
	}
	slices.Sort(want)
	err := s.store.View(func(tx state.Tx) error {
		return tx.Scan(from.source, from.table, []byte(from.key), func(k, v []byte) (bool, error) {
			got = append(got, string(k)+"\x00"+string(v))
			return true, nil
		})
	})
	if slices.Contains(hot, from.table) {
		slices.Sort(got)
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		s.t.Fatalf("scan from %v: %v (-want +got):\n%s", from, err, diff)
	}
}

func (s *simulation) drop() {
	source := s.place().source
	if err := s.store.Drop(source); err != nil {
		s.t.Fatal(err)
	}
	maps.DeleteFunc(s.holds, func(p place, _ string) bool { return p.source == source })
}

func (s *simulation) reopen() {
	if err := s.store.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.store = s.kind.open(s.t, s.at)
	check(s.t, s.store, s.holds)
}

func TestAStoreIsAMapThatSurvivesReopenings(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		for seed := range k.seeds {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				t.Parallel()
				at := k.fresh(t)
				s := &simulation{t: t, r: rand.New(rand.NewPCG(seed, 1)), kind: k, at: at, store: k.open(t, at), holds: model{}}
				for range 120 {
					switch n := s.r.IntN(100); {
					case n < 70:
						s.update()
					case n < 85:
						s.scan()
					case n < 88:
						s.drop()
					case n < 94:
						check(t, s.store, s.holds)
					default:
						s.reopen()
					}
				}
				s.reopen()
			})
		}
	})
}
