package gorgias

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// openFilters are the ad-hoc views that make up the open set: what is open, and
// what is snoozed, which the vendor counts as closed.
var openFilters = []string{
	`eq(ticket.status, "open")`,
	`isNotEmpty(ticket.snooze_datetime)`,
}

const viewItems = "/api/views/{id}/items"

// sweep is the cursor of the open set.
type sweep struct {
	View    int    `json:"view,omitempty"` // index of the view that is being read
	Ignored string `json:"ignored,omitempty"`
	Place   place  `json:"place"`
}

// readOpen reads the next page of the open set. Both views are read by the date
// of creation, which never changes, so that rows that come and go during the
// sweep shift nothing.
func (c *Collector) readOpen(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[sweep](cursorVersion, w.Cursor)
	if st.View >= len(openFilters) || st.View < 0 {
		st = sweep{}
	}
	raw, next, err := c.viewItems(ctx, &st)
	if st.Place.Page == "" && badRequest(err) {
		// The documentation writes words in single quotes, the vendor's own views in double ones.
		c.quoted = !c.quoted
		raw, next, err = c.viewItems(ctx, &st)
	}
	if again(err, &st.Place, w.Now) {
		st.Ignored = ""
		raw, next, err = c.viewItems(ctx, &st)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	rows, err := c.ticketRows(ctx, raw, &page, func(t *ticket) stamp { return t.Created })
	if err != nil {
		return helpdesk.Page{}, err
	}
	for _, r := range rows {
		if r.rec != nil {
			page.Records = append(page.Records, r.rec)
		}
	}
	ended, err := st.Place.advance(rows, len(raw), next.cursor, true)
	if err != nil {
		return helpdesk.Page{}, loops(viewItems)
	}
	st.Ignored = next.ignored
	if ended {
		st = sweep{View: st.View + 1}
	}
	if page.Done = st.View == len(openFilters); page.Done {
		st = sweep{}
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

// item is a position in a view.
type item struct{ cursor, ignored string }

// viewItems reads a page of a view that is not saved: it changes nothing,
// although it is a PUT.
// https://developers.gorgias.com/reference/search-view-items
func (c *Collector) viewItems(ctx context.Context, st *sweep) ([]json.RawMessage, item, error) {
	q := query(oldestFirst, st.Place.Page)
	if st.Place.Page != "" {
		q.Set("direction", "next")
		if st.Ignored != "" {
			q.Set("ignored_item", st.Ignored)
		}
	}
	var answer struct {
		Data *[]json.RawMessage `json:"data"`
		Meta maybe[struct {
			Next text `json:"next_items"`
		}] `json:"meta"`
	}
	err := c.api.Do(ctx, rest.Request{
		Method: http.MethodPut, Endpoint: viewItems, Path: "/api/views/0/items", Query: q,
		Body:     viewBody(c.filters(st.View)),
		Priority: rest.Background,
	}, &answer)
	if err != nil {
		return nil, item{}, err
	}
	if answer.Data == nil {
		return nil, item{}, noRows(viewItems)
	}
	next, err := nextItems(string(answer.Meta.V.Next))
	return *answer.Data, next, err
}

// filters are those of a view, as the vendor takes them.
func (c *Collector) filters(view int) string {
	if c.quoted {
		return strings.ReplaceAll(openFilters[view], `"`, "'")
	}
	return openFilters[view]
}

func viewBody(filters string) map[string]any {
	return map[string]any{"view": map[string]any{
		"filters": filters, "type": "ticket-list", "order_by": "created_datetime", "order_dir": "asc",
	}}
}

// nextItems takes the position of the next page out of the link to it. The link
// itself is not followed: its host is nobody's promise.
func nextItems(link string) (item, error) {
	if link == "" {
		return item{}, nil
	}
	u, err := url.Parse(link)
	if err == nil {
		q := u.Query()
		if next := (item{q.Get("cursor"), q.Get("ignored_item")}); next.cursor != "" && lenient.IsWord(next.ignored) {
			return next, nil
		}
	}
	return item{}, rest.BadAnswer(viewItems, errors.New("the link to the next page has no cursor"))
}
