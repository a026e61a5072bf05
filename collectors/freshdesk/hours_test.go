package freshdesk

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestCalendars(t *testing.T) {
	h := func(from, till float64) helpdesk.Hours {
		return helpdesk.Hours{From: time.Duration(from * float64(time.Hour)), Till: time.Duration(till * float64(time.Hour))}
	}
	for _, tc := range []struct {
		name, days string
		want       [7][]helpdesk.Hours // from Sunday on
		err        string
	}{
		{
			name: "some days, each with its own hours",
			days: `{"monday":{"start_time":"8:00 am","end_time":"5:00 pm"},"friday":{"start_time":"9:30 am","end_time":"12:00 pm"}}`,
			want: [7][]helpdesk.Hours{1: {h(8, 17)}, 5: {h(9.5, 12)}},
		},
		{
			name: "until midnight, and until the last minute of a day",
			days: `{"monday":{"start_time":"12:00 am","end_time":"12:00 am"},"tuesday":{"start_time":"12:00 am","end_time":"11:59 pm"}}`,
			want: [7][]helpdesk.Hours{1: {h(0, 24)}, 2: {h(0, 24)}},
		},
		{
			name: "over midnight", days: `{"saturday":{"start_time":"10:00 pm","end_time":"2:00 am"},"sunday":{"start_time":"10:00","end_time":"11:00"}}`,
			want: [7][]helpdesk.Hours{0: {h(0, 2), h(10, 11)}, 6: {h(22, 24)}},
		},
		{name: "closed days", days: `{"monday":null}`},
		{
			name: "hours that are none", days: `{"monday":{"start_time":"early","end_time":"5:00 pm"}}`,
			err: `business hours "Default": a day that opens or closes at no time of day: "monday"`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var row businessHours
			if err := json.Unmarshal([]byte(`{"id":1,"name":"Default","time_zone":"Eastern Time (US & Canada)","business_hours":`+tc.days+`}`), &row); err != nil {
				t.Fatal(err)
			}
			got, err := scheduleOf(&row)
			if tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Errorf("got %v, want %s", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			compare(t, helpdesk.Schedule{Name: "Default", Timezone: "America/New_York", Weekly: tc.want}, got)
		})
	}
}

func TestSchedulesOfAnAccount(t *testing.T) {
	d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{})
	got, err := New(d, Options{}).Schedules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	office := []helpdesk.Hours{{From: 8 * time.Hour, Till: 20 * time.Hour}}
	compare(t, []helpdesk.Schedule{{Name: "Default", Timezone: "Europe/Lisbon", Weekly: [7][]helpdesk.Hours{1: office, 2: office, 3: office, 4: office, 5: office}}}, got)
	compare(t, []string{root + "/business_hours"}, d.calls)
}
