package freshdesk

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// readTickets reads one page of the lists of tickets, those that were updated
// longest ago first, and the messages of each ticket that is not known as it is.
func (c *Collector) readTickets(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	pos, err := readPosition(w.Cursor)
	if err != nil {
		return helpdesk.Page{}, err
	}
	pos.begin(w)
	if err := c.know(ctx, rest.Clocks); err != nil {
		return helpdesk.Page{}, err
	}
	rows, more, err := list[ticket](ctx, c, c.ticketRequest(&pos))
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	newest, err := c.tell(ctx, rows, &pos, &page, w)
	if err != nil {
		return helpdesk.Page{}, err
	}
	if pos.First && pos.List == len(filters)-1 {
		page.Progress = progress(newest, w)
	}
	pos.list().near(newest, w.Now)
	since := pos.Since
	var ok bool
	if page.Done, ok = pos.pass(newest, more, w); !ok {
		page.Skipped = append(page.Skipped, helpdesk.Skip{
			Reason: "pages", Err: fmt.Errorf("tickets updated at %s: more than the %d pages that the helpdesk gives", unix(since), lastPage),
		})
	}
	if page.Done {
		page.Progress = 1
	}
	page.Cursor, err = pos.write()
	return page, err
}

// ticketRequest asks for the page at a position. What is set aside needs no
// stamps, which cost credits.
func (c *Collector) ticketRequest(pos *position) rest.Request {
	q := url.Values{"updated_since": {unix(pos.Since)}, "order_by": {"updated_at"}, "order_type": {"asc"}}
	r := rest.Request{Endpoint: root + "/tickets", Path: root + "/tickets", Cost: costCall, Allowance: c.lists}
	if f := filters[pos.List]; f != "" {
		q.Set("filter", f)
	} else {
		q.Set("include", "stats")
		r.Cost = costTicketsStats
	}
	r.Query = paged(q, pos.Page)
	return r
}

func unix(s int64) string { return time.Unix(s, 0).UTC().Format(time.RFC3339) }

// progress of a first walk is the share of the time since the horizon.
func progress(newest int64, w helpdesk.Walk) float64 {
	span := w.Now.Sub(w.Horizon)
	if newest == 0 || span <= 0 {
		return 0
	}
	return min(max(float64(time.Unix(newest, 0).Sub(w.Horizon))/float64(span), 0), 1)
}

// tell adds what the rows of a page say, and returns the newest update stamp.
func (c *Collector) tell(ctx context.Context, rows lenient.Rows[ticket], pos *position, page *helpdesk.Page, w helpdesk.Walk) (int64, error) {
	newest := int64(0)
	for t := range rows.Each("ticket", page) {
		if !usable(t, page) {
			continue
		}
		switch filters[pos.List] {
		case "deleted":
			t.Deleted = maybe[bool]{V: true, OK: true}
		case "spam":
			t.Spam = maybe[bool]{V: true, OK: true}
		}
		row := knownRow{ID: t.ID, Updated: t.Updated.Unix()}
		newest = max(newest, row.Updated)
		if pos.list().knows(row) {
			continue
		}
		if !pos.First || !c.settled(t, w) {
			if err := c.tellTicket(ctx, t, page); err != nil {
				return 0, err
			}
		}
		row.JustNow = !w.Now.IsZero() && w.Now.Sub(t.Updated.Time) < restless
		pos.News = pos.News || row.Updated <= pos.Since+1
		pos.list().learn(row)
	}
	return newest, nil
}

// settled reports whether nothing of a ticket counts in a first sync: it is in no
// queue, and was last updated in a time that is not counted. Whatever happens to
// it later updates it, and then it is read whole.
func (c *Collector) settled(t *ticket, w helpdesk.Walk) bool {
	status, _ := c.names.statusOf(t.Status)
	live := status.Live() && !t.Deleted.V && !t.Spam.V
	return !live && t.Updated.Before(c.counted(w))
}

// counted is from when on anything may count.
func (c *Collector) counted(w helpdesk.Walk) time.Time {
	if c.uncounted == 0 {
		return w.Horizon
	}
	return w.Horizon.Add(c.uncounted - longOverlap)
}

// usable reports whether a row can be used; the page says it of one that can't.
func usable(t *ticket, page *helpdesk.Page) bool {
	switch {
	case t.ID == "":
		lenient.Skip(page, "id", "ticket", t.ID)
	case t.Created.IsZero(), t.Updated.IsZero():
		lenient.Skip(page, "time", "ticket", t.ID)
	default:
		return true
	}
	return false
}

// tellTicket adds a ticket with all that is told of it. Where its messages can't
// be read now, others' could: it is wanted by itself, and holds back nothing.
func (c *Collector) tellTicket(ctx context.Context, t *ticket, page *helpdesk.Page) error {
	c.addRow(t, page)
	err := c.addMessages(ctx, t, page)
	switch rest.ReasonOf(err) {
	case "":
	case rest.ReasonServer, rest.ReasonDecode, rest.ReasonClient:
		page.Wants = append(page.Wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: string(t.ID)})
	default:
		return err
	}
	return nil
}

// addRow adds what the row of a ticket says: what it is, and what happened to it.
func (c *Collector) addRow(t *ticket, page *helpdesk.Page) {
	conv, unknown := conversation(t, c.names, c.base)
	page.Records = append(page.Records, conv, t.opening())
	page.Records = append(page.Records, t.changes(c.names)...)
	if conv.Excluded != helpdesk.NotExcluded {
		page.Records = append(page.Records, t.setAside(conv.Excluded))
	}
	page.AddUnknown(unknown...)
}

// addMessages adds the messages of a ticket, which is whole then. One that was
// deleted, or has vanished meanwhile, has none to be had any more. Where the list
// is behind what the ticket tells, it is wanted once more.
func (c *Collector) addMessages(ctx context.Context, t *ticket, page *helpdesk.Page) error {
	want := helpdesk.Want{Kind: helpdesk.WantConversation, ID: string(t.ID)}
	if t.Deleted.V {
		return nil
	}
	rows, err := all[message](ctx, c, rest.Request{
		Endpoint: root + "/tickets/{id}/conversations", Path: root + "/tickets/" + string(t.ID) + "/conversations",
	})
	if err != nil && rest.ReasonOf(err) != rest.ReasonGone {
		return err
	}
	last := wrote{t.Created.Time, t.Created.Time}
	for m := range rows.Each("message", page) {
		switch {
		case m.ID == "":
			lenient.Skip(page, "id", "message", m.ID)
		case m.Created.IsZero():
			lenient.Skip(page, "time", "message", m.ID)
		default:
			m.Ticket = t.ID // a row may leave out whose it is
			last.note(m)
			if msg, ok := messageOf(m); ok {
				page.Records = append(page.Records, msg)
			}
		}
	}
	page.Served = append(page.Served, want)
	if err == nil && c.doubts.again(t, last) {
		page.Wants = append(page.Wants, want)
	}
	return nil
}
