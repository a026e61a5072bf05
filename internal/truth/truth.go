// Package truth is the naive measuring of conversations: the definitions of the
// documentation written down in the most obvious way, over the whole history at
// once, without a thought for speed or for what was known when. Tests compare
// the real measuring with it; it shares no code with that, and must not.
//
// It reads the words of internal/helpdesk and, as plain data, the policy of
// internal/kpi.
package truth

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Conversation is a conversation's newest row and everything that ever
// happened in it: messages, status changes, assignments, relabels and ratings,
// in any order and with any repetition.
type Conversation struct {
	Row     helpdesk.Conversation
	Records []helpdesk.Record
}

// Step is one booking of the program: facts that could first be booked at or
// before Watermark, and were not booked yet, are booked at Now.
type Step struct{ Now, Watermark time.Time }

// Options say how a source is measured.
type Options struct {
	Source       string
	Policy       kpi.Policy
	Floor        time.Time // facts from before it do not count
	FirstStart   time.Time // facts from before it are late
	PollInterval time.Duration
	Labels       []helpdesk.LabelName // the extra dimensions; the channel is always one
	// Promise returns the promised tier of a clock on a channel, false when
	// nothing is promised. Only [Gauges] reads it; nil promises nothing.
	Promise func(kpi.Clock, helpdesk.Channel) (kpi.Tier, bool)
}

// lateAfter is how long after it could first be booked a fact becomes late.
func (o *Options) lateAfter() time.Duration { return max(15*time.Minute, 3*o.PollInterval) }

// Values are metric values by series: name{label="value",…} with the labels
// sorted by name. A series that is not there is 0. Histograms are given by
// their _count and _sum.
type Values map[string]float64

// Counters returns every counter and histogram that the conversations give
// after the steps, which must be in the order of time; watermarks never fall.
func Counters(convs []Conversation, o Options, steps []Step) Values {
	all := Values{}
	book(convs, &o, steps, func(int) Values { return all })
	return all
}

// Booked returns what [Counters] has of each step.
func Booked(convs []Conversation, o Options, steps []Step) []Values {
	each := make([]Values, len(steps))
	for i := range each {
		each[i] = Values{}
	}
	book(convs, &o, steps, func(i int) Values { return each[i] })
	return each
}

// book adds up what each step books.
func book(convs []Conversation, o *Options, steps []Step, of func(step int) Values) {
	b := booking{options: o, steps: steps, of: of, messages: map[string]bool{}}
	for _, c := range convs {
		s := tell(c, o)
		b.book(s, s.openedFacts())
		b.book(s, b.unseen(s.messageFacts()))
		b.book(s, s.firstResponseFacts())
		b.book(s, s.turnFacts())
		b.book(s, s.resolutionFacts())
		b.book(s, s.closeFacts())
		b.book(s, s.reopenFacts())
		b.book(s, s.excludedFacts())
		b.book(s, s.handoffFacts())
		b.book(s, s.ratingFacts())
	}
}
