package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// What was deleted is in no search, and has a list of its own.
// https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations
const (
	deletedPath  = "/conversations/deleted"
	deletedSize  = 60 // rows, the most that a page has
	deletedPages = 20 // the most that are read at once: the sweep finds the others
)

// readDeleted adds to a page what was deleted since the last walk began, each once.
// What fails here is asked for again by the next walk: the search tells whether
// the helpdesk can be read.
func (c *Collector) readDeleted(ctx context.Context, st *changes, w helpdesk.Walk, page *helpdesk.Page) {
	if w.Long {
		c.noDeleted = false // rights and plans change
	}
	if st.Died == 0 { // what was gone before the first walk was never known
		st.Died = st.Began
		return
	}
	if c.noDeleted {
		return
	}
	overlap := int64(shortOverlap)
	if w.Long {
		overlap = longOverlap
	}
	rows, err := c.deletedSince(ctx, st.Died-overlap)
	if err != nil {
		return
	}
	for _, d := range rows {
		at := d.Deleted.Unix()
		if at < st.Died-overlap || st.Buried.has(string(d.ID), at) {
			continue
		}
		st.Buried = append(st.Buried, seen{string(d.ID), at})
		page.Records = append(page.Records, deletionOf(string(d.ID), d.Deleted.Time))
	}
	st.Died = max(st.Died, st.Began)
	st.Buried = st.Buried.keep(st.Died - longOverlap)
}

// deletedSince reads the list, newest first, back to a second.
func (c *Collector) deletedSince(ctx context.Context, from int64) ([]deletion, error) {
	c.dead = map[string]time.Time{}
	var rows []deletion
	for n := 1; n <= deletedPages; n++ {
		page, more, err := c.deletedPage(ctx, n)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page...)
		if !more || len(page) == 0 {
			break
		}
		first, last := page[0].Deleted, page[len(page)-1].Deleted
		if last.Unix() < from && !first.Before(last.Time) {
			break
		}
	}
	return rows, nil
}

// deletedPage reads one page of the list, and remembers who is in it. A workspace
// without the list is not asked again before the next sweep.
func (c *Collector) deletedPage(ctx context.Context, n int) (rows []deletion, more bool, err error) {
	var answer struct {
		Rows  maybe[[]json.RawMessage] `json:"conversations"`
		Pages maybe[struct {
			Next  json.RawMessage `json:"next"`
			Total maybe[int]      `json:"total_pages"`
		}] `json:"pages"`
	}
	r := newRequest(rest.Request{
		Endpoint: deletedPath, Path: deletedPath, Priority: rest.Clocks,
		Query: url.Values{"per_page": {strconv.Itoa(deletedSize)}, "order": {"desc"}, "page": {strconv.Itoa(n)}},
	})
	if err := c.api.Do(ctx, r, &answer); err != nil {
		c.noDeleted = c.noDeleted || unavailable(err)
		return nil, false, err
	}
	for _, raw := range answer.Rows.V {
		var d deletion
		if lenient.Unmarshal(raw, &d) == nil && d.ID != "" && !d.Deleted.IsZero() {
			rows = append(rows, d)
			c.dead[string(d.ID)] = d.Deleted.Time
		}
	}
	next := string(answer.Pages.V.Next)
	return rows, next != "" && next != "null" && next != `""` || n < answer.Pages.V.Total.V, nil
}

// diedAt is when a conversation that is not there any more was deleted, as far as
// the newest page of the list tells.
func (c *Collector) diedAt(ctx context.Context, v string) (at time.Time, found bool) {
	if at, found = c.dead[v]; found || c.noDeleted {
		return at, found
	}
	c.dead = map[string]time.Time{}
	if _, _, err := c.deletedPage(ctx, 1); err != nil {
		return at, false
	}
	at, found = c.dead[v]
	return at, found
}

func deletionOf(v string, at time.Time) helpdesk.StatusChange {
	return helpdesk.StatusChange{
		Key:          helpdesk.Key{ID: "deleted-" + v, At: at, Lane: helpdesk.LaneFeed},
		Conversation: v, Change: helpdesk.ChangeExcluded, To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted,
	}
}

// unavailable reports whether a refusal says that the workspace, its plan or the
// token has no such list.
func unavailable(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	default:
		return e.Code >= 400 && e.Code < 500
	}
}
