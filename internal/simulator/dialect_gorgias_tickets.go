package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// gorgiasChannels are the vendor's words for channels.
var gorgiasChannels = map[helpdesk.Channel]string{
	helpdesk.ChannelEmail: "email", helpdesk.ChannelContactForm: "contact_form", helpdesk.ChannelHelpCenter: "help-center",
	helpdesk.ChannelAPI: "api", helpdesk.ChannelChat: "chat", helpdesk.ChannelPhone: "phone", helpdesk.ChannelSMS: "sms",
	helpdesk.ChannelWhatsApp: "whatsapp", helpdesk.ChannelMessenger: "facebook-messenger", helpdesk.ChannelFacebook: "facebook",
	helpdesk.ChannelInstagram: "instagram-comment", helpdesk.ChannelInstagramDM: "instagram-direct-message",
	helpdesk.ChannelTwitter: "twitter", helpdesk.ChannelTwitterDM: "twitter-direct-message", helpdesk.ChannelReview: "yotpo-review",
}

func gorgiasChannel(c helpdesk.Channel) string {
	if s, ok := gorgiasChannels[c]; ok {
		return s
	}
	return "a-new-channel"
}

// shown is a ticket as lists show it now.
type shown struct {
	t *Ticket
	s *State
}

// shownTickets are the tickets that exist for the API: merged and deleted ones
// are no more.
func (g *gorgias) shownTickets(b *Books) []shown {
	var out []shown
	for _, t := range b.Tickets {
		if s := g.shown(b, t); s != nil {
			out = append(out, shown{t, s})
		}
	}
	return out
}

// shown is a ticket's state as the API has it, nil when it is not there.
func (g *gorgias) shown(b *Books, t *Ticket) *State {
	if s := t.stateAt(b.Now.Add(-g.lagOf(t.ID))); s != nil && s.GoneAt.IsZero() {
		return s
	}
	return nil
}

// ticketListing orders tickets by one of their times.
func ticketListing(b *Books, tickets []shown, at func(shown) time.Time, row func(*Books, shown) object) listing {
	slices.SortFunc(tickets, func(a, b shown) int {
		if c := at(a).Compare(at(b)); c != 0 {
			return c
		}
		return int(a.t.ID - b.t.ID)
	})
	return listing{
		n:     len(tickets),
		key:   func(i int) (time.Time, int64) { return at(tickets[i]), tickets[i].t.ID },
		shows: func(int) bool { return true },
		row:   func(i int) any { return row(b, tickets[i]) },
	}
}

func (g *gorgias) tickets(b *Books, r *http.Request) (any, error) {
	q := r.URL.Query()
	req, err := listRequest(q, "created_datetime", "updated_datetime")
	if err != nil {
		return nil, err
	}
	ids := q["ticket_ids"]
	if len(ids) > 100 {
		return nil, badRequest("ticket_ids", "At most 100.")
	}
	tickets := slices.DeleteFunc(g.shownTickets(b), func(s shown) bool {
		return len(ids) > 0 && !slices.Contains(ids, strconv.FormatInt(s.t.ID, 10)) ||
			q.Get("customer_id") != "" && q.Get("customer_id") != strconv.FormatInt(s.t.Customer, 10) ||
			q.Get("external_id") != "" ||
			q.Get("trashed") == "false" && !s.s.TrashedAt.IsZero()
	})
	at := func(s shown) time.Time { return s.s.Created }
	if req.field == "updated_datetime" {
		at = func(s shown) time.Time { return s.s.Updated }
	}
	rows, prev, next := ticketListing(b, tickets, at, g.ticketRow).page(req)
	return list(r, rows, prev, next, true), nil
}

// common are the fields that a ticket has in lists and alone.
func (g *gorgias) common(b *Books, t shown) object {
	s := t.s
	status, closed := "open", s.Closed
	if s.Status == helpdesk.StatusClosed || s.Status == helpdesk.StatusSnoozed {
		status = "closed" // a snoozed ticket is closed, with a snooze_datetime
	}
	if s.Status == helpdesk.StatusSnoozed {
		closed = s.SnoozedAt
	}
	return object{
		"id": t.t.ID, "uri": fmt.Sprintf("/api/tickets/%d/", t.t.ID), "external_id": nil, "language": nil,
		"status": status, "priority": s.Priority, "channel": gorgiasChannel(t.t.Channel), "via": g.via(t.t),
		"from_agent": t.t.Outbound, "customer": customerObject(b.Customer(t.t.Customer)),
		"assignee_user": assigneeObject(b.User(s.Agent)), "assignee_team": teamObject(b.Team(s.Team)),
		"subject": t.t.Subject, "meta": nil, "tags": []any{}, "is_unread": s.Seen.IsZero(), "spam": s.Spam,
		"created_datetime": stamp(s.Created), "opened_datetime": stamp(s.Seen),
		"last_received_message_datetime": stamp(s.LastReceived), "last_message_datetime": stamp(s.LastMessage),
		"updated_datetime": stamp(s.Updated), "closed_datetime": stamp(closed),
		"snooze_datetime": stamp(s.SnoozedUntil), "trashed_datetime": stamp(s.TrashedAt),
	}
}

// ticketRow is a ticket as /api/tickets lists it.
func (g *gorgias) ticketRow(b *Books, t shown) object {
	o := g.viewRow(b, t)
	o["summary"] = nil
	o["custom_fields"] = object{}
	return o
}

// viewRow is a ticket as views list it.
func (g *gorgias) viewRow(b *Books, t shown) object {
	o := g.common(b, t)
	o["excerpt"] = g.excerpt(t.t)
	o["integrations"] = []any{}
	o["messages_count"] = t.s.Messages
	o["last_sent_message_not_delivered"] = t.s.LastFailed
	return o
}

func (g *gorgias) excerpt(t *Ticket) string {
	text := ""
	for _, h := range t.Log {
		if h.What == Spoke {
			text = h.Message.Text
		}
	}
	return text[:min(200, len(text))]
}

func (g *gorgias) via(t *Ticket) string {
	switch {
	case t.Outbound:
		return "helpdesk"
	case t.Channel == helpdesk.ChannelChat:
		return "gorgias_chat"
	}
	return gorgiasChannel(t.Channel)
}

func (g *gorgias) findTicket(b *Books, r *http.Request) (shown, error) {
	id, err := pathID(r)
	if err != nil {
		return shown{}, err
	}
	t := b.Ticket(id)
	if t == nil {
		return shown{}, errNotFound
	}
	s := g.shown(b, t)
	if s == nil {
		return shown{}, errNotFound
	}
	return shown{t, s}, nil
}

// ticket is one ticket alone: with its messages and its survey, without some
// fields of the lists.
func (g *gorgias) ticket(b *Books, r *http.Request) (any, error) {
	t, err := g.findTicket(b, r)
	if err != nil {
		return nil, err
	}
	o := g.common(b, t)
	o["events"] = []any{}
	o["assignee_user_id"] = idOrNull(t.s.Agent)
	o["assignee_team_id"] = idOrNull(t.s.Team)
	o["requester"] = o["customer"]
	o["reply_options"] = object{"email": object{"answerable": true}, "internal-note": object{"answerable": true}}
	o["satisfaction_survey"] = nil
	if t.s.Survey.ID != 0 {
		o["satisfaction_survey"] = surveyObject(t)
	}
	o["messages"] = g.messagesOf(b, t.t)
	if slices.Contains(r.URL.Query()["relationships"], "custom_fields") {
		o["custom_fields"] = object{}
	}
	return o, nil
}

func idOrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
