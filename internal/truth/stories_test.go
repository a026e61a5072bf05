package truth

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

type storyCase struct {
	name     string
	story    string
	row      func(*helpdesk.Conversation)
	options  func(*Options)
	families string
	want     string
}

func runStories(t *testing.T, cases []storyCase) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r, o := row(), defaultOptions()
			if tc.row != nil {
				tc.row(&r)
			}
			if tc.options != nil {
				tc.options(&o)
			}
			v := Counters([]Conversation{script(t, r, tc.story)}, o, everyTenMinutes(10*24*time.Hour))
			equal(t, lines(v, tc.families), tc.want)
		})
	}
}

func onChat(r *helpdesk.Conversation) { r.Labels.Channel = helpdesk.ChannelChat }

func TestTurns(t *testing.T) {
	runStories(t, []storyCase{
		{
			name:     "a reply after 2 h by email is missed for stellar and met for the other three",
			story:    "0h customer, 2h agent",
			families: "first_response_seconds response_seconds sla_events_total clocks_cancelled_total",
			want: `
				first_response_seconds_count{} 1
				first_response_seconds_sum{} 7200
				response_seconds_count{} 1
				response_seconds_sum{} 7200
				sla_events_total{arrival="live",clock="first_response",result="met",tier="above_average"} 1
				sla_events_total{arrival="live",clock="first_response",result="met",tier="average"} 1
				sla_events_total{arrival="live",clock="first_response",result="met",tier="below_average"} 1
				sla_events_total{arrival="live",clock="first_response",result="missed",tier="stellar"} 1
				sla_events_total{arrival="live",clock="resolution",result="missed",tier="above_average"} 1
				sla_events_total{arrival="live",clock="resolution",result="missed",tier="average"} 1
				sla_events_total{arrival="live",clock="resolution",result="missed",tier="below_average"} 1
				sla_events_total{arrival="live",clock="resolution",result="missed",tier="stellar"} 1`,
		},
		{
			name:     "notes, rules, bots, campaigns and what was not delivered do not answer; several messages and several replies are one",
			story:    "0h customer, 1h rule, 2h bot, 3h agent note, 4h campaign, 5h agent undelivered, 6h customer, 7h agent, 8h agent, 9h customer, 10h agent",
			families: "first_response_seconds response_seconds messages_total",
			want: `
				first_response_seconds_count{} 1
				first_response_seconds_sum{} 25200
				messages_total{author="agent"} 4
				messages_total{author="bot"} 3
				messages_total{author="customer"} 3
				response_seconds_count{} 2
				response_seconds_sum{} 28800`,
		},
		{
			name:     "a bot answers where bots count",
			story:    "0h customer, 1h bot, 2h agent",
			options:  func(o *Options) { o.Policy.CountBotReplies = true },
			families: "first_response_seconds response_seconds",
			want: `
				first_response_seconds_count{} 1
				first_response_seconds_sum{} 3600
				response_seconds_count{} 1
				response_seconds_sum{} 3600`,
		},
		{
			name:     "a reply at the limit has met it; all turns of what the team began are later turns",
			story:    "0h agent, 1h customer, 2h agent",
			families: "first_response_seconds response_seconds conversations_opened_total sla_events_total",
			want: `
				conversations_opened_total{arrival="live",started_by="agent"} 1
				response_seconds_count{} 1
				response_seconds_sum{} 3600
				sla_events_total{arrival="live",clock="next_response",result="met",tier="above_average"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="average"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="below_average"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="stellar"} 1
				sla_events_total{arrival="live",clock="resolution",result="missed",tier="above_average"} 1
				sla_events_total{arrival="live",clock="resolution",result="missed",tier="average"} 1
				sla_events_total{arrival="live",clock="resolution",result="missed",tier="below_average"} 1
				sla_events_total{arrival="live",clock="resolution",result="missed",tier="stellar"} 1`,
		},
		{
			name:     "a lasting close cancels what was not missed yet, and meets the resolution",
			story:    "0h customer, 2h closed agent",
			families: "sla_events_total clocks_cancelled_total resolution_seconds",
			want: `
				clocks_cancelled_total{clock="first_response"} 1
				resolution_seconds_count{} 1
				resolution_seconds_sum{} 7200
				sla_events_total{arrival="live",clock="first_response",result="missed",tier="stellar"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="above_average"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="average"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="below_average"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="stellar"} 1`,
		},
		{
			name:     "a merge cancels the turn and ends the resolution without a word; restored, the next message opens a turn",
			story:    "0h customer, 2h excluded merged, 3h customer, 4h restored, 5h customer, 6h agent, 7h closed agent",
			families: "sla_events_total clocks_cancelled_total conversations_excluded_total response_seconds resolution_seconds messages_total",
			want: `
				clocks_cancelled_total{clock="first_response"} 1
				conversations_excluded_total{reason="merged"} 1
				messages_total{author="agent"} 1
				messages_total{author="customer"} 2
				resolution_seconds_count{} 1
				resolution_seconds_sum{} 25200
				response_seconds_count{} 1
				response_seconds_sum{} 3600
				sla_events_total{arrival="live",clock="first_response",result="missed",tier="stellar"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="above_average"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="average"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="below_average"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="stellar"} 1`,
		},
		{
			name:     "the limits of a new channel apply from the change on: what is over then is missed then",
			story:    "0h customer, 10m relabel channel email chat, 12m agent",
			row:      onChat,
			families: "sla_events_total",
			want: `
				sla_events_total{arrival="live",channel="chat",clock="first_response",result="met",tier="below_average"} 1
				sla_events_total{arrival="live",channel="chat",clock="first_response",result="missed",tier="above_average"} 1
				sla_events_total{arrival="live",channel="chat",clock="first_response",result="missed",tier="average"} 1
				sla_events_total{arrival="live",channel="chat",clock="first_response",result="missed",tier="stellar"} 1
				sla_events_total{arrival="live",channel="chat",clock="resolution",result="missed",tier="above_average"} 1
				sla_events_total{arrival="live",channel="chat",clock="resolution",result="missed",tier="average"} 1
				sla_events_total{arrival="live",channel="chat",clock="resolution",result="missed",tier="below_average"} 1
				sla_events_total{arrival="live",channel="chat",clock="resolution",result="missed",tier="stellar"} 1`,
		},
	})
}

func TestCyclesAndReopenings(t *testing.T) {
	runStories(t, []storyCase{
		{
			name:     "a close that is reopened in the grace never was",
			story:    "0h customer, 50m closed agent, 70m reopened, 3h agent, 4h closed agent",
			families: "conversations_closed_total conversations_reopened_total resolution_seconds response_seconds clocks_cancelled_total",
			want: `
				conversations_closed_total{arrival="live",outcome="one_touch"} 1
				resolution_seconds_count{} 1
				resolution_seconds_sum{} 14400
				response_seconds_count{} 1
				response_seconds_sum{} 10800`,
		},
		{
			name: "reopened after the grace, the clock of the new cycle starts at the customer's last message, and the first response stays literal",
			story: "0h customer, 1h closed automation, 2h customer, 3h customer, 4h reopened, 5h agent, " +
				"5h assigned agent ann, 6h closed agent",
			families: "conversations_closed_total conversations_reopened_total first_response_seconds response_seconds " +
				"resolution_seconds handle_seconds sla_events_total clocks_cancelled_total",
			want: `
				clocks_cancelled_total{clock="first_response"} 1
				conversations_closed_total{arrival="live",outcome="one_touch"} 1
				conversations_closed_total{arrival="live",outcome="unanswered"} 1
				conversations_reopened_total{outcome="unanswered"} 1
				first_response_seconds_count{} 1
				first_response_seconds_sum{} 18000
				handle_seconds_count{} 1
				handle_seconds_sum{} 3600
				resolution_seconds_count{} 2
				resolution_seconds_sum{} 25200
				response_seconds_count{} 1
				response_seconds_sum{} 7200
				sla_events_total{arrival="live",clock="first_response",result="missed",tier="stellar"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="above_average"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="average"} 1
				sla_events_total{arrival="live",clock="next_response",result="met",tier="below_average"} 1
				sla_events_total{arrival="live",clock="next_response",result="missed",tier="stellar"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="above_average"} 2
				sla_events_total{arrival="live",clock="resolution",result="met",tier="average"} 2
				sla_events_total{arrival="live",clock="resolution",result="met",tier="below_average"} 2
				sla_events_total{arrival="live",clock="resolution",result="met",tier="stellar"} 2`,
		},
		{
			name:     "a customer's thanks after the close opens no turn",
			story:    "0h customer, 10m agent, 20m closed agent, 1h customer",
			families: "response_seconds conversations_reopened_total messages_total conversations_closed_total",
			want: `
				conversations_closed_total{arrival="live",outcome="one_touch"} 1
				messages_total{author="agent"} 1
				messages_total{author="customer"} 2
				response_seconds_count{} 1
				response_seconds_sum{} 600`,
		},
		{
			name:     "a close and a reopening that echo a snooze and a waking are none",
			story:    "0h customer, 1h status snoozed x, 1h closed agent x, 4h reopened y, 4h status open y, 5h agent, 6h closed agent",
			families: "conversations_closed_total conversations_reopened_total resolution_seconds",
			want: `
				conversations_closed_total{arrival="live",outcome="one_touch"} 1
				resolution_seconds_count{} 1
				resolution_seconds_sum{} 21600`,
		},
		{
			name:     "a snooze in the grace undoes a close",
			story:    "0h customer, 1h closed agent, 80m status snoozed, 5h agent, 6h closed agent",
			families: "conversations_closed_total resolution_seconds",
			want: `
				conversations_closed_total{arrival="live",outcome="one_touch"} 1
				resolution_seconds_count{} 1
				resolution_seconds_sum{} 21600`,
		},
		{
			name:  "the row alone tells the close",
			story: "0h customer, 1h agent",
			row: func(r *helpdesk.Conversation) {
				r.Status, r.Closed = helpdesk.StatusClosed, start.Add(2*time.Hour)
			},
			families: "conversations_closed_total resolution_seconds",
			want: `
				conversations_closed_total{arrival="live",outcome="one_touch"} 1
				resolution_seconds_count{} 1
				resolution_seconds_sum{} 7200`,
		},
		{
			name:  "the row alone tells the exclusion: its last update is the instant",
			story: "0h customer, 1h agent, 2h customer",
			row: func(r *helpdesk.Conversation) {
				r.Status, r.Excluded, r.Updated = helpdesk.StatusExcluded, helpdesk.ExcludedSpam, start.Add(90*time.Minute)
			},
			families: "conversations_excluded_total messages_total clocks_cancelled_total",
			want: `
				conversations_excluded_total{reason="spam"} 1
				messages_total{author="agent"} 1
				messages_total{author="customer"} 1`,
		},
	})
}

func TestOutcomes(t *testing.T) {
	outcome := func(name, story, want string, row func(*helpdesk.Conversation)) storyCase {
		return storyCase{
			name: name, story: story, row: row, families: "conversations_closed_total",
			want: `conversations_closed_total{arrival="live",` + want + `} 1`,
		}
	}
	automated := func(r *helpdesk.Conversation) { r.Automated = true }
	runStories(t, []storyCase{
		outcome("outbound: no customer ever wrote", "0h agent, 1h closed agent", `outcome="outbound"`, nil),
		outcome("self-service: the vendor says so", "0h customer, 1h closed agent", `outcome="self_service"`, automated),
		outcome("self-service: a bot had the last word and no agent closed", "0h customer, 1m bot, 1h closed automation", `outcome="self_service"`, nil),
		outcome("unanswered: a bot had the last word, but an agent closed", "0h customer, 1m bot, 1h closed agent", `outcome="unanswered"`, nil),
		outcome("unanswered: who closed is not told, so an agent did", "0h customer, 1m bot, 1h closed", `outcome="unanswered"`, nil),
		outcome("abandoned: the customer left the chat", "0h customer, 20m closed customer", `channel="chat",outcome="abandoned"`, onChat),
		outcome("unanswered: an e-mail cannot be left", "0h customer, 20m closed customer", `outcome="unanswered"`, nil),
		outcome("unanswered: a chat on hold was not waiting", "0h customer, 1m status pending, 20m closed automation", `channel="chat",outcome="unanswered"`, onChat),
		outcome("abandoned: silent for a day after the agent's last word", "0h customer, 1h agent, 25h closed automation", `outcome="abandoned"`, nil),
		outcome("one touch: not quite a day", "0h customer, 1h agent, 24h59m closed automation", `outcome="one_touch"`, nil),
		outcome("one touch: two messages in a row are one reply", "0h customer, 1h agent, 2h agent, 3h closed agent", `outcome="one_touch"`, nil),
		outcome("multi touch: the message with which the team opened counts", "0h agent, 1h customer, 2h agent, 3h closed agent", `outcome="multi_touch"`, nil),
	})
}

func TestWhoStarted(t *testing.T) {
	runStories(t, []storyCase{
		{
			name: "a bot's greeting starts nothing", story: "0h bot, 1m customer", families: "conversations_opened_total",
			want: `conversations_opened_total{arrival="live",started_by="customer"} 1`,
		},
		{
			name: "a campaign starts for the agents", story: "0h campaign, 1m customer", families: "conversations_opened_total",
			want: `conversations_opened_total{arrival="live",started_by="agent"} 1`,
		},
		{
			name: "nobody has spoken yet", story: "0h agent note", families: "conversations_opened_total", want: ``,
		},
		{
			name: "nobody spoke until it was closed", story: "0h agent note, 1h closed agent, 5h customer", families: "conversations_opened_total",
			want: `conversations_opened_total{arrival="live",started_by="agent"} 1`,
		},
		{
			name: "nobody spoke until it was deleted", story: "0h agent note, 1h excluded deleted", families: "conversations_opened_total",
			want: `conversations_opened_total{arrival="live",started_by="agent"} 1`,
		},
	})
}

func TestHandoffs(t *testing.T) {
	runStories(t, []storyCase{
		{
			name: "a first assignment is none, nor is taking from a team or putting down",
			story: "0h customer, 10m assigned team, 20m assigned agent ann, 30m assigned nobody, 40m assigned agent bob, " +
				"50m assigned agent bob",
			families: "handoffs_total handoff_seconds", want: ``,
		},
		{
			name: "from bot to agent to agent to team to agent",
			story: "0h customer, 0h assigned bot b, 10m assigned agent ann, 20m assigned agent bob, 30m assigned team, " +
				"40m assigned agent ann",
			families: "handoffs_total handoff_seconds",
			want: `
				handoff_seconds_count{from="agent",to="agent"} 1
				handoff_seconds_count{from="agent",to="team"} 1
				handoff_seconds_count{from="bot",to="agent"} 1
				handoff_seconds_count{from="team",to="agent"} 1
				handoff_seconds_sum{from="agent",to="agent"} 1200
				handoff_seconds_sum{from="agent",to="team"} 1800
				handoff_seconds_sum{from="bot",to="agent"} 600
				handoff_seconds_sum{from="team",to="agent"} 2400
				handoffs_total{from="agent",to="agent"} 1
				handoffs_total{from="agent",to="team"} 1
				handoffs_total{from="bot",to="agent"} 1
				handoffs_total{from="team",to="agent"} 1`,
		},
		{
			name:     "from team to team, while no agent holds it",
			story:    "0h customer, 10m relabel team Sales Returns, 20m assigned agent ann, 30m relabel team Returns Sales",
			families: "handoffs_total",
			want:     `handoffs_total{from="team",to="team"} 1`,
		},
		{
			name:     "an assignee carried over counts from the cycle's start",
			story:    "0h customer, 10m assigned agent ann, 1h closed agent, 5h reopened, 7h closed agent",
			families: "handle_seconds",
			want: `
				handle_seconds_count{} 2
				handle_seconds_sum{} 10200`,
		},
	})
}
