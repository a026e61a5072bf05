package freshdesk

import (
	"context"
	"net/url"
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	groupsPath   = root + "/groups"
	productsPath = root + "/products"
)

// statusRequest asks for the account's statuses, which takes an administrator.
// https://developers.freshdesk.com/api/#list_all_ticket_fields
func statusRequest(prio rest.Priority) rest.Request {
	const path = root + "/ticket_fields"
	return rest.Request{Endpoint: path, Path: path, Query: url.Values{"type": {"default_status"}}, Priority: prio}
}

// know makes sure that the names of groups, products and statuses are loaded:
// rows hold only their numbers. Lists that the key's agent may not read have no
// names.
func (c *Collector) know(ctx context.Context, prio rest.Priority) error {
	if c.known {
		return nil
	}
	n := names{groups: map[string]string{}, products: map[string]string{}, statuses: map[code]string{}}
	if err := know(ctx, c, rest.Request{Endpoint: groupsPath, Path: groupsPath, Priority: prio}, func(g *group) { g.note(n.groups) }); err != nil {
		return err
	}
	if err := know(ctx, c, rest.Request{Endpoint: productsPath, Path: productsPath, Priority: prio}, func(g *group) { g.note(n.products) }); err != nil {
		return err
	}
	if err := know(ctx, c, statusRequest(prio), func(f *field) { f.note(n.statuses) }); err != nil {
		return err
	}
	c.names, c.known = n, true
	return nil
}

// know notes the rows of a list that may be read. What can't be read of it is counted
// by the stream of groups.
func know[T any](ctx context.Context, c *Collector, r rest.Request, note func(*T)) error {
	rows, err := all[T](ctx, c, r)
	switch rest.ReasonOf(err) {
	case "", rest.ReasonForbidden, rest.ReasonGone, rest.ReasonClient:
	default:
		return err
	}
	for row := range rows.Each("row", new(helpdesk.Page)) {
		note(row)
	}
	return nil
}

// note notes the name of a group or a product.
func (g *group) note(into map[string]string) {
	if g.ID != "" {
		into[string(g.ID)] = string(g.Name)
	}
}

// note notes the names of an account's statuses: of each number the name that agents
// see, not the one that customers see.
func (field *field) note(into map[code]string) {
	if field.Type != "default_status" {
		return
	}
	for number, labels := range field.Choices.V {
		n, err := strconv.Atoi(number)
		if err == nil && len(labels.V) > 0 {
			into[code(n)] = lower(labels.V[0])
		}
	}
}

// readTeams reads the groups: so few that they are one page for the caller. Their
// names are remembered.
// https://developers.freshdesk.com/api/#list_all_groups
func (c *Collector) readTeams(ctx context.Context) (helpdesk.Page, error) {
	rows, err := all[group](ctx, c, rest.Request{Endpoint: groupsPath, Path: groupsPath, Priority: rest.Background})
	if err != nil {
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Done: true}
	for _, t := range groupRows(rows, &page) {
		if c.known {
			c.names.groups[t.ID] = t.Name
		}
		page.Records = append(page.Records, t)
	}
	return page, nil
}

func groupRows(rows lenient.Rows[group], page *helpdesk.Page) []helpdesk.Team {
	var teams []helpdesk.Team
	for g := range rows.Each("group", page) {
		switch {
		case g.ID == "":
			lenient.Skip(page, "id", "group", g.ID)
		default:
			teams = append(teams, teamOf(g))
		}
	}
	return teams
}
