package proof

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules/tests"
)

// The afternoon that is looked at, after four weeks of mornings.
var (
	noon      = began.Add(28*day + 12*time.Hour)
	afternoon = 3 * time.Hour
)

// clock is a time of the afternoon.
func clock(hour, minute int) time.Time {
	return noon.Add(time.Duration(hour-12)*time.Hour + time.Duration(minute)*time.Minute)
}

// busy is a desk where something happens every two minutes or so: in the mornings,
// and in the afternoon that is looked at.
func busy(seed uint64) []event {
	random := rand.New(rand.NewPCG(seed, 1))
	var events []event
	for at := began; at.Before(noon.Add(afternoon)); {
		mean := 40 * time.Minute
		if at.After(noon) {
			mean = 2 * time.Minute
		}
		at = at.Add(time.Duration(random.ExpFloat64() * float64(mean))).Truncate(time.Millisecond)
		if at.Hour() >= 9 && at.Before(noon) {
			continue
		}
		channel, arrival := "email", "live"
		if random.IntN(4) == 0 {
			channel = "chat"
		}
		if random.IntN(10) == 0 {
			arrival = "late"
		}
		average := random.IntN(10) > 0
		events = append(events, clocked(at, channel, "a", arrival, average && random.IntN(2) == 0, average)...)
	}
	return events
}

// away is a desk that is not scraped for a while.
func away(from, to time.Time, before, after string) func(time.Time) (string, bool) {
	return func(at time.Time) (string, bool) {
		switch {
		case at.Before(from):
			return before, true
		case at.Before(to):
			return "", false
		default:
			return after, true
		}
	}
}

// TestLongWindowsAreExactAtTheirInstants lives through an afternoon by the minute,
// with four weeks behind it. At each instant at which a group is evaluated, the
// increases that it records are what happened up to then, or up to the last one at
// which the desk was scraped.
func TestLongWindowsAreExactAtTheirInstants(t *testing.T) {
	t.Parallel()
	const one = `instance="one"`
	var burst []event // what an outage of the helpdesk leaves behind
	for range 50 {
		burst = append(burst, clocked(clock(13, 10).Add(20*time.Second), "email", "a", "late", true, true)...)
	}
	late := append(busy(5), burst...)
	slices.SortStableFunc(late, func(a, b event) int { return a.at.Compare(b.at) })
	first := clock(12, 20)
	desks := []*desk{
		{name: "nothing special", zeros: true, events: busy(1)},
		{name: "series are born with their first event", events: busy(2)},
		// Just after an evaluation of both groups, of the fast one, and just before both.
		{name: "counters start anew", zeros: true, events: busy(3), restart: []time.Time{clock(12, 33), clock(13, 34), clock(14, 0)}},
		{name: "seen for the first time", zeros: true, events: busy(4), target: func(at time.Time) (string, bool) { return one, !at.Before(first) }},
		{name: "learned late", zeros: true, events: late},
		{name: "fails over", zeros: true, events: busy(6), target: away(clock(12, 40), clock(12, 44), one, `instance="two"`)},
		{name: "fails over at once", zeros: true, events: busy(7), target: away(clock(13, 44), clock(13, 44), one, `instance="two"`)},
	}
	for _, flavour := range []rules.Flavour{rules.Prometheus242, rules.Prometheus316} {
		t.Run(string(flavour), func(t *testing.T) {
			t.Parallel()
			p := start(t, time.Minute, flavour, reading(t, flavour, `source_channel:helpdesk_sla_(events|promised):increase.*`))
			ticks := map[string][]time.Time{} // by group
			scrapes := map[string][]time.Time{}
			compared := 0
			of := make([]*desk, len(desks))
			for i, d := range desks {
				one := *d
				one.restart = slices.Clone(d.restart)
				one.extra = samples{}
				for _, channel := range []string{"email", "chat"} {
					one.extra[fmt.Sprintf(`helpdesk_promise_tier{channel=%q,clock="first_response",tier="average"}`, channel)] = 3
				}
				of[i] = &one
			}
			for at := began; !at.After(noon.Add(afternoon)); {
				exposed := samples{}
				for _, d := range of {
					if _, up := d.up(at); up {
						scrapes[d.name] = append(scrapes[d.name], at)
					}
					d.expose(at, exposed)
				}
				p.scrape(at, exposed)
				p.evaluate(at)
				for _, group := range []string{rules.GroupRecordings, rules.GroupLong} {
					if last, ok := p.last[group]; ok && !last.Equal(at) {
						continue
					}
					ticks[group] = append(ticks[group], at)
					if at.Before(noon) {
						continue
					}
					for i, d := range of {
						compared += d.correct(t, p, group, ticks[group], scrapes[d.name], desks[i].restart)
					}
				}
				switch {
				case at.Before(noon.Add(-3 * time.Hour)): // windows of hours begin later
					at = at.Add(time.Hour)
				case at.Equal(clock(14, 19)): // Prometheus is slow: an evaluation is late
					at = clock(14, 21)
				case at.Equal(clock(14, 30)): // it does not run: one is missed
					at = clock(14, 34)
					p.resumes(at.Add(-time.Second))
				default:
					at = at.Add(time.Minute)
				}
			}
			if n := len(ticks[rules.GroupLong]); n != 28*24+9+int(2*afternoon/rules.LongInterval) {
				t.Errorf("the long windows were evaluated %d times", n)
			}
			if compared < 10000 {
				t.Errorf("%d numbers were compared", compared)
			}
		})
	}
}

// correct compares what a group has recorded now with what happened: up to the last
// evaluation that saw the desk, since the one before the window's start that did, or
// the first one. Where counters started anew, what they had counted since the last
// evaluation is lost, and nothing else.
func (d *desk) correct(t *testing.T, p *prometheus, group string, ticks, scrapes, restarts []time.Time) (compared int) {
	t.Helper()
	at := ticks[len(ticks)-1]
	if len(scrapes) == 0 {
		return 0
	}
	before := func(list []time.Time, at time.Time) time.Time { // the last one up to an instant
		i, found := slices.BinarySearchFunc(list, at, time.Time.Compare)
		if found {
			return list[i]
		}
		if i == 0 {
			return time.Time{}
		}
		return list[i-1]
	}
	saw := slices.DeleteFunc(slices.Clone(ticks), func(at time.Time) bool { return !before(scrapes, at).Equal(at) })
	if len(saw) == 0 {
		return 0
	}
	windows := map[string]time.Duration{"events:increase1d": day, "events:increase7d": 7 * day, "events:increase28d": 28 * day}
	if group == rules.GroupRecordings {
		windows = map[string]time.Duration{"promised:increase15m": 15 * time.Minute, "promised:increase2h": 2 * time.Hour, "promised:increase1d": day}
	}
	for name, w := range windows {
		from, to := before(saw, at.Add(-w)), before(saw, at)
		whole := !from.IsZero()
		if !whole {
			from = saw[0]
		}
		kept := *d
		kept.events = slices.DeleteFunc(slices.Clone(d.events), func(e event) bool {
			return slices.ContainsFunc(restarts, func(anew time.Time) bool {
				return !e.at.After(anew) && e.at.After(before(ticks, anew.Add(-1)))
			})
		})
		want := kept.happened(events, from, to, "team", "arrival")
		if w <= day {
			want = live(kept.happened(events, from, to, "team"))
		}
		if group == rules.GroupRecordings {
			if want = average(want); to.Before(at) { // nor is the promise scraped
				want = map[string]float64{}
			}
		}
		if !whole && w > 7*day {
			want = map[string]float64{} // it is not known for so long
		}
		query := fmt.Sprintf("source_channel:helpdesk_sla_%s{source=%q} > 0", name, d.name)
		got := p.query(at, query)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s at %s: (-want +got)\n%s", query, at.Sub(noon), diff)
		}
		compared += len(want)
	}
	return compared
}

// TestWhatLaterRulesAddBegins has Prometheus run for ten days with rules that have
// neither totals of live and late together, nor those of burn rates, and get them then.
// What counters had counted by then is of no window.
func TestWhatLaterRulesAddBegins(t *testing.T) {
	t.Parallel()
	const together = "helpdesk_sla_events_any"
	now := reading(t, rules.Prometheus316, `source_channel:helpdesk_sla_(events:increase(7|28)d|promised:increase1d)`)
	var before []rules.Group
	for _, g := range now {
		g.Rules = slices.DeleteFunc(slices.Clone(g.Rules), func(r rules.Rule) bool {
			added := regexp.MustCompile(`_any:|_burn:|_promised:|events:increase`)
			return added.MatchString(r.Record)
		})
		for i, r := range g.Rules {
			if r.Record != "source_total:helpdesk_source:seen" {
				continue
			}
			names := strings.Split(r.Expr, "\nor\n")
			g.Rules[i].Expr = strings.Join(slices.DeleteFunc(names, func(n string) bool { return strings.Contains(n, together) }), "\nor\n")
			if g.Rules[i].Expr == r.Expr {
				t.Fatalf("it does not name %s: %s", together, r.Expr)
			}
		}
		before = append(before, g)
	}
	end := began.Add(12 * day)
	changed := end.Add(-2*day + time.Hour)
	d := &desk{name: "shop", zeros: true, events: busy(8), extra: samples{`helpdesk_promise_tier{channel="email",clock="first_response",tier="average"}`: 3}}
	p := start(t, time.Minute, rules.Prometheus316, before)
	for at := began; !at.After(end); at = at.Add(time.Hour) {
		if at.Equal(changed) {
			p.load(now)
		}
		exposed := samples{}
		d.expose(at, exposed)
		p.scrape(at, exposed)
		p.evaluate(at)
	}
	want := d.happened(events, changed, end, "team", "arrival")
	if len(want) == 0 {
		t.Fatal("nothing happened since")
	}
	if diff := cmp.Diff(want, p.query(end, `source_channel:helpdesk_sla_events:increase7d > 0`)); diff != "" {
		t.Errorf("7d: (-want +got)\n%s", diff)
	}
	if got := p.query(end, `source_channel:helpdesk_sla_events:increase28d`); len(got) > 0 {
		t.Errorf("28d are not known: %v", got)
	}
	promised := average(live(d.happened(events, end.Add(-day), end, "team")))
	maps.DeleteFunc(promised, func(series string, _ float64) bool { return !strings.Contains(series, `channel="email"`) })
	if len(promised) == 0 {
		t.Fatal("nothing happened within the last day")
	}
	if diff := cmp.Diff(promised, p.query(end, `source_channel:helpdesk_sla_promised:increase1d > 0`)); diff != "" {
		t.Errorf("the promised tier: (-want +got)\n%s", diff)
	}
}

// TestAMissedEvaluationEndsNoAlert has each alert that reads long windows fire, and
// Prometheus not run for some minutes, so that the evaluation of these is missed: what
// they recorded is too old to be seen then. The alert fires at each evaluation after
// that; where Prometheus has started anew, which restores alerts after the second one of
// their group, as of the third.
func TestAMissedEvaluationEndsNoAlert(t *testing.T) {
	groups, err := rules.Default(rules.Prometheus316)
	if err != nil {
		t.Fatal(err)
	}
	const missed = rules.LongInterval + time.Minute
	tested := 0
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Alert == "" || !slices.ContainsFunc(keep(groups, r.Alert), func(k rules.Group) bool { return k.Name == rules.GroupLong && len(k.Rules) > 0 }) {
				continue
			}
			for _, anew := range []bool{false, true} {
				if anew && g.Name != rules.GroupLong {
					continue // it holds for too short a time to be restored
				}
				tested++
				t.Run(fmt.Sprintf("%s, starts anew: %v", r.Alert, anew), func(t *testing.T) {
					t.Parallel()
					missesOne(t, keep(groups, r.Alert), &r, g.Name, missed, anew)
				})
			}
		}
	}
	if tested < 9 {
		t.Errorf("%d alerts were tested", tested)
	}
}

func missesOne(t *testing.T, groups []rules.Group, alert *rules.Rule, group string, missed time.Duration, anew bool) {
	test, story := fires(t, alert.Alert)
	p := start(t, time.Minute, rules.Prometheus316, groups)
	evaluate := func(at time.Duration) {
		exposed := samples{}
		for _, series := range story.Series() {
			if v := series.At(at); !math.IsNaN(v) {
				exposed[series.Name] = v
			}
		}
		p.scrape(epoch.Add(at), exposed)
		p.evaluate(epoch.Add(at))
	}
	name := alert.Alert + " " + story.AlertLabels()["source"]
	at := time.Duration(0)
	closely := 7 * time.Hour // at both ends: windows begin in one, and end in the other
	for ; !p.firing()[name] || !p.last[rules.GroupLong].Equal(epoch.Add(at-time.Minute)); at += time.Minute {
		if at > story.From+20*time.Minute {
			t.Fatalf("it does not fire, in a test of %s", test.Length)
		}
		if at > closely && at < story.From-closely && at%(10*time.Minute) > 0 {
			continue
		}
		evaluate(at)
	}
	// The groups were evaluated a minute ago: nothing is, for some minutes.
	at += missed
	p.resumes(epoch.Add(at - time.Second))
	if anew {
		p.restarts(epoch.Add(at - time.Second))
	}
	evaluations := 0
	for end := at + 6*rules.LongInterval; at < end; at += time.Minute {
		evaluate(at)
		if !p.last[group].Equal(epoch.Add(at)) && p.pauses[group] > 0 {
			continue
		}
		evaluations++
		if p.firing()[name] {
			continue
		}
		if !anew || evaluations > 2 {
			t.Errorf("it does not fire %s after it was missed, at evaluation %d", at, evaluations)
		}
	}
	if evaluations < 6 {
		t.Errorf("%d evaluations", evaluations)
	}
}

// fires is the first test of an alert that fires until the end, and its story.
func fires(t *testing.T, alert string) (*tests.Test, *tests.Story) {
	t.Helper()
	for _, test := range tests.Of(alert) {
		for _, s := range test.Stories {
			if s.Kind == tests.Fires && s.From > 0 && s.To == 0 {
				return test, s
			}
		}
	}
	t.Fatalf("%s has no story in which it fires", alert)
	return nil, nil
}
