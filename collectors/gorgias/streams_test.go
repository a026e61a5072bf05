package gorgias

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func TestEachStreamAsksAsDocumented(t *testing.T) {
	types := url.Values{"types": eventTypes}.Encode()
	for stream, want := range map[helpdesk.Stream]string{
		helpdesk.StreamEvents: "GET /api/events created_datetime%5Bgte%5D=2026-08-02T12%3A00%3A00.000000Z" +
			"&limit=100&order_by=created_datetime%3Aasc&" + types,
		helpdesk.StreamMessages:      "GET /api/messages limit=100&order_by=created_datetime%3Adesc",
		helpdesk.StreamConversations: "GET /api/tickets limit=100&order_by=updated_datetime%3Adesc",
		helpdesk.StreamRatings:       "GET /api/satisfaction-surveys limit=100&order_by=created_datetime%3Adesc",
		helpdesk.StreamAgents:        "GET /api/users limit=100&order_by=created_datetime%3Adesc",
		helpdesk.StreamTeams:         "GET /api/teams limit=100&order_by=created_datetime%3Adesc",
		helpdesk.StreamOpen:          "PUT /api/views/0/items limit=100&order_by=created_datetime%3Aasc",
	} {
		api := newFake(t)
		if _, err := New(api, Options{}).Read(t.Context(), stream, at(0)); err != nil {
			t.Fatal(err)
		}
		r := api.calls[0]
		method := r.Method
		if method == "" {
			method = http.MethodGet
		}
		compare(t, want, method+" "+r.Path+" "+r.Query.Encode())
	}
	if _, err := New(newFake(t), Options{}).Read(t.Context(), "voice", at(0)); err == nil {
		t.Error("a stream that does not exist was read")
	}
}

func TestProfileNamesEveryStreamOnceAndInOrder(t *testing.T) {
	p := New(newFake(t), Options{}).Profile()
	var order []helpdesk.Stream
	for _, s := range p.Streams {
		order = append(order, s.Stream)
		if s.Clock != (s.Every == helpdesk.EachRound) {
			t.Errorf("%s: only the streams of every round are clock streams", s.Stream)
		}
		for _, g := range s.Gives {
			if p.Capabilities[g] == helpdesk.Absent {
				t.Errorf("%s gives %s, which the vendor does not have", s.Stream, g)
			}
		}
	}
	compare(t, []helpdesk.Stream{"events", "messages", "conversations", "ratings", "agents", "teams", "open_conversations"}, order)
	if p.VisibilityLag != 2*time.Second || p.Vendor != "gorgias" {
		t.Errorf("lag %s, vendor %s", p.VisibilityLag, p.Vendor)
	}
}

func TestAFilterIsWrittenWithTheQuotesThatTheVendorTakes(t *testing.T) {
	api := newFake(t)
	api.add("/api/tickets", detail(7))
	var filters []any
	api.before = func(r rest.Request) error {
		body, _ := r.Body.(map[string]any)
		view, _ := body["view"].(map[string]any)
		if view == nil {
			return nil
		}
		filters = append(filters, view["filters"])
		if strings.Contains(fmt.Sprint(view["filters"]), `"`) {
			return collectortest.Failure(r, http.StatusBadRequest)
		}
		return nil
	}
	c := New(api, Options{})
	collectortest.Walk(t, c, helpdesk.StreamOpen, at(0))
	collectortest.Walk(t, c, helpdesk.StreamOpen, at(0))
	single, snoozed := any(`eq(ticket.status, 'open')`), any(`isNotEmpty(ticket.snooze_datetime)`)
	compare(t, []any{`eq(ticket.status, "open")`, single, snoozed, single, snoozed}, filters)
}

func TestTheOpenSetIsWhatIsOpenAndWhatIsSnoozed(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 250; v++ {
		api.add("/api/tickets", ticketRow(v, ago(time.Duration(v%3)*time.Hour)))
	}
	for v := 251; v <= 400; v++ {
		o := ticketRow(v, ago(time.Hour))
		o["status"] = "closed"
		if v <= 360 {
			o["snooze_datetime"] = ago(-time.Hour)
		}
		api.add("/api/tickets", o)
	}
	c := New(api, Options{})
	for range 2 { // a sweep begins anew where the last one ended
		pages, cursor := collectortest.Walk(t, c, helpdesk.StreamOpen, at(0))
		compare(t, numbers(1, 360), collectortest.IDs(pages))
		if n := api.made(); n != 3+2 {
			t.Errorf("%d calls for 250 open and 110 snoozed tickets, want 5", n)
		}
		w := at(time.Hour)
		w.Cursor = cursor
	}
}

func TestALinkToTheNextItemsIsNotFollowed(t *testing.T) {
	for link, want := range map[string]item{
		"": {},
		"/api/views/0/items/?direction=next&ignored_item=169178&cursor=MTY3NDc4MTEyNjc0ODg4Ni1mYWxzZQ%3D%3D": {"MTY3NDc4MTEyNjc0ODg4Ni1mYWxzZQ==", "169178"},
		"https://evil.example/x?cursor=abc": {"abc", ""},
	} {
		got, err := nextItems(link)
		if err != nil {
			t.Errorf("%s: %v", link, err)
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", link, got, want)
		}
	}
	for _, link := range []string{"/api/views/0/items/", "?cursor=", "?cursor=a&ignored_item=../x", "https://%zz"} {
		if _, err := nextItems(link); err == nil {
			t.Errorf("%s: no error", link)
		}
	}
}

func TestASweepIsResumedInItsMiddle(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 150; v++ {
		api.add("/api/tickets", ticketRow(v, ago(time.Hour)))
	}
	p1, err := New(api, Options{}).Read(t.Context(), helpdesk.StreamOpen, at(0))
	if err != nil || p1.Done {
		t.Fatal(p1.Done, err)
	}
	w := at(time.Minute)
	w.Cursor = p1.Cursor
	pages, _ := collectortest.Walk(t, New(api, Options{}), helpdesk.StreamOpen, w)
	compare(t, numbers(1, 150), collectortest.IDs(append(pages, p1)))
	second := api.calls[1].Query
	if second.Get("ignored_item") != "100" || second.Get("direction") != "next" || second.Get("cursor") == "" {
		t.Errorf("the second page was asked for by %v", second)
	}
}

func TestSurveysAreReadThirtyDaysBackInEverySweep(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 300; v++ { // one every 6 hours: 75 days
		api.add("/api/satisfaction-surveys", object{"id": v, "ticket_id": v, "created_datetime": ago(time.Duration(300-v) * 6 * time.Hour), "score": nil})
	}
	api.lists["/api/satisfaction-surveys"][100]["score"] = 5 // 50 days old, answered in the horizon
	api.lists["/api/satisfaction-surveys"][100]["scored_datetime"] = ago(time.Hour)
	c := New(api, Options{})
	pages, cursor := collectortest.Walk(t, c, helpdesk.StreamRatings, at(0))
	compare(t, append([]string{"101"}, numbers(180, 300)...), collectortest.IDs(pages))

	w := at(time.Hour)
	w.Cursor = cursor
	api.made()
	pages, _ = collectortest.Walk(t, c, helpdesk.StreamRatings, w)
	if n := api.made(); n != 2 {
		t.Errorf("%d calls for the 120 surveys of 30 days, want 2", n)
	}
	if got := strings.Join(collectortest.IDs(pages), " "); !strings.Contains(got, "181") {
		t.Error("a survey of 29 days ago was not read again")
	}
}

func TestDirectoriesAreReadWhole(t *testing.T) {
	for stream, endpoint := range map[helpdesk.Stream]string{helpdesk.StreamAgents: "/api/users", helpdesk.StreamTeams: "/api/teams"} {
		api := newFake(t)
		for v := 1; v <= 230; v++ {
			api.add(endpoint, object{"id": v, "name": "N", "role": object{"name": "agent"}, "created_datetime": ago(time.Hour)})
		}
		pages, cursor := collectortest.Walk(t, New(api, Options{}), stream, at(0))
		compare(t, numbers(1, 230), collectortest.IDs(pages))
		w := at(time.Hour)
		w.Cursor = cursor
		pages, _ = collectortest.Walk(t, New(api, Options{}), stream, w)
		compare(t, numbers(1, 230), collectortest.IDs(pages))
		if n := api.made(); n != 6 {
			t.Errorf("%d calls for two walks over 230, want 6", n)
		}
	}
}

// agentMessage is a message that a user wrote.
func agentMessage(v, user int) object {
	m := messageRow(v, 7, ago(time.Duration(1000-v)*time.Second))
	m["from_agent"], m["via"], m["sender"] = true, "helpdesk", object{"id": user}
	return m
}

func TestUsersAreLookedUpOnceAndAgainWhenAnUnknownOneWrites(t *testing.T) {
	api := newFake(t)
	api.add("/api/users",
		object{"id": 5, "role": object{"name": "agent"}, "created_datetime": ago(time.Hour)},
		object{"id": 99, "role": object{"name": "bot"}, "created_datetime": ago(time.Hour)})
	api.add("/api/messages", agentMessage(1, 5), agentMessage(2, 99), messageRow(3, 7, ago(time.Hour)))
	c := New(api, Options{})
	read := func(c *Collector) (authors []helpdesk.Author, calls int) {
		t.Helper()
		api.made()
		p, err := c.Read(t.Context(), helpdesk.StreamMessages, at(0))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			authors = append(authors, r.(helpdesk.Message).Author)
		}
		return authors, api.made()
	}
	authors, calls := read(c)
	compare(t, []helpdesk.Author{helpdesk.AuthorBot, helpdesk.AuthorAgent, helpdesk.AuthorCustomer}, authors)
	compare(t, 2, calls)
	_, calls = read(c)
	compare(t, 1, calls)

	api.add("/api/messages", agentMessage(4, 98), agentMessage(5, 6)) // a new bot, and a user who was deleted
	api.add("/api/users", object{"id": 98, "role": object{"name": "bot"}, "created_datetime": ago(0)})
	authors, calls = read(c)
	compare(t, helpdesk.AuthorAgent, authors[0])
	compare(t, helpdesk.AuthorBot, authors[1])
	compare(t, 2, calls)
	_, calls = read(c)
	compare(t, 1, calls)

	filled := New(api, Options{}) // the stream of agents saves the look-up
	collectortest.Walk(t, filled, helpdesk.StreamAgents, at(0))
	filled.users.bot["6"] = false
	_, calls = read(filled)
	compare(t, 1, calls)
}

func TestUsersThatCanNotBeRead(t *testing.T) {
	api := newFake(t)
	api.add("/api/messages", agentMessage(1, 99))
	code := http.StatusInternalServerError
	api.before = func(r rest.Request) error {
		if r.Path == "/api/users" {
			return collectortest.Failure(r, code)
		}
		return nil
	}
	c := New(api, Options{})
	if _, err := c.Read(t.Context(), helpdesk.StreamMessages, at(0)); err == nil {
		t.Error("a bot's reply would have been taken for an agent's")
	}
	code = http.StatusForbidden // the plan or the rights: nobody can tell bots
	for range 2 {
		p, err := c.Read(t.Context(), helpdesk.StreamMessages, at(0))
		if err != nil || p.Records[0].(helpdesk.Message).Author != helpdesk.AuthorAgent {
			t.Errorf("%+v, %v", p.Records, err)
		}
	}
	if n := len(api.calls); n != 2+2+1 {
		t.Errorf("%d calls, want 5: what is forbidden is not asked again for the same user", n)
	}
}

func TestAWantIsMadeOnceAlthoughItsEventIsReadAgain(t *testing.T) {
	api := newFake(t)
	api.add("/api/events", eventRow(1, "ticket-closed", 7, ago(time.Hour)))
	c := New(api, Options{})
	_, cursor := collectortest.Walk(t, c, helpdesk.StreamEvents, at(0))
	survey := eventRow(2, "satisfaction-survey-responded", 70, ago(-time.Second))
	survey["object_type"] = "SatisfactionSurvey"
	api.add("/api/events", survey, eventRow(3, "ticket-merged", 8, ago(-2*time.Second)))
	var wants [][]helpdesk.Want
	for round := range 4 {
		w := at(time.Duration(round+1) * 30 * time.Second)
		w.Cursor, w.Long = cursor, round == 2
		var pages []helpdesk.Page
		pages, cursor = collectortest.Walk(t, New(api, Options{}), helpdesk.StreamEvents, w)
		wants = append(wants, pages[0].Wants)
	}
	first := []helpdesk.Want{{Kind: helpdesk.WantRating, ID: "70"}, whole("8")}
	compare(t, [][]helpdesk.Want{first, {}, {}, {}}, wants)
}

func TestTheFirstWalkOverTheEventsLeavesSurveysToTheirOwnStream(t *testing.T) {
	api := newFake(t)
	api.add("/api/events", eventRow(2, "satisfaction-survey-sent", 70, ago(time.Hour)), eventRow(3, "ticket-merged", 8, ago(time.Hour)))
	pages, _ := collectortest.Walk(t, New(api, Options{}), helpdesk.StreamEvents, at(0))
	compare(t, []helpdesk.Want{whole("8")}, pages[0].Wants)
}

func TestAnAccountThatRefusesATypeOfEventIsReadWithoutThem(t *testing.T) {
	api := newFake(t)
	api.before = func(r rest.Request) error {
		if r.Query.Has("types") {
			return collectortest.Failure(r, http.StatusBadRequest)
		}
		return nil
	}
	api.add("/api/events", eventRow(1, "ticket-updated", 7, ago(time.Hour)), eventRow(2, "ticket-closed", 7, ago(time.Hour)))
	c := New(api, Options{})
	pages, cursor := collectortest.Walk(t, c, helpdesk.StreamEvents, at(0))
	compare(t, []string{"2"}, collectortest.IDs(pages))
	api.made()
	w := at(30 * time.Second)
	w.Cursor = cursor
	collectortest.Walk(t, c, helpdesk.StreamEvents, w)
	if n := api.made(); n != 1 {
		t.Errorf("%d calls, want 1: it is refused once", n)
	}
}

func TestCallsSayWhatTheyAreFor(t *testing.T) {
	api := newFake(t)
	api.add("/api/messages", messageRow(1, 7, ago(time.Hour)))
	api.add("/api/tickets", detail(7))
	api.add("/api/satisfaction-surveys", object{"id": 3, "ticket_id": 7, "created_datetime": ago(time.Hour)})
	c := New(api, Options{})
	priority := func() rest.Priority { return api.calls[len(api.calls)-1].Priority }

	_, cursor := collectortest.Walk(t, c, helpdesk.StreamMessages, at(0))
	compare(t, rest.Background, priority()) // history
	w := at(time.Minute)
	w.Cursor = cursor
	collectortest.Walk(t, c, helpdesk.StreamMessages, w)
	compare(t, rest.Clocks, priority())
	for _, s := range []helpdesk.Stream{helpdesk.StreamRatings, helpdesk.StreamAgents, helpdesk.StreamTeams, helpdesk.StreamOpen} {
		collectortest.Walk(t, c, s, at(0))
		compare(t, rest.Background, priority())
	}
	for kind, want := range map[helpdesk.WantKind]rest.Priority{
		helpdesk.WantConversation: rest.Clocks, helpdesk.WantRow: rest.Clocks, helpdesk.WantRating: rest.Background,
	} {
		v := "7"
		if kind == helpdesk.WantRating {
			v = "3"
		}
		if _, err := c.Fetch(t.Context(), []helpdesk.Want{{Kind: kind, ID: v}}); err != nil {
			t.Fatal(err)
		}
		compare(t, want, priority())
	}
}

func TestWhatABotHasIsUnassigned(t *testing.T) {
	api := newFake(t)
	api.add("/api/users", object{"id": 7, "name": "Ada", "role": object{"name": "agent"}, "created_datetime": ago(time.Hour)},
		object{"id": 99, "name": "Bot", "role": object{"name": "bot"}, "created_datetime": ago(time.Hour)})
	for i, user := range []int{7, 99} {
		api.add("/api/tickets", object{
			"id": 500 + i, "status": "open", "channel": "chat", "assignee_user": object{"id": user},
			"created_datetime": ago(time.Minute), "updated_datetime": ago(time.Minute),
		})
	}
	pages, _ := collectortest.Walk(t, New(api, Options{}), helpdesk.StreamConversations, at(0))
	got := map[string]string{}
	for _, p := range pages {
		for _, r := range p.Records {
			conv := r.(helpdesk.Conversation)
			got[conv.ID] = conv.Agent
		}
	}
	if diff := cmp.Diff(map[string]string{"500": "7", "501": ""}, got); diff != "" {
		t.Errorf("agents (-want +got):\n%s", diff)
	}
}
