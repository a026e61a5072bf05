package zendesk

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Roles of users, as far as measuring cares.
const (
	roleCustomer role = iota
	roleAgent
	roleBot
)

type role uint8

// refusals is after how many in a row the list of agents is not to be had: once
// could be an accident.
const refusals = 3

// maxCustomers bounds the customers that are remembered as such.
const maxCustomers = 200_000

// directory remembers who is an agent and what groups and brands are called. It
// is filled by the streams of agents and teams, and by one reading of a list
// when somebody or something turns up that is not in it.
type directory struct {
	bots      map[string]bool // names in lower case, and ids
	users     map[string]role // agents and bots
	customers map[string]bool // who was looked for, and is none
	refused   int             // how often in a row the list of agents was refused
	listed    bool            // the list of agents was read since the start
	apart     bool            // the account does not tell who is there
	names     names
}

func newDirectory(bots []string) *directory {
	d := &directory{
		bots: map[string]bool{}, users: map[string]role{}, customers: map[string]bool{},
		names: names{groups: map[string]string{}, brands: map[string]string{}},
	}
	for _, b := range bots {
		d.bots[strings.ToLower(strings.TrimSpace(b))] = true
	}
	return d
}

func (d *directory) role(user string) role { return d.users[user] }

// agent adds a user to those that are known.
func (d *directory) agent(u *user) helpdesk.Agent {
	a := agentOf(u)
	a.Bot = d.bots[a.ID] || d.bots[strings.ToLower(a.Name)]
	d.users[a.ID] = roleAgent
	if a.Bot {
		d.users[a.ID] = roleBot
	}
	return a
}

// staff asks for agents and administrators only.
func staff() url.Values { return url.Values{"role[]": {"agent", "admin"}} }

// knowPeople makes sure that it is known of everybody in updates who is an agent.
// The requester who opened the ticket needs no asking.
func (c *Collector) knowPeople(ctx context.Context, updates []update) error {
	var strangers []string
	for i := range updates {
		u := &updates[i]
		requester := ""
		if s := u.changed(fieldRequester); s != nil && s.create {
			requester = s.value
		}
		people := []string{u.by.person()}
		for _, s := range u.steps {
			people = append(people, s.author.person())
		}
		for _, v := range people {
			if _, known := c.dir.users[v]; v != "" && v != requester && !known && !c.dir.customers[v] {
				strangers = append(strangers, v)
			}
		}
	}
	err := c.meet(ctx, strangers)
	if absent(err) && c.dir.refused >= refusals {
		c.dir.assume(updates)
		return nil
	}
	return err
}

// assume takes those to whom tickets are assigned for agents.
func (d *directory) assume(updates []update) {
	for i := range updates {
		for _, s := range updates[i].steps {
			if _, known := d.users[s.value]; s.field == fieldAssignee && s.value != "" && !known {
				d.users[s.value] = roleAgent
			}
		}
	}
}

// knowHolders makes sure that bots among those who hold tickets are known.
func (c *Collector) knowHolders(ctx context.Context, rows []ticket) error {
	var strangers []string
	for i := range rows {
		v := rows[i].Assignee.V.person()
		if _, known := c.dir.users[v]; v != "" && len(c.dir.bots) > 0 && !known && !c.dir.customers[v] {
			strangers = append(strangers, v)
		}
	}
	err := c.meet(ctx, strangers)
	if absent(err) && c.dir.refused >= refusals {
		return nil // a bot shows as an agent
	}
	return err
}

// meet reads the list of agents where somebody is not known. Who is not in it
// is a customer, and not looked for again.
func (c *Collector) meet(ctx context.Context, strangers []string) error {
	if len(strangers) == 0 {
		return nil
	}
	raw, err := c.listAll(ctx, "/users", "/users", "users", staff(), rest.Clocks)
	if absent(err) {
		c.dir.refused++
	}
	if err != nil {
		return err
	}
	c.dir.refused = 0
	var page helpdesk.Page // what can't be read is counted by the stream of agents
	c.agents(raw, &page)
	if len(c.dir.customers) > maxCustomers {
		clear(c.dir.customers)
	}
	for _, v := range strangers {
		if _, agent := c.dir.users[v]; !agent {
			c.dir.customers[v] = true
		}
	}
	return nil
}

// agents adds the users of a page that are agents.
// https://developer.zendesk.com/api-reference/ticketing/users/users/
func (c *Collector) agents(raw []json.RawMessage, p *helpdesk.Page) {
	for _, r := range raw {
		var u user
		switch {
		case !lenient.Decode[id]("user", r, &u, p):
		case u.ID == "":
			lenient.Skip(p, "id", "user", u.ID)
		case u.Role == "":
			lenient.Skip(p, "role", "user", u.ID)
		case u.isAgent():
			p.Records = append(p.Records, c.dir.agent(&u))
			delete(c.dir.customers, string(u.ID))
		}
	}
}

// knowNames makes sure that the groups and brands of tickets have names. One
// that is in no list (a deleted group) has none, and is not asked for again.
func (c *Collector) knowNames(ctx context.Context, rows []ticket) error {
	var groups, brands []string
	for i := range rows {
		groups = append(groups, string(rows[i].Group.V))
		brands = append(brands, string(rows[i].Brand.V))
	}
	if err := c.know(ctx, "groups", c.dir.names.groups, groups); err != nil {
		return err
	}
	return c.know(ctx, "brands", c.dir.names.brands, brands)
}

// knowLabels is knowNames for the groups and brands that updates change.
func (c *Collector) knowLabels(ctx context.Context, updates []update) error {
	var groups, brands []string
	for i := range updates {
		for _, s := range updates[i].steps {
			switch s.field {
			case fieldGroup:
				groups = append(groups, s.value, s.from)
			case fieldBrand:
				brands = append(brands, s.value, s.from)
			}
		}
	}
	if err := c.know(ctx, "groups", c.dir.names.groups, groups); err != nil {
		return err
	}
	return c.know(ctx, "brands", c.dir.names.brands, brands)
}

// know reads a list of names where one of the ids is not known.
func (c *Collector) know(ctx context.Context, list string, known map[string]string, ids []string) error {
	unknown := false
	for _, v := range ids {
		if _, found := known[v]; v != "" && !found {
			unknown = true
		}
	}
	if !unknown {
		return nil
	}
	raw, err := c.listAll(ctx, "/"+list, "/"+list, list, url.Values{}, rest.Clocks)
	if err != nil && !absent(err) {
		return err
	}
	var page helpdesk.Page // what can't be read is counted by the stream of teams
	note(raw, known, &page)
	for _, v := range ids {
		if _, found := known[v]; !found {
			known[v] = ""
		}
	}
	return nil
}

// note remembers the names of a list, and returns its rows.
func note(raw []json.RawMessage, known map[string]string, p *helpdesk.Page) []named {
	var rows []named
	for _, r := range raw {
		var n named
		switch {
		case !lenient.Decode[id]("group or brand", r, &n, p):
		case n.ID == "":
			lenient.Skip(p, "id", "group or brand", n.ID)
		default:
			known[string(n.ID)] = string(n.Name)
			rows = append(rows, n)
		}
	}
	return rows
}

// directoryPlace is the cursor of a list that is always read whole.
type directoryPlace struct {
	After string `json:"after,omitempty"`
}

// agentsPlace is the cursor of the agents: with the sweep and after a start their
// names, in each round who is there.
type agentsPlace struct {
	After    string `json:"after,omitempty"`
	Names    bool   `json:"names,omitempty"`
	Presence bool   `json:"presence,omitempty"`
}

// readAgents reads the next page of agents, or of who is there.
func (c *Collector) readAgents(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[agentsPlace](cursorVersion, w.Cursor)
	if !st.Names && !st.Presence {
		st = agentsPlace{Names: w.Long || !c.dir.listed, Presence: w.Long || !c.dir.listed || !c.dir.apart}
	}
	var page helpdesk.Page
	var err error
	switch {
	case st.Names:
		page, st.After, err = c.readStaff(ctx, st.After)
		st.Names = st.After != ""
	case st.Presence:
		page, st.After, err = c.readAvailability(ctx, st.After)
		st.Presence = st.After != ""
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	page.Done = !st.Names && !st.Presence
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

func (c *Collector) readStaff(ctx context.Context, after string) (helpdesk.Page, string, error) {
	var page helpdesk.Page
	raw, next, err := c.list(ctx, "/users", "/users", "users", after, staff(), rest.Background)
	if after != "" && refused(err) {
		raw, next, err = c.list(ctx, "/users", "/users", "users", "", staff(), rest.Background)
	}
	if absent(err) {
		c.dir.refused++
	}
	if err != nil {
		return page, "", err
	}
	c.agents(raw, &page)
	c.dir.refused, c.dir.listed = 0, c.dir.listed || next == ""
	return page, next, nil
}

// readTeams reads the next page of groups. Brands are read again when they are
// met.
func (c *Collector) readTeams(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	return c.readList(ctx, w, "/groups", "groups", url.Values{}, func(raw []json.RawMessage, p *helpdesk.Page) {
		for _, n := range note(raw, c.dir.names.groups, p) {
			if !n.Deleted.V {
				p.Records = append(p.Records, helpdesk.Team{ID: string(n.ID), Name: string(n.Name)})
			}
		}
	})
}

// readList reads the next page of a list that is always read whole.
func (c *Collector) readList(
	ctx context.Context, w helpdesk.Walk, path, key string, q url.Values, tell func([]json.RawMessage, *helpdesk.Page),
) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[directoryPlace](cursorVersion, w.Cursor)
	raw, next, err := c.list(ctx, path, path, key, st.After, q, rest.Background)
	if st.After != "" && refused(err) {
		raw, next, err = c.list(ctx, path, path, key, "", q, rest.Background)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	page := helpdesk.Page{Done: next == ""}
	tell(raw, &page)
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, directoryPlace{After: next})
	return page, err
}
