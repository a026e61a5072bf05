package gorgias

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// users remembers which users are bots. It is filled by the stream of agents,
// and by one reading of the list when a user turns up who is not in it.
type users struct{ bot map[string]bool }

func (u *users) isBot(user string) bool { return u.bot[user] }

// know makes sure that the users are known. One who is not in the list either (a
// deleted user) is remembered as a person, so that nobody is looked up twice. An
// account that may not read its users has no bots: the profile says that.
func (u *users) know(ctx context.Context, c *Collector, ids []string) error {
	unknown := false
	for _, v := range ids {
		if _, found := u.bot[v]; v != "" && !found {
			unknown = true
		}
	}
	if !unknown {
		return nil
	}
	if err := c.loadUsers(ctx); err != nil {
		var e *rest.Error
		if !errors.As(err, &e) || e.Code != http.StatusForbidden {
			return err
		}
	}
	for _, v := range ids {
		if _, found := u.bot[v]; !found {
			u.bot[v] = false
		}
	}
	return nil
}

// loadUsers reads the whole list of users: one call for each hundred.
func (c *Collector) loadUsers(ctx context.Context) error {
	var at place
	for {
		raw, next, err := c.list(ctx, "/api/users", query(newestFirst, at.Page), rest.Clocks)
		if err != nil {
			return err
		}
		var page helpdesk.Page // what can't be read is counted by the stream of agents
		rows := c.agentRows(raw, &page)
		ended, err := at.advance(rows, len(raw), next, false)
		if err != nil {
			return loops("/api/users")
		}
		if ended {
			return nil
		}
	}
}

// agentRows converts users, and remembers which are bots.
// https://developers.gorgias.com/reference/list-users
func (c *Collector) agentRows(raw []json.RawMessage, p *helpdesk.Page) []row {
	rows := make([]row, 0, len(raw))
	for _, r := range raw {
		var u user
		switch {
		case !lenient.Decode[id]("user", r, &u, p):
		case u.ID == "":
			lenient.Skip(p, "id", "user", u.ID)
		default:
			agent := agentOf(&u)
			c.users.bot[agent.ID] = agent.Bot
			rows = append(rows, row{at: u.Created.Time, id: agent.ID, rec: agent})
		}
	}
	return rows
}

// teamRows converts teams.
// https://developers.gorgias.com/reference/list-teams
func teamRows(raw []json.RawMessage, p *helpdesk.Page) []row {
	rows := make([]row, 0, len(raw))
	for _, r := range raw {
		var t team
		switch {
		case !lenient.Decode[id]("team", r, &t, p):
		case t.ID == "":
			lenient.Skip(p, "id", "team", t.ID)
		default:
			rows = append(rows, row{at: t.Created.Time, id: string(t.ID), rec: helpdesk.Team{ID: string(t.ID), Name: string(t.Name)}})
		}
	}
	return rows
}

// readDirectory reads the next page of a list that is always read whole.
func (c *Collector) readDirectory(
	ctx context.Context, endpoint string, read func([]json.RawMessage, *helpdesk.Page) []row, w helpdesk.Walk,
) (helpdesk.Page, error) {
	at := helpdesk.ReadCursor[place](cursorVersion, w.Cursor)
	raw, next, err := c.list(ctx, endpoint, query(newestFirst, at.Page), rest.Background)
	if again(err, &at, w.Now) {
		raw, next, err = c.list(ctx, endpoint, query(newestFirst, ""), rest.Background)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	rows := read(raw, &page)
	for _, r := range rows {
		page.Records = append(page.Records, r.rec)
	}
	if page.Done, err = at.advance(rows, len(raw), next, false); err != nil {
		return helpdesk.Page{}, loops(endpoint)
	}
	if page.Done {
		at = place{}
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, at)
	return page, err
}
