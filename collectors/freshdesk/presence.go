package freshdesk

import (
	"context"
	"net/url"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const agentsPath = root + "/agents"

// staff is what is remembered of the agents, to save calls.
type staff struct {
	named bool // names were read since the start
	plain bool // the account tells no availability: rows of agents have to do
	// assigns is true once any agent was available by his row: without automatic
	// assignment, none ever is.
	assigns bool
}

// readAgents reads who is there, and with the sweep who there is. So few agents
// are one page for the caller.
func (c *Collector) readAgents(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	page := helpdesk.Page{Done: true}
	told := false
	if w.Long || !c.staff.plain {
		var err error
		if told, err = c.readAvailability(ctx, &page); err != nil {
			return helpdesk.Page{}, err
		}
		c.staff.plain = !told
	}
	if w.Long || !c.staff.named || c.staff.plain {
		if err := c.readStaff(ctx, !told, &page); err != nil {
			return helpdesk.Page{}, err
		}
		c.staff.named = true
	}
	return page, nil
}

// readAvailability adds who is there by the availability of agents, and reports
// whether the account tells it: it takes a plan with agents' statuses, and an
// older server takes the list for that of the agents.
func (c *Collector) readAvailability(ctx context.Context, page *helpdesk.Page) (told bool, err error) {
	rows, err := all[availability](ctx, c, rest.Request{
		Endpoint: agentsPath, Path: agentsPath, Query: url.Values{"only": {"availability"}}, Priority: rest.Background,
	})
	switch rest.ReasonOf(err) {
	case "":
	case rest.ReasonForbidden, rest.ReasonGone, rest.ReasonClient:
		return false, nil
	default:
		return false, err
	}
	return availabilityRows(rows, page), nil
}

// availabilityRows converts those that tell anything, and reports whether one did.
// Where none does, they are another list's.
func availabilityRows(rows lenient.Rows[availability], page *helpdesk.Page) (told bool) {
	var own helpdesk.Page
	for a := range rows.Each("availability", &own) {
		if a.Agent.V == "" {
			continue
		}
		g := helpdesk.Agent{ID: string(a.Agent.V)}
		if g.Presence, g.Since = a.presence(); g.Presence != helpdesk.PresenceUnknown {
			own.Records = append(own.Records, g)
		}
	}
	if len(own.Records) == 0 {
		return false
	}
	page.Records = append(page.Records, own.Records...)
	page.Skipped = append(page.Skipped, own.Skipped...)
	return true
}

// readStaff adds the agents, and who of them is there where nothing better tells it.
// https://developers.freshdesk.com/api/#list_all_agents
func (c *Collector) readStaff(ctx context.Context, presence bool, page *helpdesk.Page) error {
	rows, err := all[agent](ctx, c, rest.Request{Endpoint: agentsPath, Path: agentsPath, Priority: rest.Background})
	if err != nil {
		return err
	}
	people := agentRows(rows, page)
	for i := range people {
		c.staff.assigns = c.staff.assigns || people[i].Available.V
	}
	for i := range people {
		g := agentOf(&people[i])
		if presence {
			g.Presence, g.Since = people[i].presence(c.staff.assigns)
		}
		page.Records = append(page.Records, g)
	}
	return nil
}

func agentRows(rows lenient.Rows[agent], page *helpdesk.Page) []agent {
	var people []agent
	for a := range rows.Each("agent", page) {
		switch {
		case a.ID == "":
			lenient.Skip(page, "id", "agent", a.ID)
		default:
			people = append(people, *a)
		}
	}
	return people
}

// presence by the channels of an agent: who takes tickets on any of them is
// there since the first of them, who is logged in at all is away.
func (a *availability) presence() (p helpdesk.Presence, since time.Time) {
	var first, last time.Time
	for _, ch := range a.Channels.V {
		if !ch.V.Available.OK && !ch.V.LoggedIn.OK {
			continue
		}
		here := helpdesk.Offline
		switch in := !ch.V.LoggedIn.OK || ch.V.LoggedIn.V; {
		case in && ch.V.Available.V:
			here = helpdesk.Online
			if at := ch.V.Updated.Time; first.IsZero() || at.Before(first) {
				first = at
			}
		case in && ch.V.LoggedIn.OK:
			here = helpdesk.Away
		}
		if p == helpdesk.PresenceUnknown || here < p {
			p = here
		}
		if ch.V.Updated.After(last) {
			last = ch.V.Updated.Time
		}
	}
	if p == helpdesk.Online {
		return p, first
	}
	return p, last
}

// presence by the row of an agent: whether tickets are assigned to him. It is
// false of everybody where nothing is assigned automatically, which tells nothing.
func (a *agent) presence(assigns bool) (helpdesk.Presence, time.Time) {
	switch {
	case a.Deactivated.V || !a.Available.OK || a.Type != "" && a.Type != "support_agent":
		return helpdesk.PresenceUnknown, time.Time{}
	case a.Available.V:
		return helpdesk.Online, a.AvailableSince.Time
	case assigns || !a.AvailableSince.IsZero():
		return helpdesk.Offline, a.AvailableSince.Time
	}
	return helpdesk.PresenceUnknown, time.Time{}
}
