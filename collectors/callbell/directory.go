package callbell

import (
	"context"
	"net/url"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// readTeams reads the teams: so few that they are one page for the caller.
func (c *Collector) readTeams(ctx context.Context, _ helpdesk.Walk) (helpdesk.Page, error) {
	page := helpdesk.Page{Done: true}
	if err := c.loadTeams(ctx, &page); err != nil {
		return helpdesk.Page{}, err
	}
	for _, t := range c.teams {
		page.Records = append(page.Records, helpdesk.Team{ID: string(t.UUID), Name: string(t.Name)})
	}
	return page, nil
}

func (c *Collector) loadTeams(ctx context.Context, page *helpdesk.Page) error {
	all := []team{}
	l := list[team]{endpoint: allTeams, path: allTeams, rows: func(b *body) maybe[lenient.Rows[team]] { return b.Teams }, prio: rest.Background}
	err := whole(ctx, c, l, func(a answered[team]) {
		all = append(all, teams(a, page)...)
	})
	if err == nil {
		c.teams = all
	}
	return err
}

func teams(a answered[team], page *helpdesk.Page) []team {
	var all []team
	for t := range a.Each("team", page) {
		switch {
		case t.UUID == "":
			lenient.Skip(page, "id", "team", t.UUID)
		default:
			all = append(all, *t)
		}
	}
	return all
}

// readAgents reads the members of all teams: nothing lists the agents of an
// account, and one who is in several teams is in several lists.
func (c *Collector) readAgents(ctx context.Context, _ helpdesk.Walk) (helpdesk.Page, error) {
	page := helpdesk.Page{Done: true}
	if c.teams == nil {
		if err := c.loadTeams(ctx, &page); err != nil {
			return helpdesk.Page{}, err
		}
	}
	known := map[string]bool{}
	for _, t := range c.teams {
		l := list[member]{
			endpoint: teamMembers, path: allTeams + "/" + url.PathEscape(string(t.UUID)) + "/members", prio: rest.Background,
			rows: func(b *body) maybe[lenient.Rows[member]] { return b.Users },
		}
		err := whole(ctx, c, l, func(a answered[member]) { members(a, known, &page) })
		if rest.ReasonOf(err) == rest.ReasonGone {
			continue // the team was removed meanwhile
		}
		if err != nil {
			return helpdesk.Page{}, err
		}
	}
	return page, nil
}

// members adds those that are not known from another team.
func members(a answered[member], known map[string]bool, page *helpdesk.Page) {
	for m := range a.Each("member", page) {
		agent := agentOf(m)
		switch {
		case agent.ID == "":
			lenient.Skip(page, "id", "member", "")
		case !known[agent.ID]:
			known[agent.ID] = true
			page.Records = append(page.Records, agent)
		}
	}
}

// whole reads a list to its end.
func whole[T row](ctx context.Context, c *Collector, l list[T], each func(answered[T])) error {
	var at place
	for range maxPage {
		a, err := page(ctx, c, l, at)
		if err != nil {
			return err
		}
		if a.next.Stalls == 0 {
			each(a)
		}
		if a.last {
			return nil
		}
		at = a.next
	}
	return nil
}
