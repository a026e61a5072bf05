package rules

import (
	"fmt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Recorded series of the queue now: absent while the source is blind.
const (
	queueNow    = "source_channel:helpdesk_open_conversations:sum"
	waitingNow  = "source_channel:helpdesk_waiting_conversations:sum"
	pastPromise = "source_channel:helpdesk_conversations_past_promise:sum"
	onlineNow   = "source:helpdesk_agents_online:sum"
)

// queue records the live gauges that alerts read, whatever team they are of.
func (s *settings) queue() []Rule {
	return []Rule{
		{
			Record: queueNow, Help: "New and open conversations, now.",
			Expr: fmt.Sprintf("sum by (source, channel) (%s)", one(kpi.OpenConversations, s.pick(kpi.OpenConversations, `status=~"new|open"`))),
		},
		{
			Record: waitingNow, Help: "Conversations whose customer waits for a reply, now.",
			Expr: fmt.Sprintf("sum by (source, channel) (%s)", one(kpi.WaitingConversations, s.pick(kpi.WaitingConversations))),
		},
		{
			Record: pastPromise, Help: "Running clocks that are beyond the promised limit, now.",
			Expr: fmt.Sprintf("sum by (source, channel, clock, tier) (%s)\nand on (source, channel, clock, tier)\n  %s",
				one(kpi.PastTier, s.pick(kpi.PastTier)), promisedTier),
		},
		{
			Record: onlineNow, Help: "Agents that are online, now, where the helpdesk tells.",
			Expr: fmt.Sprintf("sum by (source) (%s)", one(kpi.Agents, s.pick(kpi.Agents, `state="online"`))),
		},
	}
}
