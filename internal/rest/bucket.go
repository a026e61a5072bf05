package rest

import (
	"cmp"
	"math"
	"time"
)

// bucket is the arithmetic of the [Governor], free of clocks and locks. It
// keeps two accounts, and a request must be within both:
//
//   - level is the account's use as the vendor counts it, everybody's requests
//     included: what was last read, plus what was sent since. It may not pass
//     the share of the limit.
//   - tokens are our own pace: they come evenly, the share of the limit in a
//     window, and some may be saved for a burst. Without them a first sync
//     would use its share up at once and then wait for the next window.
//
// A reserve, a fifth of the share, is left for clocks in both.
type bucket struct {
	share    float64
	limit    float64 // requests in a window, 0: unlimited
	window   time.Duration
	level    float64
	levelAt  time.Time
	resetAt  time.Time // when level falls to 0 at once, at the latest; zero: it falls evenly
	told     float64   // the vendor's count in the last reading of this window
	tokens   float64
	tokensAt time.Time
}

// reserved is the part of the share that background requests leave alone.
const reserved = 0.2

// tolerance absorbs the rounding of sums of fractions of requests.
const tolerance = 1e-6

// mine is the share, in requests a window: at least one, or nothing would go.
func (b *bucket) mine() float64 { return max(1, b.share*b.limit) }

func (b *bucket) reserve() float64 { return reserved * b.mine() }

// burst is how many tokens can be saved: what the share leaves free, so that
// even a vendor that counts each window strictly is not overrun, but at least
// the reserve and a request.
func (b *bucket) burst() float64 {
	return max(1+b.reserve(), min(b.mine()/2, (1-b.share)*b.limit))
}

// learn takes over a reading. pending are requests under way that it may not
// have counted yet.
func (b *bucket) learn(now time.Time, r Reading, pending float64) {
	first := b.limit == 0
	b.advance(now)
	b.limit = float64(r.Limit)
	b.window = cmp.Or(max(r.Window, 0), b.window, time.Minute)
	used := max(0, float64(r.Limit-r.Remaining))
	switch {
	case r.Reset > 0:
		b.resetAt = now.Add(r.Reset)
	case !r.AtOnce:
		b.resetAt = time.Time{}
	case b.resetAt.IsZero() || used < b.told: // a window began, just now at the latest
		b.resetAt = now.Add(b.window)
	}
	b.level, b.levelAt, b.told = used+pending, now, used
	if first { // begin gently: a request of either priority, not a burst
		b.tokens, b.tokensAt = 1+b.reserve(), now
	}
	b.tokens = min(b.tokens, b.burst())
}

// advance lets time pass.
func (b *bucket) advance(now time.Time) {
	if b.limit == 0 {
		return
	}
	if dt := now.Sub(b.tokensAt); dt > 0 {
		b.tokens = min(b.burst(), b.tokens+b.in(dt, b.mine()))
		b.tokensAt = now
	}
	switch {
	case b.resetAt.IsZero():
		b.level = max(0, b.level-b.in(now.Sub(b.levelAt), b.limit))
	case !now.Before(b.resetAt):
		b.level, b.told = 0, 0
		b.resetAt = b.resetAt.Add((now.Sub(b.resetAt)/b.window + 1) * b.window)
	}
	b.levelAt = now
}

// in is how much of perWindow comes in d, and after is its inverse.
func (b *bucket) in(d time.Duration, perWindow float64) float64 {
	return perWindow * float64(d) / float64(b.window)
}

func (b *bucket) after(amount, perWindow float64) time.Duration {
	if amount <= tolerance {
		return 0
	}
	return time.Duration(math.Ceil(amount / perWindow * float64(b.window)))
}

// delay is how long a request has to wait, as far as is known now.
func (b *bucket) delay(now time.Time, p Priority, cost float64) time.Duration {
	if b.limit == 0 {
		return 0
	}
	b.advance(now)
	return max(b.paceDelay(p, cost), b.levelDelay(now, p, cost))
}

func (b *bucket) paceDelay(p Priority, cost float64) time.Duration {
	need := cost
	if p == Background {
		need += b.reserve()
	}
	return b.after(min(need, b.burst())-b.tokens, b.mine())
}

// levelDelay waits for room below the share. What costs more than there ever
// is room for may go when nothing else was used.
func (b *bucket) levelDelay(now time.Time, p Priority, cost float64) time.Duration {
	if b.resetAt.IsZero() {
		room := b.mine()
		if p == Background {
			room -= b.reserve()
		}
		return b.after(b.level-max(room-cost, 0), b.limit)
	}
	left := b.resetAt.Sub(now)
	if b.level <= max(b.mine()-cost-b.windowReserve(p, left), 0)+tolerance {
		return 0
	}
	if p == Clocks {
		return left
	}
	// The reserve shrinks as the window runs out: when is there room?
	free := b.mine() - cost - b.level
	if free < b.leastReserve()-tolerance {
		return left
	}
	return min(max(left-b.after(free, b.reserve()), time.Millisecond), left)
}

// windowReserve is what background requests leave to clocks in a window that
// ends at once: a fifth of the share in the beginning, less towards the end, so
// that the share is used, but always one request.
func (b *bucket) windowReserve(p Priority, left time.Duration) float64 {
	if p == Clocks {
		return 0
	}
	return max(b.leastReserve(), min(1, b.in(left, 1))*b.reserve())
}

func (b *bucket) leastReserve() float64 { return min(1, b.reserve()) }

// take books a request that is sent now.
func (b *bucket) take(cost float64) {
	b.tokens -= cost
	b.level += cost
}

// stall forgets what was saved, and saves nothing until a vendor's pause is
// over: one request goes first then, no burst.
func (b *bucket) stall(until time.Time) {
	b.tokens = 1
	b.tokensAt = until
}
