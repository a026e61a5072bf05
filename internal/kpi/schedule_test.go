package kpi_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// hours makes a specification from what the configuration says, all days of
// the week alike unless a weekday is named.
func hours(t testing.TB, zone string, weekly map[string][]string, holidays ...string) kpi.Spec {
	t.Helper()
	spec := kpi.Spec{Name: "support", Timezone: zone, Weekly: map[time.Weekday][]kpi.Interval{}}
	for days, intervals := range weekly {
		parsed, err := kpi.ParseWeekdays(days)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range intervals {
			i, err := kpi.ParseInterval(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed {
				spec.Weekly[d] = append(spec.Weekly[d], i)
			}
		}
	}
	for _, s := range holidays {
		d, err := kpi.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		spec.Holidays = append(spec.Holidays, d)
	}
	return spec
}

func schedule(t testing.TB, spec kpi.Spec) *kpi.Schedule {
	t.Helper()
	s, err := kpi.NewSchedule(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var (
	office   = map[string][]string{"mon-fri": {"09:00-12:00", "13:00-18:00"}}
	allDay   = map[string][]string{"mon-sun": {"00:00-24:00"}}
	evenings = map[string][]string{"mon-sun": {"22:00-02:00"}}
)

func TestOpenTimeBetweenTwoInstants(t *testing.T) {
	for _, tc := range []struct {
		name     string
		zone     string
		weekly   map[string][]string
		holidays []string
		from, to string
		want     string
	}{
		{"a morning without the lunch break", "America/Sao_Paulo", office, nil, "2026-03-02T08:00:00-03:00", "2026-03-02T14:00:00-03:00", "4h"},
		{"a weekend counts nothing", "America/Sao_Paulo", office, nil, "2026-03-06T18:00:00-03:00", "2026-03-09T09:00:00-03:00", "0s"},
		{"an instant to itself", "UTC", allDay, nil, "2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z", "0s"},
		{"the wrong way round", "UTC", allDay, nil, "2026-03-02T08:00:00Z", "2026-03-01T08:00:00Z", "0s"},
		{"down to the nanosecond, where it opens", "UTC", office, nil, "2026-03-02T08:59:59.5Z", "2026-03-02T09:00:00.000000007Z", "7ns"},
		{"down to the nanosecond, where it closes", "UTC", office, nil, "2026-03-02T11:59:59.25Z", "2026-03-02T12:00:00.5Z", "750ms"},
		{"a week of office hours", "Europe/Moscow", office, nil, "2026-03-02T00:00:00+03:00", "2026-03-09T00:00:00+03:00", "40h"},

		{"an evening goes on after midnight", "Europe/Moscow", map[string][]string{"sat": {"22:00-02:00"}}, nil, "2026-03-07T00:00:00+03:00", "2026-03-09T00:00:00+03:00", "4h"},
		{"and does so from Sunday to Monday", "Europe/Moscow", map[string][]string{"sun": {"22:00-02:00"}}, nil, "2026-03-09T00:00:00+03:00", "2026-03-09T12:00:00+03:00", "2h"},
		{"intervals that overlap count once", "UTC", map[string][]string{"sat": {"20:00-23:00", "22:00-02:00"}, "sun": {"01:00-03:00"}}, nil, "2026-03-07T00:00:00Z", "2026-03-09T00:00:00Z", "7h"},
		{"up to midnight by either spelling", "UTC", map[string][]string{"sat": {"20:00-00:00"}, "sun": {"20:00-24:00"}}, nil, "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z", "8h"},

		{"a holiday is closed", "America/Sao_Paulo", office, []string{"2026-12-25"}, "2026-12-24T17:00:00-03:00", "2026-12-28T10:00:00-03:00", "2h"},
		{"the evening before a holiday ends at midnight", "America/Sao_Paulo", evenings, []string{"2026-12-25"}, "2026-12-24T12:00:00-03:00", "2026-12-25T12:00:00-03:00", "2h"},
		{"the evening of a holiday does not take place, nor does its night", "America/Sao_Paulo", evenings, []string{"2026-12-25"}, "2026-12-25T12:00:00-03:00", "2026-12-26T12:00:00-03:00", "0s"},
		{"a holiday of an open-all-day schedule is its local day", "Pacific/Auckland", allDay, []string{"2026-12-25"}, "2026-12-24T00:00:00Z", "2026-12-26T00:00:00Z", "24h"},

		{"spring in Berlin takes an hour from the night", "Europe/Berlin", map[string][]string{"sun": {"00:00-06:00"}}, nil, "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", "4h"},
		{"the whole day is 23 hours long", "Europe/Berlin", allDay, []string{"2026-03-28", "2026-03-30"}, "2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z", "23h"},
		{"and 25 hours in autumn", "Europe/Berlin", allDay, []string{"2026-10-24", "2026-10-26"}, "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z", "25h"},
		{"what the clock skips is never open", "Europe/Berlin", map[string][]string{"sun": {"02:15-02:45"}}, nil, "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z", "0s"},
		{"what begins in the skipped hour is open from its end", "Europe/Berlin", map[string][]string{"sun": {"02:30-04:00"}}, nil, "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z", "1h"},
		{"what the clock repeats is open both times", "Europe/Berlin", map[string][]string{"sun": {"02:15-02:45"}}, nil, "2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z", "1h"},
		{"a clock that changes at midnight skips the first hour of the day", "America/Sao_Paulo", map[string][]string{"sun": {"00:00-02:00"}}, nil, "2018-11-04T00:00:00-03:00", "2018-11-05T00:00:00-02:00", "1h"},
		{"and repeats the last hour of the day before", "America/Sao_Paulo", map[string][]string{"sat": {"22:00-24:00"}}, nil, "2018-02-17T12:00:00-02:00", "2018-02-18T12:00:00-03:00", "3h"},
		{"Moscow's clock went back for good in 2014", "Europe/Moscow", map[string][]string{"sun": {"01:00-02:00"}}, nil, "2014-10-26T00:00:00+04:00", "2014-10-27T00:00:00+03:00", "2h"},
		{"Hong Kong in spring 1979", "Asia/Hong_Kong", map[string][]string{"sun": {"03:00-05:00"}}, nil, "1979-05-13T00:00:00+08:00", "1979-05-14T00:00:00+09:00", "1h"},
		{"Hong Kong in autumn 1979", "Asia/Hong_Kong", map[string][]string{"sun": {"02:00-04:00"}}, nil, "1979-10-21T00:00:00+09:00", "1979-10-22T00:00:00+08:00", "3h"},
		{"Lord Howe Island changes by half an hour", "Australia/Lord_Howe", map[string][]string{"sun": {"01:00-03:00"}}, nil, "2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30", "2h30m"},
		{"Samoa had no 30 December 2011", "Pacific/Apia", allDay, nil, "2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00", "48h"},
		{"nor the night that began on the day before", "Pacific/Apia", map[string][]string{"thu": {"22:00-02:00"}}, nil, "2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00", "2h"},
		{"Amsterdam was 1172 seconds ahead in 1936", "Europe/Amsterdam", map[string][]string{"mon-sun": {"00:00-00:01"}}, nil, "1936-01-10T23:40:20Z", "1936-01-10T23:40:40Z", "12s"},

		{"longer than a duration can say", "UTC", allDay, nil, "0001-01-01T00:00:00Z", "2399-12-31T00:00:00Z", time.Duration(math.MaxInt64).String()},
		{"nothing is known of the year 1", "UTC", allDay, nil, "0001-01-01T00:00:00Z", "1800-01-01T01:00:00Z", "1h"},
		{"nor of the year 2400", "UTC", allDay, nil, "2399-12-31T23:00:00Z", "2500-01-01T01:00:00Z", "1h"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := schedule(t, hours(t, tc.zone, tc.weekly, tc.holidays...))
			if got := s.Between(at(t, tc.from), at(t, tc.to)); got.String() != duration(t, tc.want).String() {
				t.Errorf("open from %s to %s: %s, want %s", tc.from, tc.to, got, tc.want)
			}
		})
	}
}

func duration(t testing.TB, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDeadlinesAndTheStartsThatHavePassedThem(t *testing.T) {
	for _, tc := range []struct {
		name                string
		start, limit        string
		deadline, lastStart string // lastStart: the latest one with the same deadline or an earlier one
	}{
		{"inside the morning", "2026-03-02T09:30:00Z", "1h", "2026-03-02T10:30:00Z", "2026-03-02T09:30:00Z"},
		{"over lunch", "2026-03-02T11:30:00Z", "1h", "2026-03-02T13:30:00Z", "2026-03-02T11:30:00Z"},
		{"used up when it closes, not when it opens again", "2026-03-02T11:00:00Z", "1h", "2026-03-02T12:00:00Z", "2026-03-02T11:00:00Z"},
		{"a start while it is closed waits for the opening", "2026-03-07T10:00:00Z", "30m", "2026-03-09T09:30:00Z", "2026-03-09T09:00:00Z"},
		{"over a weekend", "2026-03-06T17:59:59.5Z", "1s", "2026-03-09T09:00:00.5Z", "2026-03-06T17:59:59.5Z"},
		{"a working week", "2026-03-02T09:00:00Z", "40h", "2026-03-06T18:00:00Z", "2026-03-02T09:00:00Z"},
		{"a nanosecond", "2026-03-06T18:00:00Z", "1ns", "2026-03-09T09:00:00.000000001Z", "2026-03-09T09:00:00Z"},
		{"no time at all", "2026-03-07T10:00:00Z", "0s", "2026-03-07T10:00:00Z", "2026-03-07T10:00:00Z"},
		{"less than that", "2026-03-07T10:00:00Z", "-1h", "2026-03-07T10:00:00Z", "2026-03-07T10:00:00Z"},
		{"far beyond the prepared years", "2049-12-31T17:00:00Z", "2000h", "2050-12-16T17:00:00Z", "2049-12-31T17:00:00Z"},
		{"far before them", "1999-12-31T17:00:00Z", "2h", "2000-01-03T10:00:00Z", "1999-12-31T17:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := schedule(t, hours(t, "UTC", office))
			deadline := s.Add(at(t, tc.start), duration(t, tc.limit))
			if want := at(t, tc.deadline); !deadline.Equal(want) {
				t.Errorf("deadline %s, want %s", deadline, want)
			}
			if got, want := s.Sub(deadline, duration(t, tc.limit)), at(t, tc.lastStart); !got.Equal(want) {
				t.Errorf("last start with this deadline: %s, want %s", got, want)
			}
		})
	}
}

func TestDeadlinesOutsideTheKnownYears(t *testing.T) {
	s := schedule(t, hours(t, "UTC", map[string][]string{"sun": {"00:00-00:01"}}))
	century := 100 * 365 * 24 * time.Hour
	begin, end := at(t, "1800-01-01T00:00:00Z"), at(t, "2400-01-01T00:00:00Z")
	type row struct{ Got, Want time.Time }
	for name, r := range map[string]row{
		"a deadline that is never reached is the end":     {s.Add(at(t, "2026-01-01T00:00:00Z"), century), end},
		"a start beyond the end is its own deadline":      {s.Add(end.AddDate(1, 0, 0), time.Hour), end.AddDate(1, 0, 0)},
		"no start is early enough but the beginning":      {s.Sub(at(t, "2026-01-01T00:00:00Z"), century), begin},
		"before the beginning nothing has a deadline":     {s.Sub(begin.AddDate(-1, 0, 0), time.Hour), begin.AddDate(-1, 0, 0)},
		"a start before the beginning waits for it":       {s.Add(time.Time{}, time.Minute), at(t, "1800-01-05T00:01:00Z")},
		"an end of counting beyond the end stops there":   {s.Sub(end.AddDate(50, 0, 0), time.Minute), at(t, "2399-12-26T00:00:00Z")},
		"a deadline is told in the location of the start": {s.Add(begin.In(time.FixedZone("x", 3600)), time.Minute), at(t, "1800-01-05T00:01:00Z")},
	} {
		if !r.Got.Equal(r.Want) {
			t.Errorf("%s: %s, want %s", name, r.Got, r.Want)
		}
	}
}

func TestScheduleKeepsItsNameAndTheLocationOfTheQuestion(t *testing.T) {
	s := schedule(t, hours(t, "America/Sao_Paulo", office))
	if s.Name() != "support" {
		t.Errorf("the schedule is called %q", s.Name())
	}
	east := time.FixedZone("east", 9*3600)
	q := at(t, "2026-03-02T12:00:00Z").In(east)
	for name, got := range map[string]time.Time{"Add": s.Add(q, time.Hour), "Sub": s.Sub(q, time.Hour)} {
		if got.Location() != east {
			t.Errorf("%s answers in %s, want %s", name, got.Location(), east)
		}
	}
}

func TestOpenRatioOfATypicalWeek(t *testing.T) {
	for _, tc := range []struct {
		name   string
		weekly map[string][]string
		want   float64
	}{
		{"all of it", allDay, 1},
		{"forty hours", office, 40.0 / 168},
		{"nights, also that from Saturday to Sunday", evenings, 28.0 / 168},
		{"overlaps count once", map[string][]string{"sat": {"22:00-06:00", "23:00-05:00"}, "sun": {"04:00-08:00"}}, 10.0 / 168},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := hours(t, "Europe/Berlin", tc.weekly, "1970-01-08", "2026-01-01")
			if got := schedule(t, spec).OpenRatio(); got != tc.want {
				t.Errorf("open %v of the week, want %v", got, tc.want)
			}
		})
	}
}

func TestTheClockOfAScheduleIsAheadOfUTCByItsZone(t *testing.T) {
	for _, tc := range []struct {
		zone, at string
		want     time.Duration
	}{
		{"UTC", "2026-07-01T12:00:00Z", 0},
		{"Europe/Berlin", "2026-03-29T00:59:59Z", time.Hour},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", 2 * time.Hour},
		{"America/Sao_Paulo", "2026-07-01T12:00:00Z", -3 * time.Hour},
		{"Asia/Kolkata", "2026-07-01T12:00:00Z", 5*time.Hour + 30*time.Minute},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := schedule(t, hours(t, tc.zone, allDay)).UTCOffset(at); got != tc.want {
			t.Errorf("%s at %s: %s ahead of UTC, want %s", tc.zone, tc.at, got, tc.want)
		}
	}
}

func TestSchedulesThatAreRefused(t *testing.T) {
	nine := kpi.Interval{From: 9 * time.Hour, To: 17 * time.Hour}
	monday := func(i ...kpi.Interval) map[time.Weekday][]kpi.Interval {
		return map[time.Weekday][]kpi.Interval{time.Monday: i}
	}
	for _, tc := range []struct {
		name string
		spec kpi.Spec
		want string
	}{
		{"no hours", kpi.Spec{Timezone: "UTC"}, `it is never open: name at least one weekday with an interval`},
		{"a day without hours", kpi.Spec{Timezone: "UTC", Weekly: monday()}, `it is never open: name at least one weekday with an interval`},
		{"no zone", kpi.Spec{Weekly: monday(nine)}, `"" is no time zone: use an IANA name such as Europe/Berlin, or UTC`},
		{"the machine's zone", kpi.Spec{Timezone: "Local", Weekly: monday(nine)}, `"Local" is no time zone: use an IANA name such as Europe/Berlin, or UTC`},
		{"an unknown zone", kpi.Spec{Timezone: "Mars/Olympus", Weekly: monday(nine)}, `"Mars/Olympus" is no time zone: use an IANA name such as Europe/Berlin, or UTC`},
		{"a path for a zone", kpi.Spec{Timezone: "../etc/passwd", Weekly: monday(nine)}, `"../etc/passwd" is no time zone: use an IANA name such as Europe/Berlin, or UTC`},
		{"a day that is none", kpi.Spec{Timezone: "UTC", Weekly: monday(nine), Holidays: []kpi.Date{{Year: 2026, Month: 2, Day: 30}}}, `holiday 2026-02-30: the calendar has no such day`},
		{"an eighth weekday", kpi.Spec{Timezone: "UTC", Weekly: map[time.Weekday][]kpi.Interval{7: {nine}}}, `there is no weekday 7`},
		{"an empty interval", kpi.Spec{Timezone: "UTC", Weekly: monday(kpi.Interval{From: time.Hour, To: time.Hour})}, `Monday 01:00-01:00: an interval ends when it begins: write a whole day as 00:00-24:00`},
		{"seconds", kpi.Spec{Timezone: "UTC", Weekly: monday(kpi.Interval{From: time.Second, To: time.Hour})}, `Monday 00:00-01:00: an interval begins and ends on whole minutes`},
		{"a beginning beyond the day", kpi.Spec{Timezone: "UTC", Weekly: monday(kpi.Interval{From: 24 * time.Hour, To: time.Hour})}, `Monday 24:00-01:00: an interval begins from 00:00 to 23:59`},
		{"an end beyond the day", kpi.Spec{Timezone: "UTC", Weekly: monday(kpi.Interval{From: time.Hour, To: 25 * time.Hour})}, `Monday 01:00-25:00: an interval ends from 00:00 to 24:00`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := kpi.NewSchedule(tc.spec)
			if diff := cmp.Diff(tc.want, fmt.Sprint(err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNotationOfSchedules(t *testing.T) {
	type answer struct {
		Value any
		Err   string
	}
	interval := func(s string) (any, error) { return kpi.ParseInterval(s) }
	date := func(s string) (any, error) { return kpi.ParseDate(s) }
	days := func(s string) (any, error) { return kpi.ParseWeekdays(s) }
	for _, tc := range []struct {
		parse func(string) (any, error)
		text  string
		want  answer
	}{
		{interval, "09:00-17:30", answer{Value: kpi.Interval{From: 9 * time.Hour, To: 17*time.Hour + 30*time.Minute}}},
		{interval, "22:00-02:00", answer{Value: kpi.Interval{From: 22 * time.Hour, To: 2 * time.Hour}}},
		{interval, "00:00-24:00", answer{Value: kpi.Interval{To: 24 * time.Hour}}},
		{interval, "09:00", answer{Err: `"09:00" is no interval of wall-clock times: write it as 09:00-17:30`}},
		{interval, "9:00-17:00", answer{Err: `"9:00" is no wall-clock time: write it as 09:00, from 00:00 to 24:00`}},
		{interval, "09:00-24:30", answer{Err: `"24:30" is no wall-clock time: write it as 09:00, from 00:00 to 24:00`}},
		{interval, "24:00-02:00", answer{Err: `"24:00-02:00": an interval begins from 00:00 to 23:59`}},
		{interval, "09:00-09:00", answer{Err: `"09:00-09:00": an interval ends when it begins: write a whole day as 00:00-24:00`}},
		{date, "2028-02-29", answer{Value: kpi.Date{Year: 2028, Month: time.February, Day: 29}}},
		{date, "2026-02-29", answer{Err: `"2026-02-29" is no date: write it as 2026-12-25`}},
		{date, "25.12.2026", answer{Err: `"25.12.2026" is no date: write it as 2026-12-25`}},
		{days, "tue", answer{Value: []time.Weekday{time.Tuesday}}},
		{days, "sat-mon", answer{Value: []time.Weekday{time.Saturday, time.Sunday, time.Monday}}},
		{days, "mon-sun", answer{Value: []time.Weekday{1, 2, 3, 4, 5, 6, 0}}},
		{days, "monday", answer{Err: `"monday" is no weekday: use mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri`}},
		{days, "mon-", answer{Err: `"mon-" is no weekday: use mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri`}},
	} {
		t.Run(tc.text, func(t *testing.T) {
			var got answer
			v, err := tc.parse(tc.text)
			if err != nil {
				got.Err = err.Error()
			} else {
				got.Value = v
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tc.text, diff)
			}
		})
	}
}
