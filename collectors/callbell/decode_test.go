package callbell

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// answers are two: one for lists of contacts and single ones, one for messages.
type answers struct {
	contacts, messages string
	calls              int
}

func (a *answers) Do(_ context.Context, r rest.Request, out any) error {
	if a.calls++; a.calls > 2000 {
		return errors.New("asked for ever")
	}
	body := a.contacts
	if r.Endpoint == contactMessages {
		body = a.messages
	}
	if err := json.Unmarshal([]byte(body), out); err != nil {
		return decodeError(r.Endpoint, errors.New("not JSON"))
	}
	return nil
}

// Whatever the vendor answers, walks end, nothing panics, and what is told has ids
// and times, and no word of a customer's.
func FuzzAnswers(f *testing.F) {
	for _, contacts := range []string{
		sample(f, "contacts_list.json"), sample(f, "contact_get.json"), sample(f, "contact_conversation_close.json"),
		`{"contacts": [{"uuid": "c1", "closedAt": null, "team": [], "tags": 7, "channel": "x", "customFields": [1]}]}`,
		`{"contacts": [{"uuid": 17, "closedAt": "yesterday"}, 4, null, {"uuid": {}}], "meta": {"next": 5, "pages": "many"}}`,
		`{"contacts": [{"uuid": "c1", "closedAt": "2023-12-12 10:56:36 +0100"}], "meta": []}`,
	} {
		for _, messages := range []string{
			sample(f, "contact_messages_list.json"), `{"messages": []}`, `{"messages": [{"createdAt": 12}, {"status": "received"}, []]}`,
			`{"messages": [{"createdAt": "0001-01-01T00:00:00Z", "status": "sent", "uuid": ["a"]}], "meta": {"pages": -1}}`,
		} {
			f.Add(contacts, messages)
			f.Add(string(collectortest.In2600([]byte(contacts))), string(collectortest.In2600([]byte(messages))))
		}
	}
	f.Fuzz(func(t *testing.T, contacts, messages string) {
		api := &answers{contacts: contacts, messages: messages}
		c := New(api, Options{ReopenGrace: time.Minute, BotReplyWithin: time.Second, CSATField: "CSAT"})
		memory := memories{}
		c.Remember(memory)
		for _, s := range []helpdesk.Stream{helpdesk.StreamConversations, helpdesk.StreamOpen, helpdesk.StreamConversations} {
			var cursor []byte
			for range 200 {
				p, err := c.Read(t.Context(), s, helpdesk.Walk{Cursor: cursor, Horizon: began.Add(-time.Hour), Now: began})
				if err != nil {
					break
				}
				memory.apply(p)
				sane(t, p)
				if cursor = p.Cursor; p.Done {
					break
				}
			}
		}
	})
}

func sane(t *testing.T, p helpdesk.Page) {
	t.Helper()
	for _, r := range p.Records {
		collectortest.CheckTimes(t, r)
		if k := keyOf(r); k == "" || strings.ContainsAny(k, " \n\"") {
			t.Errorf("%T has the id %q", r, k)
		}
		switch r := r.(type) {
		case helpdesk.Message:
			if r.At.IsZero() || r.Conversation == "" {
				t.Errorf("%+v", r)
			}
		case helpdesk.Conversation:
			if r.Created.IsZero() || r.Updated.IsZero() || r.Status == 0 {
				t.Errorf("%+v", r)
			}
		case helpdesk.StatusChange:
			if r.At.IsZero() {
				t.Errorf("%+v", r)
			}
		}
	}
}

// TestRowsHaveThePrintsOfEarlierVersions: another print would be a change of each
// contact, and a call for each after an upgrade.
func TestRowsHaveThePrintsOfEarlierVersions(t *testing.T) {
	o := Options{CSATTags: map[string]int{"happy": 5}}
	for row, want := range map[string]uint64{
		`{"uuid": "c1", "closedAt": null}`: 0x289c52ec9b056729,
		`{"uuid": "c2", "closedAt": "2026-03-01T10:00:00.123456Z", "blockedAt": "2026-03-01T11:00:00Z", "source": "whatsapp", "channel": {"uuid": "n", "title": "Sales"},
			"assignedUser": "ana@shop.test", "team": {"uuid": "t", "name": "Billing"}, "tags": ["happy"], "href": "https://dash.callbell.eu/contacts/c2"}`: 0x3642289407fd6c0a,
	} {
		ct := new(contact)
		if err := json.Unmarshal([]byte(row), ct); err != nil {
			t.Fatal(err)
		}
		if got := o.print(ct); got != want {
			t.Errorf("%s: %#x, want %#x", row, got, want)
		}
	}
}

// TestPagesAreToldApart by their rows, whatever is said around these.
func TestPagesAreToldApart(t *testing.T) {
	sums := map[uint64]string{}
	sum := func(rows string) uint64 {
		var list lenient.Rows[message]
		if err := lenient.Unmarshal([]byte(rows), &list); err != nil {
			t.Fatal(err)
		}
		return sumOf(list)
	}
	for _, rows := range []string{
		`[{"uuid": "m1", "status": "sent", "createdAt": "2026-03-01T10:00:00Z", "text": "a"}]`,
		`[{"uuid": "m2", "status": "sent", "createdAt": "2026-03-01T10:00:00Z", "text": "a"}]`,
		`[{"status": "received", "createdAt": "2026-03-01T10:00:00Z", "text": "a"}]`,
		`[{"status": "received", "createdAt": "2026-03-01T10:00:00Z", "text": "b"}]`,
		`[{"status": "received", "createdAt": "2026-03-01T10:00:01Z", "text": "a"}]`,
		`[{"status": "note", "createdAt": "2026-03-01T10:00:00Z", "text": "a"}]`,
		`[{"status": "received", "createdAt": "2026-03-01T10:00:00Z", "text": "a"}, {"status": "received", "createdAt": "2026-03-01T10:00:00Z", "text": "a"}]`,
		`[{"uuid": "m1", "createdAt": {}}]`,
		`[{"uuid": "m2", "createdAt": {}}]`,
	} {
		s := sum(rows)
		if other, twice := sums[s]; twice {
			t.Errorf("%s has the sum of %s", rows, other)
		}
		if s == 0 || s != sum(rows) {
			t.Errorf("%s has no sum of its own", rows)
		}
		sums[s] = rows
	}
	for _, rows := range []string{`[]`, `["no row"]`, `[{"uuid": "m1", "status": "sent"}, 7]`} {
		if s := sum(rows); s != 0 {
			t.Errorf("%s may be any page, but has the sum %#x", rows, s)
		}
	}
}
