package tests

import (
	"math"
	"time"
)

// value is a sample at a time; gone is that there is none.
type value func(time.Duration) float64

var gone = math.NaN()

func always(v float64) value { return func(time.Duration) float64 { return v } }

// then is a value that becomes another one at a time.
func (v value) then(at time.Duration, next value) value {
	return func(t time.Duration) float64 {
		if t >= at {
			return next(t)
		}
		return v(t)
	}
}

// jump is a counter that rises by n at a time.
func jump(at time.Duration, n float64) value { return always(0).then(at, always(n)) }

// every is a counter that rises by n in each span of time, from a time on.
func every(span time.Duration, n float64, from time.Duration) value {
	return func(t time.Duration) float64 { return n * math.Floor(float64(max(0, t-from))/float64(span)) }
}

// restarts is a counter that begins again at 0 at a time.
func (v value) restarts(at time.Duration) value {
	return v.then(at, func(t time.Duration) float64 { return v(t) - v(at) })
}

// lost is a value that is not there from a time on, until another.
func (v value) lost(from, until time.Duration) value {
	return v.then(from, always(gone)).then(until, v)
}

const forever = time.Duration(math.MaxInt64)

// desk is a source, as its exporter exposes it.
type desk struct {
	source    string
	anonymous bool // the alert has no label source
	series    []Series
}

// Series is what is scraped of one.
type Series struct {
	Name   string
	Labels string
	At     value
}

// shop is a source that can be read and promises above_average for nine events of
// ten, on e-mail, for replies. Its queue is what a story says.
func shop(source string) *desk {
	d := &desk{source: source}
	d.set("helpdesk_source_fresh", "", always(1))
	d.set("helpdesk_late_facts_total", "", always(7))
	d.set("helpdesk_support_open", "", always(1))
	d.promises("email", "above_average", 4, 0.9)
	for _, l := range []struct {
		tier  string
		limit float64
	}{{"stellar", 3600}, {"above_average", 14400}, {"average", 86400}, {"below_average", 259200}} {
		for _, clock := range []string{"first_response", "next_response"} {
			d.set("helpdesk_tier_limit_seconds", `channel="email",clock="`+clock+`",tier="`+l.tier+`"`, always(l.limit))
		}
	}
	return d
}

func (d *desk) promises(channel, tier string, number, objective float64) *desk {
	for _, clock := range []string{"first_response", "next_response"} {
		d.set("helpdesk_promise_tier", `channel="`+channel+`",clock="`+clock+`",tier="`+tier+`"`, always(number))
		d.set("helpdesk_promise_objective_ratio", `channel="`+channel+`",clock="`+clock+`"`, always(objective))
	}
	return d
}

// set says what a series is, in place of what it was.
func (d *desk) set(name, labels string, at value) *desk {
	for i := range d.series {
		if d.series[i].Name == name && d.series[i].Labels == labels {
			d.series[i].At = at
			return d
		}
	}
	d.series = append(d.series, Series{name, labels, at})
	return d
}

// without takes a metric away.
func (d *desk) without(name string) *desk {
	var left []Series
	for _, s := range d.series {
		if s.Name != name {
			left = append(left, s)
		}
	}
	d.series = left
	return d
}

// blind is what a source shows that cannot be read: no live gauges, counters
// that do not move.
func (d *desk) blind(from, until time.Duration) *desk {
	for i, s := range d.series {
		switch s.Name {
		case "helpdesk_source_fresh":
			d.series[i].At = s.At.then(from, always(0)).then(until, s.At)
		case "helpdesk_open_conversations", "helpdesk_waiting_conversations", "helpdesk_conversations_past_tier", "helpdesk_agents":
			d.series[i].At = s.At.lost(from, until)
		default:
			d.series[i].At = s.At.then(from, always(s.At(from))).then(until, s.At)
		}
	}
	return d
}

// Series are the scraped series, by name as promtool writes it.
func (d *desk) Series() []Series {
	all := make([]Series, len(d.series))
	for i, s := range d.series {
		labels := `source="` + d.source + `"`
		if s.Labels != "" {
			labels += "," + s.Labels
		}
		all[i] = Series{Name: s.Name + "{" + labels + "}", At: s.At}
	}
	return all
}
