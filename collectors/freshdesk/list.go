package freshdesk

import (
	"context"
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
func list[T any](ctx context.Context, c *Collector, r rest.Request) (rows lenient.Rows[T], more bool, err error) {
	rows, more, err = page[T](ctx, c, r)
	if err == nil && len(rows) == 0 && more {
		return page[T](ctx, c, r)
	}
	return rows, more, err
}

func page[T any](ctx context.Context, c *Collector, r rest.Request) (rows lenient.Rows[T], more bool, err error) {
	link := ""
	r.Heard = func(h http.Header) { link = h.Get("Link") }
	answer, err := one[lenient.Rows[T]](ctx, c, r)
	if err != nil {
		return nil, false, err
	}
	if !answer.OK {
		return nil, false, rest.BadAnswer(r.Endpoint, errors.New("the answer has no list of rows")) // never taken for an empty one
	}
	return answer.V, strings.Contains(link, `rel="next"`) || len(answer.V) >= pageSize, nil
}

// one reads a single thing, which is absent where the answer is another.
func one[T any](ctx context.Context, c *Collector, r rest.Request) (answer maybe[T], err error) {
	r.Path = c.root + strings.TrimPrefix(r.Path, root)
	err = c.api.Do(ctx, r, &answer)
	return answer, err
}

// all reads a list whole.
func all[T any](ctx context.Context, c *Collector, r rest.Request) (lenient.Rows[T], error) {
	var rows lenient.Rows[T]
	query := r.Query
	for page := 1; page <= maxPages; page++ {
		r.Query = paged(query, page)
		part, more, err := list[T](ctx, c, r)
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
