package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// TestTheQueueOfAStatus has a customer write by chat, whose limits are 1, 5, 10
// and 60 minutes. Promised are 5 for the reply and 30 for the resolution.
func TestTheQueueOfAStatus(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelChat))
	d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer))
	level := func(tier kpi.Tier) (l [kpi.Stellar + 1]int) {
		l[tier] = 1
		return l
	}
	for _, c := range []struct {
		after time.Duration
		want  engine.Queue
	}{
		{time.Minute, engine.Queue{Due: [2]int{1, 2}, Levels: level(kpi.Stellar)}}, // a reply at the limit meets it
		{time.Minute + time.Nanosecond, engine.Queue{Due: [2]int{1, 2}, Levels: level(kpi.AboveAverage)}},
		{5 * time.Minute, engine.Queue{Due: [2]int{1, 2}, Levels: level(kpi.AboveAverage)}},
		{5*time.Minute + time.Nanosecond, engine.Queue{Past: 1, Due: [2]int{0, 1}, Levels: level(kpi.Average)}},
		{15 * time.Minute, engine.Queue{Past: 1, Due: [2]int{1, 1}, Levels: level(kpi.BelowAverage)}},
		{30*time.Minute + time.Nanosecond, engine.Queue{Past: 2, Levels: level(kpi.BelowAverage)}},
		{hour + time.Nanosecond, engine.Queue{Past: 2, Levels: level(kpi.Unacceptable)}},
	} {
		d.book(start.Add(c.after))
		c.want.Channel, c.want.Open, c.want.Unassigned, c.want.Waiting, c.want.Oldest = "chat", 1, 1, 1, start
		if diff := cmp.Diff([]engine.Queue{c.want}, d.source.Status(d.now).Queues, cmpopts.IgnoreFields(engine.Queue{}, "OldestURL")); diff != "" {
			t.Errorf("after %s (-want +have)\n%s", c.after, diff)
		}
	}
}
