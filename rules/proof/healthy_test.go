package proof

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// A healthy week, and the day after it, which has a week to be compared with: two
// desks that keep their promise, one with 3 tickets an hour and one with 300,
// which come by day more than by night. No alert fires at either.
func TestNoAlertFiresInAHealthyWeek(t *testing.T) {
	t.Parallel()
	const days, interval = 8, 5 * time.Minute
	p := start(t, interval, rules.Prometheus316, keep(configured(t, rules.Prometheus316, `
promise: {clocks: [first_response, resolution]}
sources: [{name: small, gorgias: {url: https://example.com}, promise: {expected_per_hour: 3}},
          {name: large, gorgias: {url: https://example.org}, promise: {expected_per_hour: 300}}]`), "Helpdesk.+|source:helpdesk_tier:number7d"))
	desks := []*desk{healthy("small", 3, days), healthy("large", 300, days)}
	for at := began; at.Before(began.Add(days * 24 * time.Hour)); at = at.Add(interval) {
		exposed := samples{}
		for _, d := range desks {
			d.expose(at, exposed)
		}
		p.scrape(at, exposed)
		p.evaluate(at)
	}
	for alert, at := range p.fired {
		t.Errorf("%s fires at %s", alert, at.Sub(began))
	}
	// It was watched: there are tiers, and they are as promised or better.
	for series, tier := range p.query(began.Add(days*24*time.Hour-interval), "source:helpdesk_tier:number7d") {
		if tier < 4 {
			t.Errorf("the tier of %s is %v", series, tier)
		}
	}
	if n := len(p.query(began.Add(days*24*time.Hour-interval), "source:helpdesk_tier:number7d")); n != 4 {
		t.Errorf("%d tiers of two clocks at two desks", n)
	}
}

// limits of a channel, in the order of the tiers; 19 of 20 meet the promised one.
type channelLimits struct {
	name              string
	share             float64 // of the conversations
	reply, resolution [4]time.Duration
}

var (
	tierNames = [4]string{"stellar", "above_average", "average", "below_average"}
	channels  = []channelLimits{
		{
			"email", 0.6,
			[4]time.Duration{time.Hour, 4 * time.Hour, 24 * time.Hour, 72 * time.Hour},
			[4]time.Duration{4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 72 * time.Hour},
		},
		{
			"chat", 0.4,
			[4]time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, time.Hour},
			[4]time.Duration{10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour},
		},
	}
)

// healthy is a desk at which so many conversations begin in an hour on average.
func healthy(name string, perHour float64, days int) *desk {
	rnd := rand.New(rand.NewPCG(7, uint64(perHour)))
	d := &desk{name: name, zeros: true, extra: samples{`helpdesk_support_open{}`: 1}}
	for i := range channels {
		c := &channels[i]
		for clock, limits := range map[string][4]time.Duration{"first_response": c.reply, "resolution": c.resolution} {
			d.extra[fmt.Sprintf(`helpdesk_promise_tier{channel=%q,clock=%q,tier="above_average"}`, c.name, clock)] = 4
			d.extra[fmt.Sprintf(`helpdesk_promise_objective_ratio{channel=%q,clock=%q}`, c.name, clock)] = 0.9
			for j, tier := range tierNames {
				d.extra[fmt.Sprintf(`helpdesk_tier_limit_seconds{channel=%q,clock=%q,tier=%q}`, c.name, clock, tier)] = limits[j].Seconds()
			}
		}
		// Twice as many at noon as on average, next to none at midnight: of an even
		// stream of that many, those that come by day are kept.
		for at := time.Duration(0); at < time.Duration(days)*24*time.Hour; {
			at += time.Duration(rnd.ExpFloat64() / (2 * perHour * c.share) * float64(time.Hour))
			if rnd.Float64() < (1-math.Cos(2*math.Pi*at.Hours()/24))/2 {
				d.converse(rnd, c, began.Add(at))
			}
		}
	}
	slices.SortStableFunc(d.events, func(a, b event) int { return a.at.Compare(b.at) })
	return d
}

// converse is one conversation: a reply, a close, perhaps a rating.
func (d *desk) converse(rnd *rand.Rand, c *channelLimits, at time.Time) {
	team := fmt.Sprintf(`channel=%q,team="a"`, c.name)
	add := func(at time.Time, v float64, format string, args ...any) {
		d.events = append(d.events, event{at, fmt.Sprintf(format, args...), v})
	}
	reply, closed := lognormal(rnd, c.reply), lognormal(rnd, c.resolution)
	add(at, 1, `helpdesk_conversations_opened_total{arrival="live",%s,started_by="customer"}`, team)
	add(at, 1, `helpdesk_open_conversations{%s,status="open"}`, team)
	add(at.Add(closed), -1, `helpdesk_open_conversations{%s,status="open"}`, team)
	add(at, 1, `helpdesk_waiting_conversations{%s}`, team)
	add(at.Add(reply), -1, `helpdesk_waiting_conversations{%s}`, team)
	add(at.Add(reply), 1, `helpdesk_response_seconds_count{%s}`, team)
	add(at.Add(reply), reply.Seconds(), `helpdesk_response_seconds_sum{%s}`, team)
	d.judge(add, at, reply, c.reply, team, "first_response")
	d.judge(add, at, closed, c.resolution, team, "resolution")
	outcome := "one_touch"
	if rnd.Float64() < 0.05 {
		outcome = "abandoned"
	}
	add(at.Add(closed), 1, `helpdesk_conversations_closed_total{arrival="live",%s,outcome=%q}`, team, outcome)
	if rnd.Float64() < 0.25 {
		scores := []int{5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 3} // mean 4.85
		add(at.Add(closed+time.Hour), 1, `helpdesk_csat_ratings_total{%s,score="%d"}`, team, scores[rnd.IntN(len(scores))])
	}
}

// judge books a clock against the four limits, and shows it while it is past them.
func (d *desk) judge(add func(time.Time, float64, string, ...any), at time.Time, took time.Duration, limits [4]time.Duration, team, clock string) {
	for i, tier := range tierNames {
		if took <= limits[i] {
			add(at.Add(took), 1, `helpdesk_sla_events_total{arrival="live",%s,clock=%q,result="met",tier=%q}`, team, clock, tier)
			continue
		}
		add(at.Add(limits[i]), 1, `helpdesk_sla_events_total{arrival="live",%s,clock=%q,result="missed",tier=%q}`, team, clock, tier)
		add(at.Add(limits[i]), 1, `helpdesk_conversations_past_tier{%s,clock=%q,tier=%q}`, team, clock, tier)
		add(at.Add(took), -1, `helpdesk_conversations_past_tier{%s,clock=%q,tier=%q}`, team, clock, tier)
	}
}

// lognormal is a duration of which the median is a third of the promised limit,
// and 19 of 20 are within it.
func lognormal(rnd *rand.Rand, limits [4]time.Duration) time.Duration {
	median, sigma := float64(limits[1])/3, math.Log(3)/1.645
	return time.Duration(median * math.Exp(sigma*rnd.NormFloat64()))
}
