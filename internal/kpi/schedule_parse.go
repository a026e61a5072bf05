package kpi

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

const wholeDay = 24 * time.Hour

// ParseInterval reads "09:00-17:30". The end may be 24:00; an end before the
// beginning is on the day after.
func ParseInterval(s string) (Interval, error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return Interval{}, fmt.Errorf("%q is no interval of wall-clock times: write it as 09:00-17:30", s)
	}
	var i Interval
	var err error
	if i.From, err = parseTimeOfDay(from); err != nil {
		return Interval{}, err
	}
	if i.To, err = parseTimeOfDay(to); err != nil {
		return Interval{}, err
	}
	if err := i.check(); err != nil {
		return Interval{}, fmt.Errorf("%q: %w", s, err)
	}
	return i, nil
}

// parseTimeOfDay reads 00:00 to 24:00, always two digits each.
func parseTimeOfDay(s string) (time.Duration, error) {
	if s == "24:00" {
		return wholeDay, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%q is no wall-clock time: write it as 09:00, from 00:00 to 24:00", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

func (i Interval) check() error {
	switch {
	case i.From < 0 || i.From >= wholeDay:
		return errors.New("an interval begins from 00:00 to 23:59")
	case i.To < 0 || i.To > wholeDay:
		return errors.New("an interval ends from 00:00 to 24:00")
	case i.From%time.Minute != 0 || i.To%time.Minute != 0:
		return errors.New("an interval begins and ends on whole minutes")
	case i.From == i.To:
		return errors.New("an interval ends when it begins: write a whole day as 00:00-24:00")
	}
	return nil
}

// String returns the interval as [ParseInterval] reads it.
func (i Interval) String() string {
	clock := func(d time.Duration) string {
		return fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return clock(i.From) + "-" + clock(i.To)
}

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseWeekdays reads one weekday, "mon", or a range of them, "mon-fri", which
// may go over the end of the week, "sat-mon".
func ParseWeekdays(s string) ([]time.Weekday, error) {
	first, last, isRange := strings.Cut(s, "-")
	from, ok := parseWeekday(first)
	if !ok {
		return nil, badWeekdays(s)
	}
	to := from
	if isRange {
		if to, ok = parseWeekday(last); !ok {
			return nil, badWeekdays(s)
		}
	}
	days := []time.Weekday{from}
	for d := from; d != to; {
		d = (d + 1) % 7
		days = append(days, d)
	}
	return days, nil
}

func parseWeekday(s string) (time.Weekday, bool) {
	for d, name := range weekdays {
		if name == s {
			return time.Weekday(d), true
		}
	}
	return 0, false
}

func badWeekdays(s string) error {
	return fmt.Errorf("%q is no weekday: use mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri", s)
}

// Date is a day of the local calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "2026-12-25".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date: write it as 2026-12-25", s)
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

// String returns the date as [ParseDate] reads it.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// check refuses days that the calendar does not have, such as 30 February.
func (d Date) check() error {
	t := d.utc()
	if t.Year() != d.Year || t.Month() != d.Month || t.Day() != d.Day {
		return errors.New("the calendar has no such day")
	}
	return nil
}

// number counts days from 1970-01-01.
func (d Date) number() int64 { return d.utc().Unix() / daySeconds }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
