package kpi_test

import (
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func countBots(p *kpi.Policy) { p.CountBotReplies = true }

func onChat(c *kpi.Conversation) { c.Row.Channel = helpdesk.ChannelChat }

func TestTurns(t *testing.T) {
	runStories(t, []story{
		{
			name:  "a reply after two hours by e-mail is missed for stellar, met for the other three, and the resolution goes on",
			lines: "0h customer, 2h agent ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				2h messages_total agent
				2h agent_replies_total of ann
				2h first_response_seconds 2h
				2h sla_events_total first_response met: above_average average below_average
				2h response_seconds 2h
				4h sla_events_total resolution missed: stellar
				12h sla_events_total resolution missed: above_average
				24h sla_events_total resolution missed: average
				72h sla_events_total resolution missed: below_average`,
		},
		{
			name:  "a reply at the limit has met it",
			lines: "0h customer, 1h agent ann, 2h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h messages_total agent
				1h agent_replies_total of ann
				1h first_response_seconds 1h
				1h sla_events_total first_response met: stellar above_average average below_average
				1h response_seconds 1h
				2h (from 2h30m) conversations_closed_total one_touch
				2h (from 2h30m) agent_closed_total of ann
				2h (from 2h30m) resolution_seconds 2h
				2h (from 2h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "a nanosecond after the limit it is missed",
			lines: "0h customer, 1h0m0.000000001s agent ann, 2h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				1h0m0.000000001s messages_total agent
				1h0m0.000000001s agent_replies_total of ann
				1h0m0.000000001s first_response_seconds 1h0m0.000000001s
				1h0m0.000000001s sla_events_total first_response met: above_average average below_average
				1h0m0.000000001s response_seconds 1h0m0.000000001s
				2h (from 2h30m) conversations_closed_total one_touch
				2h (from 2h30m) agent_closed_total of ann
				2h (from 2h30m) resolution_seconds 2h
				2h (from 2h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "nobody replies: every limit is missed at its deadline",
			lines: "0h customer",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				4h sla_events_total first_response missed: above_average
				4h sla_events_total resolution missed: stellar
				12h sla_events_total resolution missed: above_average
				24h sla_events_total first_response missed: average
				24h sla_events_total resolution missed: average
				72h sla_events_total first_response missed: below_average
				72h sla_events_total resolution missed: below_average`,
		},
		{
			name:  "the limits are the channel's",
			lines: "0h customer, 4m agent ann, 20m closed by ann",
			with:  onChat,
			facts: `
				0s [chat] messages_total customer
				0s [chat] conversations_opened_total customer
				1m [chat] sla_events_total first_response missed: stellar
				4m [chat] messages_total agent
				4m [chat] agent_replies_total of ann
				4m [chat] first_response_seconds 4m
				4m [chat] sla_events_total first_response met: above_average average below_average
				4m [chat] response_seconds 4m
				10m [chat] sla_events_total resolution missed: stellar
				20m (from 50m) [chat] conversations_closed_total one_touch
				20m (from 50m) [chat] agent_closed_total of ann
				20m (from 50m) [chat] resolution_seconds 20m
				20m (from 50m) [chat] sla_events_total resolution met: above_average average below_average`,
		},
		{
			name: "an acknowledgement, a bot, a note, a campaign and what was not delivered end no turn; further questions belong to it",
			lines: "0h customer, 1m rule, 2m bot, 3m agent ann note, 4m campaign, 5m agent ann undelivered, 6m customer, " +
				"30m agent ann, 40m agent ben, 50m closed by ben",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1m messages_total bot
				2m messages_total bot
				4m messages_total bot
				5m messages_total agent
				6m messages_total customer
				30m messages_total agent
				30m agent_replies_total of ann
				30m first_response_seconds 30m
				30m sla_events_total first_response met: stellar above_average average below_average
				30m response_seconds 30m
				40m messages_total agent
				50m (from 1h20m) conversations_closed_total one_touch
				50m (from 1h20m) agent_closed_total of ben
				50m (from 1h20m) resolution_seconds 50m
				50m (from 1h20m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:   "where bots count, a bot ends the turn; a rule never does; people alone decide the outcome",
			lines:  "0h customer, 1m rule, 2m bot, 30m agent ann, 50m closed by ann",
			policy: countBots,
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1m messages_total bot
				2m messages_total bot
				2m agent_replies_total of bot
				2m first_response_seconds 2m
				2m sla_events_total first_response met: stellar above_average average below_average
				2m response_seconds 2m
				30m messages_total agent
				50m (from 1h20m) conversations_closed_total one_touch
				50m (from 1h20m) agent_closed_total of ann
				50m (from 1h20m) resolution_seconds 50m
				50m (from 1h20m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "each question after a reply is a turn, told by the clock of the next responses",
			lines: "0h customer, 10m agent ann, 1h customer, 2h30m agent ann, 3h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				1h messages_total customer
				2h sla_events_total next_response missed: stellar
				2h30m messages_total agent
				2h30m agent_replies_total of ann
				2h30m sla_events_total next_response met: above_average average below_average
				2h30m response_seconds 1h30m
				3h (from 3h30m) conversations_closed_total multi_touch
				3h (from 3h30m) agent_closed_total of ann
				3h (from 3h30m) resolution_seconds 3h
				3h (from 3h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "where the team wrote first, all turns are next responses, and there is no first response",
			lines: "0h agent ann, 1h customer, 2h agent ann, 3h closed by ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h messages_total customer
				2h messages_total agent
				2h agent_replies_total of ann
				2h sla_events_total next_response met: stellar above_average average below_average
				2h response_seconds 1h
				3h (from 3h30m) conversations_closed_total multi_touch
				3h (from 3h30m) agent_closed_total of ann
				3h (from 3h30m) resolution_seconds 2h
				3h (from 3h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "notes are no messages",
			lines: "0h customer note, 1h agent ann note",
			facts: ``,
		},
	})
}

func TestTurnsWithoutAReply(t *testing.T) {
	runStories(t, []story{
		{
			name:  "a lasting close cancels the turn: the tiers that were not missed stay without a word, and it counts as cancelled",
			lines: "0h customer, 2h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				2h (from 2h30m) conversations_closed_total unanswered
				2h (from 2h30m) agent_closed_total of ann
				2h (from 2h30m) resolution_seconds 2h
				2h (from 2h30m) sla_events_total resolution met: stellar above_average average below_average
				2h (from 2h30m) clocks_cancelled_total first_response`,
		},
		{
			name:  "after the last limit nothing is cancelled: it stays missed",
			lines: "0h customer, 72h1m closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				4h sla_events_total resolution missed: stellar
				4h sla_events_total first_response missed: above_average
				12h sla_events_total resolution missed: above_average
				24h sla_events_total resolution missed: average
				24h sla_events_total first_response missed: average
				72h sla_events_total resolution missed: below_average
				72h sla_events_total first_response missed: below_average
				72h1m (from 72h31m) conversations_closed_total unanswered
				72h1m (from 72h31m) agent_closed_total of ann
				72h1m (from 72h31m) resolution_seconds 72h1m`,
		},
		{
			name:  "a close exactly at a deadline comes too late for the turn that it ends, in time for the resolution",
			lines: "0h customer, 4h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				4h (from 4h30m) conversations_closed_total unanswered
				4h (from 4h30m) agent_closed_total of ann
				4h (from 4h30m) resolution_seconds 4h
				4h (from 4h30m) sla_events_total resolution met: stellar above_average average below_average
				4h (from 4h30m) sla_events_total first_response missed: above_average
				4h (from 4h30m) clocks_cancelled_total first_response`,
		},
		{
			name:  "spam, a merge or a deletion cancels too",
			lines: "0h customer, 2h excluded spam",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				2h conversations_excluded_total spam
				2h clocks_cancelled_total first_response`,
		},
		{
			name:  "a customer's thanks to a conversation that stays closed opens no turn",
			lines: "0h customer, 10m agent ann, 20m closed by ann, 1h customer",
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
				1h messages_total customer`,
		},
	})
}

func TestFirstResponseTimeIsLiteral(t *testing.T) {
	runStories(t, []story{
		{
			name:  "closed unanswered, reopened, answered: the time counts from the customer's first message, the clock from the new turn",
			lines: "0h customer, 1h closed by automation, 3h customer, 3h reopened, 4h agent ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h (from 1h30m) conversations_closed_total unanswered
				1h (from 1h30m) resolution_seconds 1h
				1h (from 1h30m) sla_events_total resolution met: stellar above_average average below_average
				1h (from 1h30m) sla_events_total first_response missed: stellar
				1h (from 1h30m) clocks_cancelled_total first_response
				3h messages_total customer
				3h conversations_reopened_total unanswered
				4h messages_total agent
				4h agent_replies_total of ann
				4h first_response_seconds 4h
				4h sla_events_total next_response met: stellar above_average average below_average
				4h response_seconds 1h
				7h sla_events_total resolution missed: stellar
				15h sla_events_total resolution missed: above_average
				27h sla_events_total resolution missed: average
				75h sla_events_total resolution missed: below_average`,
		},
		{
			name:  "a reply while the conversation is closed is the first response, and ends no turn",
			lines: "0h customer, 30m closed by automation, 5h agent ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				30m (from 1h) conversations_closed_total unanswered
				30m (from 1h) resolution_seconds 30m
				30m (from 1h) sla_events_total resolution met: stellar above_average average below_average
				30m (from 1h) clocks_cancelled_total first_response
				5h messages_total agent
				5h agent_replies_total of ann
				5h first_response_seconds 5h`,
		},
	})
}
