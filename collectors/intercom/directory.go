package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// names is what a conversation needs to be told: the names of its teams, whether
// a bot holds it, and where its page is. A list is read again when somebody turns
// up who is not known; who is not in it either has no name, and is a person. The
// workspace is asked for once.
func (c *Collector) names(ctx context.Context, agent string, teams ...string) (names, error) {
	if _, found := c.bots[agent]; agent != "" && !found {
		page, err := c.loadAdmins(ctx, rest.Clocks)
		switch {
		case err == nil:
			c.agents = &page
		case !forbidden(err):
			return names{}, err
		}
		if _, found = c.bots[agent]; !found {
			c.bots[agent] = false // nobody asks for them again
		}
	}
	unknown := false
	for _, v := range teams {
		if _, found := c.teams[v]; v != "" && !found {
			unknown = true
		}
	}
	if unknown {
		if _, err := c.loadTeams(ctx, rest.Clocks); err != nil && !forbidden(err) {
			return names{}, err
		}
		for _, v := range teams {
			if _, found := c.teams[v]; !found {
				c.teams[v] = ""
			}
		}
	}
	if !c.asked {
		if err := c.identify(ctx); err != nil {
			return names{}, err
		}
	}
	return names{
		bot:  func(id string) bool { return c.bots[id] },
		team: func(id string) string { return c.teams[id] },
		link: func(id string) string {
			if c.app == "" {
				return ""
			}
			return c.app + id
		},
	}, nil
}

// teamsIn are the teams that a conversation is or was in.
func teamsIn(c *conversation) []string {
	teams := []string{string(c.Team)}
	for _, raw := range c.Parts.V.Rows.V {
		var p struct {
			Assigned maybe[party] `json:"assigned_to"`
		}
		if lenient.Unmarshal(raw, &p) == nil && holders[string(p.Assigned.V.Type)] == helpdesk.HolderTeam {
			teams = append(teams, string(p.Assigned.V.ID))
		}
	}
	return teams
}

// hosts are where people work, by the region of the workspace.
var hosts = map[string]string{"EU": "app.eu.intercom.com", "AU": "app.au.intercom.com"}

// identify asks for the workspace, whose id is part of the address of its pages.
// Where that may not be read, conversations have no link.
func (c *Collector) identify(ctx context.Context) error {
	var me identity
	err := c.api.Do(ctx, request(rest.Request{Endpoint: "/me", Path: "/me", Priority: rest.Background}), &me)
	if rest.Hopeless(err) {
		return err
	}
	c.asked = true
	if code := string(me.App.V.Code); err == nil && code != "" && lenient.IsWord(code) {
		host, found := hosts[strings.ToUpper(string(me.App.V.Region))]
		if !found {
			host = "app.intercom.com"
		}
		c.app = "https://" + host + "/a/inbox/" + url.PathEscape(code) + "/inbox/conversation/"
	}
	return nil
}

// rows reads a list of the directory, which has no pages.
func (c *Collector) rows(ctx context.Context, path, key string, prio rest.Priority) ([]json.RawMessage, error) {
	var answer map[string]json.RawMessage
	if err := c.api.Do(ctx, request(rest.Request{Endpoint: path, Path: path, Priority: prio}), &answer); err != nil {
		return nil, err
	}
	var list maybe[[]json.RawMessage]
	if lenient.Unmarshal(answer[key], &list) != nil || !list.OK {
		return nil, noRows(path)
	}
	return list.V, nil
}

// readAgents reads the teammates; what a conversation of the same round has asked
// for is not asked for again.
// https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/listadmins
func (c *Collector) readAgents(ctx context.Context) (helpdesk.Page, error) {
	if page := c.agents; page != nil {
		c.agents = nil
		return *page, nil
	}
	return c.loadAdmins(ctx, rest.Background)
}

// loadAdmins reads the teammates and remembers which are bots.
func (c *Collector) loadAdmins(ctx context.Context, prio rest.Priority) (helpdesk.Page, error) {
	raw, err := c.rows(ctx, "/admins", "admins", prio)
	if err != nil {
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Done: true, Progress: 1}
	for _, r := range raw {
		var a admin
		switch {
		case !lenient.Decode[id]("admin", r, &a, &page):
		case a.ID == "":
			lenient.Skip(&page, "id", "admin", a.ID)
		case a.Type == "" && a.Name == "":
			lenient.Skip(&page, "name", "admin", a.ID)
		default:
			agent := agentOf(&a)
			c.bots[agent.ID] = agent.Bot
			page.Records = append(page.Records, agent)
		}
	}
	return page, nil
}

// readTeams reads the teams.
// https://developers.intercom.com/docs/references/rest-api/api.intercom.io/teams/listteams
func (c *Collector) readTeams(ctx context.Context) (helpdesk.Page, error) {
	return c.loadTeams(ctx, rest.Background)
}

// loadTeams reads the teams and remembers their names.
func (c *Collector) loadTeams(ctx context.Context, prio rest.Priority) (helpdesk.Page, error) {
	raw, err := c.rows(ctx, "/teams", "teams", prio)
	if err != nil {
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Done: true, Progress: 1}
	for _, r := range raw {
		var t team
		switch {
		case !lenient.Decode[id]("team", r, &t, &page):
		case t.ID == "":
			lenient.Skip(&page, "id", "team", t.ID)
		case t.Type == "" && t.Name == "":
			lenient.Skip(&page, "name", "team", t.ID)
		default:
			c.teams[string(t.ID)] = string(t.Name)
			page.Records = append(page.Records, helpdesk.Team{ID: string(t.ID), Name: string(t.Name)})
		}
	}
	return page, nil
}

func forbidden(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && e.Code == http.StatusForbidden
}
