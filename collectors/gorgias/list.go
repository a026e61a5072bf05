package gorgias

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// pageSize is the most rows that the vendor gives in a page.
const pageSize = 100

// Orders of lists.
const (
	oldestFirst = "created_datetime:asc"
	newestFirst = "created_datetime:desc"
	byUpdate    = "updated_datetime:desc"
)

// A row is what one row of a list became: where it stands in the order of its
// list, and what it says, if it could be read.
type row struct {
	at    time.Time
	last  time.Time // when it last changed, where that is known apart from at
	id    string
	rec   helpdesk.Record // nil: skipped
	wants []helpdesk.Want
}

// A rowReader turns the rows of a page into records, and notes in the page what
// could not be read.
type rowReader func(ctx context.Context, raw []json.RawMessage, p *helpdesk.Page) ([]row, error)

// list reads one page of a list: its rows, and the cursor of the next page, ""
// after the last. A page without rows that is followed by another one is asked
// for twice. The last page may be empty, where the one before it was just full.
func (c *Collector) list(ctx context.Context, endpoint string, q url.Values, prio rest.Priority) ([]json.RawMessage, string, error) {
	rows, next, err := c.page(ctx, endpoint, q, prio)
	if err == nil && len(rows) == 0 && next != "" {
		return c.page(ctx, endpoint, q, prio)
	}
	return rows, next, err
}

func (c *Collector) page(ctx context.Context, endpoint string, q url.Values, prio rest.Priority) ([]json.RawMessage, string, error) {
	var answer struct {
		Data *[]json.RawMessage `json:"data"`
		Meta maybe[struct {
			Next text `json:"next_cursor"`
		}] `json:"meta"`
	}
	r := rest.Request{Endpoint: endpoint, Path: endpoint, Query: q, Priority: prio}
	if err := c.api.Do(ctx, r, &answer); err != nil {
		return nil, "", err
	}
	if answer.Data == nil {
		return nil, "", noRows(endpoint)
	}
	return *answer.Data, string(answer.Meta.V.Next), nil
}

// noRows is the error for an answer that is no list: never taken for an empty
// one.
func noRows(endpoint string) error {
	return rest.BadAnswer(endpoint, errors.New("the answer has no list of rows"))
}

// query is that of a list in an order, from a page on.
func query(order, page string) url.Values {
	q := url.Values{"limit": {strconv.Itoa(pageSize)}, "order_by": {order}}
	if page != "" {
		q.Set("cursor", page)
	}
	return q
}

// badRequest reports whether the vendor refused a request for what it asked.
func badRequest(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && e.Code == http.StatusBadRequest
}

// refused reports whether the vendor refused a page's cursor: those are not
// documented to live for ever.
func refused(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity:
		return true
	default:
		return false
	}
}
