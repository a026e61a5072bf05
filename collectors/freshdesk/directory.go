package freshdesk

import (
	"context"
	"encoding/json"
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
	for _, l := range []struct {
		request rest.Request
		note    func(json.RawMessage)
	}{
		{rest.Request{Endpoint: groupsPath, Path: groupsPath, Priority: prio}, func(raw json.RawMessage) { noteName(raw, n.groups) }},
		{rest.Request{Endpoint: productsPath, Path: productsPath, Priority: prio}, func(raw json.RawMessage) { noteName(raw, n.products) }},
		{statusRequest(prio), func(raw json.RawMessage) { noteStatuses(raw, n.statuses) }},
	} {
		rows, err := c.all(ctx, l.request)
		switch rest.ReasonOf(err) {
		case "":
		case rest.ReasonForbidden, rest.ReasonGone, rest.ReasonClient:
			continue
		default:
			return err
		}
		for _, raw := range rows {
			l.note(raw)
		}
	}
	c.names, c.known = n, true
	return nil
}

// noteName notes the name of a group or a product. What can't be read is counted
// by the stream of groups.
func noteName(raw json.RawMessage, into map[string]string) {
	var g group
	if lenient.Unmarshal(raw, &g) == nil && g.ID != "" {
		into[string(g.ID)] = string(g.Name)
	}
}

// noteStatuses notes the names of an account's statuses: of each number the name
// that agents see, and the one that customers see.
func noteStatuses(raw json.RawMessage, into map[code]string) {
	var field struct {
		Type    text                            `json:"type"`
		Choices maybe[map[string]maybe[[]text]] `json:"choices"`
	}
	if lenient.Unmarshal(raw, &field) != nil || field.Type != "default_status" {
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
	raw, err := c.all(ctx, rest.Request{Endpoint: groupsPath, Path: groupsPath, Priority: rest.Background})
	if err != nil {
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Done: true}
	for _, t := range groupRows(raw, &page) {
		if c.known {
			c.names.groups[t.ID] = t.Name
		}
		page.Records = append(page.Records, t)
	}
	return page, nil
}

func groupRows(raw []json.RawMessage, page *helpdesk.Page) []helpdesk.Team {
	var teams []helpdesk.Team
	for _, r := range raw {
		var g group
		switch {
		case !lenient.Decode[id]("group", r, &g, page):
		case g.ID == "":
			lenient.Skip(page, "id", "group", g.ID)
		default:
			teams = append(teams, teamOf(&g))
		}
	}
	return teams
}
