package collectortest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// Opens is when desks open: a Monday, far ahead of any machine's clock, so that
// every scenario runs with a helpdesk whose clock is not ours.
var Opens = time.Date(2090, 1, 2, 6, 0, 0, 0, time.UTC)

const (
	day      = 24 * time.Hour
	interval = 30 * time.Second
)

// setup says what a scenario is like.
type setup struct {
	desk     *simulator.Desk // shared between worlds; else one is made
	seed     uint64
	rate     float64       // conversations an hour
	history  time.Duration // how long the desk has been open when the exporter starts
	script   []simulator.Scripted
	mix      *simulator.Mix // in place of the vendor's
	lookback time.Duration
	book     bool
	alike    bool          // one channel's limits hold for all
	teams    bool          // label by team, where the vendor tells no history of teams too
	timeout  time.Duration // of one attempt
	sweeps   time.Duration // the reconcile interval; an hour when 0
	start    time.Time     // of the desk; [Opens] when zero
	memory   bool          // no network: for a bubble of synctest
	ours     bool          // in a bubble: the desk has the machine's clock
	off      time.Duration // but for this
	apart    bool          // each page is stored by itself
}

// world is a desk, the server that speaks for it, and one exporter's ledger.
type world struct {
	t      *testing.T
	v      Vendor
	setup  setup
	desk   *simulator.Desk
	door   *door
	base   string
	net    http.RoundTripper
	server *httptest.Server // nil without a network
	ledger string
	log    *safeBuffer
	policy kpi.Policy

	// What the exporter did, over all its lives.
	steps             []truth.Step
	firstStart, floor time.Time
	met, forgotten    map[string]bool // conversations that lists told of, or never did
	registry          *prometheus.Registry
	alive             *process
}

func newWorld(t *testing.T, v Vendor, s setup) *world {
	t.Helper()
	if s.lookback == 0 {
		s.lookback = 30 * day
	}
	if s.sweeps == 0 {
		s.sweeps = time.Hour
	}
	if s.start.IsZero() {
		s.start = Opens
	}
	w := &world{
		t: t, v: v, setup: s, desk: s.desk, log: &safeBuffer{}, met: map[string]bool{}, forgotten: map[string]bool{},
		ledger: filepath.Join(t.TempDir(), "ledger.db"),
		policy: kpi.Policy{
			Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(), ReopenGrace: 30 * time.Minute, AbandonedAfter: day,
		},
	}
	if s.alike {
		w.policy.Classes = alike()
	}
	if w.desk == nil {
		w.desk = newDesk(v, s)
	}
	w.door = newDoor(v, w.desk)
	if s.memory {
		w.base, w.net = "http://desk.test", handlerTransport{w.door}
	} else {
		w.server = httptest.NewServer(w.door)
		t.Cleanup(w.server.Close)
		w.base, w.net = w.server.URL, &http.Transport{}
	}
	w.live()
	t.Cleanup(func() { w.die() })
	return w
}

// newDesk Opens a desk of the kind that the vendor can show.
func newDesk(v Vendor, s setup) *simulator.Desk {
	o := v.Desk
	o.Seed, o.Start, o.Rate, o.Script = s.seed, s.start, s.rate, s.script
	if o.Start.IsZero() {
		o.Start = Opens
	}
	if s.mix != nil {
		o.Mix = s.mix
	}
	d := simulator.New(o)
	d.Advance(o.Start.Add(s.history))
	return d
}

// steady is the vendor's mix without what makes conversations vanish for good:
// whether one was read before that depends on the moment of a kill.
func steady(v Vendor) *simulator.Mix {
	mix := simulator.DefaultMix()
	if v.Desk.Mix != nil {
		mix = *v.Desk.Mix
	}
	mix.Merge, mix.Delete = 0, 0
	return &mix
}

// rounds polls some times, the desk moving on before each.
func (w *world) rounds(n int, step time.Duration) {
	w.t.Helper()
	for range n {
		w.advance(step)
		w.round()
	}
}

func (w *world) advance(d time.Duration) { w.desk.Advance(w.desk.Now().Add(d)) }

// settle polls until a quiet moment comes, in which nothing is hidden any more,
// and once more in it, with a sweep: an event may show before what it is about.
func (w *world) settle() {
	w.t.Helper()
	w.calm(w.round)
	w.round()
	w.sweep()
}

// quiet moves the desk to a quiet moment.
func (w *world) quiet() {
	w.t.Helper()
	w.calm(func() {})
}

// calm moves the desk to a moment before which nothing happened for a while,
// which is longer than the vendor hides anything. Whatever comes between is done
// as often as something happened.
func (w *world) calm(between func()) {
	w.t.Helper()
	while := max(10*time.Second, 5*w.alive.profile.VisibilityLag/4)
	for range 1000 {
		before := w.happenings()
		w.advance(while)
		if w.happenings() == before {
			return
		}
		between()
	}
	w.t.Fatal("the desk is never quiet")
}

func (w *world) happenings() (n int) {
	w.desk.Read(func(b *simulator.Books) { n = len(b.Log) })
	return n
}

// labels are the dimensions of the conversation metrics.
func (w *world) labels() []helpdesk.LabelName {
	if w.setup.teams || w.alive.profile.Capabilities[helpdesk.CapTeamHistory] == helpdesk.Exact {
		return []helpdesk.LabelName{helpdesk.LabelTeam}
	}
	return nil
}

// conversations is the truth as the vendor can tell it.
func (w *world) conversations() []truth.Conversation {
	var out []truth.Conversation
	exact := w.alive.profile.Capabilities[helpdesk.CapTeamHistory] == helpdesk.Exact
	for _, c := range w.desk.Conversations() {
		if w.forgotten[c.Row.ID] {
			continue
		}
		if !exact { // labels are those of the newest row
			c.Records = slices.DeleteFunc(c.Records, func(r helpdesk.Record) bool { _, ok := r.(helpdesk.Relabel); return ok })
		}
		if w.v.Tell != nil {
			c = w.v.Tell(c)
		}
		if w.door.witness != nil {
			c = w.door.witness.Tell(c)
		}
		out = append(out, c)
	}
	return out
}

// begun notes what the first start of the source decides.
func (w *world) begun(now time.Time) {
	if !w.firstStart.IsZero() {
		return
	}
	w.firstStart, w.floor = now, now
	if w.setup.book {
		w.floor = now.Add(-w.setup.lookback)
	}
}

// meet notes, before a poll, which conversations nobody could have met: those
// that were gone already when it was the first chance to see them.
func (w *world) meet() {
	if !w.v.Forgets {
		return
	}
	w.desk.Read(func(b *simulator.Books) {
		for _, t := range b.Tickets {
			id := itoa(t.ID)
			if s := t.Now(); len(t.Log) == 0 || w.met[id] {
				continue
			} else if s.GoneAt.IsZero() {
				w.met[id] = true
			} else {
				w.forgotten[id] = true
			}
		}
	})
}

// safeBuffer is a buffer that several goroutines may write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// noneBehind says that nothing was read that a watermark had passed.
func (w *world) noneBehind() {
	w.t.Helper()
	if n := w.value(kpi.BehindWatermark); n != 0 {
		w.t.Errorf("%v records came from behind the watermark", n)
	}
}

// unplug takes the helpdesk from the network.
func (w *world) unplug() {
	w.server.CloseClientConnections()
	w.server.Close()
}
