package kpi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
)

// Spec describes support hours.
type Spec struct {
	Name     string // for people
	Timezone string // an IANA name, "America/Sao_Paulo"
	Weekly   map[time.Weekday][]Interval
	Holidays []Date
}

// Interval is a stretch of open wall-clock time, from From (included) to To
// (excluded), both as time since local midnight, in whole minutes. It belongs
// to the weekday on which it begins: To before From is on the day after. All
// day is 0 to 24 h.
type Interval struct{ From, To time.Duration }

// crosses reports whether the interval ends on the day after it began.
func (i Interval) crosses() bool { return i.To < i.From }

// Schedule is a team's support hours.
//
// Whether it is open at an instant depends only on what a clock on the team's
// wall reads at that instant. So a wall-clock time that a change to summer time
// skips is never open, and one that the change back repeats is open both times:
// 00:00-24:00 is 23 hours long in spring and 25 in autumn.
//
// A holiday closes its local day from midnight to midnight: an interval that
// began on the evening before ends at midnight, and one that would begin on the
// holiday does not take place, its part after midnight included. Intervals that
// overlap count once.
//
// Schedules know the years 1800 to 2399; outside them nothing is open. Methods
// are safe for concurrent use. They take less than a microsecond for instants
// from 2010 to 2049, whatever the span, and about 100 µs more for each year beyond.
type Schedule struct {
	name     string
	calendar calendar
	prepared timeline
	ratio    float64
}

// NewSchedule prepares support hours. It refuses a schedule that is never open.
// Its errors do not name the schedule: the caller knows where it is written.
func NewSchedule(spec Spec) (*Schedule, error) {
	c, err := newCalendar(spec)
	if err != nil {
		return nil, err
	}
	return &Schedule{
		name:     spec.Name,
		calendar: c,
		prepared: c.timeline(preparedFrom, preparedTo),
		ratio:    c.openRatio(),
	}, nil
}

func newCalendar(spec Spec) (calendar, error) {
	loc, err := LoadZone(spec.Timezone)
	if err != nil {
		return calendar{}, err
	}
	c := calendar{loc: loc, holidays: make(map[int64]bool, len(spec.Holidays))}
	for _, d := range spec.Holidays {
		if err := d.check(); err != nil {
			return calendar{}, fmt.Errorf("holiday %s: %w", d, err)
		}
		c.holidays[d.number()] = true
	}
	open := false
	for day, intervals := range spec.Weekly {
		if day < time.Sunday || day > time.Saturday {
			return calendar{}, fmt.Errorf("there is no weekday %d", int(day))
		}
		for _, i := range intervals {
			if err := i.check(); err != nil {
				return calendar{}, fmt.Errorf("%s %s: %w", day, i, err)
			}
			open = true
		}
		c.setDay(day, intervals)
	}
	if !open {
		return calendar{}, errors.New("it is never open: name at least one weekday with an interval")
	}
	return c, nil
}

// LoadZone finds a time zone by its IANA name. It refuses the two names that
// [time.LoadLocation] gives a meaning of its own: support hours depend neither
// on the machine nor on an omission.
func LoadZone(name string) (*time.Location, error) {
	if name != "" && name != "Local" {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc, nil
		}
	}
	return nil, fmt.Errorf("%q is no time zone: use an IANA name such as Europe/Berlin, or UTC", name)
}

// Name returns the schedule's name.
func (s *Schedule) Name() string { return s.name }

// OpenRatio returns the share of a week that is open, 1 for all of it. Holidays
// and clock changes are left out.
func (s *Schedule) OpenRatio() float64 { return s.ratio }

// UTCOffset returns how far the schedule's clock is ahead of UTC at t.
func (s *Schedule) UTCOffset(t time.Time) time.Duration {
	_, seconds := t.In(s.calendar.loc).Zone()
	return time.Duration(seconds) * time.Second
}

// Sum is a checksum of the open time: it tells schedules apart, whatever they
// are called, and also a schedule whose zone has got other rules.
func (s *Schedule) Sum() uint64 {
	h := fnv.New64a()
	for _, part := range s.prepared.parts {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], uint64(part.from))
		binary.BigEndian.PutUint64(b[8:], uint64(part.to))
		h.Write(b[:])
	}
	return h.Sum64()
}

// Open reports whether the schedule is open at t.
func (s *Schedule) Open(t time.Time) bool {
	sec := t.Unix()
	return knownSecond(sec) && s.around(sec).open(sec)
}

// Between returns the open time from a to b, 0 when b is not after a.
func (s *Schedule) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	var d int64
	for from, to := clampSecond(a.Unix()), clampSecond(b.Unix()); from < to; {
		tl := s.around(from)
		end := min(to, tl.to)
		d += tl.before(end) - tl.before(from)
		from = end
	}
	if d > maxSeconds {
		return maxDuration
	}
	return time.Duration(d)*time.Second - s.fraction(a) + s.fraction(b)
}

// Add returns the earliest instant by which d of open time has passed since
// start: start itself when d is not positive, and the moment of closing, not
// the next opening, when d is used up just then. A deadline that would lie
// beyond the years that schedules know is the end of them (start, if later).
func (s *Schedule) Add(start time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return start
	}
	// The open second in which d is used up, counted from the second of start,
	// and how much of it is used.
	n, used := openSeconds(d, s.fraction(start))
	from := clampSecond(start.Unix())
	for from < knownTo {
		tl := s.around(from)
		first := tl.before(from)
		if n < tl.total-first {
			return instantLike(tl.nth(first+n), used, start)
		}
		n -= tl.total - first
		from = tl.to
	}
	if start.Unix() >= knownTo {
		return start
	}
	return instantLike(knownTo, 0, start)
}

// Sub returns the latest instant s such that Add(s, d) is not after t: t itself
// when d is not positive. Clocks that started at or before it, and no others,
// have passed their deadline at t. Where the years that schedules know do not
// hold d, it is their beginning (t, if earlier).
func (s *Schedule) Sub(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return t
	}
	// The mirror of Add: seconds are counted backwards from the first whole
	// second that is not before t, so what is missing of t's own is added.
	to := clampSecond(t.Unix())
	var missing time.Duration
	if f := s.fraction(t); f > 0 {
		missing = time.Second - f
		to++
	}
	n, used := openSeconds(d, missing)
	for to > knownFrom {
		tl := s.around(to - 1)
		count := tl.before(to)
		if n < count {
			return instantLike(tl.nth(count-1-n), time.Second-used, t)
		}
		n -= count
		to = tl.from
	}
	if t.Unix() < knownFrom {
		return t
	}
	return instantLike(knownFrom, 0, t)
}

// fraction is the part of t's own second that is open time before t. Intervals
// begin and end on whole seconds, so a second is open or closed as a whole.
func (s *Schedule) fraction(t time.Time) time.Duration {
	if n := t.Nanosecond(); n > 0 && s.Open(t) {
		return time.Duration(n)
	}
	return 0
}

// around returns a timeline that covers a known second.
func (s *Schedule) around(sec int64) *timeline {
	if s.prepared.from <= sec && sec < s.prepared.to {
		return &s.prepared
	}
	from := sec - floorMod(sec-preparedFrom, timelineCell)
	tl := s.calendar.timeline(max(from, knownFrom), min(from+timelineCell, knownTo))
	return &tl
}

// openSeconds splits d plus extra, together more than 0, into whole seconds
// that are used up before the last one and what is used of that: more than 0,
// at most a second.
func openSeconds(d, extra time.Duration) (n int64, used time.Duration) {
	n, used = int64(d/time.Second), d%time.Second+extra
	for used > time.Second {
		n, used = n+1, used-time.Second
	}
	if used == 0 {
		n, used = n-1, time.Second
	}
	return n, used
}

// instantLike is a time in the location of another.
func instantLike(sec int64, d time.Duration, like time.Time) time.Time {
	return time.Unix(sec, int64(d)).In(like.Location())
}
