package collectortest

import (
	"testing"
	"time"
)

// LeastUse is how much of its quota a first sync uses at least: it is as long as
// the helpdesk's limit makes it. Where nothing but the calls' own pace binds it, it
// uses [AllUse].
const (
	LeastUse = 0.95
	AllUse   = 0.99
)

// UsesItsQuota holds a first sync to what it may use: so many calls in a time, of
// limit in each window of which it has a share.
func UsesItsQuota(t *testing.T, least float64, calls int, took time.Duration, share float64, limit int, window time.Duration) {
	t.Helper()
	used := float64(calls) / (share * float64(limit) * float64(took) / float64(window))
	t.Logf("%d calls in %s: %.1f %% of the quota", calls, took.Round(time.Second), 100*used)
	if used < least {
		t.Errorf("%d calls in %s are %.1f %% of the quota, less than %.0f %%", calls, took, 100*used, 100*least)
	}
}
