package proof

import (
	"maps"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// A source that has counted for long is seen for the first time: what it counted
// before is of no window, what it counts from then on is, to the event.
func TestTheHistoryOfANewSourceIsOfNoWindow(t *testing.T) {
	groups, err := rules.Default(rules.Prometheus242)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, time.Minute, rules.Prometheus242, groups)
	for i := range 60 {
		at := began.Add(time.Duration(i) * time.Minute)
		p.scrape(at, samples{
			`helpdesk_late_facts_total{source="shop"}`: 0,
			`helpdesk_source_fresh{source="shop"}`:     1,
			`helpdesk_sla_events_total{source="shop",channel="email",team="a",clock="first_response",tier="stellar",result="met",arrival="live"}`: float64(100 + i),
		})
		p.evaluate(at.Add(time.Second))
	}
	want := map[string]float64{`{channel="email", clock="first_response", result="met", source="shop", tier="stellar"}`: 59}
	got := p.query(began.Add(59*time.Minute+2*time.Second), `source_channel:helpdesk_sla_events:increase1d`)
	if !maps.Equal(want, got) {
		t.Errorf("%v events, there were %v", got, want)
	}
}
