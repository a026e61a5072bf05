package killtest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/gorgias"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// longestLife is about as long as a child needs to start, to catch up and to
// poll a few times in peace, so that kills hit all of that. mostSteps is about
// as many times as a transaction begins or ends in it.
const (
	longestLife = 300 * time.Millisecond
	mostSteps   = 40
)

// jumps are how far the desk's clock jumps while one child is dead and the next
// is not born. The long one is longer than what a collector reads again after a
// restart: what was lost then is lost for good.
var jumps = []time.Duration{5 * time.Minute, 4 * time.Hour, time.Minute, 15 * time.Minute, 2 * time.Minute, 10 * time.Minute}

// patience is how long an exporter that is left in peace may take to show
// everything.
const patience = 30 * time.Second

// watch sees every scrape of a ledger's exporters, whichever child answered.
type watch struct {
	t       *testing.T
	last    exposition
	scrapes int
}

func (w *watch) see(x exposition) {
	w.scrapes++
	for _, bad := range unseen(w.last, x) {
		w.t.Errorf("scrape %d: %s", w.scrapes, bad)
	}
	w.last = x
}

// victim is a child at work.
type victim struct {
	cmd        *exec.Cmd
	pipe       *pipe
	stderr     bytes.Buffer
	unanswered error // the last scrape that failed
}

// birth starts a child; it pushes alerts where it is told of an Alertmanager. It
// is killed at the n-th step of its transactions, if n is not 0, and it gets so
// far.
func birth(t *testing.T, ledger, desk, alertmanager string, n int) *victim {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{cmd: exec.Command(self)}
	v.cmd.Env = append(os.Environ(), envLedger+"="+ledger, envDesk+"="+desk, envAlertmanager+"="+alertmanager)
	v.cmd.Stderr = &v.stderr
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	v.pipe = follow(bufio.NewReader(out), n, func() { _ = v.cmd.Process.Kill() }) // kill tells whether it is dead
	return v
}

// kill ends a child as the kernel does: at once. A child that had ended by
// itself is an error.
func (v *victim) kill(t *testing.T) {
	t.Helper()
	_ = v.cmd.Process.Kill() // perhaps it is dead already, by the same signal
	<-v.pipe.done
	err := v.cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.String() != "signal: killed" {
		t.Fatalf("the child ended by itself: %v\n%s", err, v.stderr.String())
	}
}

// lives lets a child live until it has come to its n-th step or, without one, for
// a random time, and kills it. Meanwhile something is done.
func (v *victim) lives(t *testing.T, r *rand.Rand, n int, longest time.Duration, meanwhile func(life context.Context)) {
	t.Helper()
	most := 2 * longest
	if n == 0 {
		most = time.Duration(r.Int64N(int64(longest)))
	}
	life, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	meanwhile(life)
	select {
	case <-life.Done():
	case <-v.pipe.done:
	}
	v.kill(t)
}

// scraped scrapes a child until the context ends or enough says so.
func (v *victim) scraped(ctx context.Context, see func(exposition), enough func(exposition) bool) bool {
	return v.gathered(ctx, func(families []*dto.MetricFamily) bool {
		x := facts(families)
		see(x)
		return enough(x)
	})
}

// gathered is scraped, with all that is exposed.
func (v *victim) gathered(ctx context.Context, enough func([]*dto.MetricFamily) bool) bool {
	var address string
	select {
	case address = <-v.pipe.address:
	case <-v.pipe.done:
		return false
	case <-ctx.Done():
		return false
	}
	for ctx.Err() == nil && !v.dead() {
		x, err := scrape(ctx, address)
		if err != nil {
			v.unanswered = err
			continue
		}
		if enough(x) {
			return true
		}
	}
	return false
}

func (v *victim) dead() bool {
	select {
	case <-v.pipe.done:
		return true
	default:
		return false
	}
}

func never(exposition) bool { return false }

// last is an instant of the desk's clock after the given one, around which
// nothing happens that could be booked: two exporters that read up to slightly
// different instants then show the same.
func last(after time.Time) time.Time {
	desk := newDesk()
	for {
		desk.Advance(after.Add(2 * patience))
		if cmp.Equal(booked(desk, after.Add(-10*time.Second)), booked(desk, after.Add(2*patience))) {
			return after
		}
		after = after.Add(15 * time.Second)
	}
}

// booked are the numbers of an exporter that knows all that happened at a desk
// up to an instant.
func booked(desk *simulator.Desk, mark time.Time) map[string]float64 {
	return bookedOf(sourceName, desk, mark)
}

func bookedOf(source string, desk *simulator.Desk, mark time.Time) map[string]float64 {
	o := truth.Options{Source: source, Policy: *policy(), Floor: opens.Add(-time.Hour), FirstStart: opens}
	n := map[string]float64{}
	for k, v := range desk.Truth(o, []truth.Step{{Now: mark, Watermark: mark}}) {
		if !strings.HasPrefix(k, "helpdesk_late_facts_total") {
			n[strings.NewReplacer(`arrival="live",`, "", `arrival="late",`, "").Replace(k)] += v
		}
	}
	return n
}

// undisturbed lives through the same steps in peace.
func undisturbed(t *testing.T, steps []time.Time) exposition {
	t.Helper()
	w := newWorld(t)
	store, err := state.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	x, err := newExporter(store, w.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	see := &watch{t: t}
	round := func(n int) {
		for range n {
			x.poller.Round(t.Context())
			families, err := x.registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			see.see(facts(families))
		}
	}
	round(3)
	for _, to := range steps {
		w.jump(to)
		round(3)
	}
	for quiet, was := 0, see.last.numbers(); quiet < 50; quiet++ {
		round(1)
		if now := see.last.numbers(); !maps.Equal(was, now) {
			quiet, was = 0, now
		}
	}
	if err := x.poller.Status().Stuck; err != nil {
		t.Fatalf("the undisturbed exporter is stuck: %v", err)
	}
	return see.last
}

// ledgers are the places for a ledger that kills are survived in: PostgreSQL is
// one where a server is, see postgres_test.go.
var ledgers = []place{{
	name: "bbolt", fresh: func(t *testing.T) string { return filepath.Join(t.TempDir(), "ledger.db") },
	life: longestLife, kills: 220 / sample.Every, alertKills: max(80/sample.Every, 40), // fewer prove too little
}}

type place struct {
	name       string
	fresh      func(t *testing.T) string
	life       time.Duration // see longestLife
	kills      int
	alertKills int // of an exporter that pushes alerts
}

// long asks for what takes minutes: make replicas.
var long = flag.Bool("long", false, "more kills on PostgreSQL, and fleets of 2, 3 and 5 replicas")

// eachLedger runs a test with every place for a ledger.
func eachLedger(t *testing.T, test func(*testing.T, place)) {
	for _, p := range ledgers {
		t.Run(p.name, func(t *testing.T) {
			if *long && p.name != "bbolt" { // where a life takes seconds
				p.kills, p.alertKills = 7*p.kills, 5*p.alertKills
			}
			test(t, p)
		})
	}
}

func TestKillsAtRandomInstantsChangeNoNumber(t *testing.T) { eachLedger(t, killAtRandom) }

func killAtRandom(t *testing.T, p place) {
	kills := p.kills
	var steps []time.Time
	at := opens.Add(history)
	for i := range kills {
		at = at.Add(jumps[i%len(jumps)])
		steps = append(steps, at)
	}
	end := last(at.Add(time.Hour))
	peace := undisturbed(t, append(steps, end)).numbers()
	compareWithTruth(t, peace, end)

	w := newWorld(t)
	ledger := p.fresh(t)
	see := &watch{t: t}
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	inside, commits := 0, 0
	for i, to := range steps {
		n := 0
		if i%2 == 0 {
			n = 1 + r.IntN(mostSteps)
		}
		w.jump(to)
		v := birth(t, ledger, w.server.URL, "", n)
		v.lives(t, r, n, p.life, func(life context.Context) { v.scraped(life, see.see, never) })
		commits += v.pipe.commits
		if v.pipe.inside {
			inside++
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d kills, %d of them in a transaction; %d commits, %d scrapes", kills, inside, commits, see.scrapes)
	if inside < max(1, kills/10) {
		t.Errorf("only %d of %d kills hit a transaction", inside, kills)
	}
	w.jump(end)
	v := birth(t, ledger, w.server.URL, "", 0)
	left, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	same := 0
	v.scraped(left, see.see, func(x exposition) bool {
		if same++; !maps.Equal(x.numbers(), peace) {
			same = 0
		}
		return same == 20
	})
	v.kill(t)
	if see.scrapes < kills {
		t.Errorf("only %d scrapes; the last one that failed: %v", see.scrapes, v.unanswered)
	}
	if diff := cmp.Diff(peace, see.last.numbers()); diff != "" {
		t.Errorf("after %d kills the numbers differ (-undisturbed +killed):\n%s", kills, diff)
	}
}

// compareWithTruth holds the undisturbed run against what the desk knows of
// itself: else both could be wrong in the same way. What the vendor can only
// estimate, or not tell, is left out.
func compareWithTruth(t *testing.T, got map[string]float64, end time.Time) {
	t.Helper()
	desk := newDesk()
	desk.Advance(end.Add(patience))
	want, shown := booked(desk, end), maps.Clone(got)
	for _, m := range []map[string]float64{want, shown} {
		maps.DeleteFunc(m, func(k string, _ float64) bool { return !exact(k) })
	}
	if diff := cmp.Diff(want, shown); diff != "" || len(want) < 100 {
		t.Errorf("the undisturbed run differs from the desk's own books of %d numbers (-books +run):\n%s", len(want), diff)
	}
}

// exact reports whether the vendor tells a series exactly; single buckets are left
// out.
func exact(series string) bool {
	name, _, _ := strings.Cut(series, "{")
	for _, f := range kpi.FactFamilies {
		if f.Name == strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_sum") {
			return f.Needs == "" || profile.Capabilities[f.Needs] == helpdesk.Exact
		}
	}
	return false
}

var profile = gorgias.New(nil, gorgias.Options{}).Profile()
