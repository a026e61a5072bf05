package intercom

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// names tells what the account calls things.
type names struct {
	bot  func(id string) bool
	team func(id string) string // the team's name
	link func(id string) string // a conversation's page, for a person
}

// conversationOf is what a conversation is at now. Of a row of a list, which has
// no parts, the time of the close is the vendor's own: it lags by seconds, and a
// close of what is closed moves it.
func conversationOf(c *conversation, ps []part, n names) (helpdesk.Conversation, []helpdesk.UnknownValue) {
	status, unknown := statusOf(c)
	channel, u := channelOf(c)
	unknown = append(unknown, u...)
	conv := helpdesk.Conversation{
		ID:      string(c.ID),
		Created: c.Created.Time,
		Updated: c.Updated.Time,
		Status:  status,
		Labels: helpdesk.Labels{
			Channel:  channel,
			Team:     n.team(string(c.Team)),
			Priority: string(c.Priority),
			Language: string(c.Attributes.V.Language),
		},
		Agent:     agentIDOf(c),
		URL:       n.link(string(c.ID)),
		Automated: solvedByFin[string(c.Fin.V.Resolution)],
		Messages:  -1,
	}
	if n.bot(conv.Agent) {
		conv.Agent = "" // no person holds it
	}
	if status != helpdesk.StatusClosed {
		return conv, unknown
	}
	conv.Closed = c.Statistics.V.LastClose.Time
	if at := lastClose(ps); !at.IsZero() {
		conv.Closed = at
	}
	if at := mergedAway(ps, status); !at.IsZero() {
		conv.Status, conv.Excluded, conv.ExcludedAt = helpdesk.StatusExcluded, helpdesk.ExcludedMerged, at
		conv.Closed = time.Time{}
	}
	return conv, unknown
}

// statusOf maps state, and in payloads that have none open. A state of another
// name is shown as open: a queue must not lose what it does not understand.
func statusOf(c *conversation) (helpdesk.Status, []helpdesk.UnknownValue) {
	if s, found := statuses[string(c.State)]; found {
		return s, nil
	}
	if c.State == "" && c.Open.OK && !c.Open.V {
		return helpdesk.StatusClosed, nil
	}
	if c.State == "" && c.Open.OK {
		return helpdesk.StatusOpen, nil
	}
	return helpdesk.StatusOpen, []helpdesk.UnknownValue{{What: "status", Value: string(c.State)}}
}

// channelOf takes the channel that the conversation is on now, where that is
// told, else the one that it began on.
func channelOf(c *conversation) (helpdesk.Channel, []helpdesk.UnknownValue) {
	for _, v := range []text{
		c.Channel.V.Current, c.Channel.V.Initial, c.Source.V.Type, c.Message.V.Type, c.FirstReply.V.Type,
	} {
		if v == "" {
			continue
		}
		if ch, found := channels[string(v)]; found {
			return ch, nil
		}
		return helpdesk.ChannelOther, []helpdesk.UnknownValue{{What: "channel", Value: string(v)}}
	}
	return helpdesk.ChannelOther, nil
}

func agentIDOf(c *conversation) string {
	if c.Admin == "" && c.Assignee.V.Type == "admin" {
		return string(c.Assignee.V.ID)
	}
	return string(c.Admin)
}

// openingOf is the message that opened the conversation; ok is false when no one
// wrote one. Where the source is null, a customer who is said to have written
// before any of the parts has opened it.
func openingOf(c *conversation, ps []part) (m helpdesk.Message, ok bool, unknown []helpdesk.UnknownValue) {
	m = helpdesk.Message{
		Key:          helpdesk.Key{ID: "source-" + string(c.ID), At: c.Created.Time, Lane: helpdesk.LaneFeed},
		Conversation: string(c.ID), Author: helpdesk.AuthorCustomer, Public: true,
	}
	src := c.Source
	if !src.OK {
		src = c.Message
	}
	if !src.OK {
		m.At = firstWord(c)
		return m, !m.At.IsZero() && !wroteBy(ps, m.At), nil
	}
	a := src.V.Author.V
	if a.Type == "" && src.V.DeliveredAs == "customer_initiated" {
		return m, true, nil
	}
	if m.Author, unknown = authorOf(&a); m.Author == helpdesk.AuthorCustomer {
		return m, true, unknown // a picture or a call has no body
	}
	if by, found := deliveries[string(src.V.DeliveredAs)]; found {
		m.Author = by
	}
	m.Agent = agentOfMessage(m.Author, &a)
	return m, bool(src.V.Body), unknown
}

// firstWord is when the customer wrote first, as far as the row tells. Who is
// waiting since the conversation was made has opened it.
func firstWord(c *conversation) time.Time {
	for _, t := range []stamp{c.FirstReply.V.Created, c.Statistics.V.FirstContactReply} {
		if !t.IsZero() {
			return t.Time
		}
	}
	if c.Waiting.Equal(c.Created.Time) {
		return c.Created.Time
	}
	return time.Time{}
}

// wroteBy reports whether a part is a customer's message at or before an instant.
func wroteBy(ps []part, at time.Time) bool {
	return slices.ContainsFunc(ps, func(p part) bool {
		a, _ := authorOf(&p.Author.V)
		return a == helpdesk.AuthorCustomer && p.hasText() && !p.Created.After(at)
	})
}

// authorOf says who wrote, by the type and the bot's own address. Of a type that no
// table knows the message is shown, and never counts as a reply.
func authorOf(a *author) (helpdesk.Author, []helpdesk.UnknownValue) {
	by, found := authors[string(a.Type)]
	switch {
	case a.Type == "":
		return helpdesk.AuthorRule, nil
	case !found:
		return helpdesk.AuthorRule, []helpdesk.UnknownValue{{What: "author", Value: string(a.Type)}}
	case by == helpdesk.AuthorAgent && (a.AI.V || bool(a.Operator)):
		return helpdesk.AuthorBot, nil
	default:
		return by, nil
	}
}

func agentOfMessage(by helpdesk.Author, a *author) string {
	if by == helpdesk.AuthorAgent || by == helpdesk.AuthorBot {
		return string(a.ID)
	}
	return ""
}

// ratingOf is the answer to the one question for a rating that a conversation
// has. found is false when none was asked, ok when the score is outside of 1 to
// 5. Answers of old versions have only the time of the question.
func ratingOf(c *conversation) (r helpdesk.Rating, found, ok bool) {
	v := c.Rating.V
	if !v.Score.OK && v.Created.IsZero() {
		return r, false, true
	}
	r = helpdesk.Rating{ID: string(c.ID), Conversation: string(c.ID), Sent: v.Created.Time}
	if !v.Score.OK {
		return r, true, true
	}
	if v.Score.V < 1 || v.Score.V > 5 {
		return r, true, false
	}
	for _, t := range []stamp{v.Updated, v.Created, c.Updated} {
		if !t.IsZero() {
			r.Score, r.Scored = v.Score.V, t.Time
			return r, true, true
		}
	}
	return r, true, false
}

// agentOf is a teammate; the list also has the workspace's bot. Whether somebody
// is logged in is not told: who has a seat in the inbox and is not away is there.
func agentOf(a *admin) helpdesk.Agent {
	agent := helpdesk.Agent{ID: string(a.ID), Name: string(a.Name), Bot: bool(a.Operator)}
	switch {
	case agent.Bot, !a.Away.OK, a.Seat.OK && !a.Seat.V: // none of them answers customers
	case a.Away.V:
		agent.Presence = helpdesk.Away
	default:
		agent.Presence = helpdesk.Online
	}
	return agent
}
