package kpi_test

import (
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestReopeningInTheGrace(t *testing.T) {
	runStories(t, []story{
		{
			name:  "a close that is reopened within the grace never was: the turn and the resolution go on",
			lines: "0h customer, 50m closed by ann, 80m reopened, 3h agent ann, 3h30m closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h (from 1h20m) sla_events_total first_response missed: stellar
				3h messages_total agent
				3h agent_replies_total of ann
				3h first_response_seconds 3h
				3h sla_events_total first_response met: above_average average below_average
				3h response_seconds 3h
				3h30m (from 4h) conversations_closed_total one_touch
				3h30m (from 4h) agent_closed_total of ann
				3h30m (from 4h) resolution_seconds 3h30m
				3h30m (from 4h) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "a limit that passes while the close is in its grace is booked when the reopening takes it back",
			lines: "0h customer, 3h50m closed by ann, 4h10m reopened, 5h agent ann, 6h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				4h (from 4h10m) sla_events_total first_response missed: above_average
				4h (from 4h10m) sla_events_total resolution missed: stellar
				5h messages_total agent
				5h agent_replies_total of ann
				5h first_response_seconds 5h
				5h sla_events_total first_response met: average below_average
				5h response_seconds 5h
				6h (from 6h30m) conversations_closed_total one_touch
				6h (from 6h30m) agent_closed_total of ann
				6h (from 6h30m) resolution_seconds 6h
				6h (from 6h30m) sla_events_total resolution met: above_average average below_average`,
		},
		{
			name:  "a reply that comes while the close is in its grace is booked when the reopening takes it back",
			lines: "0h customer, 20m closed by ann, 30m agent ann, 40m reopened, 3h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				30m messages_total agent
				30m agent_replies_total of ann
				30m first_response_seconds 30m
				30m (from 40m) sla_events_total first_response met: stellar above_average average below_average
				30m (from 40m) response_seconds 30m
				3h (from 3h30m) conversations_closed_total one_touch
				3h (from 3h30m) agent_closed_total of ann
				3h (from 3h30m) resolution_seconds 3h
				3h (from 3h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "a snooze within the grace takes the close back as a reopening does",
			lines: "0h customer, 50m closed by ann, 70m snoozed, 2h agent ann, 3h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h (from 1h10m) sla_events_total first_response missed: stellar
				2h messages_total agent
				2h agent_replies_total of ann
				2h first_response_seconds 2h
				2h sla_events_total first_response met: above_average average below_average
				2h response_seconds 2h
				3h (from 3h30m) conversations_closed_total one_touch
				3h (from 3h30m) agent_closed_total of ann
				3h (from 3h30m) resolution_seconds 3h
				3h (from 3h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "a close that has the cause of a snooze is that snooze, a reopening with the cause of a waking that waking",
			lines: "0h customer, 10m agent ann, 20m snoozed cause 7, 20m closed by ann cause 7, 26h opened cause 8, 26h reopened cause 8, 27h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				4h sla_events_total resolution missed: stellar
				12h sla_events_total resolution missed: above_average
				24h sla_events_total resolution missed: average
				27h (from 27h30m) conversations_closed_total one_touch
				27h (from 27h30m) agent_closed_total of ann
				27h (from 27h30m) resolution_seconds 27h
				27h (from 27h30m) sla_events_total resolution met: below_average`,
		},
		{
			name:  "the same close told twice is one",
			lines: "0h customer, 10m agent ann, 20m closed by ann, 21m closed by automation",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				20m (from 50m) conversations_closed_total one_touch
				20m (from 50m) agent_closed_total of ann
				20m (from 50m) resolution_seconds 20m
				20m (from 50m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "what is open is not reopened",
			lines: "0h customer, 10m agent ann, 15m reopened, 20m closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				20m (from 50m) conversations_closed_total one_touch
				20m (from 50m) agent_closed_total of ann
				20m (from 50m) resolution_seconds 20m
				20m (from 50m) sla_events_total resolution met: stellar above_average average below_average`,
		},
	})
}

func TestReopeningOfALastingClose(t *testing.T) {
	runStories(t, []story{
		{
			name:  "the cycle starts at the customer's last message between close and reopening; the time to resolve at the very first",
			lines: "0h customer, 10m agent ann, 20m closed by ann, 2h customer, 3h customer, 3h1m reopened, 4h agent ann, 5h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				20m (from 50m) conversations_closed_total one_touch
				20m (from 50m) agent_closed_total of ann
				20m (from 50m) resolution_seconds 20m
				20m (from 50m) sla_events_total resolution met: stellar above_average average below_average
				2h messages_total customer
				3h messages_total customer
				3h1m conversations_reopened_total one_touch
				4h messages_total agent
				4h agent_replies_total of ann
				4h sla_events_total next_response met: stellar above_average average below_average
				4h response_seconds 1h
				5h (from 5h30m) conversations_closed_total multi_touch
				5h (from 5h30m) agent_closed_total of ann
				5h (from 5h30m) resolution_seconds 5h
				5h (from 5h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "without a customer's message it starts at the event, and no turn is open",
			lines: "0h customer, 10m agent ann, 20m closed by ann, 3h reopened, 4h agent ann, 5h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				20m (from 50m) conversations_closed_total one_touch
				20m (from 50m) agent_closed_total of ann
				20m (from 50m) resolution_seconds 20m
				20m (from 50m) sla_events_total resolution met: stellar above_average average below_average
				3h conversations_reopened_total one_touch
				4h messages_total agent
				5h (from 5h30m) conversations_closed_total one_touch
				5h (from 5h30m) agent_closed_total of ann
				5h (from 5h30m) resolution_seconds 5h
				5h (from 5h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "a message within the grace whose reopening comes after it belongs to the next cycle; its facts wait for the event",
			lines: "0h customer, 10m agent ann, 20m closed by ann, 40m customer, 45m agent ann, 3h reopened, 5h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				20m (from 50m) conversations_closed_total one_touch
				20m (from 50m) agent_closed_total of ann
				20m (from 50m) resolution_seconds 20m
				20m (from 50m) sla_events_total resolution met: stellar above_average average below_average
				40m messages_total customer
				45m messages_total agent
				45m agent_replies_total of ann
				45m (from 3h) sla_events_total next_response met: stellar above_average average below_average
				45m (from 3h) response_seconds 5m
				3h conversations_reopened_total one_touch
				4h40m sla_events_total resolution missed: stellar
				5h (from 5h30m) conversations_closed_total multi_touch
				5h (from 5h30m) agent_closed_total of ann
				5h (from 5h30m) resolution_seconds 5h
				5h (from 5h30m) sla_events_total resolution met: above_average average below_average`,
		},
		{
			name:  "limits of the new cycle that passed before the reopening are booked with it",
			lines: "0h customer, 10m agent ann, 20m closed by ann, 1h customer, 6h reopened, 7h agent ann, 8h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				20m (from 50m) conversations_closed_total one_touch
				20m (from 50m) agent_closed_total of ann
				20m (from 50m) resolution_seconds 20m
				20m (from 50m) sla_events_total resolution met: stellar above_average average below_average
				1h messages_total customer
				2h (from 6h) sla_events_total next_response missed: stellar
				5h (from 6h) sla_events_total next_response missed: above_average
				5h (from 6h) sla_events_total resolution missed: stellar
				6h conversations_reopened_total one_touch
				7h messages_total agent
				7h agent_replies_total of ann
				7h sla_events_total next_response met: average below_average
				7h response_seconds 6h
				8h (from 8h30m) conversations_closed_total multi_touch
				8h (from 8h30m) agent_closed_total of ann
				8h (from 8h30m) resolution_seconds 8h
				8h (from 8h30m) sla_events_total resolution met: above_average average below_average`,
		},
		{
			name:  "a conversation that no customer wrote to is reopened without a clock",
			lines: "0h agent ann, 20m closed by ann, 3h reopened, 5h closed by ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				20m (from 50m) conversations_closed_total outbound
				20m (from 50m) agent_closed_total of ann
				3h conversations_reopened_total outbound
				5h (from 5h30m) conversations_closed_total outbound
				5h (from 5h30m) agent_closed_total of ann`,
		},
	})
}

func TestClosesThatNoEventTold(t *testing.T) {
	closedAt := func(at string) func(*kpi.Conversation) {
		return func(c *kpi.Conversation) {
			c.Row.Status, c.Row.Closed, c.Row.Updated = helpdesk.StatusClosed, instant(t, at), instant(t, "9h")
		}
	}
	runStories(t, []story{
		{
			name:  "a close that only the row's stamp tells is assumed at the stamp, by an agent, once the row told it",
			lines: "0h customer, 10m agent ann",
			with:  closedAt("3h"),
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				3h (from 9h) conversations_closed_total one_touch
				3h (from 9h) resolution_seconds 3h
				3h (from 9h) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "a stamp from before the last reopening is that of an earlier close",
			lines: "0h customer, 10m agent ann, 1h closed by ann, 2h reopened",
			with:  closedAt("1h"),
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				1h (from 1h30m) conversations_closed_total one_touch
				1h (from 1h30m) agent_closed_total of ann
				1h (from 1h30m) resolution_seconds 1h
				1h (from 1h30m) sla_events_total resolution met: stellar above_average average below_average
				2h conversations_reopened_total one_touch
				6h sla_events_total resolution missed: stellar
				14h sla_events_total resolution missed: above_average
				26h sla_events_total resolution missed: average
				74h sla_events_total resolution missed: below_average`,
		},
		{
			name:  "a stamp beside an event tells nothing new",
			lines: "0h customer, 10m agent ann, 3h closed by ann",
			with:  closedAt("3h0m1s"),
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				3h (from 3h30m) conversations_closed_total one_touch
				3h (from 3h30m) agent_closed_total of ann
				3h (from 3h30m) resolution_seconds 3h
				3h (from 3h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
	})
}
