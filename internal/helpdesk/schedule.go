package helpdesk

import (
	"cmp"
	"slices"
	"time"
)

const minutesADay = 24 * 60

// Open opens a schedule from a minute of the week to another, in each of the days
// that it touches. The week begins with the midnight of first.
func (s *Schedule) Open(first time.Weekday, from, till int) {
	for day := range 2 * 7 { // it may run into the next week
		begins := day * minutesADay
		a, b := max(from-begins, 0), min(till-begins, minutesADay)
		if a >= b {
			continue
		}
		weekday := (first + time.Weekday(day)) % 7
		s.Weekly[weekday] = joined(append(s.Weekly[weekday], Hours{
			From: time.Duration(a) * time.Minute, Till: time.Duration(b) * time.Minute,
		}))
	}
}

// joined are the hours of a day in order, those that touch in one.
func joined(all []Hours) []Hours {
	slices.SortFunc(all, func(a, b Hours) int { return cmp.Compare(a.From, b.From) })
	var out []Hours
	for _, h := range all {
		if n := len(out); n > 0 && h.From <= out[n-1].Till {
			out[n-1].Till = max(out[n-1].Till, h.Till)
			continue
		}
		out = append(out, h)
	}
	return out
}
