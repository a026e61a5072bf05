package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// history is a ledger with so many conversations that nobody waits for, beside
// a queue of always the same length.
func history(t *testing.T, closed int) string {
	t.Helper()
	path := newPath(t)
	s := openAt(t, path)
	m := model{}
	for i := range closed {
		id := fmt.Sprintf("%08d", i)
		m[place{"shop", state.TableConversations, id}] = strings.Repeat("c", 300)
		m[place{"shop", state.TableMessages, id}] = id
		m[place{"shop", state.TableDue, id}] = ""
		m[place{"shop", state.TableMemos, id}] = "memo"
	}
	for i := range 200 {
		m[place{"shop", state.TableLive, fmt.Sprint(i)}] = strings.Repeat("l", 100)
	}
	put(t, s, m)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAStartReadsAsMuchOfALongHistoryAsOfAShortOne(t *testing.T) {
	short, left, err := state.PagesAtStart(history(t, 1000))
	if err != nil {
		t.Fatal(err)
	}
	long, more, err := state.PagesAtStart(history(t, 10_000))
	if err != nil {
		t.Fatal(err)
	}
	if short != long {
		t.Errorf("%d pages are read beside 10,000 conversations, %d beside 1,000", long, short)
	}
	if left < 10*short/2 || more < 8*left {
		t.Errorf("%d and %d pages are left to the check: too few to learn from", left, more)
	}
}

// What a start does not read is checked before anybody reads or writes it.
func TestDamageInTheHistoryLetsNothingBeWrittenAndEndsTheStore(t *testing.T) {
	path := history(t, 1000)
	damaged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged[bytes.Index(damaged, []byte("ccccc"))] ^= 1
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	for what, err := range map[string]error{
		"an update": s.Update(func(state.Tx) error { t.Error("an update has run"); return nil }),
		"a view of the history": s.View(func(tx state.Tx) error {
			_, err := tx.Get("shop", state.TableConversations, []byte("00000999"))
			return err
		}),
		"the check": s.Checked(),
	} {
		if !errors.Is(err, state.ErrDamaged) || !strings.Contains(err.Error(), "Restore the file from a backup") {
			t.Errorf("%s: got %v, want ErrDamaged and what to do", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	after, err := os.ReadFile(path)
	if diff := cmp.Diff(damaged, after); diff != "" || err != nil {
		t.Errorf("the file was written to: %v", err)
	}
}

// A program of before this total was kept leaves it as it was: the next start
// sees that, reads everything, and the next write has it right.
func TestATotalOfWhatAStartReadsThatIsOfAnEarlierTimeIsNotReliedOn(t *testing.T) {
	path := history(t, 100)
	s := openAt(t, path)
	if err := s.ForgetEarly(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	want, err := contents(s, state.Tables...)
	if err != nil {
		t.Fatal(err)
	}
	more := model{{"shop", state.TableLive, "one more"}: "entry"}
	put(t, s, more)
	want[place{"shop", state.TableLive, "one more"}] = "entry"
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	got, err := contents(s, state.Tables...)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
