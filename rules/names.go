package rules

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Recorded series that boards read, beside those that have a function.
const (
	AgentsOnline = onlineNow    // agents online, by source
	BudgetEnd    = budgetEnd    // seconds until the budget is spent at this pace, by source, channel and clock
	Fresh        = fresh        // 1 while a source can be read, 0 while it is blind
	Objective    = objective    // the promised share, by source, channel and clock
	PastPromise  = pastPromise  // running clocks beyond the promise, by source, channel, clock and tier
	PromisedTier = promisedTier // the promised tier, by source, channel, clock and tier
	SupportOpen  = supportOpen  // 1 while the schedule is open, by source
	TierLimit    = tierLimit    // the limit in force, by source, channel, clock and tier
	UTCOffset    = utcOffset    // seconds that the schedule's clock is ahead of UTC, by source
	Waiting      = waitingNow   // customers who wait now, by source and channel
)

// BurnRateNames is a regular expression of the names of burn rates: their
// windows follow from the configuration.
const BurnRateNames = "source_channel:helpdesk_sla_burn:rate.+"

// Increase is the name of the recorded increase of a counter over a window, by
// source, channel and the counter's own labels.
func Increase(f *kpi.Family, w time.Duration) string { return (&settings{}).counted(f).increase(w) }

// Observed are the names of the recorded increases of a histogram's sum and
// count over a window, by source and channel.
func Observed(f *kpi.Family, w time.Duration) (sum, count string) {
	of, n := (&settings{}).observed(f)
	return of.increase(w), n.increase(w)
}

// Total and Correction are the names of a counter's recorded total and of what
// its differences lack: the increase since an instant is the total now, less the
// total then, and the corrections since.
func Total(f *kpi.Family) string { return (&settings{}).counted(f).sum() }

// Correction is told with [Total].
func Correction(f *kpi.Family) string { return (&settings{}).counted(f).correction() }
