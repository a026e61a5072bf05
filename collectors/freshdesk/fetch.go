package freshdesk

import (
	"context"
	"errors"
	"net/url"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Fetch reads single tickets. A want that fails does not keep the others from
// being served; an error is returned when none could be.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	if err := c.know(ctx, rest.Clocks); err != nil {
		return helpdesk.Page{}, err
	}
	return helpdesk.FetchEach(wants, func(w helpdesk.Want) (helpdesk.Page, error) { return c.fetch(ctx, w) }, rest.Hopeless)
}

func (c *Collector) fetch(ctx context.Context, w helpdesk.Want) (helpdesk.Page, error) {
	var page helpdesk.Page
	var v id
	if v = id(w.ID); v == "" || v.seq() == 0 {
		lenient.Skip(&page, "id", "want", "")
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
	answer, err := one[ticket](ctx, c, rest.Request{
		Endpoint: endpoint, Path: root + "/tickets/" + string(v), Query: url.Values{"include": {"stats"}}, Cost: costTicketInclude,
	})
	if rest.ReasonOf(err) == rest.ReasonGone {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := &answer.V
	if t.ID != v || !usable(t, new(helpdesk.Page)) {
		return nil, rest.BadAnswer(endpoint, errors.New("the answer is not the ticket"))
	}
	return t, nil
}
