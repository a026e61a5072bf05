package zendesk

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const scheduleList = "/business_hours/schedules"

var _ helpdesk.ScheduleSource = (*Collector)(nil)

// Schedules reads the account's business hours. Their holidays are not in the
// answer.
// https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
func (c *Collector) Schedules(ctx context.Context) ([]helpdesk.Schedule, error) {
	var answer struct {
		Rows *[]json.RawMessage `json:"schedules"`
	}
	r := rest.Request{Endpoint: scheduleList, Path: root + scheduleList, Priority: rest.Background}
	if err := c.api.Do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if answer.Rows == nil {
		return nil, noRows(scheduleList)
	}
	rows, err := lenient.All[schedule]("business hours", *answer.Rows)
	var all []helpdesk.Schedule
	for i := range rows {
		all = append(all, scheduleOf(&rows[i]))
	}
	return all, err
}

func scheduleOf(s *schedule) helpdesk.Schedule {
	out := helpdesk.Schedule{Name: cmp.Or(string(s.Name), string(s.ID)), Timezone: helpdesk.Zone(string(s.Zone))}
	for _, v := range s.Intervals {
		out.Open(time.Sunday, v.Start, v.End)
	}
	return out
}
