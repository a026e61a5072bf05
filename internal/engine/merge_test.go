package engine_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// gone answers a want of a conversation that the vendor does not have any more.
func (d *desk) gone(id string) {
	d.t.Helper()
	page := helpdesk.Page{Gone: []string{id}, Served: []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: id}}}
	if err := d.source.Fetched(page, d.now); err != nil {
		d.t.Fatal(err)
	}
}

func TestAMessageThatAMergeMovesCountsOnce(t *testing.T) {
	merge := start.Add(20 * time.Minute)
	a, b := opened("a", start, helpdesk.ChannelEmail), opened("b", start.Add(10*time.Minute), helpdesk.ChannelEmail)
	first := says("a", start, helpdesk.AuthorCustomer)
	moved := first
	moved.Conversation = "b"
	gone := as(a, merge, helpdesk.StatusExcluded)
	gone.Excluded, gone.ExcludedAt = helpdesk.ExcludedMerged, merge
	excluded := changes("a", merge, helpdesk.ChangeExcluded, helpdesk.StatusExcluded)
	excluded.Excluded = helpdesk.ExcludedMerged
	orders := map[string][]helpdesk.Record{
		"the message first":          {moved, excluded, gone, as(b, merge, helpdesk.StatusOpen)},
		"the message last":           {as(b, merge, helpdesk.StatusOpen), gone, excluded, moved},
		"the message twice":          {moved, gone, moved, excluded, as(b, merge, helpdesk.StatusOpen)},
		"the message under both ids": {first, moved, gone, excluded, as(b, merge, helpdesk.StatusOpen)},
	}
	for name, records := range orders {
		for _, restarts := range []bool{false, true} {
			d := newDesk(t)
			d.now = merge
			d.tell(helpdesk.StreamMessages, a, b, first, says("b", start.Add(10*time.Minute), helpdesk.AuthorCustomer))
			d.book(start.Add(15 * time.Minute))
			if restarts {
				d.restart()
			}
			d.now = merge
			d.tell(helpdesk.StreamMessages, records...)
			d.book(merge)
			d.tell(helpdesk.StreamMessages, says("b", start.Add(30*time.Minute), helpdesk.AuthorAgent))
			d.book(start.Add(30 * time.Minute))
			want := map[string]float64{
				of(kpi.Messages, "", "email", "author", "customer"):                                   2,
				of(kpi.Messages, "", "email", "author", "agent"):                                      1,
				of(kpi.ConversationsOpened, "", "email", "started_by", "customer", "arrival", "live"): 2,
				of(kpi.ConversationsExcluded, "", "email", "reason", "merged"):                        1,
				of(kpi.FirstResponseSeconds, "_count", "email"):                                       1,
				of(kpi.FirstResponseSeconds, "_sum", "email"):                                         1800,
			}
			got := d.nonzero(kpi.Messages, kpi.ConversationsOpened, kpi.ConversationsExcluded, kpi.FirstResponseSeconds)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, restart %v (-want +got):\n%s", name, restarts, diff)
			}
		}
	}
}

// arrival is a label that says only when something was booked.
var arrival = regexp.MustCompile(`arrival="\w+",`)

// sums are the values that are not 0, live and late together, without the
// resolution clock's.
func (d *desk) sums(families ...*kpi.Family) map[string]float64 {
	d.t.Helper()
	out := map[string]float64{}
	for k, v := range d.nonzero(families...) {
		if !strings.Contains(k, `"resolution"`) {
			out[arrival.ReplaceAllString(k, "")] += v
		}
	}
	return out
}

// A merge is most often read before what it ended is booked: the messages are in
// another conversation then, and what they did in theirs is still to be booked.
func TestWhatAMergedConversationWasIsBookedThoughItsMessagesHaveMoved(t *testing.T) {
	merge := start.Add(2 * hour)
	question, answer, more := says("a", start, helpdesk.AuthorCustomer), says("a", start.Add(10*time.Minute), helpdesk.AuthorAgent),
		says("a", start.Add(30*time.Minute), helpdesk.AuthorCustomer)
	here := []helpdesk.Record{question, answer, more}
	moved := make([]helpdesk.Record, len(here))
	for i, r := range here {
		m := r.(helpdesk.Message)
		m.Conversation = "b"
		moved[i] = m
	}
	excluded := changes("a", merge, helpdesk.ChangeExcluded, helpdesk.StatusExcluded)
	excluded.Excluded = helpdesk.ExcludedMerged
	for name, tell := range map[string]func(*desk){
		"an event tells of the merge": func(d *desk) { d.tell(helpdesk.StreamEvents, excluded) },
		"the conversation is gone":    func(d *desk) { d.gone("a") },
	} {
		d := newDesk(t)
		asked := start.Add(5 * time.Minute)
		d.now = asked
		d.tell(helpdesk.StreamConversations, opened("a", start, helpdesk.ChannelEmail), opened("b", asked, helpdesk.ChannelEmail))
		d.tell(helpdesk.StreamMessages, says("b", asked, helpdesk.AuthorCustomer))
		d.now = merge
		d.tell(helpdesk.StreamConversations, as(opened("a", start, helpdesk.ChannelEmail), merge, helpdesk.StatusOpen))
		d.tell(helpdesk.StreamMessages, here...)
		d.tell(helpdesk.StreamMessages, moved...)
		if diff := cmp.Diff([]helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "a"}}, d.wants()); diff != "" {
			t.Errorf("%s: wants (-want +got):\n%s", name, diff)
		}
		tell(d)
		d.book(merge)
		sla := func(clock, tier, result string) string {
			return of(kpi.SLAEvents, "", "email", "clock", clock, "tier", tier, "result", result)
		}
		want := map[string]float64{
			of(kpi.Messages, "", "email", "author", "customer"):                3,
			of(kpi.Messages, "", "email", "author", "agent"):                   1,
			of(kpi.ConversationsOpened, "", "email", "started_by", "customer"): 2,
			of(kpi.ConversationsExcluded, "", "email", "reason", "merged"):     1,
			of(kpi.ClocksCancelled, "", "email", "clock", "next_response"):     1,
			of(kpi.ResponseSeconds, "_count", "email"):                         1,
			of(kpi.ResponseSeconds, "_sum", "email"):                           600,
			sla("next_response", "stellar", "missed"):                          1,
		}
		for _, tier := range kpi.Tiers {
			want[sla("first_response", tier.String(), "met")] = 1
		}
		got := d.sums(kpi.Messages, kpi.ConversationsOpened, kpi.ConversationsExcluded, kpi.ClocksCancelled, kpi.ResponseSeconds, kpi.SLAEvents)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What was answered before a merge is answered, booked before it or not: the
// other conversation, which has the messages now, does not tell it again.
func TestWhatAMergedConversationHasDoneIsNotDoneAgainWhereItsMessagesAre(t *testing.T) {
	merge := start.Add(5 * hour)
	here := []helpdesk.Record{
		says("a", start, helpdesk.AuthorCustomer), says("a", start.Add(10*time.Minute), helpdesk.AuthorAgent),
		says("a", start.Add(2*hour), helpdesk.AuthorCustomer), // no answer before the merge, one limit passed
	}
	excluded := changes("a", merge, helpdesk.ChangeExcluded, helpdesk.StatusExcluded)
	excluded.Excluded = helpdesk.ExcludedMerged
	for _, booked := range []time.Duration{0, time.Hour, 4 * hour} {
		d := newDesk(t, func(d *desk) { d.opts.Agents = engine.AgentsByID })
		d.now = merge
		d.tell(helpdesk.StreamConversations, opened("a", start, helpdesk.ChannelEmail), opened("b", start.Add(-time.Minute), helpdesk.ChannelEmail))
		d.tell(helpdesk.StreamMessages, here...)
		if booked > 0 {
			d.book(start.Add(booked))
		}
		d.now = merge
		for _, r := range here {
			m := r.(helpdesk.Message)
			m.Conversation = "b"
			d.tell(helpdesk.StreamMessages, m)
		}
		d.tell(helpdesk.StreamEvents, excluded)
		d.fetched("a", excluded)
		d.book(merge)
		d.tell(helpdesk.StreamMessages, says("b", start.Add(5*hour+30*time.Minute), helpdesk.AuthorAgent))
		d.book(start.Add(6 * hour))
		sla := func(clock, tier, result string) string {
			return of(kpi.SLAEvents, "", "email", "clock", clock, "tier", tier, "result", result)
		}
		want := map[string]float64{
			of(kpi.Messages, "", "email", "author", "customer"):            2,
			of(kpi.Messages, "", "email", "author", "agent"):               2,
			of(kpi.FirstResponseSeconds, "_count", "email"):                1,
			of(kpi.FirstResponseSeconds, "_sum", "email"):                  600,
			of(kpi.ResponseSeconds, "_count", "email"):                     2,
			of(kpi.ResponseSeconds, "_sum", "email"):                       600 + 3.5*3600,
			of(kpi.ClocksCancelled, "", "email", "clock", "next_response"): 1,
			sla("next_response", "stellar", "missed"):                      1,
			sla("next_response", "above_average", "met"):                   1,
			sla("next_response", "average", "met"):                         1,
			sla("next_response", "below_average", "met"):                   1,
		}
		for _, tier := range kpi.Tiers {
			want[sla("first_response", tier.String(), "met")] = 1
		}
		got := d.sums(kpi.Messages, kpi.FirstResponseSeconds, kpi.ResponseSeconds, kpi.ClocksCancelled, kpi.SLAEvents)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("booked up to %s before (-want +got):\n%s", booked, diff)
		}
	}
}

// A log names a merge without saying what became of the conversation: until it
// was looked at, however often that fails, nothing of it is booked.
func TestAConversationThatIsToBeReadWholeIsBookedOnceItWas(t *testing.T) {
	d := newDesk(t)
	asked, merge := start.Add(time.Minute), start.Add(30*time.Minute)
	d.now = merge
	d.tell(helpdesk.StreamConversations, opened("a", asked, helpdesk.ChannelEmail))
	d.tell(helpdesk.StreamMessages, says("a", asked, helpdesk.AuthorCustomer))
	d.book(start.Add(10 * time.Minute))
	page := helpdesk.Page{Wants: []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "a"}}}
	trashed := changes("a", merge, helpdesk.ChangeExcluded, helpdesk.StatusExcluded)
	trashed.Excluded = helpdesk.ExcludedDeleted
	page.Records = []helpdesk.Record{trashed}
	if err := d.source.Apply(helpdesk.StreamEvents, page, engine.StreamState{Watermark: merge.UnixNano()}, merge); err != nil {
		t.Fatal(err)
	}
	families := []*kpi.Family{kpi.ConversationsExcluded, kpi.ClocksCancelled, kpi.SLAEvents}
	d.book(start.Add(2 * hour))
	d.expect(map[string]float64{}, families...)
	merged := changes("a", merge, helpdesk.ChangeExcluded, helpdesk.StatusExcluded)
	merged.ID, merged.Excluded = "merged", helpdesk.ExcludedMerged
	merged.Lane = helpdesk.LaneEvents
	d.fetched("a", merged)
	d.book(start.Add(2*hour + time.Minute))
	d.expect(map[string]float64{
		of(kpi.ConversationsExcluded, "", "email", "reason", "merged"):  1,
		of(kpi.ClocksCancelled, "", "email", "clock", "first_response"): 1,
	}, families...)
}
