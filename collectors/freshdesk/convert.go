package freshdesk

import (
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// names is what the directory has learned: without it rows are read as they are.
type names struct {
	groups   map[string]string
	products map[string]string
	statuses map[code]string // in lower case
}

// conversation is what a ticket is now. base is the account's address, for the
// link.
func conversation(t *ticket, n names, base string) (helpdesk.Conversation, []helpdesk.UnknownValue) {
	status, unknown := n.statusOf(t.Status)
	channel, known := channels[t.Source]
	if !known {
		channel = helpdesk.ChannelOther
		if t.Source != 0 {
			unknown = append(unknown, helpdesk.UnknownValue{What: "channel", Value: t.Source.String()})
		}
	}
	conv := helpdesk.Conversation{
		ID:      string(t.ID),
		Created: t.Created.Time,
		Updated: t.Updated.Time,
		Status:  status,
		Labels: helpdesk.Labels{
			Channel:  channel,
			Team:     n.groups[string(t.Group.V)],
			Priority: priorities[t.Priority],
			Brand:    n.products[string(t.Product.V)],
		},
		Agent:    string(t.Responder.V),
		Due:      helpdesk.Due{FirstResponse: t.FirstDue.Time, NextResponse: t.NextDue.Time, Resolution: t.DueBy.Time},
		Messages: -1,
	}
	if status == helpdesk.StatusClosed {
		conv.Closed = t.closed()
	}
	switch {
	case t.Deleted.V:
		conv.Status, conv.Excluded = helpdesk.StatusExcluded, helpdesk.ExcludedDeleted
	case t.Spam.V:
		conv.Status, conv.Excluded = helpdesk.StatusExcluded, helpdesk.ExcludedSpam
	}
	if base != "" {
		conv.URL = base + "/a/tickets/" + string(t.ID)
	}
	return conv, unknown
}

// statusOf maps a status. Resolved and closed are the same in every account; of
// the others the account's names decide where they say what they are. What is
// not known is shown as open: a queue must not lose what it does not understand.
func (n names) statusOf(c code) (helpdesk.Status, []helpdesk.UnknownValue) {
	name := n.statuses[c]
	if s, ok := statusNames[name]; ok && c != statusResolved && c != statusClosed {
		return s, nil
	}
	s, ok := statuses[c]
	if ok && (name == "" || c < 6) {
		return s, nil
	}
	value := name
	if value == "" {
		value = c.String()
	}
	return helpdesk.StatusOpen, []helpdesk.UnknownValue{{What: "status", Value: value}}
}

// closed is when the close in force was: the first of resolved and closed since
// the last reopening. A stamp from before that is of an earlier close, which the
// vendor sometimes leaves in the row.
func (t *ticket) closed() time.Time {
	s := &t.Stats.V
	var at time.Time
	for _, c := range []stamp{s.Resolved, s.Closed} {
		if c.IsZero() || c.Before(s.Reopened.Time) || !at.IsZero() && at.Before(c.Time) {
			continue
		}
		at = c.Time
	}
	if at.IsZero() {
		return s.StatusUpdated.Time
	}
	return at
}

// changes are the status changes that the stamps of a row tell: the close in
// force, the last reopening with the close that it ended, and the change to the
// status that it has now. Changes between two readings are lost where a later
// one overwrote their stamp.
func (t *ticket) changes(n names) []helpdesk.Record {
	if !t.Stats.OK {
		return nil
	}
	s := &t.Stats.V
	status, _ := n.statusOf(t.Status)
	var out []helpdesk.Record
	live := status
	if !live.Live() {
		live = helpdesk.StatusOpen
	}
	if !s.Reopened.IsZero() {
		if at := t.closedBefore(s.Reopened.Time); !at.IsZero() {
			out = append(out, t.change(at, helpdesk.ChangeClosed, helpdesk.StatusClosed))
		}
		out = append(out, t.change(s.Reopened.Time, helpdesk.ChangeReopened, live))
	}
	if status == helpdesk.StatusClosed {
		if at := t.closed(); !at.IsZero() {
			out = append(out, t.change(at, helpdesk.ChangeClosed, status))
		}
		return out
	}
	if at := s.StatusUpdated.Time; at.After(t.Created.Time) && at.After(s.Reopened.Time) {
		out = append(out, t.change(at, helpdesk.ChangeStatus, status))
	}
	return out
}

// closedBefore is a close that a reopening ended, if the row still tells it.
func (t *ticket) closedBefore(reopened time.Time) time.Time {
	s := &t.Stats.V
	for _, c := range []stamp{s.Resolved, s.Closed} {
		if !c.IsZero() && !c.After(reopened) {
			return c.Time
		}
	}
	return time.Time{}
}

// change is a status change at an instant. The row does not tell who did it:
// the one who has the ticket is taken for who closed it.
func (t *ticket) change(at time.Time, c helpdesk.Change, to helpdesk.Status) helpdesk.StatusChange {
	x := helpdesk.StatusChange{
		Key: helpdesk.Key{
			ID: string(t.ID) + "-" + at.Format("20060102150405") + "-" + changeNames[c], At: at, Lane: helpdesk.LaneEvents,
		},
		Conversation: string(t.ID), Change: c, To: to,
	}
	if c == helpdesk.ChangeClosed && t.Responder.V != "" {
		x.By, x.Agent = helpdesk.ActorAgent, string(t.Responder.V)
	}
	return x
}

// setAside is the exclusion that a row shows: at its update, which may be later
// than the exclusion. Of several that are read the first counts.
func (t *ticket) setAside(why helpdesk.Exclusion) helpdesk.StatusChange {
	x := t.change(t.Updated.Time, helpdesk.ChangeExcluded, helpdesk.StatusExcluded)
	x.Excluded = why
	return x
}

// changeNames are parts of keys: the same change read again is the same record.
var changeNames = map[helpdesk.Change]string{
	helpdesk.ChangeStatus:   "status",
	helpdesk.ChangeClosed:   "closed",
	helpdesk.ChangeReopened: "reopened",
	helpdesk.ChangeExcluded: "excluded",
}

// opening is the message that a ticket begins with, which the vendor keeps in
// the ticket itself: the customer's, or of an outbound e-mail the team's, whose
// author it does not tell.
func (t *ticket) opening() helpdesk.Message {
	m := helpdesk.Message{
		Key:          helpdesk.Key{ID: "ticket-" + string(t.ID), At: t.Created.Time, Lane: helpdesk.LaneMessages},
		Conversation: string(t.ID), Author: helpdesk.AuthorCustomer, Public: true,
	}
	if t.Source == sourceOutbound {
		m.Author = helpdesk.AuthorAgent
	}
	return m
}

// messageOf is a message as measuring sees it; ok is false for the answer to a
// survey, which is none: it must not reopen a turn of a closed ticket.
func messageOf(m *message) (msg helpdesk.Message, ok bool) {
	msg = helpdesk.Message{
		Key:          helpdesk.Key{ID: string(m.ID), At: m.Created.Time, Lane: helpdesk.LaneMessages, Seq: m.ID.seq()},
		Conversation: string(m.Ticket),
		Public:       !m.Private.V,
	}
	switch {
	case m.Source == sourceSurvey:
		return msg, false
	case m.Incoming.V:
		msg.Author = helpdesk.AuthorCustomer
	case m.AutoResponse.V || m.Automation.V != "":
		msg.Author = helpdesk.AuthorRule
	default:
		msg.Author, msg.Agent = helpdesk.AuthorAgent, string(m.User.V)
	}
	return msg, true
}

// ratingOf is the answer to a survey's first question; ok is false when it is
// none of the vendor's answers. An answer to other questions alone is no rating.
func ratingOf(r *rating) (out helpdesk.Rating, ok bool) {
	out = helpdesk.Rating{ID: string(r.ID), Conversation: string(r.Ticket)}
	answer := r.Ratings.V[defaultQuestion]
	if !answer.OK {
		return out, true
	}
	score, ok := scores[answer.V]
	if !ok || r.Created.IsZero() {
		return out, false
	}
	out.Score, out.Scored = score, r.Created.Time
	return out, true
}

func agentOf(a *agent) helpdesk.Agent {
	return helpdesk.Agent{ID: string(a.ID), Name: string(a.Contact.V.Name)}
}

// lower is a name as the tables have it.
func lower(s text) string { return strings.ToLower(strings.Join(strings.Fields(string(s)), " ")) }

func teamOf(g *group) helpdesk.Team { return helpdesk.Team{ID: string(g.ID), Name: string(g.Name)} }
