package intercom

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func whole(v string) helpdesk.Want {
	return helpdesk.Want{Kind: helpdesk.WantConversation, ID: v}
}

func wholes(vs ...int) []helpdesk.Want {
	var all []helpdesk.Want
	for _, v := range vs {
		all = append(all, whole(strconv.Itoa(v)))
	}
	return all
}

func fetch(t *testing.T, api *fakeAPI, wants ...helpdesk.Want) helpdesk.Page {
	t.Helper()
	p, err := New(api).Fetch(t.Context(), wants)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Served, wants) {
		t.Errorf("served %v of %v", p.Served, wants)
	}
	return p
}

// comment is a part with text.
func comment(v int, author string, created int64) object {
	return object{
		"type": "conversation_part", "id": strconv.Itoa(v), "part_type": "comment", "body": "<p>text</p>", "created_at": created,
		"author": object{"type": author, "id": "a1"},
	}
}

func TestAWholeConversationTakesOneCall(t *testing.T) {
	api := newFake(t)
	rated := ticked(7, ago(time.Hour), comment(71, "admin", ago(2*time.Hour)), comment(72, "user", ago(time.Hour)))
	rated["conversation_rating"] = object{"rating": 4, "created_at": ago(2 * time.Minute), "updated_at": ago(time.Minute)}
	api.conversations = append(api.conversations, rated, ticked(8, ago(time.Hour)))
	for _, kind := range []helpdesk.WantKind{helpdesk.WantConversation, helpdesk.WantRow, helpdesk.WantRating} {
		p := fetch(t, api, helpdesk.Want{Kind: kind, ID: "7"})
		compare(t, []string{"7", "71", "72", "source-7"}, collectortest.IDs([]helpdesk.Page{p}))
		compare(t, []string{"/conversations/7", "/me"}, api.paths()) // whose pages they are is asked once a start
	}
}

func TestAnAnswerThatLacksPartsIsAskedForTwice(t *testing.T) {
	parts := []object{comment(71, "admin", ago(2*time.Hour)), comment(72, "user", ago(time.Hour))}
	for _, c := range []struct {
		name    string
		lacking int // answers
		want    []string
		calls   []string
		skipped []string
	}{
		{"what is whole is asked for once", 0, []string{"7", "71", "72", "source-7"}, []string{"/conversations/7", "/me"}, nil},
		{"what comes whole then is whole", 1, []string{"7", "71", "72", "source-7"}, []string{"/conversations/7", "/conversations/7", "/me"}, nil},
		{"what never comes whole is told", 2, []string{"7", "71", "source-7"}, []string{"/conversations/7", "/conversations/7", "/me"}, []string{"parts"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := newFake(t)
			o := ticked(7, ago(time.Hour), parts...)
			api.conversations = []object{o}
			answers := 0
			api.before = func(r rest.Request) error {
				if r.Endpoint == oneConversation {
					list := o["conversation_parts"].(object)
					list["conversation_parts"] = parts
					if answers++; answers <= c.lacking {
						list["conversation_parts"] = parts[:1]
					}
				}
				return nil
			}
			p := fetch(t, api, whole("7"))
			compare(t, c.want, collectortest.IDs([]helpdesk.Page{p}))
			compare(t, c.calls, api.paths())
			var skipped []string
			for _, s := range p.Skipped {
				skipped = append(skipped, s.Reason)
			}
			compare(t, c.skipped, skipped)
		})
	}
}

func TestTheDirectoryIsAskedForOnceAndAgainWhenSomebodyUnknownTurnsUp(t *testing.T) {
	api := newFake(t)
	c := New(api)
	read := func(agent, team any) []string {
		t.Helper()
		o := ticked(7, ago(time.Hour))
		o["admin_assignee_id"], o["team_assignee_id"] = agent, team
		api.conversations = []object{o}
		if _, err := c.Fetch(t.Context(), wholes(7)); err != nil {
			t.Fatal(err)
		}
		return api.paths()
	}
	api.admins = []object{{"id": "5", "name": "A", "email": "a@example.com"}}
	api.teams = []object{{"id": "9", "name": "Support"}}
	compare(t, []string{"/conversations/7", "/admins", "/teams", "/me"}, read(5, 9))
	compare(t, []string{"/conversations/7"}, read(5, "9"))
	compare(t, []string{"/conversations/7", "/admins"}, read(6, nil)) // in no list: a person
	compare(t, []string{"/conversations/7"}, read(6, nil))
	compare(t, []string{"/conversations/7", "/teams"}, read(nil, 10))
	compare(t, []string{"/conversations/7"}, read(nil, 10))
}

func TestTeammatesThatAConversationAskedForAreNotAskedForAgain(t *testing.T) {
	api := newFake(t)
	held := ticked(7, ago(time.Hour))
	held["admin_assignee_id"] = 5
	api.conversations = []object{held}
	api.admins = []object{{"id": "5", "name": "A", "email": "a@example.com"}}
	c := New(api)
	if _, err := c.Fetch(t.Context(), wholes(7)); err != nil {
		t.Fatal(err)
	}
	api.made()
	for _, calls := range []int{0, 1} {
		pages, _ := collectortest.Walk(t, c, helpdesk.StreamAgents, at(0))
		compare(t, []string{"5"}, collectortest.IDs(pages))
		compare(t, calls, api.made())
	}
}

func TestWhatABotHasIsUnassigned(t *testing.T) {
	api := newFake(t)
	api.admins = []object{{"id": "5", "name": "A", "email": "a@example.com"}, {"id": "6", "name": "Fin", "email": "operator+abc@intercom.io"}}
	for i, agent := range []int{5, 6} {
		o := ticked(7+i, ago(time.Hour))
		o["admin_assignee_id"] = agent
		api.conversations = append(api.conversations, o)
	}
	got := map[string]string{}
	for _, r := range fetch(t, api, wholes(7, 8)...).Records {
		if v, ok := r.(helpdesk.Conversation); ok {
			got[v.ID] = v.Agent
		}
	}
	compare(t, map[string]string{"7": "5", "8": ""}, got)
}

func TestTheDirectoryThatMayNotBeRead(t *testing.T) {
	api := newFake(t)
	o := ticked(7, ago(time.Hour))
	o["admin_assignee_id"], o["team_assignee_id"] = 5, 9
	api.conversations = []object{o}
	code := http.StatusInternalServerError
	api.before = func(r rest.Request) error {
		if r.Path == "/admins" || r.Path == "/teams" || r.Path == "/me" {
			return collectortest.Failure(r, code)
		}
		return nil
	}
	c := New(api)
	if _, err := c.Fetch(t.Context(), wholes(7)); err == nil {
		t.Error("a bot's conversation would have been taken for a person's")
	}
	code = http.StatusForbidden
	api.made()
	for range 2 {
		p, err := c.Fetch(t.Context(), wholes(7))
		if err != nil {
			t.Fatal(err)
		}
		conv := p.Records[0].(helpdesk.Conversation)
		compare(t, []string{"5", "", ""}, []string{conv.Agent, conv.Labels.Team, conv.URL})
	}
	compare(t, []string{"/conversations/7", "/admins", "/teams", "/me", "/conversations/7"}, api.paths())
}

func TestConversationsHaveThePageOfTheirWorkspace(t *testing.T) {
	for region, want := range map[string]string{
		"US": "https://app.intercom.com/a/inbox/abc/inbox/conversation/7",
		"eu": "https://app.eu.intercom.com/a/inbox/abc/inbox/conversation/7",
		"AU": "https://app.au.intercom.com/a/inbox/abc/inbox/conversation/7",
		"":   "https://app.intercom.com/a/inbox/abc/inbox/conversation/7",
	} {
		api := newFake(t)
		api.conversations = []object{ticked(7, ago(time.Hour))}
		api.raw["/me"] = `{"type":"admin","app":{"id_code":"abc","region":"` + region + `"}}`
		compare(t, want, fetch(t, api, whole("7")).Records[0].(helpdesk.Conversation).URL)
	}
}

func TestConversationsThatAreGone(t *testing.T) {
	deletion := func(v string, d time.Duration) helpdesk.StatusChange {
		return helpdesk.StatusChange{
			Key: helpdesk.Key{ID: "deleted-" + v, At: now.Add(-d), Lane: helpdesk.LaneFeed}, Conversation: v,
			Change: helpdesk.ChangeExcluded, To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted,
		}
	}
	t.Run("the list of what was deleted has the time, and is asked once for all in it", func(t *testing.T) {
		api := newFake(t)
		api.deleted = []object{{"id": "7", "deleted_at": ago(time.Minute)}, {"id": "8", "deleted_at": ago(time.Hour)}}
		p := fetch(t, api, wholes(7, 8)...)
		compare(t, []helpdesk.Record{deletion("7", time.Minute), deletion("8", time.Hour)}, p.Records)
		compare(t, []string{"/conversations/7", "/conversations/deleted", "/conversations/8"}, api.paths())
	})
	t.Run("what is not in it is gone", func(t *testing.T) {
		api := newFake(t)
		p := fetch(t, api, wholes(7)...)
		compare(t, []string{"7"}, p.Gone)
		compare(t, 2, api.made())
	})
	for _, code := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound} {
		t.Run("a workspace without the list is asked for it once: "+strconv.Itoa(code), func(t *testing.T) {
			api := newFake(t)
			api.gone[deletedPath] = collectortest.Failure(rest.Request{}, code)
			p := fetch(t, api, wholes(7, 8)...)
			compare(t, []string{"7", "8"}, p.Gone)
			compare(t, []string{"/conversations/7", "/conversations/deleted", "/conversations/8"}, api.paths())
		})
	}
	for _, code := range []int{http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway} {
		t.Run("a list that cannot be read now is asked for again: "+strconv.Itoa(code), func(t *testing.T) {
			api := newFake(t)
			api.gone[deletedPath] = collectortest.Failure(rest.Request{}, code)
			fetch(t, api, wholes(7, 8)...)
			compare(t, []string{"/conversations/7", "/conversations/deleted", "/conversations/8", "/conversations/deleted"}, api.paths())
		})
	}
	t.Run("a list that fails now does not keep the conversation from being gone", func(t *testing.T) {
		api := newFake(t)
		api.gone["/conversations/7"] = collectortest.Failure(rest.Request{}, http.StatusGone)
		api.gone[deletedPath] = collectortest.Failure(rest.Request{}, http.StatusBadGateway)
		compare(t, []string{"7"}, fetch(t, api, wholes(7)...).Gone)
	})
}

func TestAWantThatFailsDoesNotKeepTheOthers(t *testing.T) {
	api := newFake(t)
	api.conversations = []object{ticked(6, ago(time.Hour)), ticked(7, ago(time.Hour)), ticked(8, ago(time.Hour))}
	api.gone["/conversations/7"] = collectortest.Failure(rest.Request{Endpoint: oneConversation}, http.StatusInternalServerError)
	p, err := New(api).Fetch(t.Context(), wholes(6, 7, 8))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, wholes(6, 8), p.Served)
	compare(t, []string{"6", "8"}, rows([]helpdesk.Page{p}))
}

func TestAWantWhoseSecondCallFailsLeavesNothingBehind(t *testing.T) {
	api := newFake(t)
	held := ticked(6, ago(time.Hour))
	held["admin_assignee_id"] = 5
	api.conversations = []object{held, ticked(7, ago(time.Hour))}
	api.gone["/admins"] = collectortest.Failure(rest.Request{}, http.StatusBadGateway)
	p, err := New(api).Fetch(t.Context(), wholes(6, 7))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, wholes(7), p.Served)
	compare(t, []string{"7", "source-7"}, collectortest.IDs([]helpdesk.Page{p}))
}

func TestWhenNothingCouldBeServedTheErrorIsTheAnswer(t *testing.T) {
	for code, calls := range map[int]int{
		http.StatusUnauthorized: 1, http.StatusTooManyRequests: 1, http.StatusBadGateway: helpdesk.MaxFailures, http.StatusForbidden: helpdesk.MaxFailures,
	} {
		api := newFake(t)
		api.before = func(r rest.Request) error { return collectortest.Failure(r, code) }
		p, err := New(api).Fetch(t.Context(), wholes(1, 2, 3, 4))
		var e *rest.Error
		if !errors.As(err, &e) || e.Code != code || len(p.Served) != 0 {
			t.Errorf("error %v, served %v", err, p.Served)
		}
		if n := api.made(); n != calls {
			t.Errorf("%d: %d calls, want %d", code, n, calls)
		}
	}
}

func TestWantsThatCanNotBeAreServedWithNothing(t *testing.T) {
	api := newFake(t)
	wants := []helpdesk.Want{whole(""), whole("../me"), whole("a b")}
	p := fetch(t, api, wants...)
	if len(p.Skipped) != len(wants) || api.made() != 0 {
		t.Errorf("%d skipped, want %d and no call", len(p.Skipped), len(wants))
	}
}

func TestAFetchServesABoundedNumber(t *testing.T) {
	api := newFake(t)
	var wants []helpdesk.Want
	for v := 1; v <= 50; v++ {
		api.conversations = append(api.conversations, ticked(v, ago(time.Hour)))
		wants = append(wants, whole(strconv.Itoa(v)))
	}
	p, err := New(api).Fetch(t.Context(), wants)
	if err != nil || len(p.Served) != helpdesk.MaxWants {
		t.Errorf("%d served, %v; want %d", len(p.Served), err, helpdesk.MaxWants)
	}
}

func TestAnAnswerThatIsNoConversationIsAnErrorNotOneThatIsGone(t *testing.T) {
	for _, answer := range []string{
		`null`, `[]`, `{}`, `{"type":"error.list","errors":[]}`, `{"id":{}}`, `{"id":"8","conversation_parts":{}}`,
		`{"id":"7","created_at":1,"updated_at":1}`, // a row of the search: what happened is missing
	} {
		api := newFake(t)
		api.raw["/conversations/7"] = answer
		p, err := New(api).Fetch(t.Context(), wholes(7))
		var e *rest.Error
		if !errors.As(err, &e) || e.Reason != rest.ReasonDecode {
			t.Errorf("%s: %+v, %v", answer, p, err)
		}
	}
}
