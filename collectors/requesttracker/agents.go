package requesttracker

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func (u user) agent() helpdesk.Agent {
	return helpdesk.Agent{ID: u.number, Name: cmp.Or(u.realName, u.name), Bot: u.bot}
}

// readAgents lists the support team: the members of the system group of
// privileged users where the account may see them (AdminGroupMembership), else
// those that were met so far. Each is read again, so that names, and customers
// who became agents, are known anew.
func (c *Collector) readAgents(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	n, err := decodePageNumber(w.Cursor)
	if err != nil {
		return helpdesk.Page{}, err
	}
	var met []string
	if n == 1 {
		for _, u := range c.dir.team() {
			met = append(met, u.number)
		}
	}
	members, done, err := c.askMembers(ctx, n)
	switch rest.ReasonOf(err) {
	case "":
	case rest.ReasonForbidden, rest.ReasonGone:
		done = true
	default:
		return helpdesk.Page{}, err
	}
	before := c.dir.users
	if n == 1 {
		c.dir.users = map[string]user{}
	}
	keys := append(members, met...)
	if _, err := c.learnUsers(ctx, keys, rest.Background); err != nil {
		c.dir.users = before
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Done: done, Records: c.agentsOf(keys)}
	page.Cursor, err = encodePageNumber(n, done)
	return page, err
}

// agentsOf lists known users of the support team by number.
func (c *Collector) agentsOf(numbers []string) []helpdesk.Record {
	slices.SortFunc(numbers, func(a, b string) int { return cmp.Compare(number(text(a)), number(text(b))) })
	var records []helpdesk.Record
	for _, n := range slices.Compact(numbers) {
		if u, ok := c.dir.userByNumber(n); ok && u.person() {
			records = append(records, u.agent())
		}
	}
	return records
}

// askMembers reads a page of the numbers of all privileged users.
func (c *Collector) askMembers(ctx context.Context, n int) ([]string, bool, error) {
	if c.dir.group == "" {
		if err := c.askGroup(ctx); err != nil || c.dir.group == "" {
			return nil, true, err
		}
	}
	page, err := page[ref](ctx, c, rest.Request{
		Endpoint: api + "/group/{id}/members", Path: api + "/group/" + c.dir.group + "/members", Priority: rest.Background,
		Query: url.Values{"groups": {"0"}, "per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(n)}},
	})
	if err != nil {
		return nil, false, err
	}
	var numbers []string
	for m := range page.Items.Each("member", new(helpdesk.Page)) {
		if m.Type == "user" && isNumber(string(m.ID)) {
			numbers = append(numbers, string(m.ID))
		}
	}
	return numbers, lastPage(page, n), nil
}

// askGroup finds the system group that holds all privileged users.
func (c *Collector) askGroup(ctx context.Context) error {
	page, err := page[ref](ctx, c, rest.Request{
		Endpoint: api + "/groups", Path: api + "/groups", Priority: rest.Background,
		Query: url.Values{
			"query": {`[{"field":"Domain","value":"SystemInternal"}]`}, "fields": {"Name"}, "per_page": {strconv.Itoa(pageSize)},
		},
	})
	if err != nil {
		return err
	}
	for g := range page.Items.Each("group", new(helpdesk.Page)) {
		if g.Name == "Privileged" && isNumber(string(g.ID)) {
			c.dir.group = string(g.ID)
		}
	}
	return nil
}
