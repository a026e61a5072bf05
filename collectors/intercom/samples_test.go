package intercom

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// The files of testdata are recorded answers of the vendor and printed examples
// of its documentation, with names and addresses replaced.

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// member is the raw JSON at a path of members of a sample.
func member(t testing.TB, name string, path ...string) json.RawMessage {
	t.Helper()
	raw := json.RawMessage(sample(t, name))
	for _, key := range path {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			t.Fatal(err)
		}
		raw = object[key]
	}
	return raw
}

// rowsOf are the raw rows of a list of a sample.
func rowsOf(t testing.TB, name string, path ...string) []json.RawMessage {
	t.Helper()
	var rows []json.RawMessage
	if err := json.Unmarshal(member(t, name, path...), &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// sameText compares errors by what they say.
var sameText = cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })

func compare(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), sameText); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func unix(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

var testNames = names{
	bot: func(string) bool { return false },
	team: func(id string) string {
		if id == "" {
			return ""
		}
		return "team " + id
	},
	link: func(id string) string { return "https://app.intercom.com/" + id },
}

// readSingle reads a sample that is a single conversation.
func readSingle(t *testing.T, raw json.RawMessage) helpdesk.Page {
	t.Helper()
	var p helpdesk.Page
	single(raw, testNames, &p)
	return p
}

// row is a conversation as most samples have it.
func row(id string, created, updated int64, status helpdesk.Status) helpdesk.Conversation {
	return helpdesk.Conversation{
		ID: id, Created: unix(created), Updated: unix(updated), Status: status,
		Labels: helpdesk.Labels{Channel: helpdesk.ChannelChat, Priority: "not_priority"},
		URL:    "https://app.intercom.com/" + id, Messages: -1,
	}
}

// held is a row that a teammate and a team of the printed examples hold.
func held(c helpdesk.Conversation) helpdesk.Conversation {
	c.Agent, c.Labels.Team = "991267715", "team 5017691"
	return c
}

func english(c helpdesk.Conversation) helpdesk.Conversation {
	c.Labels.Language = "English"
	return c
}

func keyAt(id string, at int64, seq uint64) helpdesk.Key {
	return helpdesk.Key{ID: id, At: unix(at), Lane: helpdesk.LaneFeed, Seq: seq}
}

func said(k helpdesk.Key, conversation string, by helpdesk.Author, agent string) helpdesk.Message {
	return helpdesk.Message{Key: k, Conversation: conversation, Author: by, Agent: agent, Public: true}
}

func opened(conversation string, at int64, by helpdesk.Author, agent string) helpdesk.Message {
	return said(keyAt("source-"+conversation, at, 0), conversation, by, agent)
}

func moved(k helpdesk.Key, conversation string, c helpdesk.Change, to helpdesk.Status, by helpdesk.Actor, agent string) helpdesk.StatusChange {
	return helpdesk.StatusChange{Key: k, Conversation: conversation, Change: c, To: to, By: by, Agent: agent}
}

// unused are the samples of what is not read, with the reason.
var unused = map[string]string{
	"activity_logs_2.16":        "presence is the away mode of the list of admins",
	"activity_logs_search_2.16": "presence is the away mode of the list of admins",
	"live_activity_log_entry":   "presence is the away mode of the list of admins",
	"call_2.16":                 "a call is a conversation too",
	"calls_2.16":                "a call is a conversation too",
	"handling_events_2.16":      "a call for each conversation, and not on every plan",
	"team_metrics_2.16":         "queues are counted from conversations",
	"tags_2.14":                 "tags are no label",
	"ticket_get_2.14":           "a customer's ticket is a conversation of the same id",
	"ticket_states_2.16":        "a customer's ticket is a conversation of the same id",
	"tickets_search_2.14":       "a customer's ticket is a conversation of the same id",
	"live_ticket_string_state":  "a customer's ticket is a conversation of the same id",
	"error_401":                 "errors are told by their status code",
	"error_403_plan":            "errors are told by their status code",
}

func TestEverySampleIsReadOrNamedWithAReason(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "samples", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no samples: ", err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		_, skipped := unused[name]
		_, isSingle := singles[name]
		_, isList := lists[name]
		_, isDirectory := directories[name]
		n := 0
		for _, in := range []bool{skipped, isSingle, isList, isDirectory} {
			if in {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is in %d tables", name, n)
		}
	}
	if want := len(unused) + len(singles) + len(lists) + len(directories); len(files) != want {
		t.Errorf("%d samples, %d in the tables", len(files), want)
	}
}

func TestAnUnusedSampleIsStillJSON(t *testing.T) {
	for name := range unused {
		if !json.Valid([]byte(sample(t, name))) {
			t.Error(name)
		}
	}
}

// directories are the samples of lists and things that are no conversations.
var directories = map[string]func(t *testing.T, name string){
	"admins_2.16":                    wantAdmins(helpdesk.Agent{ID: "991267466", Name: "Agent7 Lee", Presence: helpdesk.Online}),
	"live_admins_2.11":               wantAdmins(helpdesk.Agent{ID: "10553731", Name: "Nango Developer"}, helpdesk.Agent{ID: "10553732", Name: "Fin", Bot: true}),
	"live_admins_with_operator_2024": wantAdmins(helpdesk.Agent{ID: "4423433", Name: "Airbyte Team"}, helpdesk.Agent{ID: "4423434", Name: "Operator", Bot: true}),
	"teams_2.16": func(t *testing.T, name string) {
		compare(t, 0, len(rowsOf(t, name, "teams")))
	},
	"team_2.16": func(t *testing.T, name string) {
		var v team
		if err := json.Unmarshal(member(t, name), &v); err != nil {
			t.Fatal(err)
		}
		if v.ID != "991267902" || v.Name != "team 1" {
			t.Errorf("%+v", v)
		}
	},
	"me_2.14": func(t *testing.T, name string) {
		var v identity
		if err := json.Unmarshal(member(t, name), &v); err != nil {
			t.Fatal(err)
		}
		if v.App.V.Code != "this_is_an_id1_that_should_be_at_least_40" || v.App.V.Region != "US" {
			t.Errorf("%+v", v)
		}
	},
	"office_hours_2.16": func(t *testing.T, name string) {
		api := newFake(t)
		api.raw[hoursPath] = sample(t, name)
		all, err := New(api).Schedules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := helpdesk.Schedule{Name: "Standard Support Hours", Timezone: "America/New_York"}
		day := []helpdesk.Hours{{From: 9 * time.Hour, Till: 17 * time.Hour}}
		want.Weekly[time.Monday], want.Weekly[time.Tuesday] = day, day
		compare(t, []helpdesk.Schedule{want}, all)
	},
	"webhook_deleted":      wantDelivery("notif_26c802a6-774d-41d2-806a-fede50eb8246", 1710755503, "456"),
	"webhook_minimal_read": wantDelivery("", 1710776797, "123"),
	"conversations_deleted_2.16": func(t *testing.T, name string) {
		var p helpdesk.Page
		for i, raw := range rowsOf(t, name, "conversations") {
			var d deletion
			want := []deletion{{ID: "512", Deleted: stamp{Time: unix(1734537460)}}, {ID: "513", Deleted: stamp{Time: unix(1734537400)}}}[i]
			if !lenient.Decode[id]("deletion", raw, &d, &p) || d != want {
				t.Errorf("%+v, want %+v", d, want)
			}
		}
	},
}

func wantAdmins(want ...helpdesk.Agent) func(t *testing.T, name string) {
	return func(t *testing.T, name string) {
		var got []helpdesk.Agent
		for _, raw := range rowsOf(t, name, "admins") {
			var a admin
			if err := json.Unmarshal(raw, &a); err != nil {
				t.Fatal(err)
			}
			got = append(got, agentOf(&a))
		}
		compare(t, want, got)
	}
}

func TestRecordedDirectory(t *testing.T) {
	for name, check := range directories {
		t.Run(name, func(t *testing.T) { check(t, name) })
	}
}
