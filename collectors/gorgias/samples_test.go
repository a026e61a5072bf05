package gorgias

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// The files of testdata are recorded answers of the vendor and printed examples
// of its documentation, with names and addresses replaced.

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readSample reads one page of a stream whose endpoint answers with a sample.
func readSample(t *testing.T, s helpdesk.Stream, path, name string) helpdesk.Page {
	t.Helper()
	api := newFake(t)
	api.raw["/api/users"] = sample(t, "users_list.json")
	api.raw[path] = sample(t, name)
	p, err := New(api, Options{BaseURL: "https://acme.gorgias.com/"}).Read(t.Context(), s, helpdesk.Walk{
		Horizon: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compare(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func instant(s string) time.Time {
	t, bad := parseTime(s)
	if bad {
		panic("not a time: " + s)
	}
	return t
}

func TestRecordedTicketsOf2024(t *testing.T) {
	p := readSample(t, helpdesk.StreamConversations, "/api/tickets", "tickets_list_2024.json")
	compare(t, []helpdesk.Record{
		helpdesk.Conversation{
			ID: "153011972", Created: instant("2024-11-14T14:18:25.095107Z"), Updated: instant("2024-11-14T14:19:06.398263Z"),
			Status: helpdesk.StatusClosed, Closed: instant("2024-11-14T14:19:06.338975Z"),
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Priority: "normal", Inbox: "John Support"},
			URL:    "https://acme.gorgias.com/app/ticket/153011972", Messages: 1,
		},
		helpdesk.Conversation{
			ID: "153006867", Created: instant("2024-11-14T13:56:16.494726Z"), Updated: instant("2024-11-14T14:27:00.789718Z"),
			Status: helpdesk.StatusOpen,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Priority: "normal", Inbox: "John Support", Language: "en"},
			Agent:  "400746608", URL: "https://acme.gorgias.com/app/ticket/153006867", Messages: 6,
		},
	}, p.Records)
	compare(t, []helpdesk.Skip(nil), p.Skipped)
}

func TestRecordedTicketsOf2026(t *testing.T) {
	p := readSample(t, helpdesk.StreamConversations, "/api/tickets", "tickets_list_2026.json")
	ticket := func(id, created, updated string, channel helpdesk.Channel, language string, agent bool, messages int) helpdesk.Record {
		return helpdesk.Conversation{
			ID: id, Created: instant(created), Updated: instant(updated), Status: helpdesk.StatusOpen,
			Labels: helpdesk.Labels{Channel: channel, Priority: "normal", Language: language},
			URL:    "https://acme.gorgias.com/app/ticket/" + id, Messages: messages,
		}
	}
	compare(t, []helpdesk.Record{
		ticket("82752411", "2026-08-26T18:39:33.916276", "2026-08-26T18:39:34.149349", helpdesk.ChannelEmail, "", false, 1),
		ticket("82751869", "2026-08-26T18:36:45.018000", "2026-08-26T18:36:46.756260", helpdesk.ChannelPhone, "en", false, 1),
		ticket("82751818", "2026-08-26T18:36:20.106093", "2026-08-26T18:38:33.936350", helpdesk.ChannelPhone, "en", false, 3),
		ticket("82751753", "2026-08-26T18:35:56.090244", "2026-08-26T18:35:56.289390", helpdesk.ChannelEmail, "", false, 0),
		ticket("82751748", "2026-08-26T18:35:54.682089", "2026-08-26T18:35:54.857816", helpdesk.ChannelPhone, "", true, 1),
		ticket("82682724", "2026-08-26T12:46:06.231080", "2026-08-26T18:36:51.461517", helpdesk.ChannelEmail, "en", false, 1),
	}, p.Records)
	if !p.Done || p.Progress != 1 {
		t.Errorf("done %v, progress %v: the list has one page", p.Done, p.Progress)
	}
}

func TestRecordedMessages(t *testing.T) {
	p := readSample(t, helpdesk.StreamMessages, "/api/messages", "ticket_messages_list_deprecated.json")
	compare(t, []helpdesk.Record{helpdesk.Message{
		Key:          helpdesk.Key{ID: "218665490", At: instant("2026-08-26T12:46:06.231080Z"), Lane: helpdesk.LaneMessages, Seq: 218665490},
		Conversation: "82682724", Author: helpdesk.AuthorCustomer, Public: true,
	}}, p.Records)
}

func eventKey(id, at string, seq uint64) helpdesk.Key {
	return helpdesk.Key{ID: id, At: instant(at), Lane: helpdesk.LaneEvents, Seq: seq}
}

func TestRecordedLifeOfATicket(t *testing.T) {
	p := readSample(t, helpdesk.StreamEvents, "/api/events", "events_ticket_lifecycle.json")
	change := func(k helpdesk.Key, cause string, c helpdesk.Change, to helpdesk.Status, x helpdesk.Exclusion) helpdesk.Record {
		return helpdesk.StatusChange{
			Key: k, Conversation: "82697494", Cause: cause, Change: c, To: to, Excluded: x,
			By: helpdesk.ActorAgent, Agent: "519543243",
		}
	}
	compare(t, []helpdesk.Record{
		change(eventKey("2189755146", "2026-08-26T13:56:30.887602Z", 2189755146), "4e8963aa-ed55-4ea6-9f57-725ce1175088",
			helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.NotExcluded),
		change(eventKey("2189765327", "2026-08-26T13:58:11.487453Z", 2189765327), "c9d6e3ee-5911-4074-a6b1-1125a3295863",
			helpdesk.ChangeReopened, helpdesk.StatusOpen, helpdesk.NotExcluded),
		change(eventKey("2189767594", "2026-08-26T13:58:35.817406Z", 2189767594), "25b6cbcb-e7b5-4ade-b507-3c75e2340d54",
			helpdesk.ChangeExcluded, helpdesk.StatusExcluded, helpdesk.ExcludedDeleted),
	}, p.Records)
	compare(t, []helpdesk.Want(nil), p.Wants)
	if p.Done {
		t.Error("the page names a next one")
	}
}

func TestRecordedLastPageOfEventsHasNothingForUs(t *testing.T) {
	p := readSample(t, helpdesk.StreamEvents, "/api/events", "events_last_page.json")
	compare(t, helpdesk.Page{Cursor: p.Cursor, Done: true, Progress: 1}, p)
}

func TestRecordedSurveys(t *testing.T) {
	p := readSample(t, helpdesk.StreamRatings, "/api/satisfaction-surveys", "satisfaction_surveys_list.json")
	compare(t, []helpdesk.Record{
		helpdesk.Rating{ID: "6967541", Conversation: "82751748"},
		helpdesk.Rating{ID: "6967505", Conversation: "82682724"},
		helpdesk.Rating{ID: "6960684", Conversation: "82697494"},
	}, p.Records)
}

func TestDocumentedSurveyWithAScore(t *testing.T) {
	var s survey
	if err := json.Unmarshal([]byte(sample(t, "satisfaction_survey_scored_doc_example.json")), &s); err != nil {
		t.Fatal(err)
	}
	r, ok := ratingOf(&s)
	compare(t, helpdesk.Rating{
		ID: "1234", Sent: instant("2019-11-23T15:59:41.966927Z"), Scored: instant("2019-11-25T15:59:41.966927Z"), Score: 2,
	}, r)
	if !ok {
		t.Error("not accepted")
	}
}

func TestRecordedUsers(t *testing.T) {
	p := readSample(t, helpdesk.StreamAgents, "/api/users", "users_list.json")
	compare(t, []helpdesk.Record{
		helpdesk.Agent{ID: "519543244", Name: "Gorgias Bot", Bot: true},
		helpdesk.Agent{ID: "519543513", Name: "Gorgias Helpdesk- Bot", Bot: true},
		helpdesk.Agent{ID: "519543243", Name: "Admin Developer"},
		helpdesk.Agent{ID: "519799371", Name: "Nango TestUser"},
	}, p.Records)
	for name, want := range map[string]helpdesk.Agent{
		"user_get.json":         {ID: "455925547", Name: "John Doe"},
		"user_doc_example.json": {ID: "3924", Name: "Steve Frazelli"},
	} {
		var u user
		if err := json.Unmarshal([]byte(sample(t, name)), &u); err != nil {
			t.Fatal(err)
		}
		compare(t, want, agentOf(&u))
	}
}

func TestRecordedTeams(t *testing.T) {
	p := readSample(t, helpdesk.StreamTeams, "/api/teams", "teams_list_empty.json")
	compare(t, helpdesk.Page{Cursor: p.Cursor, Done: true}, p)
}

func TestRecordedViewItems(t *testing.T) {
	p := readSample(t, helpdesk.StreamOpen, "/api/views/0/items", "view_items_list.json")
	compare(t, []string{"82682724", "82751818"}, collectortest.IDs([]helpdesk.Page{p}))
	if p.Done {
		t.Error("the snoozed tickets have not been read yet")
	}
}

func TestRecordedSingleTicketWhoseReplyFailed(t *testing.T) {
	api := newFake(t)
	api.raw["/api/users"] = sample(t, "users_list.json")
	api.raw["/api/tickets/153011972"] = sample(t, "ticket_get_agent_started_failed.json")
	c := New(api, Options{BaseURL: "https://acme.gorgias.com"})
	want := helpdesk.Want{Kind: helpdesk.WantConversation, ID: "153011972"}
	p, err := c.Fetch(t.Context(), []helpdesk.Want{want})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, helpdesk.Page{
		Records: []helpdesk.Record{
			helpdesk.Conversation{
				ID: "153011972", Created: instant("2024-11-14T14:18:25.095107Z"), Updated: instant("2024-11-14T14:19:06.398263Z"),
				Status: helpdesk.StatusClosed, Closed: instant("2024-11-14T14:19:06.338975Z"),
				Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Priority: "normal"},
				URL:    "https://acme.gorgias.com/app/ticket/153011972", Messages: 1,
			},
			helpdesk.Message{
				Key:          helpdesk.Key{ID: "385387877", At: instant("2024-11-14T14:18:25.285915Z"), Lane: helpdesk.LaneMessages, Seq: 385387877},
				Conversation: "153011972", Author: helpdesk.AuthorAgent, Agent: "400746608", Public: true, Undelivered: true,
			},
		},
		Served: []helpdesk.Want{want},
	}, p)
}

func TestRecordedErrorIsNoList(t *testing.T) {
	api := newFake(t)
	api.raw["/api/tickets"] = sample(t, "error_403.json")
	if _, err := New(api, Options{}).Read(t.Context(), helpdesk.StreamConversations, at(0)); err == nil {
		t.Error("taken for an empty list")
	}
}

func TestRecordedHeadersTellTheLimit(t *testing.T) {
	var recorded map[string]string
	if err := json.Unmarshal([]byte(sample(t, "response_headers.json")), &recorded); err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	for k, v := range recorded {
		h.Set(k, v)
	}
	used, limit, ok := CallLimit(h)
	if used != 15 || limit != 80 || !ok {
		t.Errorf("%d/%d %v, want 15/80 true", used, limit, ok)
	}
}

func TestLimitsThatAreNoneAreNotTakenForOne(t *testing.T) {
	for value, want := range map[string][3]int{
		"": {}, "4": {}, "4/": {}, "/80": {}, "a/b": {}, "-1/80": {}, "4/0": {}, "4/80": {4, 80, 1}, " 40 / 40 ": {40, 40, 1},
	} {
		used, limit, ok := CallLimit(http.Header{"X-Gorgias-Account-Api-Call-Limit": {value}})
		if used != want[0] || ok && limit != want[1] || ok != (want[2] == 1) {
			t.Errorf("%q: %d/%d %v", value, used, limit, ok)
		}
	}
}

// unread are the samples of what is not read, with the reason.
var unread = map[string]string{
	"account_settings_2025.json":        "business hours are the configuration's, the rest is in no metric",
	"http_integration_doc_example.json": "the account's own administrator makes the webhook",
	"reporting_stats_request.json":      "a request without its answer: what is reported is measured",
	"stats_overview.json":               "sums over a time, without the tickets that they are of",
	"tag_get.json":                      "the names of tags come with the ticket",
	"views_list.json":                   "the open set is read by filters of our own, whatever views the account has",
	"views_system_filters.json":         "the open set is read by filters of our own, whatever views the account has",
}

func TestEverySampleIsReadOrNamedWithAReason(t *testing.T) {
	collectortest.Samples(t, "testdata/*.json", unread, "samples_test.go")
}
