package intercom

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

func TestTimesAreReadHoweverTheyArePrinted(t *testing.T) {
	want := unix(1710755503)
	for s, off := range map[string]time.Duration{
		`1710755503`:                      0,
		`1710755503.9`:                    0,
		`"1710755503"`:                    0,
		`1710755503250`:                   250 * time.Millisecond,
		`"2024-03-18T09:51:43.000Z"`:      0,
		`"2024-03-18T09:51:43.250+00:00"`: 250 * time.Millisecond,
		`"2024-03-18T10:51:43+01:00"`:     0,
		`" 2024-03-18T09:51:43Z "`:        0,
	} {
		var got stamp
		if err := json.Unmarshal([]byte(s), &got); err != nil || got.bad || !got.Equal(want.Add(off)) || got.Location() != time.UTC {
			t.Errorf("%s is %v, %v", s, got, err)
		}
	}
	for _, s := range []string{`null`, `0`, `""`, `"0"`} {
		var got stamp
		if err := json.Unmarshal([]byte(s), &got); err != nil || got.bad || !got.IsZero() {
			t.Errorf("%s is %v, %v: no time was told", s, got, err)
		}
	}
	for _, s := range []string{`"yesterday"`, `-5`, `1e300`, `"0001-01-01T00:00:00Z"`, `true`, `{}`, `[1]`} {
		var got stamp
		if err := json.Unmarshal([]byte(s), &got); err != nil || !got.bad {
			t.Errorf("%s is %v, %v", s, got, err)
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
		var nobody ref
		if err := json.Unmarshal([]byte(s), &nobody); err != nil || nobody != "" {
			t.Errorf("%s is held by %q, %v", s, nobody, err)
		}
	}
	for _, s := range []string{`null`, `0`, `"0"`, `""`} {
		var nobody ref
		if err := json.Unmarshal([]byte(s), &nobody); err != nil || nobody != "" {
			t.Errorf("%s is held by %q, %v", s, nobody, err)
		}
	}
}

func TestABadRowIsSkippedAndTheOthersAreRead(t *testing.T) {
	bad := []string{`null`, `7`, `"x"`, `[]`, `{}`, `{"id":{}}`, `{"id":null,"title":"secret words"}`, `{"id":true}`, `{"id":"5","type":[{}],"name":[{}]}`}
	for stream, c := range map[helpdesk.Stream]struct{ path, list, row string }{
		helpdesk.StreamConversations: {searchPath, "conversations", `{"id":"1","updated_at":1788256800}`},
		helpdesk.StreamOpen:          {searchPath, "conversations", `{"id":"1","created_at":1788256800}`},
		helpdesk.StreamAgents:        {"/admins", "admins", `{"id":"1","name":"A"}`},
		helpdesk.StreamTeams:         {"/teams", "teams", `{"id":1,"name":"T"}`},
	} {
		t.Run(string(stream), func(t *testing.T) {
			api := newFake(t)
			api.conversations = []object{ticked(1, ago(time.Hour))}
			delete(api.conversations[0], "source")
			api.raw[c.path] = `{"` + c.list + `":[` + strings.Join(bad, ",") + "," + c.row + `],"pages":null}`
			p, err := New(api).Read(t.Context(), stream, at(0))
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

func TestABadPartIsSkippedAndTheOthersAreRead(t *testing.T) {
	api := newFake(t)
	api.raw["/conversations/7"] = `{"id":"7","created_at":1788256800,"updated_at":1788256800,"state":"closed","conversation_parts":{"conversation_parts":[
		null, 7, {"id":{}}, {"id":"1","part_type":"close","created_at":"soon"}, {"part_type":"close","created_at":1788256800},
		{"id":"2","part_type":"close","created_at":1788256801,"body":"secret words"}]}}`
	p := fetch(t, api, whole("7"))
	compare(t, []string{"2", "7"}, collectortest.IDs([]helpdesk.Page{p}))
	var reasons []string
	for _, s := range p.Skipped {
		reasons = append(reasons, s.Reason+": "+s.Err.Error())
	}
	compare(t, []string{
		`id: part of conversation "7": missing or unreadable: id`,
		`decode: part "": not the expected JSON `,
		`decode: part "": not the expected JSON id`,
		`time: part "1": missing or unreadable: time`,
		`id: part of conversation "7": missing or unreadable: id`,
	}, reasons)
}

func TestAnUnknownValueIsReportedOnceAPage(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 5; v++ {
		o := ticked(v, ago(time.Hour), comment(v*10, "alien", ago(time.Hour)))
		o["source"].(object)["type"], o["state"] = "pigeon", "floating"
		api.conversations = append(api.conversations, o)
	}
	p, err := New(api).Read(t.Context(), helpdesk.StreamConversations, at(0))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.UnknownValue{
		{What: "status", Value: "floating"}, {What: "channel", Value: "pigeon"}, {What: "author", Value: "alien"},
	}, p.Unknown)
}

// FuzzConversation feeds any JSON as a conversation, a row of the search, a part
// and a row of the directory: nothing panics, no record is without an id, a
// conversation or a time, and a page of it is no loop.
func FuzzConversation(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "samples", "*conversation*.json"))
	if err != nil || len(files) == 0 {
		f.Fatal("no samples: ", err)
	}
	for _, file := range files {
		f.Add([]byte(sample(f, strings.TrimSuffix(filepath.Base(file), ".json"))))
	}
	f.Add([]byte(`{"id":7,"created_at":1,"updated_at":2,"state":"closed","conversation_parts":{"total_count":501,"conversation_parts":[
		{"id":1,"part_type":"merged_primary_conversation","created_at":3}]},"statistics":{"first_admin_reply_at":2}}`))
	f.Add([]byte(`{"id":"7","created_at":19880899200,"updated_at":"2600-01-01T00:00:00Z","state":"open","statistics":{"last_close_at":19880899200}}`)) // the year 2600
	f.Fuzz(func(t *testing.T, input []byte) {
		if !json.Valid(input) {
			return
		}
		for _, raw := range []json.RawMessage{
			input, json.RawMessage(`{"id":"7","created_at":1788256800,"conversation_parts":{"conversation_parts":[` + string(input) + `]}}`),
		} {
			var p helpdesk.Page
			single(raw, testNames, &p)
			for _, r := range p.Records {
				collectortest.CheckRecord(t, r)
			}
		}
		api := newFake(t)
		api.raw[searchPath] = `{"conversations":[` + string(input) + `],"pages":{"next":` + string(input) + `}}`
		api.raw["/admins"], api.raw["/teams"] = `{"admins":[`+string(input)+`]}`, `{"teams":[`+string(input)+`]}`
		api.raw[deletedPath], api.raw["/me"] = `{"conversations":[`+string(input)+`]}`, string(input)
		c := New(api)
		for _, s := range c.Profile().Streams {
			p, err := c.Read(t.Context(), s.Stream, helpdesk.Walk{Now: now, Horizon: now.Add(-time.Hour), Cursor: []byte(`{"died":1,"high":1,"done":1}`)})
			if err != nil {
				continue // a next page that can't be read
			}
			for _, r := range p.Records {
				collectortest.CheckRecord(t, r)
			}
			for _, w := range p.Wants {
				if w.ID == "" || !lenient.IsWord(w.ID) {
					t.Errorf("want %+v", w)
				}
			}
		}
	})
}
