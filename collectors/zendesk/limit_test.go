package zendesk

import (
	"net/http"
	"testing"
	"time"
)

// TestAResetOfExportsIsNeverBelowNothing: a number that is too large for a duration
// would be one before now, and exports went on with nothing left.
func TestAResetOfExportsIsNeverBelowNothing(t *testing.T) {
	for resets, want := range map[string]time.Duration{
		"0":                   time.Second,
		"60":                  61 * time.Second,
		"9223372036":          maxReset,
		"9999999999":          maxReset,
		"9223372036854775807": maxReset,
		"-1":                  0,
		"soon":                0,
	} {
		h := http.Header{"Zendesk-Ratelimit-Incremental-Exports": {"total=10; remaining=0; resets=" + resets}}
		if got, ok := exportLimit(h); !ok || got.Reset != want {
			t.Errorf("resets=%s: %s, %t, want %s", resets, got.Reset, ok, want)
		}
	}
}
