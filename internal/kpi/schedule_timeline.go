package kpi

import (
	"math"
	"slices"
	"sort"
	"time"
)

// What schedules know and what they prepare, in seconds since the Unix epoch.
// Outside the prepared years a timeline is made when it is asked for, one cell
// of a grid at a time.
const (
	knownFrom    = -5364662400                     // 1800-01-01
	knownTo      = 13569465600                     // 2400-01-01
	preparedFrom = 1262304000                      // 2010-01-01
	preparedTo   = preparedFrom + 370*timelineCell // in July 2050
	timelineCell = 40 * daySeconds                 // a divisor of the prepared years

	daySeconds  = 24 * 60 * 60
	weekSeconds = 7 * daySeconds

	maxDuration = time.Duration(math.MaxInt64)
	maxSeconds  = int64(maxDuration/time.Second) - 1
)

func knownSecond(sec int64) bool { return knownFrom <= sec && sec < knownTo }

func clampSecond(sec int64) int64 { return min(max(sec, knownFrom), knownTo) }

func floorMod(a, b int64) int64 { return ((a % b) + b) % b }

// stretch is a run of seconds, to excluded.
type stretch struct{ from, to int64 }

// timeline is the open time of a stretch of absolute time.
type timeline struct {
	stretch
	parts []stretch // the open ones: sorted, apart from each other
	cum   []int64   // open seconds before each of parts
	total int64     // open seconds of all parts
}

// last returns the index of the last stretch that begins at or before sec, -1
// when none does.
func (t *timeline) last(sec int64) int {
	return sort.Search(len(t.parts), func(i int) bool { return t.parts[i].from > sec }) - 1
}

func (t *timeline) open(sec int64) bool {
	i := t.last(sec)
	return i >= 0 && sec < t.parts[i].to
}

// before returns the open seconds from the timeline's beginning to sec.
func (t *timeline) before(sec int64) int64 {
	i := t.last(sec)
	if i < 0 {
		return 0
	}
	return t.cum[i] + min(sec, t.parts[i].to) - t.parts[i].from
}

// nth returns the beginning of the open second number n, which must be one:
// 0 is the first.
func (t *timeline) nth(n int64) int64 {
	i := sort.Search(len(t.cum), func(i int) bool { return t.cum[i] > n }) - 1
	return t.parts[i].from + n - t.cum[i]
}

// add appends open time that begins no earlier than what is there ends.
func (t *timeline) add(s stretch) {
	if n := len(t.parts); n > 0 && t.parts[n-1].to == s.from {
		t.parts[n-1].to = s.to
	} else {
		t.parts = append(t.parts, s)
		t.cum = append(t.cum, t.total)
	}
	t.total += s.to - s.from
}

// calendar is a schedule on the wall: days are numbered from 1970-01-01, local
// seconds are those of days of 86,400 seconds.
type calendar struct {
	loc      *time.Location
	weekly   [7][]Interval // by weekday, sorted
	holidays map[int64]bool
}

func (c *calendar) setDay(day time.Weekday, intervals []Interval) {
	c.weekly[day] = slices.Clone(intervals)
	slices.SortFunc(c.weekly[day], func(a, b Interval) int { return int(a.From - b.From) })
}

// timeline lays the calendar on absolute time: while the zone's offset stays,
// local and absolute time run in step, so each such stretch takes those local
// seconds that it shows. What a clock change skips falls between two stretches,
// what it repeats is in both.
func (c *calendar) timeline(from, to int64) timeline {
	tl := timeline{stretch: stretch{from, to}}
	for at := from; at < to; {
		offset, until := c.offset(at)
		end := min(to, until)
		for _, s := range c.local(at+offset, end+offset) {
			tl.add(stretch{s.from - offset, s.to - offset})
		}
		at = end
	}
	return tl
}

// offset returns the zone's offset in seconds at an instant, and until when it
// lasts at least.
func (c *calendar) offset(sec int64) (offset, until int64) {
	t := time.Unix(sec, 0).In(c.loc)
	_, o := t.Zone()
	_, end := t.ZoneBounds()
	switch {
	case end.IsZero():
		until = math.MaxInt64
	case end.After(t):
		until = end.Unix()
	default:
		// Where a zone goes by its rule (after 2037), ZoneBounds takes leap years
		// for 365 days long: on their last day it tells an end that is not in the
		// future. No rule changes the clock on that day.
		until = sec + 60*60
	}
	return int64(o), until
}

// local returns the open local seconds of a stretch of local time, sorted and
// apart from each other.
func (c *calendar) local(from, to int64) []stretch {
	// From the day before, for what crosses midnight.
	first := (from-floorMod(from, daySeconds))/daySeconds - 1
	var parts []stretch
	for day := first; day*daySeconds < to; day++ {
		if c.holidays[day] {
			continue
		}
		for _, i := range c.weekly[floorMod(day+int64(time.Thursday), 7)] {
			s := c.on(day, i)
			parts = appendApart(parts, stretch{max(s.from, from), min(s.to, to)})
		}
	}
	return parts
}

// on returns the local seconds of an interval that begins on a day.
func (c *calendar) on(day int64, i Interval) stretch {
	midnight := day * daySeconds
	s := stretch{midnight + int64(i.From/time.Second), midnight + int64(i.To/time.Second)}
	if i.crosses() {
		s.to += daySeconds
		if c.holidays[day+1] {
			s.to = midnight + daySeconds
		}
	}
	return s
}

// appendApart adds a stretch that begins no earlier than those before it.
func appendApart(parts []stretch, s stretch) []stretch {
	if n := len(parts); n > 0 {
		s.from = max(s.from, parts[n-1].to)
	}
	if s.from < s.to {
		parts = append(parts, s)
	}
	return parts
}

// openRatio is the open share of a week without holidays: the second week of
// the epoch on a wall clock that never changes, so that what crosses from the
// week before is in it.
func (c *calendar) openRatio() float64 {
	typical := calendar{weekly: c.weekly}
	var open int64
	for _, s := range typical.local(weekSeconds, 2*weekSeconds) {
		open += s.to - s.from
	}
	return float64(open) / weekSeconds
}
