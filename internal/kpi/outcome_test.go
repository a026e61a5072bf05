package kpi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestOutcomeOfALastingClose(t *testing.T) {
	automated := func(c *kpi.Conversation) { c.Row.Automated = true }
	for _, tc := range []struct {
		name   string
		lines  string
		policy func(*kpi.Policy)
		with   func(*kpi.Conversation)
		want   []string // of each close in turn
	}{
		{name: "no customer ever wrote", lines: "0h agent ann, 1h closed by ann", want: []string{"outbound"}},
		{name: "a campaign that nobody answered", lines: "0h campaign, 1h closed by automation", want: []string{"outbound"}},
		{name: "a message with which the team began counts as a reply", lines: "0h agent ann, 1h customer, 2h closed by ann", want: []string{"one_touch"}},
		{name: "the vendor says that automation solved it", lines: "0h customer, 1h closed by ann", with: automated, want: []string{"self_service"}},
		{name: "the vendor's word does not outdo a person's reply", lines: "0h customer, 30m agent ann, 1h closed by ann", with: automated, want: []string{"one_touch"}},
		{name: "a bot answered last, and no agent closed it", lines: "0h customer, 1m bot, 1h closed by automation", want: []string{"self_service"}},
		{name: "a bot answered last, the customer closed it", lines: "0h customer, 1m bot, 1h closed by customer", want: []string{"self_service"}},
		{name: "a bot answered last, but an agent closed it", lines: "0h customer, 1m bot, 1h closed by ann", want: []string{"unanswered"}},
		{name: "a bot answered, then the customer asked again", lines: "0h customer, 1m bot, 2m customer, 1h closed by automation", want: []string{"unanswered"}},
		{name: "a bot that counts as a reply is still no person", lines: "0h customer, 1m bot, 1h closed by automation", policy: countBots, want: []string{"self_service"}},
		{name: "a rule's acknowledgement is no answer", lines: "0h customer, 1m rule, 1h closed by automation", want: []string{"unanswered"}},
		{name: "a customer left the chat before anybody replied", lines: "0h customer, 5m closed by automation", with: onChat, want: []string{"abandoned"}},
		{name: "the same by e-mail", lines: "0h customer, 5m closed by automation", want: []string{"unanswered"}},
		{name: "the same in chat, but an agent closed it", lines: "0h customer, 5m closed by ann", with: onChat, want: []string{"unanswered"}},
		{name: "nobody tells who closed: an agent is assumed", lines: "0h customer, 5m closed", with: onChat, want: []string{"unanswered"}},
		{name: "in chat, pending: the customer did not wait", lines: "0h customer, 2m pending, 5m closed by automation", with: onChat, want: []string{"unanswered"}},
		{name: "one reply", lines: "0h customer, 1h agent ann, 2h closed by ann", want: []string{"one_touch"}},
		{name: "several replies in a row are one, whoever wrote them", lines: "0h customer, 1h agent ann, 2h agent ben, 3h closed by ann", want: []string{"one_touch"}},
		{name: "a reply that was not delivered is none", lines: "0h customer, 1h agent ann, 2h customer, 3h agent ann undelivered, 4h closed by ann", want: []string{"one_touch"}},
		{name: "two replies", lines: "0h customer, 1h agent ann, 2h customer, 3h agent ann, 4h closed by ann", want: []string{"multi_touch"}},
		{name: "the customer fell silent for 24 hours after the agent's last word, and no agent closed it", lines: "0h customer, 1h agent ann, 25h closed by automation", want: []string{"abandoned"}},
		{name: "a second less", lines: "0h customer, 1h agent ann, 24h59m59s closed by automation", want: []string{"one_touch"}},
		{name: "silent, but an agent closed it", lines: "0h customer, 1h agent ann, 49h closed by ann", want: []string{"one_touch"}},
		{name: "the last word was the customer's", lines: "0h customer, 1h agent ann, 2h customer, 49h closed by automation", want: []string{"one_touch"}},
		{name: "replies count since the beginning, over all cycles", lines: "0h customer, 1h agent ann, 2h closed by ann, 4h customer, 4h reopened, 5h agent ann, 6h closed by ann", want: []string{"one_touch", "multi_touch"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, c := policy(), conversation(t, tc.lines)
			if tc.policy != nil {
				tc.policy(p)
			}
			if tc.with != nil {
				tc.with(c)
			}
			var got []string
			for _, f := range kpi.Measure(p, c).Facts {
				if f.Family == kpi.ConversationsClosed {
					got = append(got, f.Extra...)
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestOutboundConversationsHaveNoResolution(t *testing.T) {
	runStories(t, []story{
		{
			name:  "what the team wrote is counted, and its close; nothing is measured",
			lines: "0h assigned ann, 0h agent ann, 1h closed by ann",
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				1h (from 1h30m) handle_seconds 1h
				1h (from 1h30m) agent_handle_seconds of ann 1h`,
		},
	})
}

func TestOpenings(t *testing.T) {
	createdLater := func(c *kpi.Conversation) { c.Row.Created = instant(t, "3h") }
	unstamped := func(c *kpi.Conversation) { c.Row.Created = 0 }
	runStories(t, []story{
		{
			name:  "the first message tells who started it, and the conversation counts from its creation",
			lines: "1h customer, 2h closed by ann",
			facts: `
				0s (from 1h) conversations_opened_total customer
				1h messages_total customer
				2h (from 2h30m) conversations_closed_total unanswered
				2h (from 2h30m) agent_closed_total of ann
				2h (from 2h30m) resolution_seconds 1h
				2h (from 2h30m) sla_events_total resolution met: stellar above_average average below_average
				2h (from 2h30m) sla_events_total first_response missed: stellar
				2h (from 2h30m) clocks_cancelled_total first_response`,
		},
		{
			name:  "a campaign's message is the team's beginning",
			lines: "0h campaign, 2h customer, 2h30m agent ann, 3h closed by ann",
			facts: `
				0s messages_total bot
				0s conversations_opened_total agent
				2h messages_total customer
				2h30m messages_total agent
				2h30m agent_replies_total of ann
				2h30m sla_events_total next_response met: stellar above_average average below_average
				2h30m response_seconds 30m
				3h (from 3h30m) conversations_closed_total one_touch
				3h (from 3h30m) agent_closed_total of ann
				3h (from 3h30m) resolution_seconds 1h
				3h (from 3h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "a bot's greeting starts nothing, and a note and a rule neither",
			lines: "0h bot, 10m agent ann note, 20m rule, 1h customer, 1h10m agent ann, 2h closed by ann",
			facts: `
				0s messages_total bot
				0s (from 1h) conversations_opened_total customer
				20m messages_total bot
				1h messages_total customer
				1h10m messages_total agent
				1h10m agent_replies_total of ann
				1h10m first_response_seconds 10m
				1h10m sla_events_total first_response met: stellar above_average average below_average
				1h10m response_seconds 10m
				2h (from 2h30m) conversations_closed_total one_touch
				2h (from 2h30m) agent_closed_total of ann
				2h (from 2h30m) resolution_seconds 1h
				2h (from 2h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:  "as long as nobody has written, nobody has started it",
			lines: "0h bot, 1h assigned ann",
			facts: `
				0s messages_total bot`,
		},
		{
			name:  "closed for good before anybody wrote: the agent's, known when the grace is over",
			lines: "0h bot, 1h closed by ann",
			facts: `
				0s messages_total bot
				0s (from 1h30m) conversations_opened_total agent
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann`,
		},
		{
			name:  "a customer who writes first while that grace runs started it",
			lines: "0h bot, 1h closed by ann, 1h20m customer",
			facts: `
				0s messages_total bot
				0s (from 1h20m) conversations_opened_total customer
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				1h20m messages_total customer`,
		},
		{
			name:  "a customer who writes after it did not",
			lines: "0h bot, 1h closed by ann, 2h customer",
			facts: `
				0s messages_total bot
				0s (from 1h30m) conversations_opened_total agent
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				2h messages_total customer`,
		},
		{
			name:  "deleted before anybody wrote: the agent's, at once",
			lines: "0h bot, 1h excluded deleted",
			facts: `
				0s messages_total bot
				0s (from 1h) conversations_opened_total agent
				1h conversations_excluded_total deleted`,
		},
		{
			name:  "an item from before the creation stamp is the beginning",
			lines: "1h customer, 2h closed by ann",
			with:  createdLater,
			facts: `
				1h messages_total customer
				1h conversations_opened_total customer
				2h (from 2h30m) conversations_closed_total unanswered
				2h (from 2h30m) agent_closed_total of ann
				2h (from 2h30m) resolution_seconds 1h
				2h (from 2h30m) sla_events_total resolution met: stellar above_average average below_average
				2h (from 2h30m) sla_events_total first_response missed: stellar
				2h (from 2h30m) clocks_cancelled_total first_response`,
		},
		{
			name:  "without a creation stamp so is the first item",
			lines: "1h customer, 2h closed by ann",
			with:  unstamped,
			facts: `
				1h messages_total customer
				1h conversations_opened_total customer
				2h (from 2h30m) conversations_closed_total unanswered
				2h (from 2h30m) agent_closed_total of ann
				2h (from 2h30m) resolution_seconds 1h
				2h (from 2h30m) sla_events_total resolution met: stellar above_average average below_average
				2h (from 2h30m) sla_events_total first_response missed: stellar
				2h (from 2h30m) clocks_cancelled_total first_response`,
		},
	})
}

func TestRatings(t *testing.T) {
	rated := func(c *kpi.Conversation) {
		c.Ratings = []kpi.Rating{{ID: "1", Sent: instant(t, "3h"), Scored: instant(t, "30h"), Score: 4}}
	}
	runStories(t, []story{
		{
			name:  "a survey counts when it is sent, its score when it is given",
			lines: "0h agent ann, 1h closed by ann",
			with:  rated,
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				3h csat_surveys_sent_total
				30h csat_ratings_total 4`,
		},
		{
			name:  "one that nobody answered has no score",
			lines: "0h agent ann, 1h closed by ann",
			with: func(c *kpi.Conversation) {
				c.Ratings = []kpi.Rating{{ID: "1", Sent: instant(t, "3h")}}
			},
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				3h csat_surveys_sent_total`,
		},
		{
			name:  "a score without a survey that was told is a score",
			lines: "0h agent ann, 1h closed by ann",
			with: func(c *kpi.Conversation) {
				c.Ratings = []kpi.Rating{{ID: "1", Scored: instant(t, "3h"), Score: 1}}
			},
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				3h csat_ratings_total 1`,
		},
		{
			name:  "nothing of it counts while the conversation is excluded",
			lines: "0h agent ann, 1h closed by ann, 2h excluded spam, 20h restored",
			with:  rated,
			facts: `
				0s messages_total agent
				0s conversations_opened_total agent
				0s agent_replies_total of ann
				1h (from 1h30m) conversations_closed_total outbound
				1h (from 1h30m) agent_closed_total of ann
				2h conversations_excluded_total spam
				30h csat_ratings_total 4`,
		},
	})
}
