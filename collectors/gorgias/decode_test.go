package gorgias

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

func TestTimesAreReadHoweverTheyArePrinted(t *testing.T) {
	want := time.Date(2026, 8, 26, 13, 56, 18, 531539000, time.UTC)
	for s, off := range map[string]time.Duration{
		"2026-08-26T13:56:18.531539+00:00":   0,
		"2026-08-26T13:56:18.531539":         0,
		"2026-08-26T13:56:18.531539Z":        0,
		"2026-08-26 13:56:18.531539":         0,
		"2026-08-26 13:56:18.531539+00:00":   0,
		"2026-08-26 13:56:18.531539 +00:00":  0,
		"2026-08-26T13:56:18.531539+0000":    0,
		"2026-08-26T10:56:18.531539-03:00":   0,
		" 2026-08-26T13:56:18.531539+00:00 ": 0,
		"2026-08-26T13:56:18":                -531539 * time.Microsecond,
		"2026-08-26T13:56:18Z":               -531539 * time.Microsecond,
	} {
		got, bad := parseTime(s)
		if bad || !got.Equal(want.Add(off)) || got.Location() != time.UTC {
			t.Errorf("%q is %s, bad %v", s, got, bad)
		}
	}
	for _, s := range []string{"yesterday", "1787752578", "2026-13-01T00:00:00", "0001-01-01T00:00:00"} {
		if got, bad := parseTime(s); !bad {
			t.Errorf("%q is %s", s, got)
		}
	}
}

func TestIDs(t *testing.T) {
	for s, want := range map[string]id{`7`: "7", `"7"`: "7", `" 7 "`: "7", `null`: "", `""`: "", `18446744073709551615`: "18446744073709551615"} {
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

func TestABadRowIsSkippedAndTheOthersAreRead(t *testing.T) {
	good := map[helpdesk.Stream]string{
		helpdesk.StreamConversations: `{"id":1,"status":"open","channel":"email","created_datetime":"2026-09-01T10:00:00Z"}`,
		helpdesk.StreamMessages:      `{"id":1,"ticket_id":2,"created_datetime":"2026-09-01T10:00:00Z"}`,
		helpdesk.StreamEvents:        `{"id":1,"type":"ticket-closed","object_type":"Ticket","object_id":2,"created_datetime":"2026-09-01T10:00:00Z"}`,
		helpdesk.StreamRatings:       `{"id":1,"ticket_id":2,"created_datetime":"2026-09-01T10:00:00Z"}`,
		helpdesk.StreamAgents:        `{"id":1,"name":"A"}`,
		helpdesk.StreamTeams:         `{"id":1,"name":"T"}`,
		helpdesk.StreamOpen:          `{"id":1,"status":"open","channel":"email","created_datetime":"2026-09-01T10:00:00Z"}`,
	}
	paths := map[helpdesk.Stream]string{
		helpdesk.StreamConversations: "/api/tickets", helpdesk.StreamMessages: "/api/messages", helpdesk.StreamEvents: "/api/events",
		helpdesk.StreamRatings: "/api/satisfaction-surveys", helpdesk.StreamAgents: "/api/users", helpdesk.StreamTeams: "/api/teams",
		helpdesk.StreamOpen: "/api/views/0/items",
	}
	bad := []string{`null`, `7`, `"x"`, `[]`, `{}`, `{"id":{}}`, `{"id":null,"subject":"secret words"}`, `{"id":true}`}
	for stream, row := range good {
		t.Run(string(stream), func(t *testing.T) {
			api := newFake(t)
			api.raw[paths[stream]] = `{"data":[` + strings.Join(bad, ",") + "," + row + `],"meta":null}`
			p, err := New(api, Options{}).Read(t.Context(), stream, at(0))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, []string{"1"}, collectortest.IDs([]helpdesk.Page{p}))
			if len(p.Skipped) != len(bad) {
				t.Errorf("%d rows skipped, want %d", len(p.Skipped), len(bad))
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
	for stream, row := range map[helpdesk.Stream][2]string{
		helpdesk.StreamConversations: {"/api/tickets", `{"id":31,"status":"open","created_datetime":"soon"}`},
		helpdesk.StreamMessages:      {"/api/messages", `{"id":31,"ticket_id":2,"created_datetime":null}`},
		helpdesk.StreamEvents:        {"/api/events", `{"id":31,"type":"ticket-closed","object_id":2}`},
	} {
		api := newFake(t)
		api.raw[row[0]] = `{"data":[` + row[1] + `],"meta":{}}`
		p, err := New(api, Options{}).Read(t.Context(), stream, at(0))
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
		o := ticketRow(v, ago(time.Hour))
		o["channel"] = "tiktok-shop"
		api.add("/api/tickets", o)
	}
	p, err := New(api, Options{}).Read(t.Context(), helpdesk.StreamConversations, at(0))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.UnknownValue{{What: "channel", Value: "tiktok-shop"}}, p.Unknown)
}

// FuzzRows feeds any JSON as the rows of every list: nothing panics, no record
// is without an id, a conversation or a time, and none holds what it must not.
func FuzzRows(f *testing.F) {
	for _, name := range []string{
		"tickets_list_2026.json", "events_ticket_lifecycle.json", "ticket_messages_list_deprecated.json",
		"satisfaction_surveys_list.json", "users_list.json",
	} {
		var list struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal([]byte(sample(f, name)), &list); err != nil {
			f.Fatal(err)
		}
		for _, row := range list.Data {
			f.Add([]byte(row))
			f.Add(collectortest.In2600(row))
		}
	}
	f.Add([]byte(`{"id":1,"id":2,"ticket_id":"3","created_datetime":"2026-09-01 10:00:00","type":"ticket-merged","data":{"source":[1,{"id":2}]}}`))
	f.Fuzz(func(t *testing.T, input []byte) {
		c := New(newFake(t), Options{})
		raw := []json.RawMessage{input}
		var p helpdesk.Page
		var rows []row
		add := func(r []row, err error) {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, r...)
		}
		add(c.ticketRows(t.Context(), raw, &p, func(x *ticket) stamp { return x.Updated }))
		add(c.messageRows(t.Context(), raw, &p))
		add(c.eventRows(t.Context(), raw, &p))
		add(c.surveys().read(t.Context(), raw, &p))
		add(c.agentRows(raw, &p), nil)
		add(teamRows(raw, &p), nil)
		for _, r := range rows {
			if r.rec != nil {
				collectortest.CheckRecord(t, r.rec)
			}
			for _, w := range r.wants {
				if v := strings.TrimPrefix(w.ID, ofTicket); v == "" || !lenient.IsWord(v) {
					t.Errorf("want %+v", w)
				}
			}
		}
		var at place
		if _, err := at.advance(rows, len(rows), "next", true); err != nil {
			t.Errorf("one page is no loop: %v", err)
		}
	})
}
