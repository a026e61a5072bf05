package simulator

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// live reports whether the ticket is in a queue: not closed, not set aside.
func (d *Desk) live(t *Ticket) bool {
	s := t.Now()
	x, _ := s.Excluded()
	return s.Status.Live() && x == helpdesk.NotExcluded
}

// works reports whether a user is on shift at an instant.
func (u *User) works(t time.Time) bool {
	t = t.UTC()
	if day := t.Weekday(); (day == time.Saturday || day == time.Sunday) && !u.Weekends {
		return false
	}
	h := t.Hour()
	return h >= u.From && h < u.To || h+24 < u.To
}

// onShift picks an agent who works now, of the team if one of it does; nil
// when nobody is there.
func (d *Desk) onShift(team int64) *User {
	var all, own []*User
	for i := range d.books.Users {
		u := &d.books.Users[i]
		if u.Bot || !u.works(d.books.Now) {
			continue
		}
		all = append(all, u)
		if u.Team == team {
			own = append(own, u)
		}
	}
	if len(own) > 0 {
		all = own
	}
	if len(all) == 0 {
		return nil
	}
	return all[d.rnd.IntN(len(all))]
}

// pickUp lets an agent take a conversation and answer it; when nobody is there
// it waits.
func (d *Desk) pickUp(t *Ticket) {
	if !d.live(t) || t.Now().Status != helpdesk.StatusOpen {
		return
	}
	agent := d.onShift(t.Now().Team)
	if agent == nil {
		d.after(d.between(10*time.Minute, 50*time.Minute), func() { d.pickUp(t) })
		return
	}
	if t.Now().Agent != agent.ID {
		d.happen(t, Happening{What: Assigned, Actor: helpdesk.ActorAgent, By: agent.ID, User: agent.ID})
	}
	wait := d.around(6 * time.Minute)
	if instant(t.Channel) {
		wait = d.around(30 * time.Second)
	}
	d.after(wait, func() { d.answer(t, agent.ID) })
}

// answer is an agent's reply, and what follows from it.
func (d *Desk) answer(t *Ticket, agent int64) {
	if !d.live(t) || t.Now().Status != helpdesk.StatusOpen {
		return
	}
	if d.likely(d.mix.Note) {
		d.say(t, Message{Author: helpdesk.AuthorAgent, User: agent}, helpdesk.ActorAgent, 0)
	}
	if d.likely(d.mix.Transfer) && d.transfer(t, agent) || d.likely(d.mix.Reroute) && d.reroute(t, agent) {
		return
	}
	if d.likely(d.mix.Dismiss) {
		d.close(t, helpdesk.ActorAgent, agent)
		return
	}
	cause := d.cause()
	failed := d.likely(d.mix.Undelivered)
	d.say(t, Message{Author: helpdesk.AuthorAgent, User: agent, Public: true, Undelivered: failed}, helpdesk.ActorAgent, cause)
	d.after(d.between(100*time.Millisecond, 1500*time.Millisecond), func() { d.touch(t) })
	switch {
	case failed:
		d.after(d.around(20*time.Minute), func() { d.answer(t, agent) })
	case d.likely(d.mix.CloseAtOnce):
		d.closeAs(t, helpdesk.ActorAgent, agent, cause)
	case d.likely(d.mix.Snooze):
		d.snooze(t, agent)
	case d.likely(d.mix.WriteBack):
		d.after(d.thinks(t), func() { d.customerWrites(t) })
		d.closeIfQuiet(t, agent)
	default:
		d.closeIfQuiet(t, agent)
	}
}

// thinks is how long a customer takes to answer.
func (d *Desk) thinks(t *Ticket) time.Duration {
	if instant(t.Channel) {
		return d.around(2 * time.Minute)
	}
	return d.around(5 * time.Hour)
}

// closeIfQuiet closes a conversation in which nothing more was said: the agent
// does, or time.
func (d *Desk) closeIfQuiet(t *Ticket, agent int64) {
	quiet := d.between(24*time.Hour, 60*time.Hour)
	if instant(t.Channel) {
		quiet = d.between(10*time.Minute, 40*time.Minute)
	}
	actor := helpdesk.ActorAutomation
	if d.likely(0.5) {
		actor, quiet = helpdesk.ActorAgent, quiet/4
	} else {
		agent = 0
	}
	said := t.Now().LastMessage
	d.after(quiet, func() {
		if t.Now().LastMessage.Equal(said) {
			d.close(t, actor, agent)
		}
	})
}

// customerWrites is a later message of the customer's: what is closed is
// reopened by it, mostly, and what is snoozed wakes.
func (d *Desk) customerWrites(t *Ticket) {
	s := t.Now()
	if x, _ := s.Excluded(); x != helpdesk.NotExcluded {
		return
	}
	cause := d.cause()
	d.say(t, Message{Author: helpdesk.AuthorCustomer, Public: true}, helpdesk.ActorCustomer, cause)
	switch s.Status {
	case helpdesk.StatusSnoozed:
		d.happen(t, Happening{What: Woken, Actor: helpdesk.ActorCustomer, Cause: cause})
	case helpdesk.StatusClosed:
		if d.o.Endless > 0 {
			d.happen(t, Happening{What: Reopened, Actor: helpdesk.ActorAutomation, Cause: cause})
			break
		}
		if d.likely(0.12) {
			return // a thank-you
		}
		d.after(d.between(0, 800*time.Millisecond), func() {
			if x, _ := t.now.Excluded(); x == helpdesk.NotExcluded && t.Now().Status == helpdesk.StatusClosed {
				d.happen(t, Happening{What: Reopened, Actor: helpdesk.ActorAutomation})
			}
		})
	}
	d.after(d.patience(t), func() { d.pickUp(t) })
}

func (d *Desk) transfer(t *Ticket, from int64) bool {
	to := d.onShift(0)
	if to == nil || to.ID == from {
		return false
	}
	d.happen(t, Happening{What: Assigned, Actor: helpdesk.ActorAgent, By: from, User: to.ID})
	d.after(d.around(3*time.Minute), func() { d.answer(t, to.ID) })
	return true
}

func (d *Desk) reroute(t *Ticket, from int64) bool {
	if d.o.FixedTeams || t.Now().Team == 0 {
		return false
	}
	team := firstTeam + (t.Now().Team-firstTeam+1)%int64(len(d.books.Teams))
	cause := d.cause()
	d.happen(t, Happening{What: Unassigned, Actor: helpdesk.ActorAgent, By: from, Cause: cause})
	d.happen(t, Happening{What: Teamed, Actor: helpdesk.ActorAgent, By: from, Team: team, Cause: cause})
	d.after(d.patience(t), func() { d.pickUp(t) })
	return true
}

// snooze puts the conversation to sleep. It wakes by itself, unless the
// customer wakes it.
func (d *Desk) snooze(t *Ticket, agent int64) {
	until := d.books.Now.Add(d.between(2*time.Hour, 30*time.Hour)).Truncate(d.o.Resolution)
	d.happen(t, Happening{What: Snoozed, Actor: helpdesk.ActorAgent, By: agent, Until: until})
	d.after(until.Sub(d.books.Now), func() {
		s := t.Now()
		if d.live(t) && s.Status == helpdesk.StatusSnoozed && s.SnoozedUntil.Equal(until) {
			d.happen(t, Happening{What: Woken, Actor: helpdesk.ActorAutomation})
			d.after(d.patience(t), func() { d.pickUp(t) })
		}
	})
}

// touch moves the update stamp for nobody's sake.
func (d *Desk) touch(t *Ticket) {
	if s := t.Now(); !s.Deleted && s.MergedInto == 0 {
		d.happen(t, Happening{What: Touched, Actor: helpdesk.ActorAutomation})
	}
}
