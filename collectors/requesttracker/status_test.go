package requesttracker

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func TestCustomStatusesAreLearnedByLifecycle(t *testing.T) {
	f := newFake(t)
	for id, status := range map[int]string{1: "waiting vendor", 2: "archived", 3: "archived"} {
		f.ticket(id, monday).queue = 4
		f.tickets[id].status = status
	}
	f.add(1, 29, "Status|Status|new|waiting vendor", monday)
	f.add(2, 29, "Status|Status|open|archived", monday)
	f.add(2, 29, "Status|Status|archived|never seen", monday)
	c := f.collector(Options{})
	page := walkFeed(t, c, week)[0]
	got := map[string]helpdesk.Status{}
	var changes []helpdesk.Change
	for _, r := range page.Records {
		switch r := r.(type) {
		case helpdesk.Conversation:
			got[r.ID] = r.Status
		case helpdesk.StatusChange:
			changes = append(changes, r.Change)
		}
	}
	if d := cmp.Diff(map[string]helpdesk.Status{"1": helpdesk.StatusOpen, "2": helpdesk.StatusClosed, "3": helpdesk.StatusClosed}, got); d != "" {
		t.Errorf("statuses (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]helpdesk.Change{helpdesk.ChangeStatus, helpdesk.ChangeClosed, helpdesk.ChangeReopened}, changes); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]helpdesk.UnknownValue{{What: "status", Value: "never seen"}}, page.Unknown); d != "" {
		t.Errorf("unknown (-want +got):\n%s", d)
	}
	f.count()
	f.add(1, 29, "Status|Status|waiting vendor|archived", monday)
	f.tickets[1].status = "archived"
	w := week
	w.Cursor = page.Cursor
	for !page.Done {
		var err error
		if page, err = c.Read(context.Background(), helpdesk.StreamEvents, w); err != nil {
			t.Fatal(err)
		}
		w.Cursor = page.Cursor
	}
	f.count()
	walkFeed(t, c, w)
	if d := cmp.Diff(map[string]int{"/transactions": 1, "/tickets": 1}, f.count()); d != "" {
		t.Errorf("statuses are asked for once (-want +got):\n%s", d)
	}
}

// RT stamps a ticket when it becomes inactive. A status that it has left since,
// and in which no other ticket is, is known by that.
func TestAStatusThatNoTicketIsInIsInferredFromTheStamp(t *testing.T) {
	for _, tc := range []struct {
		name     string
		resolved time.Time
		more     string // in the same second
		want     helpdesk.Change
	}{
		{"stamped by the change", monday.Add(time.Hour), "", helpdesk.ChangeClosed},
		{"stamped at another time", monday.Add(time.Minute), "", helpdesk.ChangeStatus},
		{"one of two changes of one second", monday.Add(time.Hour), "Status|Status|scrapped|waiting vendor", helpdesk.ChangeStatus},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			k := f.ticket(1, monday)
			k.queue, k.status, k.resolved = 4, "waiting vendor", tc.resolved
			x := f.add(1, 29, "Status|Status|new|scrapped", monday.Add(time.Hour))
			if tc.more != "" {
				f.add(1, 29, tc.more, monday.Add(time.Hour))
			}
			f.add(1, 29, "Status|Status|scrapped|waiting vendor", monday.Add(2*time.Hour))
			for _, r := range walkFeed(t, f.collector(Options{}), week)[0].Records {
				if c, ok := r.(helpdesk.StatusChange); ok && c.ID == strconv.Itoa(x) && c.Change != tc.want {
					t.Errorf("change %v, want %v", c.Change, tc.want)
				}
			}
		})
	}
}

func TestAStatusThatCannotBeAskedForHoldsNothingBack(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday).queue = 4
	f.tickets[1].status = "waiting vendor"
	f.fail = func(r rest.Request) error {
		if strings.Contains(r.Query.Get("query"), "Lifecycle") {
			return &rest.Error{Reason: rest.ReasonClient, Endpoint: r.Endpoint, Code: 400}
		}
		return nil
	}
	pages := walkFeed(t, f.collector(Options{}), week)
	if d := cmp.Diff([]string{"1 open "}, conversations(pages[0])); d != "" {
		t.Errorf("conversations (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]helpdesk.UnknownValue{{What: "status", Value: "waiting vendor"}}, pages[0].Unknown); d != "" {
		t.Errorf("unknown (-want +got):\n%s", d)
	}
}

// Nothing told what a status is while no ticket was in it. When one is, what was
// read as a change among open statuses turns out to have been a close.
func TestTicketsAreReadAgainWhenTheirStatusIsLearned(t *testing.T) {
	f := newFake(t)
	k := f.ticket(1, monday)
	k.queue, k.status = 4, "waiting vendor"
	f.add(1, 29, "Status|Status|new|archived", monday.Add(time.Hour))
	f.add(1, 29, "Status|Status|archived|waiting vendor", monday.Add(2*time.Hour))
	w := week
	w.Cursor = lastCursor(walkFeed(t, f.collector(Options{}), w))

	c := f.collector(Options{}) // another process: the cursor remembers
	w.Long = true
	pages := walkFeed(t, c, w)
	if len(pages[0].Wants) > 0 {
		t.Errorf("wanted before anything is known: %v", pages[0].Wants)
	}
	other := f.ticket(2, monday)
	other.queue, other.status = 4, "archived"
	w.Cursor = lastCursor(pages)
	pages = walkFeed(t, c, w)
	if d := cmp.Diff([]helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "1"}}, pages[0].Wants); d != "" {
		t.Errorf("wants (-want +got):\n%s", d)
	}
	var changes []helpdesk.Change
	for _, r := range fetch(t, c, pages[0].Wants).Records {
		if x, ok := r.(helpdesk.StatusChange); ok {
			changes = append(changes, x.Change)
		}
	}
	if d := cmp.Diff([]helpdesk.Change{helpdesk.ChangeClosed, helpdesk.ChangeReopened}, changes); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	w.Cursor = lastCursor(pages)
	if again := walkFeed(t, c, w); len(again[0].Wants) > 0 {
		t.Errorf("wanted once more: %v", again[0].Wants)
	}
}
