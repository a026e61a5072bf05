package proof

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// TestConfiguredSourcesThatAreNotThereAreBlind has rules of a configuration with
// two sources, and what Prometheus has of them.
func TestConfiguredSourcesThatAreNotThereAreBlind(t *testing.T) {
	const (
		config = "sources: [{name: shop, gorgias: {url: https://shop.example}}, {name: it, gorgias: {url: https://it.example}}]"
		shop   = `helpdesk_source_fresh{source="shop"}`
		it     = `helpdesk_source_fresh{source="it"}`
		other  = `helpdesk_source_fresh{source="other"}` // of another exporter
	)
	for _, c := range []struct {
		name    string
		exposed samples
		want    []string
	}{
		{"both can be read", samples{shop: 1, it: 1}, nil},
		{"one cannot be read", samples{shop: 1, it: 0}, []string{rules.AlertSourceBlind + " it"}},
		{"one was never exposed", samples{shop: 1}, []string{rules.AlertSourceBlind + " it"}},
		{"another exporter's is none of them", samples{shop: 1, it: 1, other: 0}, nil},
		{"no exporter was ever there", samples{other: 1}, []string{rules.AlertExporterDown + " ", rules.AlertSourceBlind + " it", rules.AlertSourceBlind + " shop"}},
	} {
		for _, flavour := range []rules.Flavour{rules.Prometheus242, rules.Prometheus316} {
			t.Run(c.name+", "+string(flavour), func(t *testing.T) {
				p := start(t, time.Minute, flavour, keep(configured(t, flavour, config), rules.AlertSourceBlind+"|"+rules.AlertExporterDown))
				for at := began; at.Before(began.Add(10 * time.Minute)); at = at.Add(time.Minute) {
					p.scrape(at, c.exposed)
					p.evaluate(at)
				}
				got := slices.Sorted(maps.Keys(p.firing()))
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("what fires (-want +got)\n%s", diff)
				}
			})
		}
	}
}
