package simulator

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// page cuts a list into a page. A cursor is a place in the list as it is then,
// as graphql-ruby makes them: what moves meanwhile moves the rows of the next
// page.
func (g *groove) page(list *grooveList, args object) (*grooveObject, error) {
	from := 0
	if after, ok := args["after"].(string); ok && after != "" {
		b, err := base64.StdEncoding.DecodeString(after)
		if err == nil {
			from, err = strconv.Atoi(string(b))
		}
		if err != nil || from < 0 {
			return nil, &grooveError{Message: "Invalid cursor: " + after}
		}
	}
	first := g.o.MaxPage
	if n, ok := args["first"].(float64); ok {
		first = min(int(n), first)
	}
	from = min(from, list.n)
	to := min(from+max(first, 0), list.n)
	var nodes, edges []any
	for i := from; i < to; i++ {
		node, edge := list.row(i)
		if edge == nil {
			edge = object{}
		}
		edge["node"], edge["cursor"] = node, grooveCursor(i+1)
		nodes = append(nodes, node)
		edges = append(edges, &grooveObject{list.typ + "Edge", edge})
	}
	info := object{"hasNextPage": to < list.n, "hasPreviousPage": from > 0, "endCursor": nil, "startCursor": nil}
	if to > from {
		info["startCursor"], info["endCursor"] = grooveCursor(from+1), grooveCursor(to)
	}
	return &grooveObject{list.typ + "Connection", object{
		"nodes": nodes, "edges": edges, "pageInfo": &grooveObject{"PageInfo", info}, "totalCount": list.n,
	}}, nil
}

func grooveCursor(place int) string {
	return base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(place)))
}

// grooveList is a list before it is cut: rows, and what stands on their edges.
type grooveList struct {
	typ string
	n   int
	row func(i int) (node *grooveObject, edge object)
}

// grooveID is an id as the vendor makes them.
func grooveID(prefix string, n int64) string { return fmt.Sprintf("%s_%010d", prefix, n) }

// grooveStates are the vendor's words. What is open has been looked at: the desk
// tells no difference.
var grooveStates = map[helpdesk.Status]string{
	helpdesk.StatusNew: "UNREAD", helpdesk.StatusOpen: "OPENED", helpdesk.StatusSnoozed: "SNOOZED", helpdesk.StatusClosed: "CLOSED",
}

func grooveState(s *State) string {
	switch x, _ := s.Excluded(); x {
	case helpdesk.ExcludedSpam:
		return "SPAM"
	case helpdesk.ExcludedDeleted, helpdesk.ExcludedMerged:
		return "DELETED"
	}
	return grooveStates[s.Status]
}

// updated is when a conversation was last updated: a rating does that too, and
// what is merged into it.
func (g *groove) updated(b *Books, t *Ticket) time.Time {
	s := t.Now()
	at := s.Updated
	if s.Survey.Scored.After(at) {
		at = s.Survey.Scored
	}
	if merges := g.mergedInto(b, t); len(merges) > 0 && merges[len(merges)-1].At.After(at) {
		at = merges[len(merges)-1].At
	}
	return at
}

// conversations lists what is there; spam and trash only where their state is
// asked for, and what was merged away or deleted for good nowhere.
func (g *groove) conversations(b *Books, args object) (*grooveObject, error) {
	filter, _ := args["filter"].(object)
	state, _ := filter["state"].(string)
	var tickets []*Ticket
	for _, t := range b.Tickets {
		if len(t.Log) == 0 || !t.now.GoneAt.IsZero() {
			continue
		}
		is := grooveState(&t.now)
		if state != "" && is != state || state == "" && (is == "SPAM" || is == "DELETED") {
			continue
		}
		tickets = append(tickets, t)
	}
	order, _ := args["orderBy"].(object)
	slices.SortStableFunc(tickets, func(x, y *Ticket) int {
		if order["field"] == "UPDATED_AT" {
			if c := g.updated(b, x).Compare(g.updated(b, y)); c != 0 {
				return c
			}
		}
		return int(x.ID - y.ID)
	})
	if order["direction"] == "DESC" {
		slices.Reverse(tickets)
	}
	return g.page(&grooveList{typ: "Conversation", n: len(tickets), row: func(i int) (*grooveObject, object) {
		return g.conversationObject(b, tickets[i]), nil
	}}, args)
}

// conversation is a single one, by its number. One that was merged away or
// deleted for good is not found.
func (g *groove) conversation(b *Books, args object) (*grooveObject, error) {
	number, err := strconv.ParseInt(fmt.Sprint(grooveNumber(args["number"])), 10, 64)
	t := b.Ticket(number)
	if err != nil || t == nil || len(t.Log) == 0 || !t.now.GoneAt.IsZero() {
		return nil, &grooveError{Message: "Conversation not found"}
	}
	return g.conversationObject(b, t), nil
}

// grooveNumber is a number as JSON or a query has it.
func grooveNumber(v any) any {
	if n, ok := v.(float64); ok {
		return int64(n)
	}
	return v
}

// grooveChannels are the types of channels.
var grooveChannels = map[helpdesk.Channel]string{
	helpdesk.ChannelEmail: "EMAIL", helpdesk.ChannelFacebook: "FACEBOOK", helpdesk.ChannelTwitter: "TWITTER",
	helpdesk.ChannelTwitterDM: "TWITTER_DIRECT", helpdesk.ChannelContactForm: "WIDGET",
}

func (g *groove) conversationObject(b *Books, t *Ticket) *grooveObject {
	s := t.Now()
	customer := b.Customer(t.Customer)
	contact := &grooveObject{"Contact", object{
		"id": grooveID("con", customer.ID), "email": customer.Email, "name": customer.First + " " + customer.Last,
	}}
	var assigned *grooveObject
	agent, team := g.agent(b.User(s.Agent)), g.team(b.Team(s.Team))
	if agent != nil || team != nil {
		assigned = &grooveObject{"Assignment", object{"agent": agent, "team": team, "at": grooveTime(s.Created)}}
	}
	var snoozed *grooveObject
	if s.Status == helpdesk.StatusSnoozed {
		snoozed = &grooveObject{"Snooze", object{"by": agent, "until": grooveTime(s.SnoozedUntil)}}
	}
	return &grooveObject{"Conversation", object{
		"id": grooveID("cnv", t.ID), "number": t.ID, "subject": t.Subject, "title": t.Subject, "state": grooveState(&s),
		"stateUpdatedAt": grooveTime(grooveStateUpdated(t)), "createdAt": grooveTime(s.Created), "updatedAt": grooveTime(g.updated(b, t)),
		"systemUpdatedAt": grooveTime(s.Updated), "deletedAt": grooveTime(s.TrashedAt), "assigned": assigned, "contact": contact,
		"customer": contact, "channel": g.channel(t), "starred": false, "snoozed": snoozed,
		"tags": &grooveObject{"TagConnection", object{"nodes": []any{}}},
		"counts": &grooveObject{"ConversationCounts", object{
			"messages": s.Messages, "notes": 0, "interactions": len(t.Log), "stateChanges": 0, "attachments": 0,
		}},
	}}
}

// channel is the mailbox; its type is in its own type's name too, where the
// schema has one.
func (g *groove) channel(t *Ticket) *grooveObject {
	kind, ok := grooveChannels[t.Channel]
	if !ok {
		kind = "EMAIL"
	}
	typ := "Channel"
	if g.o.Old {
		typ = strings.ToUpper(kind[:1]) + strings.ToLower(strings.TrimSuffix(kind[1:], "_DIRECT")) + "Channel"
	}
	return &grooveObject{typ, object{"id": grooveID("chn", int64(len(kind))), "name": kind[:1] + strings.ToLower(kind[1:]), "type": kind, "state": "ACTIVE"}}
}

// grooveStateUpdated is when the state last changed.
func grooveStateUpdated(t *Ticket) time.Time {
	for i := len(t.Log) - 1; i >= 0; i-- {
		switch t.Log[i].What {
		case Opened, Closed, Reopened, Snoozed, Woken, Spammed, Unspammed, Trashed, Untrashed:
			return t.Log[i].At
		}
	}
	return time.Time{}
}

// agents are the people of the account; bots have no place in it.
func (g *groove) agents(b *Books) *grooveList {
	var people []*User
	for i := range b.Users {
		if !b.Users[i].Bot {
			people = append(people, &b.Users[i])
		}
	}
	return &grooveList{typ: "Agent", n: len(people), row: func(i int) (*grooveObject, object) { return g.agent(people[i]), nil }}
}

func (g *groove) agent(u *User) *grooveObject {
	if u == nil || u.Bot {
		return nil
	}
	return &grooveObject{"Agent", object{
		"id": grooveID("agt", u.ID), "email": userEmail(u), "name": u.Name, "role": "AGENT", "state": "ACTIVE",
	}}
}

func (g *groove) teams(b *Books) *grooveList {
	return &grooveList{typ: "Team", n: len(b.Teams), row: func(i int) (*grooveObject, object) { return g.team(&b.Teams[i]), nil }}
}

func (g *groove) team(t *Team) *grooveObject {
	if t == nil {
		return nil
	}
	return &grooveObject{"Team", object{"id": grooveID("tm", t.ID), "name": t.Name}}
}
