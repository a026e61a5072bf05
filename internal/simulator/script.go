package simulator

import (
	"cmp"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Scripted is one conversation that a test wants exactly so. Nothing else
// happens to it: no rule, no agent and no customer touches it beside its lines.
type Scripted struct {
	Channel helpdesk.Channel // email when empty
	// Outbound says that the team opens it.
	Outbound bool
	Lines    []Line // the first is the beginning; Opened comes before it by itself
}

// Line is one thing of a script. The happening's ids, times and ticket are
// filled in; Cause may be set to group lines of one action.
type Line struct {
	After time.Duration // since the desk's start
	Happening
}

// The lines of scripts, in short.

// Says is a public message of a customer, a rule or a campaign.
func Says(after time.Duration, author helpdesk.Author) Line {
	actor := helpdesk.ActorAutomation
	if author == helpdesk.AuthorCustomer {
		actor = helpdesk.ActorCustomer
	}
	return Line{after, Happening{What: Spoke, Actor: actor, Message: &Message{Author: author, Public: true}}}
}

// Replies is a public message of the n-th agent.
func Replies(after time.Duration, agent int) Line {
	id := Agent(agent)
	return Line{after, Happening{
		What: Spoke, Actor: helpdesk.ActorAgent, By: id, Message: &Message{Author: helpdesk.AuthorAgent, User: id, Public: true},
	}}
}

// Does is a happening by the n-th agent.
func Does(after time.Duration, agent int, h Happening) Line {
	h.Actor, h.By = helpdesk.ActorAgent, Agent(agent)
	return Line{after, h}
}

// Befalls is a happening by automation.
func Befalls(after time.Duration, h Happening) Line {
	h.Actor = helpdesk.ActorAutomation
	return Line{after, h}
}

// Agent is the id of the n-th agent, from 0.
func Agent(n int) int64 { return firstUser + 2 + int64(n%len(agentNames)) }

// TeamID is the id of the n-th team, from 0.
func TeamID(n int) int64 { return firstTeam + int64(n%len(teamNames)) }

// place schedules a scripted conversation.
func (d *Desk) place(s *Scripted) {
	d.schedule(FirstTicket+int64(len(d.books.Customers)), s) // as many customers as conversations
}

// Play places one more conversation at a desk that is at work: its lines are
// after now. It returns the ticket's id.
func (d *Desk) Play(s Scripted) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := FirstTicket + int64(len(d.o.Script)) + d.tickets
	d.tickets++
	d.schedule(id, &s)
	return id
}

// Continue adds lines, after now, to a conversation that has begun.
func (d *Desk) Continue(id int64, lines ...Line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range lines {
		d.after(l.After, func() { d.perform(d.books.Ticket(id), l) })
	}
}

func (d *Desk) schedule(id int64, s *Scripted) {
	c := Customer{ID: firstCustomer + int64(len(d.books.Customers)), First: firstNames[0], Last: plantedName, Email: "scripted@" + plantedDomain}
	d.books.Customers = append(d.books.Customers, c)
	channel := d.had(cmp.Or(s.Channel, helpdesk.ChannelEmail))
	var t *Ticket
	for i, l := range s.Lines {
		d.after(l.After, func() {
			if i == 0 {
				t = d.openAs(id, channel, &c)
				t.Outbound = s.Outbound
				l.Cause = d.cause()
				d.happen(t, Happening{What: Opened, Actor: l.Actor, By: l.By, Cause: l.Cause})
			}
			d.perform(t, l)
		})
	}
}

// perform lets a line happen now.
func (d *Desk) perform(t *Ticket, l Line) {
	if l.What == Spoke {
		d.say(t, *l.Message, l.Actor, l.Cause)
		return
	}
	d.happen(t, l.Happening)
}
