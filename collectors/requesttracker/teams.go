package requesttracker

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// queue is what the directory knows of a queue, a team here.
type queue struct{ name, lifecycle string }

// queueRow is a row of /queues/all. Disabled is 2 for the queue of approvals.
type queueRow struct {
	ID        text `json:"id"`
	Name      text `json:"Name"`
	Lifecycle text `json:"Lifecycle"`
	Disabled  text `json:"Disabled"`
}

// note remembers what ticket rows tell beside themselves.
func (d *directory) note(tickets map[string]*ticket) {
	for _, t := range tickets {
		if t.Queue.Name != "" {
			d.queues[string(t.Queue.ID)] = queue{string(t.Queue.Name), string(t.Queue.Lifecycle)}
		}
		for _, f := range t.CustomFields {
			d.fields[string(f.ID)] = string(f.Name)
		}
	}
}

// readTeams reads a page of the queues. It is also the moment at which what
// could not be learned before may be asked again.
func (c *Collector) readTeams(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	n, err := decodePageNumber(w.Cursor)
	if err != nil {
		return helpdesk.Page{}, err
	}
	if n == 1 {
		clear(c.dir.unseen)
		c.dir.forgetUnsure()
	}
	queues, skips, done, err := c.askQueues(ctx, n, rest.Background)
	if err != nil {
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Skipped: skips, Done: done}
	for _, q := range queues {
		if q.Disabled != "0" && q.Disabled != "" {
			continue
		}
		team := helpdesk.Team{ID: string(q.ID), Name: string(q.Name)}
		if c.opts.ChannelField == "" {
			team.Channel = helpdesk.ChannelEmail
		}
		page.Records = append(page.Records, team)
	}
	page.Cursor, err = encodePageNumber(n, done)
	return page, err
}

// learnQueues reads the directory of queues if one of these is not in it.
func (c *Collector) learnQueues(ctx context.Context, numbers []string, p rest.Priority) error {
	missing := false
	for _, n := range numbers {
		_, ok := c.dir.queues[n]
		missing = missing || !ok && isNumber(n) && !c.dir.unseen[n]
	}
	for page, done := 1, !missing; !done; page++ {
		var err error
		if _, _, done, err = c.askQueues(ctx, page, p); err != nil {
			return err
		}
	}
	for _, n := range numbers {
		if _, ok := c.dir.queues[n]; !ok {
			c.dir.unseen[n] = true
		}
	}
	return nil
}

// askQueues reads one page of the queues, disabled ones too: old owner and
// queue changes name them.
func (c *Collector) askQueues(ctx context.Context, n int, p rest.Priority) ([]queueRow, []helpdesk.Skip, bool, error) {
	page, err := page[queueRow](ctx, c, rest.Request{
		Endpoint: api + "/queues/all", Path: api + "/queues/all", Priority: p,
		Query: url.Values{
			"fields": {"Name,Lifecycle,Disabled"}, "find_disabled_rows": {"1"},
			"per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(n)},
		},
	})
	if err != nil {
		return nil, nil, false, err
	}
	var (
		queues []queueRow
		skips  []helpdesk.Skip
	)
	for i := range page.Items {
		q, bad := page.Items[i].V, page.Items[i].Bad
		if bad != nil || !isNumber(string(q.ID)) || q.Name == "" {
			skips = append(skips, skip("queue", strconv.FormatUint(max(number(q.ID), badID(bad)), 10), errUnreadable))
			continue
		}
		c.dir.queues[string(q.ID)] = queue{string(q.Name), string(q.Lifecycle)}
		queues = append(queues, q)
	}
	return queues, skips, lastPage(page, n), nil
}

// lastPage reports whether page n is a list's last: by the total where RT tells
// it, else by an empty page, because rows may be hidden.
func lastPage[T any](page *collection[T], n int) bool {
	if total, ok := page.total(); ok {
		return n*pageSize >= total
	}
	return len(page.Items) == 0
}

// directoryPosition is the cursor of a directory: the next page, 1 at the start.
type directoryPosition struct {
	Page int `json:"page"`
}

func decodePageNumber(cursor []byte) (int, error) {
	p := directoryPosition{Page: 1}
	if cursor != nil && lenient.Unmarshal(cursor, &p) != nil || p.Page < 1 {
		return 0, errors.New("read the cursor of a directory: it is damaged, or a later version's")
	}
	return p.Page, nil
}

func encodePageNumber(n int, done bool) ([]byte, error) {
	if done {
		n = 0
	}
	return json.Marshal(directoryPosition{Page: n + 1})
}
