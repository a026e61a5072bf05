package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// askZD sends a request, as a program with an OAuth token does.
func askZD(t *testing.T, h http.Handler, target string) (*http.Response, object) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, zdRoot+target, http.NoBody)
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var o object
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
		t.Fatalf("%s: %v in %.100s", target, err, w.Body)
	}
	return w.Result(), o
}

func getZD(t *testing.T, h http.Handler, target string) object {
	t.Helper()
	res, o := askZD(t, h, target)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s: %v", target, res.Status, o)
	}
	return o
}

func zdRows(o object, key string) []object {
	rows := []object{}
	for _, r := range o[key].([]any) {
		rows = append(rows, r.(object))
	}
	return rows
}

// askedZD is a small desk of Zendesk's: an answered question with a rating, one
// that was merged into it, one that was deleted, one that is on hold.
func askedZD(after time.Duration) *Desk {
	customer := func(after time.Duration) Line { return Says(after, helpdesk.AuthorCustomer) }
	both := int64(77)
	reply, solve := Replies(3*time.Minute, 0), Does(3*time.Minute, 0, Happening{What: Closed})
	reply.Cause, solve.Cause = both, both
	d := New(Options{Start: opens, Resolution: time.Second, Feed: true, Script: []Scripted{
		{Channel: helpdesk.ChannelChat, Lines: []Line{
			customer(0), Befalls(0, Happening{What: Teamed, Team: TeamID(1)}),
			Does(time.Minute, 0, Happening{What: Assigned, User: Agent(0)}), reply, solve,
			Befalls(time.Hour, Happening{What: SurveySent, Survey: 1}),
			{2 * time.Hour, Happening{What: SurveyScored, Actor: helpdesk.ActorCustomer, Survey: 1, Score: 4}},
		}},
		{Lines: []Line{customer(time.Minute), Does(3*time.Hour, 1, Happening{What: Merged, Into: FirstTicket})}},
		{Lines: []Line{customer(time.Minute), Does(3*time.Hour, 1, Happening{What: Deleted})}},
		{Lines: []Line{customer(time.Minute), Does(3*time.Hour, 1, Happening{What: Snoozed, Until: opens.Add(day)})}},
	}})
	d.Advance(opens.Add(after))
	return d
}

// freeZD is a dialect whose limits are never reached.
func freeZD(d *Desk) http.Handler {
	return Zendesk(d, ZendeskOptions{Limit: 1 << 20, ExportLimit: 1 << 20})
}

func zdSample(t *testing.T, name string) any {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "zendesk", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestZendeskAnswersHaveTheKeysOfTheRecordedOnes(t *testing.T) {
	h := freeZD(askedZD(4 * time.Hour))
	start := "start_time=" + strconv.FormatInt(opens.Add(-time.Hour).Unix(), 10)
	first := func(v any, key string) any { return v.(object)[key].([]any)[0] }
	log := getZD(t, h, "/incremental/ticket_events.json?include=comment_events&"+start)
	ticket := fmt.Sprintf("/tickets/%d", FirstTicket)
	audits := getZD(t, h, ticket+"/audits")
	tests := []struct {
		name           string
		recorded, told any
		// The samples keep some keys only where they have a value.
		but []string
	}{
		{"a page of the export of tickets", zdSample(t, "incremental_tickets_cursor_last_page"), getZD(t, h, "/incremental/tickets/cursor?"+start), nil},
		{"the empty page at its end", zdSample(t, "incremental_users_cursor_empty_after_end"), getZD(t, h, "/incremental/tickets/cursor?start_time="+
			strconv.FormatInt(opens.Add(3*time.Hour+time.Minute).Unix(), 10)), []string{"users", "tickets"}},
		{"an exported ticket", first(zdSample(t, "incremental_tickets_timebased_2026"), "tickets"), first(getZD(t, h, "/incremental/tickets/cursor?"+start), "tickets"), nil},
		{"a page of the list of tickets", zdSample(t, "tickets_list_cursor_pagination"), getZD(t, h, "/tickets.json"), nil},
		{"an entry of the log", zdSample(t, "ticket_event_object"), first(log, "ticket_events"), []string{"created_at", "event_type", "system"}},
		{"a comment in the log", zdSample(t, "ticket_comment_child_event_record"), zdComment(log), nil},
		{"a comment of a ticket", first(zdSample(t, "ticket_comments_private_then_public"), "comments"), first(getZD(t, h, ticket+"/comments"), "comments"), nil},
		{"a page of audits", zdSample(t, "ticket_audits_page"), audits, nil},
		{"an audit", first(zdSample(t, "ticket_audits_page"), "audits"), first(audits, "audits"), nil},
		{"a rating", zdSample(t, "satisfaction_rating_offered_record"), first(getZD(t, h, "/satisfaction_ratings"), "satisfaction_ratings"), []string{"reason_code"}},
		{"a group", zdSample(t, "group_and_membership_records").(object)["group"], first(getZD(t, h, "/groups"), "groups"), nil},
		{"a schedule", zdSample(t, "schedule_record"), first(getZD(t, h, "/business_hours/schedules"), "schedules"), nil},
		{"an agent's availability", zdSample(t, "agent_availability_attributes_doc"),
			first(getZD(t, h, "/agent_availabilities"), "data").(object)["attributes"], nil},
		{"on a channel", zdSample(t, "agent_availability_channel_attributes_doc"),
			first(getZD(t, h, "/agent_availabilities?include=channels"), "included").(object)["attributes"], nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			keys := func(v any) []string {
				return slices.DeleteFunc(slices.Sorted(maps.Keys(v.(object))), func(k string) bool { return slices.Contains(tc.but, k) })
			}
			if diff := cmp.Diff(keys(tc.recorded), keys(tc.told)); diff != "" {
				t.Errorf("-recorded +simulated\n%s", diff)
			}
		})
	}
}

// zdComment is the first comment of a page of the log.
func zdComment(log object) any {
	for _, e := range zdRows(log, "ticket_events") {
		for _, c := range zdRows(e, "child_events") {
			if c["event_type"] == "Comment" {
				return c
			}
		}
	}
	return object{}
}

// zdLog are the entries of the log for a ticket, in short: who did it, and what.
func zdLog(t *testing.T, h http.Handler, id int64) []string {
	t.Helper()
	var out []string
	for _, e := range zdRows(getZD(t, h, "/incremental/ticket_events?include=comment_events&start_time="+strconv.FormatInt(opens.Unix(), 10)), "ticket_events") {
		if num(e["ticket_id"]) != id {
			continue
		}
		line := fmt.Sprintf("%s %d:", time.Unix(num(e["timestamp"]), 0).UTC().Format("15:04:05"), num(e["updater_id"]))
		for _, c := range zdRows(e, "child_events") {
			switch {
			case c["event_type"] == "Comment":
				line += fmt.Sprintf(" says(%d)", num(c["author_id"]))
			case c["event_type"] == "Create" && c["status"] == nil:
			default:
				for _, f := range []string{"status", "assignee_id", "group_id", "tags", "satisfaction_score"} {
					if v, ok := c[f]; ok {
						if n, isNumber := v.(float64); isNumber {
							v = int64(n)
						}
						line += fmt.Sprintf(" %s=%v", f, v)
					}
				}
			}
		}
		out = append(out, line)
	}
	return out
}

func TestWhatOneDoesAtOnceIsOneUpdateOfZendesk(t *testing.T) {
	h := freeZD(askedZD(4 * time.Hour))
	c, a, b := int64(firstCustomer), Agent(0), Agent(1)
	for i, want := range [][]string{
		{
			fmt.Sprintf("08:00:00 %d: status=new says(%d)", c, c),
			fmt.Sprintf("08:00:00 -1: group_id=%d", TeamID(1)),
			fmt.Sprintf("08:01:00 %d: assignee_id=%d status=open", a, a),
			fmt.Sprintf("08:03:00 %d: says(%d) status=solved", a, a),
			"09:00:00 -1: satisfaction_score=offered",
			fmt.Sprintf("10:00:00 %d: satisfaction_score=good", c),
		},
		{fmt.Sprintf("08:01:00 %d: status=new says(%d)", c+1, c+1), fmt.Sprintf("11:00:00 %d: status=closed tags=[closed_by_merge]", b)},
		{fmt.Sprintf("08:01:00 %d: status=new says(%d)", c+2, c+2), fmt.Sprintf("11:00:00 %d: status=deleted", b)},
		{fmt.Sprintf("08:01:00 %d: status=new says(%d)", c+3, c+3), fmt.Sprintf("11:00:00 %d: status=hold", b)},
	} {
		if diff := cmp.Diff(want, zdLog(t, h, FirstTicket+int64(i))); diff != "" {
			t.Errorf("ticket %d: -want +got\n%s", i, diff)
		}
	}
}

func TestZendeskExportsHideTheLastMinute(t *testing.T) {
	d := askedZD(3*time.Minute + 59*time.Second)
	h := freeZD(d)
	start := "start_time=" + strconv.FormatInt(opens.Unix(), 10)
	ids := func() (out []int64) {
		for _, r := range zdRows(getZD(t, h, "/incremental/tickets/cursor?"+start), "tickets") {
			out = append(out, num(r["id"])-FirstTicket)
		}
		return out
	}
	// The first was solved 59 seconds ago: it is not shown at all.
	if diff := cmp.Diff([]int64{1, 2, 3}, ids()); diff != "" {
		t.Errorf("tickets: -want +got\n%s", diff)
	}
	if got := len(zdLog(t, h, FirstTicket)); got != 3 {
		t.Errorf("%d updates", got)
	}
	if got := len(zdRows(getZD(t, h, fmt.Sprintf("/tickets/%d/audits", FirstTicket)), "audits")); got != 4 {
		t.Errorf("%d audits of the ticket: they hide nothing", got)
	}
	d.Advance(opens.Add(4 * time.Minute))
	if diff := cmp.Diff([]int64{1, 2, 3, 0}, ids()); diff != "" {
		t.Errorf("a second later: -want +got\n%s", diff)
	}
	res, _ := askZD(t, h, "/incremental/tickets/cursor?start_time="+strconv.FormatInt(opens.Add(3*time.Minute+time.Second).Unix(), 10))
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a start within the last minute: %s", res.Status)
	}
}

func TestZendeskTicketsAreExportedWholeAndOnce(t *testing.T) {
	d := New(Options{Seed: 4, Start: opens, Rate: 20, Resolution: time.Second, Feed: true})
	d.Advance(opens.Add(day))
	h := freeZD(d)
	seen := map[int64]int{}
	target := "/incremental/tickets/cursor?per_page=7&start_time=" + strconv.FormatInt(opens.Unix(), 10)
	for {
		o := getZD(t, h, target)
		for _, r := range zdRows(o, "tickets") {
			seen[num(r["id"])]++
		}
		if o["end_of_stream"] == true {
			break
		}
		target = "/incremental/tickets/cursor?per_page=7&cursor=" + o["after_cursor"].(string)
	}
	d.Read(func(b *Books) {
		for _, k := range b.Tickets {
			settled := k.Log[len(k.Log)-1].At.Before(b.Now.Add(-time.Minute))
			if n := seen[k.ID]; n > 1 || n == 0 && settled {
				t.Errorf("ticket %d: %d times", k.ID, n)
			}
		}
	})
}

func TestThePageOfTheLogOverlapsWithTheNext(t *testing.T) {
	script := []Scripted{}
	for i := range 6 { // two in each of three seconds
		script = append(script, Scripted{Lines: []Line{Says(time.Duration(i/2)*time.Second, helpdesk.AuthorCustomer)}})
	}
	d := New(Options{Start: opens, Resolution: time.Second, Feed: true, Script: script})
	d.Advance(opens.Add(time.Hour))
	h := freeZD(d)
	var got [][]int64
	for start, more := opens.Unix(), true; more; {
		o := getZD(t, h, "/incremental/ticket_events?per_page=3&start_time="+strconv.FormatInt(start, 10))
		var page []int64
		for _, e := range zdRows(o, "ticket_events") {
			page = append(page, num(e["ticket_id"])-FirstTicket)
		}
		got, start, more = append(got, page), num(o["end_time"]), o["end_of_stream"] == false
	}
	if diff := cmp.Diff([][]int64{{0, 1, 2, 3}, {2, 3, 4, 5}}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestZendeskShowsDeletedTicketsInExportsOnly(t *testing.T) {
	h := freeZD(askedZD(4 * time.Hour))
	var got []string
	for _, r := range zdRows(getZD(t, h, "/incremental/tickets/cursor?start_time="+strconv.FormatInt(opens.Unix(), 10)), "tickets") {
		got = append(got, fmt.Sprint(num(r["id"])-FirstTicket, " ", r["status"], " ", r["tags"]))
	}
	if diff := cmp.Diff([]string{"0 solved []", "1 closed [closed_by_merge]", "2 deleted []", "3 hold []"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusNotFound, http.StatusOK, http.StatusNotFound} {
		for _, path := range []string{"", "/audits", "/comments"} {
			if res, _ := askZD(t, h, fmt.Sprintf("/tickets/%d%s", FirstTicket+i, path)); res.StatusCode != want {
				t.Errorf("ticket %d%s: %s", i, path, res.Status)
			}
		}
	}
	if n := len(zdRows(getZD(t, h, "/tickets"), "tickets")); n != 3 {
		t.Errorf("%d tickets are listed", n)
	}
}

func TestZendeskLimitsExportsApart(t *testing.T) {
	now := time.Unix(0, 0)
	h := Zendesk(askedZD(time.Hour), ZendeskOptions{Wall: func() time.Time { return now }})
	export := func() *http.Response {
		res, _ := askZD(t, h, "/incremental/ticket_events?start_time="+strconv.FormatInt(opens.Unix(), 10))
		return res
	}
	for i := range 10 {
		res := export()
		want := fmt.Sprintf("total=10; remaining=%d; resets=60", 9-i)
		if got := res.Header.Get("zendesk-ratelimit-incremental-exports"); res.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s %q, want %q", res.Status, got, want)
		}
	}
	now = now.Add(20 * time.Second)
	if res := export(); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "40" {
		t.Errorf("%s, Retry-After %q", res.Status, res.Header.Get("Retry-After"))
	}
	res, _ := askZD(t, h, "/groups")
	if res.StatusCode != http.StatusOK || res.Header.Get("ratelimit-remaining") != "388" || res.Header.Get("ratelimit-reset") != "40" {
		t.Errorf("%s: %v", res.Status, res.Header)
	}
	now = now.Add(40 * time.Second)
	if res := export(); res.StatusCode != http.StatusOK {
		t.Errorf("a minute after the first: %s", res.Status)
	}
}

func TestZendeskLetsInTokensOnly(t *testing.T) {
	h := Zendesk(askedZD(0), ZendeskOptions{Token: "right"})
	for name, tc := range map[string]struct {
		login func(*http.Request)
		want  int
	}{
		"nobody":                     {func(*http.Request) {}, http.StatusUnauthorized},
		"another token":              {func(r *http.Request) { r.Header.Set("Authorization", "Bearer wrong") }, http.StatusUnauthorized},
		"an OAuth token":             {func(r *http.Request) { r.Header.Set("Authorization", "Bearer right") }, http.StatusOK},
		"an API token":               {func(r *http.Request) { r.SetBasicAuth("bot@desk.example/token", "right") }, http.StatusOK},
		"an address with a password": {func(r *http.Request) { r.SetBasicAuth("bot@desk.example", "right") }, http.StatusUnauthorized},
	} {
		r := httptest.NewRequest(http.MethodGet, zdRoot+"/groups.json", http.NoBody)
		tc.login(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
	}
}
