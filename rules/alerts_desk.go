package rules

import (
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

const (
	// growthShare of what a day brings has to be left over from a day, and
	// growthAtLeast conversations, before a queue counts as growing.
	growthShare   = 0.25
	growthAtLeast = 10
)

// queueGrowing compares with a day ago, and with a week ago where that is known,
// so that nights and weekends are no growth; and only when the desk was open for
// long enough to have worked on what came before.
func (s *settings) queueGrowing() alert {
	return alert{
		name: AlertQueueGrowing, severity: severityInformation, hold: 30 * time.Minute, keep: unseen,
		expr: text(`
QUEUE - QUEUE offset 1d > clamp_min(SHARE * (OPENED or QUEUE * 0), LEAST)
and
  QUEUE > QUEUE offset 2h
unless
  QUEUE - QUEUE offset 7d <= clamp_min(SHARE * (OPENED or QUEUE * 0), LEAST)
unless on (source)
  min_over_time(SUPPORT[2h]) == 0
unless on (source)
  LATE > 0`,
			"QUEUE", queueNow, "SHARE", num(growthShare), "OPENED", Volume("source_channel", day), "LEAST", num(growthAtLeast),
			"SUPPORT", supportOpen, "LATE", s.late().increase(day)),
		summary: s.say("alert.growing.summary", "growth", "{{ $value }}"),
		description: s.say("alert.growing.description", "growth", "{{ $value }}",
			"queue", asked("humanize", queueNow, "source", "channel"), "opened", asked("humanize", Volume("source_channel", day), "source", "channel")),
		means: fmt.Sprintf("The queue of a channel is larger than a day ago, and a week ago, by more than %s %% of what a day brings and more than %d conversations, and still growing in support hours, for 30 minutes.",
			percent(growthShare), growthAtLeast),
	}
}

// nobodyOnline needs a helpdesk that tells presence.
func (s *settings) nobodyOnline() alert {
	return alert{
		name: AlertNobodyOnline, severity: severityTicket, hold: 10 * time.Minute, keep: unseen,
		expr: text(`
ONLINE == 0
unless on (source)
  SUPPORT == 0
unless on (source)
  sum by (source) (WAITING) == 0`, "ONLINE", onlineNow, "SUPPORT", supportOpen, "WAITING", waitingNow),
		summary: s.say("alert.nobody.summary"),
		description: s.say("alert.nobody.description", "online", "{{ $value }}",
			"waiting", lookedUp("humanize", "sum by (source) ("+waitingNow+"{source=%q})", " $labels.source")),
		means: "No agent is online in support hours, and it is not so that no customer waits, for 10 minutes. Silent where the helpdesk does not tell presence.",
	}
}

// csatLow looks at all ratings of a source: those of a channel are few.
func (s *settings) csatLow() alert {
	mean := CSATMean("source", week)
	return alert{
		name: AlertCSATLow, severity: severityTicket, hold: hour, keep: unseen,
		expr: text(`
MEAN
and
  MEAN + ERRORS * STDERR < min by (source) (PROMISED * 0 + on (tier) group_left () LIMIT)
and
  sum by (source) (RATINGS) >= MINIMUM
unless
  LATE > 0`,
			"MEAN", mean, "ERRORS", num(ratingErrors), "STDERR", csatError("source", week), "PROMISED", promisedTier, "LIMIT", csatLimit,
			"RATINGS", s.counted(kpi.CSATRatings).increase(week), "MINIMUM", minEvents, "LATE", s.late().increase(week)),
		summary: s.say("alert.csat.summary"),
		description: s.say("alert.csat.description", "mean", `{{ $value | printf "%.2f" }}`,
			"ratings", lookedUp("humanize", "sum by (source) ("+s.counted(kpi.CSATRatings).increase(week)+"{source=%q})", " $labels.source"),
			"promised", lookedUp(`printf "%.1f"`, "min("+promisedTier+"{source=%q} * 0 + on (tier) group_left () "+csatLimit+")", " $labels.source")),
		means: fmt.Sprintf("The mean rating over 7 days is below what the promised tier asks for (%s) by more than %d standard errors, with `min_events` ratings or more, for an hour. Silent for a week after facts were learned late.",
			csatLimits(), ratingErrors),
	}
}

// ratingErrors is how many standard errors a mean of ratings has to be off.
const ratingErrors = 2

func csatLimits() string {
	var list string
	for i, t := range kpi.Tiers {
		if i > 0 {
			list += ", "
		}
		list += fmt.Sprintf("`%s` %s", t, num(kpi.CSATLimit(t)))
	}
	return list
}

// abandonmentErrors is how many standard errors a share of abandoned
// conversations has to be off: more than for means, since it is looked at for
// each channel and day.
const abandonmentErrors = 3

// abandonmentHigh looks at what was learned live.
func (s *settings) abandonmentHigh() alert {
	limit := kpi.AbandonedLimit
	return alert{
		name: AlertAbandonment, severity: severityTicket, hold: hour, keep: unseen,
		expr: text(`
SHARE > LIMIT + ERRORS * sqrt(VARIANCE / (WHOLE))
and
  WHOLE >= on (source) group_left () MINIMUM`,
			"SHARE", Share("source_channel", kpi.AbandonedShare, day), "LIMIT", num(limit), "ERRORS", num(abandonmentErrors), "VARIANCE", num(round(limit*(1-limit))),
			"WHOLE", Scope{By: "source, channel"}.term(kpi.AbandonedShare.Whole, day), "MINIMUM", minEvents),
		summary:     s.say("alert.abandonment.summary", "share", "{{ $value | humanizePercentage }}"),
		description: s.say("alert.abandonment.description", "share", "{{ $value | humanizePercentage }}", "limit", percent(limit)),
		means: fmt.Sprintf("The share of lasting closes of a channel within a day that the customer abandoned is above %s %% by more than %d standard errors, with `min_events` closes or more, for an hour.",
			percent(limit), abandonmentErrors),
	}
}

const (
	// regressionTimes is how many times longer than usual replies take before
	// that is told, beyond what chance does with so many of them.
	regressionTimes = 2
	// regressionSpread is the margin for chance: three standard errors of a mean
	// of durations of which the standard deviation is 8/3 of the mean.
	regressionSpread = 8
)

// responseRegression compares the replies of an hour with those of the same
// hour of earlier weeks. A single reply that took very long is within the hour
// for an hour, so it has to hold for longer.
func (s *settings) responseRegression() alert {
	sum, count := s.observed(kpi.ResponseSeconds)
	return alert{
		name: AlertRegression, severity: severityInformation, hold: hour,
		expr: text(`
SUM / (COUNT > 0) > (TIMES + SPREAD / sqrt(COUNT)) * USUAL
and
  COUNT >= on (source) group_left () MINIMUM
unless on (source)
  LATE > 0`,
			"SUM", sum.increase(hour), "COUNT", count.increase(hour), "TIMES", num(regressionTimes), "SPREAD", num(regressionSpread),
			"USUAL", usualResponse, "MINIMUM", minEvents, "LATE", s.late().increase(hour)),
		summary: s.say("alert.regression.summary", "mean", "{{ $value | humanizeDuration }}"),
		description: s.say("alert.regression.description", "mean", "{{ $value | humanizeDuration }}",
			"replies", asked("humanize", count.increase(hour), "source", "channel"), "usual", asked("humanizeDuration", usualResponse, "source", "channel")),
		means: fmt.Sprintf("The mean response time of an hour is more than %d times that of the same hour of the last %d weeks, and a margin for chance more (%d/√replies), with `min_events` replies or more, for an hour. Silent while facts are learned late.",
			regressionTimes, usualWeeks, regressionSpread),
	}
}
