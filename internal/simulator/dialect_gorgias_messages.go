package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// gorgiasMessage is a message and when it was written.
type gorgiasMessage struct {
	at time.Time
	t  *Ticket
	m  *Message
}

const (
	gorgiasRule     = 120_973
	gorgiasCampaign = 7_421
)

// showsMessage reports whether a message shows: it has come through, and its
// ticket was neither merged away nor deleted.
func (g *gorgias) showsMessage(b *Books, m gorgiasMessage) bool {
	return g.visible(b, m.at, m.m.ID) && g.shown(b, m.t) != nil
}

func (g *gorgias) allMessages(b *Books, r *http.Request) (any, error) {
	req, err := listRequest(r.URL.Query(), "created_datetime")
	if err != nil {
		return nil, err
	}
	messages := g.messages
	if s := r.URL.Query().Get("ticket_id"); s != "" {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, badRequest("ticket_id", "Not a valid integer.")
		}
		messages = messagesIn(b.Ticket(id))
	}
	l := listing{
		n:     len(messages),
		key:   func(i int) (time.Time, int64) { return messages[i].at, messages[i].m.ID },
		shows: func(i int) bool { return g.showsMessage(b, messages[i]) },
		row:   func(i int) any { return g.messageObject(b, messages[i]) },
	}
	rows, prev, next := l.page(req)
	return list(r, rows, prev, next, true), nil
}

func messagesIn(t *Ticket) []gorgiasMessage {
	var out []gorgiasMessage
	if t == nil {
		return nil
	}
	for _, h := range t.Log {
		if h.What == Spoke {
			out = append(out, gorgiasMessage{h.At, t, h.Message})
		}
	}
	return out
}

func (g *gorgias) messagesOf(b *Books, t *Ticket) []any {
	out := []any{}
	for _, m := range messagesIn(t) {
		if g.visible(b, m.at, m.m.ID) {
			out = append(out, g.messageObject(b, m))
		}
	}
	return out
}

// ticketMessages is the deprecated list, cut into pages by number.
func (g *gorgias) ticketMessages(b *Books, r *http.Request) (any, error) {
	t, err := g.findTicket(b, r)
	if err != nil {
		return nil, err
	}
	const perPage = 30
	page := 1
	if s := r.URL.Query().Get("page"); s != "" {
		if page, err = strconv.Atoi(s); err != nil || page < 1 {
			return nil, badRequest("page", "Not a valid page.")
		}
	}
	all := g.messagesOf(b, t.t)
	from := min(len(all), (page-1)*perPage)
	rows := all[from:min(len(all), from+perPage)]
	return object{
		"object": "list", "uri": r.URL.Path + "?" + r.URL.RawQuery, "data": rows,
		"meta": object{
			"page": page, "per_page": perPage, "current_page": fmt.Sprintf("%s/?page=%d", r.URL.Path, page),
			"item_count": len(rows), "nb_pages": max(1, (len(all)+perPage-1)/perPage),
		},
	}, nil
}

// messageObject is a message in full, bodies and addresses included, as the
// vendor sends them.
func (g *gorgias) messageObject(b *Books, x gorgiasMessage) object {
	m, t := x.m, x.t
	customer := b.Customer(t.Customer)
	fromAgent := m.Author != helpdesk.AuthorCustomer
	channel, via, sent := gorgiasChannel(t.Channel), g.via(t), any(nil)
	var ruleID, meta, failed, failure, sender, receiver any
	receiver = object{"id": firstUser, "email": "inbox@desk.example", "name": "Desk Bot", "firstname": "Desk", "lastname": "Bot", "meta": object{}}
	sender = personObject(customer)
	if fromAgent {
		sender, receiver = g.senderObject(b, m), personObject(customer)
		via, sent = "helpdesk", stamp(x.at)
	}
	switch {
	case !m.Public:
		channel, via, sent, receiver = "internal-note", "helpdesk", nil, nil
	case m.Author == helpdesk.AuthorRule:
		ruleID, via = gorgiasRule, "rule"
	case m.Author == helpdesk.AuthorCampaign:
		meta = object{"campaign_id": gorgiasCampaign}
	}
	if m.Undelivered {
		failed, failure = stamp(x.at), object{"error": "This message could not be sent because of a failure on our email provider's side."}
	}
	return object{
		"id": m.ID, "uri": fmt.Sprintf("/api/tickets/%d/messages/%d/", t.ID, m.ID), "message_id": nil, "ticket_id": t.ID,
		"external_id": nil, "public": m.Public, "channel": channel, "via": via,
		"source": object{
			"type": channel, "to": []any{object{"name": "Desk Support", "address": "inbox@desk.example"}},
			"from": object{"name": customer.First + " " + customer.Last, "address": customer.Email},
		},
		"sender": sender, "auth_customer_identity": nil, "integration_id": nil, "intents": []any{}, "rule_id": ruleID,
		"from_agent": fromAgent, "receiver": receiver, "subject": t.Subject, "body_text": m.Text,
		"body_html": "<div>" + m.Text + "</div>", "stripped_text": m.Text, "stripped_html": "<div>" + m.Text + "</div>",
		"stripped_signature": nil, "headers": object{"From": customer.Email}, "attachments": nil, "actions": nil, "macros": []any{},
		"meta": meta, "created_datetime": stamp(x.at), "processed_datetime": stamp(x.at), "sent_datetime": sent,
		"failed_datetime": failed, "deleted_datetime": nil, "opened_datetime": nil, "last_sending_error": failure,
		"is_retriable": !m.Undelivered, "imported": nil,
	}
}

// senderObject is who wrote a message for the team: rules and campaigns speak
// as the account's own bot.
func (g *gorgias) senderObject(b *Books, m *Message) object {
	u := b.User(m.User)
	if u == nil {
		u = b.User(firstUser)
	}
	first, last := splitName(u.Name)
	return object{
		"id": u.ID, "email": userEmail(u), "name": u.Name, "firstname": first, "lastname": last,
		"meta": object{"name_set_via": "agent"},
	}
}
