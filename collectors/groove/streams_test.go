package groove

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestCallsOfWalks(t *testing.T) {
	d := newDesk(120)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	c := New(api, Options{})
	pages, cursor := walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{})
	if got := rows(pages); len(got) != 121 || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 121 {
		t.Errorf("%d rows", len(got))
	}
	compare(t, map[string]int{"schema": 1, opConversations: 3 + 2 + 3, opHistory: 121}, api.calls())

	// Nothing happened: one call.
	d.Advance(d.Now().Add(time.Minute))
	_, cursor = walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{Cursor: cursor})
	compare(t, map[string]int{opConversations: 1}, api.calls())

	// Two conversations changed: their histories.
	d.Continue(simulator.FirstTicket+3, simulator.Replies(time.Second, 0))
	d.Continue(simulator.FirstTicket+7, simulator.Replies(2*time.Second, 0))
	d.Advance(d.Now().Add(time.Minute))
	_, cursor = walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{Cursor: cursor})
	compare(t, map[string]int{opConversations: 1, opHistory: 2}, api.calls())

	// After a restart nothing is remembered: the page of the overlap is read again.
	d.Advance(d.Now().Add(time.Hour))
	walk(t, New(api, Options{}), d, helpdesk.StreamConversations, helpdesk.Walk{Cursor: cursor})
	compare(t, map[string]int{"schema": 1, opConversations: 1, opHistory: 50}, api.calls())
}

func TestALongHistoryIsReadToItsEnd(t *testing.T) {
	d := newDesk(0)
	api := newDeskAPI(t, d, simulator.GrooveOptions{MaxPage: 3})
	pages, _ := walk(t, New(api, Options{}), d, helpdesk.StreamConversations, helpdesk.Walk{})
	last := pages[0].Records[len(pages[0].Records)-1].(helpdesk.StatusChange)
	if last.Change != helpdesk.ChangeClosed || !last.At.Equal(deskOpens.Add(21*time.Minute)) {
		t.Errorf("the last is %+v", last)
	}
	compare(t, map[string]int{"schema": 1, opConversations: 4, opHistory: 3}, api.calls())
}

// bare takes from records what only one schema tells: ids and causes.
func bare(pages []helpdesk.Page) (all []helpdesk.Record) {
	for _, p := range pages {
		for _, r := range p.Records {
			switch v := r.(type) {
			case helpdesk.Conversation:
				v.Messages = 0
				r = v
			case helpdesk.StatusChange:
				v.ID, v.Cause = "", ""
				r = v
			case helpdesk.Assignment:
				v.ID = ""
				r = v
			case helpdesk.Relabel:
				v.ID = ""
				r = v
			}
			all = append(all, r)
		}
	}
	return all
}

func TestEverySchemaTellsTheSame(t *testing.T) {
	d := newDesk(3)
	var want []helpdesk.Record
	for name, o := range map[string]simulator.GrooveOptions{
		"2020": {Old: true}, "2025": {}, "2020, not described": {Old: true, Mute: true}, "2025, not described": {Mute: true},
	} {
		pages, _ := walk(t, New(newDeskAPI(t, d, o), Options{}), d, helpdesk.StreamConversations, helpdesk.Walk{})
		for _, p := range pages {
			if p.Unknown != nil || p.Skipped != nil || p.Wants != nil {
				t.Errorf("%s: %v, %v, %v", name, p.Unknown, p.Skipped, p.Wants)
			}
		}
		if want == nil {
			want = bare(pages)
			continue
		}
		t.Run(name, func(t *testing.T) { compare(t, want, bare(pages)) })
	}
	if len(want) != 4+3+10 {
		t.Errorf("%d records: four rows, three mails and a life are expected", len(want))
	}
}

func TestARowThatMovesDuringAWalkIsReadInTheEnd(t *testing.T) {
	d := newDesk(120)
	asked := 0
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	jump := func(i int64) { // a row of the last page jumps to the front of the first
		d.Continue(simulator.FirstTicket+i, simulator.Replies(time.Second, 0))
		d.Advance(d.Now().Add(10 * time.Second))
	}
	api.instead = func(operation string, _ []byte) string {
		if operation == opConversations {
			switch asked++; asked {
			case 2:
				jump(1)
			case 7: // the list is read once more
				jump(2)
			}
		}
		return ""
	}
	c := New(api, Options{})
	pages, cursor := walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{})
	for i, p := range pages {
		if got, want := slices.Contains(rows([]helpdesk.Page{p}), ticket(1)), i == 5; got != want {
			t.Errorf("page %d has the row that moved at first: %v", i, got)
		}
	}
	d.Advance(d.Now().Add(time.Minute))
	pages, _ = walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{Cursor: cursor})
	if !slices.Contains(rows(pages), ticket(2)) {
		t.Error("the row that moved at last was not read")
	}
}

func TestAFirstWalkFindsWhatAPageLeftOut(t *testing.T) {
	d := newDesk(120)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	api.h = simulator.Faults(api.h, 1, simulator.Fault{Kind: simulator.FaultMissingRow, Path: opConversations, Times: 2})
	pages, _ := walk(t, New(api, Options{}), d, helpdesk.StreamConversations, helpdesk.Walk{})
	if got := rows(pages); len(got) != 121 || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 121 {
		t.Errorf("%d rows", len(got))
	}
	compare(t, map[string]int{"schema": 1, opConversations: 3 + 2 + 3, opHistory: 121}, api.calls())
}

func TestAWalkGoesOnAfterARestart(t *testing.T) {
	d := newDesk(120)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	w := helpdesk.Walk{Horizon: deskOpens.Add(-time.Hour), Now: d.Now()}
	var pages []helpdesk.Page
	for done := false; !done; {
		p, err := New(api, Options{}).Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, p)
		w.Cursor, done = p.Cursor, p.Done
	}
	if got := rows(pages); len(pages) != 5 || len(got) != 121 {
		t.Errorf("%d rows in %d pages", len(got), len(pages))
	}
	if pages[0].Progress <= 0 || pages[0].Progress >= pages[1].Progress || pages[4].Progress != 1 {
		t.Errorf("progress %v, %v, %v", pages[0].Progress, pages[1].Progress, pages[2].Progress)
	}
}

func TestAFirstWalkEndsAtTheHorizon(t *testing.T) {
	d := newDesk(120)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	c, w := New(api, Options{}), helpdesk.Walk{Horizon: deskOpens.Add(100 * time.Minute), Now: d.Now()}
	var got []string
	for done := false; !done; {
		p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rows([]helpdesk.Page{p})...)
		w.Cursor, done = p.Cursor, p.Done
	}
	if len(got) != 20 {
		t.Errorf("%d rows", len(got))
	}
	compare(t, map[string]int{"schema": 1, opConversations: 4, opHistory: 20}, api.calls())
}

func TestSpamAndTrashAreWalkedToo(t *testing.T) {
	d := newDesk(3)
	d.Continue(simulator.FirstTicket+1, simulator.Does(time.Second, 0, simulator.Happening{What: simulator.Spammed}))
	d.Continue(simulator.FirstTicket+2, simulator.Does(time.Second, 0, simulator.Happening{What: simulator.Trashed}))
	d.Advance(d.Now().Add(time.Minute))
	pages, _ := walk(t, New(newDeskAPI(t, d, simulator.GrooveOptions{}), Options{}), d, helpdesk.StreamConversations, helpdesk.Walk{})
	compare(t, []string{ticket(0), ticket(3), ticket(1), ticket(2)}, rows(pages))
}

func TestSpamAndTrashComeWithTheFirstPageOfARound(t *testing.T) {
	for name, tt := range map[string]struct {
		instead func(body string) string
		spam    int
		calls   int
	}{
		"a few":                    {spam: 3, calls: 1},
		"more than come beside it": {spam: asideSize + 2, calls: 3},
		"an API that takes no three": {spam: 3, calls: 4, instead: func(body string) string {
			if strings.Contains(body, "spam: conversations") {
				return `{"errors":[{"message":"Invalid cursor or whatever"}]}`
			}
			return ""
		}},
		"an API that forgets two of three": {spam: 3, calls: 3, instead: func(body string) string {
			if strings.Contains(body, "spam: conversations") {
				return `{"data":{"conversations":{"nodes":[{"id":"cnv_` + ticket(0) + `","number":` + ticket(0) +
					`,"state":"CLOSED","createdAt":"2026-09-01T08:00:00Z","updatedAt":"2026-09-01T08:21:00Z"}],"pageInfo":{"hasNextPage":false}}}}`
			}
			return ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(20)
			api := newDeskAPI(t, d, simulator.GrooveOptions{})
			c := New(api, Options{})
			_, cursor := walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{})
			api.calls()
			if tt.instead != nil {
				api.instead = func(_ string, body []byte) string { return tt.instead(string(body)) }
			}
			var want []string
			for i := range tt.spam {
				d.Continue(simulator.FirstTicket+int64(i)+1, simulator.Does(time.Second, 0, simulator.Happening{What: simulator.Spammed}))
				want = append(want, ticket(i+1))
			}
			d.Advance(d.Now().Add(time.Minute))
			pages, _ := walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{Cursor: cursor})
			compare(t, tt.calls, api.calls()[opConversations])
			for _, id := range want {
				if !slices.Contains(rows(pages), id) {
					t.Errorf("%s was not read", id)
				}
			}
		})
	}
}

func TestAHistoryThatFailsAloneIsWanted(t *testing.T) {
	d := newDesk(2)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	api.instead = func(operation string, body []byte) string {
		if operation == opHistory && strings.Contains(string(body), ticket(1)) {
			return `{"data":null,"errors":[{"message":"Something went wrong"}]}`
		}
		return ""
	}
	pages, _ := walk(t, New(api, Options{}), d, helpdesk.StreamConversations, helpdesk.Walk{})
	compare(t, []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: ticket(1)}}, pages[0].Wants)
	compare(t, []string{ticket(0), ticket(1), ticket(2)}, slices.Sorted(slices.Values(rows(pages))))
}

func TestALimitInTheMiddleOfAPageFailsThePage(t *testing.T) {
	d := newDesk(2)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	api.instead = func(operation string, _ []byte) string {
		if operation == opHistory {
			return `{"errors":[{"message":"Throttled"}]}`
		}
		return ""
	}
	_, err := New(api, Options{}).Read(t.Context(), helpdesk.StreamConversations, helpdesk.Walk{Horizon: deskOpens, Now: d.Now()})
	if rest.ReasonOf(err) != rest.ReasonRateLimited {
		t.Error(err)
	}
	compare(t, map[string]int{"schema": 1, opConversations: 1, opHistory: 1}, api.calls())
}

func TestACursorThatIsRefusedBeginsTheWalkAgain(t *testing.T) {
	d := newDesk(120)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	c := New(api, Options{})
	w := helpdesk.Walk{Horizon: deskOpens.Add(-time.Hour), Now: d.Now()}
	p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
	if err != nil {
		t.Fatal(err)
	}
	api.instead = func(operation string, body []byte) string {
		if operation == opConversations && !strings.Contains(string(body), `"after":null`) {
			return `{"data":null,"errors":[{"message":"Invalid cursor"}]}`
		}
		return ""
	}
	w.Cursor = p.Cursor
	again, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, rows([]helpdesk.Page{p}), rows([]helpdesk.Page{again}))
	// A second refusal is an error: beginning again does not help.
	w.Cursor = again.Cursor
	if _, err := c.Read(t.Context(), helpdesk.StreamConversations, w); rest.ReasonOf(err) != rest.ReasonClient {
		t.Error(err)
	}
}

func TestAListThatRepeatsItselfIsAnError(t *testing.T) {
	d := newDesk(1)
	n := 0
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	api.instead = func(operation string, _ []byte) string {
		if operation != opConversations {
			return ""
		}
		n++
		return `{"data":{"conversations":{"nodes":[{"id":"cnv_` + ticket(1) + `","number":` + ticket(1) +
			`,"state":"OPENED","createdAt":"2026-09-01T08:00:00Z","updatedAt":"2026-09-01T08:00:00Z"}],
			"pageInfo":{"hasNextPage":true,"endCursor":"c` + string(rune('a'+n%20)) + `"}}}}`
	}
	w := helpdesk.Walk{Horizon: deskOpens.Add(-time.Hour), Now: d.Now()}
	c := New(api, Options{})
	for range 3 * maxStalls {
		p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			compare(t, "/v2/graphql:conversations: decode (HTTP 200): the vendor repeats a page", err.Error())
			return
		}
		if p.Done {
			t.Fatal("the walk ended")
		}
		w.Cursor = p.Cursor
	}
	t.Error("the walk goes on and on")
}

func TestTheOpenSet(t *testing.T) {
	d := newDesk(3)
	d.Continue(simulator.FirstTicket+2, simulator.Does(time.Second, 0, simulator.Happening{What: simulator.Snoozed, Until: d.Now().Add(time.Hour)}))
	d.Continue(simulator.FirstTicket+3, simulator.Does(time.Second, 0, simulator.Happening{What: simulator.Spammed}))
	d.Advance(d.Now().Add(time.Minute))
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	c := New(api, Options{})
	pages, cursor := walk(t, c, d, helpdesk.StreamOpen, helpdesk.Walk{})
	compare(t, []string{ticket(1), ticket(2)}, rows(pages))
	compare(t, map[string]int{"schema": 1, opConversations: 3}, api.calls())

	// What changed since its history was read has it read again.
	walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{})
	api.calls()
	d.Continue(simulator.FirstTicket+1, simulator.Befalls(time.Second, simulator.Happening{What: simulator.Teamed, Team: simulator.TeamID(1)}))
	d.Advance(d.Now().Add(time.Minute))
	pages, _ = walk(t, c, d, helpdesk.StreamOpen, helpdesk.Walk{Cursor: cursor})
	compare(t, []string{ticket(1), ticket(2)}, rows(pages))
	compare(t, map[string]int{opConversations: 3, opHistory: 1}, api.calls())
}

func TestDirectories(t *testing.T) {
	d := newDesk(0)
	api := newDeskAPI(t, d, simulator.GrooveOptions{MaxPage: 3})
	c := New(api, Options{})
	var agents []string
	pages, _ := walk(t, c, d, helpdesk.StreamAgents, helpdesk.Walk{})
	for _, p := range pages {
		for _, r := range p.Records {
			agents = append(agents, r.(helpdesk.Agent).Name)
		}
	}
	if len(agents) != 8 || agents[0] != "Ada Lindqvist" || len(pages) != 3 {
		t.Errorf("agents %v in %d pages", agents, len(pages))
	}
	pages, _ = walk(t, c, d, helpdesk.StreamTeams, helpdesk.Walk{})
	compare(t, []helpdesk.Record{
		helpdesk.Team{ID: "tm_0000004001", Name: "Support"}, helpdesk.Team{ID: "tm_0000004002", Name: "Returns"},
		helpdesk.Team{ID: "tm_0000004003", Name: "Social"},
	}, pages[0].Records)
}

func TestStreamsThatGrooveDoesNotHave(t *testing.T) {
	if _, err := New(newDeskAPI(t, newDesk(0), simulator.GrooveOptions{}), Options{}).Read(t.Context(), helpdesk.StreamMessages, helpdesk.Walk{}); err == nil {
		t.Error("no error")
	}
}

func TestTheAddressOfTheAPIMayBeWrittenOut(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.groovehq.com": "/v2/graphql", "https://api.groovehq.com/": "/v2/graphql", "http://127.0.0.1:9878/groove": "/v2/graphql",
		"https://api.groovehq.com/v2/graphql": "", "https://api.groovehq.com/v2/graphql/": "", "https://api.groovehq.com/graphql": "",
	} {
		if got := New(nil, Options{BaseURL: base}).path; got != want {
			t.Errorf("%s: %q, want %q", base, got, want)
		}
	}
}
