package zendesk

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

// Sizes of the largest pages, of exports and of lists. An export that is too
// heavy for the vendor is asked for in smaller pages.
const (
	exportPageSize = 1000
	leastPageSize  = 50
	pageSize       = 100
)

// export reads one page of an export. All exports share an allowance.
func (c *Collector) export(ctx context.Context, path string, q url.Values, out any) error {
	q.Set("per_page", strconv.Itoa(c.perPage))
	q.Set("support_type_scope", "all") // what AI agents handle is hidden without it
	err := c.api.Do(ctx, rest.Request{
		Endpoint: path, Path: root + path, Query: q, Priority: rest.Clocks, Allowance: c.exports,
	}, out)
	var e *rest.Error
	if errors.As(err, &e) && e.Code == http.StatusGatewayTimeout {
		c.perPage = max(c.perPage/2, leastPageSize)
	}
	return err
}

// list reads one page of a list: its rows, and the cursor of the next page, ""
// after the last.
func (c *Collector) list(ctx context.Context, endpoint, path, key, after string, q url.Values, prio rest.Priority) ([]json.RawMessage, string, error) {
	answer, err := c.listPage(ctx, endpoint, path, after, q, prio)
	if err != nil {
		return nil, "", err
	}
	return answer.rows(endpoint, key, after)
}

// listAnswer is a page of a list, by key.
type listAnswer map[string]json.RawMessage

func (c *Collector) listPage(ctx context.Context, endpoint, path, after string, q url.Values, prio rest.Priority) (listAnswer, error) {
	q.Set("page[size]", strconv.Itoa(pageSize))
	q.Del("page[after]")
	if after != "" {
		q.Set("page[after]", after)
	}
	var answer listAnswer
	r := rest.Request{Endpoint: endpoint, Path: root + path, Query: q, Priority: prio}
	return answer, c.api.Do(ctx, r, &answer)
}

// rows are those of a page, and the cursor of the next.
func (answer listAnswer) rows(endpoint, key, after string) ([]json.RawMessage, string, error) {
	var rows *[]json.RawMessage
	if lenient.Unmarshal(answer[key], &rows) != nil || rows == nil {
		return nil, "", noRows(endpoint)
	}
	var meta maybe[listMeta]
	if len(answer["meta"]) > 0 && lenient.Unmarshal(answer["meta"], &meta) != nil {
		return nil, "", noRows(endpoint)
	}
	next := string(meta.V.After)
	if !meta.V.More.V {
		next = ""
	}
	if next != "" && next == after {
		return nil, "", loops(endpoint)
	}
	return *rows, next, nil
}

// listAll reads a whole list, which is short.
func (c *Collector) listAll(ctx context.Context, endpoint, path, key string, q url.Values, prio rest.Priority) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for after, pages := "", 1; ; pages++ {
		rows, next, err := c.list(ctx, endpoint, path, key, after, q, prio)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if next == "" {
			return all, nil
		}
		if after = next; pages == maxPages {
			return nil, loops(endpoint)
		}
	}
}

// maxPages bounds lists that are read whole.
const maxPages = 1000

// noRows is the error for an answer that is no list: never taken for an empty
// one.
func noRows(endpoint string) error {
	return rest.BadAnswer(endpoint, errors.New("the answer has no list of rows"))
}

// loops is the error for a list that repeats a page: nothing says what lies
// behind it.
func loops(endpoint string) error {
	return rest.BadAnswer(endpoint, errors.New("the vendor repeats a page"))
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

// startAt is the second from which an export is asked for: never one of the
// minute that exports hide, which they refuse.
func startAt(at int64, now time.Time) int64 {
	if !now.IsZero() {
		at = min(at, now.Add(-VisibilityLag-time.Second).Unix())
	}
	return max(at, 1)
}

// progress is how far a first walk has come, between the horizon and now.
func progress(at int64, w helpdesk.Walk) float64 {
	whole := w.Now.Sub(w.Horizon)
	if w.Now.IsZero() || w.Horizon.IsZero() || whole <= 0 {
		return 0
	}
	return min(1, max(0, time.Unix(at, 0).Sub(w.Horizon).Seconds()/whole.Seconds()))
}
