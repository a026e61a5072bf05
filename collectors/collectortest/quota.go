package collectortest

import (
	"testing"
	"time"
)

// leastUse is how much of its quota a first sync uses at least: it is as long as
// the helpdesk's limit makes it.
const leastUse = 0.95

// UsesItsQuota holds a first sync to what it may use: so many calls in a time, of
// limit in each window of which it has a share.
func UsesItsQuota(t *testing.T, calls int, took time.Duration, share float64, limit int, window time.Duration) {
	t.Helper()
	used := float64(calls) / (share * float64(limit) * float64(took) / float64(window))
	t.Logf("%d calls in %s: %.1f %% of the quota", calls, took.Round(time.Second), 100*used)
	if used < leastUse {
		t.Errorf("%d calls in %s are %.1f %% of the quota, less than %.0f %%", calls, took, 100*used, 100*leastUse)
	}
}
