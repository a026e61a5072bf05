package intercom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// pageSize is the most rows that the vendor gives in a page. On some workspaces
// that many take longer than an answer may: then fewer are asked for, down to
// leastSize, until answers come again.
const (
	pageSize  = 150
	leastSize = 10
)

// searchPath is the only list that can be asked for what changed.
const searchPath = "/conversations/search"

// Fields by which searches are ordered.
const (
	byUpdate   = "updated_at"
	byCreation = "created_at"
)

// filter is a condition of the search, or several that an operator joins.
// https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/searchconversations
type filter struct {
	Field    string `json:"field,omitempty"`
	Operator string `json:"operator"`
	Value    any    `json:"value"`
}

type pagination struct {
	PerPage       int    `json:"per_page"`
	StartingAfter string `json:"starting_after,omitempty"`
}

type order struct {
	Field string `json:"field"`
	Order string `json:"order"`
}

// search is the body of a search.
type search struct {
	Query      filter     `json:"query"`
	Pagination pagination `json:"pagination"`
	Sort       order      `json:"sort"`
}

// both is what matches each of some filters.
func both(all ...filter) filter { return filter{Operator: "AND", Value: all} }

// since is what has a time at or after a second: nothing says whether the
// operator includes equality.
func since(field string, second int64) filter {
	return filter{Field: field, Operator: ">", Value: second - 1}
}

// list reads one page of a search, oldest first: its rows, and the cursor of the
// next page, "" after the last. A page without rows that is followed by another
// one is asked for twice.
func (c *Collector) list(ctx context.Context, field string, query filter, page string, prio rest.Priority) ([]json.RawMessage, string, error) {
	rows, next, err := c.page(ctx, field, query, page, prio)
	if err == nil && len(rows) == 0 && next != "" {
		return c.page(ctx, field, query, page, prio)
	}
	return rows, next, err
}

func (c *Collector) page(ctx context.Context, field string, query filter, page string, prio rest.Priority) ([]json.RawMessage, string, error) {
	var answer struct {
		Rows  *[]json.RawMessage `json:"conversations"`
		Pages maybe[struct {
			Next json.RawMessage `json:"next"`
		}] `json:"pages"`
	}
	err := c.api.Do(ctx, request(rest.Request{
		Method: http.MethodPost, Endpoint: searchPath, Path: searchPath, Priority: prio,
		Body: search{Query: query, Pagination: pagination{PerPage: c.size, StartingAfter: page}, Sort: order{field, "ascending"}},
	}), &answer)
	if err != nil {
		if tooSlow(err) {
			c.size = max(c.size/2, leastSize)
		}
		return nil, "", err
	}
	c.size = min(c.size*2, pageSize)
	if answer.Rows == nil {
		return nil, "", noRows(searchPath)
	}
	next, ok := nextPage(answer.Pages.V.Next)
	if !ok {
		return nil, "", rest.BadAnswer(searchPath, errors.New("the next page has no cursor"))
	}
	return *answer.Rows, next, nil
}

// tooSlow reports whether a smaller page might have been answered.
func tooSlow(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && (e.Reason == rest.ReasonTimeout || e.Reason == rest.ReasonServer)
}

// request asks for the version of the API that this package reads.
func request(r rest.Request) rest.Request {
	r.Header = map[string]string{"Intercom-Version": Version}
	return r
}

// newRequest asks for the version since which an endpoint exists.
func newRequest(r rest.Request) rest.Request {
	r.Header = map[string]string{"Intercom-Version": newVersion}
	return r
}

// nextPage reads pages.next: absent or null on the last page, an object with the
// cursor, or the address of the next page, of which only the cursor is used.
func nextPage(raw json.RawMessage) (cursor string, ok bool) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) || bytes.Equal(raw, []byte(`""`)) {
		return "", true
	}
	var link string
	if lenient.Unmarshal(raw, &link) == nil {
		u, err := url.Parse(link)
		if err != nil {
			return "", false
		}
		cursor = u.Query().Get("starting_after")
		return cursor, cursor != ""
	}
	var next struct {
		StartingAfter maybe[string] `json:"starting_after"`
	}
	if lenient.Unmarshal(raw, &next) != nil {
		return "", false
	}
	return next.StartingAfter.V, true
}

// noRows is the error for an answer that is no list: never taken for an empty
// one.
func noRows(endpoint string) error {
	return rest.BadAnswer(endpoint, errors.New("the answer has no list of rows"))
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

func loops(endpoint string) error {
	return rest.BadAnswer(endpoint, errors.New("the helpdesk repeats a page"))
}
