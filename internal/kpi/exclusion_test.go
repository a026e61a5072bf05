package kpi_test

import (
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestExclusions(t *testing.T) {
	runStories(t, []story{
		{
			name:  "nothing counts while a conversation is excluded",
			lines: "0h customer, 10m agent ann, 20m excluded spam, 30m customer, 40m agent ann, 50m closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				20m conversations_excluded_total spam`,
		},
		{
			name:  "restored it is a conversation again, but its resolution clock does not run again in that cycle",
			lines: "0h customer, 2h excluded spam, 3h restored, 5h customer, 6h agent ann, 7h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				2h conversations_excluded_total spam
				2h clocks_cancelled_total first_response
				5h messages_total customer
				6h messages_total agent
				6h agent_replies_total of ann
				6h first_response_seconds 6h
				6h sla_events_total next_response met: stellar above_average average below_average
				6h response_seconds 1h
				7h (from 7h30m) conversations_closed_total one_touch
				7h (from 7h30m) agent_closed_total of ann
				7h (from 7h30m) resolution_seconds 7h`,
		},
		{
			name:  "the next cycle has a resolution clock again",
			lines: "0h customer, 2h excluded spam, 3h restored, 4h closed by ann, 9h customer, 9h reopened, 10h closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h sla_events_total first_response missed: stellar
				2h conversations_excluded_total spam
				2h clocks_cancelled_total first_response
				4h (from 4h30m) conversations_closed_total unanswered
				4h (from 4h30m) agent_closed_total of ann
				4h (from 4h30m) resolution_seconds 4h
				9h messages_total customer
				9h conversations_reopened_total unanswered
				10h (from 10h30m) conversations_closed_total unanswered
				10h (from 10h30m) agent_closed_total of ann
				10h (from 10h30m) resolution_seconds 10h
				10h (from 10h30m) sla_events_total resolution met: stellar above_average average below_average
				10h (from 10h30m) sla_events_total next_response missed: stellar
				10h (from 10h30m) clocks_cancelled_total next_response`,
		},
		{
			name:  "it counts as excluded once, under its first reason",
			lines: "0h agent ann, 2h excluded spam, 3h restored, 4h excluded deleted",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				2h conversations_excluded_total spam`,
		},
		{
			name:  "excluded twice without a restoration is excluded once",
			lines: "0h agent ann, 2h excluded spam, 3h excluded deleted, 4h restored, 5h closed by ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				2h conversations_excluded_total spam
				5h (from 5h30m) conversations_closed_total outbound
				5h (from 5h30m) agent_closed_total of ann`,
		},
		{
			name:  "what was never excluded is not restored",
			lines: "0h agent ann, 2h restored, 5h closed by ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				5h (from 5h30m) conversations_closed_total outbound
				5h (from 5h30m) agent_closed_total of ann`,
		},
		{
			name:  "a message to a closed conversation is forgotten by an exclusion: the cycle starts at the reopening",
			lines: "0h customer, 10m agent ann, 20m closed by ann, 2h customer, 3h excluded spam, 4h restored, 5h reopened, 6h closed by ann",
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
				3h conversations_excluded_total spam
				5h conversations_reopened_total one_touch
				6h (from 6h30m) conversations_closed_total one_touch
				6h (from 6h30m) agent_closed_total of ann
				6h (from 6h30m) resolution_seconds 6h
				6h (from 6h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "a turn that a limit ends at the very instant of the exclusion is missed",
			lines: "0h customer, 1h excluded spam",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				1h conversations_excluded_total spam
				1h sla_events_total first_response missed: stellar
				1h clocks_cancelled_total first_response`,
		},
		{
			name:  "a close that was told while excluded is none, and the row's stamp of it tells no other",
			lines: "0h customer, 10m excluded spam, 20m closed by ann, 30m restored",
			with: func(c *kpi.Conversation) {
				c.Row.Status, c.Row.Closed = helpdesk.StatusClosed, instant(t, "20m")
			},
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m conversations_excluded_total spam
				10m clocks_cancelled_total first_response`,
		},
	})
}

func TestExclusionsThatNoEventTold(t *testing.T) {
	row := func(reason helpdesk.Exclusion, at, updated string) func(*kpi.Conversation) {
		return func(c *kpi.Conversation) {
			c.Row.Status, c.Row.Excluded, c.Row.Updated = helpdesk.StatusExcluded, reason, instant(t, updated)
			if at != "" {
				c.Row.ExcludedAt = instant(t, at)
			}
		}
	}
	runStories(t, []story{
		{
			name:  "the row's stamp is the instant, known when the row told it",
			lines: "0h customer",
			with:  row(helpdesk.ExcludedDeleted, "30m", "40m"),
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				30m (from 40m) conversations_excluded_total deleted
				30m (from 40m) clocks_cancelled_total first_response`,
		},
		{
			name:  "without a stamp the last update is",
			lines: "0h customer",
			with:  row(helpdesk.ExcludedSpam, "", "40m"),
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				40m conversations_excluded_total spam
				40m clocks_cancelled_total first_response`,
		},
		{
			name:  "a row that is a conversation again restores what was spam, at its last update",
			lines: "0h customer, 10m excluded spam, 20m customer, 60m customer, 70m agent ann",
			with: func(c *kpi.Conversation) {
				c.Row.Status, c.Row.Excluded, c.Row.Updated = helpdesk.StatusOpen, helpdesk.NotExcluded, instant(t, "30m")
			},
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m conversations_excluded_total spam
				10m clocks_cancelled_total first_response
				1h messages_total customer
				1h10m messages_total agent
				1h10m agent_replies_total of ann
				1h10m first_response_seconds 1h10m
				1h10m sla_events_total next_response met: stellar above_average average below_average
				1h10m response_seconds 10m`,
		},
		{
			name:  "a conversation that was merged away was what its messages made of it, wherever they are now",
			lines: "0h customer moved, 10m agent ann moved, 20m customer moved, 2h excluded merged",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total agent
				10m agent_replies_total of ann
				10m first_response_seconds 10m
				10m sla_events_total first_response met: stellar above_average average below_average
				10m response_seconds 10m
				20m messages_total customer
				1h20m sla_events_total next_response missed: stellar
				2h conversations_excluded_total merged
				2h clocks_cancelled_total next_response`,
		},
		{
			name:  "a message that has left a conversation that lives on is counted where it was written, and does no more",
			lines: "0h customer, 10m customer moved, 20m agent ann moved, 30m agent bob, 40m closed by bob",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m messages_total customer
				20m messages_total agent
				30m messages_total agent
				30m agent_replies_total of bob
				30m first_response_seconds 30m
				30m sla_events_total first_response met: stellar above_average average below_average
				30m response_seconds 30m
				40m (from 1h10m) conversations_closed_total one_touch
				40m (from 1h10m) agent_closed_total of bob
				40m (from 1h10m) resolution_seconds 40m
				40m (from 1h10m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "what was merged away is never assumed to come back",
			lines: "0h customer, 10m excluded merged, 60m customer",
			with: func(c *kpi.Conversation) {
				c.Row.Status, c.Row.Excluded, c.Row.Updated = helpdesk.StatusOpen, helpdesk.NotExcluded, instant(t, "2h")
			},
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m conversations_excluded_total merged
				10m clocks_cancelled_total first_response`,
		},
	})
}
