package gorgias

import (
	"context"
	"encoding/json"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// surveysBack is how far back surveys are read in each sweep: they are answered
// days after they were sent, and carry no update stamp that would tell.
const surveysBack = 30 * 24 * time.Hour

// tickets is the list of all tickets by their last update, trash included.
// https://developers.gorgias.com/reference/list-tickets
func (c *Collector) tickets() listing {
	return listing{
		endpoint: "/api/tickets",
		order:    byUpdate,
		prio:     rest.Clocks,
		read: func(ctx context.Context, raw []json.RawMessage, p *helpdesk.Page) ([]row, error) {
			return c.ticketRows(ctx, raw, p, func(t *ticket) stamp { return t.Updated })
		},
	}
}

// ticketRows reads rows of tickets that are ordered by the stamp that by gives,
// once the users who have them are known: what a bot has, no agent has.
func (c *Collector) ticketRows(ctx context.Context, raw []json.RawMessage, p *helpdesk.Page, by func(*ticket) stamp) ([]row, error) {
	read := make([]ticket, 0, len(raw))
	var assignees []string
	for _, r := range raw {
		var t ticket
		if lenient.Decode[id]("ticket", r, &t, p) {
			read = append(read, t)
			assignees = append(assignees, string(t.AssigneeUser.V.ID))
		}
	}
	if err := c.users.know(ctx, c, assignees); err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(read))
	for i := range read {
		t := &read[i]
		rows = append(rows, row{at: by(t).Time, id: string(t.ID)})
		if conv, ok := c.conversation(t, p); ok {
			rows[i].rec = conv
		}
	}
	return rows, nil
}

// conversation converts a ticket, or notes in the page why it can't be used.
func (c *Collector) conversation(t *ticket, p *helpdesk.Page) (helpdesk.Conversation, bool) {
	switch {
	case t.ID == "":
		lenient.Skip(p, "id", "ticket", t.ID)
		return helpdesk.Conversation{}, false
	case t.Created.IsZero():
		lenient.Skip(p, "time", "ticket", t.ID)
		return helpdesk.Conversation{}, false
	}
	conv, unknown := conversation(t, c.now, c.base)
	p.AddUnknown(unknown...)
	if c.users.isBot(conv.Agent) {
		conv.Agent = ""
	}
	return conv, true
}

// messages is the list of the messages of all tickets.
// https://developers.gorgias.com/reference/list-messages
func (c *Collector) messages() listing {
	return listing{endpoint: "/api/messages", order: newestFirst, prio: rest.Clocks, read: c.messageRows}
}

func (c *Collector) messageRows(ctx context.Context, raw []json.RawMessage, p *helpdesk.Page) ([]row, error) {
	return c.readMessages(ctx, raw, "", p)
}

// readMessages converts messages, once their senders are known. Those that do
// not name their ticket are of the one given, if any.
func (c *Collector) readMessages(ctx context.Context, raw []json.RawMessage, of id, p *helpdesk.Page) ([]row, error) {
	read := make([]message, 0, len(raw))
	var senders []string
	for _, r := range raw {
		var m message
		if !lenient.Decode[id]("message", r, &m, p) {
			continue
		}
		if m.Ticket == "" {
			m.Ticket = of
		}
		read = append(read, m)
		if m.FromAgent.V {
			senders = append(senders, string(m.Sender.V.ID))
		}
	}
	if err := c.users.know(ctx, c, senders); err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(read))
	for i := range read {
		m := &read[i]
		rows = append(rows, row{at: m.Created.Time, id: string(m.ID)})
		switch {
		case m.ID == "" || m.Ticket == "":
			lenient.Skip(p, "id", "message", m.ID)
		case m.at().IsZero():
			lenient.Skip(p, "time", "message", m.ID)
		default:
			rows[len(rows)-1].rec = messageOf(m, c.users.isBot)
		}
	}
	return rows, nil
}

// surveys is the list of all satisfaction surveys.
// https://developers.gorgias.com/reference/list-satisfaction-surveys
func (c *Collector) surveys() listing {
	return listing{
		endpoint: "/api/satisfaction-surveys",
		order:    newestFirst,
		prio:     rest.Background,
		back:     surveysBack,
		read: func(_ context.Context, raw []json.RawMessage, p *helpdesk.Page) ([]row, error) {
			rows := make([]row, 0, len(raw))
			for _, r := range raw {
				var s survey
				if !lenient.Decode[id]("survey", r, &s, p) {
					continue
				}
				rows = append(rows, row{at: s.Created.Time, last: latest(s.Sent, s.Scored), id: string(s.ID)})
				if rating, ok := ratingRow(&s, p); ok {
					rows[len(rows)-1].rec = rating
				}
			}
			return rows, nil
		},
	}
}

// ratingRow converts a survey, or notes in the page why it can't be used.
func ratingRow(s *survey, p *helpdesk.Page) (helpdesk.Rating, bool) {
	if s.ID == "" || s.Ticket == "" {
		lenient.Skip(p, "id", "survey", s.ID)
		return helpdesk.Rating{}, false
	}
	rating, ok := ratingOf(s)
	if !ok {
		lenient.Skip(p, "score", "survey", s.ID)
	}
	return rating, ok
}

func latest(a, b stamp) time.Time {
	if b.After(a.Time) {
		return b.Time
	}
	return a.Time
}
