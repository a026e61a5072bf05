package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// callbellDesk is a desk of contacts that has lived for two days.
func callbellDesk() *Desk {
	d := New(Options{Seed: 7, Start: opens, Rate: 10, Resolution: time.Second, Endless: 30 * time.Minute, Channels: CallbellChannels})
	d.Advance(opens.Add(2 * day))
	return d
}

func askCallbell(t *testing.T, h http.Handler, path string) (int, object) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer key")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var o object
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return w.Code, o
}

func callbellSample(t *testing.T, name string) object {
	t.Helper()
	b, err := os.ReadFile("../../collectors/callbell/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func rowOf(v any) object {
	if list, ok := v.([]any); ok {
		return list[0].(object)
	}
	return v.(object)
}

func TestCallbellRowsHaveTheFieldsOfThePrintedOnes(t *testing.T) {
	d := callbellDesk()
	h := Callbell(d, CallbellOptions{Key: "key", Bare: true})
	var someone, team string
	d.Read(func(b *Books) {
		someone, team = CallbellUUID(b.Tickets[0].ID), CallbellUUID(b.Teams[0].ID)
	})
	for _, c := range []struct {
		path, sample, key string
		more              []string // that the object's reference has, and no printed row
	}{
		{"/v1/contacts", "contacts_list.json", "contacts", []string{"funnelId"}},
		{"/v1/contacts/" + someone, "contact_conversation_close.json", "contact", []string{"blockedAt", "conversationHref"}},
		{"/v1/contacts/" + someone + "/messages", "contact_messages_list.json", "messages", nil},
		{"/v1/teams", "teams_list.json", "teams", nil},
		{"/v1/teams/" + team + "/members", "team_members_list.json", "users", nil},
		{"/v1/channels", "channels_list.json", "channels", nil},
		{"/v1/funnels", "funnels_list.json", "funnels", nil},
		{"/v1/custom_statuses", "custom_statuses_list.json", "customStatuses", nil},
	} {
		code, got := askCallbell(t, h, c.path)
		if code != http.StatusOK {
			t.Fatalf("%s: %d", c.path, code)
		}
		want := slices.Sorted(maps.Keys(rowOf(callbellSample(t, c.sample)[c.key])))
		have := slices.Sorted(maps.Keys(rowOf(got[c.key])))
		have = slices.DeleteFunc(have, func(k string) bool { return slices.Contains(c.more, k) })
		if c.key == "messages" { // the oldest row of the sample is the customer's, without an id
			want = slices.DeleteFunc(want, func(k string) bool { return k == "uuid" })
			have = slices.DeleteFunc(have, func(k string) bool { return k == "uuid" })
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s (-sample +simulated):\n%s", c.path, diff)
		}
	}
	for _, path := range []string{"/v1/plan", "/v1/auth/me"} {
		_, got := askCallbell(t, h, path)
		name := map[string]string{"/v1/plan": "plan_get.json", "/v1/auth/me": "auth_me.json"}[path]
		if diff := cmp.Diff(slices.Sorted(maps.Keys(callbellSample(t, name))), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s (-sample +simulated):\n%s", path, diff)
		}
	}
}

func TestBothGenerationsOfCallbellsPagesShowEveryContactOnce(t *testing.T) {
	d := callbellDesk()
	total := 0
	d.Read(func(b *Books) {
		for _, c := range b.Tickets {
			if c.now.GoneAt.IsZero() && len(c.Log) > 0 {
				total++
			}
		}
	})
	for _, old := range []bool{false, true} {
		h := Callbell(d, CallbellOptions{Old: old})
		seen := map[string]bool{}
		path, rows := "/v1/contacts", -1
		for page := 1; rows != 0 && path != ""; page++ {
			_, o := askCallbell(t, h, path)
			list := o["contacts"].([]any)
			rows = len(list)
			for _, r := range list {
				seen[r.(object)["uuid"].(string)] = true
			}
			meta, told := o["meta"].(object)
			if told == old {
				t.Fatalf("old %v: meta %v", old, o["meta"])
			}
			path = "/v1/contacts?page=" + string(rune('0'+page+1))
			if token, ok := meta["next"].(string); told && ok {
				path = "/v1/contacts?after=" + token
			} else if told {
				path = ""
			}
			if page > 8 {
				break
			}
		}
		if len(seen) < min(total, 160) {
			t.Errorf("old %v: %d contacts of %d", old, len(seen), total)
		}
	}
	h := Callbell(d, CallbellOptions{})
	for _, path := range []string{"/v1/contacts?page=501", "/v1/contacts?after=nonsense"} {
		if code, _ := askCallbell(t, h, path); code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, code)
		}
	}
}

func TestCallbellPrintsTimesInSeveralFormats(t *testing.T) {
	d := New(Options{Start: opens, Resolution: time.Second, Endless: time.Minute, Script: []Scripted{{Lines: []Line{
		Says(0, helpdesk.AuthorCustomer), Does(time.Minute, 0, Happening{What: Closed}), Befalls(2*time.Minute, Happening{What: Spammed}),
	}}}})
	d.Advance(opens.Add(time.Hour))
	_, o := askCallbell(t, Callbell(d, CallbellOptions{}), "/v1/contacts")
	row := rowOf(o["contacts"])
	got := []any{row["createdAt"], row["closedAt"], row["blockedAt"]}
	want := []any{"2026-03-02T08:00:00Z", "2026-03-02T08:01:00.000Z", "2026-03-02T10:02:00.000+02:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestACustomerOfAnEndlessDeskHasOneTicketWithSeveralConversations(t *testing.T) {
	d := callbellDesk()
	tickets, customers := 0, map[int64]bool{}
	d.Read(func(b *Books) {
		for _, c := range b.Tickets {
			tickets++
			customers[c.Customer] = true
		}
	})
	if tickets != len(customers) {
		t.Errorf("%d tickets of %d customers", tickets, len(customers))
	}
	openings := 0
	for _, c := range d.Conversations() {
		openings++
		for _, r := range c.Records {
			if at := keyOf(r).At; !at.IsZero() && at.Before(c.Row.Created) {
				t.Errorf("%s was created at %s, and %T is of %s", c.Row.ID, c.Row.Created, r, at)
			}
		}
		if strings.Contains(c.Row.ID, "-") && c.Row.Created.IsZero() {
			t.Errorf("%s has no beginning", c.Row.ID)
		}
	}
	if openings <= tickets+10 {
		t.Errorf("%d conversations of %d contacts: hardly anybody came back", openings, tickets)
	}
}

func TestCallbellRefusesStrangersAndHurry(t *testing.T) {
	now := time.Unix(0, 0)
	h := Callbell(callbellDesk(), CallbellOptions{Key: "key", Limit: 3, Wall: func() time.Time { return now }})
	for i, want := range []int{200, 200, 200, 429} {
		if code, _ := askCallbell(t, h, "/v1/teams"); code != want {
			t.Errorf("request %d: %d, not %d", i, code, want)
		}
	}
	now = now.Add(time.Second)
	if code, _ := askCallbell(t, h, "/v1/teams"); code != 200 {
		t.Errorf("a second later: %d", code)
	}
	if code, _ := askCallbell(t, Callbell(callbellDesk(), CallbellOptions{Key: "another"}), "/v1/teams"); code != 401 {
		t.Errorf("a stranger: %d", code)
	}
}

func TestTheBotOfAContactTellsItsLastFlow(t *testing.T) {
	bot := int64(firstUser + 1)
	takes := Befalls(time.Minute, Happening{What: Assigned, By: bot, User: bot})
	writes := Befalls(time.Minute, Happening{What: Spoke, Message: &Message{Author: helpdesk.AuthorBot, User: bot, Public: true}})
	later := func(after time.Duration, l Line) Line {
		l.After = after
		return l
	}
	flow := func(status, began string) object {
		return object{"bot": object{
			"uuid": "0000000000000000000000001eef4fc2", "name": "Assistant", "status": status, "conversationStartedAt": began,
			"version": 1.0, "latestBotVersion": true,
		}}
	}
	none := object{"error": "The requested resource was not found."}
	asks := Says(0, helpdesk.AuthorCustomer)
	for name, tc := range map[string]struct {
		lines []Line
		want  object
	}{
		"it never met one":           {[]Line{asks, Replies(time.Minute, 0)}, none},
		"a bot has it":               {[]Line{asks, takes, writes}, flow("in_progress", "2026-03-02T08:01:00Z")},
		"an agent took it":           {[]Line{asks, takes, writes, Does(time.Hour, 0, Happening{What: Assigned, User: Agent(0)})}, flow("ended", "2026-03-02T08:01:00Z")},
		"an agent wrote":             {[]Line{asks, writes, Replies(time.Hour, 0)}, flow("ended", "2026-03-02T08:01:00Z")},
		"it ended with the close":    {[]Line{asks, writes, Befalls(time.Hour, Happening{What: Closed})}, flow("ended", "2026-03-02T08:01:00Z")},
		"another began after an end": {[]Line{asks, writes, Replies(time.Hour, 0), later(2*time.Hour, writes)}, flow("in_progress", "2026-03-02T10:00:00Z")},
	} {
		t.Run(name, func(t *testing.T) {
			d := New(Options{Start: opens, Resolution: time.Second, Endless: time.Minute, Script: []Scripted{{Lines: tc.lines}}})
			d.Advance(opens.Add(3 * time.Hour))
			_, got := askCallbell(t, Callbell(d, CallbellOptions{}), "/v1/contacts/"+CallbellUUID(FirstTicket)+"/bot")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
