package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// askRT sends a question to the dialect, with a token.
func askRT(t *testing.T, h http.Handler, path string, q url.Values) (int, object) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/REST/2.0"+path+"?"+q.Encode(), nil)
	r.Header.Set("Authorization", "token 1-14-abc")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var o object
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
		t.Fatalf("%s: %v in %.100s", path, err, w.Body)
	}
	return w.Code, o
}

func rtItems(t *testing.T, h http.Handler, path string, q url.Values) []object {
	t.Helper()
	code, o := askRT(t, h, path, q)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %v", path, code, o)
	}
	var rows []object
	for _, r := range o["items"].([]any) {
		rows = append(rows, r.(object))
	}
	return rows
}

// askedRT is a small desk of RT's: an answered question with a rating, one that
// was merged into it, one that was deleted, one that is stalled.
func askedRT() *Desk {
	customer := func(after time.Duration) Line { return Says(after, helpdesk.AuthorCustomer) }
	return New(Options{Start: opens, Resolution: time.Second, Feed: true, Script: []Scripted{
		{Channel: helpdesk.ChannelChat, Lines: []Line{
			customer(0), Does(time.Minute, 0, Happening{What: Assigned, User: Agent(0)}),
			Befalls(time.Minute, Happening{What: Teamed, Team: TeamID(1)}),
			Line{2 * time.Minute, Happening{What: Spoke, Actor: helpdesk.ActorAgent, By: Agent(0), Message: &Message{Author: helpdesk.AuthorAgent, User: Agent(0)}}},
			Replies(3*time.Minute, 0), Does(4*time.Minute, 0, Happening{What: Closed}),
			Line{time.Hour, Happening{What: SurveyScored, Actor: helpdesk.ActorCustomer, Survey: 1, Score: 4}},
			customer(2 * time.Hour), Befalls(2*time.Hour, Happening{What: Reopened}),
		}},
		{Lines: []Line{customer(time.Minute), Does(3*time.Hour, 1, Happening{What: Merged, Into: FirstTicket})}},
		{Lines: []Line{customer(time.Minute), Does(3*time.Hour, 1, Happening{What: Deleted})}},
		{Lines: []Line{customer(time.Minute), Befalls(90*time.Second, Happening{What: Touched}), Does(3*time.Hour, 1, Happening{What: Snoozed, Until: opens.Add(day)})}},
	}})
}

func rtSample(t *testing.T, name string) object {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "requesttracker", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestRequestTrackerAnswersHaveTheKeysOfTheRecordedOnes(t *testing.T) {
	d := askedRT()
	d.Advance(opens.Add(4 * time.Hour))
	h := RequestTracker(d, RequestTrackerOptions{Lag: -1, Members: true})
	fields := "Subject,Status,Queue,Owner,Creator,Requestor,Created,Started,Told,Resolved,LastUpdated,LastUpdatedBy,Due,Starts,SLA,Priority,TimeWorked,TimeEstimated,CustomFields,Type,EffectiveId"
	tests := []struct {
		sample, path, query string
		depth               int
	}{
		{"tickets_search_page1", "/tickets", "query=id+>+0&per_page=1&fields[Queue]=Name&fields[Owner]=Name,RealName&fields=" + fields, 2},
		{"tickets_minimal_no_fields", "/tickets", "query=Status+=+'__Active__'", 2},
		{"tickets_empty", "/tickets", "query=id+=+7", 1},
		{"ticket_1_resolved_csat", "/ticket/82000001", "", 1},
		{"ticket_7_merged_into_6", "/ticket/82000004", "", 1},
		{
			"transactions_by_id_reader", "/transactions",
			"query=ObjectType='RT::Ticket'&fields=Type,Field,OldValue,NewValue,Data,TimeTaken,Created,Creator,ObjectType,ObjectId&fields[Creator]=Name,RealName", 2,
		},
		{"user_customer_as_reader", "/user/520000001", "", 1},
		{"queues_all", "/queues/all", "fields=Name,Lifecycle,SLADisabled,Description", 1},
		{"groups_userdefined", "/groups", `query=[{"field":"Domain","value":"UserDefined"}]&fields=Name,Domain,Description`, 1},
		{"group_privileged_members_admin", "/group/4/members", "groups=0", 1},
		{"queue_customfields", "/customfields", "fields=Name,Type,MaxValues,LookupType", 1},
		{"users", "/users", "fields=Name,RealName,EmailAddress,Disabled&per_page=100", 1},
		{"rt_version", "/rt", "", 0},
	}
	for _, tc := range tests {
		t.Run(tc.sample, func(t *testing.T) {
			q, err := url.ParseQuery(strings.ReplaceAll(tc.query, ">", "%3E"))
			if err != nil {
				t.Fatal(err)
			}
			code, got := askRT(t, h, tc.path, q)
			if code != http.StatusOK {
				t.Fatalf("%d: %v", code, got)
			}
			want := rtSample(t, tc.sample)
			if tc.sample == "ticket_1_resolved_csat" || tc.sample == "ticket_7_merged_into_6" {
				delete(want, "Told") // only where an agent has written
				delete(got, "Told")
			}
			if diff := cmp.Diff(keysOf(want, 0), keysOf(got, 0)); diff != "" {
				t.Errorf("-recorded +simulated\n%s", diff)
			}
			if _, ok := want["items"]; ok {
				a, b := keysOf(want["items"], tc.depth), keysOf(got["items"], tc.depth)
				if diff := cmp.Diff(a, b); diff != "" {
					t.Errorf("items: -recorded +simulated\n%s", diff)
				}
			}
		})
	}
}

// feedOf reads a ticket's transactions as "type field old>new by".
func feedOf(t *testing.T, h http.Handler, id int64) []string {
	t.Helper()
	q := url.Values{
		"query": {fmt.Sprintf("ObjectId = %d", id)}, "orderby": {"id"}, "per_page": {"100"},
		"fields": {"Type,Field,OldValue,NewValue,Creator"}, "fields[Creator]": {"Name"},
	}
	var out []string
	for _, x := range rtItems(t, h, "/transactions", q) {
		line := strings.TrimSpace(fmt.Sprint(x["Type"], " ", x["Field"]))
		if x["OldValue"] != "" || x["NewValue"] != "" {
			line += fmt.Sprint(" ", x["OldValue"], ">", x["NewValue"])
		}
		out = append(out, fmt.Sprint(line, " by ", x["Creator"].(object)["Name"]))
	}
	return out
}

func TestEverythingThatHappensIsATransaction(t *testing.T) {
	d := askedRT()
	d.Advance(opens.Add(4 * time.Hour))
	h := RequestTracker(d, RequestTrackerOptions{Lag: -1})
	want := map[int64][]string{
		FirstTicket: {
			"Create by scripted@customers.invalid",
			"Set Owner 6>519000003 by ada.lindqvist", "SetWatcher Owner 6>519000003 by ada.lindqvist",
			"Set Queue 1>4 by RT_System",
			"Comment by ada.lindqvist",
			"Correspond by ada.lindqvist", "Status Status new>open by RT_System",
			"Status Status open>resolved by ada.lindqvist",
			"CustomField 3 >4 by scripted@customers.invalid",
			"Correspond by scripted@customers.invalid", "Status Status resolved>open by RT_System",
			"AddLink MergedInto >fsck.com-rt://desk.example/ticket/82000001 by ben.okafor",
		},
		FirstTicket + 1: {"Create by scripted@customers.invalid", "AddLink MergedInto >fsck.com-rt://desk.example/ticket/82000001 by ben.okafor"},
		FirstTicket + 2: {"Create by scripted@customers.invalid", "Status Status new>deleted by ben.okafor"},
		FirstTicket + 3: {
			"Create by scripted@customers.invalid", "Set Due 1970-01-01 00:00:00>2026-03-02 08:01:30 by RT_System",
			"Status Status new>stalled by ben.okafor",
		},
	}
	for id, lines := range want {
		if diff := cmp.Diff(lines, feedOf(t, h, id)); diff != "" {
			t.Errorf("ticket %d: -want +got\n%s", id, diff)
		}
	}
}

func TestDeletedAndMergedTicketsAreInNoSearchAndAnswerAlone(t *testing.T) {
	d := askedRT()
	d.Advance(opens.Add(4 * time.Hour))
	h := RequestTracker(d, RequestTrackerOptions{Lag: -1})
	var ids []string
	for _, x := range rtItems(t, h, "/tickets", url.Values{"query": {"Status='deleted' OR id > 0"}, "orderby": {"id"}, "order": {"DESC"}}) {
		ids = append(ids, x["id"].(string))
	}
	if diff := cmp.Diff([]string{"82000004", "82000001"}, ids); diff != "" {
		t.Errorf("search: -want +got\n%s", diff)
	}
	if _, merged := askRT(t, h, "/ticket/82000002", nil); num(merged["id"]) != FirstTicket {
		t.Errorf("the merged ticket answers with %v", merged["id"])
	}
	if _, deleted := askRT(t, h, "/ticket/82000003", nil); deleted["Status"] != "deleted" || deleted["Resolved"] != "1970-01-01T00:00:00Z" {
		t.Errorf("the deleted ticket: %v", deleted)
	}
	if code, o := askRT(t, h, "/ticket/82000009", nil); code != http.StatusNotFound || o["message"] != "Not Found" {
		t.Errorf("no ticket: %d %v", code, o)
	}
}

func TestHiddenRowsShortenPagesAndNoTotalTells(t *testing.T) {
	d := askedRT()
	d.Advance(opens.Add(4 * time.Hour))
	h := RequestTracker(d, RequestTrackerOptions{Lag: -1, HideComments: true})
	q := url.Values{"query": {"ObjectId = 82000001"}, "orderby": {"id"}, "per_page": {"5"}}
	_, o := askRT(t, h, "/transactions", q)
	if len(o["items"].([]any)) != 4 || o["total"] != nil || o["pages"] != nil || o["next_page"] != nil {
		t.Errorf("a page of five with a comment: %v", o)
	}
	q.Set("page", "2")
	if rows := rtItems(t, h, "/transactions", q); len(rows) != 5 {
		t.Errorf("%d rows on the second page", len(rows))
	}
}

func TestTransactionsShowUpWithinASecondAndNotInOrder(t *testing.T) {
	d := New(Options{Seed: 3, Start: opens, Rate: 60, Resolution: time.Second, Feed: true})
	d.Advance(opens.Add(8 * time.Hour))
	h := RequestTracker(d, RequestTrackerOptions{})
	q := url.Values{"query": {"id > 0"}, "orderby": {"id"}, "order": {"DESC"}, "per_page": {"100"}}
	d.Advance(d.Now().Add(time.Second))
	settled := rtItems(t, h, "/transactions", q)
	var last int64
	for _, x := range slices.Backward(settled) {
		id, _ := strconv.ParseInt(x["id"].(string), 10, 64)
		if id <= last {
			t.Fatalf("number %d after %d", id, last)
		}
		last = id
	}
}

func TestRequestTrackerLetsInTokensOnly(t *testing.T) {
	h := RequestTracker(askedRT(), RequestTrackerOptions{Token: "1-14-abc"})
	for header, want := range map[string]int{
		"": 401, "token 1-14-abc": 200, "token other": 401, "Bearer 1-14-abc": 401, "token ": 401,
	} {
		r := httptest.NewRequest(http.MethodGet, "/REST/2.0/rt", nil)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, not %d", header, w.Code, want)
		}
	}
}

func TestTheQueryLanguageOfRequestTracker(t *testing.T) {
	row := map[string]string{"type": "Set", "field": "Owner", "name": "it's"}
	get := func(f string) (int64, string, bool) {
		if f == "id" {
			return 90, "", true
		}
		v, ok := row[f]
		return 0, v, ok
	}
	known := func(f string) bool { _, _, ok := get(f); return ok }
	for query, want := range map[string]bool{
		"id = 90":                true,
		"id > 9":                 true, // as numbers
		"id >= 90 AND id < 91":   true,
		"id <= 89 or Type='set'": true,
		"Type='Create'":          false,
		"Type != 'Create'":       true,
		`Name = 'it\'s'`:         true,
		"(Type='Set' AND Field='Queue') OR id != 90":                    false,
		"Type='Set' AND (Field='Owner' OR Field='Queue') AND id = 90":   true,
		"Type='Create' AND Field='Owner' OR Type='Set' AND id = 90":     true,
		"(Type='Create' OR (Type='Set' AND (Field='Owner' OR id = 1)))": true,
		"(id = 4 OR id = 90) AND Type = 'Set'":                          true,
		"(id = 4 OR id = 9)":                                            false,
	} {
		test, err := parseRTSQL(query, known)
		if err != nil {
			t.Errorf("%s: %v", query, err)
		} else if got := test.match(get) && test.from <= 90 && test.to >= 90; got != want {
			t.Errorf("%s is %v", query, got)
		}
	}
	for _, query := range []string{"", "id", "id >", "id IN (1)", "Bogus = 1", "(id = 1", "id = 1)", "id = 'x", "id = 1 AND", "id ~ 1"} {
		if _, err := parseRTSQL(query, known); err == nil {
			t.Errorf("%q is taken", query)
		}
	}
}
