package rules

import "time"

// Attainment is the name of the recorded attainment of a tier over a window, by
// source, channel and clock; SourceAttainment pools the channels of a source.
func Attainment(w time.Duration) string {
	return "source_channel:helpdesk_sla_attainment:ratio" + dur(w)
}

// SourceAttainment is [Attainment] of a source: of the events of its promised channels.
func SourceAttainment(w time.Duration) string { return "source:helpdesk_sla_attainment:ratio" + dur(w) }

// TierOf is the name of the recorded tier over a window, 1 to 5, by source,
// channel and clock.
func TierOf(w time.Duration) string { return "source_channel:helpdesk_tier:number" + dur(w) }

// SourceTier is [TierOf] of a source and clock.
func SourceTier(w time.Duration) string { return "source:helpdesk_tier:number" + dur(w) }

// OverallTier is the least [SourceTier] of a source's promised clocks.
func OverallTier(w time.Duration) string { return "source:helpdesk_tier_overall:number" + dur(w) }

// LikelyTier is the tier that a source, channel and clock would have if chance
// was on its side: below it, a tier is no accident of few events.
func LikelyTier(w time.Duration) string {
	return "source_channel:helpdesk_tier_likely:number" + dur(w)
}

// BudgetLeft is the name of the recorded share of the error budget that is left
// of the promise's window.
const BudgetLeft = "source_channel:helpdesk_sla_budget_left:ratio"

func sourceEvents(w time.Duration) string { return "source:helpdesk_sla_events:increase" + dur(w) }
func sourceObjective(w time.Duration) string {
	return "source:helpdesk_promise_objective:ratio" + dur(w)
}

// attainments record events met / all events, sum over sum.
func (s *settings) attainments() []Rule {
	var rules []Rule
	for _, w := range long {
		events := s.sla().increase(w)
		rules = append(rules, Rule{
			Record: Attainment(w), Help: "Events met, of all, of each tier, over " + dur(w) + live(s.sla(), w) + ".",
			Expr: attained(events),
		}, Rule{
			Record: sourceEvents(w), Help: "Events of the source's promised channels over " + dur(w) + live(s.sla(), w) + ".",
			Expr: text(`sum by (source, clock, tier, result) (EVENTS and on (source, channel, clock) OBJECTIVE)`, "EVENTS", events, "OBJECTIVE", objective),
		}, Rule{
			Record: SourceAttainment(w), Help: "As by channel, of the events of the source's promised channels.",
			Expr: attained(sourceEvents(w)),
		}, Rule{
			Record: sourceObjective(w), Help: "The promised share, of channels that promise different ones by their events.",
			Expr: text(`
  sum by (source, clock, tier) (
      sum without (result) (EVENTS)
    * on (source, channel, clock) group_left ()
      (OBJECTIVE - on (source, clock) group_left () min by (source, clock) (OBJECTIVE))
  )
/
  (sum without (result) (POOLED) > 0)
+ on (source, clock) group_left ()
  min by (source, clock) (OBJECTIVE)`, "EVENTS", events, "POOLED", sourceEvents(w), "OBJECTIVE", objective),
		})
	}
	return rules
}

func attained(events string) string {
	return seeing(text(`
  (sum without (result) (EVENTS{result="met"}) or sum without (result) (EVENTS) * 0)
/
  (sum without (result) (EVENTS) > 0)`, "EVENTS", events))
}

// tiers record the tiers. A tier is reached when its attainment and that of
// every tier below it is at the objective, so it is the one below the lowest
// that fails.
func (s *settings) tiers() []Rule {
	var rules []Rule
	for _, w := range long {
		channel := operands("source, channel, clock", Attainment(w), s.sla().increase(w))
		source := operands("source, clock", SourceAttainment(w), sourceEvents(w))
		rules = append(rules, Rule{
			Record: TierOf(w), Help: "The tier over " + dur(w) + live(s.sla(), w) + ", 1 (unacceptable) to 5 (stellar).",
			Expr: text(reached, append(channel, "FAILS", text(
				"ATTAINED < on (source, channel, clock) group_left () OBJECTIVE", "ATTAINED", Attainment(w), "OBJECTIVE", objective))...),
		}, Rule{
			Record: LikelyTier(w), Help: "As the tier, of attainments that are two standard errors better.",
			Expr: text(reached, append(channel, "FAILS", text(likely, "ATTAINED", Attainment(w), "EVENTS", s.sla().increase(w), "OBJECTIVE", objective))...),
		}, Rule{
			Record: SourceTier(w), Help: "The tier of a source's clock over " + dur(w) + ", its promised channels' events pooled.",
			Expr: text(reached, append(source, "FAILS", SourceAttainment(w)+" < "+sourceObjective(w))...),
		}, Rule{
			Record: OverallTier(w), Help: "The least tier of a source's promised clocks over " + dur(w) + ".",
			Expr: "min by (source) (" + SourceTier(w) + ")",
		})
	}
	return rules
}

func operands(by, attained, events string) []string {
	return []string{"BY", by, "ATTAINED", attained, "EVENTS", events, "MINIMUM", minEvents, "NUMBER", tierNumber, "OBJECTIVE", objective, "PROMISED", promised(by)}
}

// promised are the promised clocks, by channel or pooled.
func promised(by string) string { return "group by (" + by + ") (" + objective + ")" }

const reached = `
(
    min by (BY) ((FAILS) * 0 + on (tier) group_left () (NUMBER - 1))
  or
    5 * group by (BY) (ATTAINED)
)
and
  count by (BY) (sum without (result) (EVENTS) >= on (source) group_left () MINIMUM) == 4
and
  PROMISED`

const likely = `
  ATTAINED
+ 2 * sqrt(
    1 / (sum without (result) (EVENTS) > 0)
  * on (source, channel, clock) group_left ()
    (OBJECTIVE * (1 - OBJECTIVE))
)
< on (source, channel, clock) group_left () OBJECTIVE`
