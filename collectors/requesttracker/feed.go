package requesttracker

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	// feedPages is how many pages are told together. Most tickets have transactions on
	// several, and are searched for once; more pages would be more to hold in memory.
	feedPages = 5
	// hiddenPages is how many pages in a row without a visible row a first walk
	// goes through, where nothing tells how far down rows go.
	hiddenPages = 50
	// topPages is how many such pages later walks go through on top of all before
	// they make sure that the account still sees something, and start again.
	topPages = 20
)

// readFeed reads some pages of transactions, from the newest down to one that is
// known, and the rows of the tickets that new ones touch.
//
// The order is what makes an idle round one call: its first page holds the
// newest row and the anchor, a known row shortOverlap below it, and a page with
// the anchor proves that nothing lies between, hidden rows or not.
func (c *Collector) readFeed(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	pos, err := decodePosition(w.Cursor)
	if err != nil {
		return helpdesk.Page{}, err
	}
	if pos.Walk == nil {
		pos.begin(w.Long)
		c.mem.begin(w.Long, w.Now)
		if w.Long {
			if err := c.askDoubts(ctx, pos.Doubts); err != nil {
				return helpdesk.Page{}, err
			}
		}
	}
	c.mem.resume(pos.Walk, w.Now)
	page, fresh, err := c.readOn(ctx, &pos, w)
	if err != nil {
		return helpdesk.Page{}, err
	}
	if len(fresh) > 0 {
		if err := c.tell(ctx, fresh, &page); err != nil {
			return helpdesk.Page{}, err
		}
	}
	if page.Done {
		pos.finish()
		page.Progress = 1
	} else {
		c.mem.next = pos.Walk.Next
	}
	c.settleDoubts(&pos, &page)
	page.Cursor, err = pos.encode()
	return page, err
}

// readOn moves the walk over the next pages, to its end or at most feedPages, and
// returns what is new on them. What fails behind the first one only ends them: the
// next call begins there, and meets it if it lasts.
func (c *Collector) readOn(ctx context.Context, pos *position, w helpdesk.Walk) (helpdesk.Page, []transaction, error) {
	var page helpdesk.Page
	var fresh []transaction
	for n := range feedPages {
		txs, skips, err := c.transactions(ctx, transactionQuery(pos.sql(&c.opts), pos.Walk.Page), rest.Clocks)
		if err == nil {
			page.Done, err = c.advance(ctx, pos, txs, w)
		}
		if err != nil && n == 0 {
			return helpdesk.Page{}, nil, err
		}
		if err != nil {
			break
		}
		page.Skipped = append(page.Skipped, skips...)
		fresh = append(fresh, pos.fresh(txs, &page)...)
		if page.Done || len(txs) == 0 {
			break
		}
		if pos.first() {
			page.Progress = progress(txs, w)
		}
	}
	return page, fresh, nil
}

// sql is the query of the walk's next page.
func (p *position) sql(o *Options) string {
	sql := wanted(o)
	if p.Walk.Anchor > 0 {
		sql += " AND id >= " + strconv.FormatUint(p.Walk.Anchor, 10)
	}
	if p.Walk.Next > 0 {
		sql += " AND id < " + strconv.FormatUint(p.Walk.Next, 10)
	}
	return sql
}

// fresh are the rows of a page that no earlier walk applied; those that can't
// be used are noted.
func (p *position) fresh(txs []transaction, page *helpdesk.Page) []transaction {
	var fresh []transaction
	for _, t := range txs {
		switch {
		case p.knows(t.seq):
		case t.bad != nil:
			page.Skipped = append(page.Skipped, skip("transaction", strconv.FormatUint(t.seq, 10), t.bad))
		default:
			fresh = append(fresh, t)
		}
	}
	return fresh
}

// advance moves the walk past a page and reports whether it is complete.
func (c *Collector) advance(ctx context.Context, pos *position, txs []transaction, w helpdesk.Walk) (bool, error) {
	walk := pos.Walk
	if len(txs) > 0 {
		ids := make([]uint64, len(txs))
		for i, t := range txs {
			ids[i] = t.seq
		}
		if !walk.see(ids) {
			return false, &rest.Error{Reason: rest.ReasonDecode, Endpoint: api + "/transactions", Err: errors.New("the helpdesk repeats a page")}
		}
		return walk.Next <= max(walk.Anchor, 1) || pos.first() && older(txs, w.Horizon), nil
	}
	if none, err := c.noTickets(ctx, pos); err != nil || none {
		return none, err
	}
	if walk.Doubted = !walk.Doubted; walk.Doubted {
		return false, nil
	}
	if walk.Next > 0 {
		return walk.skip() || pos.first() && walk.Page > hiddenPages, nil
	}
	return c.nothingOnTop(ctx, pos)
}

// noTickets reports whether a first walk finds nothing because nothing is there.
func (c *Collector) noTickets(ctx context.Context, pos *position) (bool, error) {
	if !pos.first() || pos.Walk.Next > 0 || pos.Walk.Page > 1 {
		return false, nil
	}
	if !c.mem.empty {
		n, err := c.count(ctx, "id > 0", rest.Clocks)
		if err != nil {
			return false, err
		}
		c.mem.empty = n == 0
	}
	return c.mem.empty, nil
}

// nothingOnTop judges an empty page at the top of a walk. Either the newest
// hundred rows are hidden, or all that was visible no longer is: then the account
// lost its rights, which RT does not say.
func (c *Collector) nothingOnTop(ctx context.Context, pos *position) (bool, error) {
	walk := pos.Walk
	if pos.first() {
		walk.Page++
		return walk.Page > hiddenPages, nil
	}
	if walk.Page%topPages == 1 {
		anchor, err := c.lowestVisible(ctx, pos.Known[:min(shortOverlap, len(pos.Known))])
		if err != nil {
			return false, err
		}
		if anchor == 0 {
			return false, &rest.Error{
				Reason: rest.ReasonForbidden, Endpoint: api + "/transactions",
				Err: errors.New("no transaction that was visible before is visible now: check the account's rights, ShowTicket first"),
			}
		}
		walk.Anchor = max(walk.Anchor, anchor)
	}
	walk.deeper()
	return false, nil
}

// lowestVisible is the lowest of known transactions that can still be seen, 0
// without one.
func (c *Collector) lowestVisible(ctx context.Context, known []uint64) (uint64, error) {
	ids := make([]string, len(known))
	for i, id := range known {
		ids[i] = strconv.FormatUint(id, 10)
	}
	txs, _, err := c.transactions(ctx, transactionQuery("ObjectType='RT::Ticket' AND "+anyOf("id", ids), 1), rest.Clocks)
	for _, t := range slices.Backward(txs) {
		if slices.Contains(known, t.seq) {
			return t.seq, nil
		}
	}
	return 0, err
}

// transactions reads one page, newest first, each once. Rows without a number can be
// neither placed nor remembered; a page of nothing else is no answer.
func (c *Collector) transactions(ctx context.Context, q url.Values, p rest.Priority) ([]transaction, []helpdesk.Skip, error) {
	page, err := page[transaction](ctx, c, rest.Request{Endpoint: api + "/transactions", Path: api + "/transactions", Query: q, Priority: p})
	if err != nil {
		return nil, nil, err
	}
	txs := make([]transaction, 0, len(page.Items))
	var skips []helpdesk.Skip
	for i := range page.Items {
		t := transactionOf(&page.Items[i])
		if t.seq == 0 {
			skips = append(skips, skip("transaction", "without a number", t.bad))
			continue
		}
		txs = append(txs, t)
	}
	if len(txs) == 0 && len(skips) > 0 {
		return nil, nil, &rest.Error{Reason: rest.ReasonDecode, Endpoint: api + "/transactions", Err: errors.New("no row has an id")}
	}
	slices.SortFunc(txs, func(a, b transaction) int { return cmp.Compare(b.seq, a.seq) })
	return slices.CompactFunc(txs, func(a, b transaction) bool { return a.seq == b.seq }), skips, nil
}

// older reports whether all of a page happened before the horizon.
func older(txs []transaction, horizon time.Time) bool {
	return !slices.ContainsFunc(txs, func(t transaction) bool { return t.at.IsZero() || !t.at.Before(horizon) })
}

// progress of a first walk is the share of the time back to the horizon.
func progress(txs []transaction, w helpdesk.Walk) float64 {
	span := w.Now.Sub(w.Horizon)
	if span <= 0 || txs[len(txs)-1].at.IsZero() {
		return 0
	}
	return min(max(float64(w.Now.Sub(txs[len(txs)-1].at))/float64(span), 0), 1)
}
