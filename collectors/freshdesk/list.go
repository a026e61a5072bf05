package freshdesk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// pageSize is the most rows that the vendor gives in a page.
const pageSize = 100

// maxPages bounds the pages of lists that have no bound of the vendor's: a
// server that says the same again and again must not hold a walk for ever.
const maxPages = 1000

// list reads one page of a list, and whether there is a next one. The vendor
// names it in a header; a page that is full may have one where no header says so.
// A page without rows that is followed by another one is asked for twice.
func (c *Collector) list(ctx context.Context, r rest.Request) (rows []json.RawMessage, more bool, err error) {
	rows, more, err = c.page(ctx, r)
	if err == nil && len(rows) == 0 && more {
		return c.page(ctx, r)
	}
	return rows, more, err
}

func (c *Collector) page(ctx context.Context, r rest.Request) (rows []json.RawMessage, more bool, err error) {
	var answer json.RawMessage
	link := ""
	r.Path = c.root + strings.TrimPrefix(r.Path, root)
	r.Heard = func(h http.Header) { link = h.Get("Link") }
	if err := c.api.Do(ctx, r, &answer); err != nil {
		return nil, false, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(answer), []byte("[")) || lenient.Unmarshal(answer, &rows) != nil {
		return nil, false, noRows(r.Endpoint)
	}
	return rows, strings.Contains(link, `rel="next"`) || len(rows) >= pageSize, nil
}

// one reads a single thing.
func (c *Collector) one(ctx context.Context, r rest.Request) (json.RawMessage, error) {
	var answer json.RawMessage
	r.Path = c.root + strings.TrimPrefix(r.Path, root)
	err := c.api.Do(ctx, r, &answer)
	return answer, err
}

// all reads a list whole.
func (c *Collector) all(ctx context.Context, r rest.Request) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	query := r.Query
	for page := 1; page <= maxPages; page++ {
		r.Query = paged(query, page)
		part, more, err := c.list(ctx, r)
		if err != nil {
			return nil, err
		}
		if rows = append(rows, part...); !more {
			return rows, nil
		}
	}
	return nil, rest.BadAnswer(r.Endpoint, errors.New("the list has no end"))
}

// paged is a query of a page.
func paged(q url.Values, page int) url.Values {
	out := url.Values{"per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)}}
	for k, v := range q {
		out[k] = v
	}
	return out
}

// noRows is the error for an answer that is no list: never taken for an empty
// one.
func noRows(endpoint string) error {
	return rest.BadAnswer(endpoint, errors.New("the answer has no list of rows"))
}
