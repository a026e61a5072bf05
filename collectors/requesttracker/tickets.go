package requesttracker

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// rows are tickets as they are now, by the id that was asked for.
type rows struct {
	tickets map[string]*ticket
	gone    []string         // not there, or no longer this account's to see
	foreign map[string]bool  // reminders and approvals
	failed  map[string]error // could not be read now; others could
	skips   []helpdesk.Skip
}

// tickets reads the rows of tickets: a search for each page of them, and a call for
// each that the searches leave out because it is deleted or merged away.
func (c *Collector) tickets(ctx context.Context, ids []string, p rest.Priority) (rows, error) {
	out := rows{tickets: map[string]*ticket{}, foreign: map[string]bool{}, failed: map[string]error{}}
	ask := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return c.dir.foreign[id] })
	for some := range slices.Chunk(ask, pageSize) {
		page, err := c.search(ctx, ticketQuery(anyOf("id", some)), p)
		if err != nil {
			return out, err
		}
		for i := range page.Items {
			// An unreadable row is read again by itself, and judged there.
			if t, err := ticketOf(&page.Items[i]); err == nil {
				out.tickets[string(t.ID)] = t
			}
		}
	}
	for _, id := range ask {
		if out.tickets[id] != nil {
			continue
		}
		if err := c.single(ctx, id, p, &out); err != nil {
			return out, err
		}
	}
	c.sortOut(ids, &out)
	return out, nil
}

// sortOut takes out what is no ticket to RT's users: reminders and approvals. No
// search finds them, so their numbers are remembered.
func (c *Collector) sortOut(ids []string, out *rows) {
	for id, t := range out.tickets {
		if !strings.EqualFold(string(t.Type), "ticket") && t.Type != "" {
			if len(c.dir.foreign) >= maxForeign {
				clear(c.dir.foreign)
			}
			c.dir.foreign[id] = true
			delete(out.tickets, id)
		}
	}
	for _, id := range ids {
		if c.dir.foreign[id] {
			out.foreign[id] = true
		}
	}
}

// single reads one ticket by itself into out. A failure that is the ticket's
// own is noted there; one that would meet every ticket is returned.
func (c *Collector) single(ctx context.Context, id string, p rest.Priority, out *rows) error {
	if t := c.mem.singles[id]; t != nil {
		out.tickets[id] = t
		return nil
	}
	t, err := c.askTicket(ctx, id, p)
	if unreadable(err) {
		out.skips = append(out.skips, skip("ticket", id, err))
		return nil
	}
	switch rest.ReasonOf(err) {
	case "":
	case rest.ReasonGone:
		out.gone = append(out.gone, id)
		return nil
	case rest.ReasonForbidden:
		if err := c.seesTickets(ctx, err, p); err != nil {
			return err
		}
		out.gone = append(out.gone, id)
		return nil
	case rest.ReasonServer, rest.ReasonDecode, rest.ReasonClient:
		out.failed[id] = err
		return nil
	default:
		return err
	}
	if string(t.ID) != id {
		t, err = c.askMerged(ctx, id, t, p)
		if r := rest.ReasonOf(err); r == rest.ReasonServer || r == rest.ReasonDecode || r == rest.ReasonClient {
			out.failed[id] = err
			return nil
		}
		if err != nil {
			return err
		}
	}
	out.tickets[id] = t
	c.mem.keep(id, t)
	return nil
}

// askTicket reads /ticket/{id}. RT answers for a ticket that was merged away
// with the one it was merged into.
func (c *Collector) askTicket(ctx context.Context, id string, p rest.Priority) (*ticket, error) {
	var row lenient.Row[ticket]
	err := c.api.Do(ctx, rest.Request{
		Endpoint: api + "/ticket/{id}",
		Path:     api + "/ticket/" + id,
		Priority: p,
	}, &row)
	if err != nil {
		return nil, err
	}
	return ticketOf(&row)
}

// askMerged reads the row of a ticket that was merged into another, and the
// transaction that did it. Where RT does not give the row (it lies in a queue that
// the account may not see), the other's stands for it, and its own first
// transaction says when it was created. It asks lists, so no failure of it says
// that the ticket is gone.
func (c *Collector) askMerged(ctx context.Context, id string, other *ticket, p rest.Priority) (*ticket, error) {
	t, err := c.askOwnRow(ctx, id, p)
	if err != nil {
		return nil, err
	}
	if t == nil {
		t, other.ID, other.lent = other, text(id), true
	}
	t.merged = true
	sql := "ObjectType='RT::Ticket' AND ObjectId = " + id + " AND (Type='Create' OR (Type='AddLink' AND Field='MergedInto'))"
	txs, _, err := c.transactions(ctx, transactionQuery(sql, 1), p)
	if err != nil {
		return nil, err
	}
	for _, x := range txs {
		switch {
		case x.bad != nil:
		case x.Type == "Create":
			t.created = x.at
		case t.link == nil && mergedAway(&x, t):
			t.link = &x
		}
	}
	if t.link == nil && t.updated.Before(other.updated) {
		t.updated = other.updated // no earlier than the merge, which may not touch the own row's
	}
	return t, nil
}

// askOwnRow searches for a ticket that was merged away: RT leaves those out of
// searches unless the query speaks of EffectiveId, the number that a merge
// changes. nil without an error: it is not to be had.
func (c *Collector) askOwnRow(ctx context.Context, id string, p rest.Priority) (*ticket, error) {
	page, err := c.search(ctx, ticketQuery("id = "+id+" AND EffectiveId > 0"), p)
	if rest.ReasonOf(err) == rest.ReasonClient { // a query that this server does not know
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		if t, err := ticketOf(&page.Items[i]); err == nil && string(t.ID) == id {
			return t, nil
		}
	}
	return nil, nil
}

// seesTickets returns denied if the account sees no ticket at all: then its
// rights were taken away, which RT answers with empty lists, and nothing is
// known to have vanished.
func (c *Collector) seesTickets(ctx context.Context, denied error, p rest.Priority) error {
	n, err := c.count(ctx, "id > 0", p)
	if err != nil {
		return err
	}
	if n == 0 {
		return denied
	}
	return nil
}

// count returns how many tickets a search finds.
func (c *Collector) count(ctx context.Context, sql string, p rest.Priority) (int, error) {
	page, err := c.search(ctx, countQuery(sql), p)
	if err != nil {
		return 0, err
	}
	if n, ok := page.total(); ok {
		return n, nil
	}
	return len(page.Items), nil
}

func (c *Collector) search(ctx context.Context, q url.Values, p rest.Priority) (*collection[ticket], error) {
	return page[ticket](ctx, c, rest.Request{Endpoint: api + "/tickets", Path: api + "/tickets", Query: q, Priority: p})
}

// page reads one page of a list.
func page[T any](ctx context.Context, c *Collector, r rest.Request) (*collection[T], error) {
	page := new(collection[T])
	if err := c.api.Do(ctx, r, page); err != nil {
		return nil, err
	}
	if page.Items == nil {
		return nil, &rest.Error{Reason: rest.ReasonDecode, Endpoint: r.Endpoint, Err: errors.New("the answer holds no items")}
	}
	return page, nil
}

// skip names a row that could not be read, by its id alone.
func skip(what, id string, err error) helpdesk.Skip {
	why := "decode"
	switch {
	case errors.Is(err, errTime):
		why = "time"
	case errors.Is(err, errID):
		why = "id"
	}
	return helpdesk.Skip{Reason: why, Err: fmt.Errorf("%s %s: %w", what, id, err)}
}

// unreadable reports whether err is of a row, not of a request.
func unreadable(err error) bool {
	return errors.Is(err, errUnreadable) || errors.Is(err, errTime) || errors.Is(err, errID)
}
