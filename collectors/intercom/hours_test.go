package intercom

import (
	"errors"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func TestOfficeHours(t *testing.T) {
	hours := func(from, till int) helpdesk.Hours {
		return helpdesk.Hours{From: time.Duration(from) * time.Minute, Till: time.Duration(till) * time.Minute}
	}
	day := hours(0, 1440)
	always := [7][]helpdesk.Hours{{day}, {day}, {day}, {day}, {day}, {day}, {day}}
	for _, c := range []struct {
		name, members string
		want          [7][]helpdesk.Hours
	}{
		{"minutes count from Monday", `"time_intervals":[{"start_minute":540,"end_minute":1020},{"start_minute":9180,"end_minute":9660}]`,
			[7][]helpdesk.Hours{time.Monday: {hours(540, 1020)}, time.Sunday: {hours(540, 1020)}}},
		{"over midnight it is two days", `"time_intervals":[{"start_minute":1320,"end_minute":1800}]`,
			[7][]helpdesk.Hours{time.Monday: {hours(1320, 1440)}, time.Tuesday: {hours(0, 360)}}},
		{"from Sunday into Monday", `"time_intervals":[{"start_minute":9960,"end_minute":10200}]`,
			[7][]helpdesk.Hours{time.Sunday: {hours(1320, 1440)}, time.Monday: {hours(0, 120)}}},
		{"those that touch are one", `"time_intervals":[{"start_minute":600,"end_minute":720},{"start_minute":540,"end_minute":600}]`,
			[7][]helpdesk.Hours{time.Monday: {hours(540, 720)}}},
		{"always", `"twenty_four_seven":true,"time_intervals":[{"start_minute":540,"end_minute":600}]`, always},
		{"a whole week", `"time_intervals":[{"start_minute":0,"end_minute":10079}]`, always},
		{"what can't be read is left out", `"time_intervals":[{"start_minute":null,"end_minute":600},{"start_minute":600,"end_minute":540},{}]`,
			[7][]helpdesk.Hours{}},
		{"never", `"time_intervals":null`, [7][]helpdesk.Hours{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := newFake(t)
			api.raw[hoursPath] = `{"type":"office_hours_schedule.list","data":[{"id":"1","name":"","time_zone_name":"Europe/Dublin",` + c.members + `}]}`
			all, err := New(api).Schedules(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			compare(t, []helpdesk.Schedule{{Name: "1", Timezone: "Europe/Dublin", Weekly: c.want}}, all)
			compare(t, "2.16", api.calls[0].Header["Intercom-Version"])
		})
	}
}

func TestOfficeHoursThatAreNoListAreAnError(t *testing.T) {
	for _, answer := range []string{`{}`, `{"data":null}`, `{"data":[7]}`} {
		api := newFake(t)
		api.raw[hoursPath] = answer
		if all, err := New(api).Schedules(t.Context()); err == nil {
			t.Errorf("%s: %v", answer, all)
		}
	}
	api := newFake(t)
	api.gone[hoursPath] = collectortest.Failure(rest.Request{}, 403)
	if _, err := New(api).Schedules(t.Context()); !errors.As(err, new(*rest.Error)) {
		t.Errorf("%v", err)
	}
}
