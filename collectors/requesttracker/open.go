package requesttracker

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// openPosition is the cursor of the open tickets: the highest id read, and the
// page after it, which is 1 unless rows were hidden.
type openPosition struct {
	After uint64 `json:"after,omitempty"`
	Page  int    `json:"page,omitempty"`
}

// readOpen reads a page of all tickets that some queue holds, by ascending id:
// tickets that change meanwhile move no other from one page to the next.
func (c *Collector) readOpen(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	var pos openPosition
	if w.Cursor != nil && lenient.Unmarshal(w.Cursor, &pos) != nil {
		return helpdesk.Page{}, errors.New("read the cursor of the open tickets: it is damaged, or a later version's")
	}
	pos.Page = max(pos.Page, 1)
	q := ticketQuery("Status = '__Active__' AND id > " + strconv.FormatUint(pos.After, 10))
	q.Set("page", strconv.Itoa(pos.Page))
	answer, err := c.search(ctx, q, rest.Background)
	if err != nil {
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Done: lastPage(answer, pos.Page)}
	if err := c.tellOpen(ctx, answer, &page); err != nil {
		return helpdesk.Page{}, err
	}
	pos.pass(answer, page.Done)
	page.Cursor, err = json.Marshal(pos)
	return page, err
}

// pass moves on: below the last id that could be read, or to the next page.
func (p *openPosition) pass(answer *collection[ticket], done bool) {
	if done {
		*p = openPosition{}
		return
	}
	after := p.After
	for i := range answer.Items {
		after = max(after, rowID(&answer.Items[i]))
	}
	if after > p.After {
		*p = openPosition{After: after}
		return
	}
	p.Page++
}

// rowID is the number of a ticket's row, 0 without one.
func rowID(row *lenient.Row[ticket]) uint64 { return max(number(row.V.ID), badID(row.Bad)) }

// tellOpen adds a search's tickets to page. What the search found is active,
// whatever its status is called.
func (c *Collector) tellOpen(ctx context.Context, answer *collection[ticket], page *helpdesk.Page) error {
	tickets := map[string]*ticket{}
	rs := rows{tickets: tickets}
	var ids []string
	for i := range answer.Items {
		row := &answer.Items[i]
		t, err := ticketOf(row)
		if err != nil {
			page.Skipped = append(page.Skipped, skip("ticket", strconv.FormatUint(rowID(row), 10), err))
			continue
		}
		if k := c.reader().statusKey(t, t.Status); c.dir.statuses[k] != inactive {
			c.dir.statuses[k] = active
		}
		tickets[string(t.ID)] = t
		ids = append(ids, string(t.ID))
	}
	if err := c.learn(ctx, nil, tickets, rest.Background, page); err != nil {
		return err
	}
	c.addRows(rs, ids, page)
	return nil
}
