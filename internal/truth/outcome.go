package truth

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// outcome is how a cycle that ended in a lasting close came out.
func (s *story) outcome(c cycle) string {
	var (
		customers, replies int
		inReply            bool // an agent's reply came after the customer's last message
		last               *helpdesk.Message
	)
	for _, it := range s.items {
		m, ok := it.public()
		if !ok || it.pos > c.close.pos {
			continue
		}
		last = &m
		switch {
		case m.Author == helpdesk.AuthorCustomer:
			customers++
			inReply = false
		case m.Author == helpdesk.AuthorAgent && !m.Undelivered:
			if !inReply {
				replies++
			}
			inReply = true
		}
	}
	by := c.close.record.(helpdesk.StatusChange).By
	agentClosed := by == helpdesk.ActorAgent || by == helpdesk.ActorUnknown
	channel := s.labelsOf(*c.close).Channel
	switch {
	case customers == 0:
		return "outbound"
	case replies == 0 && (s.row.Automated || botAnswered(last) && !agentClosed):
		return "self_service"
	case replies == 0 && s.options.Policy.Class(channel) == helpdesk.ClassRealtime && c.waiting && !agentClosed:
		return "abandoned"
	case replies == 0:
		return "unanswered"
	case !agentClosed && last.Author == helpdesk.AuthorAgent && c.close.At.Sub(last.At) >= s.options.Policy.AbandonedAfter:
		return "abandoned"
	case replies == 1:
		return "one_touch"
	}
	return "multi_touch"
}

// botAnswered reports whether the last word was a bot's, and arrived.
func botAnswered(last *helpdesk.Message) bool {
	return last.Author == helpdesk.AuthorBot && !last.Undelivered
}
