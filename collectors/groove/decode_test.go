package groove

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func TestTimesAreReadHoweverTheyArePrinted(t *testing.T) {
	want := time.Date(2026, 8, 26, 13, 56, 18, 0, time.UTC)
	for s, off := range map[string]time.Duration{
		"2026-08-26T13:56:18Z":         0,
		"2026-08-26T13:56:18.250Z":     250 * time.Millisecond,
		"2026-08-26T15:56:18+02:00":    0,
		"2026-08-26T13:56:18":          0,
		"2026-08-26T13:56:18+0000":     0,
		"2026-08-26 13:56:18 UTC":      0,
		"2026-08-26 15:56:18 +0200":    0,
		" 2026-08-26T13:56:18Z ":       0,
		"2026-08-26T13:56:18.000-0000": 0,
	} {
		got, bad := parseTime(s)
		if bad || !got.Equal(want.Add(off)) || got.Location() != time.UTC {
			t.Errorf("%q is %s, bad %v", s, got, bad)
		}
	}
	for _, s := range []string{"yesterday", "1787752578", "2026-13-01T00:00:00", "0001-01-01T00:00:00Z"} {
		if got, bad := parseTime(s); !bad {
			t.Errorf("%q is %s", s, got)
		}
	}
}

func TestIDs(t *testing.T) {
	for s, want := range map[string]id{`7`: "7", `"7"`: "7", `"cnv_0000000007"`: "cnv_0000000007", `"conv-1"`: "conv-1", `null`: "", `""`: ""} {
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
		helpdesk.StreamConversations: `{"id":"cnv_1","number":1,"state":"OPENED","createdAt":"2026-09-01T10:00:00Z","updatedAt":"2026-09-01T10:00:00Z"}`,
		helpdesk.StreamOpen:          `{"id":"cnv_1","number":1,"state":"OPENED","createdAt":"2026-09-01T10:00:00Z","updatedAt":"2026-09-01T10:00:00Z"}`,
		helpdesk.StreamAgents:        `{"id":"agt_1","name":"A"}`,
		helpdesk.StreamTeams:         `{"id":"tm_1","name":"T"}`,
	}
	bad := []string{`null`, `7`, `"x"`, `[]`, `{}`, `{"id":{}}`, `{"id":null,"subject":"secret words"}`, `{"id":true}`}
	for stream, row := range good {
		t.Run(string(stream), func(t *testing.T) {
			api := &fakeAPI{t: t, answer: func(q asked) string {
				switch q.operation {
				case "schema":
					return noSchema
				case opHistory:
					return lists(q)
				}
				list := `{"nodes":[` + strings.Join(bad, ",") + "," + row + `],"pageInfo":null}`
				return `{"data":{"conversations":` + list + `,"agents":` + list + `,"teams":` + list + `}}`
			}}
			p, err := New(api, Options{}).Read(t.Context(), stream, helpdesk.Walk{Horizon: deskOpens, Now: deskOpens.Add(4 * time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Records) != 1 || len(p.Skipped) != len(bad) {
				t.Errorf("%d records, %d skipped: %v", len(p.Records), len(p.Skipped), p.Skipped)
			}
			for _, s := range p.Skipped {
				if strings.Contains(s.Err.Error(), "secret") {
					t.Errorf("repeats what it read: %v", s.Err)
				}
			}
		})
	}
}

// FuzzAnswers reads anything as the answer to every question: whatever comes, it
// is a page or a typed error, and no page holds what can't be stored.
func FuzzAnswers(f *testing.F) {
	for _, name := range used {
		f.Add(sample(f, name))
		f.Add(collectortest.In2600(sample(f, name)))
	}
	f.Add([]byte(noSchema))
	f.Add([]byte(describedBy(schemaOf2020)))
	f.Add([]byte(`{"data":{"conversations":{"nodes":[{"id":"cnv_1","number":1,"createdAt":"2026-09-01T10:00:00Z"}]},"events":{"nodes":[` + strings.Join(lifeOf2020, ",") + `]}}}`))
	f.Add([]byte(`{"data":{"changes":{"edges":[` + strings.Join(lifeOf2020, ",") + `]}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !json.Valid(b) {
			return // the client's affair
		}
		api := &fakeAPI{t: &testing.T{}, answer: func(asked) string { return string(b) }}
		c := New(api, Options{})
		w := helpdesk.Walk{Horizon: deskOpens.Add(-time.Hour), Now: deskOpens.Add(4 * time.Hour)}
		check := func(p helpdesk.Page, err error) {
			var e *rest.Error
			var shape *json.UnmarshalTypeError
			if err != nil && !errors.As(err, &e) && !errors.As(err, &shape) { // the fake's own: the client would call it decode
				t.Fatalf("an error without a type: %v", err)
			}
			for _, r := range p.Records {
				collectortest.CheckTimes(t, r)
				if conv, ok := r.(helpdesk.Conversation); ok && (conv.ID == "" || conv.Created.IsZero() || !utf8.ValidString(conv.Labels.Inbox)) {
					t.Fatalf("%+v", conv)
				}
				if m, ok := r.(helpdesk.Message); ok && (m.ID == "" || m.At.IsZero() || m.Author == 0) {
					t.Fatalf("%+v", m)
				}
				if s, ok := r.(helpdesk.StatusChange); ok && (s.ID == "" || s.At.IsZero() || s.Change == 0 || s.Conversation == "") {
					t.Fatalf("%+v", s)
				}
			}
		}
		for _, s := range []helpdesk.Stream{helpdesk.StreamConversations, helpdesk.StreamOpen, helpdesk.StreamAgents, helpdesk.StreamTeams} {
			check(c.Read(t.Context(), s, w))
		}
		check(c.Fetch(t.Context(), []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "1"}}))
	})
}
