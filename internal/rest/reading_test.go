package rest

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReadersOfVendorsHeaders(t *testing.T) {
	zendesk := ReadRemaining("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", time.Minute)
	front := ReadRemaining("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", time.Minute)
	freshdesk := ReadRemaining("X-RateLimit-Total", "X-RateLimit-Remaining", "", time.Minute)
	gorgias := ReadUsed(gorgiasHeader, 20*time.Second)
	const date = "Wed, 06 May 2026 09:57:00 GMT" // 1778061420
	for name, tc := range map[string]struct {
		read   Reader
		header []string
		want   Reading
		ok     bool
	}{
		"Gorgias":                           {gorgias, []string{gorgiasHeader, "15/80"}, Reading{Limit: 80, Remaining: 65, Window: 20 * time.Second}, true},
		"Gorgias over its limit":            {gorgias, []string{gorgiasHeader, "81/80"}, Reading{Limit: 80, Remaining: -1, Window: 20 * time.Second}, true},
		"Gorgias without the header":        {gorgias, nil, Reading{}, false},
		"a limit of nothing":                {gorgias, []string{gorgiasHeader, "0/0"}, Reading{}, false},
		"half a header":                     {gorgias, []string{gorgiasHeader, "15"}, Reading{}, false},
		"numbers that overflow":             {gorgias, []string{gorgiasHeader, "1/99999999999999999999"}, Reading{}, false},
		"Zendesk, seconds to the reset":     {zendesk, []string{"ratelimit-limit", "400", "ratelimit-remaining", "395", "ratelimit-reset", "30"}, Reading{Limit: 400, Remaining: 395, Window: time.Minute, Reset: 31 * time.Second}, true},
		"Front, a Unix time and a fraction": {front, []string{"date", date, "x-ratelimit-limit", "50", "x-ratelimit-remaining", "49", "x-ratelimit-reset", "1778061427.5"}, Reading{Limit: 50, Remaining: 49, Window: time.Minute, Reset: 7500 * time.Millisecond}, true},
		"a reset that nobody can read":      {front, []string{"x-ratelimit-limit", "50", "x-ratelimit-remaining", "60", "x-ratelimit-reset", "soon"}, Reading{Limit: 50, Remaining: 50, Window: time.Minute}, true},
		"Freshdesk, no reset":               {freshdesk, []string{"X-RateLimit-Total", "200", "X-RateLimit-Remaining", "120"}, Reading{Limit: 200, Remaining: 120, Window: time.Minute, AtOnce: true}, true},
		"no remainder":                      {freshdesk, []string{"X-RateLimit-Total", "200"}, Reading{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i+1 < len(tc.header); i += 2 {
				h.Set(tc.header[i], tc.header[i+1])
			}
			got, ok := tc.read(h)
			if diff := cmp.Diff(tc.want, got); diff != "" || ok != tc.ok {
				t.Errorf("ok %t: %s", ok, diff)
			}
		})
	}
}

// Any headers of a limit: what is read of them is a limit that can be kept, or nothing.
func FuzzReaders(f *testing.F) {
	for _, s := range []string{"15/80", "-1/1", "400", "1e9", "0.5", "NaN", "1778061427.5", "9999999999999999999999"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		h := http.Header{"A": {a}, "B": {b}, "C": {c}}
		for _, read := range []Reader{ReadUsed("A", time.Minute), ReadRemaining("A", "B", "C", 0)} {
			r, ok := read(h)
			if !ok && r != (Reading{}) {
				t.Errorf("not ok, but %+v", r)
			}
			if ok && (r.Limit <= 0 || r.Remaining > r.Limit || r.Reset < 0 || r.Reset > maxRetryAfter) {
				t.Errorf("%q %q %q: %+v", a, b, c, r)
			}
		}
	})
}

// TestBucketKeepsItsWord: whatever is read, and whenever, a request that waits as
// long as it is told may go then, unless something was read meanwhile, and none
// goes that would take the account beyond the share.
func TestBucketKeepsItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := bucket{share: rapid.Float64Range(0.01, 1).Draw(t, "share")}
		now := time.Date(2026, 5, 6, 9, 57, 0, 0, time.UTC)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 30e9).Draw(t, "dt")))
			if rapid.Bool().Draw(t, "read") {
				limit := rapid.IntRange(1, 3000).Draw(t, "limit")
				b.learn(now, Reading{
					Limit: limit, Remaining: rapid.IntRange(-5, limit).Draw(t, "remaining"),
					Window: time.Duration(rapid.Int64Range(0, 120).Draw(t, "window")) * time.Second,
					Reset:  time.Duration(rapid.Int64Range(0, 120).Draw(t, "reset")) * time.Second,
				}, 0)
			}
			p := Priority(rapid.IntRange(0, 1).Draw(t, "priority"))
			cost := float64(rapid.IntRange(1, 5).Draw(t, "cost"))
			for tries := 0; ; tries++ {
				d := b.delay(now, p, cost)
				if d < 0 || tries > 20 {
					t.Fatalf("after %d waits still %s to go: %+v", tries, d, b)
				}
				if d == 0 {
					break
				}
				now = now.Add(d)
			}
			before := b.level
			b.take(cost)
			if b.limit > 0 && b.level > b.mine()+2*tolerance && before > tolerance {
				t.Fatalf("level %v is beyond the share of %v", b.level, b.mine())
			}
		}
	})
}
