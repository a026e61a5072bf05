package requesttracker

import (
	"context"
	"slices"
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// fetchConversations is how many whole conversations one Fetch reads: a page or
// two of transactions for tickets of the usual length.
const fetchConversations = 20

const (
	// historyPages bounds the pages of one Fetch's transactions: a server that
	// repeats itself must not hold it for ever.
	historyPages = 500
	// historyHidden is how many pages without a visible row are gone through
	// where a ticket's creation has not been met.
	historyHidden = 3
)

// Fetch implements [helpdesk.Collector]. Wants are read together; when that
// fails for a reason that may lie in one of them, each is read by itself.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	batch := selectWants(wants)
	page, err := c.fetch(ctx, batch)
	switch rest.ReasonOf(err) {
	case rest.ReasonServer, rest.ReasonDecode, rest.ReasonClient, rest.ReasonTimeout:
	default:
		return page, err
	}
	if len(batch) == 1 {
		return helpdesk.Page{}, err
	}
	return c.fetchEach(ctx, batch, err)
}

// fetchEach reads wants one by one, and fails only if all of them do.
func (c *Collector) fetchEach(ctx context.Context, wants []helpdesk.Want, cause error) (helpdesk.Page, error) {
	var all helpdesk.Page
	for _, w := range wants {
		page, err := c.fetch(ctx, []helpdesk.Want{w})
		if err != nil {
			cause = err
			if rest.ReasonOf(err) == rest.ReasonTimeout || ctx.Err() != nil {
				break // the rest can wait; an hour of timeouts can't
			}
			continue
		}
		all.Records = append(all.Records, page.Records...)
		all.Served = append(all.Served, page.Served...)
		all.Gone = append(all.Gone, page.Gone...)
		all.Skipped = append(all.Skipped, page.Skipped...)
		all.Unknown = append(all.Unknown, page.Unknown...)
	}
	if len(all.Served) == 0 {
		return helpdesk.Page{}, cause
	}
	return all, nil
}

// selectWants takes the first wants that one Fetch can serve.
func selectWants(wants []helpdesk.Want) []helpdesk.Want {
	var batch []helpdesk.Want
	whole := 0
	for _, w := range wants {
		if w.Kind == helpdesk.WantConversation {
			if whole++; whole > fetchConversations {
				continue
			}
		}
		if batch = append(batch, w); len(batch) == pageSize {
			break
		}
	}
	return batch
}

// fetch reads the rows of all wants with one search, then the transactions of
// those that are wanted whole. Wants whose ticket alone could not be read are
// not served.
func (c *Collector) fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	var page helpdesk.Page
	ids, whole := c.idsOf(wants)
	c.mem.forget(ids)
	rs, err := c.tickets(ctx, ids, rest.Clocks)
	if err != nil {
		return helpdesk.Page{}, err
	}
	txs, err := c.history(ctx, slices.DeleteFunc(whole, func(id string) bool { return rs.tickets[id] == nil }))
	if err != nil {
		return helpdesk.Page{}, err
	}
	txs = addLinks(txs, rs.tickets)
	if err := c.learn(ctx, txs, rs.tickets, rest.Clocks, &page); err != nil {
		return helpdesk.Page{}, err
	}
	c.addRows(rs, ids, &page)
	c.addWhole(txs, rs.tickets, &page)
	var failed error
	for _, w := range wants {
		switch {
		case rs.failed[w.ID] != nil:
			failed = rs.failed[w.ID]
			continue
		case !isNumber(w.ID), rs.foreign[w.ID]: // no ticket that measuring knows
			page.Gone = append(page.Gone, w.ID)
		}
		page.Served = append(page.Served, w)
	}
	if len(page.Served) == 0 {
		return helpdesk.Page{}, failed
	}
	return page, nil
}

// idsOf lists the tickets of wants, and those that are wanted whole, once each.
func (c *Collector) idsOf(wants []helpdesk.Want) (ids, whole []string) {
	for _, w := range wants {
		if !isNumber(w.ID) || w.Kind == helpdesk.WantRating {
			continue
		}
		if !slices.Contains(ids, w.ID) {
			ids = append(ids, w.ID)
		}
		if w.Kind == helpdesk.WantConversation && !slices.Contains(whole, w.ID) {
			whole = append(whole, w.ID)
		}
	}
	return ids, whole
}

// addLinks adds the links that merged tickets were found by, if their rows
// alone are wanted.
func addLinks(txs []transaction, tickets map[string]*ticket) []transaction {
	for _, t := range sorted(tickets) {
		if l := t.link; l != nil && !slices.ContainsFunc(txs, func(x transaction) bool { return x.seq == l.seq }) {
			txs = append(txs, *l)
		}
	}
	return txs
}

// history reads every transaction of some tickets, newest first. A ticket's
// first is its creation, which is visible when the ticket is: once all are read
// nothing is missing, hidden rows or not. Without one (an import) the end is
// where some pages hold nothing.
func (c *Collector) history(ctx context.Context, ids []string) ([]transaction, error) {
	var txs []transaction
	born := map[string]bool{}
	hidden, query := 0, wanted(&c.opts)+" AND "+anyOf("ObjectId", ids)
	for n := 0; len(born) < len(ids) && hidden < historyHidden && n < historyPages; n++ {
		sql := query
		if len(txs) > 0 {
			sql += " AND id < " + strconv.FormatUint(txs[len(txs)-1].seq, 10)
		}
		page, _, err := c.transactions(ctx, transactionQuery(sql, hidden+1), rest.Clocks)
		if err != nil {
			return nil, err
		}
		if hidden++; len(page) > 0 {
			hidden = 0
		}
		for _, x := range page {
			if x.Type == "Create" {
				born[string(x.ObjectID)] = true
			}
		}
		txs = append(txs, page...)
	}
	return txs, nil
}

// addWhole adds whole histories: what happened, and who owned each ticket when
// it was created. The rows were read first, so no owner change is newer.
func (c *Collector) addWhole(txs []transaction, tickets map[string]*ticket, page *helpdesk.Page) {
	c.addEvents(txs, tickets, page)
	owners := map[string]string{}
	for _, x := range txs { // newest first: the earliest change wins
		if x.bad != nil {
			page.Skipped = append(page.Skipped, skip("transaction", string(x.ID), x.bad))
		} else if x.Type == "Set" && x.Field == "Owner" {
			owners[string(x.ObjectID)] = string(x.OldValue)
		}
	}
	for _, x := range slices.Backward(txs) {
		t := tickets[string(x.ObjectID)]
		if x.Type != "Create" || x.bad != nil || t == nil || t.lent {
			continue
		}
		owner, changed := owners[string(x.ObjectID)]
		if !changed {
			owner = c.reader().owner(t)
		}
		c.addAssignment(&x, owner, page)
	}
}
