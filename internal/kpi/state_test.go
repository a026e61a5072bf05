package kpi_test

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// now tells what a conversation is.
func now(m kpi.Measurement) string {
	s := m.State
	text := s.Status.String()
	if at, ok := s.Waiting(); ok {
		text += ", waits since " + since(at)
	}
	if s.Turn.Start != 0 {
		text += fmt.Sprintf(", %s since %s", s.Turn.Clock, since(s.Turn.Start))
	}
	if s.Cycle.Start != 0 {
		text += fmt.Sprintf(", %s since %s", s.Cycle.Clock, since(s.Cycle.Start))
	}
	if s.Agent != "" {
		text += ", held by " + s.Agent
	}
	if m.Ended != 0 {
		text += ", ended " + since(m.Ended)
	}
	return text
}

func TestWhatAConversationIsNow(t *testing.T) {
	for _, tc := range []struct{ name, lines, want string }{
		{"a question that nobody answered", "0h customer, 1h customer", "open, waits since 0s, first_response since 0s, resolution since 0s"},
		{"answered: the resolution runs on", "0h customer, 1h assigned ann, 2h agent ann", "open, resolution since 0s, held by ann"},
		{"asked again", "0h customer, 1h agent ann, 2h customer", "open, waits since 2h, next_response since 2h, resolution since 0s"},
		{"snoozed: the customer does not wait, the clocks run", "0h customer, 1h snoozed", "snoozed, first_response since 0s, resolution since 0s"},
		{"pending as well", "0h customer, 1h pending", "pending, first_response since 0s, resolution since 0s"},
		{"on hold as well", "0h customer, 1h on_hold", "on_hold, first_response since 0s, resolution since 0s"},
		{"the team wrote, the customer did not: no clock", "0h agent ann", "open"},
		{"a close in its grace stops the clocks for now", "0h customer, 1h closed by ann", "closed, ended 1h"},
		{"reopened within it, they never stopped", "0h customer, 1h closed by ann, 80m reopened", "open, waits since 0s, first_response since 0s, resolution since 0s"},
		{"reopened after it, a new cycle runs", "0h customer, 1h closed by ann, 3h customer, 4h reopened", "open, waits since 3h, next_response since 3h, resolution since 3h"},
		{"thanks after a close change nothing", "0h customer, 1h closed by ann, 3h customer", "closed, ended 1h"},
		{"excluded", "0h customer, 1h excluded merged", "excluded, ended 1h"},
		{"restored: no clock runs until the customer writes", "0h customer, 1h excluded spam, 2h restored", "open"},
		{"and then a turn does", "0h customer, 1h excluded spam, 2h restored, 3h customer", "open, waits since 3h, next_response since 3h"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if d := gocmp.Diff(tc.want, now(kpi.Measure(policy(), conversation(t, tc.lines)))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestTheNewerOfRowAndEventTellsTheStatus(t *testing.T) {
	c := conversation(t, "0h customer, 1h snoozed")
	c.Row.Status, c.Row.Updated = helpdesk.StatusOpen, instant(t, "30m")
	if got := kpi.Measure(policy(), c).State.Status; got != helpdesk.StatusSnoozed {
		t.Errorf("an event that is newer than the row: %s, want snoozed", got)
	}
	c.Row.Updated = instant(t, "2h")
	if got := kpi.Measure(policy(), c).State.Status; got != helpdesk.StatusOpen {
		t.Errorf("a row that is newer than the event: %s, want open", got)
	}
}

// What leaves the ledger before its last fact would be booked again if it came back.
func TestAConversationThatWasClosedWhileExcludedEndsAfterItsLastDeadline(t *testing.T) {
	c := conversation(t, "0h customer, 1h excluded spam, 2h closed by ann, 3h restored, 4h customer")
	c.Row.Status, c.Row.Closed, c.Row.Updated = helpdesk.StatusClosed, instant(t, "2h"), instant(t, "4h")
	if d := gocmp.Diff("closed, next_response since 4h, ended 76h", now(kpi.Measure(policy(), c))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestTheLifeOfEveryClock(t *testing.T) {
	c := conversation(t, "0h customer, 2h agent ann, 3h customer, 4h closed by ann, 9h customer, 9h reopened")
	h := func(n ...float64) (d [kpi.TierCount]int64) {
		for i, v := range n {
			d[i] = monday.Add(time.Duration(v * float64(time.Hour))).UnixNano()
		}
		return d
	}
	at := func(n float64) int64 { return h(n)[0] }
	want := []kpi.Trace{
		{
			Clock: kpi.FirstResponse, Start: at(0), Stop: at(2), Why: "reply", Ready: at(2),
			Deadlines: h(1, 4, 24, 72), Result: [kpi.TierCount]string{"missed", "met", "met", "met"},
		},
		{
			Clock: kpi.Resolution, Start: at(0), Stop: at(4), Why: "close", Ready: at(4.5),
			Deadlines: h(4, 12, 24, 72), Result: [kpi.TierCount]string{"met", "met", "met", "met"},
		},
		{
			Clock: kpi.NextResponse, Start: at(3), Stop: at(4), Why: "close", Ready: at(4.5),
			Deadlines: h(4, 7, 27, 75), Result: [kpi.TierCount]string{"missed", "cancelled", "cancelled", "cancelled"},
		},
		{
			Clock: kpi.NextResponse, Start: at(9), Why: "runs", Ready: 1<<63 - 1,
			Deadlines: h(10, 13, 33, 81), Result: [kpi.TierCount]string{"missed", "missed", "missed", "missed"},
		},
		{
			Clock: kpi.Resolution, Start: at(9), Why: "runs", Ready: 1<<63 - 1,
			Deadlines: h(13, 21, 33, 81), Result: [kpi.TierCount]string{"missed", "missed", "missed", "missed"},
		},
	}
	if d := gocmp.Diff(want, kpi.Explain(policy(), c).Clocks); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestOrderOfItemsAtOneInstant(t *testing.T) {
	message := kpi.Item{Kind: kpi.ItemMessage, ID: "b", At: 1, Lane: helpdesk.LaneMessages, Seq: 9}
	event := kpi.Item{Kind: kpi.ItemStatus, ID: "a", At: 1, Lane: helpdesk.LaneEvents, Seq: 1}
	second := kpi.Item{Kind: kpi.ItemStatus, ID: "0", At: 1, Lane: helpdesk.LaneEvents, Seq: 2}
	earlier := kpi.Item{Kind: kpi.ItemStatus, ID: "z", At: 0, Lane: helpdesk.LaneEvents, Seq: 7}
	c := kpi.Conversation{Items: []kpi.Item{second, event, message, earlier}}
	c.Sort()
	if d := gocmp.Diff([]kpi.Item{earlier, message, event, second}, c.Items); d != "" {
		t.Errorf("time, then messages before events, then the vendor's sequence (-want +got)\n%s", d)
	}
}

func TestInstantsKeepTheZeroTime(t *testing.T) {
	if kpi.Instant(time.Time{}) != 0 || !kpi.Time(0).IsZero() {
		t.Error("the zero time is no instant")
	}
	if got := kpi.Time(kpi.Instant(monday.Add(time.Nanosecond))); !got.Equal(monday.Add(time.Nanosecond)) {
		t.Errorf("%s, want a nanosecond after %s", got, monday)
	}
}
