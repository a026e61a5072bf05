package requesttracker

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func whole(ids ...int) []helpdesk.Want  { return wantsOf(helpdesk.WantConversation, ids) }
func rowsOf(ids ...int) []helpdesk.Want { return wantsOf(helpdesk.WantRow, ids) }

func wantsOf(k helpdesk.WantKind, ids []int) []helpdesk.Want {
	var wants []helpdesk.Want
	for _, id := range ids {
		wants = append(wants, helpdesk.Want{Kind: k, ID: strconv.Itoa(id)})
	}
	return wants
}

func fetch(t *testing.T, c *Collector, wants []helpdesk.Want) helpdesk.Page {
	t.Helper()
	page, err := c.Fetch(context.Background(), wants)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func conversations(page helpdesk.Page) []string {
	var ids []string
	for _, r := range page.Records {
		if c, ok := r.(helpdesk.Conversation); ok {
			ids = append(ids, c.ID+" "+c.Status.String()+" "+c.Excluded.String())
		}
	}
	return ids
}

func TestFetchReadsWholeConversationsTogether(t *testing.T) {
	f := newFake(t)
	for i := range 25 {
		f.ticket(i+1, monday)
	}
	for i := range 150 {
		f.add(i%25+1, 39, "Correspond", monday)
	}
	f.add(26-1, 29, "Correspond", monday)
	c := f.collector(Options{})
	wants := whole(slices.Collect(func(yield func(int) bool) {
		for i := range 25 {
			if !yield(i + 1) {
				return
			}
		}
	})...)
	page := fetch(t, c, wants)
	if d := cmp.Diff(wants[:20], page.Served); d != "" {
		t.Errorf("served (-want +got):\n%s", d)
	}
	var want []int
	for _, x := range f.txs {
		if x.ticket <= 20 {
			want = append(want, x.id)
		}
	}
	if d := cmp.Diff(want, events([]helpdesk.Page{page})); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]int{"/tickets": 1, "/transactions": 2}, f.count()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

func TestFetchOfALongTicketWithHiddenRowsIsComplete(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	var want []int
	want = append(want, f.txs[0].id)
	for i := range 400 {
		id := f.add(1, 39, "Correspond", monday)
		if f.hidden[id] = i%3 == 0 || i > 150 && i < 290; !f.hidden[id] {
			want = append(want, id)
		}
	}
	page := fetch(t, f.collector(Options{}), whole(1))
	if d := cmp.Diff(want, events([]helpdesk.Page{page})); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}

func TestFetchOfAnImportedTicketWithoutACreationEnds(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	f.hidden[f.txs[0].id] = true
	id := f.add(1, 39, "Correspond", monday)
	page := fetch(t, f.collector(Options{}), whole(1))
	if d := cmp.Diff([]int{id}, events([]helpdesk.Page{page})); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	if n := f.count()["/transactions"]; n != 1+historyHidden {
		t.Errorf("%d calls", n)
	}
}

func TestFetchOfTheFirstOwner(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday).owner = 29
	f.ticket(2, monday).owner = 29
	f.add(2, 29, "Set|Owner|31|29", monday.Add(time.Hour))
	page := fetch(t, f.collector(Options{}), whole(1, 2))
	got := map[string]string{}
	for _, r := range page.Records {
		if a, ok := r.(helpdesk.Assignment); ok {
			got[a.ID+" of "+a.Conversation] = a.Agent
		}
	}
	if d := cmp.Diff(map[string]string{"2 of 1": "29", "4 of 2": "31", "6 of 2": "29"}, got); d != "" {
		t.Errorf("assignments (-want +got):\n%s", d)
	}
}

func TestFetchOfTicketsThatNoSearchFinds(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	f.ticket(6, monday.Add(-time.Hour)).queue = 3
	f.ticket(7, monday).into = 6
	f.add(7, 29, "AddLink|MergedInto||fsck.com-rt://example.test/ticket/6", monday.Add(time.Hour))
	f.add(6, 29, "AddLink|MergedInto||fsck.com-rt://example.test/ticket/6", monday.Add(time.Hour))
	f.ticket(8, monday).status = "deleted"
	f.add(8, 29, "Status|Status|new|deleted", monday.Add(time.Minute))
	f.ticket(9, monday).kind = "reminder"
	f.ticket(10, monday).forbidden = true
	wants := append(rowsOf(1, 7, 8, 9, 10, 99), helpdesk.Want{Kind: helpdesk.WantRow, ID: "abc"})
	page := fetch(t, f.collector(Options{}), wants)
	if d := cmp.Diff(wants, page.Served); d != "" {
		t.Errorf("served (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"1 new ", "7 excluded merged", "8 excluded deleted"}, conversations(page)); d != "" {
		t.Errorf("conversations (-want +got):\n%s", d)
	}
	slices.Sort(page.Gone)
	if d := cmp.Diff([]string{"10", "9", "99", "abc"}, page.Gone); d != "" {
		t.Errorf("gone (-want +got):\n%s", d)
	}
	var merge helpdesk.StatusChange
	var merged helpdesk.Conversation
	for _, r := range page.Records {
		switch r := r.(type) {
		case helpdesk.StatusChange:
			merge = r
		case helpdesk.Conversation:
			if r.ID == "7" {
				merged = r
			}
		}
	}
	if merge.Conversation != "7" || merge.Excluded != helpdesk.ExcludedMerged || !merge.At.Equal(monday.Add(time.Hour)) || merge.Agent != "29" {
		t.Errorf("the merge: %+v", merge)
	}
	if !merged.Created.Equal(monday) || !merged.ExcludedAt.Equal(merge.At) || merged.URL != fakeBase+"/Ticket/Display.html?id=7" {
		t.Errorf("the merged ticket: %+v", merged)
	}
}

func TestWholeMergedTicketKeepsItsOwnRowsAndTheOtherGetsNone(t *testing.T) {
	f := newFake(t)
	f.ticket(6, monday)
	f.ticket(7, monday).into = 6
	f.add(7, 39, "Correspond", monday)
	f.add(7, 29, "AddLink|MergedInto||fsck.com-rt://example.test/ticket/6", monday.Add(time.Hour))
	f.add(6, 29, "AddLink|MergedInto||fsck.com-rt://example.test/ticket/6", monday.Add(time.Hour))
	c := f.collector(Options{})
	for id, want := range map[int][]int{6: {2}, 7: {4, 6, 8}} {
		page := fetch(t, c, whole(id))
		if d := cmp.Diff(want, events([]helpdesk.Page{page})); d != "" {
			t.Errorf("events of %d (-want +got):\n%s", id, d)
		}
	}
	// The feed tells the same, and its row of 7 is that of a merged ticket.
	pages := walkFeed(t, c, week)
	if d := cmp.Diff([]int{2, 4, 6, 8}, events(pages)); d != "" {
		t.Errorf("events of the feed (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"6 new ", "7 excluded merged"}, conversations(pages[0])); d != "" {
		t.Errorf("rows of the feed (-want +got):\n%s", d)
	}
}

func TestTheRowOfAMergedTicketIsItsOwn(t *testing.T) {
	clientError := func(r rest.Request) error {
		if strings.Contains(r.Query.Get("query"), "EffectiveId") {
			return &rest.Error{Reason: rest.ReasonClient, Endpoint: r.Endpoint, Code: 400}
		}
		return nil
	}
	for _, tc := range []struct {
		name    string
		prepare func(*fakeRT)
		team    string
		channel helpdesk.Channel
	}{
		{"RT tells it to who asks for it", func(*fakeRT) {}, "Billing", helpdesk.ChannelPhone},
		{"in a queue that the account may not see, the other's stands for it", func(f *fakeRT) { f.noOwnRows = true }, "General", helpdesk.ChannelEmail},
		{"a server that does not know the question", func(f *fakeRT) { f.fail = clientError }, "General", helpdesk.ChannelEmail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			f.ticket(6, monday)
			away := f.ticket(7, monday.Add(time.Minute))
			away.queue, away.owner, away.into, away.fields["Channel"] = 3, 29, 6, "Phone"
			f.add(7, 29, "AddLink|MergedInto||fsck.com-rt://example.test/ticket/6", monday.Add(time.Hour))
			f.add(6, 29, "AddLink|MergedInto||fsck.com-rt://example.test/ticket/6", monday.Add(time.Hour))
			tc.prepare(f)
			page := fetch(t, f.collector(Options{ChannelField: "Channel"}), whole(7))
			want := helpdesk.Conversation{
				ID: "7", Created: monday.Add(time.Minute), Updated: monday.Add(time.Hour), Status: helpdesk.StatusExcluded,
				Excluded: helpdesk.ExcludedMerged, ExcludedAt: monday.Add(time.Hour), Messages: -1,
				Labels: helpdesk.Labels{Channel: tc.channel, Team: tc.team, Priority: "0"}, URL: fakeBase + "/Ticket/Display.html?id=7",
			}
			if d := cmp.Diff(want, page.Records[slices.IndexFunc(page.Records, isRow)]); d != "" {
				t.Errorf("row (-want +got):\n%s", d)
			}
		})
	}
}

func isRow(r helpdesk.Record) bool { _, ok := r.(helpdesk.Conversation); return ok }

// A search or the feed that is not to be had says nothing of the ticket that it
// was asked for.
func TestAFailingListMakesNoMergedTicketGone(t *testing.T) {
	for _, list := range []string{"/tickets", "/transactions"} {
		for _, why := range []rest.Reason{rest.ReasonGone, rest.ReasonForbidden, rest.ReasonServer} {
			f := newFake(t)
			f.ticket(6, monday)
			f.ticket(7, monday).into = 6
			f.fail = func(r rest.Request) error {
				asks := r.Query.Get("query")
				if r.Endpoint == api+list && (strings.Contains(asks, "EffectiveId") || strings.Contains(asks, "ObjectId")) {
					return &rest.Error{Reason: why, Endpoint: r.Endpoint}
				}
				return nil
			}
			page, err := f.collector(Options{}).Fetch(context.Background(), rowsOf(7))
			if rest.ReasonOf(err) != why || len(page.Gone) > 0 {
				t.Errorf("%s of %s: error %v, gone %v", why, list, err, page.Gone)
			}
		}
	}
}

func TestFetchReadsARestoredTicketAnew(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday).status = "deleted"
	c := f.collector(Options{})
	walkFeed(t, c, week)
	f.tickets[1].status = "open"
	f.tickets[1].kind = "ticket"
	if d := cmp.Diff([]string{"1 open "}, conversations(fetch(t, c, rowsOf(1)))); d != "" {
		t.Errorf("conversations (-want +got):\n%s", d)
	}
}

func TestOneFailingWantLosesNoOther(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fails func(rest.Request) bool
	}{
		{"its own call fails", func(r rest.Request) bool { return r.Path == api+"/ticket/2" }},
		{"every search with it fails", func(r rest.Request) bool {
			return r.Path == api+"/ticket/2" || slices.Contains(numbers(reID, r.Query.Get("query")), 2)
		}},
		{"every history with it fails", func(r rest.Request) bool { return slices.Contains(numbers(reObject, r.Query.Get("query")), 2) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			f.ticket(1, monday)
			f.ticket(2, monday).status = "deleted"
			f.ticket(3, monday)
			f.fail = func(r rest.Request) error {
				if tc.fails(r) {
					return errServer(r)
				}
				return nil
			}
			c := f.collector(Options{})
			page := fetch(t, c, whole(1, 2, 3))
			if d := cmp.Diff(whole(1, 3), page.Served); d != "" {
				t.Errorf("served (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]int{2, 6}, events([]helpdesk.Page{page})); d != "" {
				t.Errorf("events (-want +got):\n%s", d)
			}
			if _, err := c.Fetch(context.Background(), whole(2)); rest.ReasonOf(err) != rest.ReasonServer {
				t.Errorf("alone: %v", err)
			}
		})
	}
}

func TestFetchStopsWhereEveryWantWouldFail(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	f.ticket(2, monday)
	f.fail = func(r rest.Request) error {
		return &rest.Error{Reason: rest.ReasonAuth, Endpoint: r.Endpoint, Code: 401}
	}
	if _, err := f.collector(Options{}).Fetch(context.Background(), whole(1, 2)); rest.ReasonOf(err) != rest.ReasonAuth {
		t.Errorf("%v", err)
	}
	if n := len(f.calls); n != 1 {
		t.Errorf("%d calls with refused credentials", n)
	}
}

func TestAMergeWithoutItsLinkIsStillANewerRow(t *testing.T) {
	f := newFake(t)
	f.ticket(6, monday)
	f.ticket(7, monday).into = 6
	f.add(6, 39, "Correspond", monday.Add(time.Hour))
	page := fetch(t, f.collector(Options{}), rowsOf(7))
	if d := cmp.Diff([]string{"7 excluded merged"}, conversations(page)); d != "" {
		t.Errorf("conversations (-want +got):\n%s", d)
	}
	for _, r := range page.Records {
		if c, ok := r.(helpdesk.Conversation); ok && (!c.Updated.Equal(monday.Add(time.Hour)) || !c.ExcludedAt.IsZero()) {
			t.Errorf("updated %v, excluded at %v", c.Updated, c.ExcludedAt)
		}
	}
}
