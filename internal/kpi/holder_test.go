package kpi_test

import (
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestHandleTime(t *testing.T) {
	runStories(t, []story{
		{
			name:  "from the first assignment to an agent to the lasting close, and counted for the agent who closed it",
			lines: "0h agent ann, 1h assigned team, 2h assigned ann, 3h assigned ben, 4h closed by cy",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				3h handoffs_total agent agent
				3h handoff_seconds agent agent 3h
				4h (from 4h30m) conversations_closed_total outbound
				4h (from 4h30m) agent_closed_total of cy
				4h (from 4h30m) handle_seconds 2h
				4h (from 4h30m) agent_handle_seconds of cy 2h`,
		},
		{
			name:  "none without an assignment",
			lines: "0h agent ann, 4h closed by ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				4h (from 4h30m) conversations_closed_total outbound
				4h (from 4h30m) agent_closed_total of ann`,
		},
		{
			name:  "a bot's assignment is none",
			lines: "0h agent ann, 1h assigned bot helper, 4h closed by automation",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				4h (from 4h30m) conversations_closed_total outbound`,
		},
		{
			name:  "an assignee carried over into a cycle counts from the cycle's start",
			lines: "0h agent ann, 0h assigned ann, 1h closed by ann, 2h customer, 3h reopened, 4h closed by ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				1h (from 1h30m) handle_seconds 1h
				1h (from 1h30m) agent_handle_seconds of ann 1h
				2h messages_total customer
				3h conversations_reopened_total outbound
				3h sla_events_total next_response missed: stellar
				4h (from 4h30m) conversations_closed_total one_touch
				4h (from 4h30m) agent_closed_total of ann
				4h (from 4h30m) resolution_seconds 2h
				4h (from 4h30m) handle_seconds 2h
				4h (from 4h30m) agent_handle_seconds of ann 2h
				4h (from 4h30m) sla_events_total resolution met: stellar above_average average below_average
				4h (from 4h30m) clocks_cancelled_total next_response`,
		},
		{
			name:  "without a customer's message the cycle starts at the reopening",
			lines: "0h agent ann, 0h assigned ann, 1h closed by ann, 3h reopened, 4h closed by ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				1h (from 1h30m) handle_seconds 1h
				1h (from 1h30m) agent_handle_seconds of ann 1h
				3h conversations_reopened_total outbound
				4h (from 4h30m) conversations_closed_total outbound
				4h (from 4h30m) agent_closed_total of ann
				4h (from 4h30m) handle_seconds 1h
				4h (from 4h30m) agent_handle_seconds of ann 1h`,
		},
		{
			name:  "an agent who got it between the customer's message and the reopening counts from then",
			lines: "0h agent ann, 1h closed by ann, 2h customer, 2h30m assigned ben, 3h reopened, 4h closed by ben",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				2h messages_total customer
				3h conversations_reopened_total outbound
				3h sla_events_total next_response missed: stellar
				4h (from 4h30m) conversations_closed_total one_touch
				4h (from 4h30m) agent_closed_total of ben
				4h (from 4h30m) resolution_seconds 2h
				4h (from 4h30m) handle_seconds 1h30m
				4h (from 4h30m) agent_handle_seconds of ben 1h30m
				4h (from 4h30m) sla_events_total resolution met: stellar above_average average below_average
				4h (from 4h30m) clocks_cancelled_total next_response`,
		},
	})
}

func TestHandoffs(t *testing.T) {
	runStories(t, []story{
		{
			name:  "a first assignment is none, from nobody or out of a team's queue",
			lines: "0h agent ann, 1h assigned team, 2h assigned ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann`,
		},
		{
			name:  "from one agent to another, to a team's queue, and out of it again",
			lines: "0h agent ann, 1h assigned ann, 2h assigned ben, 3h assigned team, 4h assigned ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				2h handoffs_total agent agent
				2h handoff_seconds agent agent 2h
				3h handoffs_total agent team
				3h handoff_seconds agent team 3h
				4h handoffs_total team agent
				4h handoff_seconds team agent 4h`,
		},
		{
			name:  "from a bot to a team, to an agent and back",
			lines: "0h agent ann, 1h assigned bot helper, 2h assigned team, 3h assigned ann, 4h assigned bot helper",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				2h handoffs_total bot team
				2h handoff_seconds bot team 2h
				3h handoffs_total team agent
				3h handoff_seconds team agent 3h
				4h handoffs_total agent bot
				4h handoff_seconds agent bot 4h`,
		},
		{
			name:  "nobody is no holder; the same agent again is no change",
			lines: "0h agent ann, 1h assigned ann, 2h assigned ann, 3h unassigned, 4h assigned ben",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann`,
		},
		{
			name:  "a change of the team is one while the team's queue holds it, and not while an agent does",
			lines: "0h agent ann, 1h team Sales Support, 2h assigned ann, 3h team Support Sales",
			facts: `
				0s [email Sales] messages_total agent
				0s [email Sales] conversations_opened_total agent
				0s [email Sales] agent_replies_total of ann
				1h [email Support] handoffs_total team team
				1h [email Support] handoff_seconds team team 1h`,
		},
		{
			name:  "a first team is no change",
			lines: "0h agent ann, 1h team - Support",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann`,
		},
		{
			name:  "none while it is excluded",
			lines: "0h agent ann, 1h assigned ann, 2h excluded spam, 3h team Sales Support, 4h assigned ben",
			facts: `
				0s [email Sales] messages_total agent
				0s [email Sales] conversations_opened_total agent
				0s [email Sales] agent_replies_total of ann
				2h [email Sales] conversations_excluded_total spam`,
		},
	})
}

func TestFailure19LabelsAreThoseOfTheFactsOwnTime(t *testing.T) {
	runStories(t, []story{
		{
			name:  "a team's facts stay with it when another takes the conversation over; the deadline is the new team's",
			lines: "0h customer, 30m agent ann, 1h team Sales Support, 5h closed by ann",
			facts: `
				0s [email Sales] messages_total customer
				0s [email Sales] conversations_opened_total customer
				30m [email Sales] messages_total agent
				30m [email Sales] agent_replies_total of ann
				30m [email Sales] first_response_seconds 30m
				30m [email Sales] sla_events_total first_response met: stellar above_average average below_average
				30m [email Sales] response_seconds 30m
				1h [email Support] handoffs_total team team
				1h [email Support] handoff_seconds team team 1h
				4h [email Support] sla_events_total resolution missed: stellar
				5h (from 5h30m) [email Support] conversations_closed_total one_touch
				5h (from 5h30m) [email Support] agent_closed_total of ann
				5h (from 5h30m) [email Support] resolution_seconds 5h
				5h (from 5h30m) [email Support] sla_events_total resolution met: above_average average below_average`,
		},
		{
			name:  "within one instant they are those of the fact's place in the helpdesk's sequence; a deadline comes after all",
			lines: "0h customer, 0h team Sales Support, 4h closed by ann, 4h team Support Returns",
			facts: `
				0s [email Sales] messages_total customer
				0s [email Sales] conversations_opened_total customer
				0s [email Support] handoffs_total team team
				0s [email Support] handoff_seconds team team 0s
				1h [email Support] sla_events_total first_response missed: stellar
				4h (from 4h30m) [email Support] conversations_closed_total unanswered
				4h (from 4h30m) [email Support] agent_closed_total of ann
				4h (from 4h30m) [email Support] resolution_seconds 4h
				4h (from 4h30m) [email Support] sla_events_total resolution met: stellar above_average average below_average
				4h (from 4h30m) [email Returns] sla_events_total first_response missed: above_average
				4h (from 4h30m) [email Support] clocks_cancelled_total first_response
				4h [email Returns] handoffs_total team team
				4h [email Returns] handoff_seconds team team 4h`,
		},
	})
}

// The channel of a close decides whether its customer gave up.
func TestTheOutcomeLooksAtTheChannelThatTheCloseFound(t *testing.T) {
	for lines, want := range map[string]string{
		"0h customer, 1h closed by customer, 1h channel chat email": "abandoned",
		"0h customer, 1h channel chat email, 1h closed by customer": "unanswered",
	} {
		got := ""
		for _, f := range kpi.Measure(policy(), conversation(t, lines)).Facts {
			if f.Family == kpi.ConversationsClosed {
				got += f.Extra[0]
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", lines, got, want)
		}
	}
}

func TestWhoClosed(t *testing.T) {
	for _, tc := range []struct{ name, lines, closed, handled string }{
		{"an agent, whoever held it", "0h customer, 1h assigned ben, 2h closed by ann", "ann", "ann"},
		{"nobody tells who: the one who held it", "0h customer, 1h assigned ben, 2h closed", "", "ben"},
		{"a bot is no agent", "0h customer, 1h assigned ben, 2h closed by automation", "", "ben"},
		{"nor is a customer", "0h customer, 1h assigned ben, 2h closed by customer", "", "ben"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := conversation(t, tc.lines)
			for i := range c.Items {
				if it := &c.Items[i]; it.Change == helpdesk.ChangeClosed && it.Agent == "" && it.By != helpdesk.ActorUnknown {
					it.Agent = "b1" // vendors tell its id
				}
			}
			closed, handled := "", ""
			for _, f := range kpi.Measure(policy(), c).Facts {
				switch f.Family {
				case kpi.AgentClosed:
					closed += f.Agent
				case kpi.AgentHandleSeconds:
					handled += f.Agent
				}
			}
			if closed != tc.closed || handled != tc.handled {
				t.Errorf("closed by %q, handled by %q; want %q, %q", closed, handled, tc.closed, tc.handled)
			}
		})
	}
}
