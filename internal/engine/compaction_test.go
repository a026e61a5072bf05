package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// kept is how many conversations are in the ledger.
func (d *desk) kept() float64 {
	d.t.Helper()
	return d.shown(kpi.StateConversations)[`helpdesk_state_conversations{source="desk"}`]
}

func (d *desk) wants() []helpdesk.Want {
	d.t.Helper()
	w, err := d.source.Wants(100)
	if err != nil {
		d.t.Fatal(err)
	}
	return w
}

// fetched answers a want of a whole conversation.
func (d *desk) fetched(id string, records ...helpdesk.Record) {
	d.t.Helper()
	page := helpdesk.Page{Records: records, Served: []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: id}}}
	if err := d.source.Fetched(page, d.now); err != nil {
		d.t.Fatal(err)
	}
}

// closedOnce is everything about a conversation that was answered in an hour and
// closed in two.
func closedOnce(id string) []helpdesk.Record {
	return []helpdesk.Record{
		opened(id, start, helpdesk.ChannelEmail),
		says(id, start, helpdesk.AuthorCustomer),
		says(id, start.Add(hour), helpdesk.AuthorAgent),
		changes(id, start.Add(2*hour), helpdesk.ChangeClosed, helpdesk.StatusClosed),
		as(opened(id, start, helpdesk.ChannelEmail), start.Add(2*hour), helpdesk.StatusClosed),
	}
}

func TestAConversationLeavesTheLedgerWhenTheRetentionIsOver(t *testing.T) {
	d := newDesk(t)
	d.now = start.Add(2 * hour)
	d.tell(helpdesk.StreamMessages, closedOnce("old")...)
	d.tell(helpdesk.StreamMessages, opened("open", start, helpdesk.ChannelEmail), says("open", start, helpdesk.AuthorCustomer))
	d.book(start.Add(3 * hour))
	closed := start.Add(2 * hour)
	d.book(closed.Add(90*day - time.Nanosecond))
	if n := d.kept(); n != 2 {
		t.Errorf("%v conversations just under the retention, want 2", n)
	}
	facts := d.shown(kpi.FactFamilies...)
	d.book(closed.Add(90 * day))
	if n := d.kept(); n != 1 {
		t.Errorf("%v conversations when the retention is over, want the open one", n)
	}
	if diff := cmp.Diff(facts, d.shown(kpi.FactFamilies...)); diff != "" {
		t.Errorf("the numbers changed (-want +got):\n%s", diff)
	}
	d.restart()
	if n := d.kept(); n != 1 {
		t.Errorf("%v conversations after a restart, want 1", n)
	}
}

func TestActivityOnACompactedConversationReadsItWholeAndBooksOnlyWhatIsNew(t *testing.T) {
	d := newDesk(t)
	d.now = start.Add(2 * hour)
	history := closedOnce("old")
	d.tell(helpdesk.StreamMessages, history...)
	d.book(start.Add(3 * hour))
	d.book(start.Add(95 * day))
	if n := d.kept(); n != 0 {
		t.Fatalf("%v conversations, want none", n)
	}
	want := d.nonzero(kpi.FactFamilies...)

	again := start.Add(100 * day)
	d.now = again.Add(time.Minute)
	news := []helpdesk.Record{
		says("old", again, helpdesk.AuthorCustomer),
		changes("old", again, helpdesk.ChangeReopened, helpdesk.StatusOpen),
		as(opened("old", start, helpdesk.ChannelEmail), again, helpdesk.StatusOpen),
	}
	d.tell(helpdesk.StreamMessages, news...)
	if diff := cmp.Diff([]helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "old"}}, d.wants()); diff != "" {
		t.Fatalf("wants (-want +got):\n%s", diff)
	}
	d.book(d.now)
	if diff := cmp.Diff(want, d.nonzero(kpi.FactFamilies...)); diff != "" {
		t.Errorf("before the conversation was read whole its facts must wait (-want +got):\n%s", diff)
	}
	d.expect(map[string]float64{of(kpi.OpenConversations, "", "email", "status", "open"): 1}, kpi.OpenConversations)

	d.fetched("old", append(history, news...)...)
	d.book(d.now)
	want[of(kpi.Messages, "", "email", "author", "customer")]++
	want[of(kpi.ConversationsReopened, "", "email", "outcome", "one_touch")]++
	if diff := cmp.Diff(want, d.nonzero(kpi.FactFamilies...)); diff != "" {
		t.Errorf("after it was read whole (-want +got):\n%s", diff)
	}
	if w := d.wants(); len(w) > 0 {
		t.Errorf("still wanted: %v", w)
	}
	// The clock of the new turn runs from its message.
	d.book(again.Add(2 * hour))
	missed := of(kpi.SLAEvents, "", "email", "clock", "next_response", "tier", "stellar", "result", "missed", "arrival", "late")
	if got := d.shown(kpi.SLAEvents)[missed]; got != 1 {
		t.Errorf("%s is %v, want 1", missed, got)
	}
}

// What happens after the close is booked too: a thank-you, a rating. The
// retention counts from it, else it would be counted again with the next
// activity.
func TestWhatHappenedAfterTheCloseIsNotBookedAgainAfterACompaction(t *testing.T) {
	d := newDesk(t)
	d.now = start.Add(2 * hour)
	history := append(closedOnce("old"),
		says("old", start.Add(50*day), helpdesk.AuthorCustomer),
		helpdesk.Rating{ID: "r", Conversation: "old", Sent: start.Add(day), Scored: start.Add(40 * day), Score: 5},
	)
	d.now = start.Add(50 * day)
	d.tell(helpdesk.StreamMessages, history...)
	d.book(start.Add(51 * day))
	counted := map[string]float64{
		of(kpi.Messages, "", "email", "author", "customer"): 2,
		of(kpi.Messages, "", "email", "author", "agent"):    1,
		of(kpi.CSATRatings, "", "email", "score", "5"):      1,
		of(kpi.CSATSurveysSent, "", "email"):                1,
	}
	families := []*kpi.Family{kpi.Messages, kpi.CSATRatings, kpi.CSATSurveysSent}
	d.expect(counted, families...)
	d.book(start.Add(95 * day))
	again := start.Add(96 * day)
	d.now = again.Add(time.Minute)
	news := []helpdesk.Record{
		says("old", again, helpdesk.AuthorCustomer),
		changes("old", again, helpdesk.ChangeReopened, helpdesk.StatusOpen),
		as(opened("old", start, helpdesk.ChannelEmail), again, helpdesk.StatusOpen),
	}
	d.tell(helpdesk.StreamMessages, news...)
	for _, w := range d.wants() {
		d.fetched(w.ID, append(history, news...)...)
	}
	d.book(d.now)
	counted[of(kpi.Messages, "", "email", "author", "customer")]++
	d.expect(counted, families...)
}

func TestARecordFromBehindTheWatermarkChangesOnlyWhatIsNotBooked(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer))
	d.book(start.Add(90 * time.Minute))
	behind := `helpdesk_behind_watermark_records_total{source="desk",stream="messages"}`
	if got := d.shown(kpi.BehindWatermark)[behind]; got != 0 {
		t.Fatalf("%s is %v before any came", behind, got)
	}
	late := says("1", start.Add(50*time.Minute), helpdesk.AuthorAgent)
	for range 2 { // what is known already is none
		d.tell(helpdesk.StreamMessages, late, says("1", start, helpdesk.AuthorCustomer))
	}
	if got := d.shown(kpi.BehindWatermark)[behind]; got != 1 {
		t.Errorf("%s is %v, want 1", behind, got)
	}
	d.book(start.Add(91 * time.Minute))
	sla := func(tier, result, arrival string) string {
		return of(kpi.SLAEvents, "", "email", "clock", "first_response", "tier", tier, "result", result, "arrival", arrival)
	}
	d.expect(map[string]float64{
		sla("stellar", "missed", "late"):    1, // booked when the reply was not known, and it stays
		sla("above_average", "met", "late"): 1, sla("average", "met", "late"): 1, sla("below_average", "met", "late"): 1,
		of(kpi.FirstResponseSeconds, "_count", "email"): 1, of(kpi.FirstResponseSeconds, "_sum", "email"): 3000,
		of(kpi.Messages, "", "email", "author", "customer"): 1, of(kpi.Messages, "", "email", "author", "agent"): 1,
	}, kpi.SLAEvents, kpi.FirstResponseSeconds, kpi.Messages)
}

func TestARepeatedPageChangesNothing(t *testing.T) {
	d := newDesk(t)
	d.now = start.Add(2 * hour)
	d.tell(helpdesk.StreamMessages, closedOnce("1")...)
	d.book(start.Add(3 * hour))
	families := slices.Concat(kpi.FactFamilies, kpi.LiveFamilies, []*kpi.Family{kpi.BehindWatermark, kpi.StateConversations})
	want, starts := d.shown(families...), d.starts()
	for range 3 {
		d.tell(helpdesk.StreamMessages, closedOnce("1")...)
		if err := d.source.Book(engine.Round{Now: d.now, Watermark: d.now, Good: d.now}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, d.shown(families...)) + cmp.Diff(starts, d.starts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
