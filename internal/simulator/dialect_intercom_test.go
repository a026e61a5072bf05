package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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

// askIntercom sends a request to the dialect; headers are name and value in turn.
func askIntercom(t *testing.T, h http.Handler, method, target, body string, headers ...string) (*http.Response, object) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Intercom-Version", "2.14")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var o object
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
		t.Fatalf("%s %s: %v in %.100s", method, target, err, w.Body)
	}
	return w.Result(), o
}

func good(t *testing.T, h http.Handler, method, target, body string, headers ...string) object {
	t.Helper()
	res, o := askIntercom(t, h, method, target, body, headers...)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %v", method, target, res.Status, o)
	}
	return o
}

func intercomSample(t *testing.T, name string) object {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "intercom", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// promptIntercom hides nothing and is never too busy.
func promptIntercom(d *Desk) http.Handler {
	return Intercom(d, IntercomOptions{Lag: -1, StatisticsLag: -1, Limit: 1 << 20, Window: time.Second})
}

func askedIntercom(script ...Scripted) *Desk {
	d := New(Options{Start: opens, Resolution: time.Second, Feed: true, Script: script})
	d.Advance(opens.Add(6 * time.Hour))
	return d
}

// updated asks for a window of the search, in an order.
func updated(after, before int64, per int, cursor, order string) string {
	next := "null"
	if cursor != "" {
		next = strconv.Quote(cursor)
	}
	return fmt.Sprintf(`{"query":{"operator":"AND","value":[{"field":"updated_at","operator":">","value":%d},
		{"field":"updated_at","operator":"<","value":%d}]},"pagination":{"per_page":%d,"starting_after":%s},
		"sort":{"field":"updated_at","order":"%s"}}`, after, before, per, next, order)
}

func TestIntercomAnswersHaveTheKeysOfTheRecordedOnes(t *testing.T) {
	d := askedIntercom(scripted()...)
	d.Continue(FirstTicket+1, Befalls(time.Second, Happening{What: Deleted}))
	h := promptIntercom(d)
	first := func(o object, list string) any { return o[list].([]any)[0] }
	search := good(t, h, "POST", "/conversations/search", updated(0, opens.Add(day).Unix(), 150, "", "ascending"))
	recorded := intercomSample(t, "live_conversations_search_2.11")
	one := good(t, h, "GET", fmt.Sprintf("/conversations/%d", FirstTicket), "")
	single := intercomSample(t, "live_conversation_closed_twice_reopened_2.11")
	parts := func(o object) any { return first(o["conversation_parts"].(object), "conversation_parts") }
	d.Advance(opens.Add(7 * time.Hour))
	deleted := good(t, h, "GET", "/conversations/deleted", "", "Intercom-Version", "2.16")
	admins := good(t, h, "GET", "/admins", "")
	for _, c := range []struct {
		name      string
		got, want any
		depth     int
	}{
		{"a page of the search", search, recorded, 0},
		{"its pages", search["pages"], recorded["pages"], 0},
		{"its rows", first(search, "conversations"), first(recorded, "conversations"), 0},
		{"the source of a row", first(search, "conversations").(object)["source"], first(recorded, "conversations").(object)["source"], 1},
		{"the statistics of a row", first(search, "conversations").(object)["statistics"], first(recorded, "conversations").(object)["statistics"], 0},
		{"a conversation alone", one, single, 0},
		{"a part", parts(one), parts(single), 0},
		{"the list of admins", admins, intercomSample(t, "live_admins_2.11"), 1},
		{"the list of deleted ones", deleted, intercomSample(t, "conversations_deleted_2.16"), 1},
		{"a team", good(t, h, "GET", fmt.Sprintf("/teams/%d", TeamID(0)), ""), intercomSample(t, "team_2.16"), 1},
		{
			"office hours", good(t, h, "GET", "/office_hours_schedules", "", "Intercom-Version", "2.16"),
			intercomSample(t, "office_hours_2.16"), 1,
		},
		{"who the token is", good(t, h, "GET", "/me", ""), intercomSample(t, "me_2.14"), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(keysOf(c.want, c.depth), keysOf(c.got, c.depth)); diff != "" {
				t.Errorf("(-recorded +simulated):\n%s", diff)
			}
		})
	}
}

// partLines are the parts of a conversation in short.
func partLines(o object) []string {
	var out []string
	for _, x := range o["conversation_parts"].(object)["conversation_parts"].([]any) {
		p := x.(object)
		line := fmt.Sprintf("%d %s by %s", num(p["created_at"])-opens.Unix(), p["part_type"], p["author"].(object)["type"])
		if p["body"] != nil {
			line += " with text"
		}
		if to, ok := p["assigned_to"].(object); ok {
			line += fmt.Sprint(" to ", to["type"])
		}
		out = append(out, line)
	}
	return out
}

func TestIntercomTellsAConversationInParts(t *testing.T) {
	together := func(l Line) Line { l.Cause = 9001; return l }
	h := promptIntercom(askedIntercom(
		Scripted{Lines: []Line{
			Says(0, helpdesk.AuthorCustomer),
			Befalls(time.Second, Happening{What: Teamed, Team: TeamID(0)}),
			Does(time.Minute, 0, Happening{What: Assigned, User: Agent(0)}),
			Replies(2*time.Minute, 0),
			together(Replies(3*time.Minute, 0)),
			together(Does(3*time.Minute, 0, Happening{What: Closed})),
			Does(5*time.Minute, 0, Happening{What: Reopened}),
			Does(6*time.Minute, 0, Happening{What: Snoozed, Until: opens.Add(10 * time.Minute)}),
			Befalls(10*time.Minute, Happening{What: Woken}),
			Does(11*time.Minute, 0, Happening{What: Unassigned}),
		}},
		Scripted{Lines: []Line{
			Says(0, helpdesk.AuthorCustomer),
			Does(20*time.Minute, 0, Happening{What: Merged, Into: FirstTicket}),
		}},
	))
	primary := good(t, h, "GET", fmt.Sprintf("/conversations/%d", FirstTicket), "")
	want := []string{
		"1 assignment by bot to team", "60 assignment by admin to admin", "120 comment by admin with text", "180 close by admin with text",
		"300 open by admin", "360 snoozed by admin", "600 timer_unsnooze by bot", "660 assignment by admin to nobody_admin",
		"1200 merged_primary_conversation by admin",
	}
	if diff := cmp.Diff(want, partLines(primary)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	secondary := good(t, h, "GET", fmt.Sprintf("/conversations/%d", FirstTicket+1), "")
	if diff := cmp.Diff([]string{"1200 merged_secondary_conversation by admin"}, partLines(secondary)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if secondary["state"] != "closed" || primary["state"] != "open" || num(primary["updated_at"]) != opens.Unix()+1200 {
		t.Errorf("secondary %v, primary %v updated at %v", secondary["state"], primary["state"], primary["updated_at"])
	}
}

func TestIntercomStatisticsLagAndAPartCountHasTheSourceInIt(t *testing.T) {
	d := askedIntercom(Scripted{Lines: []Line{
		Says(0, helpdesk.AuthorCustomer), Replies(time.Minute, 0), Does(6*time.Hour, 0, Happening{What: Closed}),
	}})
	h := Intercom(d, IntercomOptions{})
	told := func() []any {
		o := good(t, h, "GET", fmt.Sprintf("/conversations/%d", FirstTicket), "")
		s := o["statistics"].(object)
		return []any{o["state"], s["last_close_at"], num(s["count_conversation_parts"]), num(s["time_to_admin_reply"])}
	}
	if diff := cmp.Diff([]any{"closed", nil, int64(2), int64(60)}, told()); diff != "" {
		t.Errorf("at once (-want +got):\n%s", diff)
	}
	d.Advance(opens.Add(6*time.Hour + 3*time.Second))
	if diff := cmp.Diff([]any{"closed", float64(opens.Add(6 * time.Hour).Unix()), int64(3), int64(60)}, told()); diff != "" {
		t.Errorf("later (-want +got):\n%s", diff)
	}
}

func TestIntercomLosesTheSourceOfSomeConversations(t *testing.T) {
	script := make([]Scripted, 26)
	for i := range script {
		script[i] = Scripted{Lines: []Line{Says(0, helpdesk.AuthorCustomer)}}
	}
	h := promptIntercom(askedIntercom(script...))
	lost := 0
	o := good(t, h, "POST", "/conversations/search", updated(0, opens.Add(day).Unix(), 150, "", "ascending"))
	for _, x := range o["conversations"].([]any) {
		row := x.(object)
		if row["source"] == nil {
			lost++
		}
		if num(row["first_contact_reply"].(object)["created_at"]) != opens.Unix() {
			t.Errorf("%v: the first message is not told", row["id"])
		}
	}
	if lost != 2 {
		t.Errorf("%d of 26 are without a source", lost)
	}
}

// found walks a search to its end.
func found(t *testing.T, h http.Handler, after, before int64, per int) (ids []string) {
	t.Helper()
	cursor := ""
	for {
		o := good(t, h, "POST", "/conversations/search", updated(after, before, per, cursor, "ascending"))
		for _, x := range o["conversations"].([]any) {
			ids = append(ids, x.(object)["id"].(string))
		}
		next, ok := o["pages"].(object)["next"].(object)
		if !ok {
			return ids
		}
		cursor = next["starting_after"].(string)
	}
}

func TestIntercomSearchesAreWalkedWholeAndOnce(t *testing.T) {
	d := New(Options{Seed: 5, Start: opens, Rate: 15, Resolution: time.Second, Feed: true})
	d.Advance(opens.Add(3 * day))
	h := promptIntercom(d)
	all := found(t, h, 0, opens.Add(4*day).Unix(), 150)
	if len(all) < 200 {
		t.Fatalf("only %d conversations", len(all))
	}
	for _, per := range []int{7, 20} {
		if diff := cmp.Diff(all, found(t, h, 0, opens.Add(4*day).Unix(), per)); diff != "" {
			t.Errorf("in pages of %d (-want +got):\n%s", per, diff)
		}
	}
	middle := opens.Add(36 * time.Hour).Unix()
	halves := append(found(t, h, 0, middle, 150), found(t, h, middle-1, opens.Add(4*day).Unix(), 150)...)
	if diff := cmp.Diff(all, halves); diff != "" {
		t.Errorf("in two windows (-want +got):\n%s", diff)
	}
	if slices.Contains(all, "") {
		t.Error("a row without an id")
	}
}

func TestIntercomSearchKnowsOfAChangeALittleLater(t *testing.T) {
	d := askedIntercom(Scripted{Lines: []Line{Says(6*time.Hour, helpdesk.AuthorCustomer)}})
	h := Intercom(d, IntercomOptions{})
	until := opens.Add(day).Unix()
	good(t, h, "GET", fmt.Sprintf("/conversations/%d", FirstTicket), "")
	if ids := found(t, h, 0, until, 150); len(ids) != 0 {
		t.Errorf("at once: %v", ids)
	}
	d.Advance(opens.Add(6*time.Hour + 2*time.Second))
	if ids := found(t, h, 0, until, 150); len(ids) != 1 {
		t.Errorf("two seconds later: %v", ids)
	}
}

func TestIntercomOfVersion216HasOtherWords(t *testing.T) {
	h := promptIntercom(askedIntercom(Scripted{Lines: []Line{Says(0, helpdesk.AuthorCustomer)}}))
	path := fmt.Sprintf("/conversations/%d", FirstTicket)
	words := func(version string) []any {
		o := good(t, h, "GET", path, "", "Intercom-Version", version)
		return []any{o["admin_assignee_id"], o["priority"], o["channel"] != nil}
	}
	if diff := cmp.Diff([]any{nil, "not_priority", false}, words("2.14")); diff != "" {
		t.Errorf("2.14 (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{float64(0), "none", true}, words("2.16")); diff != "" {
		t.Errorf("2.16 (-want +got):\n%s", diff)
	}
}

func TestIntercomRefuses(t *testing.T) {
	d := askedIntercom(scripted()...)
	d.Continue(FirstTicket, Befalls(time.Second, Happening{What: Deleted}))
	d.Advance(opens.Add(7 * time.Hour))
	h := Intercom(d, IntercomOptions{Token: "token", Limit: 1 << 20, Window: time.Second})
	one := fmt.Sprintf("/conversations/%d", FirstTicket)
	for _, c := range []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		code                       string
	}{
		{"another token", "GET", "/me", "", []string{"Authorization", "Bearer other"}, 401, "unauthorized"},
		{"a version that is none", "GET", "/me", "", []string{"Intercom-Version", "1971"}, 400, "intercom_version_invalid"},
		{"a conversation that was deleted", "GET", one, "", nil, 404, "not_found"},
		{"the list of deleted ones in an old version", "GET", "/conversations/deleted", "", nil, 404, "not_found"},
		{"too large a page", "POST", "/conversations/search", updated(0, 1, 151, "", "ascending"), nil, 400, "parameter_invalid"},
		{"a cursor that is none", "POST", "/conversations/search", updated(0, 1, 150, "x", "ascending"), nil, 400, "parameter_invalid"},
		{"a field that is not searched", "POST", "/conversations/search", `{"query":{"field":"title","operator":"=","value":"x"}}`, nil, 400, "parameter_invalid"},
		{"three levels of groups", "POST", "/conversations/search", `{"query":{"operator":"AND","value":[{"operator":"OR","value":[
			{"operator":"AND","value":[{"field":"state","operator":"=","value":"open"}]}]}]}}`, nil, 400, "parameter_invalid"},
		{"an empty cursor of the list", "GET", "/conversations?starting_after=", "", nil, 500, "server_error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, o := askIntercom(t, h, c.method, c.target, c.body, c.headers...)
			if code := o["errors"].([]any)[0].(object)["code"]; res.StatusCode != c.status || code != c.code || o["type"] != "error.list" {
				t.Errorf("%d %v", res.StatusCode, o)
			}
		})
	}
}

func TestIntercomCountsCallsInSlices(t *testing.T) {
	wall := opens
	h := Intercom(askedIntercom(), IntercomOptions{Limit: 2, Window: 10 * time.Second, Wall: func() time.Time { return wall }})
	var got []string
	for range 3 {
		res, _ := askIntercom(t, h, "GET", "/me", "")
		got = append(got, fmt.Sprintf("%d %s/%s", res.StatusCode, res.Header.Get("X-RateLimit-Remaining"), res.Header.Get("X-RateLimit-Limit")))
	}
	wall = wall.Add(10 * time.Second)
	res, _ := askIntercom(t, h, "GET", "/me", "")
	got = append(got, strconv.Itoa(res.StatusCode))
	if diff := cmp.Diff([]string{"200 1/2", "200 0/2", "429 0/2", "200"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
