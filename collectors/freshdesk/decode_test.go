package freshdesk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestTimesAreReadHoweverTheyArePrinted(t *testing.T) {
	want := time.Date(2026, 8, 26, 13, 56, 18, 0, time.UTC)
	for _, s := range []string{"2026-08-26T13:56:18Z", "2026-08-26T19:26:18+05:30", " 2026-08-26T13:56:18Z ", "2026-08-26T13:56:18.000Z"} {
		if got, bad := parseTime(s); bad || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q is %s, bad %v", s, got, bad)
		}
	}
	for _, s := range []string{"yesterday", "1787752578", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z"} {
		if got, bad := parseTime(s); !bad {
			t.Errorf("%q is %s", s, got)
		}
	}
}

func TestIDs(t *testing.T) {
	for s, want := range map[string]id{`7`: "7", `"7"`: "7", `" 7 "`: "7", `null`: "", `""`: "", `67105086049`: "67105086049"} {
		var got id
		if err := json.Unmarshal([]byte(s), &got); err != nil || got != want {
			t.Errorf("%s is %q, %v", s, got, err)
		}
	}
	for _, s := range []string{`1.5`, `-1`, `true`, `{}`, `[1]`, `"a"`, `"1/2"`, `"` + strings.Repeat("9", 21) + `"`} {
		var got id
		if err := json.Unmarshal([]byte(s), &got); err == nil {
			t.Errorf("%s is %q", s, got)
		}
	}
}

func TestABadRowIsSkippedAndTheOthersAreRead(t *testing.T) {
	bad := []string{`null`, `7`, `"x"`, `[]`, `{}`, `{"id":{}}`, `{"id":null,"subject":"secret words"}`, `{"id":true}`}
	for stream, row := range map[helpdesk.Stream]string{
		helpdesk.StreamConversations: `{"id":1,"status":2,"created_at":"2026-09-01T10:00:00Z","updated_at":"2026-09-01T10:00:00Z"}`,
		helpdesk.StreamRatings:       `{"id":1,"ticket_id":2,"created_at":"2026-09-01T10:00:00Z","ratings":{"default_question":103}}`,
		helpdesk.StreamAgents:        `{"id":1,"contact":{"name":"A"}}`,
		helpdesk.StreamTeams:         `{"id":1,"name":"T"}`,
	} {
		t.Run(string(stream), func(t *testing.T) {
			d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{})
			c := New(d, Options{})
			if err := c.know(t.Context(), rest.Clocks); err != nil {
				t.Fatal(err)
			}
			d.rows = []byte(`[` + strings.Join(bad, ",") + "," + row + `]`)
			p, err := c.Read(t.Context(), stream, since(1))
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Records) == 0 {
				t.Error("the good row was not read")
			}
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

func TestAnAnswerThatIsNoListIsNeverAnEmptyOne(t *testing.T) {
	for _, answer := range []string{`{}`, `null`, `"x"`, `{"description":"Validation failed"}`, `7`} {
		d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{})
		d.rows = []byte(answer)
		for _, s := range []helpdesk.Stream{helpdesk.StreamConversations, helpdesk.StreamRatings, helpdesk.StreamAgents, helpdesk.StreamOpen} {
			if _, err := New(d, Options{}).Read(t.Context(), s, since(1)); rest.ReasonOf(err) != rest.ReasonDecode {
				t.Errorf("%s: %s: %v", s, answer, err)
			}
		}
	}
}

// FuzzRows feeds any JSON as the rows of every list: nothing panics, and no
// record is without an id, a conversation or a time.
func FuzzRows(f *testing.F) {
	for _, name := range []string{
		"tickets_list_include_stats_requester.json", "tickets_list_include_stats_outbound.json", "tickets_list_2024.json",
		"conversations_ticket22_reply_then_note.json", "satisfaction_ratings.json", "agents_2024.json", "groups_2022_records.json",
	} {
		var rows []json.RawMessage
		if err := json.Unmarshal(sample(f, name), &rows); err != nil {
			f.Fatal(err)
		}
		for _, row := range rows {
			f.Add([]byte(row))
			f.Add(collectortest.In2600(row))
		}
	}
	f.Add([]byte(`{"agent_ref":1,"channel_availability":[{"available":true,"logged_in":true,"availability_updated_at":"2026-09-01T10:00:00Z"},null]}`))
	f.Add([]byte(`{"id":1,"time_zone":"Lisbon","business_hours":{"monday":{"start_time":"8:00 am","end_time":"5:00 pm"}}}`))
	f.Add([]byte(`{"id":"1","status":"9","source":1e3,"created_at":"2026-09-01T10:00:00Z","updated_at":"2026-09-01T10:00:00Z","stats":{"reopened_at":7}}`))
	f.Fuzz(func(t *testing.T, input []byte) {
		var p helpdesk.Page
		for row := range rowsOf[ticket](input).Each("ticket", &p) {
			if usable(row, &p) {
				New(nil, Options{}).addRow(row, &p)
			}
		}
		for m := range rowsOf[message](input).Each("message", &p) {
			if m.ID == "" || m.Ticket == "" || m.Created.IsZero() {
				continue
			}
			if msg, ok := messageOf(m); ok {
				p.Records = append(p.Records, msg)
			}
		}
		for r := range rowsOf[rating](input).Each("rating", &p) {
			tellRating(r, &p)
		}
		for _, a := range agentRows(rowsOf[agent](input), &p) {
			p.Records = append(p.Records, agentOf(&a))
		}
		for _, t := range groupRows(rowsOf[group](input), &p) {
			p.Records = append(p.Records, t)
		}
		availabilityRows(rowsOf[availability](input), &p)
		var h businessHours
		if json.Unmarshal(input, &h) == nil {
			_, _ = scheduleOf(&h) // an error is as good
		}
		for _, r := range p.Records {
			collectortest.CheckRecord(t, r)
		}
	})
}

// rowsOf is a list of one row, none when that is no JSON.
func rowsOf[T any](row []byte) lenient.Rows[T] {
	rows := make(lenient.Rows[T], 1)
	if lenient.Unmarshal(row, &rows[0]) != nil {
		return nil
	}
	return rows
}
