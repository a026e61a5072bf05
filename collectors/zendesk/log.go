package zendesk

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const ticketLog = "/incremental/ticket_events"

// shortOverlap is how much of the log every walk reads again: what is known
// comes in the page that a round costs anyway. It is as long as the vendor
// refuses to tell, so that a walk never begins too late, whatever our clock says.
const shortOverlap = VisibilityLag + time.Second

// logged is the cursor of the log: the second from which it is asked for next.
// The log is paged by time, and a page begins with the second in which the one
// before it ended: what comes again is known by its id.
type logged struct {
	From int64 `json:"from,omitempty"`
	// Base is where the walk before this one ended.
	Base    int64 `json:"base,omitempty"`
	Walking bool  `json:"walking,omitempty"`
	First   bool  `json:"first,omitempty"`
	// Untold are new tickets whose rows the next page of the walk asks for, fewer
	// than one call tells.
	Untold []string `json:"untold,omitempty"`
}

// readLog reads the next page of what happened to all tickets.
// https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/#incremental-ticket-event-export
func (c *Collector) readLog(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[logged](cursorVersion, w.Cursor)
	if !st.Walking {
		st.begin(w)
	}
	answer, err := c.logPage(ctx, st.From)
	if latest := startAt(st.From, w.Now); refused(err) && latest < st.From {
		st.From = latest
		answer, err = c.logPage(ctx, st.From)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	updates := updatesOf(*answer.Events, &page)
	told := max(st.Base, st.From)
	page.Done = st.pass(answer, updates, c.perPage)
	if !st.First { // the first sync reads the open set
		st.addNew(updates, told)
		if err := c.tellNew(ctx, &st, &page); err != nil {
			return helpdesk.Page{}, err
		}
	}
	if err := c.tell(ctx, updates, &page); err != nil {
		return helpdesk.Page{}, err
	}
	if st.First {
		page.Progress = progress(st.From, w)
	}
	if page.Done {
		st.Walking, st.First, st.Base, page.Progress = false, false, 0, 1
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

func (c *Collector) logPage(ctx context.Context, from int64) (*logPage, error) {
	q := url.Values{"include": {"comment_events"}, "start_time": {strconv.FormatInt(from, 10)}}
	answer := new(logPage)
	if err := c.export(ctx, ticketLog, q, answer); err != nil {
		return nil, err
	}
	if answer.Events == nil {
		return nil, noRows(ticketLog)
	}
	return answer, nil
}

func (st *logged) begin(w helpdesk.Walk) {
	st.Walking, st.First, st.Base = true, st.From == 0, st.From
	switch {
	case st.First:
		st.From = startAt(w.Horizon.Unix(), w.Now)
		st.Base = st.From
	case w.Long:
		st.From -= int64(longOverlap / time.Second)
	default:
		st.From -= int64(shortOverlap / time.Second)
	}
	st.From = max(st.From, 1)
}

// pass moves behind a page and reports whether it was the last. A page holds the
// whole of its last second: where all of it is one second, the next begins behind
// that. Where the vendor does not say whether it is the last, the page is that
// brings nothing later and is not full.
func (st *logged) pass(answer *logPage, updates []update, full int) bool {
	end := max(st.From, answer.EndTime.Unix())
	for i := range updates {
		end = max(end, updates[i].at.Unix())
	}
	done := answer.End.V || len(*answer.Events) == 0 || !answer.End.OK && end == st.From && len(*answer.Events) < full
	switch {
	case len(*answer.Events) == 0:
		// What was last read is in every page: a page without it proves nothing.
		end = max(st.From, st.Base)
	case !done && end == st.From:
		end++
	}
	st.From = end
	return done
}

// updatesOf reads the entries of a page.
func updatesOf(raw []json.RawMessage, p *helpdesk.Page) []update {
	updates := make([]update, 0, len(raw))
	for _, r := range raw {
		var e ticketEvent
		if !lenient.Decode[id]("ticket event", r, &e, p) {
			continue
		}
		switch u := updateOf(&e, p); {
		case u.id == "" || u.ticket == "":
			lenient.Skip(p, "id", "ticket event", u.id)
		case u.at.IsZero():
			lenient.Skip(p, "time", "ticket event", u.id)
		default:
			updates = append(updates, u)
		}
	}
	return updates
}

// addNew adds the tickets that were created after a second up to which all was told.
func (st *logged) addNew(updates []update, told int64) {
	for i := range updates {
		if u := &updates[i]; u.creates() && u.at.Unix() > told && !slices.Contains(st.Untold, string(u.ticket)) {
			st.Untold = append(st.Untold, string(u.ticket))
		}
	}
}

// tellNew adds the rows of new tickets: the export of tickets hides a ticket for
// as long as it changes each minute, as a chat does. What does not fill a call
// waits for the next page.
func (c *Collector) tellNew(ctx context.Context, st *logged, p *helpdesk.Page) error {
	for len(st.Untold) >= pageSize || p.Done && len(st.Untold) > 0 {
		n := min(pageSize, len(st.Untold))
		if err := c.tellMany(ctx, st.Untold[:n], p); err != nil {
			return err
		}
		st.Untold = st.Untold[n:]
	}
	return nil
}

// tellMany adds the rows of up to a hundred tickets; those that were deleted are
// not in the answer.
// https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#show-multiple-tickets
func (c *Collector) tellMany(ctx context.Context, ids []string, p *helpdesk.Page) error {
	var answer struct {
		Tickets *[]json.RawMessage `json:"tickets"`
	}
	q := url.Values{"ids": {strings.Join(ids, ",")}, "include": {"metric_sets,slas"}}
	err := c.api.Do(ctx, rest.Request{Endpoint: manyTickets, Path: root + manyTickets, Query: q, Priority: rest.Clocks}, &answer)
	switch {
	case absent(err): // the export tells them later
		return nil
	case err != nil:
		return err
	case answer.Tickets == nil:
		return noRows(manyTickets)
	}
	var last int64
	return c.tellTickets(ctx, *answer.Tickets, p, &last)
}

const manyTickets = "/tickets/show_many"

// tell adds what updates say, by who wrote and what groups are called.
func (c *Collector) tell(ctx context.Context, updates []update, p *helpdesk.Page) error {
	if err := c.knowPeople(ctx, updates); err != nil {
		return err
	}
	if err := c.knowLabels(ctx, updates); err != nil {
		return err
	}
	for i := range updates {
		records, unknown := updates[i].records(c.dir, c.dir.names)
		p.Records = append(p.Records, records...)
		p.AddUnknown(unknown...)
	}
	return nil
}
