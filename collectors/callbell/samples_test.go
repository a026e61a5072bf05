package callbell

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// The files of testdata are the printed examples of the vendor's documentation:
// github.com/callbellchat/callbell-public-docs.

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func compare(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func when(s string) time.Time {
	t, bad := parseTime(s)
	if bad {
		panic("not a time: " + s)
	}
	return t
}

// one reads the contact of a sample.
func one(t *testing.T, name string) *contact {
	t.Helper()
	var answer struct {
		Contact json.RawMessage `json:"contact"`
	}
	ct := new(contact)
	if err := json.Unmarshal([]byte(sample(t, name)), &answer); err != nil {
		t.Fatal(err)
	}
	if err := oneOf(answer.Contact, ct); err != nil {
		t.Fatal(err)
	}
	return ct
}

const john = "414a6d692bd645ed803f2e7ce360d4c8"

func TestPrintedContactsWhoseRowsDoNotTellWhetherTheyAreClosed(t *testing.T) {
	d := newDesk(t, Options{})
	d.now = when("2023-12-12T11:00:00Z")
	first := strings.Replace(sample(t, "contacts_list.json"), `"eyJ0cyI6MTc1NDM4NDQwMDAwMCwiaWQiOjEyMzQ1fQ"`, "null", 1)
	messages := strings.Replace(sample(t, "contact_messages_list.json"), `"eyJ0cyI6MTcwMTM3NTIxNjAwMCwiaWQiOjQyfQ"`, "null", 1)
	d.raw[allContacts] = first
	d.raw[allContacts+"/"+john] = sample(t, "contact_get.json")
	d.raw[allContacts+"/"+john+"/messages"] = messages
	d.raw[allContacts+"/ff8bec9363bc4c29b8b044eabf2afebd"] = `{"contact": {"uuid": "ff8bec9363bc4c29b8b044eabf2afebd", "closedAt": "2021-03-01T00:00:00Z"}}`
	d.raw[allContacts+"/ff8bec9363bc4c29b8b044eabf2afebd/messages"] = `{"messages": []}`
	p := d.walk(helpdesk.StreamConversations, false)
	id := john + "-1702378412"
	compare(t, []helpdesk.Record{
		helpdesk.Message{
			Key:          helpdesk.Key{ID: john + "/received/1702378412/0", At: when("2023-12-12T10:53:32Z"), Lane: helpdesk.LaneMessages, Seq: 1},
			Conversation: id, Author: helpdesk.AuthorCustomer, Public: true,
		},
		helpdesk.Message{
			Key:          helpdesk.Key{ID: "cf839626ac7949879b88bcffd41d34fe", At: when("2023-12-12T10:56:36Z"), Lane: helpdesk.LaneMessages, Seq: 1},
			Conversation: id, Author: helpdesk.AuthorAgent, Public: true,
		},
		helpdesk.Conversation{
			ID: id, Created: when("2023-12-12T10:53:32Z"), Updated: when("2023-12-12T10:56:36Z"), Status: helpdesk.StatusOpen,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelWhatsApp}, URL: "https://dash.callbell.eu/chat/f3670b13446b412796238b1cd78899f9", Messages: -1,
		},
	}, p.Records)
	compare(t, []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: id}}, p.Served)
	compare(t, []helpdesk.Skip(nil), p.Skipped)
}

func TestPrintedContactsStandAloneOrInAnArray(t *testing.T) {
	for name, want := range map[string]struct {
		closed time.Time
		told   bool
		link   string
	}{
		"contact_get.json":          {link: "https://dash.callbell.eu/chat/f3670b13446b412796238b1cd78899f9"},
		"contact_get_by_phone.json": {link: "https://dash.callbell.eu/chat/f3670b13446b412796238b1cd78899f9"},
		"contact_conversation_close.json": {
			closed: when("2020-11-13T21:08:53Z"), told: true, link: "https://dash.callbell.eu/contacts/" + john,
		},
		"contact_conversation_open.json": {told: true, link: "https://dash.callbell.eu/contacts/" + john},
	} {
		ct := one(t, name)
		if string(ct.UUID) != john || !ct.Created.Equal(when("2020-11-13T21:08:53Z")) || ct.Source != "whatsapp" {
			t.Errorf("%s: %+v", name, ct)
		}
		if !ct.Closed.Equal(want.closed) || ct.Closed.told != want.told || linkOf(ct) != want.link {
			t.Errorf("%s: closed %v (told %v), link %s", name, ct.Closed, ct.Closed.told, linkOf(ct))
		}
	}
}

func TestPrintedTeamsAndTheirMembers(t *testing.T) {
	d := newDesk(t, Options{})
	d.raw[allTeams] = sample(t, "teams_list.json")
	d.raw[allTeams+"/ad42a09715814e6483b1c5debd6a2dbc/members"] = sample(t, "team_members_list.json")
	d.raw[allTeams+"/47aad5f9b4ca423c9d630f06ab93fe1f/members"] = sample(t, "team_members_list.json") // the same people
	compare(t, []helpdesk.Record{
		helpdesk.Team{ID: "ad42a09715814e6483b1c5debd6a2dbc", Name: "General"},
		helpdesk.Team{ID: "47aad5f9b4ca423c9d630f06ab93fe1f", Name: "Support"},
	}, d.walk(helpdesk.StreamTeams, true).Records)
	compare(t, []helpdesk.Record{
		helpdesk.Agent{ID: agentID("john1@gmail.com"), Name: "John One", Presence: helpdesk.Online, Since: when("2024-07-17T18:54:49Z")},
		helpdesk.Agent{ID: agentID("john2@gmail.com"), Name: "John Two", Presence: helpdesk.Online, Since: when("2024-07-17T18:54:49Z")},
	}, d.walk(helpdesk.StreamAgents, false).Records)
	if id := agentID("John1@Gmail.com"); id != agentID("john1@gmail.com") || strings.Contains(id, "john") {
		t.Errorf("an address is named %q", id)
	}
}

func TestAMemberOfAWebhookIsOneOfTheList(t *testing.T) {
	var answer struct{ Payload member }
	if err := json.Unmarshal([]byte(sample(t, "webhook_agent_status_updated.json")), &answer); err != nil {
		t.Fatal(err)
	}
	compare(t, helpdesk.Agent{
		ID: agentID("john.doe@gmail.com"), Name: "John Doe", Presence: helpdesk.Away, Since: when("2024-02-21T12:02:47Z"),
	}, agentOf(&answer.Payload))
	var joined struct{ Payload struct{ User member } }
	if err := json.Unmarshal([]byte(sample(t, "webhook_team_membership_updated.json")), &joined); err != nil {
		t.Fatal(err)
	}
	compare(t, helpdesk.Agent{ID: agentID("john.doe@gmail.com"), Presence: helpdesk.Online, Since: when("2024-02-06T15:02:30Z")}, agentOf(&joined.Payload.User))
}

func TestEveryPrintedTimeIsRead(t *testing.T) {
	for printed, want := range map[string]string{
		"2020-11-13T21:08:53Z":          "2020-11-13T21:08:53Z",
		"2022-10-17T15:15:06.095Z":      "2022-10-17T15:15:06.095Z",
		"2022-10-18T12:06:29.000+02:00": "2022-10-18T10:06:29Z",
		"2024-11-22 21:29:43 +0100":     "2024-11-22T20:29:43Z",
		"2024-11-22 21:29:43 UTC":       "2024-11-22T21:29:43Z",
	} {
		got, bad := parseTime(printed)
		if bad || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %s", printed, got.Format(time.RFC3339Nano))
		}
	}
}

// notRead are samples of what is not read, with the reason.
var notRead = map[string]string{
	"auth_me.json":                       "the answer echoes the key: it is never asked for",
	"channels_list.json":                 "the channel's name comes with the contact",
	"custom_statuses_list.json":          "a status that the account made up is in no metric",
	"funnels_list.json":                  "funnels are in no metric",
	"message_status_get.json":            "a call for each message, for what measuring does not need to know",
	"webhook_events_list.json":           "its payloads are not documented",
	"webhook_signature_doc_example.json": "without the secret and the body it only shows the shape, see webhook_test.go",
}

func TestEverySampleIsReadOrNamedWithAReason(t *testing.T) {
	collectortest.Samples(t, "testdata/*.json", notRead, "samples_test.go", "hook_test.go", "probe_test.go")
}
