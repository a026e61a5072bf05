package callbell

import (
	"context"
	"errors"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Fetch reads single contacts. A want that fails does not keep the others from
// being served; an error is returned when none could be.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	if c.now.IsZero() {
		c.now = time.Now() // nothing was read before: somebody asks for one conversation
	}
	return helpdesk.FetchEach(wants, func(w helpdesk.Want) (helpdesk.Page, error) { return c.fetch(ctx, w) }, func(err error) bool { return !alone(err) })
}

// fetch looks at the contact of one want. Of one that is remembered it does not
// matter which opening is named: one that another has followed is what it was, and
// nothing more is told of it. Of another the id tells where its opening began.
func (c *Collector) fetch(ctx context.Context, w helpdesk.Want) (helpdesk.Page, error) {
	var page helpdesk.Page
	uuid, second, ok := contactOf(w.ID)
	if !ok || w.Kind == helpdesk.WantRating {
		lenient.Skip(&page, "id", "want", "")
		return page, nil
	}
	known, err := c.recall(uuid)
	if err != nil {
		return page, err
	}
	was := known[uuid]
	c.begins = second
	defer func() { c.begins = 0 }()
	ct, err := c.single(ctx, uuid, rest.Clocks)
	if err == nil {
		_, err = c.look(ctx, ct, was, rest.Clocks, &page)
	}
	if !errors.Is(err, errGone) {
		return page, err
	}
	if c.gone(uuid, was, &page); was == nil && second != 0 {
		page.Gone = append(page.Gone, w.ID)
	}
	return page, nil
}
