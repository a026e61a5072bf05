//go:build servers

package servers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

const token = "planted-token"

// desk is a simulated helpdesk on the clock of the machine, which people work at
// and which may be away.
type desk struct {
	*simulator.Desk
	url  string
	away atomic.Bool
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Desk: simulator.New(simulator.Options{Start: time.Now(), Resolution: time.Second, Feed: true})}
	api := simulator.RequestTracker(d.Desk, simulator.RequestTrackerOptions{Token: token, Lag: -1})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.away.Load() {
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
			return
		}
		api.ServeHTTP(w, r)
	}))
	d.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	var ticking sync.WaitGroup
	ticking.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				d.Advance(now)
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		ticking.Wait()
		server.Close()
	})
	return d
}

// asks opens conversations that nobody answers yet.
func (d *desk) asks(n int) (ids []int64) {
	for range n {
		ids = append(ids, d.Play(simulator.Scripted{Lines: []simulator.Line{simulator.Says(0, helpdesk.AuthorCustomer)}}))
	}
	return ids
}

// answers replies to conversations, a second from now.
func (d *desk) answers(ids ...int64) {
	for _, id := range ids {
		d.Continue(id, simulator.Replies(time.Second, 0))
	}
}
