package config

import (
	"maps"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func (c *checker) allSchedules() {
	c.schedules = make(map[string]*kpi.Schedule)
	seen := make(map[string]bool)
	for i := range c.doc.Schedules {
		path, s := index("schedules", i), &c.doc.Schedules[i]
		c.name(join(path, "name"), s.Name, "schedule", seen)
		c.schedules[s.Name] = c.schedule(path, s)
	}
}

// schedule prepares one schedule; nil when it was reported.
func (c *checker) schedule(path string, s *scheduleDoc) *kpi.Schedule {
	before := len(c.problems)
	spec := kpi.Spec{
		Name:     s.Name,
		Timezone: s.Timezone,
		Weekly:   c.weekly(join(path, "weekly"), s.Weekly),
		Holidays: c.holidays(join(path, "holidays"), s.Holidays),
	}
	if _, err := kpi.LoadZone(s.Timezone); err != nil {
		c.add(join(path, "timezone"), "%s", err)
	}
	if len(c.problems) > before {
		return nil
	}
	made, err := kpi.NewSchedule(spec)
	if err != nil {
		c.add(join(path, "weekly"), "%s", err)
	}
	return made
}

func (c *checker) weekly(path string, weekly map[string][]string) map[time.Weekday][]kpi.Interval {
	hours := make(map[time.Weekday][]kpi.Interval)
	named := make(map[time.Weekday]string)
	for _, key := range slices.Sorted(maps.Keys(weekly)) {
		at := join(path, key)
		days, err := kpi.ParseWeekdays(key)
		if err != nil {
			c.add(at, "%s", err)
			continue
		}
		intervals := c.intervals(at, weekly[key])
		for _, d := range days {
			if other, ok := named[d]; ok {
				c.add(at, "%s is in %s already: name each weekday once", d, other)
				continue
			}
			named[d], hours[d] = key, intervals
		}
	}
	return hours
}

func (c *checker) intervals(path string, texts []string) []kpi.Interval {
	intervals := make([]kpi.Interval, 0, len(texts))
	for i, s := range texts {
		v, err := kpi.ParseInterval(s)
		if err != nil {
			c.add(index(path, i), "%s", err)
			continue
		}
		intervals = append(intervals, v)
	}
	return intervals
}

func (c *checker) holidays(path string, texts []string) []kpi.Date {
	dates := make([]kpi.Date, 0, len(texts))
	for i, s := range texts {
		d, err := kpi.ParseDate(s)
		if err != nil {
			c.add(index(path, i), "%s", err)
			continue
		}
		dates = append(dates, d)
	}
	return dates
}
