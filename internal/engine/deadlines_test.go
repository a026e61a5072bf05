package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// clocks tells the promised clocks of a conversation: how long after the start
// of the desk they started, are due, and were decided to run.
func clocks(d *desk, id string) string {
	list, known := d.source.Clocks(id)
	var text string
	for _, c := range list {
		text += fmt.Sprintf("%s %s of %s since %s, due %s", c.Clock, c.Tier, c.Team, c.Start.Sub(start), c.At.Sub(start))
		if !c.From.IsZero() {
			text += fmt.Sprintf(", from %s", c.From.Sub(start))
		}
		text += "; "
	}
	if !known {
		text += "unknown"
	}
	return text
}

func TestTheClocksOfAConversation(t *testing.T) {
	at := func(d time.Duration) time.Time { return start.Add(d) }
	c := opened("c", at(hour), helpdesk.ChannelChat)
	asked := []helpdesk.Record{c, says("c", at(hour), helpdesk.AuthorCustomer)}
	both := "first_response above_average of Sales since 1h0m0s, due 1h5m0s; resolution above_average of Sales since 1h0m0s, due 1h30m0s; "
	for _, tc := range []struct {
		name string
		then []helpdesk.Record
		want string
	}{
		{"asked", nil, both},
		{"answered", []helpdesk.Record{says("c", at(hour+time.Minute), helpdesk.AuthorAgent)}, "resolution above_average of Sales since 1h0m0s, due 1h30m0s; "},
		{"on hold the clocks run", []helpdesk.Record{as(c, at(hour+time.Minute), helpdesk.StatusOnHold)}, both},
		{
			"a close in its grace", []helpdesk.Record{as(c, at(hour+time.Minute), helpdesk.StatusClosed), changes("c", at(hour+time.Minute), helpdesk.ChangeClosed, 0)},
			"",
		},
		{
			"taken back by a reopening, which decides that they run", []helpdesk.Record{
				changes("c", at(hour+time.Minute), helpdesk.ChangeClosed, 0), changes("c", at(hour+20*time.Minute), helpdesk.ChangeReopened, helpdesk.StatusOpen),
			},
			"first_response above_average of Sales since 1h0m0s, due 1h5m0s, from 1h20m0s; resolution above_average of Sales since 1h0m0s, due 1h30m0s, from 1h20m0s; ",
		},
		{
			"moved to another channel, which decides it too", []helpdesk.Record{
				as(opened("c", at(hour), helpdesk.ChannelEmail), at(hour+3*time.Minute), helpdesk.StatusOpen),
				helpdesk.Relabel{
					Key:          helpdesk.Key{ID: "r", At: at(hour + 3*time.Minute), Lane: helpdesk.LaneEvents},
					Conversation: "c", Label: helpdesk.LabelChannel, From: "chat", To: "email",
				},
			},
			"first_response above_average of Sales since 1h0m0s, due 5h0m0s, from 1h3m0s; resolution above_average of Sales since 1h0m0s, due 13h0m0s, from 1h3m0s; ",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(t)
			var changed []string
			d.source.Watch(func(ids []string) { changed = append(changed, ids...) })
			d.tell(helpdesk.StreamConversations, asked...)
			d.book(at(hour))
			if got := clocks(d, "c"); got != both || !slices.Equal(changed, []string{"c"}) {
				t.Fatalf("asked: %s, changed %v", got, changed)
			}
			d.tell(helpdesk.StreamConversations, tc.then...)
			d.book(at(hour + 25*time.Minute))
			if got := clocks(d, "c"); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			d.restart()
			if got := clocks(d, "c"); got != tc.want {
				t.Errorf("after a restart: %q, want %q", got, tc.want)
			}
		})
	}
}

func TestWhatIsBeingReadAnewIsNotKnown(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("old", start.Add(-1000*hour), helpdesk.ChannelEmail))
	d.book(start)
	if got := clocks(d, "old"); got != "unknown" {
		t.Errorf("%q", got)
	}
}

// TestDue lists what falls due in steps of random length, and compares with a
// look at every conversation.
func TestDue(t *testing.T) {
	weekly := map[time.Weekday][]kpi.Interval{}
	for _, day := range []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday} {
		weekly[day] = []kpi.Interval{{From: 9 * hour, To: 12 * hour}, {From: 13 * hour, To: 18 * hour}}
	}
	support, err := kpi.NewSchedule(kpi.Spec{Name: "support", Timezone: "UTC", Weekly: weekly})
	if err != nil {
		t.Fatal(err)
	}
	for _, business := range []bool{false, true} {
		t.Run(fmt.Sprintf("business time %t", business), func(t *testing.T) {
			d := newDesk(t, func(d *desk) { d.policy.Schedule, d.policy.BusinessTime = support, business })
			var records []helpdesk.Record
			for i := range 300 {
				ch := []helpdesk.Channel{helpdesk.ChannelEmail, helpdesk.ChannelChat, helpdesk.ChannelFacebook}[i%3]
				id, at := fmt.Sprintf("c%03d", i), start.Add(time.Duration(i*i%1000)*time.Minute)
				records = append(records, opened(id, at, ch), says(id, at, helpdesk.AuthorCustomer))
			}
			d.tell(helpdesk.StreamConversations, records...)
			d.book(start.Add(1000 * time.Minute))
			quarter := func(limit time.Duration) time.Duration { return limit / 4 }
			for name, ahead := range map[string]engine.Ahead{"at the deadline": engine.AtDeadline, "a quarter before": quarter} {
				var last time.Time
				for step := range 40 {
					now := start.Add(time.Duration(step*step) * 10 * time.Minute)
					due, next := d.source.Due(kpi.FirstResponse, ahead, last, now)
					want, first := naivelyDue(d, ahead, last, now)
					slices.Sort(due)
					if diff := cmp.Diff(want, due); diff != "" || !next.Equal(first) {
						t.Fatalf("%s, from %s to %s: next %s, want %s (-want +got)\n%s", name, last, now, next, first, diff)
					}
					last = now
				}
			}
		})
	}
}

func naivelyDue(d *desk, ahead engine.Ahead, after, upTo time.Time) (due []string, next time.Time) {
	for i := range 300 {
		id := fmt.Sprintf("c%03d", i)
		list, _ := d.source.Clocks(id)
		for _, c := range list {
			at := c.At.Add(-ahead(c.Limit))
			switch {
			case c.Clock != kpi.FirstResponse || !at.After(after):
			case !at.After(upTo):
				due = append(due, id)
			case next.IsZero() || at.Before(next):
				next = at
			}
		}
	}
	return due, next
}
