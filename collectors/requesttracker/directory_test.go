package requesttracker

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func read(t *testing.T, c *Collector, s helpdesk.Stream, cursor []byte) helpdesk.Page {
	t.Helper()
	page, err := c.Read(context.Background(), s, helpdesk.Walk{Cursor: cursor})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestTeamsAreTheEnabledQueues(t *testing.T) {
	f := newFake(t)
	for field, ch := range map[string]helpdesk.Channel{"": helpdesk.ChannelEmail, "Channel": ""} {
		page := read(t, f.collector(Options{ChannelField: field}), helpdesk.StreamTeams, nil)
		want := []helpdesk.Record{
			helpdesk.Team{ID: "1", Name: "General", Channel: ch},
			helpdesk.Team{ID: "3", Name: "Billing", Channel: ch},
			helpdesk.Team{ID: "4", Name: "Vendor", Channel: ch},
		}
		if d := cmp.Diff(want, page.Records); d != "" || !page.Done {
			t.Errorf("channel field %q: done %v (-want +got):\n%s", field, page.Done, d)
		}
	}
}

func TestLongDirectoriesAreReadInPages(t *testing.T) {
	f := newFake(t)
	f.queues = nil
	for i := range 230 {
		f.queues = append(f.queues, fakeQueue{id: i + 1, name: "q" + strconv.Itoa(i)})
	}
	c := f.collector(Options{})
	var cursor []byte
	for i, want := range []int{100, 100, 30, 100} { // the fourth begins the next walk
		page := read(t, c, helpdesk.StreamTeams, cursor)
		if len(page.Records) != want || page.Done != (i == 2) {
			t.Errorf("page %d: %d queues, done %v", i+1, len(page.Records), page.Done)
		}
		cursor = page.Cursor
	}
}

func TestAgentsAreThoseMetWhereMembersMayNotBeListed(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	f.add(1, 31, "Correspond", monday)
	f.add(1, 29, "Comment", monday)
	f.add(1, 33, "Correspond", monday)
	f.add(1, 40, "Correspond", monday)
	c := f.collector(Options{Bots: []string{"helper-bot"}})
	walkFeed(t, c, week)
	f.users[2].real = "Alice Married"
	page := read(t, c, helpdesk.StreamAgents, nil)
	want := []helpdesk.Record{
		helpdesk.Agent{ID: "29", Name: "Alice Married"},
		helpdesk.Agent{ID: "31", Name: "Bob Agent"},
		helpdesk.Agent{ID: "33", Name: "Helper", Bot: true},
	}
	if d := cmp.Diff(want, page.Records); d != "" || !page.Done {
		t.Errorf("done %v (-want +got):\n%s", page.Done, d)
	}
}

// members answers the list of members from a sample; the rest is the fake's.
type members struct {
	*fakeRT
	answer []byte
}

func (m members) Do(ctx context.Context, r rest.Request, out any) error {
	if r.Endpoint == api+"/group/{id}/members" {
		return json.Unmarshal(m.answer, out)
	}
	return m.fakeRT.Do(ctx, r, out)
}

func TestAgentsAreThePrivilegedWhereMembersMayBeListed(t *testing.T) {
	f := newFake(t)
	f.users = append(f.users, fakeUser{14, "root", "Enoch Root", true})
	c := New(members{f, sample(t, "group_privileged_members_admin.json")}, Options{})
	page := read(t, c, helpdesk.StreamAgents, nil)
	want := []helpdesk.Record{
		helpdesk.Agent{ID: "14", Name: "Enoch Root"},
		helpdesk.Agent{ID: "29", Name: "Alice Agent"},
		helpdesk.Agent{ID: "31", Name: "Bob Agent"},
		helpdesk.Agent{ID: "33", Name: "Helper"},
	}
	if d := cmp.Diff(want, page.Records); d != "" || !page.Done {
		t.Errorf("done %v (-want +got):\n%s", page.Done, d)
	}
}

func TestAFailingAgentsWalkForgetsNobody(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	f.add(1, 29, "Correspond", monday)
	c := f.collector(Options{})
	walkFeed(t, c, week)
	f.fail = func(r rest.Request) error {
		if r.Endpoint == api+"/user/{id}" {
			return errServer(r)
		}
		return nil
	}
	if _, err := c.Read(context.Background(), helpdesk.StreamAgents, helpdesk.Walk{}); rest.ReasonOf(err) != rest.ReasonServer {
		t.Errorf("%v", err)
	}
	f.fail = nil
	if page := read(t, c, helpdesk.StreamAgents, nil); len(page.Records) != 1 {
		t.Errorf("agents: %v", page.Records)
	}
}

func TestOpenTicketsAreListedByID(t *testing.T) {
	f := newFake(t)
	for i := range 250 {
		f.ticket(i+1, monday)
	}
	f.tickets[3].status = "resolved"
	f.tickets[5].status = "stalled"
	f.tickets[7].status, f.tickets[7].queue = "waiting vendor", 4
	f.tickets[9].owner = 29
	c := f.collector(Options{})
	f.count()
	var cursor []byte
	got := map[string]helpdesk.Conversation{}
	for i := range 3 {
		page := read(t, c, helpdesk.StreamOpen, cursor)
		if page.Done != (i == 2) {
			t.Errorf("page %d: done %v", i+1, page.Done)
		}
		for _, r := range page.Records {
			if conv, ok := r.(helpdesk.Conversation); ok {
				got[conv.ID] = conv
			}
		}
		cursor = page.Cursor
	}
	if len(got) != 249 || got["5"].Status != helpdesk.StatusOnHold || got["7"].Status != helpdesk.StatusOpen || got["9"].Agent != "29" {
		t.Errorf("%d open tickets; 5: %+v; 7: %+v; 9: %+v", len(got), got["5"], got["7"], got["9"])
	}
	if d := cmp.Diff(map[string]int{"/tickets": 3, "/user/{id}": 1}, f.count()); d != "" {
		t.Errorf("calls: the list itself says that a custom status is active (-want +got):\n%s", d)
	}
}

func TestProfileSaysWhatTheConfigurationAllows(t *testing.T) {
	levels := func(o Options) [2]helpdesk.Level {
		p := New(nil, o).Profile()
		return [2]helpdesk.Level{p.Capabilities[helpdesk.CapCSAT], p.Capabilities[helpdesk.CapBots]}
	}
	if got := levels(Options{}); got != [2]helpdesk.Level{helpdesk.Absent, helpdesk.Absent} {
		t.Errorf("csat, bots: %v", got)
	}
	if got := levels(Options{CSATField: "CSAT", Bots: []string{"b"}}); got != [2]helpdesk.Level{helpdesk.Estimate, helpdesk.Exact} {
		t.Errorf("csat, bots: %v", got)
	}
}

// Any JSON as the rows of every list: each is read or skipped, and nothing panics.
func FuzzRowsOfAnyShapeAreReadOrSkipped(f *testing.F) {
	f.Add([]byte(`{"id":"1","type":"ticket","Type":"ticket","Created":"2026-11-21T17:59:21Z","Requestor":"","Owner":{"id":6},"Queue":3}`))
	f.Add([]byte(`{"id":7,"type":"transaction","Type":"Status","ObjectId":"1","OldValue":null,"NewValue":"x","Created":"2026-11-21T17:59:21Z","Creator":"alice"}`))
	f.Add([]byte(`{"id":7,"Type":"AddLink","Field":"MergedInto","NewValue":"/","ObjectId":1,"Created":"2026-11-21T17:59:21Z"}`))
	f.Add([]byte(`{"id":7,"type":"transaction","Type":"Status","ObjectId":"1","OldValue":null,"NewValue":"x","Created":"2600-11-21T17:59:21Z","Creator":"alice"}`))
	f.Add([]byte(`{"id":"1","type":"ticket","Type":"ticket","Created":"2600-11-21T17:59:21Z"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := teamOf(Options{ChannelField: "Channel", CSATField: "CSAT"})
		var rows struct {
			t lenient.Row[ticket]
			x lenient.Row[transaction]
		}
		if lenient.Unmarshal(raw, &rows.t) != nil || lenient.Unmarshal(raw, &rows.x) != nil {
			rows.t.Bad, rows.x.Bad = &lenient.Bad{}, &lenient.Bad{} // no JSON: the client's affair
		}
		if tk, err := ticketOf(&rows.t); err == nil {
			if c, _ := r.conversation(tk); c.ID == "" || c.Created.IsZero() || c.Status == 0 {
				t.Errorf("a row without the least: %+v", c)
			} else {
				collectortest.CheckTimes(t, c)
			}
		}
		if x := transactionOf(&rows.x); x.bad == nil {
			for _, kind := range []text{x.Type, "AddLink", "Status", "CustomField"} {
				x.Type = kind
				rec, _, _ := r.event(&x, &ticket{})
				collectortest.CheckTimes(t, rec)
				if k, ok := keyOf(rec); ok && (k.ID == "" || k.At.IsZero() || k.Seq == 0) {
					t.Errorf("an event without the least: %+v", rec)
				}
			}
		}
		if p, err := decodePosition(raw); err == nil && raw != nil {
			again, err := p.encode()
			q, err2 := decodePosition(again)
			if err != nil || err2 != nil || !cmp.Equal(p, q, cmp.AllowUnexported(position{})) {
				t.Errorf("a cursor that does not survive: %s", again)
			}
		}
	})
}
