package zendesk

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// exportPages answers with one page of the export of tickets after the other, and
// notes from where each was asked for.
type exportPages struct {
	pages []string
	asked []string
}

// Do implements rest.Doer.
func (e *exportPages) Do(_ context.Context, r rest.Request, out any) error {
	if r.Endpoint != ticketExport { // names: there are none
		return json.Unmarshal([]byte(`{"users":[],"groups":[],"brands":[]}`), out)
	}
	e.asked = append(e.asked, r.Query.Get("cursor")+r.Query.Get("start_time"))
	page := e.pages[0]
	e.pages = e.pages[1:]
	return json.Unmarshal([]byte(page), out)
}

// A ticket that the system changes is exported again, and its updated_at stays as
// it was: the place in the export is the vendor's cursor, never a stamp of a row.
func TestFailure3TheExportGoesOnFromItsCursorWhateverTheStampsOfItsRowsAre(t *testing.T) {
	e := &exportPages{pages: []string{
		`{"tickets":[{"id":1,"created_at":"2026-05-01T08:00:00Z","updated_at":"2026-05-01T12:00:00Z","generated_timestamp":1777636800}],
			"after_cursor":"one","end_of_stream":false}`,
		`{"tickets":[{"id":2,"created_at":"2026-05-01T08:00:00Z","updated_at":"2026-05-01T09:00:00Z","generated_timestamp":1777640400}],
			"after_cursor":"two","end_of_stream":true}`,
		`{"tickets":[{"id":3,"created_at":"2026-05-01T08:00:00Z","updated_at":"2026-05-01T10:00:00Z","generated_timestamp":1777640400}],
			"after_cursor":"three","end_of_stream":true}`,
		`{"tickets":[],"after_cursor":null,"end_of_stream":true}`,
		`{"tickets":[{"id":1,"created_at":"2026-05-01T08:00:00Z","updated_at":"2026-05-01T12:00:00Z","generated_timestamp":1777644000}],
			"after_cursor":"five","end_of_stream":true}`,
	}}
	c := New(e, Options{})
	w := helpdesk.Walk{Horizon: instant("2026-05-01T00:00:00Z"), Now: instant("2026-05-01T14:00:00Z")}
	var read []string
	for range 5 {
		p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			read = append(read, r.(helpdesk.Conversation).ID)
		}
		w.Cursor = p.Cursor
	}
	compare(t, []string{"1", "2", "3", "1"}, read)
	compare(t, []string{"1777593600", "one", "two", "three", "three"}, e.asked)
}
