package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Two streams may know the same thing in different detail.
func TestOfTwoVersionsWithOneStampWhatEitherKnowsCounts(t *testing.T) {
	closed := start.Add(25 * hour)
	full := changes("1", closed, helpdesk.ChangeClosed, helpdesk.StatusClosed)
	full.By = helpdesk.ActorAutomation
	bare := full
	bare.By = helpdesk.ActorUnknown
	answer := says("1", start.Add(time.Minute), helpdesk.AuthorAgent)
	signed := answer
	signed.Agent = "a1"
	for name, records := range map[string][]helpdesk.Record{
		"the fuller last":  {bare, full, answer, signed},
		"the fuller first": {full, bare, signed, answer},
	} {
		d := newDesk(t, func(d *desk) { d.opts.Agents = engine.AgentsByID })
		d.now = closed
		row := as(opened("1", start, helpdesk.ChannelEmail), closed, helpdesk.StatusClosed)
		d.tell(helpdesk.StreamConversations, row)
		d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer))
		for _, r := range records {
			d.tell(helpdesk.StreamEvents, r)
		}
		d.book(closed.Add(31 * time.Minute))
		want := map[string]float64{
			`helpdesk_agent_replies_total{agent="a1",source="desk"}`:                            1,
			of(kpi.ConversationsClosed, "", "email", "outcome", "abandoned", "arrival", "live"): 1,
		}
		if diff := cmp.Diff(want, d.nonzero(kpi.AgentReplies, kpi.ConversationsClosed)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// That the helpdesk has thrown away what it called spam is no second exclusion.
func TestSpamThatIsGoneStaysSpam(t *testing.T) {
	d := newDesk(t)
	row := as(opened("1", start, helpdesk.ChannelEmail), start.Add(time.Minute), helpdesk.StatusExcluded)
	row.Excluded, row.ExcludedAt = helpdesk.ExcludedSpam, start.Add(time.Minute)
	d.now = start.Add(time.Minute)
	d.tell(helpdesk.StreamConversations, row)
	page := helpdesk.Page{Gone: []string{"1"}, Served: []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "1"}}}
	if err := d.source.Fetched(page, d.now); err != nil {
		t.Fatal(err)
	}
	d.book(start.Add(hour))
	d.expect(map[string]float64{of(kpi.ConversationsExcluded, "", "email", "reason", "spam"): 1}, kpi.ConversationsExcluded)
}

// A migration, an import or a merge at the helpdesk's may stamp all that it has
// anew: later, or earlier.
func TestNewStampsOnWhatWasCountedChangeNothing(t *testing.T) {
	for _, by := range []time.Duration{-40 * hour, -time.Minute, time.Minute, 40 * hour} {
		t.Run(by.String(), func(t *testing.T) {
			d := newDesk(t)
			closed := start.Add(25 * hour)
			row := as(opened("1", start.Add(hour), helpdesk.ChannelEmail), closed, helpdesk.StatusClosed)
			asked := says("1", start.Add(hour), helpdesk.AuthorCustomer)
			answer := says("1", start.Add(2*hour), helpdesk.AuthorAgent)
			end := changes("1", closed, helpdesk.ChangeClosed, helpdesk.StatusClosed)
			d.now = closed
			d.tell(helpdesk.StreamMessages, asked, answer)
			d.tell(helpdesk.StreamEvents, end)
			d.tell(helpdesk.StreamConversations, row)
			d.book(closed.Add(hour))
			before := d.nonzero(kpi.FactFamilies...)
			if len(before) < 8 {
				t.Fatalf("too little is counted for a proof: %v", before)
			}
			row.Created, row.Updated = row.Created.Add(by), d.now
			asked.At, answer.At, end.At = asked.At.Add(by), answer.At.Add(by), end.At.Add(by)
			d.tell(helpdesk.StreamMessages, asked, answer)
			d.tell(helpdesk.StreamEvents, end)
			d.tell(helpdesk.StreamConversations, row)
			d.book(closed.Add(100 * hour))
			if diff := cmp.Diff(before, d.nonzero(kpi.FactFamilies...)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}
