//go:build postgres

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	bolt "go.etcd.io/bbolt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// These tests need a server, so they have a build tag:
//
//	scripts/postgres run go test -tags postgres ./internal/app

// sharedLedger makes a schema of its own, and returns what a configuration says
// of it.
func sharedLedger(t *testing.T) (global, dsn string) {
	t.Helper()
	u, err := url.Parse(os.Getenv("POSTGRES_TEST_DSN"))
	if err != nil || u.Host == "" {
		t.Fatal("POSTGRES_TEST_DSN is not set: run this test by scripts/postgres run")
	}
	schema := fmt.Sprintf("a%d_%x", os.Getpid(), time.Now().UnixNano())
	statement(t, u.String(), "CREATE SCHEMA "+schema)
	t.Cleanup(func() { statement(t, u.String(), "DROP SCHEMA "+schema+" CASCADE") })
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	file := filepath.Join(t.TempDir(), "dsn")
	write(t, file, u.String())
	return fmt.Sprintf("\nglobal: {poll_interval: 1s, quota_share: 1, first_sync: {lookback: 7d, book: true}}\nstate: {postgres: {dsn_file: %q}}\n", file), u.String()
}

func statement(t *testing.T, dsn, text string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), text); err != nil {
		t.Fatal(err)
	}
}

func TestTwoReplicasShareTheSourcesAndOneTakesThemAllOver(t *testing.T) {
	global, _ := sharedLedger(t)
	desk := serve(t, requestTracker(simulated(2, false)))
	config := global + "sources:\n" + rtSource("north", desk, rtToken) + rtSource("south", desk, rtToken)
	one := start(t, config)
	one.ready()
	two := start(t, config)
	shows := func(source string) func(answer) bool {
		return holds(`helpdesk_source_fresh{source="` + source + `"} 1`)
	}
	// The one that was alone gives one away, the last by name.
	two.wait("/metrics", "the source that was given to it", shows("south"))
	one.wait("/metrics", "its own source only", func(a answer) bool { return shows("north")(a) && !strings.Contains(a.body, `source="south"`) })
	if a := two.get("/metrics"); strings.Contains(a.body, `source="north"`) {
		t.Errorf("a series of a source that it does not poll:\n%s", a.body)
	}
	two.ready()
	page := two.get("/").body
	for _, say := range []string{"Not polled here", "<b>north</b> is polled by the replica "} {
		if !strings.Contains(page, say) {
			t.Errorf("the status page lacks %q", say)
		}
	}
	before := series(one.get("/metrics").body, "north")
	one.stop()
	after := two.wait("/metrics", "both sources", func(a answer) bool { return shows("north")(a) && shows("south")(a) })
	if got := series(after.body, "north"); strings.Join(got, "\n") != strings.Join(before, "\n") || len(got) < 50 {
		t.Errorf("the series of facts differ: %d before, %d after", len(before), len(got))
	}
	if page := two.get("/").body; strings.Contains(page, "Not polled here") {
		t.Error("the status page still says that it does not poll everything")
	}
}

// series are the lines of a source's facts.
func series(text, source string) (lines []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "helpdesk_sla_events_total{") || strings.HasPrefix(line, "helpdesk_messages_total{") || strings.HasPrefix(line, "helpdesk_first_response_seconds") {
			if strings.Contains(line, `source="`+source+`"`) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func TestAReplicaTakesDeliveriesForSourcesThatAnotherOnePolls(t *testing.T) {
	global, _ := sharedLedger(t)
	url := serve(t, gorgias(simulated(0, false)))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "s3cret\n")
	config := global + "sources:\n" + strings.Replace(gorgiasSource("shop", url, gorgiasKey), "gorgias: {", fmt.Sprintf("gorgias: {webhook: {secret_file: %q}, ", filepath.Join(dir, "secret")), 1)
	start(t, config).ready()
	two := start(t, config)
	two.ready() // the other one polls it
	for secret, want := range map[string]int{"guess": http.StatusUnauthorized, "s3cret": http.StatusOK} {
		if got := two.deliver("/webhook/shop", secret, `{"ticket_id": "82000001"}`); got != want {
			t.Errorf("with %s: code %d, want %d", secret, got, want)
		}
	}
}

func TestADamagedSourceIsNotPolledAndTheOthersAre(t *testing.T) {
	for what, damaged := range map[string]string{
		"what a start reads": `tbl = 'meta' AND key = 'meta'`,
		"the history":        `tbl = 'conversations' AND key = (SELECT max(encode(key, 'escape')) FROM helpdesk_values WHERE source = 'south' AND tbl = 'conversations')::bytea`,
	} {
		t.Run(what, func(t *testing.T) { testDamagedSource(t, damaged) })
	}
}

func testDamagedSource(t *testing.T, damaged string) {
	global, dsn := sharedLedger(t)
	desk := serve(t, requestTracker(simulated(2, false)))
	config := global + "sources:\n" + rtSource("north", desk, rtToken) + rtSource("south", desk, rtToken)
	one := start(t, config)
	one.ready()
	one.stop()
	statement(t, dsn, `UPDATE helpdesk_values SET value = set_byte(value, 0, get_byte(value, 0) # 1) WHERE source = 'south' AND `+damaged)
	two := start(t, config)
	two.wait("/metrics", "the sound source", holds(`helpdesk_source_fresh{source="north"} 1`))
	a := two.wait("/-/ready", "what is wrong", func(a answer) bool {
		return strings.Contains(a.body, "source south") && strings.Contains(a.body, "damaged")
	})
	if a.code != http.StatusServiceUnavailable || !strings.Contains(a.body, "Restore the database from a backup") {
		t.Errorf("%d %s", a.code, a.body)
	}
	if page := two.get("/").body; !strings.Contains(page, "cannot be polled:") {
		t.Error("the status page does not say so")
	}
	if strings.Contains(two.get("/metrics").body, `source="south"`) {
		t.Error("a damaged source is shown")
	}
	for _, secret := range []string{"s3cret", "p%21anted", "p!anted"} {
		if strings.Contains(two.logs.String(), secret) {
			t.Errorf("the database's password is in the log: %s", secret)
		}
	}
}

func TestASourceThatIsRemovedIsLeftToReplicasThatStillHaveIt(t *testing.T) {
	global, _ := sharedLedger(t)
	desk := serve(t, requestTracker(simulated(2, false)))
	both := global + "sources:\n" + rtSource("north", desk, rtToken) + rtSource("south", desk, rtToken)
	one := start(t, both)
	one.ready()
	one.configure(global + "sources:\n" + rtSource("north", desk, rtToken))
	one.reload <- struct{}{}
	one.wait("/metrics", "one source", func(a answer) bool { return !strings.Contains(a.body, `source="south"`) })
	two := start(t, both)
	two.wait("/metrics", "the other source", holds(`helpdesk_source_fresh{source="south"} 1`))
}

func schemaVersion(t *testing.T, file string) (n byte) {
	t.Helper()
	db, err := bolt.Open(file, 0o600, &bolt.Options{ReadOnly: true})
	if err == nil {
		err = errors.Join(db.View(func(tx *bolt.Tx) error { n = tx.Bucket([]byte("schema")).Get([]byte("version"))[7]; return nil }), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A ledger goes to PostgreSQL and back, and is the same.
func TestALedgerMovesBetweenTheEngines(t *testing.T) {
	shared, dsn := sharedLedger(t)
	desk := serve(t, requestTracker(simulated(2, false)))
	sources := "sources:\n" + rtSource("north", desk, rtToken) + rtSource("south", desk, rtToken)
	one := start(t, global+sources)
	one.ready()
	before := series(one.get("/metrics").body, "south")
	one.stop()
	files := map[string]string{"bolt": filepath.Join(one.dir, "config.yaml"), "postgres": filepath.Join(t.TempDir(), "config.yaml"), "back": filepath.Join(t.TempDir(), "config.yaml")}
	write(t, files["postgres"], shared+sources)
	write(t, files["back"], global+sources)
	text := func(run func(context.Context, io.Writer, string) error, file string) string {
		t.Helper()
		var b strings.Builder
		if err := run(t.Context(), &b, files[file]); err != nil {
			t.Fatal(err)
		}
		return strings.Join(slices.Sorted(strings.Lines(b.String())), "")
	}
	move := func(from, to string) error { return MigrateLedger(t.Context(), io.Discard, files[from], files[to]) }
	if err := errors.Join(move("bolt", "postgres"), move("postgres", "back")); err != nil {
		t.Fatal(err)
	}
	dump := text(DumpLedger, "bolt")
	if n := strings.Count(dump, "\n"); n < 100 {
		t.Errorf("a dump of %d lines only", n)
	}
	for _, other := range []string{"postgres", "back"} {
		if diff := cmp.Diff(dump, text(DumpLedger, other)); diff != "" {
			t.Errorf("the ledger in %s differs:\n%.2000s", other, diff)
		}
		if out := text(CheckLedger, other); !strings.Contains(out, "is sound: 2 source(s)") {
			t.Errorf("the check says %q", out)
		}
	}
	for file, want := range map[string]byte{"bolt": 2, "back": 1} { // a copy is for versions that know of no logs, too
		if got := schemaVersion(t, filepath.Join(filepath.Dir(files[file]), "ledger.db")); got != want {
			t.Errorf("the schema version of the file %q is %d, want %d", file, got, want)
		}
	}
	if err := move("bolt", "postgres"); err == nil || !strings.Contains(err.Error(), "copy to an empty one") {
		t.Errorf("a copy to a ledger that has something: %v", err)
	}
	two := start(t, shared+sources)
	two.ready()
	if diff := cmp.Diff(before, series(two.get("/metrics").body, "south")); diff != "" {
		t.Errorf("the facts differ (-before +after):\n%s", diff)
	}
	if err := CheckLedger(t.Context(), io.Discard, files["postgres"]); !errors.Is(err, state.ErrHeld) || !strings.Contains(err.Error(), "stop the exporters first") {
		t.Errorf("a check while an exporter is at work: %v", err)
	}
	two.stop()
	statement(t, dsn, `DELETE FROM helpdesk_values WHERE source = 'south' AND tbl = 'conversations' AND key = (SELECT key FROM helpdesk_values WHERE source = 'south' AND tbl = 'conversations' LIMIT 1)`)
	if err := CheckLedger(t.Context(), io.Discard, files["postgres"]); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("a check of a damaged ledger: %v", err)
	}
}
