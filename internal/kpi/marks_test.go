package kpi_test

import (
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// book books what is ready by an instant of the story, as the engine does with
// the watermark, and tells it.
func book(t testing.TB, c *kpi.Conversation, mark string) string {
	t.Helper()
	var booked []kpi.Fact
	for _, f := range kpi.Measure(policy(), c).Facts {
		if f.Ready <= instant(t, mark) {
			booked = append(booked, f)
		}
	}
	for i := range booked {
		booked[i].Book()
	}
	return told(booked)
}

func TestWhatIsBookedIsNotToldAgain(t *testing.T) {
	for _, lines := range []string{
		"0h customer, 2h agent ann, 3h customer, 9h agent ann, 10h closed by ann",
		"0h agent ann, 1h closed by ann, 2h customer, 3h reopened, 4h closed by ann",
		"0h customer, 1h excluded spam, 2h restored, 3h customer, 4h closed by ann",
		"0h customer, 20m closed by ann, 30m agent ann, 40m reopened, 3h closed by ann",
		"0h bot, 1h assigned bot helper, 2h assigned ann, 3h team Sales Support, 4h closed by ann",
		"0h customer",
	} {
		t.Run(lines, func(t *testing.T) {
			c := conversation(t, lines)
			want := told(kpi.Measure(policy(), c).Facts)
			if want == "" {
				t.Fatal("the story tells nothing")
			}
			same(t, book(t, c, "1000h"), want)
			same(t, told(kpi.Measure(policy(), c).Facts), "")
		})
	}
}

func TestFactsAreBookedInPieces(t *testing.T) {
	c := conversation(t, "0h customer, 2h agent ann, 3h closed by ann")
	for _, step := range []struct{ mark, want string }{
		{"0h", `
			0s messages_total customer
			0s conversations_opened_total customer`},
		{"59m59s", ``},
		{"1h", `1h sla_events_total first_response missed: stellar`},
		{"3h29m59s", `
			2h messages_total agent
			2h agent_replies_total of ann
			2h first_response_seconds 2h
			2h sla_events_total first_response met: above_average average below_average
			2h response_seconds 2h`},
		{"3h30m", `
			3h (from 3h30m) conversations_closed_total one_touch
			3h (from 3h30m) agent_closed_total of ann
			3h (from 3h30m) resolution_seconds 3h
			3h (from 3h30m) sla_events_total resolution met: stellar above_average average below_average`},
		{"1000h", ``},
	} {
		t.Run("up to "+step.mark, func(t *testing.T) { same(t, book(t, c, step.mark), step.want) })
	}
}

// behind is a story of which a part is booked before the rest is read.
type behind struct {
	name   string
	lines  string
	booked string // up to here
	rest   string // what is read then
	then   string // what is told then
}

func TestRecordsFromBehindBookNothingTwice(t *testing.T) {
	for _, s := range []behind{
		{
			name:  "an earlier first message is counted; the turn that it now opens was booked",
			lines: "1h customer, 90m agent ann, 2h closed by ann", booked: "3h",
			rest: "30m customer",
			then: `
				30m messages_total customer`,
		},
		{
			name:  "an earlier first message by the team does not open the conversation again",
			lines: "1h customer, 90m agent ann, 2h closed by ann", booked: "3h",
			rest: "30m agent ben",
			then: `
				30m messages_total agent
				30m agent_replies_total of ben`,
		},
		{
			name:  "a reply that splits a turn that was booked: its first part was judged, the second is a turn of its own",
			lines: "0h customer, 90m customer, 2h agent ann, 3h closed by ann", booked: "4h",
			rest: "1h agent ann",
			then: `
				1h messages_total agent
				1h agent_replies_total of ann
				2h sla_events_total next_response met: stellar above_average average below_average
				2h response_seconds 30m`,
		},
		{
			name:  "a reply from before a deadline that was booked as missed",
			lines: "0h customer", booked: "5h",
			rest: "30m agent ann",
			then: `
				30m messages_total agent
				30m agent_replies_total of ann
				30m first_response_seconds 30m
				30m sla_events_total first_response met: average below_average
				30m response_seconds 30m
				12h sla_events_total resolution missed: above_average
				24h sla_events_total resolution missed: average
				72h sla_events_total resolution missed: below_average`,
		},
		{
			name:  "an earlier message of a run of replies that was booked as one",
			lines: "0h customer, 10m agent ann", booked: "1h",
			rest: "5m agent ben",
			then: `
				5m messages_total agent
				4h sla_events_total resolution missed: stellar
				12h sla_events_total resolution missed: above_average
				24h sla_events_total resolution missed: average
				72h sla_events_total resolution missed: below_average`,
		},
		{
			name:  "the same close told twice, the earlier one last",
			lines: "0h customer, 10m agent ann, 20m closed by ann", booked: "1h",
			rest: "19m closed by automation",
			then: ``,
		},
		{
			name:  "the same close told twice, the later one last",
			lines: "0h customer, 10m agent ann, 20m closed by ann", booked: "1h",
			rest: "21m closed by automation",
			then: ``,
		},
		{
			name:  "a reopening that would have taken back a close that was booked",
			lines: "0h customer, 10m agent ann, 20m closed by ann", booked: "1h",
			rest: "30m reopened, 2h closed by ann",
			then: `
				2h (from 2h30m) conversations_closed_total one_touch
				2h (from 2h30m) agent_closed_total of ann
				2h (from 2h30m) resolution_seconds 2h`,
		},
		{
			name:  "an exclusion after one that was booked, and one before it",
			lines: "0h agent ann, 2h excluded spam", booked: "3h",
			rest: "1h excluded deleted, 1h30m restored, 4h restored, 5h excluded deleted",
			then: ``,
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			c := conversation(t, s.lines)
			if book(t, c, s.booked) == "" {
				t.Fatal("nothing was booked")
			}
			more(t, c, s.rest)
			same(t, told(kpi.Measure(policy(), c).Facts), s.then)
		})
	}
}

func TestAnAssumedCloseThatWasBookedStays(t *testing.T) {
	c := conversation(t, "0h customer, 10m agent ann")
	open := *c.Row
	c.Row.Status, c.Row.Closed, c.Row.Updated = helpdesk.StatusClosed, instant(t, "20m"), instant(t, "20m")
	book(t, c, "1h")

	c.Row = &open
	c.Row.Updated = instant(t, "2h")
	more(t, c, "2h reopened")
	same(t, told(kpi.Measure(policy(), c).Facts), `
		2h conversations_reopened_total one_touch
		6h sla_events_total resolution missed: stellar
		14h sla_events_total resolution missed: above_average
		26h sla_events_total resolution missed: average
		74h sla_events_total resolution missed: below_average`)
}

func TestAnAssumedRestorationStaysWhenTheRowIsUpdatedAgain(t *testing.T) {
	c := conversation(t, "0h customer, 10m excluded spam")
	c.Row.Status, c.Row.Excluded, c.Row.Updated = helpdesk.StatusOpen, helpdesk.NotExcluded, instant(t, "50m")
	book(t, c, "55m")
	more(t, c, "60m customer")
	c.Row.Updated = instant(t, "2h")
	same(t, book(t, c, "60m"), `1h messages_total customer`)
}

func TestFactsBeforeTheFloorCountAsBooked(t *testing.T) {
	c := conversation(t, "0h customer, 2h agent ann, 3h customer, 5h agent ann, 6h closed by ann")
	c.Floor = instant(t, "4h")
	same(t, told(kpi.Measure(policy(), c).Facts), `
		4h sla_events_total next_response missed: stellar
		4h sla_events_total resolution missed: stellar
		5h messages_total agent
		5h agent_replies_total of ann
		5h sla_events_total next_response met: above_average average below_average
		5h response_seconds 2h
		6h (from 6h30m) conversations_closed_total multi_touch
		6h (from 6h30m) agent_closed_total of ann
		6h (from 6h30m) resolution_seconds 6h
		6h (from 6h30m) sla_events_total resolution met: above_average average below_average`)
}
