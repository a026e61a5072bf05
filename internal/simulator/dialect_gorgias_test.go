package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// call sends a request to a dialect, as its client would.
func call(t *testing.T, h http.Handler, method, target, body string) (*http.Response, object) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.SetBasicAuth("bot@desk.example", "key")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatalf("%s %s: %v in %.100s", method, target, err, b)
	}
	return res, o
}

func get(t *testing.T, h http.Handler, target string) object {
	t.Helper()
	res, o := call(t, h, http.MethodGet, target, "")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s: %v", target, res.Status, o)
	}
	return o
}

// patient is a dialect whose rate limit is never reached, and that hides nothing.
func patient(d *Desk) http.Handler {
	return Gorgias(d, GorgiasOptions{Lag: -1, Bucket: 1 << 20, Window: time.Second})
}

func rowsOf(o object) []object {
	var rows []object
	for _, r := range o["data"].([]any) {
		rows = append(rows, r.(object))
	}
	return rows
}

func num(v any) int64 { return int64(v.(float64)) }

// walk reads a list to its end, and returns the ids of its rows.
func walk(t *testing.T, h http.Handler, path string, q url.Values) []int64 {
	t.Helper()
	var ids []int64
	for {
		o := get(t, h, path+"?"+q.Encode())
		for _, r := range rowsOf(o) {
			ids = append(ids, num(r["id"]))
		}
		next, ok := o["meta"].(object)["next_cursor"].(string)
		if !ok {
			return ids
		}
		q.Set("cursor", next)
	}
}

// shape is the set of keys of a JSON value: of lists the keys of the first row.
func shape(v any, into map[string]bool, at string, depth int) {
	switch v := v.(type) {
	case object:
		for k, x := range v {
			into[at+"."+k] = true
			if depth > 0 {
				shape(x, into, at+"."+k, depth-1)
			}
		}
	case []any:
		if len(v) > 0 {
			shape(v[0], into, at+"[]", depth)
		}
	}
}

func keysOf(v any, depth int) []string {
	into := map[string]bool{}
	shape(v, into, "", depth)
	return slices.Sorted(maps.Keys(into))
}

func TestGorgiasAnswersHaveTheKeysOfTheRecordedOnes(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted()})
	d.Advance(opens.Add(4 * time.Hour))
	h := patient(d)
	tests := []struct {
		sample, method, target, body string
		depth                        int // how deep keys are compared; below, values differ by kind
	}{
		{"tickets_list", "GET", "/api/tickets?limit=1", "", 1},
		{"ticket_get", "GET", fmt.Sprintf("/api/tickets/%d", FirstTicket), "", 0},
		{"ticket_messages_list", "GET", fmt.Sprintf("/api/tickets/%d/messages", FirstTicket), "", 1},
		{"events_last_page", "GET", "/api/events", "", 1},
		{"satisfaction_surveys_list", "GET", "/api/satisfaction-surveys", "", 1},
		{"users_list", "GET", "/api/users", "", 1},
		{"view_items_list", "PUT", "/api/views/0/items", `{"view":{"filters":"eq(ticket.status,'closed')","type":"ticket-list"}}`, 1},
	}
	for _, tc := range tests {
		t.Run(tc.sample, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", "gorgias", tc.sample+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var recorded object
			if err := json.Unmarshal(b, &recorded); err != nil {
				t.Fatal(err)
			}
			res, got := call(t, h, tc.method, tc.target, tc.body)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %v", res.Status, got)
			}
			if diff := cmp.Diff(keysOf(recorded, tc.depth), keysOf(got, tc.depth)); diff != "" {
				t.Errorf("-recorded +simulated\n%s", diff)
			}
			if _, ok := recorded["data"]; ok && len(rowsOf(got)) == 0 {
				t.Error("no rows")
			}
			if _, ok := recorded["data"]; ok {
				if diff := cmp.Diff(slices.Sorted(maps.Keys(rowsOf(recorded)[0])), slices.Sorted(maps.Keys(rowsOf(got)[0]))); diff != "" {
					t.Errorf("rows: -recorded +simulated\n%s", diff)
				}
			}
		})
	}
}

func TestGorgiasTellsAScriptedTicket(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted()})
	d.Advance(opens.Add(30 * time.Minute))
	h := patient(d)

	o := get(t, h, "/api/tickets?order_by=created_datetime:asc")
	type row struct {
		ID                           int64
		Status, Channel              string
		Snooze, Closed, LastReceived any
		FromAgent                    bool
		Messages                     int64
	}
	var got []row
	for _, r := range rowsOf(o) {
		got = append(got, row{
			num(r["id"]), r["status"].(string), r["channel"].(string), r["snooze_datetime"], r["closed_datetime"],
			r["last_received_message_datetime"], r["from_agent"].(bool), num(r["messages_count"]),
		})
	}
	asked := "2026-03-02T08:00:00.000000+00:00"
	want := []row{
		{FirstTicket, "open", "email", nil, nil, asked, false, 2},
		{FirstTicket + 1, "closed", "chat", "2026-03-02T09:00:00.000000+00:00", "2026-03-02T08:02:00.000000+00:00", asked, false, 2},
		// The third was merged away: it is no more.
		{FirstTicket + 3, "closed", "email", nil, "2026-03-02T08:01:00.000000+00:00", nil, true, 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if res, _ := call(t, h, "GET", fmt.Sprintf("/api/tickets/%d", FirstTicket+2), ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("the merged ticket answers %s", res.Status)
	}
}

func TestGorgiasTellsASnoozeAsACloseOfTheSameContext(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted()})
	d.Advance(opens.Add(2 * time.Hour))
	h := patient(d)
	o := get(t, h, fmt.Sprintf("/api/events?object_type=Ticket&object_id=%d&order_by=created_datetime:asc", FirstTicket+1))
	var kinds []string
	contexts := map[string][]string{}
	for _, r := range rowsOf(o) {
		kind := r["type"].(string)
		if kind == "ticket-updated" {
			continue
		}
		kinds = append(kinds, kind)
		contexts[r["context"].(string)] = append(contexts[r["context"].(string)], kind)
	}
	want := []string{"ticket-created", "ticket-closed", "ticket-snoozed", "ticket-reopened", "ticket-self-unsnoozed", "ticket-closed"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	pairs := 0
	for _, ks := range contexts {
		if cmp.Equal(ks, want[1:3]) || cmp.Equal(ks, want[3:5]) {
			pairs++
		}
	}
	if pairs != 2 {
		t.Errorf("%d of the snooze and the waking share a context with their echo, want both", pairs)
	}
}

func TestGorgiasListsAreWalkedWholeAndOnce(t *testing.T) {
	d := lively(1)
	d.Advance(opens.Add(2 * day))
	h := patient(d)
	for _, tc := range []struct{ path, order string }{
		{"/api/tickets", "created_datetime:asc"}, {"/api/tickets", "updated_datetime:desc"}, {"/api/messages", "created_datetime:desc"},
		{"/api/events", "created_datetime:asc"}, {"/api/satisfaction-surveys", "created_datetime:desc"},
		{"/api/users", "name:asc"}, {"/api/teams", "name:asc"},
	} {
		t.Run(tc.path+" "+tc.order, func(t *testing.T) {
			all := walk(t, h, tc.path, url.Values{"order_by": {tc.order}, "limit": {"100"}})
			small := walk(t, h, tc.path, url.Values{"order_by": {tc.order}, "limit": {"7"}})
			if diff := cmp.Diff(all, small); diff != "" {
				t.Errorf("pages of 100 and of 7 differ\n%s", diff)
			}
			seen := map[int64]bool{}
			for _, id := range all {
				if seen[id] {
					t.Fatalf("%d came twice", id)
				}
				seen[id] = true
			}
			if len(all) < 3 {
				t.Errorf("only %d rows", len(all))
			}
		})
	}
}

func TestGorgiasListsMoveWhileTheyArePaged(t *testing.T) {
	d := lively(1)
	d.Advance(opens.Add(2 * day))
	h := Gorgias(d, GorgiasOptions{
		Lag: -1, Bucket: 1 << 20, Window: time.Second,
		BeforeEach: func(*http.Request) { d.Advance(d.Now().Add(5 * time.Minute)) },
	})
	events := walk(t, h, "/api/events", url.Values{"order_by": {"created_datetime:asc"}, "limit": {"100"}})
	if !slices.IsSorted(events) {
		t.Error("events that happened meanwhile came out of order")
	}
	first := get(t, h, "/api/tickets?order_by=updated_datetime:desc&limit=5")
	again := get(t, h, "/api/tickets?order_by=updated_datetime:desc&limit=5")
	if cmp.Equal(first["data"], again["data"]) {
		t.Error("the newest tickets did not move in five minutes")
	}
}

func TestGorgiasHidesWhatIsYoungerThanItsLag(t *testing.T) {
	d := New(Options{Start: opens, Script: []Scripted{{Lines: []Line{Says(0, helpdesk.AuthorCustomer)}}}})
	h := Gorgias(d, GorgiasOptions{})
	d.Advance(opens)
	for _, path := range []string{"/api/tickets", "/api/messages", "/api/events"} {
		if n := len(rowsOf(get(t, h, path))); n > 1 {
			t.Errorf("%s shows %d rows at once", path, n)
		}
	}
	d.Advance(opens.Add(2 * time.Second))
	for path, want := range map[string]int{"/api/tickets": 1, "/api/messages": 1, "/api/events": 4} {
		if n := len(rowsOf(get(t, h, path))); n != want {
			t.Errorf("%s shows %d rows after 2 s, want %d", path, n, want)
		}
	}
}

func TestGorgiasFiltersEvents(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted()})
	d.Advance(opens.Add(6 * time.Hour))
	h := patient(d)
	tests := []struct {
		name  string
		query string
		want  []string
	}{
		{
			"by type", "types=ticket-closed&types=ticket-merged",
			[]string{"08:01:00 ticket-closed", "08:02:00 ticket-closed", "08:10:00 ticket-merged", "09:02:00 ticket-closed", "11:00:00 ticket-closed"},
		},
		{"from an instant on", "types=ticket-closed&created_datetime[gte]=2026-03-02T09:02:00Z", []string{"09:02:00 ticket-closed", "11:00:00 ticket-closed"}},
		{"after an instant", "types=ticket-closed&created_datetime[gt]=2026-03-02T09:02:00", []string{"11:00:00 ticket-closed"}},
		{"before an instant", "types=ticket-closed&created_datetime[lt]=2026-03-02T08:02:00%2B00:00", []string{"08:01:00 ticket-closed"}},
		{"up to an instant", "types=ticket-closed&created_datetime[lte]=2026-03-02T08:02:00", []string{"08:01:00 ticket-closed", "08:02:00 ticket-closed"}},
		{"of a survey", "types=satisfaction-survey-sent&object_type=SatisfactionSurvey&object_id=6900001", []string{"13:00:00 satisfaction-survey-sent"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, r := range rowsOf(get(t, h, "/api/events?order_by=created_datetime:asc&"+tc.query)) {
				got = append(got, r["created_datetime"].(string)[11:19]+" "+r["type"].(string))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestGorgiasScoresASurveyWithoutAStamp(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted()})
	h := patient(d)
	var got []string
	for _, at := range []time.Duration{4 * time.Hour, 6 * time.Hour, 31 * time.Hour} {
		d.Advance(opens.Add(at))
		s := get(t, h, fmt.Sprintf("/api/satisfaction-surveys/%d", firstSurvey))
		got = append(got, fmt.Sprintf("%v %v %v", s["created_datetime"], s["sent_datetime"], s["score"]))
	}
	want := []string{
		"2026-03-02T11:00:00.000000+00:00 <nil> <nil>",
		"2026-03-02T11:00:00.000000+00:00 2026-03-02T13:00:00.000000+00:00 <nil>",
		"2026-03-02T11:00:00.000000+00:00 2026-03-02T13:00:00.000000+00:00 4",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestGorgiasViews(t *testing.T) {
	d := lively(1)
	d.Advance(opens.Add(2 * day))
	h := patient(d)
	read := func(filters string, limit int) []int64 {
		body := fmt.Sprintf(`{"view":{"filters":%q,"type":"ticket-list","order_by":"created_datetime","order_dir":"asc"}}`, filters)
		target := fmt.Sprintf("/api/views/0/items?limit=%d", limit)
		var ids []int64
		for target != "" {
			res, o := call(t, h, http.MethodPut, target, body)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %v", res.Status, o)
			}
			for _, r := range rowsOf(o) {
				ids = append(ids, num(r["id"]))
			}
			target, _ = o["meta"].(object)["next_items"].(string)
		}
		return ids
	}
	var want []int64
	d.Read(func(b *Books) {
		for _, x := range b.Tickets {
			s := x.Now()
			if ex, _ := s.Excluded(); ex == helpdesk.NotExcluded && s.Status == helpdesk.StatusOpen {
				want = append(want, x.ID)
			}
		}
	})
	for _, limit := range []int{3, 100} {
		if diff := cmp.Diff(want, read(`eq(ticket.status, "open")`, limit)); diff != "" {
			t.Errorf("limit %d: -books +view\n%s", limit, diff)
		}
	}
	unassigned := read(`(eq(ticket.status, "open")) && (isEmpty(ticket.assignee_user.id))`, 100)
	assigned := read(`eq(ticket.status,'open') && isNotEmpty(ticket.assignee_user.id)`, 100)
	if len(unassigned)+len(assigned) != len(want) || len(unassigned) == 0 || len(assigned) == 0 {
		t.Errorf("%d unassigned and %d assigned of %d open", len(unassigned), len(assigned), len(want))
	}
}

func TestGorgiasRefuses(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted()})
	d.Advance(opens.Add(time.Hour))
	h := patient(d)
	tests := []struct {
		name, method, target, body string
		code                       int
	}{
		{"a limit of 101", "GET", "/api/tickets?limit=101", "", 400},
		{"an order that it does not know", "GET", "/api/tickets?order_by=status:asc", "", 400},
		{"a cursor of its own making", "GET", "/api/messages?cursor=bm8=", "", 400},
		{"an object type without an id", "GET", "/api/events?object_type=Ticket", "", 400},
		{"a date that is none", "GET", "/api/events?created_datetime[gte]=yesterday", "", 400},
		{"a filter that is none", "PUT", "/api/views/0/items", `{"view":{"filters":"status = open"}}`, 400},
		{"a ticket that never was", "GET", "/api/tickets/17", "", 404},
		{"a user that never was", "GET", "/api/users/17", "", 404},
		{"a path that it does not have", "GET", "/api/weather", "", 404},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			res, o := call(t, h, tc.method, tc.target, tc.body)
			e, _ := o["error"].(object)
			if res.StatusCode != tc.code || e["msg"] == nil {
				t.Errorf("%s: %v, want %d and a message", res.Status, o, tc.code)
			}
		})
	}
}

func TestGorgiasLetsInOnlyItsKey(t *testing.T) {
	d := New(Options{Start: opens})
	h := Gorgias(d, GorgiasOptions{Username: "bot@desk.example", Password: "another"})
	res, _ := call(t, h, "GET", "/api/users/0", "")
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong key: %s", res.Status)
	}
	h = Gorgias(d, GorgiasOptions{Username: "bot@desk.example", Password: "key"})
	if me := get(t, h, "/api/users/0"); num(me["id"]) != Agent(0) {
		t.Errorf("the caller is %v", me["id"])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/account", nil))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("no key at all: %d", w.Code)
	}
}

func TestGorgiasLimitsTheRate(t *testing.T) {
	d := New(Options{Start: opens})
	now := opens
	h := Gorgias(d, GorgiasOptions{Wall: func() time.Time { return now }})
	var last *http.Response
	for range 40 {
		last, _ = call(t, h, "GET", "/api/teams", "")
	}
	if got := last.Header.Get("X-Gorgias-Account-Api-Call-Limit"); last.StatusCode != http.StatusOK || got != "40/40" {
		t.Fatalf("the 40th request: %s, %s", last.Status, got)
	}
	res, _ := call(t, h, "GET", "/api/teams", "")
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "1" {
		t.Errorf("the 41st request: %s, Retry-after %q", res.Status, res.Header.Get("Retry-After"))
	}
	now = now.Add(time.Second)
	for i := range 3 {
		res, _ := call(t, h, "GET", "/api/teams", "")
		if want := map[bool]int{true: 200, false: 429}[i < 2]; res.StatusCode != want {
			t.Errorf("request %d a second later: %s", i+1, res.Status)
		}
	}
	if got := res.Header.Get("Date"); got != "Mon, 02 Mar 2026 08:00:00 GMT" {
		t.Errorf("Date is %q, not the desk's clock", got)
	}
}
