//go:build postgres

package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/faultproxy"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

func replica(t *testing.T, dsn, name string, lasting time.Duration) *state.Postgres {
	t.Helper()
	return openSchema(t, dsn, state.PostgresOptions{Replica: name, Lasting: lasting})
}

func claim(t *testing.T, p *state.Postgres, source string, want bool) {
	t.Helper()
	got, err := p.Claim(source)
	if err != nil || got != want {
		t.Fatalf("%s claims %s: %v, %v, want %v", p.Replica(), source, got, err, want)
	}
}

// takes waits until a replica gets a lease.
func takes(t *testing.T, p *state.Postgres, source string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		got, err := p.Claim(source)
		if got {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s never gets %s: %v", p.Replica(), source, err)
		}
	}
}

func write(p *state.Postgres, value string) error {
	return p.Update(func(tx state.Tx) error { return tx.Put("shop", state.TableMeta, []byte("meta"), []byte(value)) })
}

func holds(value string) model { return model{{"shop", state.TableMeta, "meta"}: value} }

// long is a lease that does not run out in a test.
const long = time.Hour

func TestOneReplicaAtATimeWritesToASource(t *testing.T) {
	dsn := newSchema(t)
	a, b := replica(t, dsn, "a", long), replica(t, dsn, "b", long)
	claim(t, a, "shop", true)
	claim(t, a, "shop", false) // it has it already
	claim(t, b, "shop", false)
	if err := write(a, "1"); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"write": write(b, "2"), "drop": b.Drop("shop")} {
		if !errors.Is(err, state.ErrHeld) {
			t.Errorf("a %s of another replica: %v, want ErrHeld", what, err)
		}
	}
	check(t, b, holds("1"))
	if err := a.Release("shop"); err != nil {
		t.Fatal(err)
	}
	claim(t, b, "shop", true)
	if err := write(b, "3"); err != nil {
		t.Fatal(err)
	}
	if err := write(a, "4"); !errors.Is(err, state.ErrHeld) {
		t.Errorf("after its release: %v, want ErrHeld", err)
	}
	check(t, a, holds("3"))
}

func TestALeaseThatIsRenewedLastsAndOneThatIsNotRunsOut(t *testing.T) {
	dsn := newSchema(t)
	a, b := replica(t, dsn, "a", 2*time.Second), replica(t, dsn, "b", 2*time.Second)
	claim(t, a, "shop", true)
	began := time.Now()
	// A transaction that takes longer than a lease does not end it.
	err := a.Update(func(tx state.Tx) error {
		if err := tx.Put("shop", state.TableMeta, []byte("meta"), []byte("long")); err != nil {
			return err
		}
		for time.Since(began) < 3*time.Second {
			if err := a.Renew([]string{"shop"}); err != nil {
				return err
			}
			if got, err := b.Claim("shop"); got || err != nil {
				t.Errorf("claimed while it was renewed: %v, %v", got, err)
			}
		}
		return nil
	})
	if err != nil || !a.Holds("shop") {
		t.Fatalf("%v; holds it: %v", err, a.Holds("shop"))
	}
	takes(t, b, "shop")
	if a.Holds("shop") || len(a.Held()) != 0 {
		t.Error("two replicas hold the source")
	}
	check(t, b, holds("long"))
}

func TestAReplicaThatWasStoppedWritesNothingWhenItAwakes(t *testing.T) {
	dsn := newSchema(t)
	a, b := replica(t, dsn, "a", time.Second), replica(t, dsn, "b", long)
	claim(t, a, "shop", true)
	if err := write(a, "1"); err != nil {
		t.Fatal(err)
	}
	takes(t, b, "shop")
	for range 2 {
		if err := write(a, "stale"); !errors.Is(err, state.ErrFenced) {
			t.Errorf("got %v, want ErrFenced", err)
		}
	}
	if err := a.Renew(nil); err != nil || a.Holds("shop") {
		t.Errorf("%v: a renewal gave the lease back: %v", err, a.Holds("shop"))
	}
	check(t, b, holds("1"))
	if err := write(b, "2"); err != nil {
		t.Error(err)
	}
	// It starts anew like any other.
	if err := errors.Join(a.Release("shop"), b.Release("shop")); err != nil {
		t.Fatal(err)
	}
	claim(t, a, "shop", true)
	if err := write(a, "3"); err != nil {
		t.Error(err)
	}
	check(t, b, holds("3"))
}

func TestAReplicaThatIsStoppedInATransactionDoesNotHoldUpTheNext(t *testing.T) {
	dsn := newSchema(t)
	a, b := replica(t, dsn, "a", time.Second), replica(t, dsn, "b", long)
	claim(t, a, "shop", true)
	if err := write(a, "1"); err != nil {
		t.Fatal(err)
	}
	err := a.Update(func(tx state.Tx) error {
		if err := tx.Put("shop", state.TableMeta, []byte("meta"), []byte("stale")); err != nil {
			return err
		}
		takes(t, b, "shop")
		return write(b, "2")
	})
	if err == nil {
		t.Error("the stopped replica could commit")
	}
	check(t, b, holds("2"))
}

// A write without a lease, as by tools, ends what a lease that has run out allowed:
// its replica remembers what is old now.
func TestAWriteWithoutALeaseFencesTheLastHolder(t *testing.T) {
	dsn := newSchema(t)
	a, tool := replica(t, dsn, "a", time.Second), replica(t, dsn, "tool", long)
	claim(t, a, "shop", true)
	for deadline := time.Now().Add(30 * time.Second); ; {
		err := write(tool, "by hand")
		if err == nil {
			break
		}
		if !errors.Is(err, state.ErrHeld) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if err := write(a, "stale"); !errors.Is(err, state.ErrFenced) {
		t.Errorf("got %v, want ErrFenced", err)
	}
	check(t, a, holds("by hand"))
}

// commits judges the pieces that a client sends.
func commits(v faultproxy.Verdict) func([]byte) faultproxy.Verdict {
	return func(piece []byte) faultproxy.Verdict {
		if bytes.Contains(piece, []byte("commit\x00")) {
			return v
		}
		return faultproxy.Pass
	}
}

func TestACommitWithoutAnAnswerIsSettledByAsking(t *testing.T) {
	tests := []struct {
		name    string
		verdict faultproxy.Verdict
		made    bool
	}{
		{"it was made", faultproxy.CutAfter, true},
		{"it never came", faultproxy.CutBefore, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			proxy, dsn := through(t, newSchema(t))
			a := replica(t, dsn, "a", long)
			claim(t, a, "shop", true)
			if err := write(a, "1"); err != nil {
				t.Fatal(err)
			}
			once := sync.OnceFunc(func() { proxy.Judge(nil) })
			proxy.Judge(func(piece []byte) faultproxy.Verdict {
				v := commits(tt.verdict)(piece)
				if v != faultproxy.Pass {
					go once() // Judge waits for this one
				}
				return v
			})
			want := "1"
			if tt.made {
				want = "2"
			}
			if err := write(a, "2"); (err == nil) != tt.made || errors.Is(err, state.ErrUnsettled) {
				t.Errorf("the write gives %v, it was made: %v", err, tt.made)
			}
			check(t, a, holds(want))
			if err := write(a, "3"); err != nil {
				t.Errorf("the next write: %v", err)
			}
			check(t, a, holds("3"))
		})
	}
}

func TestACommitOfWhichTheServerCannotBeAskedLosesTheSource(t *testing.T) {
	proxy, dsn := through(t, newSchema(t))
	a := replica(t, dsn, "a", time.Second)
	claim(t, a, "shop", true)
	proxy.Judge(func(piece []byte) faultproxy.Verdict {
		if commits(faultproxy.CutAfter)(piece) == faultproxy.CutAfter {
			go proxy.Drop()
			return faultproxy.CutAfter
		}
		return faultproxy.Pass
	})
	err := write(a, "1")
	if !errors.Is(err, state.ErrUnsettled) || !strings.Contains(err.Error(), "loaded again when it can be") {
		t.Fatalf("got %v, want ErrUnsettled", err)
	}
	proxy.Judge(nil)
	proxy.Mend()
	if err := write(a, "2"); !errors.Is(err, state.ErrFenced) || a.Holds("shop") {
		t.Errorf("the next write: %v; holds it: %v", err, a.Holds("shop"))
	}
	if err := a.Release("shop"); err != nil {
		t.Fatal(err)
	}
	takes(t, a, "shop")
	check(t, a, holds("1"))
	if err := write(a, "3"); err != nil {
		t.Error(err)
	}
}

func TestALedgerThatWasRestoredMeanwhileIsLoadedAgain(t *testing.T) {
	dsn := newSchema(t)
	a := replica(t, dsn, "a", long)
	claim(t, a, "shop", true)
	if err := write(a, "1"); err != nil {
		t.Fatal(err)
	}
	sql(t, dsn, `DELETE FROM helpdesk_values`)
	sql(t, dsn, `DELETE FROM helpdesk_totals`)
	if err := write(a, "2"); !errors.Is(err, state.ErrFenced) || !strings.Contains(err.Error(), "restored") {
		t.Errorf("got %v, want ErrFenced", err)
	}
	check(t, a, model{})
}

func TestDamageIsFoundWhenASourceIsClaimed(t *testing.T) {
	tests := []struct{ name, damage string }{
		{"a byte that changed", `UPDATE helpdesk_values SET value = set_byte(value, 0, get_byte(value, 0) # 1) WHERE source = 'shop' AND tbl = 'meta'`},
		{"a value that is gone", `DELETE FROM helpdesk_values WHERE source = 'shop' AND tbl = 'wants'`},
		{"a value that is cut off", `UPDATE helpdesk_values SET value = substr(value, 1, 2) WHERE source = 'shop' AND tbl = 'meta'`},
		{"a value of another place", `UPDATE helpdesk_values SET key = 'elsewhere' WHERE source = 'shop' AND tbl = 'meta'`},
		{"a value of an earlier time", `UPDATE helpdesk_values v SET value = o.value FROM old o WHERE (v.source, v.tbl, v.key) = (o.source, o.tbl, o.key)`},
		{"totals that are gone", `DELETE FROM helpdesk_totals`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dsn := newSchema(t)
			a := replica(t, dsn, "a", long)
			put(t, a, small)
			sql(t, dsn, `CREATE TABLE old AS SELECT * FROM helpdesk_values`)
			put(t, a, holds("new"))
			sql(t, dsn, tt.damage)
			got, err := a.Claim("shop")
			if got || !errors.Is(err, state.ErrDamaged) {
				t.Fatalf("got %v, %v, want ErrDamaged", got, err)
			}
			for _, say := range []string{"PostgreSQL at 127.0.0.1:", "source shop", "Restore the database from a backup", "helpdesk_values"} {
				if !strings.Contains(err.Error(), say) {
					t.Errorf("the message lacks %q:\n%s", say, err)
				}
			}
			if a.Holds("shop") {
				t.Error("it holds a damaged source")
			}
		})
	}
}

// TestDamageInTheHistoryIsFoundWhenItIsReadAndByVerify damages a value that no
// start reads: its source can be claimed, and the value cannot be used.
func TestDamageInTheHistoryIsFoundWhenItIsReadAndByVerify(t *testing.T) {
	dsn := newSchema(t)
	a := replica(t, dsn, "a", long)
	put(t, a, model{{"shop", state.TableConversations, "1"}: "one", {"shop", state.TableConversations, "2"}: "two"})
	claim(t, a, "shop", true)
	verify := func() error { return a.Verify(t.Context(), "shop") }
	if err := verify(); err != nil {
		t.Fatalf("sound: %v", err)
	}
	sql(t, dsn, `UPDATE helpdesk_values SET value = set_byte(value, 0, get_byte(value, 0) # 1) WHERE tbl = 'conversations' AND key = '2'`)
	if err := a.Release("shop"); err != nil {
		t.Fatal(err)
	}
	claim(t, a, "shop", true)
	get := func(key string) error {
		return a.Update(func(tx state.Tx) error {
			_, err := tx.Get("shop", state.TableConversations, []byte(key))
			return err
		})
	}
	if err := get("1"); err != nil {
		t.Errorf("a sound value: %v", err)
	}
	over := a.Update(func(tx state.Tx) error { return tx.Put("shop", state.TableConversations, []byte("2"), []byte("new")) })
	for what, err := range map[string]error{"reading": get("2"), "writing over it": over, "verifying": verify()} {
		if !errors.Is(err, state.ErrDamaged) || !strings.Contains(err.Error(), "Restore the database from a backup") {
			t.Errorf("%s: got %v, want ErrDamaged and what to do", what, err)
		}
	}
	if err := get("1"); !errors.Is(err, state.ErrFenced) || a.Holds("shop") {
		t.Errorf("after the damage was found: got %v, want ErrFenced", err)
	}
}

// TestALongHistoryIsComparedWithItsTotals has more values than are sent at once.
func TestALongHistoryIsComparedWithItsTotals(t *testing.T) {
	dsn := newSchema(t)
	a := replica(t, dsn, "a", long)
	const many = 10_000
	err := a.Update(func(tx state.Tx) error {
		for i := range many {
			if err := tx.Put("shop", state.TableMessages, fmt.Appendf(nil, "%x", i), []byte("1")); err != nil {
				return err
			}
		}
		return tx.Put("shop", state.TableWants, []byte("last"), nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	claim(t, a, "shop", true)
	if err := a.Verify(t.Context(), "shop"); err != nil {
		t.Error(err)
	}
	if err := a.Release("shop"); err != nil {
		t.Fatal(err)
	}
	sql(t, dsn, `DELETE FROM helpdesk_values WHERE tbl = 'messages' AND key = '1388'`)
	if got, err := a.Claim("shop"); got || !errors.Is(err, state.ErrDamaged) || !strings.Contains(err.Error(), "10001 values were written and 10000 are there") {
		t.Errorf("got %v, %v, want ErrDamaged", got, err)
	}
}

func TestWhatCannotBeOpenedSaysWhyAndWhatToDoAndNoPassword(t *testing.T) {
	dsn := newSchema(t)
	good, err := os.ReadFile(dsn)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(old, new string) string {
		s := strings.Replace(string(good), old, new, 1)
		if s == string(good) {
			t.Fatalf("the connection string has no %s", old)
		}
		return s
	}
	tests := []struct {
		name, dsn string
		say       string
	}{
		{"no connection string", "hunter2 is no connection string", "holds no connection string: write postgres://"},
		{"a password that is not encoded", "postgres://helpdesk:hunter2%zz@127.0.0.1/helpdesk", "percent-encoded"},
		{"a wrong password", changed("p%21anted-s3cret", "hunter2"), "check user and password in state.postgres.dsn_file"},
		{"a user that is not there", changed("helpdesk:", "nobody:"), "state.postgres.dsn_file"},
		{"a database that is not there", changed("/helpdesk?", "/nothing?"), "create the database"},
		{"a schema that is not there", changed("search_path=t", "search_path=x"), "create the schema that search_path names"},
		{"a schema without rights", changed("search_path=t", "search_path=information_schema&application_name=t"), "let this role use and create tables"},
		{"no server", "postgres://helpdesk:hunter2@127.0.0.1:1/helpdesk", "see that the server runs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := t.TempDir() + "/dsn"
			if err := os.WriteFile(file, []byte(tt.dsn), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := state.OpenPostgres(t.Context(), state.PostgresOptions{DSNFile: file})
			if err == nil {
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), tt.say) {
				t.Errorf("the message lacks %q:\n%s", tt.say, err)
			}
			for _, secret := range []string{"hunter2", "s3cret"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the message has the password:\n%s", err)
				}
			}
		})
	}
}

func TestAnotherSchemaVersionInPostgreSQLIsRefusedAndLeftAlone(t *testing.T) {
	dsn := newSchema(t)
	put(t, replica(t, dsn, "a", long), small)
	sql(t, dsn, `UPDATE helpdesk_schema SET version = 7`)
	_, err := state.OpenPostgres(t.Context(), state.PostgresOptions{DSNFile: dsn})
	want := "the ledger was written by another version of helpdesk_exporter: its schema version is 7, this program reads 1. " +
		"Run the version that wrote it, or give state.postgres another database; nothing was changed"
	if !errors.Is(err, state.ErrSchema) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got\n%v\nwant it to end with\n%s", err, want)
	}
}

func TestReplicasThatStartAtOnceMakeOneLedger(t *testing.T) {
	dsn := newSchema(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			s, err := state.OpenPostgres(t.Context(), state.PostgresOptions{DSNFile: dsn})
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	all.Wait()
}

func TestReplicasSeeEachOther(t *testing.T) {
	dsn := newSchema(t)
	a, b := replica(t, dsn, "a", long), replica(t, dsn, "b", long)
	claim(t, a, "shop", true)
	claim(t, b, "desk", true)
	if err := errors.Join(a.Renew([]string{"desk", "shop"}), b.Renew([]string{"desk"})); err != nil {
		t.Fatal(err)
	}
	look := func(want state.Share) {
		t.Helper()
		got, err := b.Share()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	look(state.Share{Holders: map[string]string{"shop": "a", "desk": "b"}, Wants: map[string][]string{"a": {"desk", "shop"}, "b": {"desk"}}})
	if err := a.Leave(); err != nil {
		t.Fatal(err)
	}
	look(state.Share{Holders: map[string]string{"desk": "b"}, Wants: map[string][]string{"b": {"desk"}}})
	claim(t, b, "shop", true)
}
