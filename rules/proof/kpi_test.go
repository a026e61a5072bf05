package proof

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// TestKPIs shows every KPI of a day: 20 lasting closes of two teams by email, 5
// by chat, outbound ones beside; sums are divided by sums.
func TestKPIs(t *testing.T) {
	counters := samples{
		`helpdesk_conversations_closed_total{arrival="live",channel="email",outcome="one_touch",source="shop",team="a"}`:   6,
		`helpdesk_conversations_closed_total{arrival="live",channel="email",outcome="one_touch",source="shop",team="b"}`:   4,
		`helpdesk_conversations_closed_total{arrival="live",channel="email",outcome="multi_touch",source="shop",team="a"}`: 5,
		`helpdesk_conversations_closed_total{arrival="live",channel="email",outcome="unanswered",source="shop",team="a"}`:  5,
		`helpdesk_conversations_closed_total{arrival="live",channel="email",outcome="outbound",source="shop",team="a"}`:    100,
		`helpdesk_conversations_closed_total{arrival="late",channel="email",outcome="one_touch",source="shop",team="a"}`:   1000,
		`helpdesk_conversations_closed_total{arrival="live",channel="chat",outcome="self_service",source="shop",team="a"}`: 1,
		`helpdesk_conversations_closed_total{arrival="live",channel="chat",outcome="abandoned",source="shop",team="a"}`:    4,
		`helpdesk_conversations_reopened_total{channel="email",outcome="one_touch",source="shop",team="a"}`:                2,
		`helpdesk_conversations_reopened_total{channel="email",outcome="multi_touch",source="shop",team="a"}`:              2,
		`helpdesk_conversations_opened_total{arrival="live",channel="email",source="shop",started_by="customer",team="a"}`: 30,
		`helpdesk_conversations_opened_total{arrival="live",channel="email",source="shop",started_by="agent",team="b"}`:    10,
		`helpdesk_csat_ratings_total{channel="email",score="5",source="shop",team="a"}`:                                    9,
		`helpdesk_csat_ratings_total{channel="email",score="3",source="shop",team="b"}`:                                    1,
		`helpdesk_response_seconds_sum{channel="email",source="shop",team="a"}`:                                            3000,
		`helpdesk_response_seconds_count{channel="email",source="shop",team="a"}`:                                          30,
	}
	p := start(t, rules.LongInterval, rules.Prometheus242, reading(t, rules.Prometheus242, `source(_channel)?:helpdesk_[a-z_]+:(ratio|mean|number|count)1d`))
	for i := range 2 {
		at := began.Add(time.Duration(i) * rules.LongInterval)
		exposed := samples{`helpdesk_source_fresh{source="shop"}`: 1, `helpdesk_late_facts_total{source="shop"}`: 0}
		for series, v := range counters {
			exposed[series] = float64(i) * v
		}
		// As Prometheus has a histogram of which it keeps no classic buckets.
		p.native = map[string]*histogram.Histogram{
			`helpdesk_response_seconds{channel="chat",source="shop",team="a"}`: {Sum: 70 * float64(i), Count: 70 * uint64(i), ZeroCount: 70 * uint64(i)},
		}
		p.scrape(at, exposed)
		p.evaluate(at)
	}
	const email, chat, shop = `{channel="email", source="shop"}`, `{channel="chat", source="shop"}`, `{source="shop"}`
	for record, want := range map[string]map[string]float64{
		"one_touch:ratio1d":                {email: 10.0 / 20, chat: 0, shop: 10.0 / 25},
		"first_contact_resolution:ratio1d": {email: 8.0 / 20, chat: 0, shop: 8.0 / 25},
		"unanswered:ratio1d":               {email: 5.0 / 20, chat: 0, shop: 5.0 / 25},
		"self_service:ratio1d":             {email: 0, chat: 1.0 / 5, shop: 1.0 / 25},
		"abandoned:ratio1d":                {email: 0, chat: 4.0 / 5, shop: 4.0 / 25},
		"reopened:ratio1d":                 {email: 4.0 / 20, chat: 0, shop: 4.0 / 25},
		"csat:ratio1d":                     {email: 0.9, shop: 0.9},
		"csat:mean1d":                      {email: 4.8, shop: 4.8},
		"csat_tier:number1d":               {email: 4, shop: 4},
		"response:mean1d":                  {email: 100, chat: 1, shop: 3070.0 / 100},
		"conversations_opened:count1d":     {email: 40, shop: 40},
	} {
		got := p.query(began.Add(rules.LongInterval), `{__name__=~"source(_channel)?:helpdesk_`+record+`"}`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", record, diff)
		}
	}
}
