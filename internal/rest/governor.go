package rest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// maxPause bounds how long a 429 silences a source: a vendor whose daily quota
// is gone is asked again once an hour, and one that slipped is forgiven.
const maxPause = time.Hour

// GovernorOptions make a [Governor].
type GovernorOptions struct {
	// Share of the account's limit that we keep to, above 0 and up to 1.
	Share float64
	// Start is assumed until an answer tells the quota: its limit and window,
	// of which nothing is known to be used. The zero value is no limit.
	Start Reading
	// Read reads the quota from answers; nil where the vendor tells none.
	Read Reader
}

// Governor keeps the requests of one account to the source's share of the
// quota. It paces them evenly, lets the account's whole use, that of others
// included, not pass the share, keeps a reserve for [Clocks], and stops them all
// after a 429. What others use is known as of the last answer: what they take
// between two of ours shows in the next. A server error with a Retry-After stops
// them as well. It is safe for concurrent use, also by
// several clients of the same account.
type Governor struct {
	read Reader

	mu       sync.Mutex
	bucket   bucket
	heard    bool    // an answer told the quota
	inFlight float64 // cost of what is sent and not answered
	seq      uint64  // of the last request sent
	readSeq  uint64  // of the newest request whose answer told the quota

	pausedUntil time.Time
	heldSince   time.Time // since when a pause that is too long to be sat out is not told
	strikes     int       // 429s in a row
	struckSeq   uint64    // requests up to this one were sent before the last 429 came

	changed chan struct{} // closed when an answer came: waits are computed anew
}

// NewGovernor returns a governor.
func NewGovernor(o GovernorOptions) (*Governor, error) {
	if math.IsNaN(o.Share) || o.Share <= 0 || o.Share > 1 {
		return nil, fmt.Errorf("quota share is %v: it must be above 0 and at most 1", o.Share)
	}
	if o.Start.Limit < 0 || o.Start.Window < 0 {
		return nil, errors.New("quota to start with must not be negative")
	}
	g := &Governor{read: o.Read, bucket: bucket{share: o.Share}, changed: make(chan struct{})}
	if o.Start.Limit > 0 {
		start := Reading{Limit: o.Start.Limit, Remaining: o.Start.Limit, Window: o.Start.Window}
		g.bucket.learn(time.Now(), start, 0)
	}
	return g, nil
}

// unlimited is the governor of a client without one.
func unlimited() *Governor {
	return &Governor{bucket: bucket{share: 1}, changed: make(chan struct{})}
}

// Limit returns the account's requests a window; ok is false until an answer
// told it.
func (g *Governor) Limit() (n int, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(g.bucket.limit), g.heard
}

// Window returns the time in which the requests of the limit are allowed; 0
// without a limit.
func (g *Governor) Window() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bucket.window
}

// Pace is how far apart requests are at our share of the quota; 0 without one.
func (g *Governor) Pace() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bucket.limit == 0 {
		return 0
	}
	return g.bucket.after(1, g.bucket.mine())
}

// Remaining returns how many of them are left to the whole account: what the
// last answer told, and what was sent and regained since.
func (g *Governor) Remaining() (n int, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bucket.advance(time.Now())
	return int(max(0, math.Floor(g.bucket.limit-g.bucket.level+tolerance))), g.heard
}

// ticket is a request that was admitted. It is given back to answered or
// unanswered, once.
type ticket struct {
	seq  uint64
	cost float64
}

// longWaitError says that a request was not sent because it would have had to
// wait too long.
type longWaitError struct {
	wait   time.Duration
	reason string
}

func (e *longWaitError) Error() string {
	if e.reason == ThrottledVendor {
		return fmt.Sprintf("not sent: the helpdesk asked for a pause, %s are left", e.wait.Round(time.Second))
	}
	return fmt.Sprintf("not sent: quota_share of the account's API quota is used up for %s", e.wait.Round(time.Second))
}

// admit waits until a request may be sent, and reports each wait. Its errors
// are *longWaitError and the context's.
func (g *Governor) admit(ctx context.Context, p Priority, cost float64, report func(string, time.Duration)) (ticket, error) {
	for {
		if err := ctx.Err(); err != nil {
			return ticket{}, err
		}
		if d := g.held(time.Now()); d > 0 {
			report(ThrottledVendor, d)
		}
		t, wait, reason, changed := g.try(p, cost)
		if wait == 0 {
			return t, nil
		}
		if wait > maxWait {
			return ticket{}, &longWaitError{wait: wait, reason: reason}
		}
		start := time.Now()
		err := pause(ctx, wait, changed)
		report(reason, time.Since(start))
		if err != nil {
			return ticket{}, err
		}
	}
}

// held is the time of a pause that no request sits out, since it was last told.
func (g *Governor) held(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.heldSince.IsZero() {
		return 0
	}
	left := g.pausedUntil.Sub(now)
	d := now.Add(min(left, 0)).Sub(g.heldSince)
	g.heldSince = now
	if left <= maxWait { // those that come from now on sit it out, and tell it
		g.heldSince = time.Time{}
	}
	return d
}

// try takes a ticket, or says how long to wait for the next try and why.
func (g *Governor) try(p Priority, cost float64) (ticket, time.Duration, string, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if wait := g.pausedUntil.Sub(now); wait > 0 {
		return ticket{}, wait, ThrottledVendor, g.changed
	}
	if wait := g.bucket.delay(now, p, cost); wait > 0 {
		return ticket{}, wait, ThrottledOwnShare, g.changed
	}
	g.bucket.take(cost)
	g.inFlight += cost
	g.seq++
	return ticket{seq: g.seq, cost: cost}, 0, "", nil
}

// unanswered gives a ticket back. The vendor may have counted the request, so
// it stays in the level.
func (g *Governor) unanswered(t ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight -= t.cost
}

// answered gives a ticket back and learns from the answer. asked is its
// Retry-After, 0 without one; the result is that, or the wait until the
// quota's reset where a 429 tells no other.
func (g *Governor) answered(t ticket, status int, h http.Header, asked time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight -= t.cost
	now := time.Now()
	r, told := g.learn(now, t, h)
	switch {
	case status == http.StatusTooManyRequests:
		if asked == 0 && told && r.Remaining <= 0 {
			asked = r.Reset
		}
		g.strike(now, t, asked)
	case status >= http.StatusInternalServerError && asked > 0: // a maintenance
		g.pause(now, min(asked, maxPause))
	case t.seq > g.struckSeq:
		g.strikes = 0
	}
	close(g.changed)
	g.changed = make(chan struct{})
	return asked
}

// learn reads the quota. An answer that was overtaken by one to a later request
// tells the past, and is not taken over.
func (g *Governor) learn(now time.Time, t ticket, h http.Header) (Reading, bool) {
	if g.read == nil {
		return Reading{}, false
	}
	r, ok := g.read(h)
	if !ok || r.Limit <= 0 {
		return Reading{}, false
	}
	if t.seq > g.readSeq {
		g.readSeq, g.heard = t.seq, true
		g.bucket.learn(now, r, g.inFlight)
	}
	return r, true
}

// strike pauses all requests after a 429. Several that were under way together
// count as one; in a row, without a word on how long, the pause doubles from a
// second to a minute.
func (g *Governor) strike(now time.Time, t ticket, asked time.Duration) {
	if t.seq > g.struckSeq {
		g.strikes++
	}
	g.struckSeq = g.seq
	wait := min(asked, maxPause)
	if wait == 0 {
		wait = min(backoffBase<<min(g.strikes-1, 6), maxWait)
	}
	g.pause(now, wait)
}

// pause holds back all requests for so long, if they are not held back for
// longer already.
func (g *Governor) pause(now time.Time, d time.Duration) {
	if until := now.Add(d); until.After(g.pausedUntil) {
		g.pausedUntil = until
	}
	if d > maxWait && g.heldSince.IsZero() {
		g.heldSince = now
	}
	g.bucket.stall(g.pausedUntil)
}
