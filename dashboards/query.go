package dashboards

import (
	"fmt"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// Matchers of what a reader has chosen.
const (
	ofSource  = `source=~"$source"`
	ofChannel = `source=~"$source",channel=~"$channel"`
	ofTeam    = `source=~"$source",channel=~"$channel",team=~"$team"`
)

func of(name string, matchers ...string) string {
	return name + "{" + strings.Join(matchers, ",") + "}"
}

// Values that stand for words where there is no number. None of them is a
// value that a panel could have.
const (
	blind   = -1e9 // the source cannot be read
	nothing = -2e9 // it can be read, and there is not enough to say a number
	never   = -3e9 // the budget does not end at this pace
	always  = -4e9 // support is open in every hour
)

// orBlind is an expression by source that says which sources are blind: an
// absent number would look like one that is not there yet.
func orBlind(expr string) string {
	return fmt.Sprintf("%s\nor on (source)\n  ((%s == 0) + (%.0f))", expr, of(rules.Fresh, ofSource), float64(blind))
}

// orNothing is orBlind, and says of sources that can be read that there is
// nothing to say yet.
func orNothing(expr string) string {
	return fmt.Sprintf("%s\nor on (source)\n  ((%s == 1) + (%.0f))", orBlind(expr), of(rules.Fresh, ofSource), float64(nothing-1))
}

// ofEach is orNothing of every series that is promised something, by some of
// the labels source, channel and clock.
func ofEach(by, expr string) string {
	known := fmt.Sprintf("group by (%s) (%s)", by, seen(of(rules.Objective, ofChannel)))
	return fmt.Sprintf(`%[2]s
or on (%[1]s)
  ((%[3]s and on (source) %[4]s == 1) + (%.0[5]f))
or on (%[1]s)
  ((%[3]s and on (source) %[4]s == 0) + (%.0[6]f))`, by, expr, known, of(rules.Fresh, ofSource), float64(nothing-1), float64(blind-1))
}

// unnamed is an expression without the names of its series, and by labels that
// tell them apart. A table makes one row of label sets that are the same, and the
// name is a label there.
func unnamed(by, expr string) string { return fmt.Sprintf("max by (%s) (%s)", by, expr) }

// seen keeps what is of channels that had a conversation: limits and promises
// are told of all channels.
func seen(expr string) string {
	return fmt.Sprintf("%s and on (source, channel) %s", expr, of(rules.Total(kpi.ConversationsOpened), ofChannel))
}

// promised keeps what is of the promised tier, without saying which it is.
func promised(expr string) string {
	return fmt.Sprintf("sum without (tier) (%s and on (source, channel, clock, tier) %s)", expr, of(rules.PromisedTier, ofChannel))
}

// now is a live gauge of the chosen team, each series once, whichever replica it
// was scraped from.
func now(f *kpi.Family, matchers ...string) string {
	by := []string{"source", "channel"}
	for _, l := range helpdesk.ExtraLabels {
		by = append(by, l.String())
	}
	for _, l := range f.Extra {
		by = append(by, l.Name)
	}
	return "max by (" + strings.Join(by, ", ") + ") (" + of(f.Name, append([]string{ofTeam}, matchers...)...) + ")"
}

// counted is how much an operational counter rose within the resolution of the
// panel, by some labels.
func counted(f *kpi.Family, by string) string {
	return fmt.Sprintf("sum by (%s) (increase(%s[$__rate_interval]))", by, of(f.Name, ofSource))
}

// since is how much a counter rose within the panel's time range, exactly: the
// difference of its total at both ends, and the corrections between; while the
// source can be read.
func since(f *kpi.Family, by string, matchers ...string) string {
	matchers = append([]string{ofChannel}, matchers...)
	total := of(rules.Total(f), matchers...)
	return fmt.Sprintf(`sum by (%[1]s) (
    %[2]s
  - (last_over_time(%[2]s[1h] offset $__range) or %[2]s * 0)
  + (sum_over_time(%[3]s[$__range]) or %[2]s * 0)
)
and on (source)
  %[4]s == 1`, by, total, of(rules.Correction(f), matchers...), of(rules.Fresh, ofSource))
}

// blindOnly are the meanings of a panel whose query says blind, and has 0 otherwise.
func blindOnly() []meaning { return []meaning{{blind, "blind", dark}} }

// shown are the meanings of a panel whose query says blind and nothing.
func shown(more ...meaning) []meaning {
	return append(append(blindOnly(), meaning{nothing, "too_few", plain}), more...)
}

// rose is how much a counter of the exporter's rose within the panel's time
// range, by some of its labels: the difference of its ends, without
// extrapolation. One that was not there at the start was 0.
func rose(name, by string, matchers ...string) string {
	at := of(name, matchers...)
	return fmt.Sprintf("sum by (%[1]s) (\n    max by (%[1]s) (%[2]s)\n  - (max by (%[1]s) (last_over_time(%[2]s[1h] offset $__range)) or max by (%[1]s) (%[2]s) * 0)\n)", by, at)
}
