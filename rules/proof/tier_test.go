package proof

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// judged are the events of a tier of a clock on a channel, live ones.
type judged struct {
	channel, clock, tier string
	met, missed          int
}

func ladder(channel, clock string, counts ...[2]int) []judged {
	var all []judged
	for i, tier := range []string{"stellar", "above_average", "average", "below_average"} {
		all = append(all, judged{channel, clock, tier, counts[i][0], counts[i][1]})
	}
	return all
}

// TestTiers promises 90 % of email and chat, on two clocks.
func TestTiers(t *testing.T) {
	for _, c := range []struct {
		name    string
		events  []judged
		blind   bool
		channel map[string]float64 // tiers by channel and clock
		source  map[string]float64 // by clock
		overall map[string]float64
	}{
		{
			name:   "a tier is reached at the objective, to the event",
			events: ladder("email", "first_response", [2]int{17, 3}, [2]int{18, 2}, [2]int{20, 0}, [2]int{20, 0}),
			channel: map[string]float64{
				`{channel="email", clock="first_response", source="shop"}`: 4,
			},
			source:  map[string]float64{`{clock="first_response", source="shop"}`: 4},
			overall: map[string]float64{`{source="shop"}`: 4},
		},
		{
			name:    "every tier is reached",
			events:  ladder("email", "first_response", [2]int{10, 0}, [2]int{10, 0}, [2]int{10, 0}, [2]int{10, 0}),
			channel: map[string]float64{`{channel="email", clock="first_response", source="shop"}`: 5},
			source:  map[string]float64{`{clock="first_response", source="shop"}`: 5},
			overall: map[string]float64{`{source="shop"}`: 5},
		},
		{
			name:    "a fresh backlog reaches the highest tier and fails the lowest: that is unacceptable",
			events:  ladder("email", "first_response", [2]int{20, 0}, [2]int{20, 0}, [2]int{15, 5}, [2]int{56, 44}),
			channel: map[string]float64{`{channel="email", clock="first_response", source="shop"}`: 1},
			source:  map[string]float64{`{clock="first_response", source="shop"}`: 1},
			overall: map[string]float64{`{source="shop"}`: 1},
		},
		{
			name:    "a tier of fewer events than the minimum makes all unknown",
			events:  ladder("email", "first_response", [2]int{20, 0}, [2]int{20, 0}, [2]int{20, 0}, [2]int{9, 0}),
			channel: map[string]float64{},
			source:  map[string]float64{},
			overall: map[string]float64{},
		},
		{
			name:    "a blind source has no tier",
			events:  ladder("email", "first_response", [2]int{20, 0}, [2]int{20, 0}, [2]int{20, 0}, [2]int{20, 0}),
			blind:   true,
			channel: map[string]float64{},
			source:  map[string]float64{},
			overall: map[string]float64{},
		},
		{
			name: "a source pools its channels, and is as good as its worst clock; what is not promised does not count",
			events: append(append(append(append(
				ladder("email", "first_response", [2]int{5, 0}, [2]int{5, 0}, [2]int{5, 0}, [2]int{5, 0}),
				ladder("chat", "first_response", [2]int{95, 0}, [2]int{85, 10}, [2]int{85, 10}, [2]int{95, 0})...),
				ladder("email", "resolution", [2]int{0, 30}, [2]int{0, 30}, [2]int{29, 1}, [2]int{30, 0})...),
				ladder("other", "first_response", [2]int{0, 500}, [2]int{0, 500}, [2]int{0, 500}, [2]int{0, 500})...),
				ladder("email", "next_response", [2]int{0, 50}, [2]int{0, 50}, [2]int{0, 50}, [2]int{0, 50})...),
			channel: map[string]float64{
				`{channel="chat", clock="first_response", source="shop"}`: 2,
				`{channel="email", clock="resolution", source="shop"}`:    3,
			},
			source: map[string]float64{
				`{clock="first_response", source="shop"}`: 5, // 90 of 100, where it was 85 of 95 on chat
				`{clock="resolution", source="shop"}`:     3,
			},
			overall: map[string]float64{`{source="shop"}`: 3},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, rules.LongInterval, rules.Prometheus242, reading(t, rules.Prometheus242, `source(_channel)?:helpdesk_tier(_overall)?:number1d`))
			for i := range 2 {
				at := began.Add(time.Duration(i) * rules.LongInterval)
				p.scrape(at, exposition(c.events, float64(i), !c.blind))
				p.evaluate(at)
			}
			at := began.Add(rules.LongInterval)
			for query, want := range map[string]map[string]float64{
				rules.TierOf(day): c.channel, rules.SourceTier(day): c.source, rules.OverallTier(day): c.overall,
			} {
				if diff := cmp.Diff(want, p.query(at, query)); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", query, diff)
				}
			}
		})
	}
}

// exposition is what a scrape sees of a source that promises the clocks
// first_response and resolution, after a share of the events.
func exposition(events []judged, share float64, fresh bool) samples {
	all := samples{`helpdesk_source_fresh{source="shop"}`: 0}
	if fresh {
		all[`helpdesk_source_fresh{source="shop"}`] = 1
	}
	for _, channel := range []string{"chat", "email"} {
		for _, clock := range []string{"first_response", "resolution"} {
			all[fmt.Sprintf(`helpdesk_promise_objective_ratio{channel=%q,clock=%q,source="shop"}`, channel, clock)] = 0.9
			all[fmt.Sprintf(`helpdesk_promise_tier{channel=%q,clock=%q,source="shop",tier="above_average"}`, channel, clock)] = 4
		}
	}
	for _, e := range events {
		of := fmt.Sprintf(`helpdesk_sla_events_total{arrival="live",channel=%q,clock=%q,source="shop",team="",tier=%q,result=`, e.channel, e.clock, e.tier)
		// A series is born with its first event.
		if met := share * float64(e.met); met > 0 {
			all[of+`"met"}`] = met
		}
		if missed := share * float64(e.missed); missed > 0 {
			all[of+`"missed"}`] = missed
		}
	}
	return all
}
