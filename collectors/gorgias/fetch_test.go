package gorgias

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

func fetch(t *testing.T, api *fakeAPI, wants ...helpdesk.Want) helpdesk.Page {
	t.Helper()
	c := New(api, Options{})
	c.now = now
	p, err := c.Fetch(t.Context(), wants)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Served, wants) {
		t.Errorf("served %v of %v", p.Served, wants)
	}
	return p
}

// detail is a ticket with messages, as it is read by itself.
func detail(v int, messages ...object) object {
	o := ticketRow(v, ago(time.Hour))
	delete(o, "messages_count")
	o["messages"] = append([]object{}, messages...)
	return o
}

func merges(p helpdesk.Page) []helpdesk.StatusChange {
	var all []helpdesk.StatusChange
	for _, r := range p.Records {
		if s, ok := r.(helpdesk.StatusChange); ok && s.Excluded == helpdesk.ExcludedMerged {
			all = append(all, s)
		}
	}
	return all
}

func merged(v string, k helpdesk.Key, cause string, by helpdesk.Actor) []helpdesk.StatusChange {
	return []helpdesk.StatusChange{{
		Key: k, Conversation: v, Change: helpdesk.ChangeExcluded, To: helpdesk.StatusExcluded,
		Excluded: helpdesk.ExcludedMerged, Cause: cause, By: by,
	}}
}

func TestAWholeConversationTakesTwoCalls(t *testing.T) {
	api := newFake(t)
	o := detail(7, messageRow(71, 7, ago(3*time.Hour)), messageRow(72, 7, ago(2*time.Hour)))
	o["satisfaction_survey"] = object{"id": 3, "ticket_id": 7, "score": 4, "scored_datetime": ago(time.Minute), "created_datetime": ago(time.Hour)}
	api.add("/api/tickets", o)
	api.add("/api/events", eventRow(40, "ticket-closed", 7, ago(time.Hour)), eventRow(41, "ticket-closed", 8, ago(time.Hour)),
		eventRow(42, "satisfaction-survey-responded", 7, ago(time.Minute)))
	p := fetch(t, api, whole("7"))
	compare(t, []string{"3", "40", "7", "71", "72"}, collectortest.IDs([]helpdesk.Page{p}))
	compare(t, []helpdesk.Want(nil), p.Wants)
	if n := api.made(); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

func TestATicketWithManyEventsIsReadToTheEnd(t *testing.T) {
	api := newFake(t)
	api.add("/api/tickets", detail(7))
	for v := 101; v <= 350; v++ {
		api.add("/api/events", eventRow(v, "ticket-assigned", 7, ago(time.Hour)))
	}
	p := fetch(t, api, whole("7"))
	compare(t, append(numbers(101, 350), "7"), collectortest.IDs([]helpdesk.Page{p}))
	if n := api.made(); n != 4 {
		t.Errorf("%d calls, want 4", n)
	}
}

func TestTicketsThatAreGone(t *testing.T) {
	for _, code := range []int{http.StatusNotFound, http.StatusGone} {
		api := newFake(t)
		for _, v := range []string{"7", "8", "9"} {
			path := "/api/tickets/" + v
			api.gone[path] = collectortest.Failure(rest.Request{Endpoint: oneTicket}, code)
		}
		api.add("/api/events",
			eventRow(40, "ticket-deleted", 8, ago(time.Hour)),
			eventRow(50, "ticket-closed", 9, ago(3*time.Hour)), eventRow(51, "ticket-merged", 9, ago(2*time.Hour)))
		p := fetch(t, api, whole("7"), whole("8"), whole("9"), helpdesk.Want{Kind: helpdesk.WantRow, ID: "7"})
		compare(t, []string{"7", "7"}, p.Gone)
		compare(t, []string{"40", "50", "51"}, collectortest.IDs([]helpdesk.Page{p}))
		compare(t, merged("9", eventKey("51", ago(2*time.Hour), 51), "c-51", helpdesk.ActorAutomation), merges(p))
	}
}

func TestATicketThatRedirectsWasMergedAway(t *testing.T) {
	t.Run("its own log has the merge", func(t *testing.T) {
		api := newFake(t)
		api.raw["/api/tickets/7"] = `{"id":8,"status":"open","channel":"email","created_datetime":"2026-09-01T09:00:00Z",
			"updated_datetime":"2026-09-01T11:00:00Z","messages":[{"id":71,"ticket_id":8,"public":true,"created_datetime":"2026-09-01T09:00:00Z"}]}`
		api.add("/api/events", eventRow(51, "ticket-merged", 7, ago(2*time.Hour)))
		p := fetch(t, api, whole("7"))
		compare(t, []string{"51", "71", "8"}, collectortest.IDs([]helpdesk.Page{p}))
		compare(t, merged("7", eventKey("51", ago(2*time.Hour), 51), "c-51", helpdesk.ActorAutomation), merges(p))
	})
	t.Run("no log has it: the last update of the ticket that is left is its end", func(t *testing.T) {
		for _, kind := range []helpdesk.WantKind{helpdesk.WantConversation, helpdesk.WantRow} {
			api := newFake(t)
			api.raw["/api/tickets/7"] = `{"id":8,"status":"open","channel":"email","created_datetime":"2026-09-01T09:00:00Z","updated_datetime":"2026-09-01T11:00:00Z"}`
			p := fetch(t, api, helpdesk.Want{Kind: kind, ID: "7"})
			compare(t, merged("7", helpdesk.Key{ID: "merged/7", At: now.Add(-time.Hour), Lane: helpdesk.LaneEvents}, "", 0), merges(p))
		}
	})
	t.Run("the log of the ticket that is left has it", func(t *testing.T) {
		for _, kind := range []helpdesk.WantKind{helpdesk.WantConversation, helpdesk.WantRow} {
			api := newFake(t)
			api.raw["/api/tickets/7"] = `{"id":8,"status":"open","channel":"email","created_datetime":"2026-09-01T09:00:00Z","updated_datetime":"2026-09-01T11:00:00Z"}`
			api.add("/api/events", eventRow(51, "ticket-merged", 8, ago(2*time.Hour)))
			p := fetch(t, api, helpdesk.Want{Kind: kind, ID: "7"})
			compare(t, merged("7", eventKey("51/7", ago(2*time.Hour), 51), "c-51", helpdesk.ActorAutomation), merges(p))
		}
	})
	t.Run("the client does not follow", func(t *testing.T) {
		api := newFake(t)
		api.gone["/api/tickets/7"] = collectortest.Failure(rest.Request{Endpoint: oneTicket}, http.StatusMovedPermanently)
		api.add("/api/events", eventRow(51, "ticket-merged", 7, ago(2*time.Hour)))
		p := fetch(t, api, whole("7"), helpdesk.Want{Kind: helpdesk.WantRow, ID: "7"})
		compare(t, 2, len(merges(p)))
		compare(t, []string{"51"}, collectortest.IDs([]helpdesk.Page{p}))
	})
	t.Run("an earlier merge into it is not its end", func(t *testing.T) {
		api := newFake(t)
		api.raw["/api/tickets/7"] = `{"id":8,"status":"open","channel":"email","created_datetime":"2026-09-01T09:00:00Z","updated_datetime":"2026-09-01T11:00:00Z"}`
		api.add("/api/events", eventRow(51, "ticket-merged", 7, ago(5*time.Hour)), eventRow(52, "ticket-closed", 7, ago(4*time.Hour)))
		p := fetch(t, api, whole("7"))
		compare(t, now.Add(-time.Hour), merges(p)[0].At)
	})
}

func TestWhichTicketOfAMergeIsGone(t *testing.T) {
	trashed := func(o object) object { o["trashed_datetime"] = ago(2 * time.Hour); return o }
	closed := func(o object, before time.Duration) object {
		o["status"], o["closed_datetime"] = "closed", ago(before)
		return o
	}
	full := func() object { return detail(7, messageRow(71, 7, ago(3*time.Hour))) }
	for name, c := range map[string]struct {
		ticket object
		data   any
		events []object
		away   bool
	}{
		"alive with messages: it is the target":            {full(), nil, nil, false},
		"alive, left without messages":                     {detail(7), nil, nil, true},
		"trashed by the merge":                             {trashed(full()), nil, nil, true},
		"trashed by somebody":                              {trashed(full()), nil, []object{eventRow(60, "ticket-trashed", 7, ago(time.Hour))}, false},
		"empty, but the merge names it as the target":      {detail(7), object{"target_ticket_id": 7}, nil, false},
		"empty, but the merge names another source":        {detail(7), object{"source_ticket_id": 6}, nil, false},
		"with messages, but named as the source":           {full(), object{"source_ticket_ids": []int{6, 7}}, nil, true},
		"with messages, but merged into another":           {full(), object{"merged_into_ticket_id": "8"}, nil, true},
		"empty, but it lived on after the merge into it":   {detail(7), nil, []object{eventRow(60, "ticket-closed", 7, ago(time.Hour))}, false},
		"with data that says nothing, left without a word": {detail(7), object{"auto_merged": true}, nil, true},
		"with messages, but closed by the merge":           {closed(full(), 2*time.Hour), nil, []object{eventRow(52, "ticket-closed", 7, ago(2*time.Hour))}, true},
		"with messages, closed long before":                {closed(full(), 4*time.Hour), nil, nil, false},
		"with messages, the merge says into which":         {full(), object{"into": 8}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			api := newFake(t)
			api.add("/api/tickets", c.ticket)
			m := eventRow(51, "ticket-merged", 7, ago(2*time.Hour))
			m["data"] = c.data
			api.add("/api/events", append(c.events, m)...)
			p := fetch(t, api, whole("7"))
			if got := len(merges(p)) == 1; got != c.away {
				t.Errorf("merged away: %v", got)
			}
			for _, r := range p.Records {
				if conv, ok := r.(helpdesk.Conversation); ok && c.away != (conv.Excluded == helpdesk.ExcludedMerged) {
					t.Errorf("the row says %s", conv.Excluded)
				}
			}
		})
	}
}

func TestAMergeThatNamesItsSourcesDatesThem(t *testing.T) {
	api := newFake(t)
	m := eventRow(51, "ticket-merged", 7, ago(2*time.Hour))
	m["data"] = object{"source_ticket_ids": []int{6}}
	api.add("/api/events", m)
	api.gone["/api/tickets/6"] = collectortest.Failure(rest.Request{Endpoint: oneTicket}, http.StatusNotFound)
	c := New(api, Options{})
	p, err := c.Read(t.Context(), helpdesk.StreamEvents, at(0))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.Want{whole("7"), whole("6")}, p.Wants)
	p, err = c.Fetch(t.Context(), []helpdesk.Want{whole("6")})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, merged("6", eventKey("51/6", ago(2*time.Hour), 51), "", 0), merges(p))
	compare(t, []string(nil), p.Gone)
}

func TestARowTakesOneCall(t *testing.T) {
	api := newFake(t)
	api.add("/api/tickets", detail(7, messageRow(71, 7, ago(time.Hour))))
	p := fetch(t, api, helpdesk.Want{Kind: helpdesk.WantRow, ID: "7"})
	compare(t, []string{"7"}, collectortest.IDs([]helpdesk.Page{p}))
	compare(t, 1, p.Records[0].(helpdesk.Conversation).Messages)
	if n := api.made(); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

func TestRatingsAreFoundByTheirIDAndByTheirTicket(t *testing.T) {
	row := object{"id": 3, "ticket_id": 7, "score": 2, "scored_datetime": ago(time.Minute), "sent_datetime": ago(time.Hour)}
	want := []helpdesk.Record{helpdesk.Rating{ID: "3", Conversation: "7", Score: 2, Scored: now.Add(-time.Minute), Sent: now.Add(-time.Hour)}}
	api := newFake(t)
	api.add("/api/satisfaction-surveys", row)
	o := detail(7)
	o["satisfaction_survey"] = row
	api.add("/api/tickets", o, detail(8))
	rating := func(v string) helpdesk.Want { return helpdesk.Want{Kind: helpdesk.WantRating, ID: v} }
	compare(t, want, fetch(t, api, rating("3")).Records)
	compare(t, want, fetch(t, api, rating("ticket:7")).Records)
	api.gone["/api/satisfaction-surveys/3"] = collectortest.Failure(rest.Request{Endpoint: oneSurvey}, http.StatusNotFound)
	compare(t, want, fetch(t, api, rating("3")).Records)      // only the list has it
	for _, v := range []string{"4", "ticket:8", "ticket:9"} { // no such survey, a ticket without one, no such ticket
		p := fetch(t, api, rating(v))
		if len(p.Records)+len(p.Gone)+len(p.Skipped) != 0 {
			t.Errorf("%s: %+v", v, p)
		}
	}
}

func TestAWantThatFailsDoesNotKeepTheOthers(t *testing.T) {
	api := newFake(t)
	api.add("/api/tickets", detail(6), detail(7), detail(8))
	api.gone["/api/tickets/7"] = collectortest.Failure(rest.Request{Endpoint: oneTicket}, http.StatusInternalServerError)
	c := New(api, Options{})
	p, err := c.Fetch(t.Context(), []helpdesk.Want{whole("6"), whole("7"), whole("8")})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.Want{whole("6"), whole("8")}, p.Served)
	compare(t, []string{"6", "8"}, collectortest.IDs([]helpdesk.Page{p}))
}

func TestAWantWhoseSecondCallFailsLeavesNothingBehind(t *testing.T) {
	api := newFake(t)
	api.add("/api/tickets", detail(6), detail(7))
	api.before = func(r rest.Request) error {
		if r.Query.Get("object_id") == "6" {
			return collectortest.Failure(r, http.StatusBadGateway)
		}
		return nil
	}
	p, err := New(api, Options{}).Fetch(t.Context(), []helpdesk.Want{whole("6"), whole("7")})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.Want{whole("7")}, p.Served)
	compare(t, []string{"7"}, collectortest.IDs([]helpdesk.Page{p}))
}

func TestWhenNothingCouldBeServedTheErrorIsTheAnswer(t *testing.T) {
	for code, calls := range map[int]int{http.StatusUnauthorized: 1, http.StatusBadGateway: helpdesk.MaxFailures} {
		api := newFake(t)
		api.before = func(r rest.Request) error { return collectortest.Failure(r, code) }
		p, err := New(api, Options{}).Fetch(t.Context(), []helpdesk.Want{whole("1"), whole("2"), whole("3"), whole("4")})
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
	wants := []helpdesk.Want{whole(""), whole("../account"), {Kind: 77, ID: "1"}, {Kind: helpdesk.WantRating, ID: "ticket:"}}
	p := fetch(t, api, wants...)
	if len(p.Skipped) != len(wants) || api.made() != 0 {
		t.Errorf("%d skipped, want %d and no call", len(p.Skipped), len(wants))
	}
}

func TestAFetchServesABoundedNumber(t *testing.T) {
	api := newFake(t)
	var wants []helpdesk.Want
	for v := 1; v <= 50; v++ {
		api.add("/api/tickets", detail(v))
		wants = append(wants, helpdesk.Want{Kind: helpdesk.WantRow, ID: strconv.Itoa(v)})
	}
	p, err := New(api, Options{}).Fetch(t.Context(), wants)
	if err != nil || len(p.Served) != helpdesk.MaxWants {
		t.Errorf("%d served, %v; want %d", len(p.Served), err, helpdesk.MaxWants)
	}
}

func TestAnAnswerThatIsNoTicketIsAnErrorNotATicketThatIsGone(t *testing.T) {
	for _, answer := range []string{`null`, `[]`, `{}`, `{"error":{"msg":"x"}}`, `{"id":{}}`} {
		api := newFake(t)
		api.raw["/api/tickets/7"] = answer
		p, err := New(api, Options{}).Fetch(t.Context(), []helpdesk.Want{whole("7")})
		var e *rest.Error
		if !errors.As(err, &e) || e.Reason != rest.ReasonDecode {
			t.Errorf("%s: %+v, %v", answer, p, err)
		}
	}
}
