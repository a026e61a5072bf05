package kpi

import (
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Fact is one increment of a counter or one observation of a histogram that is
// to be booked exactly once.
type Fact struct {
	Family *Family
	Extra  []string // the values of Family.Extra, in order; arrival is the booking's to add
	Agent  string   // of families by agent
	Value  float64  // seconds observed; 1 for a counter
	// At is the fact's own time: its labels are those of then, and what is
	// before a floor counts as booked.
	At int64
	// Ready is when the fact could first be booked: all that it depends on
	// happened by then.
	Ready  int64
	Labels helpdesk.Labels

	mark  *Marks
	flags Marks
}

// moment is a fact's place in the history: an instant and, where the fact is
// something that happened, that item's place among others of the same instant.
// What only time brings, a deadline, comes after all that happened then.
type moment struct {
	at   int64
	item *Item
}

func when(at int64) moment { return moment{at: at} }

func on(it *Item) moment { return moment{it.At, it} }

// follows reports whether an item had happened by the moment.
func (m moment) follows(it *Item) bool {
	if it.At != m.at || m.item == nil {
		return it.At <= m.at
	}
	return Compare(it, m.item) <= 0
}

// Book marks the fact as booked.
func (f *Fact) Book() { *f.mark |= f.flags }

// State is what a conversation is now, as far as is known.
type State struct {
	Status helpdesk.Status
	Labels helpdesk.Labels
	Agent  string // who holds it
	// Turn is the running turn's clock and start; Start 0: none is open.
	Turn Running
	// Cycle is the running resolution clock; Start 0: none.
	Cycle Running
}

// Running is a running clock.
type Running struct {
	Clock Clock
	Start int64
	// From is when it was last decided that the clock runs as it does: by a
	// reopening that took a close back, or by a change of the channel. A limit
	// that passed before was not known to pass until then; 0: from its start on.
	From int64
}

// Waiting reports whether a customer waits, and since when.
func (s *State) Waiting() (since int64, ok bool) {
	return s.Turn.Start, s.Status.Waits() && s.Turn.Start != 0
}

// Trace is the life of one clock instance, for people to check.
type Trace struct {
	Clock     Clock
	Start     int64
	Stop      int64 // 0 while it runs
	Why       string
	Deadlines [TierCount]int64 // in the order of Tiers
	Result    [TierCount]string
	Ready     int64 // when the end could first be booked
}

// Measurement is what [Measure] finds.
type Measurement struct {
	// Facts are those that are neither booked nor before the floor, those of
	// the future included: a running clock's deadlines, a close in its grace.
	Facts []Fact
	State State
	// Ended is when the conversation left the queues for good as far as is
	// known: its lasting close or exclusion; 0 while it lives.
	Ended  int64
	Clocks []Trace // of [Explain]
}

var (
	scoreValues = [6]string{"", "1", "2", "3", "4", "5"}
	authorValue = [...]string{
		helpdesk.AuthorCustomer: "customer", helpdesk.AuthorAgent: "agent", helpdesk.AuthorBot: "bot",
		helpdesk.AuthorRule: "bot", helpdesk.AuthorCampaign: "bot",
	}
)

// scoreValue is the label value of a score.
func scoreValue(score int) string {
	if score >= 1 && score < len(scoreValues) {
		return scoreValues[score]
	}
	return strconv.Itoa(score)
}
