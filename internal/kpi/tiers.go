package kpi

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Tier is a service level, the higher the better.
type Tier uint8

// Tiers. Unacceptable is what misses every limit: no limit of its own.
const (
	Unacceptable Tier = iota + 1
	BelowAverage
	Average
	AboveAverage
	Stellar
)

// Tiers lists the tiers that have a limit, from the strictest to the last.
var Tiers = [TierCount]Tier{Stellar, AboveAverage, Average, BelowAverage}

// TierCount is the number of tiers that have a limit.
const TierCount = 4

var tierNames = [...]string{"", "unacceptable", "below_average", "average", "above_average", "stellar"}

func (t Tier) String() string { return tierNames[t] }

// ParseTier reads a tier that has a limit.
func ParseTier(s string) (Tier, bool) {
	for _, t := range Tiers {
		if t.String() == s {
			return t, true
		}
	}
	return 0, false
}

// index is the tier's place in [Tiers] and in a [Limits] row.
func (t Tier) index() int { return int(Stellar - t) }

// Clock is a kind of clock that runs against limits.
type Clock uint8

// Clocks.
const (
	FirstResponse Clock = iota
	NextResponse
	Resolution
)

// ClockCount is the number of clocks.
const ClockCount = 3

// Clocks lists the clocks.
var Clocks = [ClockCount]Clock{FirstResponse, NextResponse, Resolution}

var clockNames = [ClockCount]string{"first_response", "next_response", "resolution"}

func (c Clock) String() string { return clockNames[c] }

// ParseClock reads a clock.
func ParseClock(s string) (Clock, bool) {
	for _, c := range Clocks {
		if c.String() == s {
			return c, true
		}
	}
	return 0, false
}

// TierLimits are the limits of the tiers, in the order of [Tiers].
type TierLimits [TierCount]time.Duration

// Of returns the limit of one tier.
func (l TierLimits) Of(t Tier) time.Duration { return l[t.index()] }

// Limits are the limits in force, by clock and channel class.
type Limits [ClockCount]map[helpdesk.Class]TierLimits

const (
	minute = time.Minute
	hour   = time.Hour
)

// DefaultLimits are the five service levels of the guide that the project
// starts from, its holes closed: each level is an upper limit, and a
// conversation counts for the best level whose limit it met. docs/tiers.md
// says which numbers are the guide's and which are ours.
func DefaultLimits() Limits {
	response := map[helpdesk.Class]TierLimits{
		helpdesk.ClassEmail:    {1 * hour, 4 * hour, 24 * hour, 72 * hour},
		helpdesk.ClassSocial:   {15 * minute, 4 * hour, 24 * hour, 72 * hour},
		helpdesk.ClassRealtime: {1 * minute, 5 * minute, 10 * minute, 60 * minute},
	}
	next := make(map[helpdesk.Class]TierLimits, len(response))
	for c, l := range response {
		next[c] = l
	}
	return Limits{
		FirstResponse: response,
		NextResponse:  next,
		Resolution: {
			helpdesk.ClassEmail:    {4 * hour, 12 * hour, 24 * hour, 72 * hour},
			helpdesk.ClassSocial:   {2 * hour, 12 * hour, 24 * hour, 72 * hour},
			helpdesk.ClassRealtime: {10 * minute, 30 * minute, 1 * hour, 3 * hour},
		},
	}
}
