package intercom

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const hoursPath = "/office_hours_schedules"

// officeHours is a schedule. Its minutes count from the Monday with which a week
// begins.
// https://developers.intercom.com/docs/references/2.17/rest-api/api.intercom.io/office-hours/office_hours_time_interval
type officeHours struct {
	ID        id          `json:"id"`
	Name      text        `json:"name"`
	Zone      text        `json:"time_zone_name"`
	Always    maybe[bool] `json:"twenty_four_seven"`
	Intervals maybe[[]struct {
		Start maybe[int] `json:"start_minute"`
		End   maybe[int] `json:"end_minute"`
	}] `json:"time_intervals"`
}

const (
	minutesADay  = 24 * 60
	minutesAWeek = 7 * minutesADay
	// wholeWeek is how the end of a week that is open throughout is written.
	wholeWeek = minutesAWeek - 1
)

var _ helpdesk.ScheduleSource = (*Collector)(nil)

// Schedules reads the office hours of the workspace. Their exceptions are not in
// this version.
func (c *Collector) Schedules(ctx context.Context) ([]helpdesk.Schedule, error) {
	var answer struct {
		Rows *[]json.RawMessage `json:"data"`
	}
	r := newRequest(rest.Request{Endpoint: hoursPath, Path: hoursPath, Priority: rest.Background})
	if err := c.api.Do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if answer.Rows == nil {
		return nil, noRows(hoursPath)
	}
	var all []helpdesk.Schedule
	for i, raw := range *answer.Rows {
		var h officeHours
		if err := json.Unmarshal(raw, &h); err != nil {
			return nil, fmt.Errorf("office hours %d: not the expected JSON", i+1) // a JSON error may quote what it read
		}
		all = append(all, scheduleOf(&h))
	}
	return all, nil
}

func scheduleOf(h *officeHours) helpdesk.Schedule {
	s := helpdesk.Schedule{Name: cmp.Or(string(h.Name), string(h.ID)), Timezone: string(h.Zone)}
	if h.Always.V {
		openFor(&s, 0, minutesAWeek)
	}
	for _, v := range h.Intervals.V {
		if !h.Always.V && v.Start.OK && v.End.OK {
			openFor(&s, v.Start.V, v.End.V)
		}
	}
	for day := range s.Weekly {
		s.Weekly[day] = joined(s.Weekly[day])
	}
	return s
}

// openFor opens a schedule from a minute of the week to another, in each of the
// days that it touches.
func openFor(s *helpdesk.Schedule, from, till int) {
	if till == wholeWeek {
		till = minutesAWeek
	}
	for day := range 2 * 7 { // an interval may run into the next week
		begins := day * minutesADay
		a, b := max(from-begins, 0), min(till-begins, minutesADay)
		if a >= b {
			continue
		}
		weekday := (time.Monday + time.Weekday(day)) % 7
		s.Weekly[weekday] = append(s.Weekly[weekday], helpdesk.Hours{
			From: time.Duration(a) * time.Minute, Till: time.Duration(b) * time.Minute,
		})
	}
}

// joined are the hours of a day in order, those that touch in one.
func joined(all []helpdesk.Hours) []helpdesk.Hours {
	slices.SortFunc(all, func(a, b helpdesk.Hours) int { return cmp.Compare(a.From, b.From) })
	var out []helpdesk.Hours
	for _, h := range all {
		if n := len(out); n > 0 && h.From <= out[n-1].Till {
			out[n-1].Till = max(out[n-1].Till, h.Till)
			continue
		}
		out = append(out, h)
	}
	return out
}
