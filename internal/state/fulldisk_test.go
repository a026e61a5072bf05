//go:build linux || darwin

package state_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// childPath names the ledger to the child that this test starts of itself.
const childPath = "HELPDESK_EXPORTER_TEST_LEDGER"

// childRole is what the child plays.
const childRole = "HELPDESK_EXPORTER_TEST_ROLE"

func TestMain(m *testing.M) {
	play := map[string]func(path string) error{"full disk": playFullDisk, "second process": playSecondProcess}[os.Getenv(childRole)]
	if play == nil {
		os.Exit(m.Run())
	}
	if err := play(os.Getenv(childPath)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child runs this test binary in a role.
func child(t *testing.T, role, path string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childRole+"="+role, childPath+"="+path)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func row(i int) place { return place{"shop", state.TableConversations, fmt.Sprintf("%06d", i)} }

func fill(s state.Store, i int) error {
	return s.Update(func(tx state.Tx) error {
		p := row(i)
		if err := tx.Put(p.source, p.table, []byte(p.key), []byte(strings.Repeat("x", 20000))); err != nil {
			return err
		}
		return errors.Join(
			tx.Put("shop", state.TableMeta, []byte("rows"), fmt.Append(nil, i+1)),
			tx.PutHot("shop", state.TableLive, []byte("rows"), fmt.Append(nil, i+1)),
			tx.PutHot("shop", state.TableLive, []byte(p.key), nil),
		)
	})
}

// filled is what a store holds after n fills.
func filled(n int) model {
	m := model{{"shop", state.TableMeta, "rows"}: fmt.Sprint(n), {"shop", state.TableLive, "rows"}: fmt.Sprint(n)}
	for i := range n {
		m[row(i)] = strings.Repeat("x", 20000)
		m[place{"shop", state.TableLive, row(i).key}] = ""
	}
	return m
}

func limitFiles(size uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = min(size, l.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}

// playFullDisk fills the disk three times, and makes room each time.
func playFullDisk(path string) error {
	s, err := state.OpenBolt(path)
	if err != nil {
		return err
	}
	defer s.Close()
	rows := 0
	for _, limit := range []uint64{1 << 20, 3 << 20, 40 << 20} {
		if err := limitFiles(limit); err != nil {
			return err
		}
		failures := 0
		for failures < 5 && rows < 10000 {
			if err := fill(s, rows); err == nil {
				rows++
				continue
			} else if errors.Is(err, state.ErrDamaged) || errors.Is(err, state.ErrUnconfirmed) || !errors.Is(err, syscall.EFBIG) && !strings.Contains(err.Error(), "file too large") {
				return fmt.Errorf("row %d on a full disk: %w", rows, err)
			}
			failures++
			if err := same(s, filled(rows)); err != nil {
				return fmt.Errorf("after a failed commit: %w", err)
			}
		}
		if failures == 0 {
			return errors.New("the disk was never full")
		}
		// What a failed commit had put hot is not there after another one, either.
		if err := limitFiles(1 << 40); err != nil {
			return err
		}
		again := func(tx state.Tx) error {
			return tx.PutHot("shop", state.TableLive, []byte("rows"), fmt.Append(nil, rows))
		}
		absent := func(tx state.Tx) error {
			v, err := tx.Get("shop", state.TableLive, []byte(row(rows).key))
			if v != nil {
				return fmt.Errorf("row %d is there: %q", rows, v)
			}
			return err
		}
		if err := errors.Join(s.Update(again), s.View(absent), same(s, filled(rows))); err != nil {
			return fmt.Errorf("after another commit: %w", err)
		}
	}
	if err := fill(s, rows); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	rows++
	fmt.Println(rows)
	return same(s, filled(rows))
}

// same compares a store with the model, where there is no test to tell.
func same(s state.Store, want model) error {
	got, err := contents(s, state.Tables...)
	if err != nil {
		return err
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d values, want %d", len(got), len(want))
	}
	for p, v := range want {
		if got[p] != v {
			return fmt.Errorf("%v differs", p)
		}
	}
	return nil
}

func TestAFullDiskLosesNothingAndTheStoreGoesOnWhenThereIsRoom(t *testing.T) {
	path := newPath(t)
	out, err := child(t, "full disk", path)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var rows int
	if _, err := fmt.Sscan(out, &rows); err != nil || rows < 30 {
		t.Fatalf("the child said %q: %v", out, err)
	}
	check(t, openAt(t, path), filled(rows))
}

func TestAFileOfAFullDiskOpensAgain(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, small)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A commit that found no room has made the file longer, and written pages
	// that nothing refers to.
	if err := os.WriteFile(path, append(before, strings.Repeat("\x55", 3*pageSize+77)...), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, openAt(t, path), small)
}

func playSecondProcess(path string) error {
	s, err := state.OpenBolt(path)
	if err == nil {
		return errors.Join(errors.New("the second process got the ledger"), s.Close())
	}
	if !errors.Is(err, state.ErrLocked) {
		return err
	}
	fmt.Println(err)
	return nil
}

func TestASecondProcessIsRefused(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path)
	put(t, s, small)
	out, err := child(t, "second process", path)
	want := path + ": another process has the ledger open; stop it, or give this one its own state.path\n"
	if err != nil || out != want {
		t.Errorf("%v: the second process said\n%s\nwant\n%s", err, out, want)
	}
	check(t, s, small)
}
