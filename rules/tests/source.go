package tests

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

const freshName = "helpdesk_source_fresh"

func (d *desk) fresh(at value) *desk { return d.set(freshName, "", at) }

// nothing is a source of which nothing is scraped within a span of time.
func (d *desk) nothing(from, until time.Duration) *desk {
	for i, s := range d.series {
		d.series[i].At = s.At.lost(from, until)
	}
	return d
}

func sourceBlind() []*Test {
	labels := map[string]string{"severity": "warning"}
	blind := func(source string) func(time.Duration) Text {
		return says(source+" cannot be read", "The exporter cannot read "+source+", or Prometheus cannot read the exporter. "+
			"Until it can be read, nobody is told of conversations that wait too long.")
	}
	return []*Test{{
		Alert: rules.AlertSourceBlind, Interval: minute, Length: 20 * minute,
		Stories: []*Story{
			{
				Kind: Fires, Name: "the helpdesk is away", desk: shop("away").blind(5*minute, 12*minute).
					set("helpdesk_source_last_success_timestamp_seconds", `stream="conversations"`, always(240)),
				From: 7 * minute, To: 12 * minute, Labels: labels,
				Says: says("away cannot be read", "The exporter cannot read away, or Prometheus cannot read the exporter; something was read last at 1970-01-01 00:04:00 +0000 UTC. "+
					"Until it can be read, nobody is told of conversations that wait too long."),
			},
			{Kind: Silent, Name: "all is well", desk: shop("well")},
			{Kind: Silent, Name: "one of two replicas is blind", desk: shop("replicas").set(freshName, `instance="b"`, always(0))},
			{Kind: JustUnder, Name: "read again after 2 minutes less one", desk: shop("short").blind(5*minute, 7*minute)},
			{
				Kind: Missing, Name: "the exporter is away, or the source is not in its configuration any more", desk: shop("missing").nothing(5*minute, 12*minute),
				From: 7 * minute, To: 12 * minute, Labels: labels, Says: blind("missing"),
			},
			{Kind: Restart, Name: "the exporter is restarted", desk: shop("restarted").nothing(5*minute, 6*minute)},
			{Kind: LowVolume, Name: "nothing happens", desk: shop("quiet").replies(always(0), always(0))},
			{
				Kind: BlindSource, Name: "the first sync is under way", desk: shop("first").fresh(always(0).then(12*minute, always(1))),
				From: 2 * minute, To: 12 * minute, Labels: labels, Says: blind("first"),
			},
			{Kind: Late, Name: "an outage is over", desk: shop("late").set("helpdesk_late_facts_total", "", jump(5*minute, 500))},
		},
	}, {
		// Where no source is configured, one that was heard of within a day is missed.
		Alert: rules.AlertSourceBlind, Interval: 50 * minute, Length: 30 * hour,
		Stories: []*Story{{
			Kind: Missing, Name: "it is missed for a day", desk: shop("gone").nothing(100*minute, forever),
			From: 150 * minute, To: 25 * hour, Labels: labels, Says: blind("gone"),
		}},
	}}
}

func (d *desk) failed(stream, reason string, at value) *desk {
	return d.set("helpdesk_sync_failures_total", `stream="`+stream+`",reason="`+reason+`"`, at)
}

func credentialsRejected() []*Test {
	labels := map[string]string{"severity": "warning"}
	// A refusal a round since the fifth minute: blind from the seventh on.
	refused := func(source, stream, reason string) *desk {
		return shop(source).fresh(always(1).then(7*minute, always(0))).failed(stream, reason, jump(5*minute, 10))
	}
	rejected := func(source string) func(time.Duration) Text {
		return says(source+" rejects the credentials of the exporter",
			source+" has refused the exporter's credentials or rights 10 times within the last 30m, and cannot be read. This does not heal by itself: somebody has to renew them.")
	}
	return []*Test{{
		Alert: rules.AlertCredentials, Interval: minute, Length: 40 * minute,
		Stories: []*Story{
			{
				Kind: Fires, Name: "the credentials are refused until they are renewed", desk: refused("expired", "conversations", "auth").fresh(always(1).then(7*minute, always(0)).then(25*minute, always(1))),
				From: 9 * minute, To: 25 * minute, Labels: labels, Says: rejected("expired"),
			},
			{
				Kind: Fires, Name: "the right to read conversations is gone", desk: refused("rights", "conversations", "forbidden").fresh(always(1).then(7*minute, always(0)).then(25*minute, always(1))),
				From: 9 * minute, To: 25 * minute, Labels: labels, Says: rejected("rights"),
			},
			{Kind: Silent, Name: "the plan forbids ratings, and the helpdesk is away", desk: refused("plan", "ratings", "forbidden").failed("conversations", "forbidden", always(0))},
			{Kind: Silent, Name: "refused long ago, and away for another reason now", desk: shop("before").failed("conversations", "auth", jump(minute, 10)).
				fresh(always(1).then(33*minute, always(0)))},
			{Kind: Silent, Name: "not allowed long ago, and away for another reason now", desk: shop("allowed").failed("conversations", "forbidden", jump(minute, 10)).
				fresh(always(1).then(33*minute, always(0)))},
			{Kind: JustUnder, Name: "read again after 2 minutes less one", desk: refused("short", "conversations", "auth").fresh(always(1).then(7*minute, always(0)).then(9*minute, always(1)))},
			{Kind: Missing, Name: "the exporter does not say whether the source can be read", desk: refused("unknown", "conversations", "auth").without(freshName)},
			{Kind: Missing, Name: "no failures are exposed", desk: shop("silent").fresh(always(0))},
			{Kind: Restart, Name: "counters begin again at 0 after many refusals, and the helpdesk is away", desk: shop("restarted").fresh(always(0)).failed("conversations", "auth", always(100).then(5*minute, always(0)))},
			{Kind: LowVolume, Name: "one refusal of a source that can be read", desk: shop("once").failed("conversations", "auth", jump(5*minute, 1))},
			{Kind: BlindSource, Name: "the helpdesk is away", desk: refused("away", "conversations", "network").failed("conversations", "auth", always(0))},
			{Kind: Late, Name: "an outage is over", desk: shop("late").failed("conversations", "auth", always(3)).set("helpdesk_late_facts_total", "", jump(5*minute, 500))},
		},
	}}
}

func (d *desk) throttled(reason string, at value) *desk {
	return d.set("helpdesk_api_throttled_seconds_total", `reason="`+reason+`"`, at)
}

func quotaExhausted() []*Test {
	labels := map[string]string{"severity": "warning"}
	exhausted := func(source string) func(time.Duration) Text {
		return says(source+" throttles the exporter",
			"In the last 15m, requests to "+source+" waited 15% of the time because the helpdesk asked to wait; 10 % is too much. Numbers and alerts are late by that.")
	}
	waits := func(seconds float64) value { return every(minute, seconds, 0) }
	return []*Test{{
		Alert: rules.AlertQuota, Interval: minute, Length: 40 * minute,
		Stories: []*Story{
			{Kind: Fires, Name: "9 seconds of each minute", desk: shop("slow").throttled("vendor", waits(9)), From: 21 * minute, Labels: labels, Says: exhausted("slow")},
			{Kind: Silent, Name: "5 seconds of each minute", desk: shop("little").throttled("vendor", waits(5))},
			{Kind: Silent, Name: "the exporter keeps to its own share", desk: shop("own").throttled("own_share", waits(50)).throttled("vendor", always(0))},
			{Kind: JustUnder, Name: "more than a tenth of a quarter of an hour, for less than 10 minutes", desk: shop("short").
				throttled("vendor", waits(9).then(14*minute, always(126)))},
			{Kind: Missing, Name: "nothing is exposed", desk: shop("silent")},
			{Kind: Restart, Name: "counters begin again at 0", desk: shop("restarted").throttled("vendor", always(5000).then(5*minute, always(0)))},
			{Kind: LowVolume, Name: "one pause of a minute", desk: shop("once").throttled("vendor", jump(5*minute, 60))},
			{Kind: BlindSource, Name: "the helpdesk is away", desk: shop("blind").throttled("vendor", waits(9)).blind(5*minute, forever)},
			{Kind: Late, Name: "an outage is over", desk: shop("late").throttled("vendor", always(0)).set("helpdesk_late_facts_total", "", jump(5*minute, 500))},
		},
	}}
}

// exporterDown looks at all sources at once, so that each story is a test.
func exporterDown() []*Test {
	down := says("helpdesk_exporter is down",
		"Prometheus has had no metrics of helpdesk_exporter (any source) for more than 5 minutes. Nothing is measured, and nobody is told of conversations that wait too long.")
	labels := map[string]string{"severity": "critical"}
	var tests []*Test
	for _, s := range []*Story{
		{Kind: Fires, Name: "the exporter is away until it is started again", desk: shop("away").nothing(3*minute, 12*minute), From: 8 * minute, To: 12 * minute, Labels: labels, Says: down},
		{Kind: Silent, Name: "all is well", desk: shop("well")},
		{Kind: JustUnder, Name: "back after 5 minutes less one", desk: shop("short").nothing(3*minute, 8*minute)},
		{Kind: Missing, Name: "there never was one", desk: shop("never").nothing(0, forever), From: 5 * minute, Labels: labels, Says: down},
		{Kind: Restart, Name: "restarted, counters begin again at 0", desk: shop("restarted").nothing(3*minute, 5*minute).set("helpdesk_late_facts_total", "", always(7).then(5*minute, always(0)))},
		{Kind: LowVolume, Name: "nothing happens", desk: shop("quiet").replies(always(0), always(0))},
		{Kind: BlindSource, Name: "the helpdesk is away", desk: shop("blind").blind(3*minute, forever)},
		{Kind: Late, Name: "an outage is over", desk: shop("late").set("helpdesk_late_facts_total", "", jump(5*minute, 500))},
	} {
		s.anonymous = true
		tests = append(tests, &Test{Alert: rules.AlertExporterDown, Interval: minute, Length: 15 * minute, Stories: []*Story{s}})
	}
	return tests
}
