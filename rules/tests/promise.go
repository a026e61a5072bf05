package tests

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * hour
	email  = `channel="email"`
)

// judged are the events of a clock and tier, by result and arrival.
func (d *desk) judged(clock, tier, result, arrival string, at value) *desk {
	return d.set("helpdesk_sla_events_total",
		fmt.Sprintf(`channel="email",team="a",clock=%q,tier=%q,result=%q,arrival=%q`, clock, tier, result, arrival), at)
}

// replies are first responses judged by the promised tier, live.
func (d *desk) replies(met, missed value) *desk {
	return d.judged("first_response", "above_average", "met", "live", met).judged("first_response", "above_average", "missed", "live", missed)
}

var clockLabels = map[string]string{"channel": "email", "clock": "first_response"}

func with(labels map[string]string, name, v string) map[string]string {
	l := maps.Clone(labels)
	l[name] = v
	return l
}

// Events come once a minute or oftener, so that the numbers of a burn do not move.
func burnFast() []*Test {
	burns := func(source, rate string) func(time.Duration) Text {
		return says("first_response on email of "+source+" misses its limit "+rate+" times as often as promised",
			"Within the last 2h, first_response on email of "+source+" has missed the promised limit "+rate+" times as often as the promised 90% allows. "+
				"More than 6.72 times spends 2 % of the error budget of the promise's window within 2h.")
	}
	labels := with(clockLabels, "severity", "critical")
	perMinute := func(n float64) value { return every(minute, n, 0) }
	none := always(0)
	return []*Test{{
		Alert: rules.AlertBurnFast, Interval: minute, Length: 40 * minute,
		Stories: []*Story{
			{
				Kind: Fires, Name: "every reply comes too late", desk: shop("all").replies(none, perMinute(3)),
				From: 5 * minute, Labels: labels, Says: burns("all", "10"),
			},
			{
				Kind: Fires, Name: "three of four are too late: a little more than fires", desk: shop("most").replies(perMinute(1), perMinute(3)),
				From: 5 * minute, Labels: labels, Says: burns("most", "7.5"),
			},
			{Kind: Silent, Name: "six of ten are too late: a little less than fires", desk: shop("many").replies(perMinute(4), perMinute(6))},
			{Kind: Silent, Name: "only the tier above the promised one is missed", desk: shop("stellar").replies(perMinute(3), none).
				judged("first_response", "stellar", "missed", "live", perMinute(3))},
			{Kind: Silent, Name: "a clock that is not promised is missed", desk: shop("unpromised").
				judged("resolution", "above_average", "missed", "live", perMinute(3))},
			{Kind: JustUnder, Name: "over after a minute and a half", desk: shop("short").replies(jump(5*minute, 1000), perMinute(3))},
			{Kind: Missing, Name: "no events at all", desk: shop("silent")},
			{Kind: Missing, Name: "nothing is promised", desk: shop("free").replies(none, perMinute(3)).without("helpdesk_promise_tier").without("helpdesk_promise_objective_ratio")},
			{Kind: Restart, Name: "counters begin again at 0, and replies are in time", desk: shop("restarted").
				replies(always(5000).then(10*minute, always(0)), always(400).then(10*minute, always(0)))},
			{
				Kind: Restart, Name: "counters begin again at 0 while it burns", desk: shop("burning").replies(none, perMinute(3).restarts(2*minute)),
				From: 6 * minute, Labels: labels, Says: burns("burning", "10"),
			},
			{Kind: LowVolume, Name: "one ticket at night, three clocks", desk: shop("night").replies(none, jump(5*minute, 3))},
			{Kind: BlindSource, Name: "blind when it begins", desk: shop("blind").replies(none, perMinute(3)).blind(2*minute, forever)},
			{Kind: Late, Name: "what was missed in an outage is learned at once", desk: shop("late").replies(perMinute(1), none).
				judged("first_response", "above_average", "missed", "late", jump(5*minute, 500)).
				set("helpdesk_late_facts_total", "", jump(5*minute, 500))},
		},
	}, {
		// What burned is in the long window for hours, and not in the short one.
		Alert: rules.AlertBurnFast, Interval: minute, Length: 40 * minute,
		Stories: []*Story{{
			Kind: Silent, Name: "the short window says that it is over", desk: shop("over").
				replies(every(minute, 1, 20*minute), always(0).then(0, every(minute, 10, 0)).then(20*minute, always(200))),
			From: 3 * minute, To: 33 * minute, Labels: labels,
			Says: func(at time.Duration) Text {
				if at < 21*minute {
					return burns("over", "10")(at)
				}
				return burns("over", "9.434")(at) // 200 missed of 212, at the last check
			},
		}, {
			Kind: Silent, Name: "it has only begun", desk: shop("begun").
				replies(every(minute, 10, 0).then(20*minute, always(200)), every(minute, 10, 20*minute)),
		}},
	}}
}

func burnSlow() []*Test {
	burns := func(source, rate string) func(time.Duration) Text {
		return says("first_response on email of "+source+" misses its limit "+rate+" times as often as promised",
			"Within the last 1d, first_response on email of "+source+" has missed the promised limit "+rate+" times as often as the promised 90% allows. "+
				"More than 2.8 times spends 10 % of the error budget of the promise's window within 1d.")
	}
	labels := with(clockLabels, "severity", "warning")
	perMinute := func(n float64) value { return every(minute, n, 0) }
	none := always(0)
	return []*Test{{
		Alert: rules.AlertBurnSlow, Interval: minute, Length: 50 * minute,
		Stories: []*Story{
			{
				Kind: Fires, Name: "one of three is too late: a little more than fires", desk: shop("third").replies(perMinute(20), perMinute(10)),
				From: 17 * minute, Labels: labels, Says: burns("third", "3.333"),
			},
			{Kind: Silent, Name: "one of four is too late: a little less than fires", desk: shop("quarter").replies(perMinute(30), perMinute(10))},
			{Kind: JustUnder, Name: "over after a quarter of an hour less a minute", desk: shop("short").replies(perMinute(20).then(16*minute, always(10000)), perMinute(10))},
			{Kind: Missing, Name: "no events at all", desk: shop("silent")},
			{Kind: Restart, Name: "counters begin again at 0, and replies are in time", desk: shop("restarted").
				replies(always(5000).then(10*minute, always(0)), always(400).then(10*minute, always(0)))},
			{
				Kind: Restart, Name: "counters begin again at 0 while it burns", desk: shop("burning").replies(perMinute(20).restarts(9*minute), perMinute(10).restarts(9*minute)),
				From: 17 * minute, Labels: labels, Says: burns("burning", "3.333"),
			},
			{Kind: LowVolume, Name: "three tickets in a day, all too late", desk: shop("night").replies(none, jump(5*minute, 3))},
			{Kind: BlindSource, Name: "blind when it begins", desk: shop("blind").replies(none, perMinute(1)).blind(4*minute, forever)},
			{Kind: Late, Name: "what was missed in an outage is learned at once", desk: shop("late").replies(perMinute(1), none).
				judged("first_response", "above_average", "missed", "late", jump(5*minute, 500)).
				set("helpdesk_late_facts_total", "", jump(5*minute, 500))},
		},
	}, {
		Alert: rules.AlertBurnSlow, Interval: 10 * minute, Length: 5 * hour,
		Stories: []*Story{{
			Kind: Silent, Name: "the short window says that it is over", desk: shop("over").
				replies(every(10*minute, 8, hour), always(0).then(0, every(10*minute, 50, 0)).then(hour, func(at time.Duration) float64 { return 300 + every(10*minute, 2, hour)(at) })),
			From: 30 * minute, To: 3 * hour, Labels: labels,
			Says: func(at time.Duration) Text {
				if at <= hour {
					return burns("over", "10")(at)
				}
				return burns("over", "7.854")(at) // 322 missed of 410 at the last check
			},
		}, {
			Kind: Silent, Name: "it has only begun", desk: shop("begun").
				replies(every(10*minute, 50, 0).then(3*hour, always(900)), every(10*minute, 20, 3*hour)),
		}},
	}}
}

// tiers are events of all four tiers of first responses on e-mail, so many met.
func (d *desk) tiers(at time.Duration, arrival string, met [4]float64, of float64) *desk {
	return d.tiersOn("email", "first_response", at, arrival, met, of)
}

func (d *desk) tiersOn(channel, clock string, at time.Duration, arrival string, met [4]float64, of float64) *desk {
	for i, tier := range []string{"stellar", "above_average", "average", "below_average"} {
		for j, result := range []string{"met", "missed"} {
			n := []float64{met[i], of - met[i]}[j]
			d.set("helpdesk_sla_events_total",
				fmt.Sprintf(`channel=%q,team="a",clock=%q,tier=%q,result=%q,arrival=%q`, channel, clock, tier, result, arrival), jump(at, n))
		}
	}
	return d
}

func tierBelow() []*Test {
	labels := with(with(clockLabels, "severity", "warning"), "tier", "above_average")
	below := func(source string) func(time.Duration) Text {
		return says("first_response on email of "+source+" is below the promised service level",
			"Over the last week the service level of first_response on email of "+source+" was 3 on the scale from 1 to 5. "+
				"Promised is above_average, 4: 90% of the events within 4h 0m 0s. Chance does not explain the difference.")
	}
	average, chance, good := [4]float64{10, 35, 50, 50}, [4]float64{10, 43, 50, 50}, [4]float64{10, 48, 50, 50}
	more := func(d *desk, at time.Duration, n float64) *desk { // n more events, all met
		for i, s := range d.series {
			if s.Name == "helpdesk_sla_events_total" && strings.Contains(s.Labels, `result="met"`) {
				d.series[i].At = s.At.then(at, func(t time.Duration) float64 { return s.At(t) + n })
			}
		}
		return d
	}
	return []*Test{{
		Alert: rules.AlertTierBelow, Interval: 5 * minute, Length: 2 * hour,
		Stories: []*Story{
			{
				Kind: Fires, Name: "35 of 50 replies within the promised limit", desk: shop("below").tiers(5*minute, "live", average, 50),
				From: 65 * minute, Labels: labels, Says: below("below"),
			},
			{Kind: Silent, Name: "48 of 50 replies within the promised limit", desk: shop("kept").tiers(5*minute, "live", good, 50)},
			{Kind: Silent, Name: "43 of 50 may be chance", desk: shop("chance").tiers(5*minute, "live", chance, 50)},
			{Kind: Silent, Name: "nothing is promised", desk: shop("free").tiers(5*minute, "live", average, 50).
				without("helpdesk_promise_tier").without("helpdesk_promise_objective_ratio")},
			{
				Kind: Silent, Name: "over when enough replies were in time", desk: more(shop("over").tiers(5*minute, "live", average, 50), 70*minute, 1000),
				From: 65 * minute, To: 100 * minute, Labels: labels, Says: below("over"),
			},
			{
				Kind: Fires, Name: "other channels and clocks are as promised",
				desk: shop("one").promises("chat", "above_average", 4, 0.9).tiers(5*minute, "live", average, 50).
					tiersOn("chat", "first_response", 5*minute, "live", good, 50).tiersOn("email", "next_response", 5*minute, "live", good, 50),
				From: 65 * minute, Labels: labels, Says: below("one"),
			},
			{
				Kind: Fires, Name: "another clock is, and what this one has may be chance",
				desk: shop("clocks").tiers(5*minute, "live", chance, 50).tiersOn("email", "next_response", 5*minute, "live", average, 50),
				From: 65 * minute, Labels: with(labels, "clock", "next_response"),
				Says: says("next_response on email of clocks is below the promised service level",
					"Over the last week the service level of next_response on email of clocks was 3 on the scale from 1 to 5. "+
						"Promised is above_average, 4: 90% of the events within 4h 0m 0s. Chance does not explain the difference."),
			},
			{
				Kind: Fires, Name: "another channel is, and what this one has may be chance",
				desk: shop("channels").promises("chat", "above_average", 4, 0.9).tiers(5*minute, "live", chance, 50).
					tiersOn("chat", "first_response", 5*minute, "live", average, 50).
					set("helpdesk_tier_limit_seconds", `channel="chat",clock="first_response",tier="above_average"`, always(300)),
				From: 65 * minute, Labels: with(labels, "channel", "chat"),
				Says: says("first_response on chat of channels is below the promised service level",
					"Over the last week the service level of first_response on chat of channels was 3 on the scale from 1 to 5. "+
						"Promised is above_average, 4: 90% of the events within 5m 0s. Chance does not explain the difference."),
			},
			{Kind: JustUnder, Name: "over after 55 minutes", desk: more(shop("short").tiers(5*minute, "live", average, 50), 65*minute, 1000)},
			{Kind: Missing, Name: "no events at all", desk: shop("silent")},
			{
				Kind: Restart, Name: "counters begin again at 0", desk: func() *desk {
					d := shop("restarted").tiers(5*minute, "live", average, 50)
					for i, s := range d.series {
						if s.Name == "helpdesk_sla_events_total" {
							d.series[i].At = s.At.then(30*minute, always(0))
						}
					}
					return d
				}(),
				From: 65 * minute, Labels: labels, Says: below("restarted"),
			},
			{Kind: LowVolume, Name: "9 replies, all too late", desk: shop("few").tiers(5*minute, "live", [4]float64{}, 9)},
			{Kind: BlindSource, Name: "blind before it has lasted", desk: shop("blind").tiers(5*minute, "live", average, 50).blind(10*minute, forever)},
			{
				Kind: BlindSource, Name: "blind while it fires: it is not over at once", desk: shop("later").tiers(5*minute, "live", average, 50).blind(75*minute, forever),
				From: 65 * minute, To: 105 * minute, Labels: labels, Says: below("later"),
			},
			{Kind: Late, Name: "the day is as promised, and what was missed in an outage is learned at once", desk: shop("late").
				tiers(5*minute, "live", good, 50).tiers(10*minute, "late", [4]float64{}, 500).
				set("helpdesk_late_facts_total", "", jump(10*minute, 500))},
		},
	}}
}

func waitingTooLong() []*Test {
	past := func(d *desk, clock, tier string, at value) *desk {
		return d.set("helpdesk_conversations_past_tier", fmt.Sprintf(`channel="email",team="a",clock=%q,tier=%q`, clock, tier), at)
	}
	overdue := func(source string, at value) *desk { return past(shop(source), "first_response", "above_average", at) }
	// 6,000 replies within a day, a tenth of which may be overdue, for four hours: 100.
	busy := func(source string, at value) *desk { return overdue(source, at).replies(jump(minute, 6000), always(0)) }
	labels := with(with(clockLabels, "severity", "warning"), "tier", "above_average")
	wait := func(source, n string) func(time.Duration) Text {
		return says(n+" customers wait too long on email of "+source,
			n+" customers on email of "+source+" wait for longer than the 4h 0m 0s within which above_average promises a reply (first_response). "+
				"That is more than 3 times what the promised 90% leaves room for at the volume of the last day.")
	}
	return []*Test{{
		Alert: rules.AlertWaiting, Interval: minute, Length: hour,
		Stories: []*Story{
			{Kind: Fires, Name: "five are overdue at a small desk", desk: overdue("five", jump(minute, 5)), From: 11 * minute, Labels: labels, Says: wait("five", "5")},
			{Kind: Fires, Name: "310 are overdue at a large one", desk: busy("large", jump(2*minute, 310)), From: 12 * minute, Labels: labels, Says: wait("large", "310")},
			{Kind: Silent, Name: "299 are overdue at a large one: as many as there may be", desk: busy("usual", jump(2*minute, 299)).promises("chat", "stellar", 5, 0.95)},
			{Kind: Silent, Name: "only the tier above the promised one is past", desk: past(shop("stellar"), "first_response", "stellar", jump(minute, 50))},
			{Kind: Silent, Name: "nobody waits for the end of a conversation", desk: past(shop("resolution"), "resolution", "above_average", jump(minute, 50)).
				set("helpdesk_promise_tier", `channel="email",clock="resolution",tier="above_average"`, always(4))},
			{
				Kind: Silent, Name: "over when they were answered, a while later", desk: overdue("over", jump(minute, 5).then(20*minute, always(0))),
				From: 11 * minute, To: 50 * minute, Labels: labels, Says: wait("over", "5"),
			},
			{Kind: JustUnder, Name: "answered after 10 minutes less one", desk: overdue("short", jump(minute, 5).then(11*minute, always(0)))},
			{Kind: Missing, Name: "no queue", desk: shop("silent")},
			{Kind: Restart, Name: "counters begin again at 0 at a large one", desk: overdue("restarted", jump(2*minute, 290)).
				replies(jump(minute, 6000).then(20*minute, always(0)), always(0))},
			{Kind: LowVolume, Name: "four are overdue", desk: overdue("four", jump(minute, 4))},
			{Kind: BlindSource, Name: "blind before it has lasted", desk: overdue("blind", jump(minute, 5)).blind(5*minute, forever)},
			{
				Kind: BlindSource, Name: "blind while it fires: it is not over at once", desk: overdue("later", jump(minute, 5)).blind(15*minute, forever),
				From: 11 * minute, To: 45 * minute, Labels: labels, Says: wait("later", "5"),
			},
			{Kind: Late, Name: "what was missed in an outage is learned, and was answered since", desk: overdue("late", always(0)).
				judged("first_response", "above_average", "missed", "late", jump(5*minute, 500)).
				set("helpdesk_late_facts_total", "", jump(5*minute, 500))},
		},
	}}
}
