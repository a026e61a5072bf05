package zendesk

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// ratingsBack is how far back ratings are read in each sweep: a survey is
// answered days after it was offered, in the same row.
const ratingsBack = 30 * 24 * time.Hour

// readRatings reads the next page of satisfaction ratings.
// https://developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings/
func (c *Collector) readRatings(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[ratingsPlace](cursorVersion, w.Cursor)
	if st.From == 0 {
		from := w.Horizon
		if back := w.Now.Add(-ratingsBack); w.Cursor != nil && back.After(from) {
			from = back
		}
		st.From = startAt(from.Unix(), w.Now)
	}
	q := url.Values{"start_time": {strconv.FormatInt(st.From, 10)}}
	raw, next, err := c.list(ctx, ratingList, ratingList, "satisfaction_ratings", st.After, q, rest.Background)
	if st.After != "" && refused(err) {
		raw, next, err = c.list(ctx, ratingList, ratingList, "satisfaction_ratings", "", q, rest.Background)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Done: next == ""}
	for _, r := range raw {
		tellRating(r, &page)
	}
	if st.After = next; page.Done {
		st = ratingsPlace{}
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

const ratingList = "/satisfaction_ratings"

// ratingsPlace is the cursor of the ratings: the second from which they are
// read, 0 between two walks.
type ratingsPlace struct {
	From  int64  `json:"from,omitempty"`
	After string `json:"after,omitempty"`
}

func tellRating(raw json.RawMessage, p *helpdesk.Page) {
	var r rating
	if !lenient.Decode[id]("rating", raw, &r, p) {
		return
	}
	if r.ID == "" || r.Ticket == "" {
		lenient.Skip(p, "id", "rating", r.ID)
		return
	}
	rec, ok := ratingOf(&r)
	if !ok {
		lenient.Skip(p, "score", "rating", r.ID)
		return
	}
	p.Records = append(p.Records, rec)
}
