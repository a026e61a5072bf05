package proof

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// numbers are values by labels, as Prometheus prints them.
type numbers map[string]float64

// only are the values that labels must have, several with | between them.
type only map[string]string

func (o only) has(l labels.Labels) bool {
	for name, value := range o {
		if !slices.Contains(strings.Split(value, "|"), l.Get(name)) {
			return false
		}
	}
	return true
}

// summed adds up values of a family by some labels.
func (m *month) summed(all truth.Values, family, by string, of only) numbers {
	out := numbers{}
	for text, v := range all {
		if l := m.labels(text); l.Get(labels.MetricName) == family && of.has(l) {
			out[grouped(l, by)] += v
		}
	}
	return out
}

func grouped(l labels.Labels, by string) string {
	return labels.New(slices.DeleteFunc(slices.Collect(func(yield func(labels.Label) bool) {
		for name := range strings.SplitSeq(by, " ") {
			if !yield(labels.Label{Name: name, Value: l.Get(name)}) {
				return
			}
		}
	}), func(l labels.Label) bool { return l.Value == "" })...).String()
}

// rose is how much a counter rose within a window before an instant: what was
// booked in it.
func (m *month) rose(at time.Time, w time.Duration, family, by string, of only) numbers {
	out := numbers{}
	for i, s := range m.steps {
		if s.Now.Before(at.Add(-w)) || !s.Now.Before(at) {
			continue
		}
		for key, v := range m.summed(m.booked[i], family, by, of) {
			out[key] += v
		}
	}
	return out
}

// over divides sums by sums.
func (n numbers) over(whole numbers) numbers {
	out := numbers{}
	for key, w := range whole {
		if w > 0 {
			out[key] = n[key] / w
		}
	}
	return out
}

// mean is that of a histogram within a window before an instant.
func (m *month) mean(at time.Time, w time.Duration, family, by string) numbers {
	return m.rose(at, w, family+"_sum", by, nil).over(m.rose(at, w, family+"_count", by, nil))
}

const (
	events   = "helpdesk_sla_events_total"
	closed   = "helpdesk_conversations_closed_total"
	opened   = "helpdesk_conversations_opened_total"
	ratings  = "helpdesk_csat_ratings_total"
	answered = "one_touch|multi_touch|self_service|abandoned|unanswered" // outcomes of what customers wrote
)

// attained is the share of the events of a tier that were met; a day's are those
// that were learned live.
func (m *month) attained(w time.Duration, tier kpi.Tier, by string) (share, n numbers) {
	of := only{"tier": tier.String()}
	if w <= day {
		of["arrival"] = "live"
	}
	all := m.rose(m.end, w, events, by, of)
	of = maps.Clone(of)
	of["result"] = "met"
	return m.rose(m.end, w, events, by, of).over(all), all
}

// share is how many of the closes within a week had an outcome, of those of
// conversations in which a customer wrote.
func (m *month) share(at time.Time, outcome kpi.Outcome) numbers {
	part := m.rose(at, 7*day, closed, "source", only{"outcome": string(outcome)})
	return part.over(m.rose(at, 7*day, closed, "source", only{"outcome": answered}))
}

// meanRating is the mean score of a week's ratings.
func (m *month) meanRating(at time.Time) numbers {
	sum, n := numbers{}, m.rose(at, 7*day, ratings, "source", nil)
	for score := 1; score <= 5; score++ {
		for key, v := range m.rose(at, 7*day, ratings, "source", only{"score": strconv.Itoa(score)}) {
			sum[key] += float64(score) * v
		}
	}
	return sum.over(n)
}

// levels are the service levels of a week: the highest level that was reached,
// and each below it, where every level has enough events.
func (m *month) levels(by string) numbers {
	out := numbers{}
	_, all := m.attained(7*day, kpi.Stellar, by)
	for key := range all {
		level, known := kpi.Unacceptable, true
		reached := true
		for i := len(kpi.Tiers) - 1; i >= 0; i-- { // the lowest first
			share, n := m.attained(7*day, kpi.Tiers[i], by)
			known = known && n[key] >= 10
			if reached = reached && share[key] >= 0.8; reached {
				level = kpi.Tiers[i]
			}
		}
		if known {
			out[key] = float64(level)
		}
	}
	return out
}

// least is the least of each group.
func (m *month) least(of numbers, by string) numbers {
	out := numbers{}
	for text, v := range of {
		key := grouped(m.labels(text), by)
		if old, ok := out[key]; !ok || v < old {
			out[key] = v
		}
	}
	return out
}

// budget is what is left of the promise's error budget.
func (m *month) budget() numbers {
	share, _ := m.attained(28*day, kpi.AboveAverage, "source channel clock")
	out := numbers{}
	for key, met := range share {
		out[key] = 1 - (1-met)/(1-0.8)
	}
	return out
}

// kept is 2 for a source that keeps its promise on every clock, 1 for one that does not.
func (m *month) kept() numbers {
	out := m.least(m.budget(), "source")
	for source, left := range out {
		if out[source] = 1; left >= 0 {
			out[source] = 2
		}
	}
	return out
}

// hours are the openings of four weeks by hour and weekday of the schedule's
// clock; 1 is Monday.
func (m *month) hours(berlin *time.Location) numbers {
	out := numbers{}
	for at := m.end; at.After(m.end.Add(-28 * day)); at = at.Add(-time.Hour) {
		local := at.Add(-30 * time.Minute).In(berlin)
		key := labels.FromStrings("hour", strconv.Itoa(local.Hour()), "weekday", strconv.Itoa((int(local.Weekday())+6)%7+1)).String()
		for _, v := range m.rose(at, time.Hour, opened, "source", only{"arrival": "live"}) {
			out[key] += v
		}
	}
	return out
}

// known is when the exporter had read everything up to an instant.
func (m *month) known(at time.Time) (time.Time, bool) {
	for _, s := range m.steps {
		if !s.Watermark.Before(at) {
			return s.Now, true
		}
	}
	return time.Time{}, false
}

// agent are the labels of an agent's series.
func (m *month) agent(id string) string {
	name := id
	m.desk.Read(func(b *simulator.Books) {
		n, err := strconv.ParseInt(id, 10, 64)
		if u := b.User(n); err == nil && u != nil {
			name = u.Name
		}
	})
	return labels.FromStrings("agent", name, "source", "shop").String()
}

// held are the conversations that agents hold now.
func (m *month) held() numbers {
	out := numbers{}
	for _, c := range m.conversations {
		if c.Row.Status.Live() && c.Row.Agent != "" {
			out[m.agent(c.Row.Agent)]++
		}
	}
	return out
}

// onDuty is how many agents are on their shift.
func (m *month) onDuty() numbers {
	n := 0.0
	m.desk.Read(func(b *simulator.Books) {
		for _, u := range b.Users {
			if !u.Bot && onShift(&u, m.end.Add(-time.Minute)) {
				n++
			}
		}
	})
	return numbers{ofShop: n}
}

// replies are agents' answers within a window: several messages in a row are one
// answer, of who began it.
func (m *month) replies(w time.Duration) numbers {
	out := numbers{}
	for _, c := range m.conversations {
		var said []helpdesk.Message
		for _, r := range c.Records {
			if msg, ok := r.(helpdesk.Message); ok && msg.Public && !msg.Undelivered {
				said = append(said, msg)
			}
		}
		slices.SortStableFunc(said, func(a, b helpdesk.Message) int { return a.At.Compare(b.At) })
		answering := false
		for _, msg := range said {
			switch msg.Author {
			case helpdesk.AuthorCustomer:
				answering = false
			case helpdesk.AuthorAgent:
				if at, ok := m.known(msg.At); ok && !answering && !at.Before(m.end.Add(-w)) && at.Before(m.end) {
					out[m.agent(msg.Agent)]++
				}
				answering = true
			}
		}
	}
	return out
}
