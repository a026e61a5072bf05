package state_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// grown is an open store of many pages, written to by itself: none of its pages
// is in anybody's cache but the mapped file.
func grown(t *testing.T) (*state.Bolt, string) {
	t.Helper()
	path := newPath(t)
	s := openAt(t, path)
	for i := range 5 {
		m := model{}
		for j := range 200 {
			m[place{"shop", state.TableConversations, fmt.Sprint(i, " ", j)}] = strings.Repeat("x", 300)
		}
		put(t, s, m)
	}
	return s, path
}

// A disk that loses pages under the running program must not take it down.
func TestDamageThatIsMetLaterIsAnErrorAndEndsTheStore(t *testing.T) {
	read := func(tx state.Tx) error {
		_, err := tx.Get("shop", state.TableConversations, []byte("3 77"))
		return err
	}
	tests := []struct {
		name string
		meet func(s *state.Bolt, cut func() error) error
	}{
		{"by a view that gets", func(s *state.Bolt, cut func() error) error {
			return errors.Join(cut(), s.View(read))
		}},
		{"by a view that scans", func(s *state.Bolt, cut func() error) error {
			return s.View(func(tx state.Tx) error {
				n := 0
				return tx.Scan("shop", state.TableConversations, nil, func(_, _ []byte) (bool, error) {
					n++
					if n == 10 {
						return true, cut()
					}
					return true, nil
				})
			})
		}},
		{"by an update that puts", func(s *state.Bolt, cut func() error) error {
			return errors.Join(cut(), s.Update(func(tx state.Tx) error {
				return tx.Put("shop", state.TableConversations, []byte("3 77"), []byte("y"))
			}))
		}},
		{"by an update that deletes", func(s *state.Bolt, cut func() error) error {
			return errors.Join(cut(), s.Update(func(tx state.Tx) error {
				return tx.Delete("shop", state.TableConversations, []byte("3 77"))
			}))
		}},
		{"by a commit", func(s *state.Bolt, cut func() error) error {
			return s.Update(func(tx state.Tx) error {
				if err := tx.Put("shop", state.TableConversations, []byte("3 77"), []byte("y")); err != nil {
					return err
				}
				return cut()
			})
		}},
		{"by a drop", func(s *state.Bolt, cut func() error) error {
			return errors.Join(cut(), s.Drop("shop"))
		}},
		{"by a list of sources", func(s *state.Bolt, cut func() error) error {
			if err := cut(); err != nil {
				return err
			}
			_, err := s.Sources()
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, path := grown(t)
			err := tt.meet(s, func() error { return os.Truncate(path, 2*pageSize) })
			if !errors.Is(err, state.ErrDamaged) || !strings.Contains(err.Error(), "Restore the file from a backup") {
				t.Fatalf("got %v, want ErrDamaged and what to do", err)
			}
			left, rerr := os.ReadFile(path)
			if rerr != nil {
				t.Fatal(rerr)
			}
			never := func(state.Tx) error { t.Error("a stopped store ran a transaction"); return nil }
			_, listed := s.Sources()
			for what, err := range map[string]error{"update": s.Update(never), "view": s.View(never), "drop": s.Drop("shop"), "sources": listed} {
				if !errors.Is(err, state.ErrDamaged) {
					t.Errorf("%s after the damage: %v, want ErrDamaged", what, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			after, rerr := os.ReadFile(path)
			if diff := cmp.Diff(left, after); diff != "" || rerr != nil {
				t.Errorf("the file was written to after the damage was met: %v", rerr)
			}
		})
	}
}

func TestAValueThatRotsWhileTheStoreIsOpenIsAnErrorForWhoeverReadsIt(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, model{
		{"shop", state.TableMeta, "good"}: strings.Repeat("g", 2*pageSize),
		{"shop", state.TableMeta, "rots"}: strings.Repeat("r", 2*pageSize),
	})
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := int64(strings.LastIndex(string(b), "rrrr"))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, werr := f.WriteAt([]byte("q"), at)
	if err := errors.Join(werr, f.Close()); err != nil {
		t.Fatal(err)
	}
	get := func(key string) (n int, err error) {
		err = s.View(func(tx state.Tx) error {
			v, err := tx.Get("shop", state.TableMeta, []byte(key))
			n = len(v)
			return err
		})
		return n, err
	}
	if n, err := get("rots"); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("the rotten value reads as %d bytes, %v", n, err)
	}
	if n, err := get("good"); err != nil || n != 2*pageSize {
		t.Errorf("the good value reads as %d bytes, %v", n, err)
	}
	err = s.View(func(tx state.Tx) error {
		return tx.Scan("shop", state.TableMeta, nil, func(_, _ []byte) (bool, error) { return true, nil })
	})
	if !errors.Is(err, state.ErrDamaged) {
		t.Errorf("a scan over the rotten value: %v", err)
	}
}

// Where bbolt has made a commit and the disk would not confirm it, memory and
// disk may part: the store stops, and the next start reads what is true.
func TestAWriteThatTheDiskDidNotConfirmEndsTheStore(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, small)
	eio := errors.New("fdatasync: input/output error")
	err := s.Confirm(eio)
	if !errors.Is(err, state.ErrUnconfirmed) || !errors.Is(err, eio) || !strings.Contains(err.Error(), "restart the exporter") {
		t.Fatalf("got %v, want ErrUnconfirmed, its cause and what to do", err)
	}
	never := func(state.Tx) error { t.Error("a stopped store ran a transaction"); return nil }
	for what, err := range map[string]error{"update": s.Update(never), "view": s.View(never)} {
		if !errors.Is(err, state.ErrUnconfirmed) {
			t.Errorf("%s afterwards: %v, want ErrUnconfirmed", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, openAt(t, path), small)
}
