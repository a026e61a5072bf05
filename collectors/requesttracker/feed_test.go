package requesttracker

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

var week = helpdesk.Walk{Horizon: monday.Add(-7 * 24 * time.Hour), Now: monday.Add(24 * time.Hour)}

// walkFeed walks the feed to its end and returns its pages.
func walkFeed(t *testing.T, c *Collector, w helpdesk.Walk) []helpdesk.Page {
	t.Helper()
	var pages []helpdesk.Page
	for range 200 {
		page, err := c.Read(context.Background(), helpdesk.StreamEvents, w)
		if err != nil {
			t.Fatalf("read page %d: %v", len(pages)+1, err)
		}
		pages = append(pages, page)
		if w.Cursor = page.Cursor; page.Done {
			return pages
		}
	}
	t.Fatal("the walk does not end")
	return nil
}

// Reminders and approvals are rows of the feed like any other, and their tickets
// are in no search: one call each tells what they are, once.
func TestRemindersAreReadOnceAndLeftOut(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	f.ticket(9, monday).kind = "reminder"
	c := f.collector(Options{})
	pages := walkFeed(t, c, week)
	if d := cmp.Diff([]int{2}, events(pages)); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	f.count()
	f.add(9, 29, "Status|Status|open|resolved", monday.Add(time.Hour))
	w := week
	w.Cursor = lastCursor(pages)
	if d := cmp.Diff([]int(nil), events(walkFeed(t, c, w))); d != "" {
		t.Errorf("events after it was done (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]int{"/transactions": 1}, f.count()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

func lastCursor(pages []helpdesk.Page) []byte { return pages[len(pages)-1].Cursor }

// events lists the numbers of the events that pages tell, each as often as told.
func events(pages []helpdesk.Page) []int {
	var ids []int
	for _, p := range pages {
		for _, r := range p.Records {
			if k, ok := keyOf(r); ok {
				ids = append(ids, int(k.Seq))
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func keyOf(r helpdesk.Record) (helpdesk.Key, bool) {
	switch r := r.(type) {
	case helpdesk.Message:
		return r.Key, true
	case helpdesk.StatusChange:
		return r.Key, true
	case helpdesk.Relabel:
		return r.Key, true
	case helpdesk.Assignment:
		return r.Key, true
	}
	return helpdesk.Key{}, false
}

func (f *fakeRT) visible() []int {
	var ids []int
	for _, x := range f.txs {
		if !f.hidden[x.id] {
			ids = append(ids, x.id)
		}
	}
	return ids
}

func TestFeedCosts(t *testing.T) {
	for _, tc := range []struct {
		changes int
		want    map[string]int
	}{
		// 50 known rows are read again each time.
		{0, map[string]int{"/transactions": 1}},
		{1, map[string]int{"/transactions": 1, "/tickets": 1}},
		{50, map[string]int{"/transactions": 1, "/tickets": 1}},
		{51, map[string]int{"/transactions": 2, "/tickets": 1}},
		{99, map[string]int{"/transactions": 2, "/tickets": 1}},
		{100, map[string]int{"/transactions": 2, "/tickets": 1}},
		{101, map[string]int{"/transactions": 2, "/tickets": 2}},
		{250, map[string]int{"/transactions": 3, "/tickets": 2}}, // of 120 tickets
		{450, map[string]int{"/transactions": 5, "/tickets": 2}},
		{501, map[string]int{"/transactions": 6, "/tickets": 3}}, // the sixth page is told by itself
		{1200, map[string]int{"/transactions": 13, "/tickets": 6}},
	} {
		t.Run(fmt.Sprintf("%d new transactions", tc.changes), func(t *testing.T) {
			f := newFake(t)
			for i := range 120 {
				f.ticket(i+1, monday)
			}
			c := f.collector(Options{})
			w := week
			w.Cursor = lastCursor(walkFeed(t, c, w))
			f.count()
			var want []int
			for i := range tc.changes {
				want = append(want, f.add(i%120+1, 39, "Correspond", monday.Add(time.Hour)))
			}
			pages := walkFeed(t, c, w)
			if d := cmp.Diff(want, events(pages)); d != "" {
				t.Errorf("events (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.want, f.count()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
			w.Cursor = lastCursor(pages)
			for range 3 {
				idle := walkFeed(t, c, w)
				if d := cmp.Diff(map[string]int{"/transactions": 1}, f.count()); d != "" {
					t.Errorf("calls of an idle round (-want +got):\n%s", d)
				}
				if len(idle) != 1 || len(idle[0].Records)+len(idle[0].Wants)+len(idle[0].Skipped) != 0 {
					t.Errorf("an idle round says %+v", idle)
				}
				w.Cursor = lastCursor(idle)
			}
		})
	}
}

func TestIdleRoundOfADeskWithoutTicketsIsOneCall(t *testing.T) {
	f := newFake(t)
	c := f.collector(Options{})
	w := week
	w.Cursor = lastCursor(walkFeed(t, c, w))
	f.count()
	w.Cursor = lastCursor(walkFeed(t, c, w))
	if d := cmp.Diff(map[string]int{"/transactions": 1}, f.count()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
	f.ticket(1, monday)
	if d := cmp.Diff([]int{2}, events(walkFeed(t, c, w))); d != "" {
		t.Errorf("the first ticket (-want +got):\n%s", d)
	}
}

func TestLongWalkReadsFurtherBackAndFindsALateRow(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	for range 300 {
		f.add(1, 39, "Correspond", monday)
	}
	late := f.txs[100].id
	f.hidden[late] = true
	c := f.collector(Options{})
	w := week
	w.Cursor = lastCursor(walkFeed(t, c, w))
	delete(f.hidden, late) // committed after what followed it
	if got := events(walkFeed(t, c, w)); len(got) != 0 {
		t.Errorf("an ordinary walk reads %v", got)
	}
	w.Long = true
	f.count()
	if d := cmp.Diff([]int{late}, events(walkFeed(t, c, w))); d != "" {
		t.Errorf("late row (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]int{"/transactions": 4, "/tickets": 1}, f.count()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

func TestFirstWalkStopsAtTheHorizon(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday.Add(-30*24*time.Hour))
	for range 500 {
		f.add(1, 39, "Correspond", monday.Add(-20*24*time.Hour))
	}
	reply := f.add(1, 29, "Correspond", monday)
	for range 600 {
		f.add(1, 39, "Correspond", monday)
	}
	c := f.collector(Options{})
	pages := walkFeed(t, c, week)
	if n := f.count()["/transactions"]; n != 8 {
		t.Errorf("the walk took %d calls, not those down to the horizon and one behind it", n)
	}
	if !slices.Contains(events(pages), reply) {
		t.Error("the reply was not told")
	}
	if len(pages) != 2 || pages[0].Progress != 0.125 || pages[1].Progress != 1 {
		t.Errorf("%d pages, progress %v and %v", len(pages), pages[0].Progress, pages[len(pages)-1].Progress)
	}
}

func TestWhatIsToldTogetherHasABound(t *testing.T) {
	f := newFake(t)
	for i := range 1234 {
		f.ticket(i+1, monday)
	}
	f.fail = func(r rest.Request) error {
		if n := len(numbers(reID, r.Query.Get("query"))); r.Endpoint == api+"/tickets" && n > pageSize {
			t.Errorf("a search for %d tickets, of which RT lists %d", n, pageSize)
		}
		return nil
	}
	var told []int
	for _, p := range walkFeed(t, f.collector(Options{}), week) {
		told = append(told, len(events([]helpdesk.Page{p})))
	}
	// The end is a page without a row, which is asked for twice.
	if d := cmp.Diff([]int{500, 500, 234, 0}, told); d != "" {
		t.Errorf("events by page (-want +got):\n%s", d)
	}
}

func TestAPageThatFailsHoldsBackNoneAboveIt(t *testing.T) {
	f := newFake(t)
	for i := range 250 {
		f.ticket(i+1, monday)
	}
	asked := 0
	f.fail = func(r rest.Request) error {
		if r.Endpoint == api+"/transactions" {
			if asked++; asked > 2 {
				return errServer(r)
			}
		}
		return nil
	}
	c, w := f.collector(Options{}), week
	first, err := c.Read(t.Context(), helpdesk.StreamEvents, w)
	if err != nil || first.Done || len(events([]helpdesk.Page{first})) != 200 {
		t.Fatalf("the third page fails, and of two are told %d events; done is %v, %v", len(events([]helpdesk.Page{first})), first.Done, err)
	}
	w.Cursor = first.Cursor
	if _, err := c.Read(t.Context(), helpdesk.StreamEvents, w); rest.ReasonOf(err) != rest.ReasonServer {
		t.Errorf("the third page fails again: %v", err)
	}
	f.fail = nil
	if d := cmp.Diff(f.visible(), events(append(walkFeed(t, c, w), first))); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}

func TestWalkGoesOnAfterARestartWithoutLossOrRepetition(t *testing.T) {
	f := newFake(t)
	for i := range 60 {
		f.ticket(i+1, monday)
	}
	w := week
	w.Cursor = lastCursor(walkFeed(t, f.collector(Options{}), w))
	var want []int
	for i := range 1350 {
		want = append(want, f.add(i%60+1, 39, "Correspond", monday.Add(time.Hour)))
	}
	var pages []helpdesk.Page
	for len(pages) == 0 || !pages[len(pages)-1].Done {
		c := f.collector(Options{}) // a new process each page
		page, err := c.Read(context.Background(), helpdesk.StreamEvents, w)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Read(context.Background(), helpdesk.StreamEvents, w)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(page, again, ignoreAgents); d != "" {
			t.Errorf("the same page read again (-first +second):\n%s", d)
		}
		if len(pages) == 1 { // meanwhile, at the top
			want = append(want, f.add(1, 39, "Correspond", monday.Add(2*time.Hour)))
		}
		pages = append(pages, page)
		w.Cursor = page.Cursor
	}
	pages = append(pages, walkFeed(t, f.collector(Options{}), w)...)
	if d := cmp.Diff(want, events(pages)); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}

// ignoreAgents: an agent is told when first met.
var ignoreAgents = cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Records" },
	cmp.Comparer(func(a, b []helpdesk.Record) bool {
		drop := func(r helpdesk.Record) bool { _, ok := r.(helpdesk.Agent); return ok }
		return cmp.Equal(slices.DeleteFunc(slices.Clone(a), drop), slices.DeleteFunc(slices.Clone(b), drop))
	}))

// Whatever is hidden, whatever fails, whenever the process dies, whatever arrives
// meanwhile: every visible row is told exactly once.
func TestFeedTellsEveryVisibleRowOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFake(t)
		seed := rapid.Uint64().Draw(rt, "seed")
		rnd := rand.New(rand.NewPCG(seed, 1))
		for i := range 5 {
			f.ticket(i+1, monday)
		}
		grow := func(n, hidden int) {
			for range n {
				id := f.add(rnd.IntN(5)+1, 39, "Correspond", monday)
				f.hidden[id] = rnd.IntN(100) < hidden
			}
		}
		hidden := rapid.SampledFrom([]int{0, 20, 60, 97}).Draw(rt, "percent hidden")
		grow(rapid.IntRange(0, 800).Draw(rt, "before"), hidden)
		f.fail = func(r rest.Request) error {
			if rnd.IntN(8) == 0 {
				return errServer(r)
			}
			return nil
		}
		c := f.collector(Options{})
		var pages []helpdesk.Page
		w := week
		for range 400 {
			page, err := c.Read(context.Background(), helpdesk.StreamEvents, w)
			if err != nil {
				continue
			}
			pages = append(pages, page)
			w.Cursor = page.Cursor
			if len(pages) < 8 {
				grow(rnd.IntN(120), hidden)
			}
			if rnd.IntN(3) == 0 {
				c = f.collector(Options{})
			}
			if len(pages) > 10 && page.Done {
				break
			}
		}
		f.fail = nil
		last := f.add(1, 39, "Correspond", monday)
		f.hidden[last] = false
		pages = append(pages, walkFeed(t, c, w)...)
		if d := cmp.Diff(f.visible(), events(pages)); d != "" {
			rt.Fatalf("events (-visible +told):\n%s", d)
		}
	})
}

func TestAKnownRowThatIsHiddenNowCostsTwoCallsOnce(t *testing.T) {
	f := newFake(t)
	for i := range 80 {
		f.ticket(i+1, monday)
	}
	c := f.collector(Options{})
	w := week
	w.Cursor = lastCursor(walkFeed(t, c, w))
	f.hidden[f.txs[len(f.txs)-shortOverlap].id] = true // the anchor
	f.count()
	w.Cursor = lastCursor(walkFeed(t, c, w))
	if d := cmp.Diff(map[string]int{"/transactions": 3}, f.count()); d != "" {
		t.Errorf("calls of the round that notices (-want +got):\n%s", d)
	}
	w.Cursor = lastCursor(walkFeed(t, c, w))
	if d := cmp.Diff(map[string]int{"/transactions": 1}, f.count()); d != "" {
		t.Errorf("calls of the next round (-want +got):\n%s", d)
	}
}

func TestLostRightsAreAnErrorAndNotAnEmptyDesk(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	c := f.collector(Options{})
	w := week
	w.Cursor = lastCursor(walkFeed(t, c, w))
	for _, x := range f.txs {
		f.hidden[x.id] = true
	}
	f.tickets[1].forbidden = true
	page, err := c.Read(context.Background(), helpdesk.StreamEvents, w)
	if err != nil || page.Done {
		t.Errorf("the first empty answer: done is %v, %v", page.Done, err)
	}
	w.Cursor = page.Cursor
	_, err = c.Read(context.Background(), helpdesk.StreamEvents, w)
	if rest.ReasonOf(err) != rest.ReasonForbidden {
		t.Errorf("the feed of a blind account: %v", err)
	}
	_, err = c.Fetch(context.Background(), []helpdesk.Want{{Kind: helpdesk.WantRow, ID: "1"}})
	if rest.ReasonOf(err) != rest.ReasonForbidden {
		t.Errorf("the row of a ticket of a blind account: %v", err)
	}
}

func TestManyHiddenRowsOnTopAreWalkedThrough(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	c := f.collector(Options{})
	w := week
	w.Cursor = lastCursor(walkFeed(t, c, w))
	seen := f.add(1, 39, "Correspond", monday)
	for range 450 {
		f.hidden[f.add(1, 29, "Comment", monday)] = true
	}
	if d := cmp.Diff([]int{seen}, events(walkFeed(t, c, w))); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}

func TestOneBadRowIsSkippedOnceAndBlocksNothing(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	bad := f.add(1, 39, "Correspond", time.Time{})
	good := f.add(1, 39, "Correspond", monday)
	c := f.collector(Options{})
	w := week
	pages := walkFeed(t, c, w)
	if d := cmp.Diff([]int{2, good}, events(pages)); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	var skipped []string
	for _, p := range pages {
		for _, s := range p.Skipped {
			skipped = append(skipped, s.Reason+": "+s.Err.Error())
		}
	}
	if d := cmp.Diff([]string{"time: transaction " + strconv.Itoa(bad) + ": unreadable time"}, skipped); d != "" {
		t.Errorf("skipped (-want +got):\n%s", d)
	}
	w.Cursor = lastCursor(pages)
	if page := walkFeed(t, c, w)[0]; len(page.Skipped) != 0 {
		t.Errorf("skipped again: %v", page.Skipped)
	}
}

func TestATicketThatCannotBeReadAloneIsWantedAndHoldsNothingBack(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	f.ticket(2, monday).status = "deleted"
	f.fail = func(r rest.Request) error {
		if r.Path == api+"/ticket/2" {
			return errServer(r)
		}
		return nil
	}
	pages := walkFeed(t, f.collector(Options{}), week)
	if d := cmp.Diff([]int{2}, events(pages)); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "2"}}, pages[0].Wants); d != "" {
		t.Errorf("wants (-want +got):\n%s", d)
	}
}

func TestFeedErrors(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	c := f.collector(Options{})
	if _, err := c.Read(context.Background(), helpdesk.StreamEvents, helpdesk.Walk{Cursor: []byte(`{"known":[3,4]}`)}); err == nil {
		t.Error("a damaged cursor is accepted")
	}
	if _, err := c.Read(context.Background(), helpdesk.StreamRatings, week); err == nil {
		t.Error("a stream that is not there is read")
	}
	for _, endpoint := range []string{"/transactions", "/tickets", "/user/{id}"} {
		f.add(1, 29, "Correspond", monday)
		f.fail = func(r rest.Request) error {
			if r.Endpoint == api+endpoint {
				return errServer(r)
			}
			return nil
		}
		page, err := c.Read(context.Background(), helpdesk.StreamEvents, week)
		if rest.ReasonOf(err) != rest.ReasonServer || page.Cursor != nil {
			t.Errorf("%s fails: %v", endpoint, err)
		}
		f.fail = nil
	}
}

func TestCursorStaysSmall(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	for range 3000 {
		f.add(1, 39, "Correspond", monday)
	}
	largest := 0
	for _, p := range walkFeed(t, f.collector(Options{}), week) {
		largest = max(largest, len(p.Cursor))
	}
	if largest > 4096 {
		t.Errorf("a cursor takes %d bytes", largest)
	}
}

func TestFirstOwnerIsAnAssignmentAtCreation(t *testing.T) {
	type held struct {
		ID    string
		To    helpdesk.Holder
		Agent string
	}
	for _, tc := range []struct {
		name  string
		setup func(*fakeRT)
		want  []held
		wants []helpdesk.Want
	}{
		{"nobody owned it", func(*fakeRT) {}, nil, nil},
		{"an agent owned it from the start", func(f *fakeRT) { f.tickets[1].owner = 29 }, []held{{"2", helpdesk.HolderAgent, "29"}}, nil},
		{"an agent took it", func(f *fakeRT) {
			f.tickets[1].owner = 29
			f.add(1, 29, "Set|Owner|6|29", monday)
			f.add(1, 29, "SetWatcher|Owner|6|29", monday)
		}, []held{{"4", helpdesk.HolderAgent, "29"}}, nil},
		{"it changed hands", func(f *fakeRT) {
			f.tickets[1].owner = 6
			f.add(1, 29, "Set|Owner|29|31", monday)
			f.add(1, 29, "Set|Owner|31|6", monday)
		}, []held{{"2", helpdesk.HolderAgent, "29"}, {"4", helpdesk.HolderAgent, "31"}, {"6", helpdesk.HolderTeam, ""}}, nil},
		{"a bot holds it", func(f *fakeRT) { f.tickets[1].owner = 33 }, []held{{"2", helpdesk.HolderBot, "33"}}, nil},
		{"the row is newer than the feed tells", func(f *fakeRT) {
			f.tickets[1].owner, f.tickets[1].updated = 29, monday.Add(time.Minute)
		}, nil, []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "1"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			f.ticket(1, monday)
			tc.setup(f)
			pages := walkFeed(t, f.collector(Options{Bots: []string{"Helper-Bot"}}), week)
			var got []held
			for _, r := range pages[0].Records {
				if a, ok := r.(helpdesk.Assignment); ok {
					got = append(got, held{a.ID, a.To, a.Agent})
				}
			}
			slices.SortFunc(got, func(a, b held) int { return strings.Compare(a.ID, b.ID) })
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("assignments (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.wants, pages[0].Wants); d != "" {
				t.Errorf("wants (-want +got):\n%s", d)
			}
		})
	}
}

func TestAgentsAreToldWhenFirstMet(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	f.add(1, 29, "Correspond", monday)
	f.add(1, 40, "Correspond", monday)
	f.add(1, 29, "Comment", monday)
	c := f.collector(Options{})
	page := walkFeed(t, c, week)[0]
	var agents []helpdesk.Agent
	for _, r := range page.Records {
		if a, ok := r.(helpdesk.Agent); ok {
			agents = append(agents, a)
		}
	}
	if d := cmp.Diff([]helpdesk.Agent{{ID: "29", Name: "Alice Agent"}}, agents); d != "" {
		t.Errorf("agents (-want +got):\n%s", d)
	}
	want := map[string]int{"/transactions": 3, "/tickets": 1, "/user/{id}": 2}
	if d := cmp.Diff(want, f.count()); d != "" {
		t.Errorf("calls: requestors cost none (-want +got):\n%s", d)
	}
}

func TestARowThatComesTwiceInAPageIsToldOnceAndTheCursorStaysReadable(t *testing.T) {
	f := newFake(t)
	for id := 1; id <= 30; id++ {
		f.ticket(id, monday.Add(time.Duration(id)*time.Minute))
	}
	f.txs = append(f.txs, f.txs[len(f.txs)-1], f.txs[len(f.txs)-1])
	c := f.collector(Options{})
	pages := walkFeed(t, c, week)
	told := events(pages)
	if len(told) != 30 || len(slices.Compact(slices.Clone(told))) != 30 {
		t.Errorf("told %v", told)
	}
	again := week
	again.Cursor = lastCursor(pages)
	if page, err := c.Read(t.Context(), helpdesk.StreamEvents, again); err != nil || len(page.Records) != 0 {
		t.Errorf("the next walk: %v, %d records", err, len(page.Records))
	}
}

func TestAPageThatIsGivenTwiceMovesNoWalk(t *testing.T) {
	w := &walk{Page: 1}
	if !w.see([]uint64{90, 80}) || w.see([]uint64{90, 80}) {
		t.Error("the same page moves the walk again")
	}
	if !w.see([]uint64{84, 80, 70}) {
		t.Error("a page that overlaps the last one does not move the walk")
	}
	if diff := cmp.Diff(idList{90, 80, 70}, w.Seen); diff != "" || w.Next != 70 {
		t.Errorf("next %d, seen (-want +got):\n%s", w.Next, diff)
	}
}
