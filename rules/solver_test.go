package rules_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// What each window, factor and margin does is shown in rules/proof, by simulation.
func TestTheSolverChoosesWhatCanFire(t *testing.T) {
	for _, c := range []struct{ name, promise, fast, slow string }{
		{
			"the textbook's hour, where an objective is high enough", "{objective: 0.99, expected_per_hour: 20}",
			"1h0m0s and 15m0s, 13.44×, 1.65", "24h0m0s and 2h0m0s, 2.80×, 1.60",
		},
		{
			"a longer hour at 90 %, where the textbook asks for an error ratio of 1.44", "{objective: 0.9, expected_per_hour: 20}",
			"2h0m0s and 15m0s, 6.72×, 1.70", "24h0m0s and 2h0m0s, 2.80×, 1.60",
		},
		{
			"factors follow the promise's window", "{objective: 0.9, expected_per_hour: 20, window: 7d}",
			"1h0m0s and 15m0s, 3.36×, 1.95", "24h0m0s and 2h0m0s, 1.00×, 2.30",
		},
		{
			"few events take a longer window", "{objective: 0.9, expected_per_hour: 3}",
			"4h0m0s and 2h0m0s, 3.36×, 1.80", "24h0m0s and 2h0m0s, 2.80×, 1.60",
		},
		{
			"too few events", "{objective: 0.9, expected_per_hour: 0.01}",
			"0.01 events an hour are too few: within 12h it takes 10 to tell a burn from chance, and 0.12 are expected",
			"0.01 events an hour are too few: within 4d it takes 10 to tell a burn from chance, and 0.96 are expected",
		},
		{
			"an objective that nothing can burn fast", "{objective: 0.25, expected_per_hour: 1000}",
			"it would ask for 1.12 times the promised rate over 12h, an error ratio of 0.84, and has to fire at 0.75: raise the objective, or shorten the window of the promise",
			"72h0m0s and 6h0m0s, 1.00×, 2.20",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := config.Parse([]byte("promise: "+c.promise+"\nsources: [{name: shop, gorgias: {url: https://example.com}}]"), "")
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, s := range rules.Solutions(cfg) {
				got[s.Pace] = fmt.Sprintf("%s and %s, %.2f×, %.2f", s.Long, s.Short, s.Factor, s.Margin)
				if s.Refused != nil {
					got[s.Pace] = s.Refused.Error()
				}
			}
			if diff := cmp.Diff(map[string]string{"fast": c.fast, "slow": c.slow}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
