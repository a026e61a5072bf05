//go:build postgres

package killtest

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/faultproxy"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// moves is how long a dead replica's sources may take to be at another one.
const moves = 15 * time.Second

// quiet is how long nothing happens at the desks after an instant that they jump
// to: longer than a fault and its end take.
const quiet = 4 * time.Minute

// sharedBy are the sources of the replicas, each with a desk of its own: as many
// as there are replicas, three at least.
var sharedBy = []string{"desk", "help", "shop", "care", "mail"}

// fleet is what a few replicas poll together.
type fleet struct {
	t        *testing.T
	dsn      *url.URL
	sources  []string
	worlds   map[string]*world
	mark     time.Time
	truth    map[string]map[string]float64 // at the mark, by source
	replicas []*member
	watches  map[string]*watch
	scrapes  int
}

// member is a replica: a whole exporter in a process of its own, with its own way
// to the database.
type member struct {
	*victim
	name    string
	config  string
	address string
	proxy   *faultproxy.Proxy
}

func newFleet(t *testing.T, size int) *fleet {
	f := &fleet{t: t, dsn: newSchema(t), sources: sharedBy[:max(3, size)], worlds: map[string]*world{}, watches: map[string]*watch{}, truth: map[string]map[string]float64{}}
	for i, source := range f.sources {
		f.worlds[source] = worldOf(t, f.desk(i))
		f.watches[source] = &watch{t: t}
	}
	f.plan(opens.Add(history))()
	for i := range size {
		f.replicas = append(f.replicas, f.join(string(rune('a'+i))))
	}
	return f
}

// desk is the i-th source's. All together are as busy in any fleet, so that there
// are quiet instants.
func (f *fleet) desk(i int) *simulator.Desk { return aDesk(uint64(30+i), 12/float64(len(f.sources))) }

// plan finds an instant after which all desks are quiet, and what is true then,
// which takes a while; jump lets their clocks jump to it.
func (f *fleet) plan(after time.Time) (jump func()) {
	f.t.Helper()
	copies := map[string]func(time.Time) map[string]float64{}
	for i, source := range f.sources {
		desk := f.desk(i)
		copies[source] = func(at time.Time) map[string]float64 {
			desk.Advance(at.Add(time.Hour)) // what it does not know yet would be quiet
			return bookedOf(source, desk, at)
		}
	}
	same := func(at time.Time) bool {
		for _, source := range f.sources {
			if !maps.Equal(copies[source](at.Add(-10*time.Second)), copies[source](at.Add(quiet))) {
				return false
			}
		}
		return true
	}
	for !same(after) {
		after = after.Add(time.Minute)
	}
	truth := map[string]map[string]float64{}
	for _, source := range f.sources {
		truth[source] = told(copies[source](after))
		if n := len(truth[source]); n < 20 {
			f.t.Fatalf("the desk of %s has only %d numbers", source, n)
		}
	}
	return func() {
		f.mark, f.truth = after, truth
		for _, w := range f.worlds {
			w.jump(after)
		}
	}
}

// told leaves out what the vendor can only estimate, or not tell, and single
// buckets.
func told(all map[string]float64) map[string]float64 {
	n := map[string]float64{}
	for k, v := range all {
		if exact(k) {
			n[k] = v
		}
	}
	return n
}

// join starts a replica.
func (f *fleet) join(name string) *member {
	f.t.Helper()
	proxy, err := faultproxy.Listen(f.dsn.Host)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { proxy.Close() })
	by := *f.dsn
	by.Host = proxy.Addr()
	var b strings.Builder
	fmt.Fprintf(&b, "global: {poll_interval: 1s, quota_share: 1, first_sync: {lookback: 30d, book: true}, labels: []}\nstate: {postgres: {dsn_file: %q}}\nsources:\n", dsnFile(f.t, &by))
	for _, source := range f.sources {
		fmt.Fprintf(&b, "- {name: %s, gorgias: {url: %q, basic_auth: {username: bot@shop.example, password: key}}}\n", source, f.worlds[source].server.URL)
	}
	m := &member{name: name, proxy: proxy, config: filepath.Join(f.t.TempDir(), "config.yaml")}
	if err := os.WriteFile(m.config, []byte(b.String()), 0o600); err != nil {
		f.t.Fatal(err)
	}
	m.start(f.t)
	return m
}

func (m *member) start(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{cmd: exec.Command(self)}
	v.cmd.Env = append(os.Environ(), envReplica+"="+m.config)
	v.cmd.Stderr = &v.stderr
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.victim = v
	v.pipe = follow(bufio.NewReader(out), 0, nil)
	t.Cleanup(func() {
		_ = v.cmd.Process.Kill() // perhaps it is dead already
		<-v.pipe.done
		_ = v.cmd.Wait()
		if t.Failed() {
			t.Logf("replica %s said:\n%s", m.name, tail(v.stderr.Bytes()))
		}
	})
	select {
	case m.address = <-v.pipe.address:
	case <-time.After(patience):
		t.Fatalf("replica %s does not start", m.name)
	}
}

func tail(b []byte) []byte { return b[max(0, len(b)-6000):] }

func (m *member) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// look scrapes all replicas once, and returns where each source is shown. What a
// fault makes wrong for ever is an error at once: a number above the truth, a
// start that moved, a value that fell.
func (f *fleet) look() (at map[string][]string, shown map[string]map[string]float64) {
	f.t.Helper()
	at, shown = map[string][]string{}, map[string]map[string]float64{}
	for _, m := range f.replicas {
		ctx, cancel := context.WithTimeout(f.t.Context(), time.Second)
		families, err := scrape(ctx, m.address)
		cancel()
		if err != nil {
			continue // it is dead, stopped or starting
		}
		f.scrapes++
		for source, x := range bySource(facts(families)) {
			at[source] = append(at[source], m.name)
			n := told(x.numbers())
			for k, v := range n {
				if v > f.truth[source][k] {
					f.t.Errorf("replica %s shows %s %v, the truth is %v", m.name, k, v, f.truth[source][k])
				}
			}
			if shown[source] == nil {
				f.watches[source].see(x)
				shown[source] = n
			}
		}
	}
	return at, shown
}

func bySource(x exposition) map[string]exposition {
	by := map[string]exposition{}
	for k, m := range x {
		for _, l := range m.GetLabel() {
			if l.GetName() == "source" {
				if by[l.GetValue()] == nil {
					by[l.GetValue()] = exposition{}
				}
				by[l.GetValue()][k] = m
			}
		}
	}
	return by
}

// until looks until something is so, and returns how long it took.
func (f *fleet) until(within time.Duration, what string, is func(at map[string][]string, shown map[string]map[string]float64) string) time.Duration {
	f.t.Helper()
	began := time.Now()
	for {
		at, shown := f.look()
		why := is(at, shown)
		took := time.Since(began)
		if why == "" {
			return took
		}
		if f.t.Failed() || took > within {
			f.t.Fatalf("after %v not yet: %s: %s; sources at %v", took.Round(time.Millisecond), what, why, at)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// truthful reports why the sum over all replicas is not the truth.
func (f *fleet) truthful(at map[string][]string, shown map[string]map[string]float64) string {
	for _, source := range f.sources {
		if len(at[source]) != 1 {
			return fmt.Sprintf("source %s is at %v", source, at[source])
		}
		if diff := cmp.Diff(f.truth[source], shown[source]); diff != "" {
			return fmt.Sprintf("source %s (-truth +shown):\n%.1500s", source, diff)
		}
	}
	return ""
}

// settle waits until the sum over all replicas is the truth, and sees to it that
// it stays so.
func (f *fleet) settle() {
	f.t.Helper()
	f.until(patience, "the truth", f.truthful)
	for began := time.Now(); time.Since(began) < 3*time.Second; {
		if why := f.truthful(f.look()); why != "" {
			f.t.Fatalf("the truth does not last: %s", why)
		}
	}
}

// shared waits until every replica polls some source.
func (f *fleet) shared() {
	f.t.Helper()
	f.until(2*patience, "each replica has a share", func(at map[string][]string, shown map[string]map[string]float64) string {
		busy := map[string]bool{}
		for _, names := range at {
			for _, n := range names {
				busy[n] = true
			}
		}
		if len(busy) < len(f.replicas) {
			return "one polls nothing"
		}
		return f.truthful(at, shown)
	})
}

// without is a condition: every source is shown, and none by the replicas.
func (f *fleet) without(struck []*member) func(map[string][]string, map[string]map[string]float64) string {
	return func(at map[string][]string, _ map[string]map[string]float64) string {
		for _, source := range f.sources {
			if len(at[source]) != 1 || slices.ContainsFunc(struck, func(m *member) bool { return m.name == at[source][0] }) {
				return fmt.Sprintf("source %s is at %v", source, at[source])
			}
		}
		return ""
	}
}

// faults are what may happen to a replica, and how it ends.
var faults = map[string]struct {
	strike func(t *testing.T, m *member)
	heal   func(t *testing.T, m *member)
}{
	"killed":        {func(t *testing.T, m *member) { m.kill(t) }, func(t *testing.T, m *member) { m.start(t) }},
	"stopped":       {func(t *testing.T, m *member) { m.signal(t, syscall.SIGSTOP) }, func(t *testing.T, m *member) { m.signal(t, syscall.SIGCONT) }},
	"cut off":       {func(_ *testing.T, m *member) { m.proxy.Drop() }, func(_ *testing.T, m *member) { m.proxy.Mend() }},
	"asked to stop": {func(t *testing.T, m *member) { m.signal(t, syscall.SIGTERM) }, func(t *testing.T, m *member) { m.ended(t); m.start(t) }},
}

// ended waits for a replica that was asked to stop.
func (m *member) ended(t *testing.T) {
	t.Helper()
	<-m.pipe.done
	if err := m.cmd.Wait(); err != nil {
		t.Fatalf("replica %s stopped with %v:\n%s", m.name, err, tail(m.stderr.Bytes()))
	}
}

func TestTheSumOverReplicasIsTheTruthWhateverHappensToSome(t *testing.T) {
	sizes := []int{3}
	if *long {
		sizes = []int{2, 3, 5}
	}
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%d replicas", size), func(t *testing.T) { strikeAll(t, newFleet(t, size)) })
	}
}

// strikeAll lets each fault happen to some of the replicas, all but one of two, and
// fewer than half of more: to each of them another fault.
func strikeAll(t *testing.T, f *fleet) {
	f.shared()
	f.settle()
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	names := slices.Sorted(maps.Keys(faults))
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for i := range names {
		jump := f.plan(f.mark.Add(jumps[i%len(jumps)]))
		began := time.Now()
		var struck []*member
		for j := range max(1, (len(f.replicas)-1)/2) {
			m, name := f.replicas[(i+j)%len(f.replicas)], names[(i+j)%len(names)]
			t.Logf("replica %s is %s", m.name, name)
			faults[name].strike(t, m)
			struck = append(struck, m)
		}
		jump()
		f.until(moves-time.Since(began), "its sources are at the others", f.without(struck))
		t.Logf("sources moved within %v", time.Since(began).Round(100*time.Millisecond))
		f.settle()
		for j, m := range struck {
			faults[names[(i+j)%len(names)]].heal(t, m)
		}
		f.settleWhileItReturns()
		f.shared()
	}
	f.settle()
	t.Logf("%d scrapes", f.scrapes)
}

// settleWhileItReturns sees to it that a replica that comes back shows nothing of
// what it knew.
func (f *fleet) settleWhileItReturns() {
	f.t.Helper()
	for began := time.Now(); time.Since(began) < 2*time.Second; {
		at, shown := f.look()
		for _, source := range f.sources {
			if len(at[source]) > 1 {
				f.t.Fatalf("source %s is at %v", source, at[source])
			}
			if diff := cmp.Diff(f.truth[source], shown[source]); diff != "" && len(at[source]) == 1 && len(shown[source]) > 0 {
				f.t.Fatalf("source %s (-truth +shown):\n%.1500s", source, diff)
			}
		}
	}
}
