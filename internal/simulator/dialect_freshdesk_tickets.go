package simulator

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// freshTicket is what the dialect keeps of a ticket beside the desk's books.
type freshTicket struct {
	t       *Ticket
	state   State
	updated time.Time
	status  int
	said    []freshMessage // without the first

	agentResponded, firstResponded, requesterResponded      time.Time
	statusUpdated, reopened, resolved, closed, pendingSince time.Time
}

// freshMessage is a conversation, as the vendor calls messages.
type freshMessage struct {
	id         int64
	at         time.Time
	user       int64
	incoming   bool
	private    bool
	source     int
	automation bool
	text       string
}

// freshRating is an answer to a survey.
type freshRating struct {
	id, ticket, agent, group, requester int64
	at                                  time.Time
	score                               int
}

// Statuses.
const (
	freshOpen     = 2
	freshPending  = 3
	freshResolved = 4
	freshClosed   = 5
)

// catchUp takes in what happened since the last request.
func (f *freshdesk) catchUp(b *Books) {
	for _, h := range b.Log[f.read:] {
		t := f.tickets[h.Ticket]
		if t == nil {
			t = &freshTicket{t: b.Ticket(h.Ticket), status: freshOpen}
			f.tickets[h.Ticket] = t
			i, _ := slices.BinarySearchFunc(f.order, h.Ticket, func(o *freshTicket, id int64) int { return cmp.Compare(o.t.ID, id) })
			f.order = slices.Insert(f.order, i, t)
		}
		t.apply(h)
		if h.What == SurveyScored {
			f.answered = append(f.answered, freshRating{
				id: h.Survey, ticket: h.Ticket, agent: t.state.Agent, group: t.state.Team, requester: t.t.Customer, at: h.At, score: h.Score,
			})
		}
	}
	f.read = len(b.Log)
}

// apply makes a happening part of a ticket. A survey that was made or sent leaves
// no trace; its answer is told as a message of the customer's.
func (t *freshTicket) apply(h Happening) {
	first := t.state.Messages == 0
	t.state.apply(h)
	if h.What != SurveyMade && h.What != SurveySent {
		t.updated = h.At
	}
	switch h.What {
	case Opened:
		t.statusUpdated = h.At
	case Spoke:
		if !first {
			t.spoke(h)
		}
	case Closed:
		t.close(h)
	case Reopened:
		t.reopen(h)
	case Snoozed:
		t.become(freshPending, h.At)
		t.pendingSince = h.At
	case Woken:
		t.become(freshOpen, h.At)
		t.pendingSince = time.Time{}
	case Merged:
		t.close(h)
		t.said = append(t.said, freshMessage{
			id: 1<<40 + h.ID, at: h.At, user: h.By, private: true, source: 2,
			text: fmt.Sprintf("This ticket is closed and merged into ticket %d", h.Into),
		})
	case SurveyScored:
		t.requesterResponded = h.At
		t.said = append(t.said, freshMessage{id: 1<<41 + h.ID, at: h.At, user: t.t.Customer, incoming: true, source: 6, text: plantedText})
	}
}

func (t *freshTicket) become(status int, at time.Time) { t.status, t.statusUpdated = status, at }

// close resolves what an agent closes; automation closes for good, by way of
// the resolution.
func (t *freshTicket) close(h Happening) {
	t.become(freshResolved, h.At)
	t.resolved, t.pendingSince = h.At, time.Time{}
	if h.Actor != helpdesk.ActorAgent || h.What == Merged {
		t.status, t.closed = freshClosed, h.At
	}
}

// reopen opens again. Every other ticket keeps the stamps of its last close.
func (t *freshTicket) reopen(h Happening) {
	t.become(freshOpen, h.At)
	t.reopened = h.At
	if t.t.ID%2 == 1 {
		t.resolved, t.closed = time.Time{}, time.Time{}
	}
}

func (t *freshTicket) spoke(h Happening) {
	m := freshMessage{id: h.Message.ID, at: h.At, user: h.Message.User, private: !h.Message.Public, text: h.Message.Text}
	switch {
	case h.Message.Author == helpdesk.AuthorCustomer:
		m.user, m.incoming, t.requesterResponded = t.t.Customer, true, h.At
	case h.Message.Author != helpdesk.AuthorAgent:
		m.automation = true
	case h.Message.Public:
		t.agentResponded = h.At
		if t.firstResponded.IsZero() && !t.t.Outbound {
			t.firstResponded = h.At
		}
	}
	if m.private {
		m.source = 2
	}
	t.said = append(t.said, m)
}

// freshTrash is how long the trash keeps what is to be deleted for good. Nothing
// is deleted but by way of it.
const freshTrash = 30 * 24 * time.Hour

func (t *freshTicket) trashed() bool { return t.state.Deleted || !t.state.TrashedAt.IsZero() }

func (t *freshTicket) purged(now time.Time) bool {
	return t.state.Deleted && now.Sub(t.state.GoneAt) > freshTrash
}

// freshTargets are the SLA of every ticket.
const (
	freshFirstWithin   = 8 * time.Hour
	freshResolveWithin = 72 * time.Hour
)

func (t *freshTicket) dueBy() time.Time { return t.state.Created.Add(freshResolveWithin) }

// freshSources are the numbers of channels; what has none of its own is one of
// the numbers that an account added.
var freshSources = map[helpdesk.Channel]int{
	helpdesk.ChannelEmail: 1, helpdesk.ChannelContactForm: 2, helpdesk.ChannelPhone: 3, helpdesk.ChannelTwitter: 5,
	helpdesk.ChannelFacebook: 6, helpdesk.ChannelChat: 7, helpdesk.ChannelWhatsApp: 13,
}

const freshOutbound, freshOwnSource = 10, 101

func (t *freshTicket) source() int {
	if t.t.Outbound {
		return freshOutbound
	}
	return cmp.Or(freshSources[t.t.Channel], freshOwnSource)
}

var freshPriorities = map[string]int{"low": 1, "normal": 2, "high": 3, "urgent": 4}

// row is a ticket as lists have it.
func (f *freshdesk) row(b *Books, t *freshTicket, include map[string]bool) object {
	s := &t.state
	first := s.Created.Add(freshFirstWithin)
	o := object{
		"id": t.t.ID, "subject": t.t.Subject, "status": t.status, "priority": cmp.Or(freshPriorities[s.Priority], 1), "source": t.source(),
		"requester_id": t.t.Customer, "responder_id": freshID(s.Agent), "group_id": freshID(s.Team), "company_id": nil, "product_id": nil,
		"type": "Question", "tags": []any{}, "custom_fields": object{}, "spam": s.Spam, "email_config_id": nil, "support_email": nil,
		"created_at": freshTime(s.Created), "updated_at": freshTime(t.updated), "due_by": freshTime(t.dueBy()), "fr_due_by": freshTime(first),
		"nr_due_by": nil, "nr_escalated": false, "is_escalated": t.status < freshResolved && b.Now.After(t.dueBy().Add(time.Minute)),
		"fr_escalated":     t.firstResponded.IsZero() && t.status < freshResolved && b.Now.After(first.Add(time.Minute)),
		"association_type": nil, "associated_tickets_count": nil, "sentiment_score": nil, "initial_sentiment_score": nil,
		"cc_emails": []any{}, "fwd_emails": nil, "reply_cc_emails": nil, "ticket_cc_emails": nil, "to_emails": nil,
	}
	if include["stats"] {
		o["stats"] = object{
			"agent_responded_at": freshTime(t.agentResponded), "first_responded_at": freshTime(t.firstResponded),
			"requester_responded_at": freshTime(t.requesterResponded), "status_updated_at": freshTime(t.statusUpdated),
			"reopened_at": freshTime(t.reopened), "resolved_at": freshTime(t.resolved), "closed_at": freshTime(t.closed),
			"pending_since": freshTime(t.pendingSince),
		}
	}
	if c := b.Customer(t.t.Customer); include["requester"] && c != nil {
		o["requester"] = object{"id": c.ID, "name": c.First + " " + c.Last, "email": c.Email, "mobile": nil, "phone": nil}
	}
	if include["description"] {
		o["description"], o["description_text"] = "<div>"+plantedText+"</div>", plantedText
	}
	return o
}

// freshID is an id; none is null.
func freshID(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func (m freshMessage) row(t *freshTicket) object {
	o := object{
		"id": m.id, "ticket_id": t.t.ID, "user_id": freshID(m.user), "incoming": m.incoming, "private": m.private, "source": m.source,
		"category": 3, "body": "<div>" + m.text + "</div>", "body_text": m.text, "support_email": nil, "from_email": nil, "to_emails": []any{},
		"cc_emails": []any{}, "bcc_emails": nil, "attachments": []any{}, "auto_response": m.automation, "automation_id": nil,
		"automation_type_id": nil, "email_failure_count": nil, "outgoing_failures": nil, "thread_id": nil, "thread_message_id": nil,
		"last_edited_at": nil, "last_edited_user_id": nil, "source_additional_info": nil,
		"created_at": freshTime(m.at), "updated_at": freshTime(m.at),
	}
	if m.private {
		o["category"] = 2
	}
	return o
}
