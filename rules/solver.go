package rules

import (
	"fmt"
	"math"
	"time"
)

// Burn is an alert on the rate at which an error budget burns: a rate of 1
// spends the whole budget in the whole window of the promise.
type Burn struct {
	Long   time.Duration // the window that decides
	Short  time.Duration // the window that tells when it is over; Long: there is none
	Factor float64       // the rate above which it fires
	Spend  float64       // share of the budget that this rate spends in the long window
	// Margin keeps chance from firing it: of n events, at least
	// (sqrt(n * (1 - objective)) + Margin)² must be missed. So it never fires on
	// fewer than Margin² missed events, at whatever volume.
	Margin float64
}

// pace is a kind of burn-rate alert: how much of the budget may be gone, within
// which windows, before somebody is told.
type pace struct {
	name    string
	spend   float64 // share of the budget that the long window would spend
	windows []time.Duration
}

const hour = time.Hour

// The paces are the textbook's, 2 % within an hour and 10 % within a day, and
// longer windows for objectives and volumes at which those cannot fire.
var (
	fast = pace{"fast", 0.02, []time.Duration{hour, 2 * hour, 3 * hour, 4 * hour, 6 * hour, 8 * hour, 12 * hour}}
	slow = pace{"slow", 0.10, []time.Duration{day, 36 * hour, 2 * day, 3 * day, 4 * day}}
)

// shorts are the windows that may tell when a burn is over.
var shorts = []time.Duration{
	5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	hour, 2 * hour, 3 * hour, 4 * hour, 6 * hour, 8 * hour, 12 * hour, day, 2 * day,
}

const (
	// highestRatio is the highest error ratio that an alert may ask for: a burn
	// in which a quarter of the events are still met has to fire.
	highestRatio = 0.75
	// certainty is the least probability that a window in which every event is
	// missed has enough of them.
	certainty = 0.9
	// falseAlarms is how often an alert may fire within 28 days by chance, at a
	// desk that just keeps its promise.
	falseAlarms = 0.1
	// heard is how many events a short window must be expected to have: one of
	// fewer often has none, and tells nothing.
	heard = 5
)

// solve chooses the shortest window of a pace in which an alert can fire at
// this objective and volume, and stays quiet by chance at any volume. The error
// says why there is none.
func (p pace) solve(objective float64, window time.Duration, perHour float64) (Burn, error) {
	budget := 1 - objective
	last := p.windows[len(p.windows)-1]
	if ratio := p.factor(last, window) * budget; ratio > highestRatio {
		return Burn{}, fmt.Errorf("it would ask for %s times the promised rate over %s, an error ratio of %s, and has to fire at %s: "+
			"raise the objective, or shorten the window of the promise", short(p.factor(last, window)), dur(last), short(ratio), num(highestRatio))
	}
	var reason error
	for _, long := range p.windows {
		if long >= window {
			break
		}
		b := Burn{Long: long, Factor: p.factor(long, window)}
		b.Spend = b.Factor * long.Hours() / window.Hours()
		if b.Factor*budget > highestRatio {
			continue
		}
		b.Margin = margin(b.Factor, falseAlarms*long.Hours()/(28*day).Hours())
		events, needed := perHour*long.Hours(), fewest(budget, b.Margin)
		if atLeast(events, needed) >= certainty {
			b.Short = p.short(long, perHour)
			return b, nil
		}
		reason = fmt.Errorf("%s events an hour are too few: within %s it takes %d to tell a burn from chance, and %s are expected",
			short(perHour), dur(long), needed, short(events))
	}
	if reason == nil {
		reason = fmt.Errorf("the promise's window of %s is too short for any of the alert's windows", dur(window))
	}
	return Burn{}, reason
}

// factor is the burn rate that spends the pace's share of the budget within
// long; 1 at least, which a promise that is just kept has.
func (p pace) factor(long, window time.Duration) float64 {
	return math.Max(1, p.spend*window.Hours()/long.Hours())
}

// short is the shortest window of at least a twelfth of the long one in which
// events are heard of; more than half of it would tell nothing.
func (p pace) short(long time.Duration, perHour float64) time.Duration {
	for _, s := range shorts {
		if s >= long/12 && s <= long/2 && perHour*s.Hours() >= heard {
			return s
		}
	}
	return long
}

// margin is the least margin with which an alert of this factor fires by chance
// at most so often a window, whatever number of missed events is usual.
func margin(factor, often float64) float64 {
	for m := 1.0; ; m += 0.05 {
		if worst(factor, m) <= often {
			return math.Round(m*100) / 100
		}
	}
}

// worst is how often a window an alert fires by chance where that is most often:
// over the numbers of missed events that are usual, from next to none to more
// than any desk has.
func worst(factor, margin float64) float64 {
	most := 0.0
	for mean := 0.001; mean < 1e5; mean *= 1.05 {
		missed := math.Max(math.Pow(math.Sqrt(mean)+margin, 2), factor*mean)
		most = math.Max(most, crossings(mean, math.Ceil(missed)))
	}
	return most
}

// crossings is how often a window the number of events in it reaches k, of
// events that are independent of each other: each of the mean events comes on
// top of k-1 with the probability that there are so many.
func crossings(mean, k float64) float64 {
	gamma, _ := math.Lgamma(k + 1)
	return k * math.Exp(k*math.Log(mean)-mean-gamma)
}

// fewest is the least number of events that fires an alert when all are missed.
func fewest(budget, margin float64) int {
	return int(math.Ceil(math.Pow(margin/(1-math.Sqrt(budget)), 2)))
}

// atLeast is the probability of k or more events where mean are expected, of
// events that are independent of each other (Poisson).
func atLeast(mean float64, k int) float64 {
	if mean > 500 { // k is far below, and the first term too small for a number
		return 1
	}
	below, term := 0.0, math.Exp(-mean)
	for i := range k {
		below += term
		term *= mean / float64(i+1)
	}
	return max(0, 1-below)
}

func percent(ratio float64) string { return short(100 * ratio) }

// short writes a number with up to three digits that matter.
func short(v float64) string { return num(round(v)) }

// round leaves the digits that matter to people.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }
