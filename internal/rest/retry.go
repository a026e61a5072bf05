package rest

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxWait is the longest that Do sits out at a time; what takes longer goes
	// back to the caller as an error with RetryAfter.
	maxWait = time.Minute
	// backoffBase is doubled with each attempt.
	backoffBase = time.Second
	// maxRetryAfter bounds what a mistaken header can ask for.
	maxRetryAfter = 24 * time.Hour
)

// retryable says for which reasons the same request may succeed when it is
// sent again. A truncated answer is a decode error.
func retryable(r Reason) bool {
	switch r {
	case ReasonRateLimited, ReasonServer, ReasonTimeout, ReasonNetwork, ReasonDecode:
		return true
	}
	return false
}

// retryWait returns the wait before the next attempt: what the vendor asked
// for, else exponential with full jitter. It is not ok when the wait is too
// long for us or for the caller, who then learns the real failure at once.
func (c *Client) retryWait(ctx context.Context, attempt int, e *Error) (time.Duration, bool) {
	wait := e.RetryAfter
	if wait == 0 {
		wait = backoff(attempt, c.rand())
	}
	if wait > maxWait {
		return 0, false
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return 0, false
	}
	return wait, true
}

// backoff is between 0 and 1 s, 2 s, 4 s ... 64 s, never over maxWait.
func backoff(attempt int, random float64) time.Duration {
	span := backoffBase << min(attempt-1, 6)
	return min(time.Duration(random*float64(span)), maxWait)
}

// sleep waits between attempts and returns the error of a context that ended.
func (c *Client) sleep(ctx context.Context, d time.Duration, e *Error) error {
	start := time.Now()
	err := pause(ctx, d, nil)
	if e.Reason == ReasonRateLimited || e.RetryAfter > 0 {
		c.observer.Throttled(ThrottledVendor, time.Since(start))
	}
	return err
}

// pause waits for d, for wake to be closed, or for the end of the context,
// whose error it returns.
func pause(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-t.C:
	}
	return nil
}

// retryAfter reads Retry-After: seconds, which some vendors send with a
// fraction, or an HTTP date, which counts from the answer's own Date, so that
// the skew between the clocks does not matter. Anything else is 0.
// https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
func retryAfter(h http.Header, received time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(v, 64); err == nil {
		return clampSeconds(seconds)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(dateOf(h, received)), 0), maxRetryAfter)
}

// dateOf returns the answer's Date, or when it was received.
func dateOf(h http.Header, received time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return received
}

func clampSeconds(s float64) time.Duration {
	if math.IsNaN(s) || s <= 0 {
		return 0
	}
	if s >= maxRetryAfter.Seconds() {
		return maxRetryAfter
	}
	return time.Duration(s * float64(time.Second))
}
