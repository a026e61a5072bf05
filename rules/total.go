package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// A total is a counter without what does not matter to a service level: the
// replica that it was scraped from, the team and other dimensions. The increase
// over a window is the difference of the total at its two ends:
//
//	total - total at the window's start + corrections within the window
//
// It is exact. Nothing is extrapolated, which at a few events an hour would be
// most of the number; a window of 28 days costs no more than one of an hour; a
// series that is born with its first event, a renamed team and a replica that
// takes over are differences like any other.
//
// Corrections are samples at single instants: the total's last value where it
// fell (a limit was changed: its counters began again at 0), and minus its first
// value where Prometheus sees a source for the first time (its history is not of
// this window). What was counted between the last evaluation and a fall is lost, no
// more. A total is carried on for a day while its source is not scraped, so that what
// happened meanwhile is the difference afterwards.
type total struct {
	chain   chain
	name    string // without the level: "helpdesk_sla_events"
	level   string // the labels before the name, as is usual: "source_channel"
	labels  []string
	arrival bool   // it tells live from late
	raw     string // the counter itself, summed
}

const (
	memory  = time.Hour           // how far back the last value of a total is looked for
	carried = 24 * time.Hour      // how long a total is carried on without a scrape
	known   = 35 * 24 * time.Hour // how long a source is remembered: beyond the longest window
	// look is the pause between the looks back, less than carried. Each look is a
	// sample of each total, and promtool allows a query 10,000 of them.
	look = 6 * time.Hour
)

func (t *total) record(what string) string { return t.level + ":" + t.name + ":" + what }
func (t *total) sum() string               { return t.record("total") }
func (t *total) correction() string        { return t.record("correction") }
func (t *total) increase(w time.Duration) string {
	return t.record("increase" + dur(w))
}

// any is a total that tells live from late, of both: longer windows read half as
// many series.
func (t *total) any() *total {
	both := *t
	both.name, both.arrival = t.name+"_any", false
	return &both
}

// all are the totals of the long windows.
func (s *settings) all() []*total {
	totals := []*total{s.late(), s.sla()}
	for _, f := range []*kpi.Family{kpi.ConversationsOpened, kpi.ConversationsClosed, kpi.ConversationsReopened, kpi.CSATRatings, kpi.ClocksCancelled} {
		totals = append(totals, s.counted(f))
	}
	for _, m := range kpi.Means {
		sum, count := s.observed(m.Family)
		totals = append(totals, sum, count)
	}
	return totals
}

func (s *settings) late() *total {
	t := s.counted(kpi.LateFacts)
	t.level = "source"
	return t
}

func (s *settings) sla() *total { return s.counted(kpi.SLAEvents) }

// counted is the total of a counter.
func (s *settings) counted(f *kpi.Family) *total {
	t := &total{
		chain: kept, name: strings.TrimSuffix(f.Name, "_total"), level: "source_channel",
		labels: []string{"source"}, arrival: f.Arrival,
	}
	if f.Scope == kpi.ScopeConversation {
		t.labels = append(t.labels, "channel")
	}
	for _, l := range f.Extra {
		t.labels = append(t.labels, l.Name)
	}
	if f.Arrival {
		t.labels = append(t.labels, "arrival")
	}
	t.raw = fmt.Sprintf("sum by (%s) (%s)", strings.Join(t.labels, ", "), one(f, s.pick(f)))
	return t
}

// observed are the totals of a histogram's sum and count, whether Prometheus
// has its classic series or its native ones.
func (s *settings) observed(f *kpi.Family) (sum, count *total) {
	of := func(part string) *total {
		classic, native := s.pickNamed(f.Name+"_"+part), fmt.Sprintf("histogram_%s(%s)", part, s.pick(f))
		return &total{
			chain: kept, name: f.Name + "_" + part, level: "source_channel", labels: []string{"source", "channel"},
			raw: fmt.Sprintf("sum by (source, channel) (%s)", one(f, classic+" or "+native)),
		}
	}
	return of("sum"), of("count")
}

// chain is what the totals of one group have in common: since when each of them
// is known. Its name is in those of its series.
type chain string

const (
	kept    chain = "source" // of the long windows
	burning chain = "burn"   // of burn rates
)

func (c chain) alive() string   { return "source:helpdesk_" + string(c) + ":alive" }
func (c chain) scraped() string { return "source:helpdesk_" + string(c) + ":scraped" }
func (c chain) now() string     { return "source_total:helpdesk_" + string(c) + ":seen" }
func (c chain) first() string   { return "source_total:helpdesk_" + string(c) + ":first_sight" }
func (c chain) counted() string { return "source_total:helpdesk_" + string(c) + ":counted" }
func (c chain) covered(w time.Duration) string {
	return "source_total:helpdesk_" + string(c) + ":covered" + dur(w)
}

// chained record totals and what tells since when they are known, over windows.
func (s *settings) chained(c chain, totals []*total, windows []time.Duration) []Rule {
	return slices.Concat(s.sight(c, totals), s.totals(totals), s.coverage(c, windows))
}

// sight tells which sources Prometheus sees for the first time, for each total:
// a total that a later version of the rules adds begins like a new source.
func (s *settings) sight(c chain, totals []*total) []Rule {
	names := make([]string, 0, len(totals))
	named := func(t *total) {
		names = append(names, fmt.Sprintf("label_replace(%s, \"total\", %q, \"\", \"\")", c.scraped(), t.name))
	}
	for _, t := range totals {
		named(t)
		if t.arrival {
			named(t.any())
		}
	}
	words := []string{"NOW", c.now(), "COUNTED", c.counted(), "MEMORY", dur(memory), "KNOWN", dur(known), "LOOK", dur(look), "ALIVE", c.alive()}
	return []Rule{
		{
			Record: c.alive(), Help: "1 for each source that was scraped within the last day.",
			Expr: fmt.Sprintf("group by (source) (last_over_time(%s[%s]))", s.pick(kpi.SourceFresh), dur(carried)),
		},
		{
			Record: c.scraped(), Help: "1 for each source that is scraped.",
			Expr: fmt.Sprintf("group by (source) (%s)", s.pick(kpi.SourceFresh)),
		},
		{
			Record: c.now(), Help: "1 for each source that is scraped and each total that is kept of it.",
			Expr: strings.Join(names, "\nor\n"),
		},
		{
			Record: c.first(), Help: "1 at the instant at which a source is seen for the first time, absent otherwise.",
			Expr: text(`
  NOW
unless
  last_over_time(COUNTED[MEMORY] offset 1ms)
unless
  last_over_time(COUNTED[KNOWN:LOOK] offset 1ms)`, words...),
		},
		{
			Record: c.counted(), Help: "1 for each source and total that is kept, carried on for a day while the source is not scraped.",
			Expr: text(`
  NOW
or
  (
      last_over_time(COUNTED[MEMORY] offset 1ms)
    and on (source)
      ALIVE
  )`, words...),
		},
	}
}

// totals record each total, then its corrections. What is seen for the first time
// has no earlier value.
func (s *settings) totals(totals []*total) []Rule {
	var rules []Rule
	for _, t := range totals {
		words := []string{
			"TOTAL", t.sum(), "RAW", t.raw, "NAME", t.name, "ALIVE", t.chain.alive(), "FIRST", t.chain.first(), "MEMORY", dur(memory),
		}
		rules = append(rules, Rule{
			Record: t.sum(), Help: "The counter, whichever replica, team or dimension it is of.",
			Expr: text(`
  RAW
or
  (
      last_over_time(TOTAL[MEMORY] offset 1ms)
    and on (source)
      ALIVE
  )`, words...),
		}, Rule{
			Record: t.correction(), Help: "What differences of the total lack, at single instants: its value before a fall; minus its first value.",
			Expr: text(`
  (last_over_time(TOTAL[MEMORY] offset 1ms) > TOTAL)
or
  -1 * (TOTAL and on (source) FIRST{total="NAME"})`, words...),
		})
		if t.arrival {
			both := t.any()
			words := []string{"TOTAL", both.sum(), "CORRECTION", t.correction(), "NAME", both.name, "FIRST", t.chain.first()}
			rules = append(rules, Rule{
				Record: both.sum(), Help: "The counter, whatever was learned live or late.",
				Expr: "sum without (arrival) (" + t.sum() + ")",
			}, Rule{
				Record: both.correction(), Help: "What differences of the total of live and late lack, at single instants.",
				Expr: text(`
  -1 * (TOTAL and on (source) FIRST{total="NAME"})
or
  sum without (arrival) (CORRECTION)`, words...),
			})
		}
	}
	return rules
}

// over is the increase of a total within the last w, of series that match; now is
// the total, or some of its series. (What is added to nothing costs nothing: there is
// hardly ever a correction.)
func (s *settings) over(t *total, w time.Duration, now string, matchers ...string) string {
	at := selector(t.sum(), matchers...)
	start := fmt.Sprintf("%s offset %s", at, dur(w))
	if w >= day { // Prometheus may not have run at that very instant
		start = fmt.Sprintf("last_over_time(%s[%s] offset %s)", at, dur(memory), dur(w))
	}
	return text(`
(
    (NOW + CORRECTED or NOW)
  -
    START
or
  (NOW + CORRECTED or NOW)
)
and on (source)
  COVERED{total="NAME"}`,
		"NOW", now, "START", start, "CORRECTED", fmt.Sprintf("sum_over_time(%s[%s])", selector(t.correction(), matchers...), s.span(w)),
		"COVERED", t.chain.covered(w), "NAME", t.name)
}

const (
	day  = 24 * time.Hour
	week = 7 * day
	// partial windows are those that may begin before the source was first
	// seen: what is known of them is shown. Longer ones are absent until they are
	// whole.
	partial = week
)

// coverage tells which sources are known long enough for each window.
func (s *settings) coverage(c chain, windows []time.Duration) []Rule {
	var rules []Rule
	for _, w := range windows {
		expr := fmt.Sprintf("%s offset %s", c.counted(), dur(w))
		if w >= day {
			expr = fmt.Sprintf("last_over_time(%s[%s] offset %s)", c.counted(), dur(memory), dur(w))
		}
		if w <= partial {
			expr += fmt.Sprintf("\nor\nmax_over_time(%s[%s])", c.first(), s.span(w))
		}
		rules = append(rules, Rule{
			Record: c.covered(w), Expr: expr,
			Help: "1 for each source and total of which the increase over " + dur(w) + " is known.",
		})
	}
	return rules
}
