package killtest

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

const (
	history  = 12 * time.Hour      // how long the desk is open before the exporter is
	lookback = 30 * 24 * time.Hour // all of it
)

var opens = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC) // a Monday, before the morning's rush

// newDesk is a desk that always lives the same life. Its clock knows seconds, so
// that sums of durations are exact in whatever order they are added.
//
// What a helpdesk itself forgets is left out: a ticket that is merged away or
// deleted for good between two reads of an exporter that was dead meanwhile can
// be told by nobody. And what it does not date: the team of a conversation is
// the newest one at booking.
func newDesk() *simulator.Desk { return aDesk(20, 8) }

// aDesk is one of several such desks.
func aDesk(seed uint64, rate float64) *simulator.Desk {
	mix := simulator.DefaultMix()
	mix.Merge, mix.Delete = 0, 0
	return simulator.New(simulator.Options{Seed: seed, Start: opens, Rate: rate, Resolution: time.Second, Mix: &mix, FixedTeams: true})
}

// world is a desk on a clock that runs, and jumps when it is told to, with its
// API.
type world struct {
	desk   *simulator.Desk
	server *httptest.Server

	mu     sync.Mutex
	at     time.Time // the desk's clock at the last jump
	jumped time.Time // the machine's
}

func newWorld(t *testing.T) *world { return worldOf(t, newDesk()) }

func worldOf(t *testing.T, desk *simulator.Desk) *world {
	w := &world{desk: desk}
	w.jump(opens.Add(history))
	api := simulator.Gorgias(w.desk, simulator.GorgiasOptions{Lag: 300 * time.Millisecond, Bucket: 1 << 30, Window: time.Second})
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.desk.Advance(w.now())
		api.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at.Add(time.Since(w.jumped))
}

func (w *world) jump(to time.Time) {
	w.mu.Lock()
	w.at, w.jumped = to, time.Now()
	w.mu.Unlock()
	w.desk.Advance(to)
}
