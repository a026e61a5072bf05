package dashboards

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"

// Colours by their names in Grafana, which has a dark and a light one of each.
const (
	plain  = "#6e7f8d" // nothing to judge
	dark   = "purple"  // blind: neither good nor bad
	good   = "green"
	fair   = "yellow"
	warned = "orange"
	bad    = "red"
)

// tierColors are the colours of the tiers, 1 to 5.
var tierColors = map[kpi.Tier]string{
	kpi.Unacceptable: "dark-red", kpi.BelowAverage: bad, kpi.Average: warned, kpi.AboveAverage: "light-green", kpi.Stellar: good,
}

var allTiers = []kpi.Tier{kpi.Unacceptable, kpi.BelowAverage, kpi.Average, kpi.AboveAverage, kpi.Stellar}

// tierMeanings name the numbers of tiers.
func tierMeanings() []meaning {
	var all []meaning
	for _, t := range allTiers {
		all = append(all, meaning{float64(t), "tier." + t.String(), tierColors[t]})
	}
	return all
}

// tierSteps are the colours of tiers by their number.
func tierSteps() []step {
	steps := []step{{color: plain}}
	for _, t := range allTiers {
		steps = append(steps, step{float64(t), tierColors[t]})
	}
	return steps
}

// csatSteps are the colours of a mean rating, by the limits of the tiers.
func csatSteps() []step {
	steps := []step{{color: tierColors[kpi.Unacceptable]}}
	for i := len(kpi.Tiers) - 1; i >= 0; i-- {
		steps = append(steps, step{kpi.CSATLimit(kpi.Tiers[i]), tierColors[kpi.Tiers[i]]})
	}
	return steps
}

// budgetSteps are the colours of what is left of an error budget.
func budgetSteps() []step { return []step{{color: bad}, {0, warned}, {0.25, fair}, {0.5, good}} }

// abandonedSteps change at the limit of the alert.
func abandonedSteps() []step { return []step{{color: good}, {kpi.AbandonedLimit, bad}} }

// waitSteps are the colours of a number that would best be 0. A promise allows some
// misses, and a desk of thousands an hour always has one: the budget says what is bad.
func waitSteps() []step { return []step{{color: good}, {1, warned}} }
