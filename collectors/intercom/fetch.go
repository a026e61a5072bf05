package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Bounds of one Fetch.
const (
	maxWants    = 20 // served at once, so that what was read is soon stored
	maxFailures = 3  // after which the helpdesk is left alone
)

const oneConversation = "/conversations/{id}"

// Fetch reads single conversations: one call tells the row, what happened and
// the rating. A want that fails does not keep the others from being served; an
// error is returned when none could be.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	var page helpdesk.Page
	var failed error
	failures := 0
	for _, w := range wants[:min(len(wants), maxWants)] {
		if w.ID == "" || !isWord(w.ID) {
			skip(&page, "id", "want", "")
			page.Served = append(page.Served, w)
			continue
		}
		if err := c.readOne(ctx, w.ID, rest.Clocks, &page); err != nil {
			failed = err
			if failures++; failures >= maxFailures || hopeless(err) {
				break
			}
			continue
		}
		page.Served = append(page.Served, w)
	}
	if len(page.Served) == 0 && failed != nil {
		return helpdesk.Page{}, failed
	}
	return page, nil
}

// readOne adds a whole conversation to a page, or nothing when it fails. One
// that is not there (any more) is gone.
func (c *Collector) readOne(ctx context.Context, v string, prio rest.Priority, page *helpdesk.Page) error {
	var raw json.RawMessage
	err := c.api.Do(ctx, request(rest.Request{
		Endpoint: oneConversation, Path: "/conversations/" + url.PathEscape(v), Priority: prio,
	}), &raw)
	switch {
	case isGone(err):
		if at, found := c.diedAt(ctx, v); found {
			page.Records = append(page.Records, deletionOf(v, at))
		} else {
			page.Gone = append(page.Gone, v)
		}
		return nil
	case err != nil:
		return err
	}
	var head conversation
	if json.Unmarshal(raw, &head) != nil || string(head.ID) != v || !head.Parts.ok {
		return &rest.Error{
			Reason: rest.ReasonDecode, Endpoint: oneConversation, Code: http.StatusOK,
			Err: errors.New("the answer is not the conversation with its parts"),
		}
	}
	n, err := c.names(ctx, agentIDOf(&head), teamsIn(&head)...)
	if err != nil {
		return err
	}
	single(raw, n, page)
	return nil
}

// hopeless reports whether the next call would fail in the same way.
func hopeless(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) {
		return true
	}
	switch e.Reason {
	case rest.ReasonAuth, rest.ReasonRateLimited, rest.ReasonTimeout, rest.ReasonNetwork:
		return true
	default:
		return false
	}
}

func isGone(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && (e.Reason == rest.ReasonGone || e.Code == http.StatusNotFound || e.Code == http.StatusGone)
}
