package callbell

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// crowd fills the list with contacts: n of which the last wrote a minute before
// the beginning, each a minute before the one in front of it, closed unless open
// says else.
func (d *desk) crowd(n int, open func(int) bool) {
	for i := n - 1; i >= 0; i-- {
		wrote := began.Add(-time.Duration(i+1) * time.Minute)
		o := d.contact(fmt.Sprintf("c%d", i), "", object{"createdAt": wrote.Format(time.RFC3339), "status": "received"})
		if !open(i) {
			o["closedAt"] = wrote.Add(30 * time.Second).Format(time.RFC3339)
		}
	}
}

func none(int) bool { return false }
func all(int) bool  { return true }

// write adds a message to a contact, which comes to the front by it.
func (d *desk) write(uuid string, k kind) {
	i := slices.IndexFunc(d.contacts, func(o object) bool { return o["uuid"] == uuid })
	o := d.contacts[i]
	d.contacts = slices.Insert(slices.Delete(d.contacts, i, i+1), 0, o)
	d.messages[uuid] = slices.Insert(d.messages[uuid], 0, object{"createdAt": d.now.Format(time.RFC3339), "status": string(k)})
}

// later lets time pass, and counts the calls of what comes then.
func (d *desk) later(by time.Duration) {
	d.now = d.now.Add(by)
	d.calls = nil
}

func TestTheCostOfARound(t *testing.T) {
	for _, c := range []struct {
		name     string
		contacts int
		open     func(int) bool
		news     []string // who writes
		want     map[string]int
	}{
		{"nothing new, nothing open", 200, none, nil, map[string]int{allContacts: 1, contactMessages: 3}},
		{"nothing new, one page of open contacts", 200, func(i int) bool { return i < 20 }, nil, map[string]int{allContacts: 1, contactMessages: 3}},
		{"nothing new, all open: every row is read", 200, all, nil, map[string]int{allContacts: 10, contactMessages: 3}},
		{"one open contact far behind is read by itself", 200, func(i int) bool { return i == 150 }, nil, map[string]int{allContacts: 1, contactMessages: 3, oneContact: 1}},
		{
			"a few that are scattered: after two pages in vain one by one", 2000, func(i int) bool { return i > 500 && i%500 == 1 }, nil,
			map[string]int{allContacts: 2, contactMessages: 3, oneContact: 3},
		},
		{"four contacts with news", 200, none, []string{"c7", "c30", "c31", "c150"}, map[string]int{allContacts: 1, contactMessages: 7}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, Options{})
			d.crowd(c.contacts, c.open)
			d.walk(helpdesk.StreamConversations, false)
			d.walk(helpdesk.StreamOpen, true)
			d.later(time.Minute)
			d.walk(helpdesk.StreamConversations, false)
			d.later(time.Minute)
			for _, uuid := range c.news {
				d.write(uuid, sent) // to contacts that stay closed
			}
			d.later(10 * time.Second)
			d.walk(helpdesk.StreamConversations, false)
			compare(t, c.want, d.counted())
		})
	}
}

func TestTheCostOfAFirstSyncAndOfASweep(t *testing.T) {
	d := newDesk(t, Options{})
	for i := 99; i >= 0; i-- { // a contact for each day, every tenth is open
		wrote := began.Add(-time.Duration(i) * 24 * time.Hour)
		o := d.contact(fmt.Sprintf("c%d", i), "", object{"createdAt": wrote.Format(time.RFC3339), "status": "received"})
		if i%10 != 0 {
			o["closedAt"] = wrote.Add(time.Hour).Format(time.RFC3339)
		}
	}
	p := d.walk(helpdesk.StreamConversations, false)
	// 30 days of contacts, and a page's worth of those behind them.
	compare(t, map[string]int{allContacts: 3, contactMessages: 51}, d.counted())
	p2 := d.walk(helpdesk.StreamOpen, true)
	// All rows, and the messages of the open ones that are further behind: c60 to c90.
	compare(t, map[string]int{allContacts: 5, contactMessages: 4}, d.counted())
	conversations := 0
	for _, r := range append(p.Records, p2.Records...) {
		if _, ok := r.(helpdesk.Conversation); ok {
			conversations++
		}
	}
	if conversations != 31+2+4+6 { // since the horizon; open behind it, in the first walk and the sweep; listed again
		t.Errorf("%d conversations", conversations)
	}
	d.walk(helpdesk.StreamOpen, true)
	compare(t, map[string]int{allContacts: 5}, d.counted())
}

func TestAFirstSyncThatCountsNothingReadsOnlyWhatIsOpen(t *testing.T) {
	d := newDesk(t, Options{Uncounted: 30 * 24 * time.Hour})
	d.crowd(200, func(i int) bool { return i%20 == 7 })
	d.walk(helpdesk.StreamConversations, false)
	compare(t, map[string]int{allContacts: 1, contactMessages: 20}, d.counted())
	d.walk(helpdesk.StreamOpen, true)
	compare(t, map[string]int{allContacts: 10, contactMessages: 9}, d.counted())
	if p := d.walk(helpdesk.StreamOpen, true); len(p.Records) != 10 {
		t.Errorf("%d records of 10 open contacts", len(p.Records))
	}
}

func TestEveryGenerationOfPagesIsReadToItsEnd(t *testing.T) {
	for _, gen := range []paging{byToken, byNumber, untold} {
		for _, n := range []int{1, 6, 7, 8, 14, 21} {
			d := newDesk(t, Options{})
			d.paging, d.size = gen, 7
			d.crowd(n, all)
			for i := range 20 { // more than a page of messages of one contact
				d.messages["c0"] = append(d.messages["c0"], object{"createdAt": began.Add(-time.Duration(i+2) * time.Hour).Format(time.RFC3339), "status": "sent"})
			}
			messages, rows := 0, 0
			for _, r := range append(d.walk(helpdesk.StreamConversations, false).Records, d.walk(helpdesk.StreamOpen, true).Records...) {
				switch r.(type) {
				case helpdesk.Message:
					messages++
				case helpdesk.Conversation:
					rows++
				}
			}
			if messages != n+20 || rows != 2*n {
				t.Errorf("generation %d, %d contacts: %d messages, %d rows", gen, n, messages, rows)
			}
		}
	}
}

func TestMessagesThatComeInWhileNumberedPagesAreReadAreNotCountedTwice(t *testing.T) {
	d := newDesk(t, Options{})
	d.paging, d.size = byNumber, 5
	d.contact("c1", "")
	for i := range 12 { // two of each second: nothing but their number tells them apart
		d.messages["c1"] = append(d.messages["c1"], said(fmt.Sprintf("07:00:%02d", 50-i/2), received))
	}
	pages := 0
	d.before = func(r rest.Request) {
		if r.Endpoint == contactMessages {
			if pages++; pages == 2 {
				d.messages["c1"] = slices.Insert(d.messages["c1"], 0, said("07:30", received))
			}
		}
	}
	n := 0
	for _, r := range d.walk(helpdesk.StreamConversations, false).Records {
		if _, ok := r.(helpdesk.Message); ok {
			n++
		}
	}
	if n != 13 {
		t.Errorf("%d messages of 13", n)
	}
}

func TestRowsThatDoNotTellOfClosesAreReadOneByOne(t *testing.T) {
	d := newDesk(t, Options{})
	d.bare = true
	d.crowd(30, func(i int) bool { return i == 25 })
	d.walk(helpdesk.StreamConversations, false)
	d.walk(helpdesk.StreamOpen, true)
	d.later(time.Minute)
	d.walk(helpdesk.StreamConversations, false)
	compare(t, map[string]int{allContacts: 1, contactMessages: 3, oneContact: 4}, d.counted())
	d.contacts[25]["closedAt"] = d.now.Format(time.RFC3339)
	d.later(time.Minute)
	closed := 0
	for _, r := range d.walk(helpdesk.StreamConversations, false).Records {
		if c, ok := r.(helpdesk.StatusChange); ok && c.Change == helpdesk.ChangeClosed {
			closed++
		}
	}
	if closed != 1 {
		t.Errorf("%d closes", closed)
	}
	d.later(time.Minute)
	d.walk(helpdesk.StreamOpen, true)
	compare(t, map[string]int{allContacts: 2}, d.counted())
}

func TestAListThatIsNotOrderedByMessagesIsNoticed(t *testing.T) {
	d := newDesk(t, Options{})
	d.crowd(30, all)
	d.walk(helpdesk.StreamConversations, false)
	d.messages["c20"] = slices.Insert(d.messages["c20"], 0, said("08:01", received)) // without coming to the front
	answered := func(long bool) (n int) {
		d.later(5 * time.Minute)
		for _, r := range d.walk(helpdesk.StreamConversations, long).Records {
			if m, ok := r.(helpdesk.Message); ok && m.At.After(began) {
				n++
			}
		}
		return n
	}
	if n := answered(false) + answered(false); n != 0 {
		t.Fatalf("%d messages were found where nobody looks", n)
	}
	if n := answered(true); n != 1 {
		t.Fatalf("%d messages were found by the second look", n)
	}
	d.messages["c25"] = slices.Insert(d.messages["c25"], 0, said("08:16", received))
	if n := answered(false); n != 1 {
		t.Errorf("%d messages were found once it was noticed", n)
	}
}

func TestWhatStandsBehindPage500NeedsAToken(t *testing.T) {
	d := newDesk(t, Options{})
	d.paging, d.size = byNumber, 1
	for i := range 502 {
		d.contact(fmt.Sprintf("c%d", i), "07:00")
	}
	p := d.walk(helpdesk.StreamOpen, true)
	if n := d.counted()[allContacts]; n != 500 {
		t.Errorf("%d pages", n)
	}
	if len(p.Skipped) != 1 || p.Skipped[0].Reason != "pages" {
		t.Errorf("skipped: %v", p.Skipped)
	}
}

func TestAContactThatIsGoneWhileItsOpeningLivesIsGone(t *testing.T) {
	d := newDesk(t, Options{})
	d.crowd(40, all)
	d.walk(helpdesk.StreamConversations, false)
	d.contacts = slices.Delete(d.contacts, 30, 31)
	delete(d.messages, "c30")
	d.later(time.Minute)
	p := d.walk(helpdesk.StreamConversations, false)
	compare(t, []string{conversationID("c30", began.Add(-31*time.Minute).UnixMicro())}, p.Gone)
	d.later(time.Minute)
	d.walk(helpdesk.StreamConversations, false)
	if n := d.counted()[oneContact]; n != 0 {
		t.Error("it is looked for again")
	}
}

func TestAWalkThatIsCutOffLosesNothing(t *testing.T) {
	d := newDesk(t, Options{})
	d.crowd(100, all)
	d.walk(helpdesk.StreamConversations, false)
	d.later(time.Minute)
	for i := range 50 {
		d.write(fmt.Sprintf("c%d", i), received)
	}
	d.later(time.Minute)
	read := func() helpdesk.Page {
		p, err := d.c.Read(t.Context(), helpdesk.StreamConversations, helpdesk.Walk{
			Cursor: d.cursors[helpdesk.StreamConversations], Horizon: began.Add(-30 * 24 * time.Hour), Now: d.now,
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := read() // one page is stored, another is read and lost with the process
	d.memory.apply(p)
	d.cursors[helpdesk.StreamConversations] = p.Cursor
	read()
	d.restart()
	told := map[string]bool{}
	for _, r := range append(p.Records, d.walk(helpdesk.StreamConversations, false).Records...) {
		if m, ok := r.(helpdesk.Message); ok && m.At.After(began) {
			told[m.ID] = true
		}
	}
	if len(told) != 50 {
		t.Errorf("%d messages of 50", len(told))
	}
}

func TestATokenThatIsRefusedBeginsTheWalkAgain(t *testing.T) {
	d := newDesk(t, Options{})
	d.crowd(60, all)
	refused := false
	d.before = func(r rest.Request) {
		delete(d.failing, allContacts)
		if r.Query.Get("after") == "token40" && !refused {
			d.failing[allContacts], refused = collectortest.Failure(r, http.StatusBadRequest), true
		}
	}
	d.walk(helpdesk.StreamOpen, true)
	compare(t, map[string]int{allContacts: 3 + 3, contactMessages: 60}, d.counted())
}

func TestAPageThatWasNotStoredIsReadAgainByTheSameProcess(t *testing.T) {
	d := newDesk(t, Options{})
	d.crowd(2000, func(i int) bool { return i > 500 && i%30 == 1 })
	d.walk(helpdesk.StreamConversations, false)
	d.walk(helpdesk.StreamOpen, true)
	d.later(time.Minute)
	open, err := d.c.watching()
	if err != nil || len(open) < 40 {
		t.Fatalf("%d open contacts: %v", len(open), err)
	}
	for _, o := range d.contacts { // all of them are closed
		if o["closedAt"] == nil {
			o["closedAt"] = d.now.Format(time.RFC3339)
		}
	}
	d.later(time.Minute)
	closed := map[string]bool{}
	for page := 0; ; page++ {
		p, err := d.c.Read(t.Context(), helpdesk.StreamConversations, helpdesk.Walk{
			Cursor: d.cursors[helpdesk.StreamConversations], Horizon: began.Add(-30 * 24 * time.Hour), Now: d.now,
		})
		if err != nil {
			t.Fatal(err)
		}
		if page == 3 {
			continue // the disk was full
		}
		d.memory.apply(p)
		d.cursors[helpdesk.StreamConversations] = p.Cursor
		for _, r := range p.Records {
			if c, ok := r.(helpdesk.StatusChange); ok {
				closed[c.Conversation] = true
			}
		}
		if p.Done {
			break
		}
	}
	if len(closed) != len(open) {
		t.Errorf("%d closes of %d", len(closed), len(open))
	}
}
