package kpi_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// eras are zones and the days around which their clocks did something, or a
// schedule's prepared years end.
var eras = []struct{ zone, around string }{
	{"UTC", "2026-01-01"},
	{"America/Sao_Paulo", "2018-02-18"}, // back at midnight
	{"America/Sao_Paulo", "2018-11-04"}, // forward at midnight
	{"America/Sao_Paulo", "2019-02-16"}, // the last change
	{"America/New_York", "2026-03-08"},
	{"America/New_York", "2051-11-05"}, // by rule, beyond the prepared years
	{"America/New_York", "2048-12-31"}, // the last day of a leap year by rule
	{"Europe/Moscow", "2010-10-31"},
	{"Europe/Moscow", "2011-03-27"}, // summer time for good
	{"Europe/Moscow", "2014-10-26"}, // winter time for good
	{"Europe/Berlin", "2010-01-01"},
	{"Europe/Berlin", "2050-07-10"},
	{"Europe/Dublin", "2026-10-25"}, // winter is the exception
	{"Asia/Hong_Kong", "1979-05-13"},
	{"Asia/Hong_Kong", "1979-10-21"},
	{"Asia/Kathmandu", "1986-01-01"}, // +5:30 to +5:45
	{"Australia/Lord_Howe", "2026-04-05"},
	{"Australia/Lord_Howe", "2026-10-04"},
	{"Pacific/Apia", "2011-12-30"},      // skipped
	{"Pacific/Kwajalein", "1993-08-21"}, // skipped
	{"Asia/Manila", "1844-12-31"},       // skipped, and not on a whole minute
	{"Africa/Casablanca", "2026-03-22"},
	{"Antarctica/Troll", "2026-03-29"}, // by two hours
}

// wallClock is the definition of open time, word for word, read from a clock on
// the wall.
func wallClock(spec kpi.Spec, zone *time.Location, t time.Time) bool {
	wall := t.In(zone)
	clock := time.Duration(wall.Hour())*time.Hour + time.Duration(wall.Minute())*time.Minute
	today := time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)
	yesterday := today.AddDate(0, 0, -1)
	if isHoliday(spec, today) {
		return false
	}
	for _, i := range spec.Weekly[today.Weekday()] {
		overMidnight := i.To < i.From
		if clock >= i.From && (clock < i.To || overMidnight) {
			return true
		}
	}
	if isHoliday(spec, yesterday) {
		return false
	}
	for _, i := range spec.Weekly[yesterday.Weekday()] {
		overMidnight := i.To < i.From
		if overMidnight && clock < i.To {
			return true
		}
	}
	return false
}

func isHoliday(spec kpi.Spec, day time.Time) bool {
	for _, h := range spec.Holidays {
		if h.Year == day.Year() && h.Month == day.Month() && h.Day == day.Day() {
			return true
		}
	}
	return false
}

// drawn is a schedule and the days in which it is asked.
type drawn struct {
	spec  kpi.Spec
	zone  *time.Location
	s     *kpi.Schedule
	begin time.Time
}

const days = 12

func draw(t *rapid.T) drawn {
	era := rapid.SampledFrom(eras).Draw(t, "era")
	zone, err := time.LoadLocation(era.zone)
	if err != nil {
		t.Fatal(err)
	}
	around, err := time.Parse(time.DateOnly, era.around)
	if err != nil {
		t.Fatal(err)
	}
	d := drawn{zone: zone, begin: around.AddDate(0, 0, -days/2)}
	d.spec = kpi.Spec{Name: "drawn", Timezone: era.zone, Weekly: map[time.Weekday][]kpi.Interval{}}
	for i := range rapid.IntRange(1, 8).Draw(t, "intervals") {
		day := time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday"))
		d.spec.Weekly[day] = append(d.spec.Weekly[day], drawInterval(t))
		if i%3 == 0 && rapid.Bool().Draw(t, "holiday") {
			h := d.begin.AddDate(0, 0, rapid.IntRange(0, days).Draw(t, "day"))
			d.spec.Holidays = append(d.spec.Holidays, kpi.Date{Year: h.Year(), Month: h.Month(), Day: h.Day()})
		}
	}
	if d.s, err = kpi.NewSchedule(d.spec); err != nil {
		t.Fatal(err)
	}
	return d
}

// drawInterval prefers the small hours, where clocks change.
func drawInterval(t *rapid.T) kpi.Interval {
	clock := func(label string, most int) time.Duration {
		if rapid.Bool().Draw(t, label+" by night") {
			most = 300
		}
		return time.Duration(rapid.IntRange(0, most).Draw(t, label)) * time.Minute
	}
	i := kpi.Interval{From: clock("from", 1439), To: clock("to", 1440)}
	if i.From == i.To {
		return kpi.Interval{To: 24 * time.Hour}
	}
	return i
}

// instant draws an instant among the days, to the nanosecond.
func (d drawn) instant(t *rapid.T, label string) time.Time {
	s := rapid.Int64Range(0, days*86400).Draw(t, label)
	n := rapid.SampledFrom([]int64{0, 0, 1, 500_000_000, 999_999_999}).Draw(t, label+" nanoseconds")
	return d.begin.Add(time.Duration(s)*time.Second + time.Duration(n))
}

// agreesWithTheWallClock compares a schedule with a clock on the wall that is
// read once a minute, where the zone shows whole minutes, else once a second.
func agreesWithTheWallClock(t *rapid.T) {
	d := draw(t)
	step, steps := time.Minute, 1440*rapid.IntRange(0, days-1).Draw(t, "days")+rapid.IntRange(0, 1440).Draw(t, "minutes")
	if _, offset := d.begin.In(d.zone).Zone(); offset%60 != 0 {
		step, steps = time.Second, steps*5
	}
	start := d.begin.Add(time.Duration(rapid.IntRange(0, 1440).Draw(t, "start")) * step)
	end := start.Add(time.Duration(steps) * step)

	var open time.Duration
	lastOpen := start // the end of the last open step
	for now := start; now.Before(end); now = now.Add(step) {
		want := wallClock(d.spec, d.zone, now)
		if got := d.s.Open(now); got != want {
			t.Fatalf("open at %s: %v, want %v", now.In(d.zone), got, want)
		}
		if want {
			open += step
			lastOpen = now.Add(step)
			if got := d.s.Add(start, open); !got.Equal(lastOpen) {
				t.Fatalf("%s after %s: %s, want %s", open, start, got, lastOpen)
			}
		}
	}
	if got := d.s.Between(start, end); got != open {
		t.Fatalf("open from %s to %s: %s, want %s", start, end, got, open)
	}
	if open == 0 {
		return
	}
	firstOpen := start
	for !wallClock(d.spec, d.zone, firstOpen) {
		firstOpen = firstOpen.Add(step)
	}
	if got := d.s.Sub(end, open); !got.Equal(firstOpen) {
		t.Fatalf("%s before %s: %s, want %s", open, end, got, firstOpen)
	}
}

// Zones, changes of the clock and holidays, against an oracle.
func TestFailure19AScheduleAgreesWithAClockOnTheWall(t *testing.T) {
	t.Parallel()
	rapid.Check(t, agreesWithTheWallClock)
}

// Business time of drawn schedules, zones, changes of the clock and holidays, against
// a clock on the wall that is read minute by minute.
func FuzzSchedule(f *testing.F) { f.Fuzz(rapid.MakeFuzz(agreesWithTheWallClock)) }

func TestLawsOfBusinessTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		s := d.s
		a, b := d.instant(t, "a"), d.instant(t, "b")
		limit := time.Duration(rapid.Int64Range(1, int64(100*time.Hour)).Draw(t, "limit"))
		more := time.Duration(rapid.Int64Range(1, int64(100*time.Hour)).Draw(t, "more"))
		check := func(law string, ok bool) {
			if !ok {
				t.Errorf("%s does not hold for a=%s b=%s limit=%s more=%s", law, a, b, limit, more)
			}
		}

		deadline := s.Add(a, limit)
		check("until the deadline the limit passes", s.Between(a, deadline) == limit)
		check("and not before", s.Between(a, deadline.Add(-1)) < limit)
		check("two limits one after the other are their sum", s.Add(deadline, more).Equal(s.Add(a, limit+more)))
		check("a deadline is met or missed, as open time tells", !b.Before(deadline) == (s.Between(a, b) >= limit))

		c := a.Add(more)
		check("open time adds up", s.Between(a, deadline)+s.Between(deadline, deadline.Add(more)) == s.Between(a, deadline.Add(more)))
		check("what is not open is closed", s.Between(a, c) <= c.Sub(a))
		check("a later start has no earlier deadline", !s.Add(c, limit).Before(deadline))

		last := s.Sub(b, limit)
		check("the last start that has passed its deadline has passed it", !s.Add(last, limit).After(b))
		check("the next one has not", s.Add(last.Add(1), limit).After(b))
		check("starts that have passed their deadline are those up to the last", !a.After(last) == !deadline.After(b))
		check("nothing is its own deadline and start", s.Add(a, 0).Equal(a) && s.Sub(a, 0).Equal(a))
	})
}

func BenchmarkSchedule(b *testing.B) {
	s := schedule(b, hours(b, "America/Sao_Paulo", office, "2026-12-25"))
	start, end := at(b, "2026-03-02T12:34:56.789Z"), at(b, "2026-05-31T12:34:56.789Z")
	quarter := s.Between(start, end)
	old := at(b, "1999-03-02T12:34:56.789Z")
	for _, bm := range []struct {
		name string
		run  func()
	}{
		{"open", func() { s.Open(end) }},
		{"between over 90 days", func() { s.Between(start, end) }},
		{"add over 90 days", func() { s.Add(start, quarter) }},
		{"sub over 90 days", func() { s.Sub(end, quarter) }},
		{"between outside the prepared years", func() { s.Between(old, old.AddDate(0, 0, 90)) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bm.run()
			}
		})
	}
	b.Run("prepare", func(b *testing.B) {
		spec := hours(b, "America/Sao_Paulo", office, "2026-12-25")
		b.ReportAllocs()
		for b.Loop() {
			schedule(b, spec)
		}
	})
}
