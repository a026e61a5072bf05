package zendesk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	oneTicket   = "/tickets/{id}"
	ticketAudit = "/tickets/{id}/audits"
)

// Fetch reads single tickets. A want that fails does not keep the others from
// being served; an error is returned when none could be.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	return helpdesk.FetchEach(wants, func(w helpdesk.Want) (helpdesk.Page, error) { return c.fetch(ctx, w) }, rest.Hopeless)
}

// absent reports whether the vendor has no such thing, or not for this account.
func absent(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && (e.Code == http.StatusNotFound || e.Code == http.StatusForbidden || e.Code == http.StatusGone)
}

func (c *Collector) fetch(ctx context.Context, w helpdesk.Want) (helpdesk.Page, error) {
	var page helpdesk.Page
	if w.ID == "" || !lenient.IsWord(w.ID) || w.Kind != helpdesk.WantConversation && w.Kind != helpdesk.WantRow {
		lenient.Skip(&page, "kind", "want", "")
		return page, nil
	}
	gone, err := c.fetchRow(ctx, w.ID, &page)
	if err == nil && !gone && w.Kind == helpdesk.WantConversation {
		gone, err = c.fetchAudits(ctx, w.ID, &page)
	}
	if gone { // perhaps between the two calls
		page = helpdesk.Page{Gone: []string{w.ID}}
	}
	return page, err
}

// fetchRow reads a ticket; gone is true when it was deleted.
// https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#show-ticket
func (c *Collector) fetchRow(ctx context.Context, v string, p *helpdesk.Page) (gone bool, err error) {
	var answer struct {
		Ticket json.RawMessage `json:"ticket"`
	}
	err = c.api.Do(ctx, rest.Request{
		Endpoint: oneTicket, Path: root + "/tickets/" + url.PathEscape(v), Query: url.Values{"include": {"metric_sets,slas"}}, Priority: rest.Clocks,
	}, &answer)
	switch {
	case rest.ReasonOf(err) == rest.ReasonGone:
		return true, nil
	case err != nil:
		return false, err
	case len(answer.Ticket) == 0:
		return false, noRows(oneTicket)
	}
	var last int64
	return false, c.tellTickets(ctx, []json.RawMessage{answer.Ticket}, p, &last)
}

// fetchAudits reads all that happened to a ticket. Audits hide nothing: they
// show at once what exports show after a minute.
// https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
func (c *Collector) fetchAudits(ctx context.Context, v string, p *helpdesk.Page) (gone bool, err error) {
	raw, err := c.listAll(ctx, ticketAudit, "/tickets/"+url.PathEscape(v)+"/audits", "audits", url.Values{}, rest.Clocks)
	if err != nil {
		if rest.ReasonOf(err) == rest.ReasonGone {
			return true, nil
		}
		return false, err
	}
	updates := make([]update, 0, len(raw))
	for _, r := range raw {
		var a audit
		if !lenient.Decode[id]("audit", r, &a, p) {
			continue
		}
		u := updateOfAudit(&a, p)
		u.ticket = id(v) // whatever the row says, it is of this ticket's list
		switch {
		case u.id == "":
			lenient.Skip(p, "id", "audit", u.id)
		case u.at.IsZero():
			lenient.Skip(p, "time", "audit", u.id)
		default:
			updates = append(updates, u)
		}
	}
	return false, c.tell(ctx, updates, p)
}
