package simulator

import (
	"math"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// expectCustomer schedules the next conversation: a Poisson stream whose rate
// follows the hour of the day.
func (d *Desk) expectCustomer() {
	wait := time.Duration(-math.Log(1-d.rnd.Float64()) / (d.o.Rate * busiest) * float64(time.Hour))
	d.after(wait, func() {
		if d.likely(busy(d.books.Now) / busiest) {
			d.arrive()
		}
		d.expectCustomer()
	})
}

// arrive begins a conversation.
func (d *Desk) arrive() {
	channel, c := d.channel(), d.customer()
	if old := d.endless(c); old != nil {
		d.customerWrites(old)
		return
	}
	t := d.open(channel, c)
	if d.likely(d.mix.Outbound) {
		d.reachOut(t)
		return
	}
	if t.Channel == helpdesk.ChannelChat && d.likely(d.mix.Greeting) {
		d.greet(t)
		return
	}
	d.ask(t)
	d.perhapsSetAside(t)
}

// ask is a customer's first message.
func (d *Desk) ask(t *Ticket) {
	cause := d.cause()
	d.happen(t, Happening{What: Opened, Actor: helpdesk.ActorCustomer, Cause: cause})
	d.say(t, Message{Author: helpdesk.AuthorCustomer, Public: true}, helpdesk.ActorCustomer, cause)
	d.route(t)
	d.receive(t)
}

// greet lets the chat's bot speak first. One customer in five says nothing.
func (d *Desk) greet(t *Ticket) {
	cause := d.cause()
	d.happen(t, Happening{What: Opened, Actor: helpdesk.ActorAutomation, Cause: cause})
	d.say(t, Message{Author: helpdesk.AuthorBot, User: d.books.Bot(), Public: true}, helpdesk.ActorAutomation, cause)
	if d.likely(0.2) {
		d.after(d.between(10*time.Minute, 30*time.Minute), func() { d.close(t, helpdesk.ActorAutomation, 0) })
		return
	}
	d.after(d.between(5*time.Second, time.Minute), func() {
		d.customerWrites(t)
		d.route(t)
	})
}

// reachOut is a conversation that the team opens.
func (d *Desk) reachOut(t *Ticket) {
	t.Outbound = true
	t.Channel = d.had(helpdesk.ChannelEmail)
	m := Message{Author: helpdesk.AuthorCampaign, Public: true}
	actor := helpdesk.ActorAutomation
	if agent := d.onShift(0); agent != nil && d.likely(0.5) {
		m.Author, m.User, actor = helpdesk.AuthorAgent, agent.ID, helpdesk.ActorAgent
	}
	cause := d.cause()
	d.happen(t, Happening{What: Opened, Actor: actor, By: m.User, Cause: cause})
	d.say(t, m, actor, cause)
	d.after(time.Minute, func() { d.close(t, actor, m.User) })
	if d.likely(d.mix.Reached) {
		d.after(d.between(time.Hour, 24*time.Hour), func() { d.customerWrites(t) })
	}
}

// route sends the conversation to a team, as part of nothing else: a rule does.
func (d *Desk) route(t *Ticket) {
	if d.likely(0.15) {
		return
	}
	team := int64(firstTeam)
	switch {
	case t.Channel == helpdesk.ChannelFacebook || t.Channel == helpdesk.ChannelInstagram || t.Channel == helpdesk.ChannelInstagramDM:
		team += 2
	case d.likely(0.4):
		team++
	}
	d.happen(t, Happening{What: Teamed, Actor: helpdesk.ActorAutomation, Team: team})
	if d.likely(0.1) {
		d.happen(t, Happening{What: Prioritised, Actor: helpdesk.ActorAutomation, Priority: "high"})
	}
}

// receive is what the desk does about a first message: a rule or the bot
// answers, and somebody will pick it up, or nobody for days.
func (d *Desk) receive(t *Ticket) {
	d.after(d.between(200*time.Millisecond, 2*time.Second), func() { d.touch(t) })
	switch {
	case t.Channel == helpdesk.ChannelChat && d.likely(d.mix.BotAnswers):
		d.after(d.between(3*time.Second, 20*time.Second), func() { d.botAnswers(t) })
		return
	case !instant(t.Channel) && d.likely(d.mix.Acknowledge):
		d.after(d.between(2*time.Second, 30*time.Second), func() {
			if d.live(t) {
				d.say(t, Message{Author: helpdesk.AuthorRule, Public: true}, helpdesk.ActorAutomation, 0)
			}
		})
	}
	if t.Channel == helpdesk.ChannelChat {
		d.after(d.around(15*time.Minute), func() { d.leave(t) })
	}
	if d.likely(d.mix.Forgotten) {
		d.after(d.between(3*24*time.Hour, 5*24*time.Hour), func() { d.pickUp(t) })
		return
	}
	d.after(d.patience(t), func() { d.pickUp(t) })
}

// patience is how long a message waits for an agent who is there.
func (d *Desk) patience(t *Ticket) time.Duration {
	if instant(t.Channel) {
		return d.around(90 * time.Second)
	}
	return d.around(70 * time.Minute)
}

// botAnswers lets the bot try. It solves two of three questions; the rest it
// hands to the agents.
func (d *Desk) botAnswers(t *Ticket) {
	if !d.live(t) {
		return
	}
	bot := d.books.Bot()
	d.happen(t, Happening{What: Assigned, Actor: helpdesk.ActorAutomation, By: bot, User: bot})
	d.say(t, Message{Author: helpdesk.AuthorBot, User: bot, Public: true}, helpdesk.ActorAutomation, 0)
	if d.likely(0.66) {
		d.after(d.between(4*time.Minute, 12*time.Minute), func() { d.close(t, helpdesk.ActorAutomation, bot) })
		return
	}
	d.after(d.between(10*time.Second, 2*time.Minute), func() {
		if !d.live(t) {
			return
		}
		d.say(t, Message{Author: helpdesk.AuthorCustomer, Public: true}, helpdesk.ActorCustomer, 0)
		d.happen(t, Happening{What: Unassigned, Actor: helpdesk.ActorAutomation, By: bot})
		d.after(d.patience(t), func() { d.pickUp(t) })
	})
}

// leave is a customer who closes the chat because nobody answered.
func (d *Desk) leave(t *Ticket) {
	s := t.Now()
	if d.live(t) && s.Seen.IsZero() && s.Status.Waits() {
		d.close(t, helpdesk.ActorCustomer, 0)
	}
}
