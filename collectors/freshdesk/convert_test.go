package freshdesk

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// parse decodes one row as a list has it.
func parse[T any](t *testing.T, s string) *T {
	t.Helper()
	v := new(T)
	if err := json.Unmarshal([]byte(s), v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStatuses(t *testing.T) {
	renamed := names{statuses: map[code]string{
		2: "open", 3: "pending", 4: "resolved", 5: "closed", 6: "waiting on customer", 7: "escalated", 8: "on hold", 9: "in the workshop",
	}}
	for _, tc := range []struct {
		name    string
		names   names
		code    code
		want    helpdesk.Status
		unknown string
	}{
		{"open", names{}, 2, helpdesk.StatusOpen, ""},
		{"pending", names{}, 3, helpdesk.StatusPending, ""},
		{"resolved is the close", names{}, 4, helpdesk.StatusClosed, ""},
		{"closed", names{}, 5, helpdesk.StatusClosed, ""},
		{"waiting on customer", names{}, 6, helpdesk.StatusPending, ""},
		{"waiting on third party", names{}, 7, helpdesk.StatusOnHold, ""},
		{"one of the account's own, whose name is not known", names{}, 8, helpdesk.StatusOpen, "8"},
		{"none", names{}, 0, helpdesk.StatusOpen, "0"},
		{"the account's names, closed", renamed, 5, helpdesk.StatusClosed, ""},
		{"the account's name of a status that was renamed decides", renamed, 7, helpdesk.StatusOpen, "escalated"},
		{"the account's name says what it is", renamed, 8, helpdesk.StatusOnHold, ""},
		{"the account's name says nothing", renamed, 9, helpdesk.StatusOpen, "in the workshop"},
	} {
		got, unknown := tc.names.statusOf(tc.code)
		var want []helpdesk.UnknownValue
		if tc.unknown != "" {
			want = []helpdesk.UnknownValue{{What: "status", Value: tc.unknown}}
		}
		if got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
		compare(t, want, unknown)
	}
}

func TestChannels(t *testing.T) {
	for source, want := range map[string]helpdesk.Channel{
		"1": "email", "2": "contact_form", "3": "phone", "5": "twitter", "6": "facebook", "7": "chat", "9": "contact_form", "10": "email",
		`"7"`: "chat", "13": "other", "1001": "other", "null": "other",
	} {
		row := parse[ticket](t, `{"id":1,"status":2,"source":`+source+`}`)
		conv, unknown := conversation(row, names{}, "")
		if conv.Labels.Channel != want {
			t.Errorf("source %s: %s, want %s", source, conv.Labels.Channel, want)
		}
		if told := len(unknown) == 1; told != (want == "other" && source != "null") {
			t.Errorf("source %s: unknown %v", source, unknown)
		}
	}
}

func TestWhatIsOutOfTheQueues(t *testing.T) {
	for flags, want := range map[string]helpdesk.Exclusion{
		`"spam":false,"deleted":null`: helpdesk.NotExcluded,
		`"spam":true`:                 helpdesk.ExcludedSpam,
		`"deleted":true`:              helpdesk.ExcludedDeleted,
		`"spam":true,"deleted":true`:  helpdesk.ExcludedDeleted,
	} {
		conv, _ := conversation(parse[ticket](t, `{"id":1,"status":2,"source":1,`+flags+`}`), names{}, "")
		if conv.Excluded != want || (conv.Status == helpdesk.StatusExcluded) != (want != helpdesk.NotExcluded) {
			t.Errorf("%s: %v %v, want %v", flags, conv.Status, conv.Excluded, want)
		}
	}
}

func TestStatusChangesFromTheStampsOfARow(t *testing.T) {
	const created = `"created_at":"2026-11-02T09:00:00Z","updated_at":"2026-11-03T09:00:00Z"`
	change := func(id, at string, c helpdesk.Change, to helpdesk.Status) helpdesk.Record {
		x := helpdesk.StatusChange{Key: statusKey(id, at), Conversation: "7", Change: c, To: to}
		if c == helpdesk.ChangeClosed {
			x.By, x.Agent = helpdesk.ActorAgent, "31"
		}
		return x
	}
	closed10 := change("7-20261102100000-closed", "2026-11-02T10:00:00Z", helpdesk.ChangeClosed, helpdesk.StatusClosed)
	reopened11 := change("7-20261102110000-reopened", "2026-11-02T11:00:00Z", helpdesk.ChangeReopened, helpdesk.StatusOpen)
	for _, tc := range []struct {
		name, status, stats string
		want                []helpdesk.Record
	}{
		{"a row without stamps tells nothing", "4", `null`, nil},
		{"a new ticket", "2", `{"status_updated_at":"2026-11-02T09:00:00Z"}`, nil},
		{"resolved", "4", `{"status_updated_at":"2026-11-02T10:00:00Z","resolved_at":"2026-11-02T10:00:00Z"}`, []helpdesk.Record{closed10}},
		{
			"closed by a rule two days after it was resolved: one close, at the resolution", "5",
			`{"status_updated_at":"2026-11-04T10:00:00Z","resolved_at":"2026-11-02T10:00:00Z","closed_at":"2026-11-04T10:00:00Z"}`,
			[]helpdesk.Record{closed10},
		},
		{"closed, never resolved", "5", `{"closed_at":"2026-11-02T10:00:00Z"}`, []helpdesk.Record{closed10}},
		{"closed, only the status tells when", "5", `{"status_updated_at":"2026-11-02T10:00:00Z"}`, []helpdesk.Record{closed10}},
		{
			"reopened, the stamp of the resolution is left", "2",
			`{"status_updated_at":"2026-11-02T11:00:00Z","resolved_at":"2026-11-02T10:00:00Z","reopened_at":"2026-11-02T11:00:00Z"}`,
			[]helpdesk.Record{closed10, reopened11},
		},
		{
			"reopened, the stamp of the resolution is wiped", "2",
			`{"status_updated_at":"2026-11-02T11:00:00Z","reopened_at":"2026-11-02T11:00:00Z"}`,
			[]helpdesk.Record{reopened11},
		},
		{
			"reopened and resolved again", "4",
			`{"status_updated_at":"2026-11-02T12:00:00Z","resolved_at":"2026-11-02T12:00:00Z","reopened_at":"2026-11-02T11:00:00Z"}`,
			[]helpdesk.Record{
				reopened11, change("7-20261102120000-closed", "2026-11-02T12:00:00Z", helpdesk.ChangeClosed, helpdesk.StatusClosed),
			},
		},
		{
			"reopened and closed again, the stamp of the first resolution is left", "5",
			`{"resolved_at":"2026-11-02T10:00:00Z","reopened_at":"2026-11-02T11:00:00Z","closed_at":"2026-11-02T12:00:00Z"}`,
			[]helpdesk.Record{
				closed10, reopened11,
				change("7-20261102120000-closed", "2026-11-02T12:00:00Z", helpdesk.ChangeClosed, helpdesk.StatusClosed),
			},
		},
		{
			"pending", "3", `{"status_updated_at":"2026-11-02T10:00:00Z","pending_since":"2026-11-02T10:00:00Z"}`,
			[]helpdesk.Record{change("7-20261102100000-status", "2026-11-02T10:00:00Z", helpdesk.ChangeStatus, helpdesk.StatusPending)},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			row := parse[ticket](t, `{"id":7,"status":`+tc.status+`,"responder_id":31,`+created+`,"stats":`+tc.stats+`}`)
			compare(t, tc.want, row.changes(names{}))
		})
	}
}

func TestACloseOfWhatNobodyHasIsByNobodyKnown(t *testing.T) {
	row := parse[ticket](t, `{"id":7,"status":4,"stats":{"resolved_at":"2026-11-02T10:00:00Z"}}`)
	compare(t, []helpdesk.Record{helpdesk.StatusChange{
		Key: statusKey("7-20261102100000-closed", "2026-11-02T10:00:00Z"), Conversation: "7",
		Change: helpdesk.ChangeClosed, To: helpdesk.StatusClosed,
	}}, row.changes(names{}))
}

func TestAuthors(t *testing.T) {
	for _, tc := range []struct {
		name, row string
		author    helpdesk.Author
		agent     string
		public    bool
	}{
		{"a reply", `"incoming":false,"private":false,"source":0`, helpdesk.AuthorAgent, "31", true},
		{"a public note", `"incoming":false,"private":false,"source":2`, helpdesk.AuthorAgent, "31", true},
		{"an internal note", `"incoming":false,"private":true,"source":2`, helpdesk.AuthorAgent, "31", false},
		{"a customer's message", `"incoming":true,"private":false,"source":0`, helpdesk.AuthorCustomer, "", true},
		{"the answer of a third party to what was forwarded", `"incoming":true,"private":true,"source":0`, helpdesk.AuthorCustomer, "", false},
		{"an automatic answer", `"incoming":false,"private":false,"source":0,"auto_response":true`, helpdesk.AuthorRule, "", true},
		{"what a rule sends", `"incoming":false,"private":false,"source":0,"automation_id":5`, helpdesk.AuthorRule, "", true},
		{"fields of other shapes", `"incoming":"yes","private":null,"source":"0","auto_response":0`, helpdesk.AuthorAgent, "31", true},
		{"fields that are not there", `"category":3`, helpdesk.AuthorAgent, "31", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, ok := messageOf(parse[message](t, `{"id":8,"ticket_id":7,"user_id":31,"created_at":"2026-11-02T10:00:00Z",`+tc.row+`}`))
			compare(t, helpdesk.Message{
				Key:          helpdesk.Key{ID: "8", At: instant("2026-11-02T10:00:00Z"), Lane: helpdesk.LaneMessages, Seq: 8},
				Conversation: "7", Author: tc.author, Agent: tc.agent, Public: tc.public,
			}, m)
			if !ok {
				t.Error("not taken for a message")
			}
		})
	}
}

func TestTheAnswerToASurveyIsNoMessage(t *testing.T) {
	row := parse[message](t, `{"id":8,"ticket_id":23,"incoming":true,"private":false,"source":6,"created_at":"2022-11-22T15:02:29Z"}`)
	if m, ok := messageOf(row); ok {
		t.Errorf("taken for %+v", m)
	}
}

func TestScores(t *testing.T) {
	for answer, want := range map[string]int{
		"103": 5, "102": 4, "101": 4, "100": 3, "-101": 2, "-102": 2, "-103": 1, "104": -1, "0": -1, "5": -1, "null": 0, `"103"`: 0,
	} {
		r, ok := ratingOf(parse[rating](t, `{"id":1,"ticket_id":7,"created_at":"2026-11-02T10:00:00Z","ratings":{"default_question":`+answer+`}}`))
		switch {
		case ok != (want >= 0):
			t.Errorf("%s: accepted %v", answer, ok)
		case ok && r.Score != want:
			t.Errorf("%s: %d, want %d", answer, r.Score, want)
		case ok && r.Scored.IsZero() != (want == 0):
			t.Errorf("%s: scored at %v", answer, r.Scored)
		}
	}
}

func TestHeadersTellTheLimit(t *testing.T) {
	for _, tc := range []struct {
		total, remaining string
		want             [2]int
		ok               bool
	}{
		{"", "", [2]int{}, false},
		{"200", "", [2]int{}, false},
		{"", "198", [2]int{}, false},
		{"0", "0", [2]int{}, false},
		{"many", "few", [2]int{}, false},
		{"200", "197", [2]int{197, 200}, true},
		{" 200 ", " 0 ", [2]int{0, 200}, true},
		{"200", "-3", [2]int{-3, 200}, true}, // calls beyond the limit wait as well
		{"200", "5000", [2]int{200, 200}, true},
	} {
		h := http.Header{}
		h.Set("X-RateLimit-Total", tc.total)
		h.Set("X-RateLimit-Remaining", tc.remaining)
		r, ok := CallLimit(h)
		if ok != tc.ok || [2]int{r.Remaining, r.Limit} != tc.want {
			t.Errorf("total %q, remaining %q: %d of %d %v", tc.total, tc.remaining, r.Remaining, r.Limit, ok)
		}
	}
}
