package gorgias

import (
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// conversation is what a ticket is at now. base is the account's address, for
// the link.
func conversation(t *ticket, now time.Time, base string) (helpdesk.Conversation, []helpdesk.UnknownValue) {
	status, unknown := statusOf(t, now)
	channel, known := channels[string(t.Channel)]
	if !known {
		channel = helpdesk.ChannelOther
		if t.Channel != "" {
			unknown = append(unknown, helpdesk.UnknownValue{What: "channel", Value: string(t.Channel)})
		}
	}
	conv := helpdesk.Conversation{
		ID:      string(t.ID),
		Created: t.Created.Time,
		Updated: t.Updated.Time,
		Status:  status,
		Labels: helpdesk.Labels{
			Channel:  channel,
			Team:     string(t.AssigneeTeam.V.Name),
			Priority: string(t.Priority),
			Inbox:    inboxOf(t),
			Language: string(t.Language),
		},
		Agent:     string(t.AssigneeUser.V.ID),
		Automated: t.Via == viaSelfService || hasTag(t, tagSolvedByAI),
		Messages:  -1,
	}
	// A ticket that is about to wake is closed still, since it was snoozed.
	if t.Status == "closed" && status != helpdesk.StatusSnoozed && !t.Snooze.After(t.Closed.Time) {
		conv.Closed = t.Closed.Time
	}
	switch {
	case t.Trashed.isSet():
		conv.Status, conv.Excluded, conv.ExcludedAt = helpdesk.StatusExcluded, helpdesk.ExcludedDeleted, t.Trashed.Time
	case t.Spam.V:
		conv.Status, conv.Excluded = helpdesk.StatusExcluded, helpdesk.ExcludedSpam
	}
	if t.MessagesCount.OK && t.MessagesCount.V >= 0 {
		conv.Messages = t.MessagesCount.V
	}
	if base != "" {
		conv.URL = base + "/app/ticket/" + string(t.ID)
	}
	return conv, unknown
}

// statusOf maps the vendor's two statuses: a snoozed ticket is a closed one that
// will wake. Without a clock, a snooze that ends after the last update is taken
// for one that still lasts, since waking updates the ticket. A status of another
// name is shown as open: a queue must not lose what it does not understand.
func statusOf(t *ticket, now time.Time) (helpdesk.Status, []helpdesk.UnknownValue) {
	if now.IsZero() {
		now = t.Updated.Time
	}
	switch t.Status {
	case "open":
		return helpdesk.StatusOpen, nil
	case "closed":
		if t.Snooze.After(now) {
			return helpdesk.StatusSnoozed, nil
		}
		return helpdesk.StatusClosed, nil
	default:
		return helpdesk.StatusOpen, []helpdesk.UnknownValue{{What: "status", Value: string(t.Status)}}
	}
}

// inboxOf is the name of the first integration that the ticket came through.
func inboxOf(t *ticket) string {
	for _, i := range t.Integrations.V {
		return string(i.V.Name)
	}
	return ""
}

func hasTag(t *ticket, name string) bool {
	for _, tag := range t.Tags.V {
		if strings.EqualFold(string(tag.V.Name), name) {
			return true
		}
	}
	return false
}

// messageOf is a message as measuring sees it. bot tells whether a user is one.
//
// What the company sends counts from when it was sent, everything else from when
// it was created: sent_datetime is null for customers' mails. A reply that was
// written in an agent's own mail client (from_agent, via email) is an agent's.
func messageOf(m *message, bot func(string) bool) helpdesk.Message {
	msg := helpdesk.Message{
		Key: helpdesk.Key{
			ID: string(m.ID), At: m.Created.Time, Lane: helpdesk.LaneMessages, Seq: m.ID.Seq(),
		},
		Conversation: string(m.Ticket),
		Author:       authorOf(m, bot),
		Public:       m.Channel != channelNote && (m.Public.V || !m.Public.OK),
	}
	if !m.FromAgent.V {
		return msg
	}
	if !m.Sent.IsZero() {
		msg.At = m.Sent.Time
	}
	// A message that was deleted before it was sent never reached anybody.
	msg.Undelivered = m.Failed.isSet() || m.Deleted.isSet() && !m.Sent.isSet()
	if msg.Author == helpdesk.AuthorAgent || msg.Author == helpdesk.AuthorBot {
		msg.Agent = string(m.Sender.V.ID)
	}
	return msg
}

func authorOf(m *message, bot func(string) bool) helpdesk.Author {
	switch {
	case !m.FromAgent.V:
		return helpdesk.AuthorCustomer
	case m.Rule.V != "" || m.Via == viaRule:
		return helpdesk.AuthorRule
	case m.Meta.V.Campaign.V != "" || len(m.Meta.V.Campaigns.V) > 0:
		return helpdesk.AuthorCampaign
	case bot(string(m.Sender.V.ID)):
		return helpdesk.AuthorBot
	default:
		return helpdesk.AuthorAgent
	}
}

// at is when a message is: its place in its conversation.
func (m *message) at() stamp {
	if m.FromAgent.V && !m.Sent.IsZero() {
		return m.Sent
	}
	return m.Created
}

// ratingOf is a survey; ok is false when its score is outside of 1 to 5. A score
// without a time has the time of the sending, else of the survey: scores that
// another program brings in may have no better one.
func ratingOf(s *survey) (r helpdesk.Rating, ok bool) {
	r = helpdesk.Rating{ID: string(s.ID), Conversation: string(s.Ticket), Sent: s.Sent.Time}
	if !s.Score.OK {
		return r, true
	}
	if s.Score.V < 1 || s.Score.V > 5 {
		return r, false
	}
	r.Score = s.Score.V
	for _, t := range []stamp{s.Scored, s.Sent, s.Created} {
		if !t.IsZero() {
			r.Scored = t.Time
			return r, true
		}
	}
	return r, false
}

func agentOf(u *user) helpdesk.Agent {
	name := string(u.Name)
	if name == "" {
		name = strings.TrimSpace(string(u.Firstname) + " " + string(u.Lastname))
	}
	return helpdesk.Agent{ID: string(u.ID), Name: name, Bot: u.Role.V.Name == roleBot}
}
