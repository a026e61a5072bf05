package requesttracker

import (
	"context"
	"slices"
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// tell adds to page what new transactions, newest first, say: the tickets that
// they touch as they are now, and what happened in them.
func (c *Collector) tell(ctx context.Context, fresh []transaction, page *helpdesk.Page) error {
	rs, err := c.tickets(ctx, touched(fresh), rest.Clocks)
	if err != nil {
		return err
	}
	c.mem.note(fresh)
	if err := c.learn(ctx, fresh, rs.tickets, rest.Clocks, page); err != nil {
		return err
	}
	c.addRows(rs, touched(fresh), page)
	c.addEvents(fresh, rs.tickets, page)
	for _, x := range slices.Backward(fresh) {
		id := string(x.ObjectID)
		t := rs.tickets[id]
		switch {
		case rs.failed[id] != nil: // this ticket alone: it must not hold back the feed
			c.mem.want(page, id, x.seq)
		case t == nil || t.lent:
		case x.Type == "Create":
			c.addFirstOwner(&x, t, page)
		}
	}
	return nil
}

// addRows adds the tickets as they are now, in the order of ids.
func (c *Collector) addRows(rs rows, ids []string, page *helpdesk.Page) {
	for _, id := range ids {
		if t := rs.tickets[id]; t != nil {
			conv, unknown := c.reader().conversation(t)
			page.Records = append(page.Records, conv)
			page.Unknown = append(page.Unknown, unknown...)
		}
	}
	page.Gone = append(page.Gone, rs.gone...)
	page.Skipped = append(page.Skipped, rs.skips...)
}

// addEvents adds what happened, oldest first. Of a ticket whose row could not
// be had nothing is told: who its customer is, only the row knows.
func (c *Collector) addEvents(txs []transaction, tickets map[string]*ticket, page *helpdesk.Page) {
	for _, x := range slices.Backward(txs) {
		t := tickets[string(x.ObjectID)]
		if t == nil || x.bad != nil {
			continue
		}
		rec, unknown, err := c.reader().event(&x, t)
		if err != nil {
			page.Skipped = append(page.Skipped, helpdesk.Skip{Reason: "rating", Err: skip("transaction", string(x.ID), err).Err})
		}
		if rec != nil {
			page.Records = append(page.Records, rec)
		}
		c.doubt(&x, t)
		page.Unknown = append(page.Unknown, unknown...)
	}
}

// addFirstOwner adds the assignment that came with the creation of a ticket.
func (c *Collector) addFirstOwner(create *transaction, t *ticket, page *helpdesk.Page) {
	owner, sure := c.mem.firstOwner(t, c.reader().owner(t))
	if !sure {
		c.mem.want(page, string(t.ID), create.seq)
		return
	}
	c.addAssignment(create, owner, page)
}

func (c *Collector) addAssignment(create *transaction, owner string, page *helpdesk.Page) {
	if a := c.reader().assignment(create, owner); a.To != helpdesk.HolderTeam {
		page.Records = append(page.Records, a)
	}
}

// learn asks for all that mapping these rows needs and the directory does not
// know yet. Agents that it meets for the first time are added to page.
func (c *Collector) learn(ctx context.Context, txs []transaction, tickets map[string]*ticket, p rest.Priority, page *helpdesk.Page) error {
	c.dir.note(tickets)
	if err := c.learnQueues(ctx, queuesOf(txs, tickets), p); err != nil {
		return err
	}
	if err := c.learnStatuses(ctx, c.statusesOf(txs, tickets)); err != nil {
		return err
	}
	c.inferStatuses(txs, tickets)
	fresh, err := c.learnUsers(ctx, c.usersOf(txs, tickets), p)
	if err != nil {
		return err
	}
	for _, u := range fresh {
		if u.person() {
			page.Records = append(page.Records, u.agent())
		}
	}
	return nil
}

func (c *Collector) reader() reader { return reader{&c.opts, c.dir} }

// touched lists the tickets of transactions once each, in the order of ids.
func touched(txs []transaction) []string {
	ids := make([]uint64, len(txs))
	for i, x := range txs {
		ids[i] = number(x.ObjectID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = strconv.FormatUint(id, 10)
	}
	return names
}
