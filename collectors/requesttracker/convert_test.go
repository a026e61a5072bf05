package requesttracker

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// The whole first ticket of the samples: mail, take, reply, mail, note, reply
// and close, mail that reopens, close, custom fields.
func TestHistorySampleIsToldInFull(t *testing.T) {
	r := teamOf(Options{ChannelField: "Channel", CSATField: "CSAT", RejectIsClose: true})
	row, err := ticketOf(rowOf[ticket](t, sample(t, "ticket_1_resolved_csat.json")))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range sampleTransactions(t, "history_ticket_1_reader.json") {
		rec, unknown, err := r.event(&x, row)
		if err != nil || len(unknown) > 0 {
			t.Fatalf("transaction %s: %v %v", x.ID, unknown, err)
		}
		switch e := rec.(type) {
		case helpdesk.Message:
			got = append(got, fmt.Sprintf("%s %s message author=%d agent=%q public=%v", e.ID, e.At.Format("15:04:05"), e.Author, e.Agent, e.Public))
		case helpdesk.StatusChange:
			got = append(got, fmt.Sprintf("%s %s change=%d to=%s by=%d agent=%q", e.ID, e.At.Format("15:04:05"), e.Change, e.To, e.By, e.Agent))
		case helpdesk.Assignment:
			got = append(got, fmt.Sprintf("%s %s held by %s %q", e.ID, e.At.Format("15:04:05"), e.To, e.Agent))
		case helpdesk.Relabel:
			got = append(got, fmt.Sprintf("%s %s %s %q -> %q", e.ID, e.At.Format("15:04:05"), e.Label, e.From, e.To))
		case helpdesk.Rating:
			got = append(got, fmt.Sprintf("rating of %s: %d at %s", e.ID, e.Score, e.Scored.Format("15:04:05")))
		}
	}
	want := []string{
		`50 17:59:21 message author=1 agent="" public=true`,
		`54 17:59:24 held by agent "29"`,
		`56 17:59:24 message author=2 agent="29" public=true`,
		`58 17:59:24 change=1 to=open by=2 agent=""`,
		`60 17:59:26 message author=1 agent="" public=true`,
		`63 17:59:27 message author=2 agent="31" public=false`,
		`64 17:59:28 message author=2 agent="29" public=true`,
		`67 17:59:28 change=2 to=closed by=1 agent="29"`,
		`69 17:59:29 message author=1 agent="" public=true`,
		`71 17:59:29 change=3 to=open by=2 agent=""`,
		`73 17:59:30 change=2 to=closed by=1 agent="31"`,
		`rating of 1: 4 at 17:59:30`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}

const (
	alice  = `{"type":"user","id":29,"_url":"http://rt/REST/2.0/user/alice"}`
	carol  = `{"type":"user","id":39,"_url":"http://rt/REST/2.0/user/carol@customer.test"}`
	cc     = `{"type":"user","id":40,"_url":"http://rt/REST/2.0/user/cc@customer.test"}`
	system = `{"type":"user","id":1,"_url":"http://rt/REST/2.0/user/RT_System"}`
	robot  = `{"type":"user","id":50,"_url":"http://rt/REST/2.0/user/Robot"}`
	ghost  = `{"type":"user","id":60,"_url":"http://rt/REST/2.0/user/ghost"}`
)

func ticketBy(t *testing.T, creator, requestor, more string) *ticket {
	t.Helper()
	row, err := ticketOf(rowOf[ticket](t, []byte(`{"id":"7","type":"ticket","Type":"ticket","Status":"open","Queue":{"id":"1","Name":"General","Lifecycle":"default"},
		"Owner":{"type":"user","id":6,"_url":"http://rt/REST/2.0/user/Nobody"},"Created":"2026-11-21T09:00:00Z","LastUpdated":"2026-11-21T09:00:00Z",
		"Resolved":"1970-01-01T00:00:00Z","Creator":`+creator+`,"Requestor":[`+requestor+`]`+more+`}`)))
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func row(t *testing.T, kind, field, from, to, creator string) *transaction {
	t.Helper()
	q := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	x := transactionOf(rowOf[transaction](t, []byte(`{"type":"transaction","id":"100","ObjectId":"7","Type":`+q(kind)+`,"Field":`+q(field)+
		`,"OldValue":`+q(from)+`,"NewValue":`+q(to)+`,"Created":"2026-11-21T10:00:00Z","Creator":`+creator+`}`)))
	if x.bad != nil {
		t.Fatal(x.bad)
	}
	return &x
}

func knowing(o Options) reader {
	r := teamOf(o)
	r.dir.remember("40", user{number: "40", name: "cc@customer.test"})
	r.dir.remember("60", user{}) // gone
	r.dir.remember("50", user{number: "50", name: "Robot", privileged: true, bot: r.dir.bots["robot"]})
	return r
}

func TestWhoWroteAMessage(t *testing.T) {
	for _, tc := range []struct {
		name               string
		creator, requestor string
		bots               []string
		author             helpdesk.Author
		actor              helpdesk.Actor
		agent              string
	}{
		{"the requestor", carol, carol, nil, helpdesk.AuthorCustomer, helpdesk.ActorCustomer, ""},
		{"an agent", alice, carol, nil, helpdesk.AuthorAgent, helpdesk.ActorAgent, "29"},
		{"an agent in a ticket of his own", alice, alice, nil, helpdesk.AuthorCustomer, helpdesk.ActorCustomer, ""},
		{"a customer in copy", cc, carol, nil, helpdesk.AuthorCustomer, helpdesk.ActorCustomer, ""},
		{"an agent in a ticket without a requestor", alice, "", nil, helpdesk.AuthorAgent, helpdesk.ActorAgent, "29"},
		{"RT itself", system, carol, nil, helpdesk.AuthorRule, helpdesk.ActorAutomation, ""},
		{"a configured bot", robot, carol, []string{"Robot"}, helpdesk.AuthorBot, helpdesk.ActorAutomation, "50"},
		{"a bot that nobody configured", robot, carol, nil, helpdesk.AuthorAgent, helpdesk.ActorAgent, "50"},
		{"a user who is gone", ghost, carol, nil, helpdesk.AuthorCustomer, helpdesk.ActorCustomer, ""},
		{"a requestor whom the row names only", carol, `{"type":"user","id":"carol@customer.test","_url":"http://rt/REST/2.0/user/carol@customer.test"}`, nil, helpdesk.AuthorCustomer, helpdesk.ActorCustomer, ""},
		{"an agent, where a group is the requestor", alice, `{"type":"group","id":"29","_url":"http://rt/REST/2.0/group/29"}`, nil, helpdesk.AuthorAgent, helpdesk.ActorAgent, "29"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := knowing(Options{Bots: tc.bots})
			tk := ticketBy(t, carol, tc.requestor, "")
			for kind, public := range map[string]bool{"Create": true, "Correspond": true, "Comment": false} {
				got, _, err := r.event(row(t, kind, "", "", "", tc.creator), tk)
				want := helpdesk.Message{
					Key:          helpdesk.Key{ID: "100", At: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), Seq: 100},
					Conversation: "7", Author: tc.author, Agent: tc.agent, Public: public,
				}
				if d := cmp.Diff(helpdesk.Record(want), got); d != "" || err != nil {
					t.Errorf("%s: %v (-want +got):\n%s", kind, err, d)
				}
			}
			got, _, _ := r.event(row(t, "Status", "Status", "open", "resolved", tc.creator), tk)
			if s := got.(helpdesk.StatusChange); s.By != tc.actor || s.Agent != tc.agent {
				t.Errorf("closed by %d %q", s.By, s.Agent)
			}
		})
	}
}

func TestStatusChanges(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		change   helpdesk.Change
		status   helpdesk.Status
		excluded helpdesk.Exclusion
		rejected bool // RejectIsClose
		unknown  int
	}{
		{"new", "open", helpdesk.ChangeStatus, helpdesk.StatusOpen, 0, true, 0},
		{"open", "stalled", helpdesk.ChangeStatus, helpdesk.StatusOnHold, 0, true, 0},
		{"open", "resolved", helpdesk.ChangeClosed, helpdesk.StatusClosed, 0, true, 0},
		{"new", "rejected", helpdesk.ChangeClosed, helpdesk.StatusClosed, 0, true, 0},
		{"new", "rejected", helpdesk.ChangeExcluded, helpdesk.StatusExcluded, helpdesk.ExcludedSpam, false, 0},
		{"rejected", "open", helpdesk.ChangeReopened, helpdesk.StatusOpen, 0, true, 0},
		{"rejected", "open", helpdesk.ChangeRestored, helpdesk.StatusOpen, 0, false, 0},
		{"resolved", "open", helpdesk.ChangeReopened, helpdesk.StatusOpen, 0, true, 0},
		{"resolved", "deleted", helpdesk.ChangeExcluded, helpdesk.StatusExcluded, helpdesk.ExcludedDeleted, true, 0},
		{"deleted", "open", helpdesk.ChangeRestored, helpdesk.StatusOpen, 0, true, 0},
		{"open", "waiting vendor", helpdesk.ChangeStatus, helpdesk.StatusOpen, 0, true, 0},
		{"waiting vendor", "archived", helpdesk.ChangeClosed, helpdesk.StatusClosed, 0, true, 0},
		{"archived", "Open", helpdesk.ChangeReopened, helpdesk.StatusOpen, 0, true, 0},
		{"resolved", "archived", helpdesk.ChangeClosed, helpdesk.StatusClosed, 0, true, 0},
		{"open", "unheard of", helpdesk.ChangeStatus, helpdesk.StatusOpen, 0, true, 1},
	} {
		t.Run(fmt.Sprintf("%s to %s, rejected is a close: %v", tc.from, tc.to, tc.rejected), func(t *testing.T) {
			r := knowing(Options{RejectIsClose: tc.rejected})
			r.dir.statuses[statusKey{"default", "waiting vendor"}] = active
			r.dir.statuses[statusKey{"default", "archived"}] = inactive
			r.dir.statuses[statusKey{"other", "unheard of"}] = inactive
			rec, unknown, _ := r.event(row(t, "Status", "Status", tc.from, tc.to, alice), ticketBy(t, carol, carol, ""))
			want := helpdesk.StatusChange{
				Key:          helpdesk.Key{ID: "100", At: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), Seq: 100},
				Conversation: "7", Change: tc.change, To: tc.status, Excluded: tc.excluded, By: helpdesk.ActorAgent, Agent: "29",
			}
			if d := cmp.Diff(helpdesk.Record(want), rec); d != "" || len(unknown) != tc.unknown {
				t.Errorf("unknown %v (-want +got):\n%s", unknown, d)
			}
		})
	}
}

func TestOtherEvents(t *testing.T) {
	key := helpdesk.Key{ID: "100", At: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), Seq: 100}
	label := func(n helpdesk.LabelName, from, to string) helpdesk.Record {
		return helpdesk.Relabel{Key: key, Conversation: "7", Label: n, From: from, To: to}
	}
	for _, tc := range []struct {
		name, kind, field, from, to string
		want                        helpdesk.Record
		unknown                     []helpdesk.UnknownValue
		err                         error
	}{
		{name: "an owner change", kind: "Set", field: "Owner", from: "6", to: "29", want: helpdesk.Assignment{Key: key, Conversation: "7", To: helpdesk.HolderAgent, Agent: "29"}},
		{name: "its double is nothing", kind: "SetWatcher", field: "Owner", from: "6", to: "29"},
		{name: "back to nobody is back to the queue", kind: "Set", field: "Owner", from: "29", to: "6", want: helpdesk.Assignment{Key: key, Conversation: "7", To: helpdesk.HolderTeam}},
		{name: "to a bot", kind: "Set", field: "Owner", from: "29", to: "50", want: helpdesk.Assignment{Key: key, Conversation: "7", To: helpdesk.HolderBot, Agent: "50"}},
		{name: "to another queue", kind: "Set", field: "Queue", from: "1", to: "3", want: label(helpdesk.LabelTeam, "General", "Billing")},
		{name: "to a queue out of sight", kind: "Set", field: "Queue", from: "1", to: "9", want: label(helpdesk.LabelTeam, "General", "9")},
		{name: "a priority", kind: "Set", field: "Priority", from: "0", to: "50", want: label(helpdesk.LabelPriority, "0", "50")},
		{name: "a deadline is nothing", kind: "Set", field: "Due", from: "1970-01-01 00:00:00", to: "2026-11-21 21:59:32"},
		{name: "a channel", kind: "CustomField", field: "2", from: "Email", to: "Phone", want: label(helpdesk.LabelChannel, "email", "phone")},
		{name: "no channel any more", kind: "CustomField", field: "2", from: "Phone", to: "", want: label(helpdesk.LabelChannel, "phone", "email")},
		{
			name: "a value that is no channel: e-mail", kind: "CustomField", field: "2", from: "Phone", to: "Web", want: label(helpdesk.LabelChannel, "phone", "email"),
			unknown: []helpdesk.UnknownValue{{What: "channel", Value: "Web"}},
		},
		{
			name: "from one value of a channel to another", kind: "CustomField", field: "2", from: "Email", to: "Web",
			unknown: []helpdesk.UnknownValue{{What: "channel", Value: "Web"}},
		},
		{name: "another custom field", kind: "CustomField", field: "4", from: "", to: "vpn"},
		{name: "a rating", kind: "CustomField", field: "3", from: "", to: "5", want: helpdesk.Rating{ID: "7", Conversation: "7", Scored: key.At, Score: 5}},
		{name: "a corrected rating is no second one", kind: "CustomField", field: "3", from: "5", to: "1"},
		{name: "a rating taken back", kind: "CustomField", field: "3", from: "5", to: ""},
		{name: "a rating that corrects nonsense", kind: "CustomField", field: "3", from: "good", to: "4", want: helpdesk.Rating{ID: "7", Conversation: "7", Scored: key.At, Score: 4}},
		{name: "a rating of 6", kind: "CustomField", field: "3", from: "", to: "6", err: errScore},
		{name: "a rating of 4.5", kind: "CustomField", field: "3", from: "", to: "4.5", err: errScore},
		{
			name: "merged away", kind: "AddLink", field: "MergedInto", to: "fsck.com-rt://example.test/ticket/6",
			want: helpdesk.StatusChange{Key: key, Conversation: "7", Change: helpdesk.ChangeExcluded, To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedMerged, By: helpdesk.ActorAgent, Agent: "29"},
		},
		{name: "merged into this one", kind: "AddLink", field: "MergedInto", to: "fsck.com-rt://example.test/ticket/7"},
		{name: "a link", kind: "AddLink", field: "RefersTo", to: "fsck.com-rt://example.test/ticket/6"},
		{name: "RT's own mail", kind: "EmailRecord"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := knowing(Options{ChannelField: "CHANNEL", CSATField: "CSAT", Bots: []string{"robot"}})
			r.dir.fields["3"] = "csat" // learned from another ticket
			tk := ticketBy(t, carol, carol, `,"CustomFields":[{"id":"2","name":"Channel","values":[]},{"id":"4","name":"Tags","values":["vpn"]}]`)
			got, unknown, err := r.event(row(t, tc.kind, tc.field, tc.from, tc.to, alice), tk)
			if d := cmp.Diff(tc.want, got); d != "" || err != tc.err {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
			if d := cmp.Diff(tc.unknown, unknown); d != "" {
				t.Errorf("unknown (-want +got):\n%s", d)
			}
		})
	}
}

func TestChannelOfARow(t *testing.T) {
	for _, tc := range []struct {
		field, fields string
		want          helpdesk.Channel
		unknown       []helpdesk.UnknownValue
	}{
		{"", `,"CustomFields":[{"id":"2","name":"Channel","values":["Phone"]}]`, "email", nil},
		{"Channel", `,"CustomFields":[{"id":"2","name":"Channel","values":[" WhatsApp "]}]`, "whatsapp", nil},
		{"Channel", `,"CustomFields":[{"id":"2","name":"Channel","values":[]}]`, "email", nil},
		{"Channel", `,"CustomFields":""`, "email", nil},
		{"Channel", `,"CustomFields":[{"id":"2","name":"Channel","values":["Web"]}]`, "email", []helpdesk.UnknownValue{{What: "channel", Value: "Web"}}},
		{"Channel", `,"CustomFields":[{"id":"2","name":"Channel","values":[{"content_type":"image/png"}]}]`, "email", nil},
	} {
		c, unknown := knowing(Options{ChannelField: tc.field}).conversation(ticketBy(t, carol, carol, tc.fields))
		if c.Labels.Channel != tc.want {
			t.Errorf("%q%s: channel %s, not %s", tc.field, tc.fields, c.Labels.Channel, tc.want)
		}
		if d := cmp.Diff(tc.unknown, unknown); d != "" {
			t.Errorf("%q%s: unknown (-want +got):\n%s", tc.field, tc.fields, d)
		}
	}
}
