package dashboards

import (
	"fmt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// exporter answers whoever runs the exporter: does it see, what does it cost,
// what fails.
func exporter() board {
	return board{
		name: "exporter", from: "now-6h", refresh: "1m", variables: []variable{anySource()},
		rows: []row{
			{"sight", []panel{sight(), firstSync(), quotaLeft(), ledgerSize(), configuration(), version()}},
			{"streams", []panel{streams(), watermarkLag()}},
			{"api", []panel{requests(), requestDuration(), quota(), throttled()}},
			{"failures", []panel{failures(), skipped(), corrections(), behindWatermark()}},
			{"process", []panel{ledger(), commits(), pushDelay(), skew()}},
		},
	}
}

// operational is a family of the exporter's, by source and some more labels,
// each series once.
func operational(f *kpi.Family, by string) string {
	return fmt.Sprintf("max by (%s) (%s)", by, of(f.Name, ofSource))
}

func firstSync() panel {
	return panel{
		id: 2, name: "first_sync", kind: number, w: 4, h: 5, unit: "percentunit", noValue: "not_scraped",
		queries: []query{{expr: operational(kpi.FirstSyncProgress, "source"), legend: "{{source}}"}},
		steps:   []step{{color: warned}, {1, good}},
	}
}

// quotaLeft is the share of the account's own limit.
func quotaLeft() panel {
	return panel{
		id: 3, name: "quota_left", kind: number, w: 4, h: 5, unit: "percentunit", noValue: "no_quota",
		queries: []query{{
			expr: operational(kpi.APIQuotaRemaining, "source") + "\n/\n  (" + operational(kpi.APIQuotaLimit, "source") + " > 0)", legend: "{{source}}",
		}},
		steps: []step{{color: bad}, {0.1, warned}, {0.3, good}},
	}
}

func ledgerSize() panel {
	return panel{
		id: 4, name: "ledger_size", kind: number, w: 4, h: 5, unit: "bytes", decimals: 1, noValue: "not_scraped",
		queries: []query{{expr: "max by (instance) (" + kpi.StateSize.Name + ")", legend: "{{instance}}"}},
		steps:   []step{{color: plain}},
	}
}

func configuration() panel {
	return panel{
		id: 5, name: "configuration", kind: number, w: 4, h: 5, unit: "none", noValue: "not_scraped",
		queries: []query{{expr: "min by (instance) (" + kpi.ConfigReloadSuccessful.Name + ")", legend: "{{instance}}"}},
		steps:   []step{{color: bad}, {1, good}}, meanings: []meaning{{0, "refused", bad}, {1, "in_force", good}},
	}
}

func version() panel {
	return panel{
		id: 6, name: "version", kind: grid, w: 4, h: 5, unit: "none", noValue: "not_scraped",
		queries: []query{{column: "processes", expr: "count by (version) (" + kpi.BuildInfo.Name + ")"}},
	}
}

// streams is a row a stream: how old what is known of it is. Those without a clock,
// as teams, are read by the hour.
func streams() panel {
	age := func(column string, f *kpi.Family) query {
		return query{column: column, expr: fmt.Sprintf("time() - max by (source, stream) (%s)", of(f.Name, ofSource)), unit: "s", decimals: 1, steps: []step{{color: plain}, {2 * 60 * 60, bad}}}
	}
	return panel{
		id: 7, name: "streams", kind: grid, w: 12, h: 8, unit: "s", decimals: 1, noValue: "not_scraped",
		queries: []query{age("read_ago", kpi.SourceLastSuccess), age("known_until", kpi.SourceWatermark)},
	}
}

func watermarkLag() panel {
	return panel{
		id: 8, name: "watermark_lag", kind: curve, w: 12, h: 8, unit: "s", decimals: 1, lowest: ptr(0), noValue: "not_scraped",
		queries: []query{{expr: fmt.Sprintf("time() - max by (source, stream) (%s)", of(kpi.SourceWatermark.Name, ofSource)), legend: "{{source}} {{stream}}"}},
	}
}

// trend is a counter's rise within the resolution of the panel.
func trend(id uint32, name string, f *kpi.Family, unit string, labels ...string) panel {
	by, legend := "source", "{{source}}"
	for _, l := range labels {
		by, legend = by+", "+l, legend+" {{"+l+"}}"
	}
	return panel{
		id: id, name: name, kind: curve, w: 12, h: 8, unit: unit, decimals: 1, lowest: ptr(0), noValue: "not_scraped",
		queries: []query{{expr: counted(f, by), legend: legend}},
	}
}

func requests() panel { return trend(9, "requests", kpi.APIRequests, "none", "endpoint", "code") }

func requestDuration() panel {
	return panel{
		id: 10, name: "request_duration", kind: curve, w: 12, h: 8, unit: "s", decimals: 3, lowest: ptr(0), noValue: "no_request",
		queries: []query{{expr: of(rules.RequestDuration, ofSource), legend: "{{source}} {{endpoint}}"}},
	}
}

func quota() panel {
	return panel{
		id: 11, name: "quota", kind: curve, w: 12, h: 8, unit: "none", lowest: ptr(0), noValue: "no_quota",
		queries: []query{
			{expr: operational(kpi.APIQuotaRemaining, "source"), legend: "{{source}}"},
			{expr: operational(kpi.APIQuotaLimit, "source"), legend: "{{source}} ≤"},
		},
	}
}

func throttled() panel {
	p := trend(12, "throttled", kpi.APIThrottled, "percentunit", "reason")
	p.queries[0].expr = fmt.Sprintf("sum by (source, reason) (rate(%s[$__rate_interval]))", of(kpi.APIThrottled.Name, ofSource))
	return p
}

// seldom is a trend of what hardly happens: of what did, and a line at 0 for a source
// where nothing did, in place of one for each thing that might.
func seldom(id uint32, name string, f *kpi.Family, labels ...string) panel {
	p := trend(id, name, f, "none", labels...)
	p.queries[0].expr = fmt.Sprintf("%s > 0\nor on (source)\n  %s", p.queries[0].expr, counted(f, "source"))
	return p
}

func failures() panel { return seldom(13, "failures", kpi.SyncFailures, "stream", "reason") }

func skipped() panel { return seldom(14, "skipped", kpi.SkippedRecords, "stream", "reason") }

func corrections() panel { return seldom(15, "corrections", kpi.ReconcileCorrections, "kind") }

func behindWatermark() panel { return seldom(16, "behind_watermark", kpi.BehindWatermark, "stream") }

func ledger() panel {
	return panel{
		id: 17, name: "ledger", kind: curve, w: 12, h: 8, unit: "none", lowest: ptr(0), noValue: "not_scraped",
		queries: []query{{expr: operational(kpi.StateConversations, "source"), legend: "{{source}}"}},
	}
}

func commits() panel {
	return panel{
		id: 18, name: "commits", kind: curve, w: 12, h: 8, unit: "s", decimals: 3, lowest: ptr(0), noValue: "no_commit",
		queries: []query{{expr: rules.CommitDuration, legend: "{{instance}}"}},
	}
}

// pushDelay is the mean time from a deadline to its acceptance by Alertmanager.
func pushDelay() panel {
	return panel{
		id: 19, name: "push_delay", kind: curve, w: 12, h: 8, unit: "s", decimals: 1, lowest: ptr(0), noValue: "no_push",
		queries: []query{{expr: of(rules.PushDelay, ofSource), legend: "{{source}}"}},
	}
}

func skew() panel {
	return panel{
		id: 20, name: "skew", kind: curve, w: 12, h: 8, unit: "s", decimals: 1, noValue: "not_scraped",
		queries: []query{{expr: operational(kpi.ClockSkew, "source"), legend: "{{source}}"}},
	}
}
