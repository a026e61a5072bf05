package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// levels are what KPIs are recorded of: a source's channels, and a source.
var levels = []struct{ name, by string }{
	{"source_channel", "source, channel"},
	{"source", "source"},
}

// Share is the name of a recorded share over a window; level is source_channel
// or source.
func Share(level string, k *kpi.Share, w time.Duration) string {
	return level + ":helpdesk_" + k.Name + ":ratio" + dur(w)
}

// Mean is the name of a recorded mean in seconds, as [Share].
func Mean(level string, k *kpi.Mean, w time.Duration) string {
	return level + ":helpdesk_" + k.Name + ":mean" + dur(w)
}

// CSATMean is the name of the recorded mean of ratings, 1 to 5, as [Share].
func CSATMean(level string, w time.Duration) string { return level + ":helpdesk_csat:mean" + dur(w) }

// CSATTier is the name of the recorded tier of ratings, 1 to 5, as [Share].
func CSATTier(level string, w time.Duration) string {
	return level + ":helpdesk_csat_tier:number" + dur(w)
}

// Volume is the name of the recorded number of opened conversations, as [Share].
func Volume(level string, w time.Duration) string {
	return level + ":helpdesk_conversations_opened:count" + dur(w)
}

// Scope is what a KPI is told of, and when. Rules record it by source and channel;
// boards ask for the chosen channels, which no recorded series is of.
type Scope struct {
	By       string // labels, the source among them
	Matchers []string
	Ago      time.Duration // 0: now
}

func (sc Scope) sum(name string, matchers ...string) string {
	return fmt.Sprintf("sum by (%s) (%s)", sc.By, sc.series(name, matchers...))
}

func (sc Scope) series(name string, matchers ...string) string {
	series := selector(name, append(slices.Clone(matchers), sc.Matchers...)...)
	if sc.Ago > 0 {
		series += " offset " + dur(sc.Ago)
	}
	return series
}

// seeing is an expression of sources that could be read.
func (sc Scope) seeing(expr string) string {
	return "(\n" + expr + "\n)\nand on (source)\n  " + Scope{Ago: sc.Ago}.series(fresh) + " == 1"
}

// term is the increase of what a KPI counts.
func (sc Scope) term(t kpi.Term, w time.Duration) string {
	matcher := ""
	switch {
	case len(t.Values) == 1:
		matcher = fmt.Sprintf("%s=%q", t.Label, t.Values[0])
	case len(t.Values) > 1:
		matcher = fmt.Sprintf("%s=~%q", t.Label, strings.Join(t.Values, "|"))
	}
	return sc.sum(Increase(t.Family, w), matcher)
}

// ShareOf is the expression of a share over a window: sum over sum, absent where
// there is nothing to divide by and while the source is blind.
func ShareOf(k *kpi.Share, w time.Duration, sc Scope) string {
	whole := sc.term(k.Whole, w)
	part := orNone(sc.term(k.Part, w), whole)
	if k.Less.Family != nil {
		part = "(" + part + " - " + orNone(sc.term(k.Less, w), whole) + ")"
	}
	return sc.seeing("  " + part + "\n/\n  (" + whole + " > 0)")
}

// MeanOf is the expression of the mean of a histogram over a window, as [ShareOf].
func MeanOf(f *kpi.Family, w time.Duration, sc Scope) string {
	sum, count := Observed(f, w)
	return sc.seeing("  " + sc.sum(sum) + "\n/\n  (" + sc.sum(count) + " > 0)")
}

// SumOf is the expression of how much a counter rose within a window, while the
// source can be read.
func SumOf(f *kpi.Family, w time.Duration, sc Scope) string {
	return sc.seeing("  " + sc.sum(Increase(f, w)))
}

// CSATMeanOf is the expression of the mean rating over a window, as [ShareOf].
func CSATMeanOf(w time.Duration, sc Scope) string {
	ratings := sc.series(Increase(kpi.CSATRatings, w))
	return sc.seeing(text(`
  sum by (BY) (RATINGS * on (score) group_left () SCORE)
/
  (sum by (BY) (RATINGS) > 0)`, "BY", sc.By, "RATINGS", ratings, "SCORE", scoreNumber))
}

// shares record the shares.
func (s *settings) shares() []Rule {
	var rules []Rule
	for _, l := range levels {
		for _, w := range long {
			for _, k := range kpi.Shares {
				rules = append(rules, Rule{
					Record: Share(l.name, k, w), Help: k.Help + " Over " + dur(w) + ".",
					Expr: ShareOf(k, w, Scope{By: l.by}),
				})
			}
			rules = append(rules, s.csatMean(l.name, l.by, w)...)
		}
	}
	return rules
}

// orNone is a part, 0 where there is a whole and no series of the part yet.
func orNone(part, whole string) string { return "(" + part + " or " + whole + " * 0)" }

func csatError(level string, w time.Duration) string {
	return level + ":helpdesk_csat:stderr" + dur(w)
}

// csatMean records the mean rating, its standard error and its tier, which is
// unknown below the minimum of events.
func (s *settings) csatMean(level, by string, w time.Duration) []Rule {
	words := []string{"BY", by, "RATINGS", s.counted(kpi.CSATRatings).increase(w), "SCORE", scoreNumber, "MEAN", CSATMean(level, w)}
	tier := "1"
	for _, t := range kpi.Tiers {
		tier += " + (MEAN >= bool " + num(kpi.CSATLimit(t)) + ")"
	}
	return []Rule{{
		Record: CSATMean(level, w), Help: "Mean rating, 1 to 5, over " + dur(w) + ".",
		Expr: CSATMeanOf(w, Scope{By: by}),
	}, {
		Record: csatError(level, w), Help: "Standard error of the mean rating over " + dur(w) + ".",
		Expr: text(`
sqrt(
  clamp_min(
      sum by (BY) (RATINGS * on (score) group_left () (SCORE ^ 2))
    /
      (sum by (BY) (RATINGS) > 0)
    -
      MEAN ^ 2,
    0
  )
/
  sum by (BY) (RATINGS)
)`, words...),
	}, {
		Record: CSATTier(level, w), Help: "The tier of the mean rating over " + dur(w) + ", 1 (unacceptable) to 5 (stellar).",
		Expr: text(tier+"\nand\n  sum by (BY) (RATINGS) >= on (source) group_left () MINIMUM", append(words, "MINIMUM", minEvents)...),
	}}
}

// means record mean durations, from sums and counts.
func (s *settings) means() []Rule {
	var rules []Rule
	for _, l := range levels {
		for _, w := range long {
			for _, k := range kpi.Means {
				rules = append(rules, Rule{
					Record: Mean(l.name, k, w), Help: "The " + k.Title + " over " + dur(w) + ", in seconds.",
					Expr: MeanOf(k.Family, w, Scope{By: l.by}),
				})
			}
		}
	}
	return rules
}

// volume records how many conversations were opened.
func (s *settings) volume() []Rule {
	opened := s.counted(kpi.ConversationsOpened)
	var rules []Rule
	for _, l := range levels {
		for _, w := range s.windowsOf(opened) {
			rules = append(rules, Rule{
				Record: Volume(l.name, w), Help: "Conversations opened within " + dur(w) + live(opened, w) + ".",
				Expr: SumOf(kpi.ConversationsOpened, w, Scope{By: l.by}),
			})
		}
	}
	return rules
}
