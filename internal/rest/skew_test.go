package rest

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestSkewOfSeveralAnswers(t *testing.T) {
	t0 := time.Date(2026, 5, 6, 9, 57, 0, 0, time.UTC)
	type heard struct {
		date           string
		age            string
		sent, received time.Duration // after t0
	}
	const ms = time.Millisecond
	date := func(seconds int) string { return t0.Add(time.Duration(seconds) * time.Second).Format(http.TimeFormat) }
	for name, tc := range map[string]struct {
		heard []heard
		want  time.Duration
		known bool
	}{
		"nothing is known without an answer":          {},
		"nor without a date":                          {heard: []heard{{date: "yesterday"}}},
		"nor from a cache":                            {heard: []heard{{date: date(-60), age: "60"}}},
		"the same second is no skew":                  {[]heard{{date(0), "", 100 * ms, 300 * ms}}, 0, true},
		"an age of nothing is no cache":               {[]heard{{date(5), "0", 0, 0}}, 5 * time.Second, true},
		"a helpdesk ahead: the nearest bound":         {[]heard{{date(10), "", 100 * ms, 300 * ms}}, 9700 * ms, true},
		"a helpdesk behind: the nearest bound":        {[]heard{{date(-10), "", 100 * ms, 300 * ms}}, -9100 * ms, true},
		"a slow answer tells less":                    {[]heard{{date(10), "", 0, 20 * time.Second}}, 0, true},
		"several narrow it down":                      {[]heard{{date(10), "", 100 * ms, 300 * ms}, {date(10), "", 0, 50 * ms}}, 9950 * ms, true},
		"what contradicts the older ones starts anew": {[]heard{{date(10), "", 0, 0}, {date(-10), "", 0, 0}}, -9 * time.Second, true},
		"our clock jumped back under way":             {[]heard{{date(10), "", 0, 0}, {date(0), "", 5 * time.Second, 0}}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			var m skewMeter
			for _, h := range tc.heard {
				m.heard(http.Header{"Date": {h.date}, "Age": {h.age}}, t0.Add(h.sent), t0.Add(h.received))
			}
			if got, known := m.estimate(); got != tc.want || known != tc.known {
				t.Errorf("got %s %t, want %s %t", got, known, tc.want, tc.known)
			}
		})
	}
}

// TestSkewIsNeverOverstated: whatever the skew and the delays, the estimate has
// its sign, is no larger, and misses it by less than the best answer's span.
func TestSkewIsNeverOverstated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		skew := time.Duration(rapid.Int64Range(-3600e9, 3600e9).Draw(t, "skew"))
		now := time.Date(2026, 5, 6, 9, 57, 0, 0, time.UTC)
		var m skewMeter
		var spans []time.Duration
		for range rapid.IntRange(1, 60).Draw(t, "answers") {
			there := time.Duration(rapid.Int64Range(0, 3e9).Draw(t, "there"))
			back := time.Duration(rapid.Int64Range(0, 3e9).Draw(t, "back"))
			h := http.Header{"Date": {now.Add(there + skew).Format(http.TimeFormat)}}
			m.heard(h, now, now.Add(there+back))
			spans = append(spans, there+back+time.Second)
			now = now.Add(time.Duration(rapid.Int64Range(0, 60e9).Draw(t, "pause")))
		}
		got, known := m.estimate()
		if !known || (got > 0) != (got > 0 && skew > 0) || (got < 0) != (got < 0 && skew < 0) || got.Abs() > skew.Abs() {
			t.Fatalf("got %s for %s", got, skew)
		}
		if f := m.floor(); f > skew && f != 0 {
			t.Fatalf("floor %s of %s", f, skew)
		}
		if best := slices.Min(spans[max(0, len(spans)-skewAnswers):]); (skew - got).Abs() > best {
			t.Fatalf("got %s for %s, though an answer told it within %s", got, skew, best)
		}
	})
}

func TestTheClientMeasuresSkew(t *testing.T) {
	for code, known := range map[int]bool{200: true, 404: true, 429: true, 503: false} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, Options{Retries: 1, Transport: transport(func(*http.Request) (*http.Response, error) {
				return answer(code, `{}`, "Date", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat)), nil
			})})
			if c.SkewKnown() {
				t.Error("known before the first answer")
			}
			_ = c.Do(context.Background(), getTickets, nil) // the answer's header is what counts
			want := 90 * time.Second
			if !known {
				want = 0
			}
			if c.SkewKnown() != known || c.Skew() != want {
				t.Errorf("%d: got %s %t", code, c.Skew(), c.SkewKnown())
			}
		})
	}
}

func TestARefusalDoesNotContradictTheHelpdesksClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code, ahead := 200, 90*time.Second
		c := newClient(t, Options{Retries: 1, Transport: transport(func(*http.Request) (*http.Response, error) {
			return answer(code, `{}`, "Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat)), nil
		})})
		_ = c.Do(context.Background(), getTickets, nil)
		code, ahead = 429, 0 // by a gateway, whose clock is ours
		_ = c.Do(context.Background(), getTickets, nil)
		if c.Skew() != 90*time.Second {
			t.Errorf("got %s after a refusal, want that of the good answer", c.Skew())
		}
	})
}
