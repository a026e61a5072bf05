package tests

import (
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// rated are ratings by score, 1 to 5, on a channel.
func (d *desk) rated(channel string, at time.Duration, scores [5]float64) *desk {
	for i, n := range scores {
		d.set("helpdesk_csat_ratings_total", fmt.Sprintf(`channel=%q,team="a",score="%d"`, channel, i+1), jump(at, n))
	}
	return d
}

// restarted are all series of a counter that begin again at 0 at a time.
func (d *desk) restarted(name string, at time.Duration) *desk {
	for i, s := range d.series {
		if s.Name == name {
			d.series[i].At = s.At.then(at, always(0))
		}
	}
	return d
}

// rises are n more on one series of a counter, from a time on.
func (d *desk) rises(name, labels string, at time.Duration, n float64) *desk {
	for i, s := range d.series {
		if s.Name == name && s.Labels == labels {
			d.series[i].At = s.At.then(at, func(t time.Duration) float64 { return s.At(t) + n })
		}
	}
	return d
}

func csatLow() []*Test {
	const t0, ratings = 5 * minute, "helpdesk_csat_ratings_total"
	labels := map[string]string{"severity": "warning"}
	low := func(source, n, mean, limit string) func(time.Duration) Text {
		return says("Customers rate "+source+" lower than it promises",
			"The mean of "+n+" ratings of "+source+" over the last week is "+mean+" of 5. The promised service level asks for "+limit+", and chance does not explain the difference.")
	}
	unhappy := [5]float64{0, 0, 10, 0, 10} // mean 4, standard error 0.22
	fives := `channel="email",team="a",score="5"`
	return []*Test{{
		Alert: rules.AlertCSATLow, Interval: 5 * minute, Length: 2 * hour,
		Stories: []*Story{
			{Kind: Fires, Name: "half of the customers rate 3", desk: shop("half").rated("email", t0, unhappy), From: t0 + hour, Labels: labels, Says: low("half", "20", "4.00", "4.8")},
			{
				Kind: Fires, Name: "a little below stellar, which is promised",
				desk: shop("stellar").without("helpdesk_promise_tier").promises("email", "stellar", 5, 0.9).rated("email", t0, [5]float64{0, 0, 0, 60, 340}),
				From: t0 + hour, Labels: labels, Says: low("stellar", "400", "4.85", "4.9"),
			},
			{Kind: Silent, Name: "above what is promised, below stellar", desk: shop("above").rated("email", t0, [5]float64{0, 0, 0, 60, 340})},
			{Kind: Silent, Name: "stellar is promised on another channel only", desk: shop("mixed").promises("chat", "stellar", 5, 0.9).rated("email", t0, [5]float64{0, 0, 0, 60, 340})},
			{Kind: Silent, Name: "four of twenty rate 3, which may be chance", desk: shop("chance").rated("email", t0, [5]float64{0, 0, 4, 0, 16})},
			{
				Kind: Silent, Name: "over when the others have rated, a while later", desk: shop("over").rated("email", t0, unhappy).rises(ratings, fives, 80*minute, 1000),
				From: t0 + hour, To: 110 * minute, Labels: labels, Says: low("over", "20", "4.00", "4.8"),
			},
			{Kind: JustUnder, Name: "over after 55 minutes", desk: shop("short").rated("email", t0, unhappy).rises(ratings, fives, t0+hour, 1000)},
			{Kind: Missing, Name: "nobody rates", desk: shop("silent")},
			{Kind: Missing, Name: "nothing is promised", desk: shop("free").rated("email", t0, unhappy).without("helpdesk_promise_tier")},
			{
				Kind: Restart, Name: "counters begin again at 0", desk: shop("restarted").rated("email", t0, unhappy).restarted(ratings, 30*minute),
				From: t0 + hour, Labels: labels, Says: low("restarted", "20", "4.00", "4.8"),
			},
			{Kind: LowVolume, Name: "nine customers rate 1", desk: shop("nine").rated("email", t0, [5]float64{9})},
			{
				Kind: LowVolume, Name: "ten customers rate 1, on two channels", desk: shop("ten").rated("email", t0, [5]float64{5}).rated("chat", t0, [5]float64{5}),
				From: t0 + hour, Labels: labels, Says: low("ten", "10", "1.00", "4.8"),
			},
			{Kind: BlindSource, Name: "blind before it has lasted", desk: shop("blind").rated("email", t0, unhappy).blind(10*minute, forever)},
			{
				Kind: BlindSource, Name: "blind while it fires: it is not over at once", desk: shop("later").rated("email", t0, unhappy).blind(75*minute, forever),
				From: t0 + hour, To: 105 * minute, Labels: labels, Says: low("later", "20", "4.00", "4.8"),
			},
			{Kind: Late, Name: "the ratings of an outage are learned at once", desk: shop("late").rated("email", t0, unhappy).set("helpdesk_late_facts_total", "", jump(t0, 20))},
		},
	}}
}

// ended are lasting closes by outcome, of n conversations.
func (d *desk) ended(outcome, arrival string, at time.Duration, n float64) *desk {
	return d.set("helpdesk_conversations_closed_total", fmt.Sprintf(`channel="email",team="a",outcome=%q,arrival=%q`, outcome, arrival), jump(at, n))
}

func abandonmentHigh() []*Test {
	const t0, closed = 5 * minute, "helpdesk_conversations_closed_total"
	labels := map[string]string{"channel": "email", "severity": "warning"}
	high := func(source, share string) func(time.Duration) Text {
		return says(share+" of the conversations on email of "+source+" are abandoned",
			"Customers abandoned "+share+" of the conversations on email of "+source+" that were closed within the last day. More than 10 % is too much, and chance does not explain it.")
	}
	left := func(source string, abandoned, of float64) *desk {
		return shop(source).ended("abandoned", "live", t0, abandoned).ended("one_touch", "live", t0, of-abandoned)
	}
	answered := `channel="email",team="a",outcome="one_touch",arrival="live"`
	return []*Test{{
		Alert: rules.AlertAbandonment, Interval: 5 * minute, Length: 2 * hour,
		Stories: []*Story{
			{Kind: Fires, Name: "20 of 100", desk: left("twenty", 20, 100), From: t0 + hour, Labels: labels, Says: high("twenty", "20%")},
			{Kind: Silent, Name: "18 of 100 may be chance", desk: left("chance", 18, 100)},
			{Kind: Silent, Name: "5 of 100", desk: left("five", 5, 100)},
			{Kind: Silent, Name: "what the team began is not counted", desk: left("outbound", 18, 100).ended("outbound", "live", t0, 300)},
			{
				Kind: Silent, Name: "over when enough were answered, a while later", desk: left("over", 20, 100).rises(closed, answered, 80*minute, 1000),
				From: t0 + hour, To: 110 * minute, Labels: labels, Says: high("over", "20%"),
			},
			{Kind: JustUnder, Name: "over after 55 minutes", desk: left("short", 20, 100).rises(closed, answered, t0+hour, 1000)},
			{Kind: Missing, Name: "the helpdesk does not tell outcomes", desk: shop("silent")},
			{
				Kind: Restart, Name: "counters begin again at 0", desk: left("restarted", 20, 100).restarted(closed, 30*minute),
				From: t0 + hour, Labels: labels, Says: high("restarted", "20%"),
			},
			{Kind: LowVolume, Name: "nine of nine", desk: left("nine", 9, 9).ended("outbound", "live", t0, 300)},
			{Kind: LowVolume, Name: "ten of ten", desk: left("ten", 10, 10), From: t0 + hour, Labels: labels, Says: high("ten", "100%")},
			{Kind: BlindSource, Name: "blind before it has lasted", desk: left("blind", 20, 100).blind(10*minute, forever)},
			{
				Kind: BlindSource, Name: "blind while it fires: it is not over at once", desk: left("later", 20, 100).blind(75*minute, forever),
				From: t0 + hour, To: 105 * minute, Labels: labels, Says: high("later", "20%"),
			},
			{Kind: Late, Name: "the closes of an outage are learned at once", desk: left("late", 1, 20).ended("abandoned", "late", 10*minute, 100).
				set("helpdesk_late_facts_total", "", jump(10*minute, 100))},
		},
	}}
}

// answers are n replies in half an hour, after so many seconds on average, and
// others from a time on.
func (d *desk) answers(n, seconds float64, from time.Duration, n2, seconds2 float64) *desk {
	const labels = `channel="email",team="a"`
	half := 30 * minute
	count := func(n, n2 float64) value {
		before := every(half, n, 0)
		return before.then(from, func(t time.Duration) float64 { return before(from) + n2*float64(t-from)/float64(half) })
	}
	d.set("helpdesk_response_seconds_count", labels, count(n, n2))
	return d.set("helpdesk_response_seconds_sum", labels, count(n*seconds, n2*seconds2))
}

// An hour is compared with the same hour a week ago: it is slow from t0 on.
func responseRegression() []*Test {
	const week, t0 = 7 * day, 7*day + 2*hour
	labels := map[string]string{"channel": "email", "severity": "info"}
	slow := func(source, n, now, before string) func(time.Duration) Text {
		return says("Replies on email of "+source+" take "+now,
			n+" replies of the last hour on email of "+source+" came after "+now+" on average. At this hour of the week it was "+before+" in earlier weeks.")
	}
	replies := func(source string, seconds float64) *desk { return shop(source).answers(50, 180, t0, 50, seconds) }
	counters := []string{"helpdesk_response_seconds_count", "helpdesk_response_seconds_sum"}
	zero := func(d *desk, at time.Duration) *desk {
		for i, s := range d.series {
			if s.Name == counters[0] || s.Name == counters[1] {
				d.series[i].At = s.At.restarts(at)
			}
		}
		return d
	}
	const fires = t0 + 2*hour
	return fewAtATime(Test{
		Alert: rules.AlertRegression, Interval: 30 * minute, Length: 7*day + 6*hour,
		Stories: []*Story{
			{Kind: Silent, Name: "as last week", desk: replies("usual", 180)},
			{Kind: Fires, Name: "3 minutes last week, 10 now", desk: replies("slow", 600), From: fires, Labels: labels, Says: slow("slow", "100", "10m 0s", "3m 0s")},
			{Kind: JustUnder, Name: "slow for an hour and a half: the mean of an hour is high for half an hour less than it takes", desk: func() *desk {
				d := replies("short", 600)
				for i, s := range d.series {
					if s.Name == counters[1] {
						d.series[i].At = s.At.then(t0+90*minute, func(t time.Duration) float64 { return s.At(t0 + 90*minute) })
					}
				}
				return d
			}()},
			{Kind: Late, Name: "replies of an outage are learned for hours", desk: replies("late", 600).set("helpdesk_late_facts_total", "", every(30*minute, 5, week))},
			{Kind: Restart, Name: "counters begin again at 0", desk: zero(replies("restarted", 600), t0+30*minute), From: fires, Labels: labels, Says: slow("restarted", "100", "10m 0s", "3m 0s")},
			{Kind: BlindSource, Name: "blind before it has lasted", desk: replies("blind", 600).blind(t0+hour, forever)},
			{Kind: Silent, Name: "3 minutes last week, 8 now: not beyond what chance does", desk: replies("chance", 480)},
			{
				Kind: Fires, Name: "over when they are fast again", desk: func() *desk {
					d := replies("over", 600)
					for i, s := range d.series {
						if s.Name == counters[1] {
							d.series[i].At = s.At.then(t0+150*minute, func(t time.Duration) float64 { return s.At(t0 + 150*minute) })
						}
					}
					return d
				}(),
				From: fires, To: fires + hour, Labels: labels, Says: slow("over", "100", "10m 0s", "3m 0s"),
			},
			{Kind: Missing, Name: "no replies", desk: shop("silent")},
			{Kind: Missing, Name: "no earlier week", desk: func() *desk {
				d := replies("new", 600)
				for i, s := range d.series {
					if s.Name == counters[0] || s.Name == counters[1] {
						d.series[i].At = always(gone).then(4*day, s.At)
					}
				}
				return d
			}()},
			{Kind: LowVolume, Name: "eight replies in an hour", desk: shop("few").answers(50, 180, t0, 4, 7200)},
			{Kind: LowVolume, Name: "eight replies in that hour of last week", desk: shop("seldom").answers(4, 180, t0, 50, 7200)},
		},
	})
}
