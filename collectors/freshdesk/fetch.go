package freshdesk

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

// Fetch reads single tickets. A want that fails does not keep the others from
// being served; an error is returned when none could be.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	var page helpdesk.Page
	if err := c.know(ctx, rest.Clocks); err != nil {
		return page, err
	}
	var failed error
	failures := 0
	for _, w := range wants[:min(len(wants), maxWants)] {
		// A want adds to the page as a whole or not at all.
		part, err := c.fetch(ctx, w)
		if err != nil {
			failed = err
			if failures++; failures >= maxFailures || hopeless(err) {
				break
			}
			continue
		}
		page.Records = append(page.Records, part.Records...)
		page.Gone = append(page.Gone, part.Gone...)
		page.Skipped = append(page.Skipped, part.Skipped...)
		page.Wants = append(page.Wants, part.Wants...)
		unknowns(&page, part.Unknown)
		page.Served = append(page.Served, w)
	}
	if len(page.Served) == 0 && failed != nil {
		return helpdesk.Page{}, failed
	}
	return page, nil
}

// hopeless reports whether the next call would fail in the same way.
func hopeless(err error) bool {
	switch reason(err) {
	case rest.ReasonAuth, rest.ReasonRateLimited, rest.ReasonTimeout, rest.ReasonNetwork:
		return true
	default:
		return false
	}
}

func (c *Collector) fetch(ctx context.Context, w helpdesk.Want) (helpdesk.Page, error) {
	var page helpdesk.Page
	var v id
	if v = id(w.ID); v == "" || v.seq() == 0 {
		skip(&page, "id", "want", "")
		return page, nil
	}
	if w.Kind == helpdesk.WantRating { // not to be had by its id
		return page, nil
	}
	t, err := c.ticket(ctx, v)
	if err != nil {
		return page, err
	}
	if t == nil {
		page.Gone = append(page.Gone, w.ID)
		return page, nil
	}
	c.addRow(t, &page)
	if w.Kind == helpdesk.WantConversation {
		return page, c.addMessages(ctx, t, &page)
	}
	return page, nil
}

// ticket reads one ticket; nil: there is none (any more).
// https://developers.freshdesk.com/api/#view_a_ticket
func (c *Collector) ticket(ctx context.Context, v id) (*ticket, error) {
	const endpoint = root + "/tickets/{id}"
	raw, err := c.one(ctx, rest.Request{
		Endpoint: endpoint, Path: root + "/tickets/" + string(v), Query: url.Values{"include": {"stats"}}, Cost: costTicketInclude,
	})
	if reason(err) == rest.ReasonGone {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := new(ticket)
	var page helpdesk.Page
	if json.Unmarshal(raw, t) != nil || t.ID != v || !readTicket(raw, t, &page) {
		return nil, &rest.Error{
			Reason: rest.ReasonDecode, Endpoint: endpoint, Code: http.StatusOK, Err: errors.New("the answer is not the ticket"),
		}
	}
	return t, nil
}
