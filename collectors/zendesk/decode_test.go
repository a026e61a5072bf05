package zendesk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

func TestTimesAreReadHoweverTheyArePrinted(t *testing.T) {
	want := time.Date(2026, 8, 26, 13, 56, 18, 0, time.UTC)
	for _, s := range []string{
		"2026-08-26T13:56:18Z", "2026-08-26T13:56:18.000Z", "2026-08-26T13:56:18", "2026-08-26 13:56:18", "2026-08-26T10:56:18-03:00",
		"2026-08-26 13:56:18 +0000", "1787752578",
	} {
		got, bad := parseTime(s)
		if bad || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q is %s, bad %v", s, got, bad)
		}
	}
	for _, s := range []string{"yesterday", "2026-13-01T00:00:00", "0001-01-01T00:00:00Z", "-5", "99999999999999999"} {
		if got, bad := parseTime(s); !bad {
			t.Errorf("%q is %s", s, got)
		}
	}
}

func TestIDs(t *testing.T) {
	for s, want := range map[string]id{`7`: "7", `"7"`: "7", `" 7 "`: "7", `null`: "", `""`: "", `-1`: "-1", `18446744073709551615`: "18446744073709551615"} {
		var got id
		if err := json.Unmarshal([]byte(s), &got); err != nil || got != want {
			t.Errorf("%s is %q, %v", s, got, err)
		}
	}
	for _, s := range []string{`1.5`, `true`, `{}`, `[1]`, `"a/b"`, `"a b"`, `"` + strings.Repeat("9", 65) + `"`} {
		var got id
		if err := json.Unmarshal([]byte(s), &got); err == nil {
			t.Errorf("%s is %q", s, got)
		}
	}
}

// goodRow is a row of each list, and where the list stands in an answer.
var goodRow = map[helpdesk.Stream][3]string{
	helpdesk.StreamConversations: {ticketExport, "tickets", `{"id":1,"status":"open","created_at":"2026-09-01T10:00:00Z"}`},
	helpdesk.StreamOpen:          {"/tickets", "tickets", `{"id":1,"status":"open","created_at":"2026-09-01T10:00:00Z"}`},
	helpdesk.StreamEvents: {
		ticketLog, "ticket_events",
		`{"id":5,"ticket_id":2,"created_at":"2026-09-01T10:00:00Z","updater_id":-1,"child_events":[{"id":1,"status":"solved","previous_value":"open"}]}`,
	},
	helpdesk.StreamRatings: {ratingList, "satisfaction_ratings", `{"id":5,"ticket_id":1,"score":"good","created_at":"2026-09-01T10:00:00Z"}`},
	helpdesk.StreamAgents:  {"/users", "users", `{"id":1,"name":"A","role":"agent"}`},
	helpdesk.StreamTeams:   {"/groups", "groups", `{"id":1,"name":"T"}`},
}

func TestABadRowIsSkippedAndTheOthersAreRead(t *testing.T) {
	bad := []string{`7`, `"x"`, `[]`, `{}`, `{"id":{}}`, `{"id":null,"subject":"secret words"}`, `{"id":true}`}
	for stream, row := range goodRow {
		t.Run(string(stream), func(t *testing.T) {
			api := newFake(t)
			api.raw[row[0]] = `{"` + row[1] + `":[` + strings.Join(bad, ",") + "," + row[2] + `],"end_of_stream":true,"meta":null}`
			p, err := unlimited(api).Read(t.Context(), stream, at(0))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, []string{"1"}, collectortest.IDs([]helpdesk.Page{p}))
			if len(p.Skipped) != len(bad) {
				t.Errorf("%d rows skipped, want %d: %v", len(p.Skipped), len(bad), p.Skipped)
			}
			for _, s := range p.Skipped {
				if s.Reason == "" || s.Err == nil || strings.Contains(s.Err.Error(), "secret") {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}

func TestRowsWithoutATimeAreSkippedByName(t *testing.T) {
	for stream, row := range map[helpdesk.Stream]string{
		helpdesk.StreamConversations: `{"id":31,"status":"open","created_at":"soon"}`,
		helpdesk.StreamEvents:        `{"id":31,"ticket_id":2,"child_events":[]}`,
	} {
		api := newFake(t)
		api.raw[goodRow[stream][0]] = `{"` + goodRow[stream][1] + `":[` + row + `],"end_of_stream":true}`
		p, err := unlimited(api).Read(t.Context(), stream, at(0))
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Records) != 0 || len(p.Skipped) != 1 || p.Skipped[0].Reason != "time" || !strings.Contains(p.Skipped[0].Err.Error(), "31") {
			t.Errorf("%s: %+v", stream, p)
		}
	}
}

func TestAnUnknownValueIsReportedOnceAPage(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 5; v++ {
		api.opened(v, now.Add(-time.Hour))
		api.tickets[v-1]["via"] = object{"channel": "carrier_pigeon"}
	}
	p, err := unlimited(api).Read(t.Context(), helpdesk.StreamConversations, at(0))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.UnknownValue{{What: "channel", Value: "carrier_pigeon"}}, p.Unknown)
}

// FuzzRows feeds any JSON as the rows of every list: nothing panics, no record
// is without an id, a conversation or a time, and none holds what it must not.
func FuzzRows(f *testing.F) {
	for _, name := range []string{
		"ticket_event_object.json", "ticket_comment_child_event_record.json", "satisfaction_rating_object.json", "ticket_audit_record.json",
		"agent_availability_attributes_doc.json",
	} {
		f.Add(sample(f, name))
		f.Add(collectortest.In2600(sample(f, name)))
	}
	for _, row := range goodRow {
		f.Add([]byte(row[2]))
		f.Add(collectortest.In2600([]byte(row[2])))
	}
	f.Add([]byte(`{"id":1,"ticket_id":"3","created_at":"2026-09-01 10:00:00","child_events":[{"tags":["closed_by_merge"],"status":null,"assignee_id":{}}]}`))
	f.Fuzz(func(t *testing.T, input []byte) {
		c := unlimited(newFake(t), "Bot")
		raw := []json.RawMessage{input}
		var p helpdesk.Page
		var last int64
		for _, err := range []error{c.tellTickets(t.Context(), raw, &p, &last), c.tell(t.Context(), updatesOf(raw, &p), &p)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		var a audit
		if lenient.Decode[id]("audit", input, &a, &p) {
			if u := updateOfAudit(&a, &p); u.id != "" && !u.at.IsZero() {
				u.ticket = "7"
				if err := c.tell(t.Context(), []update{u}, &p); err != nil {
					t.Fatal(err)
				}
			}
		}
		tellRating(input, &p)
		c.agents(raw, &p)
		channelsOf(input)
		for _, r := range p.Records {
			checkRecord(t, r)
		}
	})
}

func checkRecord(t *testing.T, r helpdesk.Record) {
	t.Helper()
	if v := collectortest.IDOf(r); v == "" || !utf8.ValidString(v) {
		t.Errorf("id %q of %T", v, r)
	}
	collectortest.CheckTimes(t, r)
	at, conversation := now, "some"
	switch v := r.(type) {
	case helpdesk.Conversation:
		at = v.Created
		if v.Status == 0 || !helpdesk.KnownChannel(v.Labels.Channel) || (v.Status == helpdesk.StatusExcluded) != (v.Excluded != 0) {
			t.Errorf("%+v", v)
		}
	case helpdesk.Message:
		at, conversation = v.At, v.Conversation
		if v.Author == 0 {
			t.Errorf("%+v", v)
		}
	case helpdesk.StatusChange:
		at, conversation = v.At, v.Conversation
	case helpdesk.Assignment:
		at, conversation = v.At, v.Conversation
	case helpdesk.Rating:
		conversation = v.Conversation
		if (v.Score == 0) != v.Scored.IsZero() || v.Score < 0 || v.Score > 5 {
			t.Errorf("%+v", v)
		}
	}
	if at.IsZero() || conversation == "" {
		t.Errorf("%+v has no time or no conversation", r)
	}
}
