package state_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// queue is a new ledger with so many open conversations, each put hot.
func queue(t *testing.T, path string, n int) (*state.Bolt, model) {
	t.Helper()
	s, m := openAt(t, path), model{}
	for i := range n {
		m[open(i)] = "as it began"
	}
	put(t, s, m)
	return s, m
}

func open(i int) place { return place{"shop", state.TableLive, fmt.Sprintf("%07d", i*7919%9_999_991)} }

// rewrite puts some of them again, in one transaction.
func rewrite(t *testing.T, s state.Store, m model, value string, which ...int) {
	t.Helper()
	some := model{}
	for _, i := range which {
		m[open(i)], some[open(i)] = value, value
	}
	put(t, s, some)
}

// What is put hot again and again costs a commit as much beside many as beside
// few: nothing is written but its own records, and those that make room.
func TestACommitOfHotValuesWritesAsMuchBesideManyAsBesideFew(t *testing.T) {
	written := func(n int) int64 {
		s, m := queue(t, newPath(t), n)
		r := rand.New(rand.NewPCG(1, uint64(n)))
		before := int64(0)
		for round := range 60 {
			if round == 20 {
				before = s.Written()
			}
			rewrite(t, s, m, fmt.Sprintf("round %2d", round), r.Perm(n)[:100]...)
		}
		return s.Written() - before
	}
	few, many := written(1000), written(50_000)
	if float64(many) > 1.1*float64(few) {
		t.Errorf("%d pages were written beside 50,000 values, %d beside 1,000", many, few)
	}
}

// Whatever is written again, the log stays in proportion to what counts of it.
func TestALogDoesNotGrowWithWhatIsWrittenOver(t *testing.T) {
	const n = 100
	tests := map[string]func(r *rand.Rand, round int) []int{
		"one again and again":    func(*rand.Rand, int) []int { return []int{7} },
		"the same few":           func(r *rand.Rand, _ int) []int { return r.Perm(10) },
		"all in turns":           func(_ *rand.Rand, round int) []int { return []int{round % n, (round + 1) % n, (round + 2) % n} },
		"any":                    func(r *rand.Rand, _ int) []int { return r.Perm(n)[:20] },
		"all at once":            func(r *rand.Rand, _ int) []int { return r.Perm(n) },
		"mostly few, rarely all": func(r *rand.Rand, round int) []int { return r.Perm(n)[:1+(round%100)/99*(n-1)] },
	}
	for name, which := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(2, 3))
			s, m := queue(t, newPath(t), n)
			most := 0
			for round := range 400 {
				rewrite(t, s, m, fmt.Sprint(name, round), which(r, round)...)
				records, err := s.Logged("shop", state.TableLive)
				if err != nil {
					t.Fatal(err)
				}
				most = max(most, records)
			}
			if limit := 3*n + 128; most > limit {
				t.Errorf("%d records of %d values, want at most %d", most, n, limit)
			}
			check(t, s, m)
		})
	}
}

// Those that are deleted, or are written often no more, leave it in the end.
func TestALogLetsGoOfWhatIsNotInItAnyMore(t *testing.T) {
	s, m := queue(t, newPath(t), 2000)
	for i := range 1990 {
		p := open(i)
		err := s.Update(func(tx state.Tx) error {
			if i%2 == 0 {
				delete(m, p)
				return tx.Delete(p.source, p.table, []byte(p.key))
			}
			m[p] = "closed"
			return tx.Put(p.source, p.table, []byte(p.key), []byte("closed"))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for round := range 2000 {
		rewrite(t, s, m, fmt.Sprint(round), 1990, 1991)
	}
	n, err := s.Logged("shop", state.TableLive)
	if err != nil || n > 3*10+128 {
		t.Errorf("%d records of 10 values, %v", n, err)
	}
	check(t, s, m)
}

// A view sees what was there when it began, whatever has become of it.
func TestAViewSeesOneStateOfALogThatIsWrittenTo(t *testing.T) {
	path := newPath(t)
	s, m := queue(t, path, 500)
	put(t, s, model{{"shop", state.TableMeta, "room"}: string(make([]byte, 8<<20))}) // a view holds up a file that grows
	err := s.Update(func(tx state.Tx) error { return tx.Delete("shop", state.TableMeta, []byte("room")) })
	if err != nil {
		t.Fatal(err)
	}
	was := maps.Clone(m)
	look := func(tx state.Tx) model {
		got := model{}
		err := tx.Scan("shop", state.TableLive, nil, func(k, v []byte) (bool, error) {
			got[place{"shop", state.TableLive, string(k)}] = string(v)
			return true, nil
		})
		for i := range 500 {
			v, e := tx.Get("shop", state.TableLive, []byte(open(i).key))
			if want, there := got[open(i)]; string(v) != want || there != (v != nil) {
				t.Errorf("get %v gives %q, scan %q", open(i), v, want)
			}
			err = errors.Join(err, e)
		}
		if err != nil {
			t.Error(err)
		}
		return got
	}
	for range 2 { // what the view held up is settled after it, and the next one finds it so
		err = s.View(func(tx state.Tx) error {
			began := look(tx)
			for round := range 30 {
				i := round / 2 // each is written twice, in any order
				rewrite(t, s, m, fmt.Sprint("changed ", round), i, i+100, i+200, 499-i)
			}
			gone, cold := open(450), open(451)
			delete(m, gone)
			m[cold] = "cold"
			err := s.Update(func(tx state.Tx) error {
				return errors.Join(tx.Delete(gone.source, gone.table, []byte(gone.key)), tx.Put(cold.source, cold.table, []byte(cold.key), []byte("cold")))
			})
			for what, want := range map[string]model{"as it began": was, "again": began} {
				if diff := cmp.Diff(want, look(tx)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			return errors.Join(err, s.View(func(tx state.Tx) error {
				if diff := cmp.Diff(m, look(tx)); diff != "" {
					t.Errorf("a later view (-want +got):\n%s", diff)
				}
				return nil
			}))
		})
		if err != nil {
			t.Fatal(err)
		}
		was = maps.Clone(m)
	}
	check(t, s, m)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, openAt(t, path), m)
}

// A program that knows of no logs must not read a file that has one, and may read
// any other.
func TestAFileHasTheVersionThatItNeeds(t *testing.T) {
	s := openAt(t, newPath(t))
	for _, step := range []struct {
		what string
		put  func(tx state.Tx) error
		want uint64
	}{
		{"put", func(tx state.Tx) error { return tx.Put("shop", state.TableLive, []byte("1"), []byte("a")) }, 1},
		{"put hot", func(tx state.Tx) error { return tx.PutHot("shop", state.TableLive, []byte("1"), []byte("b")) }, 2},
	} {
		if err := s.Update(step.put); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Version(); err != nil || got != step.want {
			t.Errorf("after a %s: version %d, %v, want %d", step.what, got, err, step.want)
		}
	}
	check(t, s, model{{"shop", state.TableLive, "1"}: "b"})
}

func TestASourceOfWhichALogHasOnlyThePastIsNotListed(t *testing.T) {
	s, m := queue(t, newPath(t), 3)
	err := s.Update(func(tx state.Tx) (err error) {
		for p := range m {
			err = errors.Join(err, tx.Delete(p.source, p.table, []byte(p.key)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Logged("shop", state.TableLive); n == 0 || err != nil {
		t.Fatalf("%d records, %v: nothing to learn from", n, err)
	}
	check(t, s, model{})
}

// A tree that has nothing may get lost, with its name for example: that is harmless.
func TestATableMayHaveALogAndNoTree(t *testing.T) {
	path := newPath(t)
	s, m := queue(t, path, 3)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	err := editing(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("sources")).Bucket([]byte("shop")).DeleteBucket([]byte(state.TableLive))
	})(path)
	if err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	check(t, s, m)
	err = s.View(func(tx state.Tx) error {
		for _, put := range []func(string, state.Table, []byte, []byte) error{tx.Put, tx.PutHot} {
			if err := put("shop", state.TableLive, []byte("1"), nil); err == nil || errors.Is(err, state.ErrDamaged) {
				t.Errorf("got %v, want an error that is no damage", err)
			}
		}
		_, err := tx.Get("shop", state.TableLive, []byte("absent"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	m[open(1)] = "cold"
	err = s.Update(func(tx state.Tx) error {
		return errors.Join(tx.Delete("shop", state.TableLive, []byte("absent")), tx.Put("shop", state.TableLive, []byte(open(1).key), []byte("cold")))
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, m)
}
