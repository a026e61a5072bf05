package proof

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

const day = 24 * time.Hour

// clocked is what a first response books: an event for each of two tiers.
func clocked(at time.Time, channel, team, arrival string, stellar, average bool) []event {
	var events []event
	for _, of := range []struct {
		tier string
		met  bool
	}{{"stellar", stellar}, {"average", average}} {
		result := "missed"
		if of.met {
			result = "met"
		}
		events = append(events, event{at, fmt.Sprintf(`helpdesk_sla_events_total{arrival=%q,channel=%q,clock="first_response",result=%q,team=%q,tier=%q}`,
			arrival, channel, result, team, of.tier), 1})
	}
	return events
}

// quiet is a desk of three first responses an hour, at random instants, on
// two channels; now and then one is learned late.
func quiet(seed uint64, from, to time.Time, team func(time.Time) string) []event {
	random := rand.New(rand.NewPCG(seed, 0))
	var events []event
	for at := from; at.Before(to); {
		at = at.Add(time.Duration(random.ExpFloat64() * float64(20*time.Minute))).Truncate(time.Millisecond)
		channel, arrival := "email", "live"
		if random.IntN(4) == 0 {
			channel = "chat"
		}
		if random.IntN(10) == 0 {
			arrival = "late"
		}
		average := random.IntN(10) > 0
		events = append(events, clocked(at, channel, team(at), arrival, average && random.IntN(2) == 0, average)...)
	}
	return events
}

func always(team string) func(time.Time) string { return func(time.Time) string { return team } }

// desks are the ways in which counters disappoint rules that extrapolate.
func desks(end time.Time) []*desk {
	switched, gone := end.Add(-20*time.Hour), end.Add(-11*day)
	return []*desk{
		{name: "three events an hour", zeros: true, events: quiet(1, began, end, always("a"))},
		{name: "series are born with their first event", events: quiet(2, began, end, always("a"))},
		{name: "a channel is born today", events: quiet(3, end.Add(-5*time.Hour), end, always("a"))},
		{
			name: "the team is renamed", zeros: true,
			events: quiet(4, began, end, func(at time.Time) string {
				if at.Before(switched) {
					return "support"
				}
				return "care"
			}),
		},
		{
			name: "counters start anew", zeros: true, events: quiet(5, began, end, always("a")),
			restart: []time.Time{gone, switched.Add(time.Hour), switched.Add(5 * time.Hour)},
		},
		{
			name: "instance changes in a failover", zeros: true, events: quiet(6, began, end, always("a")),
			target: func(at time.Time) (string, bool) {
				switch {
				case at.Before(switched):
					return `instance="one:9877"`, true
				case at.Before(switched.Add(10 * time.Minute)):
					return "", false
				default:
					return `instance="two:9877"`, true
				}
			},
		},
		{
			name: "the exporter is down for hours", zeros: true, events: quiet(7, began, end, always("a")),
			target: func(at time.Time) (string, bool) {
				return `instance="helpdesk"`, at.Before(switched) || at.After(switched.Add(5*time.Hour))
			},
		},
		{
			name: "the exporter is down for days", zeros: true, events: quiet(8, began, end, always("a")),
			target: func(at time.Time) (string, bool) {
				return `instance="helpdesk"`, at.Before(gone) || at.After(gone.Add(3*day))
			},
		},
	}
}

// instants are those of scrapes and evaluations: hourly, in the last hours every
// five minutes, and just before and when counters start anew.
func instants(end time.Time, all []*desk) []time.Time {
	var list []time.Time
	for at := began; !at.After(end); {
		list = append(list, at)
		if at.Before(end.Add(-3 * time.Hour)) {
			at = at.Add(time.Hour)
		} else {
			at = at.Add(5 * time.Minute)
		}
	}
	for _, d := range all {
		for _, at := range d.restart {
			list = append(list, at.Add(-time.Second), at)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

// TestIncreasesAreExact runs a month of every desk.
func TestIncreasesAreExact(t *testing.T) {
	for _, flavour := range []rules.Flavour{rules.Prometheus242, rules.Prometheus316} {
		t.Run(string(flavour), func(t *testing.T) {
			t.Parallel()
			end := began.Add(30 * day)
			all := desks(end)
			p := start(t, 5*time.Minute, flavour, reading(t, flavour, `source_channel:helpdesk_sla_(events:increase|attainment:ratio|promised:increase).*`))
			promise := samples{}
			for _, channel := range []string{"email", "chat"} {
				promise[fmt.Sprintf(`helpdesk_promise_tier{channel=%q,clock="first_response",tier="average"}`, channel)] = 3
				promise[fmt.Sprintf(`helpdesk_promise_objective_ratio{channel=%q,clock="first_response"}`, channel)] = 0.9
			}
			for _, at := range instants(end, all) {
				exposed := samples{}
				for _, d := range all {
					d.extra = promise
					d.expose(at, exposed)
				}
				p.scrape(at, exposed)
				p.evaluate(at)
			}
			for _, d := range all {
				t.Run(d.name, func(t *testing.T) { d.compare(t, p, end) })
			}
		})
	}
}

// compare compares every window with what happened in it.
func (d *desk) compare(t *testing.T, p *prometheus, end time.Time) {
	for w, name := range map[time.Duration]string{day: "1d", 7 * day: "7d", 28 * day: "28d"} {
		want := d.happened("helpdesk_sla_events_total", end.Add(-w), end, "team", "arrival")
		if w == day { // of what was learned live
			want = live(d.happened("helpdesk_sla_events_total", end.Add(-w), end, "team"))
		}
		query := fmt.Sprintf("source_channel:helpdesk_sla_events:increase%s{source=%q} > 0", name, d.name)
		if diff := cmp.Diff(want, p.query(end, query)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", query, diff)
		}
		query = fmt.Sprintf("source_channel:helpdesk_sla_attainment:ratio%s{source=%q}", name, d.name)
		if diff := cmp.Diff(attainment(want), p.query(end, query)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", query, diff)
		}
	}
	for w, name := range map[time.Duration]string{15 * time.Minute: "15m", 2 * time.Hour: "2h", day: "1d"} {
		want := average(live(d.happened("helpdesk_sla_events_total", end.Add(-w), end, "team")))
		query := fmt.Sprintf("source_channel:helpdesk_sla_promised:increase%s{source=%q} > 0", name, d.name)
		if diff := cmp.Diff(want, p.query(end, query)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", query, diff)
		}
	}
}

// live keeps what was learned live.
func live(sums map[string]float64) map[string]float64 {
	kept := map[string]float64{}
	for series, v := range sums {
		if rest, ok := strings.CutPrefix(series, `{arrival="live", `); ok {
			kept["{"+rest] = v
		}
	}
	return kept
}

// average keeps what the average tier judged, which is the promised one.
func average(sums map[string]float64) map[string]float64 {
	kept := map[string]float64{}
	for series, v := range sums {
		if rest := strings.Replace(series, `, tier="average"`, "", 1); rest != series {
			kept[rest] = v
		}
	}
	return kept
}

// attainment divides what was met by all.
func attainment(sums map[string]float64) map[string]float64 {
	met, all := map[string]float64{}, map[string]float64{}
	for series, v := range sums {
		key := strings.NewReplacer(`result="met", `, "", `result="missed", `, "").Replace(series)
		all[key] += v
		if strings.Contains(series, `result="met"`) {
			met[key] += v
		}
	}
	for key := range maps.Keys(all) {
		all[key] = met[key] / all[key]
	}
	return all
}
