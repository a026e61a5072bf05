package zendesk

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// asked are the calls, each with what it asks for.
func asked(calls []rest.Request) []string {
	var all []string
	for _, r := range calls {
		q, _ := url.QueryUnescape(r.Query.Encode())
		all = append(all, r.Path+" "+q)
	}
	return all
}

func TestEachStreamAsksForItsListInTheLargestPages(t *testing.T) {
	from := strconv.FormatInt(now.Add(-30*24*time.Hour).Unix(), 10)
	for stream, want := range map[helpdesk.Stream][]string{
		helpdesk.StreamEvents: {
			"/api/v2/incremental/ticket_events include=comment_events&per_page=1000&start_time=" + from + "&support_type_scope=all",
		},
		helpdesk.StreamConversations: {
			"/api/v2/incremental/tickets/cursor include=metric_sets,slas&per_page=1000&start_time=" + from + "&support_type_scope=all",
		},
		helpdesk.StreamRatings: {"/api/v2/satisfaction_ratings page[size]=100&start_time=" + from},
		helpdesk.StreamTeams:   {"/api/v2/groups page[size]=100"},
		helpdesk.StreamOpen:    {"/api/v2/tickets include=metric_sets,slas&page[size]=100&sort=status"},
		helpdesk.StreamAgents: {
			"/api/v2/users page[size]=100&role[]=agent&role[]=admin", "/api/v2/agent_availabilities include=channels&page[size]=100",
		},
	} {
		t.Run(string(stream), func(t *testing.T) {
			api := newFake(t)
			collectortest.Walk(t, unlimited(api), stream, at(0))
			compare(t, want, asked(api.calls))
		})
	}
}

// What a round costs, as the README says.
func TestCostsOfARound(t *testing.T) {
	api := newFake(t)
	api.lists["/users"] = []object{{"id": 11, "name": "Anna", "role": "agent"}}
	api.lists["/groups"] = []object{{"id": 31, "name": "Support"}}
	for v := 1; v <= 150; v++ {
		api.opened(v, now.Add(-2*time.Hour))
	}
	c := unlimited(api)
	cursors := map[helpdesk.Stream][]byte{}
	round := func() map[string]int {
		for _, sp := range c.Profile().Streams {
			if sp.Every == helpdesk.EachRound {
				w := at(api.clock.Sub(now))
				w.Cursor = cursors[sp.Stream]
				_, cursors[sp.Stream] = collectortest.Walk(t, c, sp.Stream, w)
			}
		}
		calls := map[string]int{}
		for _, p := range api.paths() {
			calls[p]++
		}
		return calls
	}
	round()
	idle := map[string]int{ticketLog: 1, ticketExport: 1, availabilityList: 1}
	api.clock = now.Add(time.Minute)
	compare(t, idle, round())
	api.fail[availabilityList] = http.StatusNotFound
	compare(t, idle, round())
	compare(t, map[string]int{ticketLog: 1, ticketExport: 1}, round()) // not asked for again
	for v := 1; v <= 150; v++ {
		api.said(v, 11, now.Add(2*time.Minute)) // an agent who is known
	}
	api.clock = now.Add(5 * time.Minute)
	compare(t, map[string]int{ticketLog: 1, ticketExport: 1}, round())
	for v := 151; v <= 300; v++ { // new tickets: their rows
		api.opened(v, now.Add(6*time.Minute))
	}
	api.clock = now.Add(10 * time.Minute)
	compare(t, map[string]int{ticketLog: 1, ticketExport: 1, manyTickets: 2}, round())
	api.said(1, 12, now.Add(11*time.Minute)) // somebody who is not known
	api.clock = now.Add(15 * time.Minute)
	compare(t, map[string]int{ticketLog: 1, ticketExport: 1, "/users": 1}, round())
	compare(t, map[string]int{ticketLog: 1, ticketExport: 1}, round())
	for v := 301; v <= 1800; v++ { // more than a page of each export
		api.opened(v, now.Add(16*time.Minute).Add(time.Duration(v)*time.Second/100))
	}
	api.clock = now.Add(20 * time.Minute)
	compare(t, map[string]int{ticketLog: 2, ticketExport: 2, manyTickets: 15}, round())
}

// The rows that a page leaves to the next one are told after a restart, too, and
// after a call that failed.
func TestRowsOfNewTicketsWaitForAFullCallUntilTheWalkEnds(t *testing.T) {
	api := newFake(t)
	api.opened(1, now.Add(-2*time.Hour))
	_, cursor := collectortest.Walk(t, unlimited(api), helpdesk.StreamEvents, at(0))
	api.paths()
	for v := 2; v <= 251; v++ {
		api.opened(v, now.Add(time.Duration(v)*time.Second))
	}
	api.perPage, api.clock = 60, now.Add(time.Hour)
	asked := 0
	api.before = func(r rest.Request) error {
		if r.Path != root+manyTickets {
			return nil
		}
		if asked++; asked%2 == 1 { // each call fails once
			return collectortest.Failure(r, http.StatusInternalServerError)
		}
		return nil
	}
	told, most, failed := map[string]int{}, 0, 0
	for w, done := at(time.Hour), false; !done; {
		w.Cursor = cursor
		p, err := unlimited(api).Read(t.Context(), helpdesk.StreamEvents, w) // a new process
		if err != nil {
			failed++
			continue
		}
		for _, r := range p.Records {
			if conv, row := r.(helpdesk.Conversation); row {
				told[conv.ID]++
			}
		}
		cursor, done = p.Cursor, p.Done
		most = max(most, len(helpdesk.ReadCursor[logged](cursorVersion, cursor).Untold))
	}
	compare(t, 250, len(told))
	for v, times := range told {
		if times != 1 {
			t.Errorf("ticket %s was told %d times", v, times)
		}
	}
	compare(t, 0, len(helpdesk.ReadCursor[logged](cursorVersion, cursor).Untold))
	compare(t, 3, failed)
	if most == 0 || most >= pageSize {
		t.Errorf("up to %d tickets waited", most)
	}
}

func TestTheLogGoesOnFromTheSecondInWhichAPageEnds(t *testing.T) {
	for _, plain := range []bool{false, true} {
		api := newFake(t)
		api.perPage, api.plain = 3, plain
		for v := 1; v <= 8; v++ { // two in each second
			api.opened(v, now.Add(-time.Hour+time.Duration(v/2)*time.Second))
		}
		pages, cursor := collectortest.Walk(t, unlimited(api), helpdesk.StreamEvents, at(0))
		compare(t, 8, len(collectortest.IDs(pages)))
		api.opened(9, now)
		api.clock = now.Add(2 * time.Minute)
		w := at(2 * time.Minute)
		w.Cursor = cursor
		pages, _ = collectortest.Walk(t, unlimited(api), helpdesk.StreamEvents, w)
		compare(t, true, len(collectortest.IDs(pages)) >= 2) // the row and its comment
	}
}

func TestMoreOfOneSecondThanAPageHoldsEnds(t *testing.T) {
	api := newFake(t)
	api.perPage = 3
	for v := 1; v <= 20; v++ {
		api.opened(v, now.Add(-time.Hour))
	}
	api.opened(21, now.Add(-30*time.Minute))
	pages, _ := collectortest.Walk(t, unlimited(api), helpdesk.StreamEvents, at(0))
	compare(t, 21, len(collectortest.IDs(pages)))
	pages, _ = collectortest.Walk(t, unlimited(api), helpdesk.StreamConversations, at(0))
	compare(t, 21, len(collectortest.IDs(pages)))
}

// A restart knows the machine's clock alone, which may be years off.
func TestAWalkThatGoesOnDoesNotTrustTheMachinesClock(t *testing.T) {
	api := newFake(t)
	api.perPage = 2
	for v := 1; v <= 6; v++ {
		api.opened(v, now.Add(-time.Hour+time.Duration(v)*time.Second))
	}
	first, err := unlimited(api).Read(t.Context(), helpdesk.StreamEvents, at(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, clock := range []time.Time{now.AddDate(-60, 0, 0), now.AddDate(60, 0, 0)} {
		pages, _ := collectortest.Walk(t, unlimited(api), helpdesk.StreamEvents, helpdesk.Walk{Cursor: first.Cursor, Horizon: now.Add(-24 * time.Hour), Now: clock})
		compare(t, 6, len(collectortest.IDs(append(pages, first))))
	}
}

func TestAnEmptyPageKeepsThePlace(t *testing.T) {
	for _, stream := range []helpdesk.Stream{helpdesk.StreamEvents, helpdesk.StreamConversations} {
		api := newFake(t)
		api.opened(1, now.Add(-time.Hour))
		_, cursor := collectortest.Walk(t, unlimited(api), stream, at(0))
		kept := api.tickets
		events := api.events
		api.tickets, api.events = nil, nil
		for range 3 {
			w := at(0)
			w.Cursor = cursor
			_, cursor = collectortest.Walk(t, unlimited(api), stream, w)
		}
		api.tickets, api.events = kept, events
		api.opened(2, now)
		api.clock = now.Add(2 * time.Minute)
		w := at(2 * time.Minute)
		w.Cursor = cursor
		pages, _ := collectortest.Walk(t, unlimited(api), stream, w)
		if got := collectortest.IDs(pages); len(got) == 0 || len(api.calls) > 12 {
			t.Errorf("%s: %v in %d calls", stream, got, len(api.calls))
		}
	}
}

func TestACursorThatIsRefusedBeginsAnHourBeforeWhatWasRead(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 5; v++ {
		api.opened(v, now.Add(-time.Duration(v)*40*time.Minute))
	}
	c := unlimited(api)
	_, cursor := collectortest.Walk(t, c, helpdesk.StreamConversations, at(0))
	api.before = func(r rest.Request) error {
		if r.Query.Get("cursor") != "" {
			return collectortest.Failure(r, http.StatusBadRequest)
		}
		return nil
	}
	w := at(0)
	w.Cursor = cursor
	p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []string{"1", "2"}, collectortest.IDs([]helpdesk.Page{p}))
}

func TestAStartThatIsTooLateIsPutBack(t *testing.T) {
	api := newFake(t)
	c := unlimited(api)
	w := helpdesk.Walk{Horizon: now, Now: now.Add(10 * time.Minute)} // our clock is ahead of the helpdesk's
	if _, err := c.Read(t.Context(), helpdesk.StreamEvents, w); err == nil {
		t.Fatal("a start within the last minute was taken")
	}
	w.Now = now // its answer told
	if _, err := c.Read(t.Context(), helpdesk.StreamEvents, w); err != nil {
		t.Error(err)
	}
}

func TestAnExportThatIsTooHeavyIsAskedForInSmallerPages(t *testing.T) {
	api := newFake(t)
	api.fail[ticketExport] = http.StatusGatewayTimeout
	c := unlimited(api)
	for range 8 {
		if _, err := c.Read(t.Context(), helpdesk.StreamConversations, at(0)); err == nil {
			t.Fatal("no error")
		}
	}
	var sizes []string
	for _, r := range api.calls {
		sizes = append(sizes, r.Query.Get("per_page"))
	}
	compare(t, []string{"1000", "500", "250", "125", "62", "50", "50", "50"}, sizes)
}

func TestTheOpenSetEndsWithTheFirstThatIsSolved(t *testing.T) {
	api := newFake(t)
	api.perPage = 2
	for v, status := range []string{"solved", "open", "closed", "hold", "new", "pending", "closed", "solved", "closed"} {
		api.opened(v+1, now.Add(-time.Hour))
		api.tickets[v]["status"] = status
	}
	pages, _ := collectortest.Walk(t, unlimited(api), helpdesk.StreamOpen, at(0))
	compare(t, []string{"2", "4", "5", "6"}, collectortest.IDs(pages))
	compare(t, 3, len(pages))
}

func TestAnAnswerWithoutAListIsNoEmptyDesk(t *testing.T) {
	for stream, path := range map[helpdesk.Stream]string{
		helpdesk.StreamEvents: ticketLog, helpdesk.StreamConversations: ticketExport, helpdesk.StreamOpen: "/tickets",
		helpdesk.StreamRatings: ratingList, helpdesk.StreamAgents: "/users", helpdesk.StreamTeams: "/groups",
	} {
		for _, answer := range []string{`{}`, `{"tickets":null,"ticket_events":null,"users":null,"groups":null,"satisfaction_ratings":null}`} {
			api := newFake(t)
			api.raw[path] = answer
			if _, err := unlimited(api).Read(t.Context(), stream, at(0)); err == nil {
				t.Errorf("%s: %s is taken for a list", stream, answer)
			}
		}
	}
}

// Failure 14, of the list that others depend on: who is an agent.
func TestWithoutTheListOfAgentsWhoHoldsTicketsIsOne(t *testing.T) {
	api := newFake(t)
	api.fail["/users"] = http.StatusForbidden
	api.opened(1, now.Add(-time.Hour))
	api.did(1, now.Add(-50*time.Minute), 11, object{"event_type": "Change", "assignee_id": 11, "previous_value": nil})
	api.said(1, 11, now.Add(-40*time.Minute))
	c := unlimited(api)
	for range refusals - 1 {
		if _, err := c.Read(t.Context(), helpdesk.StreamEvents, at(0)); err == nil {
			t.Fatal("a refusal may be an accident")
		}
	}
	pages, _ := collectortest.Walk(t, c, helpdesk.StreamEvents, at(0))
	var authors []helpdesk.Author
	for _, r := range pages[0].Records {
		if m, ok := r.(helpdesk.Message); ok {
			authors = append(authors, m.Author)
		}
	}
	compare(t, []helpdesk.Author{helpdesk.AuthorCustomer, helpdesk.AuthorAgent}, authors)
}
