package rest

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Allowance is a limit that a vendor sets on some of its endpoints, beside the
// account's quota: no window of time sees more than so many of our requests. It
// keeps the times of those that were sent, so that the whole allowance may go
// at once, which a pace would not let it. What other programs use of the limit
// is known where answers tell it. It lives as long as the process: around a
// restart a window may see twice as many.
//
// It is safe for concurrent use.
type Allowance struct {
	n      int
	window time.Duration
	read   Reader

	mu    sync.Mutex
	sent  []time.Time // the last n, oldest first
	until time.Time   // the vendor's own count is used up until then
}

// NewAllowance allows n requests in any window. read tells the vendor's own
// count from answers; nil where it tells none.
func NewAllowance(n int, window time.Duration, read Reader) *Allowance {
	return &Allowance{n: max(n, 1), window: window, read: read}
}

// Pace is how far apart requests are when all of it is used.
func (a *Allowance) Pace() time.Duration { return a.window / time.Duration(a.n) }

// admit waits until a request may be sent and notes it as sent. Its errors are
// *longWaitError and the context's. A nil allowance allows everything.
func (a *Allowance) admit(ctx context.Context, report func(string, time.Duration)) error {
	if a == nil {
		return nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait, reason := a.take(time.Now())
		if wait <= 0 {
			return nil
		}
		if wait > maxWait {
			return &longWaitError{wait: wait, reason: reason}
		}
		start := time.Now()
		err := pause(ctx, wait, nil)
		report(reason, time.Since(start))
		if err != nil {
			return err
		}
	}
}

// take notes a request, or says how long to wait for the next try and why.
func (a *Allowance) take(now time.Time) (time.Duration, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if wait := a.until.Sub(now); wait > 0 {
		return wait, ThrottledVendor
	}
	if len(a.sent) == a.n {
		if wait := a.sent[0].Add(a.window).Sub(now); wait > 0 {
			return wait, ThrottledOwnShare
		}
		a.sent = append(a.sent[:0], a.sent[1:]...)
	}
	a.sent = append(a.sent, now)
	return 0, ""
}

// answered learns from an answer's header what is left of the vendor's count.
func (a *Allowance) answered(h http.Header) {
	if a == nil || a.read == nil {
		return
	}
	r, ok := a.read(h)
	if !ok || r.Remaining > 0 {
		return
	}
	wait := min(r.Reset, maxPause)
	if wait == 0 {
		wait = a.window
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if until := time.Now().Add(wait); until.After(a.until) {
		a.until = until
	}
}
