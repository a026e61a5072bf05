package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// viewTimes are the fields that a view can be ordered by.
var viewTimes = map[string]func(shown) time.Time{
	"last_message_datetime":          func(t shown) time.Time { return t.s.LastMessage },
	"last_received_message_datetime": func(t shown) time.Time { return t.s.LastReceived },
	"created_datetime":               func(t shown) time.Time { return t.s.Created },
	"updated_datetime":               func(t shown) time.Time { return t.s.Updated },
	"closed_datetime":                func(t shown) time.Time { return t.s.Closed },
	"snooze_datetime":                func(t shown) time.Time { return t.s.SnoozedUntil },
}

// viewItems is the ad-hoc view: a read, though by PUT. Its pages are told apart
// from the other lists' by URLs in meta; the cursor's own row comes again
// unless ignored_item names it.
func (g *gorgias) viewItems(b *Books, r *http.Request) (any, error) {
	var body struct {
		View struct {
			Filters  string `json:"filters"`
			Type     string `json:"type"`
			OrderBy  string `json:"order_by"`
			OrderDir string `json:"order_dir"`
		} `json:"view"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&body); err != nil {
		return nil, badRequest("view", "Not valid JSON.")
	}
	if body.View.Type != "" && body.View.Type != "ticket-list" {
		return nil, badRequest("type", "Not a valid choice.")
	}
	filter, err := parseFilter(body.View.Filters)
	if err != nil {
		return nil, badRequest("filters", err.Error())
	}
	q := r.URL.Query()
	if !q.Has("order_by") && body.View.OrderBy != "" {
		q.Set("order_by", withDirection(body.View.OrderBy, body.View.OrderDir))
	}
	req, err := listRequest(q, viewFields()...)
	if err != nil {
		return nil, err
	}
	return g.viewPage(b, r, q, req, g.filtered(b, body.View.Filters, filter)), nil
}

// viewFields are the fields of viewTimes, the default first.
func viewFields() []string {
	fields := []string{"last_message_datetime"}
	for f := range viewTimes {
		if f != fields[0] {
			fields = append(fields, f)
		}
	}
	return fields
}

func withDirection(field, direction string) string {
	if strings.Contains(field, ":") {
		return field
	}
	if direction == "" {
		direction = "desc"
	}
	return field + ":" + direction
}

// filtered are the tickets of a view. Spam and trash are in none that does not
// ask for them.
func (g *gorgias) filtered(b *Books, filters string, filter func(object) bool) []shown {
	return slices.DeleteFunc(g.shownTickets(b), func(t shown) bool {
		hidden := t.s.Spam && !strings.Contains(filters, "ticket.spam") ||
			!t.s.TrashedAt.IsZero() && !strings.Contains(filters, "ticket.trashed_datetime")
		return hidden || !filter(g.viewRow(b, t))
	})
}

func (g *gorgias) viewPage(b *Books, r *http.Request, q url.Values, req request, tickets []shown) any {
	l := ticketListing(b, tickets, viewTimes[req.field], g.viewRow)
	want := req.limit
	if req.cursor != nil && q.Get("ignored_item") != strconv.FormatInt(req.cursor.id, 10) {
		if req.desc { // the cursor's own row comes again
			req.cursor.id++
		} else {
			req.cursor.id--
		}
	}
	found := l.walk(req.cursor, req.desc, want+1)
	var next any
	if len(found) > want {
		found = found[:want]
		at, id := l.key(found[want-1])
		next = fmt.Sprintf("%s?%s", r.URL.Path, url.Values{
			"cursor": {cursor{"next", at, id}.String()}, "direction": {"next"}, "ignored_item": {strconv.FormatInt(id, 10)},
			"limit": {strconv.Itoa(want)}, "order_by": {withDirection(req.field, map[bool]string{true: "desc", false: "asc"}[req.desc])},
		}.Encode())
	}
	rows := []any{}
	for _, i := range found {
		rows = append(rows, l.row(i))
	}
	var current any
	if s := q.Get("cursor"); s != "" {
		current = s
	}
	return object{"data": rows, "meta": object{"next_items": next, "prev_items": nil, "current_cursor": current}}
}
