package zendesk

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// readOpen reads the next page of the tickets that somebody has to do something
// about: the list of tickets by status, down to the first that is solved. Where
// the order turns out to be another one, the whole list is read.
// https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#list-tickets
func (c *Collector) readOpen(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[sweep](cursorVersion, w.Cursor)
	ask := func(after string) ([]json.RawMessage, string, error) {
		q := url.Values{"sort": {"status"}, "include": {"metric_sets,slas"}}
		return c.list(ctx, "/tickets", "/tickets", "tickets", after, q, rest.Background)
	}
	raw, next, err := ask(st.After)
	if st.After != "" && refused(err) {
		st = sweep{}
		raw, next, err = ask("")
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	var last int64
	if err := c.tellTickets(ctx, raw, &page, &last); err != nil {
		return helpdesk.Page{}, err
	}
	solved := false
	live := page.Records[:0]
	for _, r := range page.Records {
		conv := r.(helpdesk.Conversation)
		if conv.Status.Live() {
			live = append(live, conv)
			st.Disordered = st.Disordered || conv.Status < st.Status || solved
		}
		solved = solved || conv.Status == helpdesk.StatusClosed
		st.Status = conv.Status
	}
	page.Records = live
	st.After = next
	if page.Done = next == "" || solved && !st.Disordered && st.Live; page.Done {
		st = sweep{}
	}
	st.Live = st.Live || len(live) > 0
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

// sweep is the cursor of the open set.
type sweep struct {
	After string `json:"after,omitempty"`
	// Status is that of the last ticket, Live is set once one was in a queue, and
	// Disordered where one of a lower status came after one of a higher.
	Status     helpdesk.Status `json:"status,omitempty"`
	Live       bool            `json:"live,omitempty"`
	Disordered bool            `json:"disordered,omitempty"`
}
