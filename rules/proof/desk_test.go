package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// event adds to a counter: a series without its source and target labels.
type event struct {
	at     time.Time
	series string // name{labels}, the labels in alphabetical order
	value  float64
}

// desk is a made-up source: what happens at it, and how its exporter shows it.
type desk struct {
	name    string
	events  []event     // by time
	seen    int         // how many of them the exporter has counted
	shown   samples     // its counters now
	zeros   bool        // every series is at 0 before its first event
	restart []time.Time // the counters start at 0 anew; a scrape sees the zeros
	// target are labels that a scrape adds; false: the target does not answer.
	target func(time.Time) (labels string, up bool)
	blind  func(time.Time) bool // the helpdesk cannot be read
	// extra is what its exporter shows beside: promises, gauges.
	extra samples
}

func (d *desk) up(at time.Time) (string, bool) {
	if d.target == nil {
		return `instance="helpdesk"`, true
	}
	return d.target(at)
}

// expose adds what a scrape would see.
func (d *desk) expose(at time.Time, into samples) {
	target, up := d.up(at)
	if !up {
		return
	}
	d.count(at)
	labels := fmt.Sprintf("source=%q,%s", d.name, target)
	for series, v := range d.shown {
		into[labelled(series, labels)] = v
	}
	for series, v := range d.extra {
		into[labelled(series, labels)] = v
	}
	fresh := 1.0
	if d.blind != nil && d.blind(at) {
		fresh = 0
	}
	into[labelled("helpdesk_source_fresh{}", labels)] = fresh
	into[labelled("helpdesk_late_facts_total{}", labels)] += 0
}

// count books what happened until at.
func (d *desk) count(at time.Time) {
	if d.shown == nil {
		d.shown = samples{}
		if d.zeros {
			for _, e := range d.events {
				d.shown[e.series] = 0
			}
		}
	}
	for ; d.seen < len(d.events) && !d.events[d.seen].at.After(at); d.seen++ {
		e := d.events[d.seen]
		d.startAnew(e.at)
		d.shown[e.series] += e.value
	}
	d.startAnew(at)
}

func (d *desk) startAnew(at time.Time) {
	for len(d.restart) > 0 && !d.restart[0].After(at) {
		d.restart = d.restart[1:]
		for series := range d.shown {
			d.shown[series] = 0
		}
	}
}

// labelled puts labels before those of a series.
func labelled(series, labels string) string {
	name, own, _ := strings.Cut(series, "{")
	if own != "}" {
		own = "," + own
	}
	return name + "{" + labels + own
}

// happened is the truth: what was added to a family within (from, to], by the
// labels that rules keep, in their notation; nothing is left out where there was nothing.
func (d *desk) happened(family string, from, to time.Time, dropped ...string) map[string]float64 {
	sums := map[string]float64{}
	for _, e := range d.events {
		name, labels, _ := strings.Cut(strings.TrimSuffix(e.series, "}"), "{")
		if name != family || !e.at.After(from) || e.at.After(to) {
			continue
		}
		pairs := slices.DeleteFunc(strings.Split(labels, ","), func(pair string) bool {
			key, _, _ := strings.Cut(pair, "=")
			return slices.Contains(dropped, key)
		})
		pairs = append(pairs, fmt.Sprintf("source=%q", d.name))
		slices.Sort(pairs)
		sums["{"+strings.Join(pairs, ", ")+"}"] += e.value
	}
	return sums
}
