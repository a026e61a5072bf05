package zendesk

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// An update is what somebody did to a ticket at once: the log of the account and
// the audits of a ticket tell the same, with the same ids, in different shapes.
type update struct {
	id, ticket id
	at         time.Time
	by         id
	rule       bool
	steps      []step
}

// step is one part of an update: a comment, or the new value of a field.
type step struct {
	id   string
	seq  uint64
	rule bool // a trigger's or an automation's

	comment bool
	author  id
	public  bool
	at      time.Time

	create      bool // the value came with the ticket
	untyped     bool // whether it did is not said
	field       string
	value, from string
	tags        []text
}

// updateOf reads an entry of the log. Parts that can't be read are noted.
func updateOf(e *ticketEvent, p *helpdesk.Page) update {
	u := update{id: e.ID, ticket: e.Ticket, at: e.Created.Time, by: e.Updater, rule: byRule(e.Via.V)}
	if u.at.IsZero() {
		u.at = e.Timestamp.Time
	}
	var told *childEvent
	for _, raw := range e.Children.V {
		var c childEvent
		if !lenient.Decode[id]("child event", raw, &c, p) {
			continue
		}
		u.addChild(&c)
		if c.Commented.V {
			told = &c
		}
	}
	// Of a comment that has no child of its own, whoever made the update is the author.
	if told != nil && !slices.ContainsFunc(u.steps, func(s step) bool { return s.comment }) {
		s := step{id: string(told.ID), seq: told.ID.seq(), rule: byRule(told.Via.V)}
		u.addComment(s, u.by, told.Openly, stamp{})
	}
	if u.creates() {
		for i := range u.steps {
			s := &u.steps[i]
			s.create = s.create || s.untyped && s.from == ""
		}
	}
	return u
}

func (u *update) addChild(c *childEvent) {
	s := step{
		id: string(c.ID), seq: c.ID.seq(), rule: byRule(c.Via.V),
		from: string(c.Previous), create: c.EventType == typeCreate, untyped: c.EventType == "",
	}
	if c.EventType == typeComment || c.EventType == typeVoice {
		u.addComment(s, c.Author, c.Public, c.Created)
		return
	}
	fields := []struct {
		name string
		field[word]
	}{
		{fieldStatus, c.Status}, {fieldAssignee, c.Assignee}, {fieldGroup, c.Group},
		{fieldPriority, c.Priority}, {fieldBrand, c.Brand}, {fieldRequester, c.Requester}, {fieldScore, c.Score},
	}
	for _, f := range fields {
		if f.named {
			s.value = string(f.V)
			u.addChange(s, f.name)
		}
	}
	if c.Tags.named {
		s.tags = c.Tags.V
		u.addChange(s, fieldTags)
	}
}

// updateOfAudit reads an audit of a single ticket.
func updateOfAudit(a *audit, p *helpdesk.Page) update {
	u := update{id: a.ID, ticket: a.Ticket, at: a.Created.Time, by: a.Author, rule: byRule(a.Via.V)}
	for _, raw := range a.Events.V {
		var e auditEvent
		if lenient.Decode[id]("audit event", raw, &e, p) {
			u.addEvent(&e)
		}
	}
	return u
}

func (u *update) addEvent(e *auditEvent) {
	s := step{id: string(e.ID), seq: e.ID.seq(), rule: byRule(e.Via.V), from: string(e.Previous), create: e.Type == typeCreate}
	switch {
	case e.Type == typeComment || e.Type == typeVoice:
		author := e.Author
		if author == "" {
			author = u.by
		}
		u.addComment(s, author, e.Public, stamp{})
	case e.Field == fieldTags:
		var tags maybe[[]text]
		if lenient.Unmarshal(e.Value, &tags) == nil {
			s.tags = tags.V
		}
		u.addChange(s, fieldTags)
	case e.Field != "":
		var value word
		if len(e.Value) > 0 && lenient.Unmarshal(e.Value, &value) == nil {
			s.value = string(value)
		}
		u.addChange(s, string(e.Field))
	}
}

func (u *update) addComment(s step, author id, public maybe[bool], at stamp) {
	s.comment, s.author, s.public, s.at = true, author, public.V || !public.OK, at.Time
	if s.at.IsZero() {
		s.at = u.at
	}
	u.add(s, "comment")
}

func (u *update) addChange(s step, name string) {
	s.field, s.at = name, u.at
	u.add(s, name)
}

// add gives a step without an id one of its own, which is the same whenever the
// update is read.
func (u *update) add(s step, name string) {
	if s.id == "" {
		s.id, s.seq = string(u.id)+"-"+name, u.id.seq()
	}
	s.rule = s.rule || u.rule
	u.steps = append(u.steps, s)
}

// creates reports whether the update is a ticket's first, as far as that is told:
// a status that waits came from none.
func (u *update) creates() bool {
	return slices.ContainsFunc(u.steps, func(s step) bool {
		return s.create || s.field == fieldStatus && s.from == "" && statuses[s.value].Waits()
	})
}

// changed is the step that changes a field, nil without one.
func (u *update) changed(name string) *step {
	for i := range u.steps {
		if u.steps[i].field == name {
			return &u.steps[i]
		}
	}
	return nil
}

func byRule(v via) bool { return ruleVias[string(v.Channel)] }
