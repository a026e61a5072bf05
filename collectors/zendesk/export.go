package zendesk

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

const ticketExport = "/incremental/tickets/cursor"

// longOverlap is how much of exports the walk of a reconcile sweep reads again.
const longOverlap = time.Hour

// exported is the cursor of the export of tickets.
type exported struct {
	// After is the vendor's own cursor, the last that was not null: an empty page
	// at the end has none.
	After string `json:"after,omitempty"`
	// Last is the newest generated_timestamp that was read, from which the export
	// is read again where the vendor refuses the cursor.
	Last int64 `json:"last,omitempty"`
	// Walking is set in the middle of a walk, First in the first one.
	Walking bool `json:"walking,omitempty"`
	First   bool `json:"first,omitempty"`
}

// readExport reads the next page of all tickets that changed in any way.
// https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/#incremental-ticket-export-cursor-based
func (c *Collector) readExport(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[exported](cursorVersion, w.Cursor)
	if !st.Walking {
		st.First = st.Last == 0 && st.After == ""
		st.Walking = true
		if w.Long && st.Last > 0 {
			st.After = ""
		}
	}
	answer, err := c.exportPage(ctx, &st, w)
	if st.After != "" && refused(err) {
		st.After = ""
		answer, err = c.exportPage(ctx, &st, w)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	if err := c.tellTickets(ctx, *answer.Tickets, &page, &st.Last); err != nil {
		return helpdesk.Page{}, err
	}
	repeated := string(answer.After) == st.After
	if answer.After != "" {
		st.After = string(answer.After)
	}
	// Without a new cursor there is no next page, whatever the answer says.
	page.Done = answer.End.V || answer.After == "" || repeated
	if st.First {
		page.Progress = progress(st.Last, w)
	}
	if page.Done {
		st.Walking, st.First, page.Progress = false, false, 1
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

func (c *Collector) exportPage(ctx context.Context, st *exported, w helpdesk.Walk) (*exportPage, error) {
	q := url.Values{"include": {"metric_sets,slas"}}
	if st.After != "" {
		q.Set("cursor", st.After)
	} else {
		from := w.Horizon.Unix()
		if st.Last > 0 {
			from = st.Last - int64(longOverlap/time.Second)
		}
		q.Set("start_time", strconv.FormatInt(startAt(from, w.Now), 10))
	}
	answer := new(exportPage)
	if err := c.export(ctx, ticketExport, q, answer); err != nil {
		return nil, err
	}
	if answer.Tickets == nil {
		return nil, noRows(ticketExport)
	}
	return answer, nil
}

// tellTickets adds tickets to a page, by the names that their groups and brands
// have, and notes the newest of them.
func (c *Collector) tellTickets(ctx context.Context, raw []json.RawMessage, p *helpdesk.Page, last *int64) error {
	rows := make([]ticket, 0, len(raw))
	for _, r := range raw {
		var t ticket
		switch {
		case !lenient.Decode[id]("ticket", r, &t, p):
		case t.ID == "":
			lenient.Skip(p, "id", "ticket", t.ID)
		case t.Created.IsZero():
			lenient.Skip(p, "time", "ticket", t.ID)
		default:
			rows = append(rows, t)
		}
		if !t.Generated.IsZero() {
			*last = max(*last, t.Generated.Unix())
		}
	}
	if err := c.knowNames(ctx, rows); err != nil {
		return err
	}
	if err := c.knowHolders(ctx, rows); err != nil {
		return err
	}
	for i := range rows {
		conv, unknown := conversation(&rows[i], c.dir.names, c.base)
		if c.dir.role(conv.Agent) == roleBot { // what a bot has, no agent has
			conv.Agent = ""
		}
		p.Records = append(p.Records, conv)
		p.AddUnknown(unknown...)
	}
	return nil
}
