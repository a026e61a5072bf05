package freshdesk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// What one search shows: 30 rows a page, ten pages.
const (
	searchRows  = 30
	searchPages = 10
	// maxSearches bounds those of a walk: a search that overlooks the days finds the
	// same tickets in every part of them.
	maxSearches = 1000
)

// founded is a day before which no account has a ticket.
const founded = "2010-10-01"

// openPlace is the cursor of the open tickets: what is still to be searched, the
// last first, the page of it that comes next, and how many searches there were.
type openPlace struct {
	Left     []span `json:"left,omitempty"`
	Page     int    `json:"page,omitempty"`
	Searches int    `json:"searches,omitempty"`
}

// span is a part of all tickets: those of a status, perhaps created on some days,
// perhaps of one priority. A search that finds more than it shows is split in two
// of them.
type span struct {
	Status   code   `json:"status"`
	From     string `json:"from,omitempty"` // days, both included; "": all
	Till     string `json:"till,omitempty"`
	Priority code   `json:"priority,omitempty"` // 0: any
}

// readOpen reads a page of the tickets that are in a queue, however old. The
// list of tickets has no such filter; a search has, of one status after the
// other, and shows 300 at most.
// https://developers.freshdesk.com/api/#filter_tickets
func (c *Collector) readOpen(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	var at openPlace
	if w.Cursor != nil && lenient.Unmarshal(w.Cursor, &at) != nil {
		return helpdesk.Page{}, errors.New("read the cursor of the open tickets: it is damaged, or a later version's")
	}
	if err := c.know(ctx, rest.Background); err != nil {
		return helpdesk.Page{}, err
	}
	if len(at.Left) == 0 {
		at = openPlace{Page: 1}
		for _, status := range slices.Backward(c.names.live()) {
			at.Left = append(at.Left, span{Status: status})
		}
	}
	s := at.Left[len(at.Left)-1]
	rows, total, err := c.search(ctx, s.query(), at.Page)
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	at.Searches++
	if parts := s.split(w.Now); at.Page == 1 && total > searchRows*searchPages && len(parts) > 0 {
		at.Left = append(at.Left[:len(at.Left)-1], parts...)
	} else {
		c.tellOpen(rows, &page)
		at.pass(len(rows), total, s, &page)
	}
	if at.Searches >= maxSearches && len(at.Left) > 0 {
		at.Left = nil
		page.Skipped = append(page.Skipped, helpdesk.Skip{
			Reason: "pages", Err: fmt.Errorf("open tickets: not all were found by %d searches, more than is good for the quota", maxSearches),
		})
	}
	if page.Done = len(at.Left) == 0; page.Done {
		at = openPlace{}
	}
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
			Reason: "pages", Err: fmt.Errorf("open tickets, %s: %d, more than the %d that a search shows", s.query(), total, searchRows*searchPages),
		})
	}
	at.Left, at.Page = at.Left[:len(at.Left)-1], 1
}

// tellOpen adds the rows of a search. They have no stamps of what happened: the
// list of tickets tells that.
func (c *Collector) tellOpen(rows lenient.Rows[ticket], page *helpdesk.Page) {
	for t := range rows.Each("ticket", page) {
		if !usable(t, page) {
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
func (c *Collector) search(ctx context.Context, query string, page int) (lenient.Rows[ticket], int, error) {
	const endpoint = root + "/search/tickets"
	answer, err := one[struct {
		Total   maybe[int]                  `json:"total"`
		Results maybe[lenient.Rows[ticket]] `json:"results"`
	}](ctx, c, rest.Request{
		Endpoint: endpoint, Path: endpoint, Priority: rest.Background,
		Query: url.Values{"query": {`"` + query + `"`}, "page": {strconv.Itoa(page)}},
	})
	if err != nil {
		return nil, 0, err
	}
	if !answer.V.Results.OK {
		return nil, 0, rest.BadAnswer(endpoint, errors.New("the answer has no list of results"))
	}
	return answer.V.Results.V, answer.V.Total.V, nil
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

func (s span) query() string {
	q := "status:" + s.Status.String()
	if s.From != "" {
		q += " AND created_at:>'" + s.From + "' AND created_at:<'" + s.Till + "'"
	}
	if s.Priority != 0 {
		q += " AND priority:" + s.Priority.String()
	}
	return q
}

// split halves the days, and one day by priority; nil: no further. The last part
// is searched first.
func (s span) split(now time.Time) []span {
	part := func(from, till time.Time) span {
		return span{Status: s.Status, From: from.Format(time.DateOnly), Till: till.Format(time.DateOnly)}
	}
	if s.From == "" {
		// A day more: the account's may have begun where the clock's has not.
		s.From, s.Till = founded, now.UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	}
	from, err1 := time.Parse(time.DateOnly, s.From)
	till, err2 := time.Parse(time.DateOnly, s.Till)
	days := int(till.Sub(from) / (24 * time.Hour))
	switch {
	case err1 != nil || err2 != nil || s.Priority != 0:
		return nil
	case days <= 0:
		var parts []span
		for p := range priorities {
			one := s
			one.Priority = p
			parts = append(parts, one)
		}
		slices.SortFunc(parts, func(a, b span) int { return int(b.Priority - a.Priority) })
		return parts
	}
	middle := from.AddDate(0, 0, days/2)
	return []span{part(middle.AddDate(0, 0, 1), till), part(from, middle)}
}
