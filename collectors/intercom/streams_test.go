package intercom

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func TestEachStreamAsksAsDocumented(t *testing.T) {
	for stream, want := range map[helpdesk.Stream]string{
		helpdesk.StreamConversations: `POST /conversations/search 2.14 {"query":{"operator":"AND","value":[{"field":"updated_at","operator":"\u003e","value":1785671999}]},` +
			`"pagination":{"per_page":150},"sort":{"field":"updated_at","order":"ascending"}}`,
		helpdesk.StreamAgents: "GET /admins 2.14 null",
		helpdesk.StreamTeams:  "GET /teams 2.14 null",
		helpdesk.StreamOpen: `POST /conversations/search 2.14 {"query":{"operator":"AND","value":[{"field":"created_at","operator":"\u003e","value":-1},` +
			`{"field":"state","operator":"IN","value":["open","snoozed"]}]},"pagination":{"per_page":150},"sort":{"field":"created_at","order":"ascending"}}`,
	} {
		api := newFake(t)
		if _, err := New(api).Read(t.Context(), stream, at(0)); err != nil {
			t.Fatal(err)
		}
		r := api.calls[0]
		method := r.Method
		if method == "" {
			method = http.MethodGet
		}
		body, err := json.Marshal(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, want, method+" "+r.Path+" "+r.Header["Intercom-Version"]+" "+string(body))
	}
	if _, err := New(newFake(t)).Read(t.Context(), "voice", at(0)); err == nil {
		t.Error("a stream that does not exist was read")
	}
}

func TestProfileNamesEveryStreamOnceAndInOrder(t *testing.T) {
	p := New(newFake(t)).Profile()
	var order []helpdesk.Stream
	for _, s := range p.Streams {
		order = append(order, s.Stream)
		if s.Clock != (s.Stream == helpdesk.StreamConversations) {
			t.Errorf("%s: clocks depend on the conversations alone", s.Stream)
		}
		for _, g := range s.Gives {
			if p.Capabilities[g] == helpdesk.Absent {
				t.Errorf("%s gives %s, which the vendor does not have", s.Stream, g)
			}
		}
	}
	compare(t, []helpdesk.Stream{"conversations", "agents", "teams", "open_conversations"}, order)
	if p.VisibilityLag != 5*time.Second || p.Vendor != "intercom" || !p.Alone {
		t.Errorf("lag %s, vendor %s, alone %v", p.VisibilityLag, p.Vendor, p.Alone)
	}
}

func TestTheOpenSetIsWhatIsOpenAndWhatIsSnoozed(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 400; v++ {
		o := ticked(v, ago(time.Duration(v)*time.Minute))
		o["state"] = []string{"open", "snoozed", "closed"}[min(v/200, 2)]
		api.conversations = append(api.conversations, o)
	}
	api.conversations[398]["state"] = "snoozed"
	c := New(api)
	for range 2 { // a sweep begins anew where the last one ended
		pages, _ := collectortest.Walk(t, c, helpdesk.StreamOpen, at(0))
		compare(t, numbers(1, 399), collectortest.IDs(pages))
	}
	compare(t, 2*3+1, api.made()) // and one for the address of the workspace's pages
}

func TestASweepIsResumedInItsMiddle(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 200; v++ {
		api.conversations = append(api.conversations, ticked(v, ago(time.Hour-time.Duration(v)*time.Second)))
	}
	p1, err := New(api).Read(t.Context(), helpdesk.StreamOpen, at(0))
	if err != nil || p1.Done {
		t.Fatal(p1.Done, err)
	}
	pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamOpen, next(time.Minute, p1.Cursor))
	compare(t, numbers(1, 200), collectortest.IDs(append(pages, p1)))
	compare(t, 1, len(pages))
}

func TestDirectoriesAreReadWhole(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 230; v++ {
		row := object{"id": strconv.Itoa(v), "name": "N", "email": "n@example.com"}
		api.admins, api.teams = append(api.admins, row), append(api.teams, row)
	}
	c := New(api)
	for _, stream := range []helpdesk.Stream{helpdesk.StreamAgents, helpdesk.StreamTeams} {
		for range 2 {
			pages, _ := collectortest.Walk(t, c, stream, at(0))
			compare(t, numbers(1, 230), collectortest.IDs(pages))
		}
	}
	compare(t, 4, api.made())
}

func TestPresenceIsTheAwayModeOfWhoHasASeat(t *testing.T) {
	for _, c := range []struct {
		name, admin string
		want        helpdesk.Presence
	}{
		{"there", `"away_mode_enabled":false,"has_inbox_seat":true`, helpdesk.Online},
		{"away", `"away_mode_enabled":true,"has_inbox_seat":true`, helpdesk.Away},
		{"without a seat he answers nobody", `"away_mode_enabled":false,"has_inbox_seat":false`, helpdesk.PresenceUnknown},
		{"seats that are not told", `"away_mode_enabled":true`, helpdesk.Away},
		{"nothing is told", `"has_inbox_seat":true`, helpdesk.PresenceUnknown},
		{"null", `"away_mode_enabled":null,"has_inbox_seat":null`, helpdesk.PresenceUnknown},
		{"the bot is neither", `"away_mode_enabled":false,"has_inbox_seat":true,"email":"operator+abc@intercom.io"`, helpdesk.PresenceUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := newFake(t)
			api.raw["/admins"] = `{"admins":[{"id":"5","name":"A",` + c.admin + `}]}`
			pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamAgents, at(0))
			compare(t, c.want, pages[0].Records[0].(helpdesk.Agent).Presence)
		})
	}
}

func TestCallsSayWhatTheyAreFor(t *testing.T) {
	api := newFake(t)
	api.conversations = []object{ticked(7, ago(time.Hour))}
	c := New(api)
	priorities := func() map[string]rest.Priority {
		all := map[string]rest.Priority{}
		for _, r := range api.calls {
			all[r.Path] = r.Priority
		}
		api.calls = nil
		return all
	}
	_, cursor := collectortest.Walk(t, c, helpdesk.StreamConversations, at(0))
	compare(t, map[string]rest.Priority{
		searchPath: rest.Background, "/conversations/7": rest.Background, "/me": rest.Background, // history
	}, priorities())
	api.conversations = append(api.conversations, ticked(8, ago(-time.Minute)))
	collectortest.Walk(t, c, helpdesk.StreamConversations, next(2*time.Minute, cursor))
	compare(t, map[string]rest.Priority{
		searchPath: rest.Clocks, "/conversations/8": rest.Clocks, deletedPath: rest.Clocks,
	}, priorities())
	for _, s := range []helpdesk.Stream{helpdesk.StreamAgents, helpdesk.StreamTeams, helpdesk.StreamOpen} {
		collectortest.Walk(t, c, s, at(0))
	}
	compare(t, map[string]rest.Priority{
		"/admins": rest.Background, "/teams": rest.Background, searchPath: rest.Background,
	}, priorities())
	if _, err := c.Fetch(t.Context(), wholes(7)); err != nil {
		t.Fatal(err)
	}
	compare(t, map[string]rest.Priority{"/conversations/7": rest.Clocks}, priorities())
}
