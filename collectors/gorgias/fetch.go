package gorgias

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	maxPages    = 50 // of the events of one ticket
	newestPages = 3  // in which a survey is looked for
)

const (
	oneTicket = "/api/tickets/{id}"
	oneSurvey = "/api/satisfaction-surveys/{id}"
)

// Fetch reads single tickets and surveys. A want that fails does not keep the
// others from being served; an error is returned when none could be.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	return helpdesk.FetchEach(wants, func(w helpdesk.Want) (helpdesk.Page, error) { return c.fetch(ctx, w) }, rest.Hopeless)
}

func (c *Collector) fetch(ctx context.Context, w helpdesk.Want) (helpdesk.Page, error) {
	var page helpdesk.Page
	ticket, byTicket := strings.CutPrefix(w.ID, ofTicket)
	if ticket == "" || !lenient.IsWord(ticket) {
		lenient.Skip(&page, "id", "want", "")
		return page, nil
	}
	var err error
	switch w.Kind {
	case helpdesk.WantConversation:
		err = c.fetchConversation(ctx, w.ID, &page)
	case helpdesk.WantRow:
		err = c.fetchRow(ctx, w.ID, &page)
	case helpdesk.WantRating:
		if byTicket {
			err = c.fetchTicketRating(ctx, ticket, &page)
		} else {
			err = c.fetchRating(ctx, w.ID, &page)
		}
	default:
		lenient.Skip(&page, "kind", "want", id(ticket))
	}
	return page, err
}

// ticket reads one ticket with all that hangs on it. gone is true when there is
// none (any more). The ticket of another id is the one that it was merged into:
// the vendor redirects to it.
func (c *Collector) ticket(ctx context.Context, v string, prio rest.Priority) (t *ticketDetail, gone bool, err error) {
	var raw json.RawMessage
	err = c.api.Do(ctx, rest.Request{
		Endpoint: oneTicket, Path: "/api/tickets/" + url.PathEscape(v), Priority: prio,
	}, &raw)
	switch {
	case redirected(err):
		return &ticketDetail{}, false, nil
	case rest.ReasonOf(err) == rest.ReasonGone:
		return nil, true, nil
	case err != nil:
		return nil, false, err
	}
	t = &ticketDetail{}
	if lenient.Unmarshal(raw, t) != nil || t.ID == "" {
		return nil, false, rest.BadAnswer(oneTicket, errors.New("the answer is not a ticket"))
	}
	return t, false, nil
}

// fetchRow reads the row of a ticket.
func (c *Collector) fetchRow(ctx context.Context, v string, page *helpdesk.Page) error {
	t, gone, err := c.ticket(ctx, v, rest.Clocks)
	switch {
	case err != nil:
		return err
	case gone:
		page.Gone = append(page.Gone, v)
		return nil
	case string(t.ID) != v:
		log, err := c.ticketEvents(ctx, v, page)
		if err != nil {
			return err
		}
		merge, err := c.merge(ctx, v, log, t, page)
		if err != nil {
			return err
		}
		page.Records = append(page.Records, c.mergedAway(v, merge, t))
		return c.addRow(ctx, t, page)
	default:
		return c.addRow(ctx, t, page)
	}
}

// addRow adds the row of a ticket that was read by itself: its messages are
// counted, since only lists carry the vendor's count.
func (c *Collector) addRow(ctx context.Context, t *ticketDetail, page *helpdesk.Page) error {
	if t.ID == "" {
		return nil // a redirect that was not followed: nothing is known of its target
	}
	if err := c.users.know(ctx, c, []string{string(t.AssigneeUser.V.ID)}); err != nil {
		return err
	}
	if !t.MessagesCount.OK && t.Messages.OK {
		t.MessagesCount = maybe[int]{V: len(t.Messages.V), OK: true}
	}
	if conv, ok := c.conversation(&t.ticket, page); ok {
		page.Records = append(page.Records, conv)
	}
	return nil
}

// fetchRating reads a survey. A vendor that does not know it by itself may have
// it among the newest.
func (c *Collector) fetchRating(ctx context.Context, v string, page *helpdesk.Page) error {
	var raw json.RawMessage
	err := c.api.Do(ctx, rest.Request{
		Endpoint: oneSurvey, Path: "/api/satisfaction-surveys/" + url.PathEscape(v), Priority: rest.Background,
	}, &raw)
	switch {
	case rest.ReasonOf(err) == rest.ReasonGone:
		return c.findRating(ctx, v, page)
	case err != nil:
		return err
	}
	addRating(raw, page)
	return nil
}

// findRating looks for a survey among the newest.
func (c *Collector) findRating(ctx context.Context, v string, page *helpdesk.Page) error {
	var at place
	for range newestPages {
		raw, next, err := c.list(ctx, "/api/satisfaction-surveys", query(newestFirst, at.Page), rest.Background)
		if err != nil {
			return err
		}
		for _, r := range raw {
			var s survey
			if lenient.Unmarshal(r, &s) == nil && string(s.ID) == v {
				addRating(r, page)
				return nil
			}
		}
		if at.Page = next; next == "" {
			return nil
		}
	}
	return nil
}

// fetchTicketRating reads the survey of a ticket: a ticket has one at most.
func (c *Collector) fetchTicketRating(ctx context.Context, v string, page *helpdesk.Page) error {
	t, gone, err := c.ticket(ctx, v, rest.Background)
	if err == nil && !gone && t.Survey.OK {
		addRating(t.Survey.V, page)
	}
	return err
}

func addRating(raw json.RawMessage, page *helpdesk.Page) {
	var s survey
	if !lenient.Decode[id]("survey", raw, &s, page) {
		return
	}
	if rating, ok := ratingRow(&s, page); ok {
		page.Records = append(page.Records, rating)
	}
}

// ticketEvents reads the events of one ticket, oldest first. The log outlives
// its ticket.
func (c *Collector) ticketEvents(ctx context.Context, v string, page *helpdesk.Page) ([]event, error) {
	if _, err := strconv.ParseUint(v, 10, 64); err != nil {
		return nil, nil // the log is asked by number
	}
	var log []event
	var at place
	for range maxPages {
		q := query(oldestFirst, at.Page)
		q.Set("object_type", "Ticket")
		q.Set("object_id", v)
		raw, next, err := c.events(ctx, q, rest.Clocks)
		if err != nil {
			return nil, err
		}
		read, err := c.readEventsRaw(ctx, raw, page)
		if err != nil {
			return nil, err
		}
		rows := make([]row, len(read))
		for i, e := range read {
			rows[i] = row{at: e.Created.Time, id: string(e.ID)}
		}
		log = append(log, read...)
		ended, err := at.advance(rows, len(raw), next, true)
		if err != nil {
			return nil, loops("/api/events")
		}
		if ended {
			break
		}
	}
	return log, nil
}

// redirected reports whether the vendor pointed to another address.
func redirected(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && e.Code >= 300 && e.Code < 400
}
