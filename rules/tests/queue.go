package tests

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

func (d *desk) queue(at value) *desk {
	return d.set("helpdesk_open_conversations", `channel="email",team="a",status="open"`, at)
}

func (d *desk) opened(at time.Duration, n float64) *desk {
	return d.set("helpdesk_conversations_opened_total", `channel="email",team="a",started_by="customer",arrival="live"`, jump(at, n))
}

func queueGrowing() []*Test {
	labels := map[string]string{"channel": "email", "severity": "info"}
	grows := func(source, by, to, of string) func(time.Duration) Text {
		return says("The queue on email of "+source+" has grown by "+by+" conversations in a day",
			to+" new and open conversations are in the queue on email of "+source+", "+by+" more than at this time yesterday; "+of+" were opened within the day. "+
				"The queue was growing within the last 2 hours, too.")
	}
	const t0 = day + 10*minute // when the queue is longer all of a sudden
	longer := func(source string, by, opened float64) *desk {
		return shop(source).queue(always(50).then(t0, always(50+by))).opened(12*hour, opened)
	}
	return append([]*Test{{
		Alert: rules.AlertQueueGrowing, Interval: 10 * minute, Length: 25*hour + 50*minute,
		Stories: []*Story{
			{
				Kind: Fires, Name: "16 more, and 60 were opened: a little more than a quarter", desk: longer("more", 16, 60),
				From: t0 + 30*minute, Labels: labels, Says: grows("more", "16", "66", "60"),
			},
			{Kind: Silent, Name: "15 more, and 60 were opened", desk: longer("usual", 15, 60)},
			{
				Kind: Fires, Name: "11 more at a small desk", desk: longer("small", 11, 8),
				From: t0 + 30*minute, Labels: labels, Says: grows("small", "11", "61", "8"),
			},
			{Kind: Silent, Name: "longer than yesterday, and getting shorter", desk: shop("shrinking").
				queue(always(50).then(20*hour, always(200)).then(t0, always(150))).opened(12*hour, 60)},
			{Kind: Silent, Name: "support has just opened", desk: longer("closed", 16, 60).
				set("helpdesk_support_open", "", always(0).then(day, always(1)))},
			{
				Kind: Fires, Name: "support has been open for three hours", desk: longer("open", 16, 60).
					set("helpdesk_support_open", "", always(0).then(t0-3*hour, always(1))),
				From: t0 + 30*minute, Labels: labels, Says: grows("open", "16", "66", "60"),
			},
			{Kind: Silent, Name: "only what waits for customers grows", desk: shop("pending").queue(always(50)).opened(12*hour, 60).
				set("helpdesk_open_conversations", `channel="email",team="a",status="pending"`, always(0).then(t0, always(100)))},
			{
				Kind: Silent, Name: "over when it was worked off, a while later",
				desk: longer("over", 16, 60).queue(always(50).then(t0, always(66)).then(t0+40*minute, always(50))),
				From: t0 + 30*minute, To: t0 + 70*minute, Labels: labels,
				Says: grows("over", "16", "66", "60"),
			},
			{Kind: JustUnder, Name: "over after 20 minutes", desk: longer("short", 16, 60).
				queue(always(50).then(t0, always(66)).then(t0+30*minute, always(50)))},
			{Kind: Missing, Name: "no queue", desk: shop("silent").opened(12*hour, 60)},
			{Kind: Missing, Name: "no queue yesterday", desk: longer("new", 16, 60).queue(always(gone).then(hour, always(66)))},
			{
				Kind: Missing, Name: "the exporter does not say whether support is open", desk: longer("unknown", 16, 60).without("helpdesk_support_open"),
				From: t0 + 30*minute, Labels: labels, Says: grows("unknown", "16", "66", "60"),
			},
			{
				Kind: Missing, Name: "the exporter does not say how many are opened", desk: longer("uncounted", 16, 0).without("helpdesk_conversations_opened_total"),
				From: t0 + 30*minute, Labels: labels, Says: grows("uncounted", "16", "66", "?"),
			},
			{Kind: Restart, Name: "counters begin again at 0", desk: longer("restarted", 15, 60).
				set("helpdesk_conversations_opened_total", `channel="email",team="a",started_by="customer",arrival="live"`, jump(12*hour, 60).then(14*hour, always(0)))},
			{Kind: LowVolume, Name: "10 more at a small desk", desk: longer("few", 10, 8)},
			{Kind: BlindSource, Name: "blind before it has lasted", desk: longer("blind", 16, 60).blind(t0+20*minute, forever)},
			{
				Kind: BlindSource, Name: "blind while it fires: it is not over at once", desk: longer("later", 16, 60).blind(t0+50*minute, forever),
				From: t0 + 30*minute, To: t0 + 80*minute, Labels: labels, Says: grows("later", "16", "66", "60"),
			},
			{Kind: Late, Name: "an outage is over, and its conversations are in the queue at once", desk: longer("late", 100, 60).
				set("helpdesk_late_facts_total", "", always(7).then(t0, always(300)))},
		},
	}}, fewAtATime(Test{
		// Mondays are like that.
		Alert: rules.AlertQueueGrowing, Interval: hour, Length: 7*day + 5*hour,
		Stories: []*Story{
			{Kind: Silent, Name: "14 more than a week ago, and 60 were opened", desk: weekly("weekly", 114).opened(6*day+12*hour, 60)},
			{
				Kind: Fires, Name: "16 more than a week ago, and 60 were opened", desk: weekly("longer", 116).opened(6*day+12*hour, 60),
				From: 7*day + 2*hour, To: 7*day + 4*hour, Labels: labels, Says: grows("longer", "66", "116", "60"),
			},
			{Kind: Silent, Name: "9 more than a week ago at a small desk", desk: weekly("nine", 109).opened(6*day+12*hour, 8)},
			{
				Kind: Fires, Name: "11 more than a week ago at a small desk", desk: weekly("eleven", 111).opened(6*day+12*hour, 8),
				From: 7*day + 2*hour, To: 7*day + 4*hour, Labels: labels, Says: grows("eleven", "61", "111", "8"),
			},
			{Kind: Missing, Name: "the exporter does not say how many are opened", desk: weekly("few", 109)},
		},
	})...)
}

// weekly is a queue that is long on one day of the week.
func weekly(source string, now float64) *desk {
	return shop(source).queue(always(100).then(4*hour, always(50)).then(7*day+hour, always(now)))
}

func (d *desk) online(at value) *desk { return d.set("helpdesk_agents", `state="online"`, at) }
func (d *desk) waiting(at value) *desk {
	return d.set("helpdesk_waiting_conversations", `channel="email",team="a"`, at)
}

func nobodyOnline() []*Test {
	labels := map[string]string{"severity": "warning"}
	nobody := func(source, waiting string) func(time.Duration) Text {
		return says("Nobody is online at "+source+" in support hours", "0 agents of "+source+" are online, in support hours, and "+waiting+" customers wait for a reply.")
	}
	desk := func(source string, online value) *desk { return shop(source).online(online).waiting(always(3)) }
	left := always(2).then(minute, always(0))
	return []*Test{{
		Alert: rules.AlertNobodyOnline, Interval: minute, Length: hour,
		Stories: []*Story{
			{Kind: Fires, Name: "the last one leaves", desk: desk("empty", left), From: 11 * minute, Labels: labels, Says: nobody("empty", "3")},
			{
				Kind: Fires, Name: "all are away", desk: desk("away", left).set("helpdesk_agents", `state="away"`, always(4)),
				From: 11 * minute, Labels: labels, Says: nobody("away", "3"),
			},
			{Kind: Silent, Name: "one is online", desk: desk("one", always(1))},
			{Kind: Silent, Name: "support is closed", desk: desk("closed", left).set("helpdesk_support_open", "", always(0))},
			{
				Kind: Silent, Name: "over when somebody comes, a while later", desk: desk("over", left.then(20*minute, always(1))),
				From: 11 * minute, To: 50 * minute, Labels: labels, Says: nobody("over", "3"),
			},
			{Kind: JustUnder, Name: "somebody comes after 10 minutes less one", desk: desk("short", left.then(11*minute, always(1)))},
			{Kind: Missing, Name: "the helpdesk does not tell presence", desk: shop("unknown").waiting(always(3))},
			{
				Kind: Missing, Name: "the exporter does not say whether support is open", desk: desk("always", left).without("helpdesk_support_open"),
				From: 11 * minute, Labels: labels, Says: nobody("always", "3"),
			},
			{
				Kind: Restart, Name: "the exporter is away for two minutes", desk: desk("restarted", left.lost(5*minute, 7*minute)),
				From: 17 * minute, Labels: labels, Says: nobody("restarted", "3"),
			},
			{Kind: LowVolume, Name: "no customer waits", desk: desk("quiet", left).waiting(always(0))},
			{Kind: BlindSource, Name: "blind before it has lasted", desk: desk("blind", left).blind(5*minute, forever)},
			{
				Kind: BlindSource, Name: "blind while it fires: it is not over at once", desk: desk("later", left).blind(15*minute, forever),
				From: 11 * minute, To: 45 * minute, Labels: labels, Says: nobody("later", "3"),
			},
			{Kind: Late, Name: "an outage is over", desk: desk("late", always(2)).set("helpdesk_late_facts_total", "", jump(5*minute, 500))},
		},
	}}
}
