package truth

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// fact is one increment of a counter, or one observation of a histogram.
type fact struct {
	name     string
	labels   map[string]string // beside the base labels and arrival
	at       time.Time         // the fact's own time
	what     *item             // what happened then; nil where only time passed, as at a deadline
	bookable time.Time         // when it could first be booked
	seconds  float64           // of an observation

	observation bool // of a histogram: a count and a sum, not an increment
	arrival     bool // the family has the label arrival
	source      bool // the family carries no base label but source
	message     string
}

// labelled is a fact's set of labels, from pairs of names and values.
func labelled(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// booking adds facts up as the steps of a program would.
type booking struct {
	options  *Options
	steps    []Step
	of       func(step int) Values
	messages map[string]bool // ids that counted, in whichever conversation
}

// unseen drops the messages that counted in another conversation before: a
// merge moves them, and an id counts once a source.
func (b *booking) unseen(facts []fact) []fact {
	var kept []fact
	for _, f := range facts {
		if !b.messages[f.message] {
			b.messages[f.message] = true
			kept = append(kept, f)
		}
	}
	return kept
}

func (b *booking) book(s *story, facts []fact) {
	for _, f := range facts {
		if f.at.Before(b.options.Floor) {
			continue
		}
		i := sort.Search(len(b.steps), func(i int) bool { return !f.bookable.After(b.steps[i].Watermark) })
		if i == len(b.steps) {
			continue // not yet
		}
		late := b.steps[i].Now.Sub(f.bookable) > b.options.lateAfter() || f.at.Before(b.options.FirstStart)
		b.add(b.of(i), s, f, late)
	}
}

func (b *booking) add(to Values, s *story, f fact, late bool) {
	labels := labelled("source", b.options.Source)
	if !f.source {
		labels = baseLabels(b.options, s.labelsIn(f))
	}
	maps.Copy(labels, f.labels)
	if f.arrival {
		labels["arrival"] = "live"
		if late {
			labels["arrival"] = "late"
		}
	}
	if f.observation {
		to[series(f.name+"_count", labels)]++
		to[series(f.name+"_sum", labels)] += f.seconds
	} else {
		to[series(f.name, labels)]++
	}
	if late {
		to[series("helpdesk_late_facts_total", labelled("source", b.options.Source))]++
	}
}

// labelsIn are the labels that a fact is booked with.
func (s *story) labelsIn(f fact) helpdesk.Labels {
	if f.what != nil {
		return s.labelsOf(*f.what)
	}
	return s.labelsAt(f.at)
}

// baseLabels are the labels that conversation metrics carry.
func baseLabels(o *Options, l helpdesk.Labels) map[string]string {
	labels := labelled("source", o.Source, "channel", string(l.Channel))
	for _, n := range o.Labels {
		labels[n.String()] = l.Get(n)
	}
	return labels
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// series is the key of one series.
func series(name string, labels map[string]string) string {
	var b strings.Builder
	b.WriteString(name)
	sep := "{"
	for _, n := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(sep + n + `="` + escape.Replace(labels[n]) + `"`)
		sep = ","
	}
	b.WriteString("}")
	return b.String()
}
