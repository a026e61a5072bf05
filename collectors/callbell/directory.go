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
	err := c.whole(ctx, list{endpoint: allTeams, path: allTeams, key: "teams", prio: rest.Background}, func(a answered) {
		all = append(all, teams(a, page)...)
	})
	if err == nil {
		c.teams = all
	}
	return err
}

func teams(a answered, page *helpdesk.Page) []team {
	var all []team
	for _, raw := range a.rows {
		var t team
		switch {
		case !lenient.Decode[id]("team", raw, &t, page):
		case t.UUID == "":
			lenient.Skip(page, "id", "team", t.UUID)
		default:
			all = append(all, t)
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
		l := list{endpoint: teamMembers, path: allTeams + "/" + url.PathEscape(string(t.UUID)) + "/members", key: "users", prio: rest.Background}
		err := c.whole(ctx, l, func(a answered) { members(a, known, &page) })
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
func members(a answered, known map[string]bool, page *helpdesk.Page) {
	for _, raw := range a.rows {
		var m member
		if !lenient.Decode[id]("member", raw, &m, page) {
			continue
		}
		agent := agentOf(&m)
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
func (c *Collector) whole(ctx context.Context, l list, each func(answered)) error {
	var at place
	for range maxPage {
		a, err := c.page(ctx, l, at)
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
