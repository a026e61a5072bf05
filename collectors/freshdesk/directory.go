package freshdesk

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// know makes sure that the names of groups, products and statuses are loaded:
// rows hold only their numbers. Lists that the key's agent may not read have no
// names; the stream of groups loads them all anew.
func (c *Collector) know(ctx context.Context, prio rest.Priority) error {
	if c.known {
		return nil
	}
	n := names{groups: map[string]string{}, products: map[string]string{}, statuses: map[code]string{}}
	for _, l := range []struct {
		path  string
		query url.Values
		note  func(json.RawMessage)
	}{
		{"/groups", nil, func(raw json.RawMessage) { noteName(raw, n.groups) }},
		{"/products", nil, func(raw json.RawMessage) { noteName(raw, n.products) }},
		{"/ticket_fields", url.Values{"type": {"default_status"}}, func(raw json.RawMessage) { noteStatuses(raw, n.statuses) }},
	} {
		rows, err := c.all(ctx, rest.Request{Endpoint: root + l.path, Path: root + l.path, Query: l.query, Priority: prio})
		switch reason(err) {
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
	if json.Unmarshal(raw, &g) == nil && g.ID != "" {
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
	if json.Unmarshal(raw, &field) != nil || field.Type != "default_status" {
		return
	}
	for number, labels := range field.Choices.v {
		n, err := strconv.Atoi(number)
		if err == nil && len(labels.v) > 0 {
			into[code(n)] = lower(labels.v[0])
		}
	}
}

// agentRows converts agents.
// https://developers.freshdesk.com/api/#list_all_agents
func agentRows(raw []json.RawMessage, p *helpdesk.Page) {
	for _, r := range raw {
		var a agent
		switch {
		case !decode("agent", r, &a, p):
		case a.ID == "":
			skip(p, "id", "agent", a.ID)
		default:
			p.Records = append(p.Records, agentOf(&a))
		}
	}
}

// groupRows converts groups, and remembers their names.
// https://developers.freshdesk.com/api/#list_all_groups
func (c *Collector) groupRows(raw []json.RawMessage, p *helpdesk.Page) {
	for _, r := range raw {
		var g group
		switch {
		case !decode("group", r, &g, p):
		case g.ID == "":
			skip(p, "id", "group", g.ID)
		default:
			if c.known {
				c.names.groups[string(g.ID)] = string(g.Name)
			}
			p.Records = append(p.Records, teamOf(&g))
		}
	}
}

// readDirectory reads the next page of a list that is always read whole.
func (c *Collector) readDirectory(
	ctx context.Context, path string, read func([]json.RawMessage, *helpdesk.Page), w helpdesk.Walk,
) (helpdesk.Page, error) {
	at := struct {
		Page int `json:"page"`
	}{1}
	if w.Cursor != nil && json.Unmarshal(w.Cursor, &at) != nil {
		return helpdesk.Page{}, errors.New("read the cursor of " + path + ": it is damaged, or a later version's")
	}
	at.Page = max(at.Page, 1)
	raw, more, err := c.list(ctx, rest.Request{
		Endpoint: root + path, Path: root + path, Query: paged(nil, at.Page), Priority: rest.Background,
	})
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	read(raw, &page)
	at.Page++
	if page.Done = !more || at.Page > maxPages; page.Done {
		at.Page = 1
	}
	page.Cursor, err = json.Marshal(at)
	return page, err
}
