package truth

import (
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func (s *story) ratingFacts() []fact {
	var facts []fact
	for _, r := range s.ratings {
		if !r.Sent.IsZero() && !s.excludedAt(r.Sent) {
			facts = append(facts, fact{name: "helpdesk_csat_surveys_sent_total", at: r.Sent, bookable: r.Sent})
		}
		if !r.Scored.IsZero() && r.Score > 0 && !s.excludedAt(r.Scored) {
			facts = append(facts, fact{
				name: "helpdesk_csat_ratings_total", labels: labelled("score", strconv.Itoa(r.Score)),
				at: r.Scored, bookable: r.Scored,
			})
		}
	}
	return facts
}

// excludedAt reports whether the conversation was excluded at t.
func (s *story) excludedAt(t time.Time) bool {
	out := false
	for _, it := range s.items {
		if it.At.After(t) {
			break
		}
		switch it.change() {
		case helpdesk.ChangeExcluded:
			out = true
		case helpdesk.ChangeRestored:
			out = false
		}
	}
	return out
}
