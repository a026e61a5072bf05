package simulator

import (
	"net/http"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// intercomChannels are the vendor's words for channels.
var intercomChannels = map[helpdesk.Channel]string{
	helpdesk.ChannelEmail: "email", helpdesk.ChannelChat: "conversation", helpdesk.ChannelMessenger: "facebook",
	helpdesk.ChannelInstagramDM: "instagram", helpdesk.ChannelPhone: "phone_call", helpdesk.ChannelSMS: "sms",
	helpdesk.ChannelTwitterDM: "twitter", helpdesk.ChannelWhatsApp: "whatsapp",
}

func intercomChannel(c helpdesk.Channel) string {
	if s, ok := intercomChannels[c]; ok {
		return s
	}
	return "a_new_channel"
}

// icShown is a conversation as an answer shows it.
type icShown struct {
	t       *Ticket
	s       *State
	updated int64
}

// shown is what is known of a conversation at an instant; ok is false when it is
// not there. A merged one stays there, closed.
func (ic *intercom) shown(t *Ticket, at time.Time) (c icShown, ok bool) {
	s := t.stateAt(at)
	if s == nil || s.Deleted {
		return c, false
	}
	c = icShown{t: t, s: s, updated: s.Updated.Unix()}
	for _, stamp := range []time.Time{s.Survey.Sent, s.Survey.Scored} {
		if !stamp.IsZero() {
			c.updated = max(c.updated, stamp.Unix())
		}
	}
	for _, h := range ic.into[t.ID] {
		if !h.At.After(at) {
			c.updated = max(c.updated, h.At.Unix())
		}
	}
	return c, true
}

// lagOf is how long the search does not know what became of a conversation.
func (ic *intercom) lagOf(id int64) time.Duration {
	if ic.o.Lag < 0 {
		return 0
	}
	return time.Duration(uint64(id) * 0x9E3779B97F4A7C15 % uint64(ic.o.Lag))
}

func (c *icShown) state() string {
	switch {
	case c.s.MergedInto != 0:
		return "closed" // the secondary stays closed
	case c.s.Status == helpdesk.StatusClosed:
		return "closed"
	case c.s.Status == helpdesk.StatusSnoozed:
		return "snoozed"
	}
	return "open"
}

// waiting is since when the customer waits. A reopening sets it back to when the
// conversation was made.
func (c *icShown) waiting() time.Time {
	var since time.Time
	for _, h := range c.t.Log {
		switch {
		case h.At.After(c.s.Updated):
			return since
		case h.What == Spoke && h.Message.Public && h.Message.Author == helpdesk.AuthorCustomer:
			if since.IsZero() {
				since = h.At
			}
		case h.What == Spoke && h.Message.Public, h.What == Closed, h.What == Merged:
			since = time.Time{}
		case h.What == Reopened && since.IsZero() && !c.t.Outbound:
			since = c.s.Created
		}
	}
	return since
}

func (ic *intercom) conversation(b *Books, r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, icNotFound
	}
	t := b.Ticket(id)
	if t == nil {
		return nil, icNotFound
	}
	c, ok := ic.shown(t, b.Now)
	if !ok {
		return nil, icNotFound
	}
	parts := ic.parts(b, t, b.Now)
	o := ic.row(b, r, c)
	o["conversation_parts"] = object{
		"type": "conversation_part.list", "total_count": len(parts), "conversation_parts": parts[max(0, len(parts)-ic.o.MostParts):],
	}
	return o, nil
}

// row is a conversation as the search lists it.
func (ic *intercom) row(b *Books, r *http.Request, c icShown) object {
	s, contact := c.s, contactOf(c.t.Customer)
	o := object{
		"type": "conversation", "id": number(c.t.ID), "created_at": s.Created.Unix(), "updated_at": c.updated,
		"waiting_since": unixOrNull(c.waiting()), "snoozed_until": unixOrNull(s.SnoozedUntil),
		"source": ic.source(b, c), "first_contact_reply": firstContactReply(c),
		"contacts":          object{"type": "contact.list", "contacts": []object{{"type": "contact", "id": contact, "external_id": nil}}},
		"admin_assignee_id": holder(r, s.Agent), "team_assignee_id": holder(r, s.Team),
		"open": c.state() != "closed", "state": c.state(), "read": !s.Seen.IsZero(),
		"tags": object{"type": "tag.list", "tags": []any{}}, "priority": intercomPriority(r, s.Priority), "sla_applied": nil,
		"statistics": ic.statistics(b, c), "conversation_rating": ratingObject(c),
		"teammates": object{"type": "admin.list", "admins": []any{}}, "title": "",
		"custom_attributes": object{"Copilot used": false, "Language": "English", "Merged": s.MergedInto != 0},
		"topics":            object{"type": "topic.list", "topics": []any{}, "total_count": 0}, "ticket": nil,
		"linked_objects":        object{"type": "list", "data": []any{}, "total_count": 0, "has_more": false},
		"ai_agent":              nil,
		"ai_agent_participated": false,
	}
	if newShape(r) {
		ch := intercomChannel(c.t.Channel)
		o["channel"] = object{"initial": ch, "current": ch}
	}
	return o
}

// contactOf is the id of a customer, of another alphabet than other ids.
func contactOf(id int64) string { return "69fc287a254b6d77" + number(id) }

func unixOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// holder is an assignee: a number, and for nobody null, or 0 in new versions.
func holder(r *http.Request, id int64) any {
	if id == 0 && !newShape(r) {
		return nil
	}
	return id
}

func intercomPriority(r *http.Request, name string) string {
	switch {
	case newShape(r) && name == "normal":
		return "none"
	case newShape(r):
		return name
	case name == "high" || name == "urgent":
		return "priority"
	}
	return "not_priority"
}

// opening is the message with which a conversation began, nil when it began
// without one.
func opening(t *Ticket) *Happening {
	for i := range t.Log {
		if h := &t.Log[i]; h.What == Spoke && h.At.Equal(t.Log[0].At) && h.Message.Public {
			return h
		}
	}
	return nil
}

// sourceless reports whether the vendor lost the source of a conversation: it
// does, of few that customers opened.
func sourceless(t *Ticket) bool { return t.ID%13 == 0 && !t.Outbound }

func (ic *intercom) source(b *Books, c icShown) any {
	h := opening(c.t)
	if h == nil || sourceless(c.t) && h.Message.Author == helpdesk.AuthorCustomer {
		return nil
	}
	delivered := map[helpdesk.Author]string{
		helpdesk.AuthorCustomer: "customer_initiated", helpdesk.AuthorAgent: "admin_initiated", helpdesk.AuthorBot: "operator_initiated",
		helpdesk.AuthorRule: "operator_initiated", helpdesk.AuthorCampaign: "campaigns_initiated",
	}[h.Message.Author]
	return object{
		"type": intercomChannel(c.t.Channel), "id": number(3_653_000_000 + h.ID), "delivered_as": delivered, "subject": c.t.Subject,
		"body": "<p>" + h.Message.Text + "</p>", "author": ic.author(b, c.t, *h), "attachments": []any{}, "url": nil, "redacted": false,
	}
}

// firstContactReply is the customer's first message.
func firstContactReply(c icShown) any {
	for _, h := range c.t.Log {
		if h.At.After(c.s.Updated) {
			return nil
		}
		if h.What == Spoke && h.Message.Author == helpdesk.AuthorCustomer {
			return object{"created_at": h.At.Unix(), "type": intercomChannel(c.t.Channel), "url": nil}
		}
	}
	return nil
}

func ratingObject(c icShown) any {
	v := c.s.Survey
	if v.Sent.IsZero() {
		return nil
	}
	o := object{
		"rating": nil, "remark": nil, "created_at": v.Sent.Unix(), "updated_at": v.Sent.Unix(),
		"contact":  object{"type": "contact", "id": contactOf(c.t.Customer), "external_id": nil},
		"teammate": object{"type": "admin", "id": c.s.Agent},
	}
	if !v.Scored.IsZero() {
		o["rating"], o["updated_at"] = v.Score, v.Scored.Unix()
	}
	return o
}
