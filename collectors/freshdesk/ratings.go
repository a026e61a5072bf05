package freshdesk

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// ratingOverlap is how far before the newest rating that was read a walk begins.
const ratingOverlap = 24 * time.Hour

// ratingPlace is the cursor of the ratings: the newest read, and the page of the
// walk under way, 0 without one. Since stays as it is while pages are read.
type ratingPlace struct {
	Newest int64 `json:"newest,omitempty"`
	Since  int64 `json:"since,omitempty"`
	Page   int   `json:"page,omitempty"`
}

// readRatings reads a page of the answers to surveys. Without created_since the
// vendor may give those of the last month alone.
// https://developers.freshdesk.com/api/#view_all_satisfaction_ratings
func (c *Collector) readRatings(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	var at ratingPlace
	if w.Cursor != nil && lenient.Unmarshal(w.Cursor, &at) != nil {
		return helpdesk.Page{}, errors.New("read the cursor of the ratings: it is damaged, or a later version's")
	}
	if at.Page == 0 {
		at.Page, at.Since = 1, max(c.counted(w).Unix(), at.Newest-int64(ratingOverlap/time.Second), 0)
	}
	const path = root + "/surveys/satisfaction_ratings"
	rows, more, err := list[rating](ctx, c, rest.Request{
		Endpoint: path, Path: path, Query: paged(url.Values{"created_since": {unix(at.Since)}}, at.Page), Priority: rest.Background,
	})
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	for r := range rows.Each("rating", &page) {
		at.Newest = max(at.Newest, tellRating(r, &page))
	}
	at.Page++
	if page.Done = !more || at.Page > maxPages; page.Done {
		at.Page, at.Since = 0, 0
	}
	page.Cursor, err = json.Marshal(at)
	return page, err
}

// tellRating adds one answer, and returns when it was given, 0 when unknown.
func tellRating(r *rating, page *helpdesk.Page) int64 {
	out, ok := ratingOf(r)
	switch {
	case r.ID == "" || r.Ticket == "":
		lenient.Skip(page, "id", "rating", r.ID)
	case !ok:
		lenient.Skip(page, "rating", "rating", r.ID)
	default:
		page.Records = append(page.Records, out)
	}
	if r.Created.IsZero() {
		return 0
	}
	return r.Created.Unix()
}
