package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWaitsBetweenAttempts: the instants of the attempts, with the jitter at
// its half, and the error at the end.
func TestWaitsBetweenAttempts(t *testing.T) {
	past := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for name, tc := range map[string]struct {
		retries   int
		answer    func() *http.Response
		at        []time.Duration
		err       string
		after     time.Duration
		throttled map[string]time.Duration
	}{
		"a server error backs off 1, 2, 4 s at most": {
			retries: 4, answer: func() *http.Response { return answer(503, "") },
			at: []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}, err: "/e: server (HTTP 503)",
		},
		"a truncated answer as well": {
			answer: func() *http.Response { return answer(200, "{") },
			at:     []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond}, err: "/e: decode (HTTP 200): truncated answer",
		},
		"Retry-After in seconds is honoured": {
			answer: func() *http.Response { return answer(429, "", "Retry-After", "7") },
			at:     []time.Duration{0, 7 * time.Second, 14 * time.Second}, err: "/e: rate_limited (HTTP 429)", after: 7 * time.Second,
			throttled: map[string]time.Duration{ThrottledVendor: 14 * time.Second},
		},
		"with a fraction too": {
			answer: func() *http.Response { return answer(429, "", "Retry-After", "0.25") },
			at:     []time.Duration{0, 250 * time.Millisecond, 500 * time.Millisecond}, err: "/e: rate_limited (HTTP 429)", after: 250 * time.Millisecond,
			throttled: map[string]time.Duration{ThrottledVendor: 500 * time.Millisecond},
		},
		"Retry-After of a maintenance": {
			answer: func() *http.Response { return answer(503, "", "Retry-After", "60") },
			at:     []time.Duration{0, time.Minute, 2 * time.Minute}, err: "/e: server (HTTP 503)", after: time.Minute,
			throttled: map[string]time.Duration{ThrottledVendor: 2 * time.Minute},
		},
		"Retry-After as a date counts from the helpdesk's own clock": {
			retries: 2,
			answer: func() *http.Response {
				return answer(429, "", "Date", past(-time.Hour), "Retry-After", past(-time.Hour+9*time.Second))
			},
			at: []time.Duration{0, 9 * time.Second}, err: "/e: rate_limited (HTTP 429)", after: 9 * time.Second,
			throttled: map[string]time.Duration{ThrottledVendor: 9 * time.Second},
		},
		"a longer one goes back to the caller": {
			answer: func() *http.Response { return answer(429, "", "Retry-After", "61") },
			at:     []time.Duration{0}, err: "/e: rate_limited (HTTP 429)", after: 61 * time.Second,
		},
		"a 429 without a word pauses 1, then 2 s": {
			answer: func() *http.Response { return answer(429, "") },
			at:     []time.Duration{0, time.Second, 3 * time.Second}, err: "/e: rate_limited (HTTP 429)",
			throttled: map[string]time.Duration{ThrottledVendor: 3 * time.Second},
		},
		"what a person must put right is not tried again": {
			answer: func() *http.Response { return answer(404, "", "Retry-After", "5") },
			at:     []time.Duration{0}, err: "/e: gone (HTTP 404)", after: 5 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, o := time.Now(), &log{}
				var at []time.Duration
				c := newClient(t, Options{
					Retries: tc.retries, Observer: o, Rand: func() float64 { return 0.5 },
					Transport: transport(func(*http.Request) (*http.Response, error) {
						at = append(at, time.Since(start))
						return tc.answer(), nil
					}),
				})
				e := asError(t, c.Do(context.Background(), Request{Endpoint: "/e"}, &tickets{}))
				if e.Error() != tc.err || e.RetryAfter != tc.after {
					t.Errorf("got %q and %s, want %q and %s", e, e.RetryAfter, tc.err, tc.after)
				}
				if diff := cmp.Diff(tc.at, at); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(tc.throttled, o.throttled); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestBackoffStaysInItsBounds(t *testing.T) {
	for attempt := 1; attempt < 100; attempt++ {
		if got := backoff(attempt, 0); got != 0 {
			t.Errorf("attempt %d: full jitter begins at %s", attempt, got)
		}
		if got := backoff(attempt, 0.999999); got <= 0 || got > maxWait {
			t.Errorf("attempt %d: waits up to %s", attempt, got)
		}
	}
}

func TestTheCallersContextEndsEveryWait(t *testing.T) {
	hang := transport(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	fail := transport(func(*http.Request) (*http.Response, error) { return answer(503, "", "Retry-After", "50"), nil })
	for name, tc := range map[string]struct {
		rt    http.RoundTripper
		calls int
		pause time.Duration // of the governor, beforehand
	}{
		"while a request is under way": {rt: hang, calls: 1},
		"between attempts":             {rt: fail, calls: 1},
		"while it waits for the quota": {rt: fail, pause: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &log{}
				c := newClient(t, Options{Transport: tc.rt, Observer: o})
				c.quota.pausedUntil = time.Now().Add(tc.pause)
				ctx, cancel := context.WithCancel(context.Background())
				start := time.Now()
				time.AfterFunc(5*time.Second, cancel)
				err := c.Do(ctx, Request{Endpoint: "/e"}, nil)
				e := asError(t, err)
				if !errors.Is(err, context.Canceled) || e.Reason != ReasonTimeout || e.Error() != "/e: timeout: the caller hung up: context canceled" {
					t.Errorf("got %q", err)
				}
				if d := time.Since(start); d != 5*time.Second {
					t.Errorf("came back after %s", d)
				}
				if len(o.requests) != tc.calls {
					t.Errorf("observed %v", o.requests)
				}
			})
		})
	}
}

func TestACallersDeadlineThatAWaitWouldPassReturnsTheFailureItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{Transport: transport(func(*http.Request) (*http.Response, error) {
			return answer(503, "", "Retry-After", "20"), nil
		})})
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		e := asError(t, c.Do(ctx, Request{Endpoint: "/e"}, nil))
		if e.Reason != ReasonServer || e.RetryAfter != 20*time.Second || time.Since(start) != 0 {
			t.Errorf("got %q after %s", e, time.Since(start))
		}
	})
}

func TestRetryAfterIsReadLeniently(t *testing.T) {
	received := time.Date(2026, 5, 6, 10, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"-5":                            0,
		"soon":                          0,
		"NaN":                           0,
		"30":                            30 * time.Second,
		" 2.5 ":                         2500 * time.Millisecond,
		"1e300":                         maxRetryAfter,
		"+Inf":                          maxRetryAfter,
		"Wed, 06 May 2026 10:00:30 GMT": 30 * time.Second,
		"Wed, 06 May 2026 09:00:00 GMT": 0,
		"Wed, 06 May 2126 09:00:00 GMT": maxRetryAfter,
	} {
		if got := retryAfter(http.Header{"Retry-After": {in}}, received); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

// Any Retry-After and Date: the pause is never below nothing, and never longer than the
// longest.
func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "7", "1.5", "-1", "NaN", "1e999", "Wed, 06 May 2026 10:00:30 GMT"} {
		f.Add(s, "Wed, 06 May 2026 10:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, after, date string) {
		h := http.Header{"Retry-After": {after}, "Date": {date}}
		if d := retryAfter(h, time.Unix(1777975200, 0)); d < 0 || d > maxRetryAfter {
			t.Errorf("%s", fmt.Sprint(d))
		}
	})
}
