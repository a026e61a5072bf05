package freshdesk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// What one search shows: 30 rows a page, ten pages.
const (
	searchRows  = 30
	searchPages = 10
)

// founded is a day before which no account has a ticket.
const founded = "2010-10-01"

// openPlace is the cursor of the open tickets: what is still to be searched, the
// last first, and the page of it that comes next.
type openPlace struct {
	Left []span `json:"left,omitempty"`
	Page int    `json:"page,omitempty"`
}

// span is a part of all tickets: those created on some days, perhaps of one
// priority. A search that finds more than it shows is split in two of them.
type span struct {
	From     string `json:"from"` // days, both included
	Till     string `json:"till"`
	Priority code   `json:"priority,omitempty"` // 0: any
}

// readOpen reads a page of the tickets that are in a queue, however old. The
// list of tickets has no such filter; a search has, of the statuses, and shows
// 300 at most.
// https://developers.freshdesk.com/api/#filter_tickets
func (c *Collector) readOpen(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	var at openPlace
	if w.Cursor != nil && json.Unmarshal(w.Cursor, &at) != nil {
		return helpdesk.Page{}, errors.New("read the cursor of the open tickets: it is damaged, or a later version's")
	}
	if len(at.Left) == 0 {
		// A day more: the account's may have begun where the clock's has not.
		at = openPlace{Left: []span{{From: founded, Till: w.Now.UTC().AddDate(0, 0, 1).Format(time.DateOnly)}}, Page: 1}
	}
	if err := c.know(ctx, rest.Background); err != nil {
		return helpdesk.Page{}, err
	}
	s := at.Left[len(at.Left)-1]
	raw, total, err := c.search(ctx, s.query(c.names.live()), at.Page)
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	if parts := s.split(); at.Page == 1 && total > searchRows*searchPages && len(parts) > 0 {
		at.Left = append(at.Left[:len(at.Left)-1], parts...)
	} else {
		c.tellOpen(raw, &page)
		at.pass(len(raw), total, s, &page)
	}
	page.Done = len(at.Left) == 0
	page.Cursor, err = json.Marshal(at)
	return page, err
}

// pass moves on behind a page.
func (at *openPlace) pass(rows, total int, s span, page *helpdesk.Page) {
	switch {
	case rows > 0 && at.Page*searchRows < total && at.Page < searchPages:
		at.Page++
		return
	case total > searchRows*searchPages:
		page.Skipped = append(page.Skipped, helpdesk.Skip{
			Reason: "pages", Err: fmt.Errorf("open tickets created on %s: %d, more than the %d that a search shows", s.From, total, searchRows*searchPages),
		})
	}
	at.Left, at.Page = at.Left[:len(at.Left)-1], 1
}

// tellOpen adds the rows of a search. They have no stamps of what happened: the
// list of tickets tells that.
func (c *Collector) tellOpen(raw []json.RawMessage, page *helpdesk.Page) {
	for _, r := range raw {
		t := new(ticket)
		if !readTicket(r, t, page) {
			continue
		}
		conv, unknown := conversation(t, c.names, c.base)
		if conv.Status.Live() { // the index may be minutes behind
			page.Records = append(page.Records, conv)
		}
		page.AddUnknown(unknown...)
	}
}

// search reads one page of a search, and how many tickets it finds.
func (c *Collector) search(ctx context.Context, query string, page int) ([]json.RawMessage, int, error) {
	const endpoint = root + "/search/tickets"
	raw, err := c.one(ctx, rest.Request{
		Endpoint: endpoint, Path: endpoint, Priority: rest.Background,
		Query: url.Values{"query": {`"` + query + `"`}, "page": {strconv.Itoa(page)}},
	})
	if err != nil {
		return nil, 0, err
	}
	var answer struct {
		Total   maybe[int]         `json:"total"`
		Results *[]json.RawMessage `json:"results"`
	}
	if json.Unmarshal(raw, &answer) != nil || answer.Results == nil {
		return nil, 0, rest.BadAnswer(endpoint, errors.New("the answer has no list of results"))
	}
	return *answer.Results, answer.Total.V, nil
}

// live are the numbers of the statuses of a queue: the account's, else those of
// a new one.
func (n names) live() []code {
	var out []code
	for c := range statuses {
		if len(n.statuses) == 0 {
			out = append(out, c)
		}
	}
	for c := range n.statuses {
		out = append(out, c)
	}
	slices.Sort(out)
	return slices.DeleteFunc(out, func(c code) bool { s, _ := n.statusOf(c); return !s.Live() })
}

func (s span) query(live []code) string {
	either := make([]string, len(live))
	for i, c := range live {
		either[i] = "status:" + c.String()
	}
	q := "(" + strings.Join(either, " OR ") + ") AND created_at:>'" + s.From + "' AND created_at:<'" + s.Till + "'"
	if s.Priority != 0 {
		q += " AND priority:" + s.Priority.String()
	}
	return q
}

// split halves the days, and one day by priority; nil: no further. The last part
// is searched first.
func (s span) split() []span {
	from, err1 := time.Parse(time.DateOnly, s.From)
	till, err2 := time.Parse(time.DateOnly, s.Till)
	days := int(till.Sub(from) / (24 * time.Hour))
	switch {
	case err1 != nil || err2 != nil || s.Priority != 0:
		return nil
	case days <= 0:
		var parts []span
		for p := range priorities {
			parts = append(parts, span{s.From, s.Till, p})
		}
		slices.SortFunc(parts, func(a, b span) int { return int(b.Priority - a.Priority) })
		return parts
	}
	middle := from.AddDate(0, 0, days/2)
	return []span{
		{middle.AddDate(0, 0, 1).Format(time.DateOnly), s.Till, 0},
		{s.From, middle.Format(time.DateOnly), 0},
	}
}
