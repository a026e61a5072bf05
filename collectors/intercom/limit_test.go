package intercom

import (
	"net/http"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func TestTheLimitIsThatOfASlice(t *testing.T) {
	const date = "Thu, 07 May 2026 05:52:41 GMT" // 1778133161
	for _, c := range []struct {
		name                    string
		limit, remaining, reset string
		want                    rest.Reading
		ok                      bool
	}{
		{"of ten seconds", "1666", "1600", "1778133167", rest.Reading{Limit: 1666, Remaining: 1600, Window: 10 * time.Second, Reset: 7 * time.Second}, true},
		{"of a minute", "10000", "9990", "1778133201", rest.Reading{Limit: 1666, Remaining: 1666, Window: 10 * time.Second, Reset: 41 * time.Second}, true},
		{"of a minute that is nearly used", "10000", "12", "1778133201", rest.Reading{Limit: 1666, Remaining: 12, Window: 10 * time.Second, Reset: 41 * time.Second}, true},
		{"none", "", "", "", rest.Reading{}, false},
		{"no number", "many", "1", "", rest.Reading{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			h.Set("Date", date)
			h.Set("X-RateLimit-Limit", c.limit)
			h.Set("X-RateLimit-Remaining", c.remaining)
			h.Set("X-RateLimit-Reset", c.reset)
			got, ok := ReadLimit(h)
			compare(t, c.want, got)
			compare(t, c.ok, ok)
		})
	}
}
