package zendesk

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// people tells agents and bots from customers.
type people interface{ role(user string) role }

// records are what an update says, in its order.
func (u *update) records(who people, n names) ([]helpdesk.Record, []helpdesk.UnknownValue) {
	var out []helpdesk.Record
	var unknown []helpdesk.UnknownValue
	tags := u.changed(fieldTags)
	merged := tags != nil && hasTag(tags.tags, tagMerged)
	for i := range u.steps {
		s := &u.steps[i]
		switch {
		case s.comment:
			out = append(out, u.message(s, who))
		case s.field == fieldStatus && !merged: // a merge closes, which is no close
			rec, odd := u.statusChange(s, who)
			unknown = append(unknown, odd...)
			if rec != nil {
				out = append(out, rec)
			}
		case s.field == fieldTags && merged:
			change := u.change(s, who)
			change.Change, change.To, change.Excluded = helpdesk.ChangeExcluded, helpdesk.StatusExcluded, helpdesk.ExcludedMerged
			out = append(out, change)
		case s.field == fieldAssignee, s.field == fieldGroup:
			out = append(out, u.held(s, who, n)...)
		case s.field == fieldScore:
			if rec, ok := scoreOf(string(u.ticket), s.value, s.at, s.at); ok && (rec.Score > 0 || !rec.Sent.IsZero()) {
				out = append(out, rec)
			}
		case s.field == fieldPriority && !s.create:
			out = append(out, u.relabel(s, helpdesk.LabelPriority, s.from, s.value))
		case s.field == fieldBrand && !s.create:
			out = append(out, u.relabel(s, helpdesk.LabelBrand, n.brands[s.from], n.brands[s.value]))
		}
	}
	return out, unknown
}

func (u *update) key(s *step) helpdesk.Key {
	return helpdesk.Key{ID: s.id, At: s.at, Lane: helpdesk.LaneFeed, Seq: s.seq}
}

// message is a comment. Its author is the comment's: the update's is the agent
// where one wrote a ticket for a customer.
func (u *update) message(s *step, who people) helpdesk.Message {
	m := helpdesk.Message{Key: u.key(s), Conversation: string(u.ticket), Author: helpdesk.AuthorCustomer, Public: s.public}
	requester := u.changed(fieldRequester)
	switch author := s.author.person(); {
	case author == "" || s.rule:
		m.Author = helpdesk.AuthorRule
	case requester != nil && requester.value == author:
		// An agent who asks for help is a customer.
	case who.role(author) == roleBot:
		m.Author, m.Agent = helpdesk.AuthorBot, author
	case who.role(author) == roleAgent:
		m.Author, m.Agent = helpdesk.AuthorAgent, author
	}
	return m
}

// change is a change of the status that is still to be named.
func (u *update) change(s *step, who people) helpdesk.StatusChange {
	c := helpdesk.StatusChange{Key: u.key(s), Conversation: string(u.ticket), Cause: string(u.id), By: helpdesk.ActorCustomer}
	switch by := u.by.person(); {
	case by == "" || s.rule:
		c.By = helpdesk.ActorAutomation
	case who.role(by) == roleBot:
		c.By, c.Agent = helpdesk.ActorAutomation, by
	case who.role(by) == roleAgent:
		c.By, c.Agent = helpdesk.ActorAgent, by
	}
	return c
}

// statusChange names the step from one status to another; nil where it is none:
// a ticket that begins in a queue, or that is closed after it was solved.
func (u *update) statusChange(s *step, who people) (helpdesk.Record, []helpdesk.UnknownValue) {
	to, known := statuses[s.value]
	if !known {
		return nil, []helpdesk.UnknownValue{{What: "status", Value: s.value}}
	}
	from := statuses[s.from]
	c := u.change(s, who)
	c.To = to
	switch {
	case to == helpdesk.StatusExcluded:
		c.Change, c.Excluded = helpdesk.ChangeExcluded, helpdesk.ExcludedDeleted
	case from == helpdesk.StatusExcluded:
		c.Change = helpdesk.ChangeRestored
	case to == helpdesk.StatusClosed && from == helpdesk.StatusClosed:
		return nil, nil
	case to == helpdesk.StatusClosed:
		c.Change = helpdesk.ChangeClosed
	case from == helpdesk.StatusClosed:
		c.Change = helpdesk.ChangeReopened
	case s.create && to.Waits():
		return nil, nil
	default:
		c.Change = helpdesk.ChangeStatus
	}
	return c, nil
}

// held tells who has the ticket after a change of its agent or group: where no
// agent does, the group's queue.
func (u *update) held(s *step, who people, n names) []helpdesk.Record {
	a := helpdesk.Assignment{Key: u.key(s), Conversation: string(u.ticket), To: helpdesk.HolderTeam}
	agent, group := u.changed(fieldAssignee), u.changed(fieldGroup)
	if s.field == fieldAssignee {
		switch {
		case who.role(s.value) == roleBot:
			a.To, a.Agent = helpdesk.HolderBot, s.value
		case s.value != "":
			a.To, a.Agent = helpdesk.HolderAgent, s.value
		case s.create:
			return nil
		case group != nil && group.value == "":
			a.To = helpdesk.HolderNobody
		}
		return []helpdesk.Record{a}
	}
	var out []helpdesk.Record
	if !s.create {
		out = append(out, u.relabel(s, helpdesk.LabelTeam, n.groups[s.from], n.groups[s.value]))
	}
	// Into the first group's queue: a change of it later leaves the agent, or
	// says that there is none.
	if s.value != "" && (s.create || s.from == "") && (agent == nil || agent.value == "") {
		out = append(out, a)
	}
	return out
}

func (u *update) relabel(s *step, label helpdesk.LabelName, from, to string) helpdesk.Relabel {
	return helpdesk.Relabel{Key: u.key(s), Conversation: string(u.ticket), Label: label, From: from, To: to}
}
