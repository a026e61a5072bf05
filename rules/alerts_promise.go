package rules

import (
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// tierBelow looks at a week, and is over when a day is as promised. What was
// learned late is in the week and not in the day: it is told, and no burst.
func (s *settings) tierBelow() alert {
	return alert{
		name: AlertTierBelow, severity: severityTicket, hold: hour, keep: unseen,
		expr: text(`
(
    WEEK < on (source, channel, clock) group_right () PROMISED
  and on (source, channel, clock)
    (LIKELY < on (source, channel, clock) group_right () PROMISED)
)
unless on (source, channel, clock)
  (DAY >= on (source, channel, clock) group_right () PROMISED)`,
			"WEEK", TierOf(week), "LIKELY", LikelyTier(week), "DAY", TierOf(day), "PROMISED", promisedTier),
		summary: s.say("alert.below.summary"),
		description: s.say("alert.below.description", "level", "{{ $value }}",
			"promised", asked("humanize", promisedTier, "source", "channel", "clock", "tier"), "objective", objectiveText, "limit", limitText),
		means: "The service level of a promised clock over 7 days is below the promise by more than two standard errors, and that of the last day is not at the promise again, for an hour.",
	}
}

const (
	// overdueAtLeast keeps a small desk quiet about what is pushed one by one.
	overdueAtLeast = 5
	// overdueTimes is how many times more customers may be overdue than the
	// promise allows for: its missed events, each overdue for once more the limit.
	overdueTimes = 3
)

// waitingTooLong looks at the running clocks that end with a reply.
func (s *settings) waitingTooLong() alert {
	return alert{
		name: AlertWaiting, severity: severityTicket, hold: 10 * time.Minute, keep: unseen,
		expr: text(`
PAST{CLOCKS} >= LEAST
unless
  PAST <= TIMES * (
      sum without (result) (EVENTS) / DAY
    * LIMIT
    * on (source, channel, clock) group_left ()
      (1 - OBJECTIVE)
  )`,
			"PAST", pastPromise, "CLOCKS", fmt.Sprintf("clock=~%q", kpi.FirstResponse.String()+"|"+kpi.NextResponse.String()),
			"LEAST", num(overdueAtLeast), "TIMES", num(overdueTimes), "EVENTS", s.sla().increase(day), "DAY", num(day.Seconds()),
			"LIMIT", tierLimit, "OBJECTIVE", objective),
		summary: s.say("alert.toolong.summary", "customers", "{{ $value }}"),
		description: s.say("alert.toolong.description", "customers", "{{ $value }}",
			"limit", limitText, "factor", overdueTimes, "objective", objectiveText),
		means: fmt.Sprintf("At least %d running response clocks of a channel are past the promised limit, more than %d times as many as the objective allows for at the volume of the last day, for 10 minutes.",
			overdueAtLeast, overdueTimes),
	}
}
