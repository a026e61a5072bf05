package freshdesk

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// businessHours is a calendar: of each day that is worked on, when it opens and
// closes, on the wall clock of its zone.
// https://developers.freshdesk.com/api/#business_hours
type businessHours struct {
	ID   id   `json:"id"`
	Name text `json:"name"`
	Zone text `json:"time_zone"`
	Days maybe[map[string]maybe[struct {
		Opens  text `json:"start_time"`
		Closes text `json:"end_time"`
	}]] `json:"business_hours"`
}

var _ helpdesk.ScheduleSource = (*Collector)(nil)

// Schedules reads the account's calendars. Their holidays are not in the answer.
func (c *Collector) Schedules(ctx context.Context) ([]helpdesk.Schedule, error) {
	const path = root + "/business_hours"
	answer, err := all[businessHours](ctx, c, rest.Request{Endpoint: path, Path: path, Priority: rest.Background})
	if err != nil {
		return nil, err
	}
	rows, err := answer.Whole("business hours")
	if err != nil {
		return nil, err
	}
	var all []helpdesk.Schedule
	for i := range rows {
		s, err := scheduleOf(&rows[i])
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func scheduleOf(h *businessHours) (helpdesk.Schedule, error) {
	s := helpdesk.Schedule{Name: cmp.Or(string(h.Name), string(h.ID)), Timezone: helpdesk.Zone(string(h.Zone))}
	for name, hours := range h.Days.V {
		if !hours.OK {
			continue // null: closed
		}
		day, known := weekdays[strings.ToLower(name)]
		from, ok1 := timeOfDay(hours.V.Opens)
		till, ok2 := timeOfDay(hours.V.Closes)
		if !known || !ok1 || !ok2 {
			return s, fmt.Errorf("business hours %q: a day that opens or closes at no time of day: %q", s.Name, name)
		}
		if till == 0 || till == lastMinute {
			till = 24 * time.Hour
		}
		open(&s, day, from, till)
	}
	return s, nil
}

// lastMinute is how a calendar says that it closes with the day.
const lastMinute = 24*time.Hour - time.Minute

// open adds the hours of a day; what closes before it opens closes on the next.
func open(s *helpdesk.Schedule, day time.Weekday, from, till time.Duration) {
	if till > from {
		s.Weekly[day] = append(s.Weekly[day], helpdesk.Hours{From: from, Till: till})
		return
	}
	s.Weekly[day] = append(s.Weekly[day], helpdesk.Hours{From: from, Till: 24 * time.Hour})
	next := (day + 1) % 7
	s.Weekly[next] = append([]helpdesk.Hours{{Till: till}}, s.Weekly[next]...)
}

var weekdays = map[string]time.Weekday{
	"sunday": time.Sunday, "monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday,
	"thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday,
}

// timeOfDay reads "8:00 am", or "08:00".
func timeOfDay(v text) (time.Duration, bool) {
	s := strings.ToUpper(strings.Join(strings.Fields(string(v)), ""))
	for _, layout := range []string{"3:04PM", "15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, true
		}
	}
	return 0, false
}
