package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Reading is what a vendor tells of the account's quota, which all of the
// account's integrations and people share. The zero value tells nothing.
type Reading struct {
	Limit     int // requests in a window; 0 is unknown
	Remaining int // of them, now
	// Window is the time in which Limit requests are allowed. 0 keeps the one
	// that is known, else a minute, which most vendors count by.
	Window time.Duration
	// Reset is when Remaining jumps back to Limit. With 0 the quota is a leaky
	// bucket: it recovers evenly, Limit in a Window; or, AtOnce, it jumps as well,
	// once in a Window, but no answer tells when: an answer that counts less than
	// the one before shows that it did.
	Reset  time.Duration
	AtOnce bool
}

// Reader reads the quota from the header of an answer; ok is false when it
// holds none. A reader is called by several goroutines.
type Reader func(http.Header) (r Reading, ok bool)

// maxQuota bounds limits that a header may tell: beyond, it is no limit.
const maxQuota = 1_000_000_000

// ReadUsed reads one header of the form used/limit, as in Gorgias'
// X-Gorgias-Account-Api-Call-Limit: 4/80. The header does not tell the window.
func ReadUsed(header string, window time.Duration) Reader {
	return func(h http.Header) (Reading, bool) {
		a, b, found := strings.Cut(h.Get(header), "/")
		used, ok1 := count(a)
		limit, ok2 := count(b)
		if !found || !ok1 || !ok2 || limit <= 0 || used < 0 {
			return Reading{}, false
		}
		return Reading{Limit: limit, Remaining: limit - used, Window: window}, true
	}
}

// ReadRemaining reads one header each for the limit, what remains of it, and
// when that is reset: in seconds from now, or at a Unix time, with a fraction
// or without. reset may be "" for vendors that don't tell, who are taken to count
// in windows all the same.
func ReadRemaining(limit, remaining, reset string, window time.Duration) Reader {
	return func(h http.Header) (Reading, bool) {
		n, ok1 := count(h.Get(limit))
		left, ok2 := count(h.Get(remaining))
		if !ok1 || !ok2 || n <= 0 {
			return Reading{}, false
		}
		r := Reading{Limit: n, Remaining: min(left, n), Window: window, AtOnce: reset == ""}
		if reset != "" {
			r.Reset = readReset(h.Get(reset), h)
		}
		return r, true
	}
}

func count(s string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil && n > -maxQuota && n <= maxQuota
}

// readReset returns the time until a reset, 0 when the value is unreadable. A
// whole number may have been rounded down: a second is added to it, or the
// request that was to open the new window would end the old one.
func readReset(s string, h http.Header) time.Duration {
	s = strings.TrimSpace(s)
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || v < 0 {
		return 0
	}
	if v >= unixTimes {
		v = max(v-float64(dateOf(h, time.Now()).Unix()), 0)
	}
	if !strings.Contains(s, ".") {
		v++
	}
	return clampSeconds(v)
}

// unixTimes is where Unix times begin: nobody waits that many seconds, three years.
const unixTimes = 100_000_000
