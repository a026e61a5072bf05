package intercom

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
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
	minutesAWeek = 7 * 24 * 60
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
	rows, err := lenient.All[officeHours]("office hours", *answer.Rows)
	var all []helpdesk.Schedule
	for i := range rows {
		all = append(all, scheduleOf(&rows[i]))
	}
	return all, err
}

func scheduleOf(h *officeHours) helpdesk.Schedule {
	s := helpdesk.Schedule{Name: cmp.Or(string(h.Name), string(h.ID)), Timezone: string(h.Zone)}
	if h.Always.V {
		s.Open(time.Monday, 0, minutesAWeek)
	}
	for _, v := range h.Intervals.V {
		if !h.Always.V && v.Start.OK && v.End.OK {
			s.Open(time.Monday, v.Start.V, lastOf(v.End.V))
		}
	}
	return s
}

// lastOf is the end of an interval.
func lastOf(minute int) int {
	if minute == wholeWeek {
		return minutesAWeek
	}
	return minute
}
