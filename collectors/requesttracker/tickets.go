package requesttracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
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

// tickets reads the rows of up to a page of tickets: one search, and a call for
// each that the search leaves out because it is deleted or merged away.
func (c *Collector) tickets(ctx context.Context, ids []string, p rest.Priority) (rows, error) {
	out := rows{tickets: map[string]*ticket{}, foreign: map[string]bool{}, failed: map[string]error{}}
	if len(ids) == 0 {
		return out, nil
	}
	page, err := c.search(ctx, ticketQuery(anyOf("id", ids)), p)
	if err != nil {
		return out, err
	}
	for _, raw := range page.Items {
		// An unreadable row is read again by itself, and judged there.
		if t, err := decodeTicket(raw); err == nil {
			out.tickets[string(t.ID)] = t
		}
	}
	for _, id := range ids {
		if out.tickets[id] != nil {
			continue
		}
		if err := c.single(ctx, id, p, &out); err != nil {
			return out, err
		}
	}
	for id, t := range out.tickets {
		if !strings.EqualFold(string(t.Type), "ticket") && t.Type != "" {
			out.foreign[id] = true
			delete(out.tickets, id)
		}
	}
	return out, nil
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
	switch reason(err) {
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
	out.tickets[id] = t
	c.mem.keep(id, t)
	return nil
}

// askTicket reads /ticket/{id}. RT answers for a ticket that was merged away
// with the one it was merged into.
func (c *Collector) askTicket(ctx context.Context, id string, p rest.Priority) (*ticket, error) {
	var raw json.RawMessage
	err := c.api.Do(ctx, rest.Request{
		Endpoint: api + "/ticket/{id}",
		Path:     api + "/ticket/" + id,
		Priority: p,
	}, &raw)
	if err != nil {
		return nil, err
	}
	t, err := decodeTicket(raw)
	if err != nil {
		return nil, err
	}
	if string(t.ID) == id {
		return t, nil
	}
	return t, c.merge(ctx, id, t, p)
}

// merge makes t, the ticket that id was merged into, the row of id: its own
// first transaction says when it was created, the link when it was merged.
func (c *Collector) merge(ctx context.Context, id string, t *ticket, p rest.Priority) error {
	sql := "ObjectType='RT::Ticket' AND ObjectId = " + id + " AND (Type='Create' OR (Type='AddLink' AND Field='MergedInto'))"
	txs, _, err := c.transactions(ctx, transactionQuery(sql, 1), p)
	if err != nil {
		return err
	}
	t.ID, t.merged = text(id), true
	for _, x := range txs {
		if x.bad != nil {
			continue
		}
		if x.Type == "Create" {
			t.created = x.at
		} else if t.link == nil {
			t.link = &x
		}
	}
	return nil
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

func (c *Collector) search(ctx context.Context, q url.Values, p rest.Priority) (*collection, error) {
	return c.list(ctx, rest.Request{Endpoint: api + "/tickets", Path: api + "/tickets", Query: q, Priority: p})
}

// list reads one page of a list.
func (c *Collector) list(ctx context.Context, r rest.Request) (*collection, error) {
	page := new(collection)
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

// reason is why a request failed, "" when it did not. Without an answer of the
// client's it is the network.
func reason(err error) rest.Reason {
	var e *rest.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Reason
	default:
		return rest.ReasonNetwork
	}
}
