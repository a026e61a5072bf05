package rest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const gorgiasHeader = "X-Gorgias-Account-Api-Call-Limit"

// vendor is an account's quota as a strict server keeps it.
type vendor struct {
	mu      sync.Mutex
	limit   float64
	window  time.Duration
	fixed   bool // counts windows that begin at whole multiples, else a leaky bucket
	untold  bool // fixed, and when they begin is in no answer
	latency time.Duration

	start   time.Time
	level   float64
	at      time.Time
	peak    float64 // the most that our requests made of it
	refused int
	ours    int
}

func newVendor(limit int, window time.Duration, fixed bool) *vendor {
	now := time.Now()
	return &vendor{limit: float64(limit), window: window, fixed: fixed, latency: 150 * time.Millisecond, start: now, at: now}
}

// hit counts one request; it is not counted when it is refused.
func (v *vendor) hit() bool {
	now := time.Now()
	if v.fixed {
		if now.Sub(v.start)/v.window != v.at.Sub(v.start)/v.window {
			v.level = 0
		}
	} else {
		v.level = max(0, v.level-v.limit*float64(now.Sub(v.at))/float64(v.window))
	}
	v.at = now
	if v.level+1 > v.limit {
		return false
	}
	v.level++
	return true
}

func (v *vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := wait(r.Context(), v.latency/3); err != nil {
		return nil, err
	}
	v.mu.Lock()
	code := http.StatusOK
	if v.hit() {
		v.ours++
		v.peak = max(v.peak, v.level)
	} else {
		v.refused++
		code = http.StatusTooManyRequests
	}
	h := v.header()
	v.mu.Unlock()
	if err := wait(r.Context(), v.latency*2/3); err != nil {
		return nil, err
	}
	res := answer(code, `{}`, h...)
	return res, nil
}

func (v *vendor) header() []string {
	used := int(v.level + 0.999)
	if !v.fixed {
		return []string{gorgiasHeader, fmt.Sprintf("%d/%d", used, int(v.limit))}
	}
	if v.untold {
		return []string{"Ratelimit-Limit", fmt.Sprint(int(v.limit)), "Ratelimit-Remaining", fmt.Sprint(int(v.limit) - used)}
	}
	left := v.window - v.at.Sub(v.start)%v.window
	return []string{
		"Ratelimit-Limit", fmt.Sprint(int(v.limit)), "Ratelimit-Remaining", fmt.Sprint(int(v.limit) - used),
		"Ratelimit-Reset", fmt.Sprint(int(left / time.Second)),
	}
}

func (v *vendor) reader() Reader {
	if v.untold {
		return ReadRemaining("ratelimit-limit", "ratelimit-remaining", "", v.window)
	}
	if v.fixed {
		return ReadRemaining("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", v.window)
	}
	return ReadUsed(gorgiasHeader, v.window)
}

// others sends what other integrations of the account send, evenly.
func (v *vendor) others(ctx context.Context, perSecond float64) {
	for wait(ctx, time.Duration(float64(time.Second)/perSecond)) == nil {
		v.mu.Lock()
		v.hit()
		v.mu.Unlock()
	}
}

// TestAFirstSyncUsesItsShareAndNoMore is a simulation: several goroutines of a
// first sync ask as fast as they may for twenty minutes, and now and then a
// stream that clocks depend on asks a few times in a row.
func TestAFirstSyncUsesItsShareAndNoMore(t *testing.T) {
	const span = 20 * time.Minute
	for name, tc := range map[string]struct {
		limit     int
		window    time.Duration
		fixed     bool
		untold    bool
		share     float64
		workers   int
		others    float64       // requests a second
		want      float64       // of the share, at least
		clockWait time.Duration // at most, the answer's latency of 150 ms included
		unseen    float64       // what others may take between two of our answers, when the share is used up
	}{
		"Gorgias, an API key":             {limit: 40, window: 20 * time.Second, share: 0.7, workers: 4, want: 0.95, clockWait: 150 * time.Millisecond},
		"Gorgias, an enterprise's app":    {limit: 80, window: 10 * time.Second, share: 0.7, workers: 8, want: 0.95, clockWait: 150 * time.Millisecond},
		"a single goroutine":              {limit: 40, window: 20 * time.Second, share: 0.7, workers: 1, want: 0.95, clockWait: 150 * time.Millisecond},
		"all of the account":              {limit: 40, window: 20 * time.Second, share: 1, workers: 4, want: 0.95, clockWait: 150 * time.Millisecond},
		"others leave enough":             {limit: 40, window: 20 * time.Second, share: 0.7, workers: 4, others: 0.5, want: 0.95, clockWait: 150 * time.Millisecond},
		"others leave half of our share":  {limit: 40, window: 20 * time.Second, share: 0.7, workers: 4, others: 1.3, want: 0.45, clockWait: 150 * time.Millisecond},
		"Zendesk, windows of a minute":    {limit: 400, window: time.Minute, fixed: true, share: 0.7, workers: 4, want: 0.95, clockWait: 150 * time.Millisecond},
		"a small fixed window":            {limit: 40, window: 20 * time.Second, fixed: true, share: 0.7, workers: 4, want: 0.95, clockWait: 4 * time.Second},
		"others in a fixed window":        {limit: 400, window: time.Minute, fixed: true, share: 0.7, workers: 4, others: 2, want: 0.55, clockWait: 20 * time.Second, unseen: 2 * 30},
		"Freshdesk, untold windows":       {limit: 200, window: time.Minute, fixed: true, untold: true, share: 0.7, workers: 1, want: 0.95, clockWait: 150 * time.Millisecond},
		"others in an untold window":      {limit: 400, window: time.Minute, fixed: true, untold: true, share: 0.7, workers: 4, others: 2, want: 0.55, clockWait: 30 * time.Second, unseen: 2 * 30},
		"a plan of ten requests a minute": {limit: 10, window: time.Minute, share: 0.7, workers: 2, want: 0.95, clockWait: 9 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVendor(tc.limit, tc.window, tc.fixed)
				v.untold, v.start = tc.untold, v.start.Add(-tc.window/3)
				g, err := NewGovernor(GovernorOptions{Share: tc.share, Start: Reading{Limit: tc.limit, Window: tc.window}, Read: v.reader()})
				if err != nil {
					t.Fatal(err)
				}
				o := &log{}
				c := newClient(t, Options{Transport: v, Quota: g, Observer: o})
				ctx, stop := context.WithTimeout(context.Background(), span)
				defer stop()
				var wg sync.WaitGroup
				for range tc.workers {
					wg.Go(func() {
						for c.Do(ctx, Request{Endpoint: "/sync", Priority: Background}, nil) == nil {
						}
					})
				}
				if tc.others > 0 {
					wg.Go(func() { v.others(ctx, tc.others) })
				}
				worst := askForClocks(ctx, c)
				wg.Wait()

				share := tc.share * float64(tc.limit) * float64(span) / float64(tc.window)
				t.Logf("%d of %.0f requests (%.1f %%), peak %.1f of %d, clocks waited %s, throttled %v",
					v.ours, share, 100*float64(v.ours)/share, v.peak, tc.limit, worst, o.throttled)
				if v.refused != 0 {
					t.Errorf("%d requests got a 429", v.refused)
				}
				if float64(v.ours) < tc.want*share {
					t.Errorf("%d requests of a share of %.0f", v.ours, share)
				}
				if most := tc.share*float64(tc.limit) + tc.unseen; v.peak > most+tolerance {
					t.Errorf("the account's use rose to %.1f, more than %.1f", v.peak, most)
				}
				if worst > tc.clockWait {
					t.Errorf("a request for clocks took %s", worst)
				}
				if o.throttled[ThrottledVendor] != 0 || o.throttled[ThrottledOwnShare] == 0 {
					t.Errorf("throttled %v", o.throttled)
				}
			})
		})
	}
}

// askForClocks asks once in half a minute, and returns the longest that it took.
func askForClocks(ctx context.Context, c *Client) time.Duration {
	var worst time.Duration
	for wait(ctx, 30*time.Second) == nil {
		start := time.Now()
		if c.Do(ctx, Request{Endpoint: "/clocks"}, nil) == nil {
			worst = max(worst, time.Since(start))
		}
	}
	return worst
}

func TestTheQuotaIsUnknownUntilAnAnswerTellsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := NewGovernor(GovernorOptions{Share: 0.7, Start: Reading{Limit: 40, Window: 20 * time.Second}, Read: ReadUsed(gorgiasHeader, 20*time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, Options{Quota: g, Transport: transport(func(*http.Request) (*http.Response, error) {
			return answer(200, `{}`, gorgiasHeader, "31/80"), nil
		})})
		type quota struct {
			Limit, Remaining int
			Known            bool
		}
		read := func() quota {
			limit, ok1 := g.Limit()
			left, ok2 := g.Remaining()
			return quota{limit, left, ok1 && ok2}
		}
		if got := read(); got.Known {
			t.Errorf("known before the first answer: %v", got)
		}
		if err := c.Do(context.Background(), getTickets, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(quota{80, 49, true}, read()); diff != "" {
			t.Error(diff)
		}
		_ = wait(context.Background(), 5*time.Second)
		if diff := cmp.Diff(quota{80, 69, true}, read()); diff != "" { // 4 a second are regained
			t.Error(diff)
		}
	})
}

// TestAnAskedPauseIsEverybodys: one request is told to wait, and no other goes
// before, whatever its priority.
func TestAnAskedPauseIsEverybodys(t *testing.T) {
	for _, code := range []int{429, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) { pausesEverybody(t, code) })
	}
}

func pausesEverybody(t *testing.T, code int) {
	synctest.Test(t, func(t *testing.T) {
		start, o := time.Now(), &log{}
		var mu sync.Mutex
		var at []time.Duration
		c := newClient(t, Options{Observer: o, Transport: transport(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(start))
			if len(at) == 1 {
				return answer(code, "", "Retry-After", "30"), nil
			}
			return answer(200, `{}`), nil
		})})
		var wg sync.WaitGroup
		for i, p := range []Priority{Background, Clocks, Background} {
			wg.Go(func() {
				_ = wait(context.Background(), time.Duration(i)*time.Second)
				if err := c.Do(context.Background(), Request{Endpoint: "/e", Priority: p}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff([]time.Duration{0, 30 * time.Second, 30 * time.Second, 30 * time.Second}, at); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]time.Duration{ThrottledVendor: 87 * time.Second}, o.throttled); diff != "" {
			t.Error(diff)
		}
	})
}

func TestALongPauseIsTheCallersToWait(t *testing.T) {
	for name, tc := range map[string]struct {
		code  int
		after string
		later time.Duration
		err   string
		left  time.Duration
	}{
		"ten minutes, a minute later": {429, "600", time.Minute, "/e: rate_limited: not sent: the helpdesk asked for a pause, 9m0s are left", 9 * time.Minute},
		"an hour is the most":         {429, "86400", time.Minute, "/e: rate_limited: not sent: the helpdesk asked for a pause, 59m0s are left", 59 * time.Minute},
		"and then it is asked again":  {429, "86400", time.Hour, "/e: rate_limited (HTTP 429)", 24 * time.Hour},
		"a maintenance":               {503, "600", time.Minute, "/e: rate_limited: not sent: the helpdesk asked for a pause, 9m0s are left", 9 * time.Minute},
		"and after it":                {503, "600", 10 * time.Minute, "/e: server (HTTP 503)", 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &log{}
				c := newClient(t, Options{Observer: o, Transport: transport(func(*http.Request) (*http.Response, error) {
					return answer(tc.code, "", "Retry-After", tc.after), nil
				})})
				_ = c.Do(context.Background(), Request{Endpoint: "/e"}, nil) // begins the pause
				_ = wait(context.Background(), tc.later)
				e := asError(t, c.Do(context.Background(), Request{Endpoint: "/e"}, nil))
				if e.Error() != tc.err || e.RetryAfter != tc.left {
					t.Errorf("got %q, %s", e, e.RetryAfter)
				}
				if diff := cmp.Diff(map[string]time.Duration{ThrottledVendor: tc.later}, o.throttled); diff != "" {
					t.Errorf("time that the vendor held us back (-want +got)\n%s", diff)
				}
			})
		})
	}
}

func TestA429WithoutRetryAfterWaitsForTheReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // as Intercom has it
		start := time.Now()
		var at []time.Duration
		g, err := NewGovernor(GovernorOptions{Share: 1, Read: ReadRemaining("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", 10*time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, Options{Quota: g, Transport: transport(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			return answer(429, "", "X-RateLimit-Limit", "1666", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(time.Now().Unix()+8)), nil
		})})
		e := asError(t, c.Do(context.Background(), Request{Endpoint: "/e"}, nil))
		if e.RetryAfter != 9*time.Second {
			t.Errorf("got %s", e.RetryAfter)
		}
		if diff := cmp.Diff([]time.Duration{0, 9 * time.Second, 18 * time.Second}, at); diff != "" {
			t.Error(diff)
		}
	})
}

func TestA429CountsOnceForAllThatWereUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := unlimited()
		var tickets []ticket
		for range 5 {
			tk, err := g.admit(context.Background(), Clocks, 1, nobody{}.Throttled)
			if err != nil {
				t.Fatal(err)
			}
			tickets = append(tickets, tk)
		}
		for _, tk := range tickets {
			g.answered(tk, 429, nil, 0)
		}
		if left := time.Until(g.pausedUntil); left != time.Second {
			t.Errorf("paused for %s", left)
		}
	})
}

func TestPausesDoubleFromA429ToTheNextUntilAnAnswerIsGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := unlimited()
		var got []time.Duration
		for _, status := range []int{429, 429, 429, 200, 429, 429, 429, 429, 429, 429, 429, 429, 429} {
			tk, err := g.admit(context.Background(), Clocks, 1, nobody{}.Throttled)
			if err != nil {
				t.Fatal(err)
			}
			g.answered(tk, status, nil, 0)
			got = append(got, max(0, time.Until(g.pausedUntil))/time.Second)
		}
		if diff := cmp.Diff([]time.Duration{1, 2, 4, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnOvertakenAnswerTellsThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := NewGovernor(GovernorOptions{Share: 1, Read: ReadUsed("Q", time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		first, _ := g.admit(context.Background(), Clocks, 1, nobody{}.Throttled)
		second, _ := g.admit(context.Background(), Clocks, 1, nobody{}.Throttled)
		g.answered(second, 200, http.Header{"Q": {"20/40"}}, 0)
		g.answered(first, 200, http.Header{"Q": {"3/40"}}, 0)
		if left, ok := g.Remaining(); left != 19 || !ok { // the first was still under way when 20 were counted
			t.Errorf("%d %t remain", left, ok)
		}
	})
}

func TestGovernorsRefuseSharesThatAreNone(t *testing.T) {
	for _, share := range []float64{0, -1, 1.01} {
		if _, err := NewGovernor(GovernorOptions{Share: share}); err == nil || err.Error() != fmt.Sprintf("quota share is %v: it must be above 0 and at most 1", share) {
			t.Errorf("%v: %v", share, err)
		}
	}
	if _, err := NewGovernor(GovernorOptions{Share: 1, Start: Reading{Limit: -1}}); err == nil {
		t.Error("a negative limit was accepted")
	}
}

// TestAUsedUpShareIsTheCallersToWait: a daily quota, as Zoho Desk's credits.
func TestAUsedUpShareIsTheCallersToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := NewGovernor(GovernorOptions{Share: 0.5, Read: func(http.Header) (Reading, bool) {
			return Reading{Limit: 5000, Remaining: 2400, Window: 24 * time.Hour, Reset: 6 * time.Hour}, true
		}})
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		c := newClient(t, Options{Quota: g, Transport: transport(func(*http.Request) (*http.Response, error) {
			calls++
			return answer(200, `{}`), nil
		})})
		if err := c.Do(context.Background(), Request{Endpoint: "/e"}, nil); err != nil {
			t.Fatal(err)
		}
		e := asError(t, c.Do(context.Background(), Request{Endpoint: "/e"}, nil))
		want := &Error{Reason: ReasonRateLimited, Endpoint: "/e", RetryAfter: 6 * time.Hour}
		got := *e
		got.Err = nil
		if diff := cmp.Diff(want, &got); diff != "" || calls != 1 {
			t.Errorf("%d calls, %s", calls, diff)
		}
		if want := "/e: rate_limited: not sent: quota_share of the account's API quota is used up for 6h0m0s"; e.Error() != want {
			t.Errorf("got %q", e)
		}
	})
}

func TestACostlyRequestIsPacedByItsCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Freshdesk charges 3 for a list with stats
		start := time.Now()
		g, err := NewGovernor(GovernorOptions{Share: 0.5, Start: Reading{Limit: 60, Window: time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
		var at []time.Duration
		c := newClient(t, Options{Quota: g, Transport: transport(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			return answer(200, `{}`), nil
		})})
		for range 4 {
			if err := c.Do(context.Background(), Request{Endpoint: "/e", Cost: 3}, nil); err != nil {
				t.Fatal(err)
			}
		}
		// Half a request a second, 7 saved at first: a reserve of 6 and the first one.
		if diff := cmp.Diff([]time.Duration{0, 0, 4 * time.Second, 10 * time.Second}, at); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAfterAPauseNoBurstFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := NewGovernor(GovernorOptions{Share: 0.5, Start: Reading{Limit: 40, Window: 20 * time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		_ = wait(context.Background(), time.Minute) // a burst is saved
		start := time.Now()
		var at []time.Duration
		c := newClient(t, Options{Quota: g, Transport: transport(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			if len(at) == 1 {
				return answer(429, "", "Retry-After", "10"), nil
			}
			return answer(200, `{}`), nil
		})})
		for range 3 {
			if err := c.Do(context.Background(), Request{Endpoint: "/e"}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]time.Duration{0, 10 * time.Second, 11 * time.Second, 12 * time.Second}, at); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAWaitEndsWhenAnAnswerTellsOfMoreQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		g, err := NewGovernor(GovernorOptions{Share: 1, Start: Reading{Limit: 2, Window: time.Minute}, Read: ReadUsed("Q", time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, Options{Quota: g, Transport: transport(func(r *http.Request) (*http.Response, error) {
			if err := wait(r.Context(), 2*time.Second); err != nil {
				return nil, err
			}
			return answer(200, `{}`, "Q", "1/6000"), nil
		})})
		var wg sync.WaitGroup
		for range 2 { // the second would have to wait for half a minute
			wg.Go(func() {
				if err := c.Do(context.Background(), Request{Endpoint: "/e"}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("took %s", d)
		}
	})
}
