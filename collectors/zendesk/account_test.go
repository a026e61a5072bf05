package zendesk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func TestRecordedBusinessHours(t *testing.T) {
	api := newFake(t)
	api.raw[scheduleList] = `{"schedules":[` + string(sample(t, "schedule_record.json")) + `,
		{"id":2,"name":"","time_zone":"Berlin","intervals":[{"start_time":8640,"end_time":11520},{"start_time":60,"end_time":120}]}]}`
	day := []helpdesk.Hours{{From: 9 * time.Hour, Till: 17 * time.Hour}}
	got, err := unlimited(api).Schedules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.Schedule{
		{Name: "Test schedule", Timezone: "America/New_York", Weekly: [7][]helpdesk.Hours{1: day, 2: day, 3: day, 4: day, 5: day}},
		{Name: "2", Timezone: "Europe/Berlin", Weekly: [7][]helpdesk.Hours{ // from Saturday over the end of the week
			0: {{Till: 24 * time.Hour}}, 6: {{Till: 24 * time.Hour}},
		}},
	}, got)
}

func TestPresence(t *testing.T) {
	const early, late = "2026-09-01T08:00:00Z", "2026-09-01T09:00:00Z"
	channel := func(name, status, updated string) string {
		return fmt.Sprintf(`{"id":"agent_availabilities|11|channels|%s","attributes":{"name":%[1]q,"status":%q,"updated_at":%q}}`, name, status, updated)
	}
	for _, tc := range []struct {
		name, unified, included string
		want                    helpdesk.Presence
		since                   string
	}{
		{"online on one channel, away on the other", "", channel("support", "online", late) + "," + channel("talk", "away", early), helpdesk.Online, late},
		{"online on two since the first", "", channel("support", "online", late) + "," + channel("talk", "online", early), helpdesk.Online, early},
		{"transfers only", "", channel("talk", "transfers_only", early) + "," + channel("support", "offline", late), helpdesk.Away, late},
		{"offline", "", channel("support", "offline", early), helpdesk.Offline, early},
		{"by the unified status alone", "online", "", helpdesk.Online, early},
		{"by one of the account's own", "Lunch", "", helpdesk.Away, early},
		{"channels of somebody else", "offline", `{"id":"agent_availabilities|12|channels|support","attributes":{"status":"online"}}`, helpdesk.Offline, early},
		{"rows that are none", "offline", `{"id":7},{"id":"agent_availabilities|11|channels|x","attributes":7}`, helpdesk.Offline, early},
		{"not told", "", "", helpdesk.PresenceUnknown, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			api := newFake(t)
			api.raw[availabilityList] = fmt.Sprintf(
				`{"data":[{"attributes":{"agent_id":11,"agent_status":{"name":%q,"updated_at":%q}}}],"included":[%s],"meta":{"has_more":false}}`,
				tc.unified, early, tc.included)
			p, _, err := unlimited(api).readAvailability(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			var want []helpdesk.Record
			if tc.want != helpdesk.PresenceUnknown {
				want = []helpdesk.Record{helpdesk.Agent{ID: "11", Presence: tc.want, Since: instant(tc.since)}}
			}
			compare(t, want, p.Records)
		})
	}
}

// found are findings in short.
func found(all []helpdesk.Finding) []string {
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s, %s: %s", f.Weight, f.What, f.Text))
	}
	return out
}

func TestAProbeOfAnAccountThatTellsEverything(t *testing.T) {
	api := newFake(t)
	api.raw["/users/me"] = `{"user":{"id":1,"name":"A","role":"admin"}}`
	api.lists[availabilityList] = []object{{"attributes": object{"agent_id": 11, "agent_status": object{"name": "online"}}}}
	api.raw["/slas/policies"] = `{"sla_policies":[]}`
	api.raw[scheduleList] = `{"schedules":[]}`
	all, err := unlimited(api).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []string{
		"fine, role of the credentials: an administrator's",
		"fine, presence: told of 1 agents or more",
		"fine, surveys: told, as good or bad",
		"fine, service levels: due times of the account's own are shown beside ours",
		"fine, business hours: 0 in the account: helpdesktool schedule writes them for a configuration",
	}, found(all))
}

func TestAProbeOfAnAccountWithFewRights(t *testing.T) {
	for me, want := range map[string]string{
		`{"user":{"id":1,"role":"agent"}}`: "broken, role of the credentials: not an administrator's: exports are refused; " +
			"use an OAuth client, or a token, of an administrator",
		`{"user":{"id":null,"name":"Anonymous user"}}`: "broken, role of the credentials: nobody's: the helpdesk does not know these credentials",
	} {
		api := newFake(t)
		api.raw["/users/me"] = me
		for _, path := range []string{availabilityList, ratingList, "/slas/policies", scheduleList} {
			api.fail[path] = http.StatusForbidden
		}
		all, err := unlimited(api).Probe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		compare(t, []string{
			want,
			"limited, presence: not told by this account: agents have no state",
			"limited, surveys: the list of ratings cannot be read: answers are known by the log of ticket events alone",
			"limited, service levels: the account has none of its own, or does not show them",
			"limited, business hours: cannot be read: write them into schedules by hand",
		}, found(all))
	}
}

func TestDueTimesOfTheAccountsOwn(t *testing.T) {
	tk := parse[ticket](t, `{"id":1,"status":"open","created_at":"2026-09-01T10:00:00Z","slas":{"policy_metrics":[
		{"metric":"first_reply_time","stage":"achieved","breach_at":"2026-09-01T11:00:00Z"},
		{"metric":"next_reply_time","stage":"active","breach_at":"2026-09-01T12:00:00Z","minutes":-5},
		{"metric":"total_resolution_time","stage":"active","breach_at":null},
		{"metric":"requester_wait_time","stage":"active","breach_at":"2026-09-01T13:00:00Z"}]}}`)
	conv, _ := conversation(&tk, names{}, "")
	compare(t, helpdesk.Due{NextResponse: now}, conv.Due)
}

func TestTheLeastNumberOfComments(t *testing.T) {
	for row, want := range map[string]int{
		`{"requester_id":1,"submitter_id":1,"metric_set":{"replies":2}}`: 3,
		`{"requester_id":1,"submitter_id":2,"metric_set":{"replies":2}}`: 2,
		`{"requester_id":1,"submitter_id":2,"metric_set":{"replies":0}}`: 1,
		`{"requester_id":1,"submitter_id":1,"metric_set":null}`:          -1,
		`{}`: -1,
	} {
		var tk ticket
		if err := json.Unmarshal([]byte(row), &tk); err != nil {
			t.Fatal(err)
		}
		if got := leastComments(&tk); got != want {
			t.Errorf("%s: %d, want %d", row, got, want)
		}
	}
}
