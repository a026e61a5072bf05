package lenient_test

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

func TestATimeThatNoLedgerCanKeepIsNone(t *testing.T) {
	east := time.FixedZone("", 2*60*60)
	for text, good := range map[string]bool{
		"0001-01-01T00:00:00Z": false, "1677-09-21T00:12:43Z": false, "1969-12-31T23:59:59Z": false, "1970-01-01T00:00:00Z": true,
		"1970-01-01T01:59:59+02:00": false, "2026-11-27T10:00:00+02:00": true, "2199-12-31T23:59:59Z": true, "2200-01-01T01:00:00+02:00": true,
		"2200-01-01T00:00:00Z": false, "2262-04-12T00:00:00Z": false, "2600-01-01T00:00:00Z": false, "9999-12-31T23:59:59Z": false,
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		got, bad := lenient.Instant(at.In(east))
		want := time.Time{}
		if good {
			want = at.UTC()
		}
		if bad == good || got != want {
			t.Errorf("%s: got %s, bad: %t", text, got, bad)
		}
	}
}
