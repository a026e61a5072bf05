package callbell

import (
	"context"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// sweep is the cursor of the open set.
type sweep struct {
	Place place `json:"place"`
}

// readOpen reads the next page of all contacts, for those that are open: no
// filter tells them. It finds what the walks did not: contacts that are open since
// before the horizon, and changes of rows that stand far behind.
func (c *Collector) readOpen(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[sweep](cursorVersion, w.Cursor)
	l := listOfContacts(rest.Background)
	a, err := page(ctx, c, l, st.Place)
	if again(err, &st.Place, w.Now) {
		a, err = page(ctx, c, l, st.Place)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	known, err := c.recallAll(a)
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	for ct := range a.Each("contact", &page) {
		if err := c.sweep(ctx, ct, known[string(ct.UUID)], &page); err != nil {
			return helpdesk.Page{}, err
		}
	}
	st.Place = a.next
	page.Done = a.last || capped(a, &page)
	if page.Progress = 1; !page.Done && a.next.Pages > 0 {
		page.Progress = min(float64(a.next.Page)/float64(a.next.Pages), 1)
	}
	if page.Done {
		st = sweep{}
		if err := c.clean(&page); err != nil {
			return helpdesk.Page{}, err
		}
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

// sweep lists the opening of a contact that is open, and looks at it where the
// row has changed.
func (c *Collector) sweep(ctx context.Context, ct *contact, was *memo, page *helpdesk.Page) error {
	_, err := c.meet(ctx, ct, was, rest.Background, page, false)
	if err == nil && was != nil && was.Opening != 0 && was.Closed == 0 && !c.due(ct, was) {
		conv, unknown := conversation(ct, was)
		page.Records = append(page.Records, conv)
		page.AddUnknown(unknown...)
	}
	return err
}

// capped reports whether the list goes on where no number of a page leads.
func capped(a answered[contact], p *helpdesk.Page) bool {
	if a.next.After != "" || a.next.Page < maxPage {
		return false
	}
	lenient.Skip(p, "pages", "list of contacts beyond page 500", "")
	return true
}
