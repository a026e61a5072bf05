package rest

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNoWindowSeesMoreThanTheAllowance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, o := time.Now(), &log{}
		var mu sync.Mutex
		var at []time.Duration
		c := newClient(t, Options{Observer: o, Transport: transport(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(start))
			return answer(200, `{}`), nil
		})})
		own := NewAllowance(3, time.Minute, nil)
		var wg sync.WaitGroup
		for _, sent := range []time.Duration{0, 20, 20, 30, 61, 65, 200} {
			wg.Go(func() {
				_ = wait(context.Background(), sent*time.Second)
				if err := c.Do(context.Background(), Request{Endpoint: "/export", Allowance: own}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// The one of 30 s waits for the first to leave the window, those of 61 and
		// 65 s for the second and third.
		want := []time.Duration{0, 20 * time.Second, 20 * time.Second, time.Minute, 80 * time.Second, 80 * time.Second, 200 * time.Second}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if diff := cmp.Diff(map[string]time.Duration{ThrottledOwnShare: 64 * time.Second}, o.throttled); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

func TestAnAllowanceIsOfItsEndpointsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := newClient(t, Options{Transport: transport(func(*http.Request) (*http.Response, error) {
			return answer(200, `{}`), nil
		})})
		for range 50 {
			if err := c.Do(context.Background(), Request{Endpoint: "/tickets"}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %s", took)
		}
	})
}

func TestWhatOthersUsedOfAnAllowanceIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, o := time.Now(), &log{}
		c := newClient(t, Options{Observer: o, Transport: transport(func(*http.Request) (*http.Response, error) {
			return answer(200, `{}`, "Export-Limit", "10", "Export-Remaining", "0", "Export-Reset", "41"), nil
		})})
		own := NewAllowance(3, time.Minute, ReadRemaining("Export-Limit", "Export-Remaining", "Export-Reset", time.Minute))
		for range 2 {
			if err := c.Do(context.Background(), Request{Endpoint: "/export", Allowance: own}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 42*time.Second { // a reset in whole seconds may be cut
			t.Errorf("the second was sent after %s, not at the reset", took)
		}
		if diff := cmp.Diff(map[string]time.Duration{ThrottledVendor: 42 * time.Second}, o.throttled); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

func TestWaitingForAnAllowanceEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{Transport: transport(func(*http.Request) (*http.Response, error) {
			return answer(200, `{}`), nil
		})})
		own := NewAllowance(1, time.Minute, nil)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		var errs []error
		for range 2 {
			errs = append(errs, c.Do(ctx, Request{Endpoint: "/export", Allowance: own}, nil))
		}
		if errs[0] != nil {
			t.Fatal(errs[0])
		}
		if got, want := asError(t, errs[1]).Error(), "/export: timeout: the caller hung up: context deadline exceeded"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestTheHeaderOfAGoodAnswerIsHeardOnce(t *testing.T) {
	codes := []int{500, 200}
	c := newClient(t, Options{Rand: func() float64 { return 0 }, Transport: transport(func(*http.Request) (*http.Response, error) {
		code := codes[0]
		codes = codes[1:]
		return answer(code, `{}`, "Link", http.StatusText(code)), nil
	})})
	var heard []string
	var out struct{}
	err := c.Do(context.Background(), Request{Endpoint: "/e", Heard: func(h http.Header) { heard = append(heard, h.Get("Link")) }}, &out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"OK"}, heard); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
