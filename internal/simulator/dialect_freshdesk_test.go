package simulator

import (
	"encoding/json"
	"fmt"
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

// freshCall asks a dialect of Freshdesk.
func freshCall(t *testing.T, h http.Handler, target string) (*http.Response, any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, freshRoot+target, nil)
	r.SetBasicAuth("key", "X")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var v any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", target, err)
		}
	}
	return w.Result(), v
}

// freshRows reads a page of a list, and whether there is a next one.
func freshRows(t *testing.T, h http.Handler, target string) (rows []object, more bool) {
	t.Helper()
	res, v := freshCall(t, h, target)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s: %v", target, res.Status, v)
	}
	for _, r := range v.([]any) {
		rows = append(rows, r.(object))
	}
	return rows, strings.Contains(res.Header.Get("Link"), `rel="next"`)
}

func freshIDs(rows []object) []int64 {
	var ids []int64
	for _, r := range rows {
		ids = append(ids, num(r["id"])-FirstTicket)
	}
	return ids
}

// generous is a dialect whose limits are never reached.
func generous(d *Desk) http.Handler {
	return Freshdesk(d, FreshdeskOptions{Credits: 1 << 20, Lists: 1 << 20})
}

func TestFreshdeskAnswersHaveTheKeysOfTheRecordedOnes(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted(), Resolution: time.Second})
	d.Advance(opens.Add(31 * time.Hour))
	h := generous(d)
	for _, tc := range []struct {
		sample, target string
		younger        []string // fields that came after the recording
	}{
		{"tickets_list_2024", "/tickets", nil},
		{
			"tickets_list_include_stats_requester", "/tickets?include=stats,requester,description",
			[]string{"sentiment_score", "initial_sentiment_score"},
		},
		{"conversations_ticket22_reply_then_note", fmt.Sprintf("/tickets/%d/conversations", FirstTicket), nil},
		{"satisfaction_ratings", "/surveys/satisfaction_ratings", nil},
		{"surveys", "/surveys", nil},
		{"agents_2024", "/agents", nil},
	} {
		t.Run(tc.sample, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", "freshdesk", tc.sample+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var recorded []object
			if err := json.Unmarshal(b, &recorded); err != nil {
				t.Fatal(err)
			}
			rows, _ := freshRows(t, h, tc.target)
			got := rows[0]
			for _, free := range append(tc.younger, "custom_fields", "ratings") { // the keys of the last two are the account's
				delete(recorded[0], free)
				delete(got, free)
			}
			if diff := cmp.Diff(keysOf(recorded[0], 1), keysOf(got, 1)); diff != "" {
				t.Errorf("-recorded +simulated\n%s", diff)
			}
		})
	}
}

func TestFreshdeskTellsAScriptedTicketByItsStamps(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted(), Resolution: time.Second})
	d.Advance(opens.Add(31 * time.Hour))
	rows, _ := freshRows(t, generous(d), "/tickets?include=stats&order_by=created_at&order_type=asc")
	var got []string
	for _, r := range rows {
		var stats []string
		for k, v := range r["stats"].(object) {
			if v != nil {
				at, err := time.Parse(time.RFC3339, v.(string))
				if err != nil {
					t.Fatal(err)
				}
				stats = append(stats, fmt.Sprintf("%s %s", k, at.Sub(opens)))
			}
		}
		slices.Sort(stats)
		got = append(got, fmt.Sprintf("%d source %v status %v: %s", num(r["id"])-FirstTicket, r["source"], r["status"], strings.Join(stats, ", ")))
	}
	want := []string{
		"0 source 1 status 4: agent_responded_at 2h0m0s, first_responded_at 2h0m0s, requester_responded_at 30h0m0s, resolved_at 3h0m0s, status_updated_at 3h0m0s",
		"1 source 7 status 4: agent_responded_at 1h1m0s, first_responded_at 1m0s, resolved_at 1h2m0s, status_updated_at 1h2m0s",
		"2 source 1 status 5: closed_at 10m0s, resolved_at 10m0s, status_updated_at 10m0s",
		"3 source 10 status 5: closed_at 1m0s, resolved_at 1m0s, status_updated_at 1m0s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFreshdeskTellsTheOpeningMessageInTheTicketAlone(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted(), Resolution: time.Second})
	d.Advance(opens.Add(31 * time.Hour))
	h := generous(d)
	var got []string
	for i := range 4 {
		rows, _ := freshRows(t, h, fmt.Sprintf("/tickets/%d/conversations", FirstTicket+i))
		for _, r := range rows {
			got = append(got, fmt.Sprintf("%d source %v incoming %v private %v auto %v", i, r["source"], r["incoming"], r["private"], r["auto_response"]))
		}
	}
	want := []string{
		"0 source 0 incoming false private false auto true",
		"0 source 0 incoming false private false auto false",
		"0 source 6 incoming true private false auto false", // the answer to the survey
		"1 source 0 incoming false private false auto false",
		"1 source 0 incoming false private false auto false",
		"2 source 2 incoming false private true auto false", // where it was merged into
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// setAsideDesk has one ticket each that is open, spam, in the trash, deleted,
// and open for forty days.
func setAsideDesk() *Desk {
	script := []Scripted{
		{Lines: []Line{Says(40*day, helpdesk.AuthorCustomer)}},
		{Lines: []Line{Says(40*day, helpdesk.AuthorCustomer), Does(40*day+time.Hour, 0, Happening{What: Spammed})}},
		{Lines: []Line{Says(40*day, helpdesk.AuthorCustomer), Does(40*day+time.Hour, 0, Happening{What: Trashed})}},
		{Lines: []Line{Says(40*day, helpdesk.AuthorCustomer), Does(40*day+time.Hour, 0, Happening{What: Deleted})}},
		{Lines: []Line{Says(0, helpdesk.AuthorCustomer), Replies(time.Hour, 0)}},
	}
	d := New(Options{Start: opens, Script: script, Resolution: time.Second})
	d.Advance(opens.Add(40*day + 2*time.Hour))
	return d
}

func TestFreshdeskListsOnlyThirtyDaysUnlessAskedAndNothingThatIsSetAside(t *testing.T) {
	h := generous(setAsideDesk())
	for target, want := range map[string][]int64{
		"/tickets": {0},
		"/tickets?updated_since=2026-01-01T00:00:00Z":                                           {0, 4},
		"/tickets?updated_since=2026-03-02T09:00:00Z&order_by=updated_at&order_type=asc":        {4, 0},
		"/tickets?updated_since=2026-03-02T09:00:01Z":                                           {0},
		"/tickets?updated_since=2026-01-01T00:00:00Z&filter=spam":                               {1},
		"/tickets?updated_since=2026-01-01T00:00:00Z&filter=deleted":                            {2, 3},
		"/tickets?filter=deleted&page=2":                                                        nil,
		"/tickets?updated_since=2026-01-01T00:00:00Z&order_by=created_at&order_type=asc&page=2": nil,
	} {
		rows, more := freshRows(t, h, target)
		if diff := cmp.Diff(want, freshIDs(rows)); diff != "" || more {
			t.Errorf("%s: more %v, -want +got\n%s", target, more, diff)
		}
	}
}

func TestFreshdeskSingleTickets(t *testing.T) {
	h := generous(setAsideDesk())
	for i, want := range map[int]struct {
		code, messages int
		deleted        any
	}{0: {200, 200, nil}, 1: {200, 200, nil}, 2: {200, 404, true}, 3: {200, 404, true}, 9: {404, 404, nil}} {
		res, v := freshCall(t, h, fmt.Sprintf("/tickets/%d?include=stats,conversations", FirstTicket+i))
		row, _ := v.(object)
		if res.StatusCode != want.code || row["deleted"] != want.deleted {
			t.Errorf("%d: %s, deleted %v", i, res.Status, row["deleted"])
		}
		if res, _ := freshCall(t, h, fmt.Sprintf("/tickets/%d/conversations", FirstTicket+i)); res.StatusCode != want.messages {
			t.Errorf("%d: messages %s", i, res.Status)
		}
	}
}

func TestFreshdeskForgetsWhatWasInTheTrashForThirtyDays(t *testing.T) {
	d := setAsideDesk()
	d.Advance(d.Now().Add(31 * day))
	h := generous(d)
	rows, _ := freshRows(t, h, "/tickets?updated_since=2026-01-01T00:00:00Z&filter=deleted")
	if diff := cmp.Diff([]int64{2}, freshIDs(rows)); diff != "" { // nobody took it out for good
		t.Errorf("-want +got\n%s", diff)
	}
	if res, _ := freshCall(t, h, fmt.Sprintf("/tickets/%d", FirstTicket+3)); res.StatusCode != http.StatusNotFound {
		t.Error(res.Status)
	}
}

func TestFreshdeskListsArePagedByALinkUntilTheLastPageOfAll(t *testing.T) {
	d := New(Options{Start: opens, Seed: 4, Rate: 40, Resolution: time.Second})
	d.Advance(opens.Add(8 * time.Hour))
	h := Freshdesk(d, FreshdeskOptions{Credits: 1 << 20, Lists: 1 << 20, Pages: 3})
	q := url.Values{"updated_since": {"2026-01-01T00:00:00Z"}, "order_by": {"updated_at"}, "order_type": {"asc"}, "per_page": {"7"}}
	seen := map[int64]bool{}
	last := ""
	for page := 1; page <= 3; page++ {
		q.Set("page", fmt.Sprint(page))
		rows, more := freshRows(t, h, "/tickets?"+q.Encode())
		if len(rows) != 7 || !more {
			t.Fatalf("page %d: %d rows, more %v", page, len(rows), more)
		}
		for _, r := range rows {
			if at := r["updated_at"].(string); at < last {
				t.Errorf("page %d: %s after %s", page, at, last)
			} else {
				last = at
			}
			seen[num(r["id"])] = true
		}
	}
	if len(seen) != 21 {
		t.Errorf("%d tickets on 3 pages", len(seen))
	}
	q.Set("page", "4")
	if res, _ := freshCall(t, h, "/tickets?"+q.Encode()); res.StatusCode != http.StatusBadRequest {
		t.Errorf("page 4: %s", res.Status)
	}
}

func TestFreshdeskRefuses(t *testing.T) {
	h := Freshdesk(setAsideDesk(), FreshdeskOptions{NotAdmin: true})
	for target, want := range map[string]int{
		"/tickets?per_page=101":                        400,
		"/tickets?page=0":                              400,
		"/tickets?page=301":                            400,
		"/tickets?include=events":                      400,
		"/tickets?updated_since=today":                 400,
		"/tickets?order_by=id":                         400,
		"/tickets?order_type=up":                       400,
		"/tickets?filter=open":                         400,
		"/tickets/x":                                   404,
		"/search/tickets":                              400,
		"/search/tickets?query=%22status:2%22&page=11": 400,
		"/search/tickets?query=status:2":               400,
		"/ticket_fields":                               403,
		"/surveys":                                     403,
		"/events":                                      404,
	} {
		if res, v := freshCall(t, h, target); res.StatusCode != want {
			t.Errorf("%s: %s, want %d: %v", target, res.Status, want, v)
		}
	}
}

func TestFreshdeskLetsInOnlyItsKey(t *testing.T) {
	h := Freshdesk(setAsideDesk(), FreshdeskOptions{APIKey: "right"})
	for key, want := range map[string]int{"right": 200, "wrong": 401, "": 401} {
		r := httptest.NewRequest(http.MethodGet, freshRoot+"/groups", nil)
		if key != "" {
			r.SetBasicAuth(key, "X")
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("key %q: %d, want %d", key, w.Code, want)
		}
	}
}

func TestFreshdeskCountsCreditsAndListsByTheMinute(t *testing.T) {
	now := opens
	h := Freshdesk(setAsideDesk(), FreshdeskOptions{Credits: 10, Lists: 2, Wall: func() time.Time { return now }})
	var got []string
	ask := func(target string) {
		res, _ := freshCall(t, h, target)
		got = append(got, strings.Join([]string{
			target, res.Status[:3], res.Header.Get("X-RateLimit-Used-CurrentRequest"), res.Header.Get("X-RateLimit-Remaining"),
			res.Header.Get("Retry-After"),
		}, " "))
	}
	ask("/tickets?include=stats")
	ask("/tickets")
	now = now.Add(15 * time.Second)
	ask("/tickets") // the third list of this minute
	ask(fmt.Sprintf("/tickets/%d?include=stats", FirstTicket))
	ask(fmt.Sprintf("/tickets/%d/conversations", FirstTicket))
	ask("/nowhere")
	ask("/groups")
	ask("/groups")
	ask("/groups") // the eleventh credit
	now = now.Add(45 * time.Second)
	ask("/tickets?include=stats,requester,company")
	want := []string{
		"/tickets?include=stats 200 3 7 ",
		"/tickets 200 1 6 ",
		"/tickets 429 1 6 45",
		fmt.Sprintf("/tickets/%d?include=stats 200 2 4 ", FirstTicket),
		fmt.Sprintf("/tickets/%d/conversations 200 1 3 ", FirstTicket),
		"/nowhere 404 1 2 ",
		"/groups 200 1 1 ",
		"/groups 200 1 0 ",
		"/groups 429 1 0 45",
		"/tickets?include=stats,requester,company 200 7 3 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFreshdeskSearches(t *testing.T) {
	h := generous(setAsideDesk())
	for query, want := range map[string][]int64{
		`"status:2"`: {4, 0},
		`"(status:2 OR status:3) AND created_at:<'2026-03-02'"`: {4},
		`"status:2 AND created_at:>'2026-03-03'"`:               {0},
		`"status:4"`:                     nil,
		`"priority:2 AND group_id:null"`: {4, 0},
	} {
		res, v := freshCall(t, h, "/search/tickets?query="+url.QueryEscape(query))
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", query, res.Status)
		}
		o := v.(object)
		var rows []object
		for _, r := range o["results"].([]any) {
			rows = append(rows, r.(object))
		}
		if diff := cmp.Diff(want, freshIDs(rows)); diff != "" || num(o["total"]) != int64(len(want)) {
			t.Errorf("%s: total %v, -want +got\n%s", query, o["total"], diff)
		}
	}
	if _, v := freshCall(t, h, "/search/tickets?query=%22status:2%22"); !slices.Equal(slices.Sorted(maps.Keys(v.(object))), []string{"results", "total"}) {
		t.Errorf("%v", v)
	}
}
