package groove

import (
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// conversationOf is what a conversation is at now. It is known by its number,
// which is what merges name. It has no link: the address of the vendor's
// application is not in the API.
func conversationOf(row *conversation) (helpdesk.Conversation, []helpdesk.UnknownValue) {
	state, unknown := stateOf(row.State)
	channel, strange := channelOf(row)
	conv := helpdesk.Conversation{
		ID:       string(row.Number),
		Created:  row.Created.Time,
		Updated:  row.Updated.Time,
		Status:   state.To,
		Excluded: state.Excluded,
		Labels: helpdesk.Labels{
			Channel: channel,
			Team:    string(row.Assigned.V.Team.V.Name),
			Inbox:   string(row.Channel.V.Name),
		},
		Agent:    string(row.Assigned.V.Agent.V.ID),
		Messages: -1,
	}
	if row.Deleted.isSet() && conv.Excluded == helpdesk.NotExcluded {
		conv.Status, conv.Excluded = helpdesk.StatusExcluded, helpdesk.ExcludedDeleted
	}
	switch conv.Excluded {
	case helpdesk.NotExcluded:
		if conv.Status == helpdesk.StatusClosed {
			if conv.Closed = row.StateUpdated.Time; conv.Closed.IsZero() {
				conv.Closed = row.Updated.Time // the history tells better, where it tells closes
			}
		}
	case helpdesk.ExcludedDeleted:
		if conv.ExcludedAt = row.Deleted.Time; conv.ExcludedAt.IsZero() {
			conv.ExcludedAt = row.StateUpdated.Time
		}
	default:
		conv.ExcludedAt = row.StateUpdated.Time
	}
	if n := row.Counts.V.Messages; n.OK && n.V >= 0 {
		conv.Messages = n.V
	}
	return conv, append(unknown, strange...)
}

// stateOf maps a state. One of another name is shown as open: a queue must not
// lose what it does not understand.
func stateOf(name text) (helpdesk.StatusChange, []helpdesk.UnknownValue) {
	if s, found := states[strings.ToUpper(string(name))]; found {
		return s, nil
	}
	return helpdesk.StatusChange{To: helpdesk.StatusOpen}, []helpdesk.UnknownValue{{What: "state", Value: string(name)}}
}

// channelOf maps the type of the channel, as far as the schema tells one: the
// field type, the name of the channel's type, that of the conversation's. Where
// it tells none, the channel is a mailbox, as nearly all are: the name that the
// team gave it decides nothing, but one of a type's names is taken for it.
func channelOf(row *conversation) (helpdesk.Channel, []helpdesk.UnknownValue) {
	at := row.Channel.V
	var strange []helpdesk.UnknownValue
	for _, name := range []text{at.Kind, at.Type, text(strings.TrimSuffix(string(row.Type), "Conversation"))} {
		word := channelWord(name)
		if word == "" {
			continue
		}
		if channel, found := channels[word]; found {
			return channel, nil
		}
		strange = append(strange, helpdesk.UnknownValue{What: "channel", Value: string(name)})
	}
	if strange != nil {
		return helpdesk.ChannelOther, strange[:1]
	}
	if channel, found := channels[channelWord(at.Name)]; found {
		return channel, nil
	}
	return helpdesk.ChannelEmail, nil
}

// channelWord is a channel's type as the table has it, "" for a type that is no
// special one.
func channelWord(name text) string {
	return strings.TrimSuffix(strings.ReplaceAll(strings.ToLower(string(name)), "_", ""), "channel")
}

// authorOf says who wrote a message. The type of the author decides, not that of
// the message: a mail of an agent's own client comes in like a customer's. What
// a rule did is a rule's, whoever it signed it with. An author of a type that is
// not known is nobody who waits and nobody who answers.
func authorOf(e *entry, c *change) (helpdesk.Author, string, []helpdesk.UnknownValue) {
	who := c.Author.V
	if who.Type == "" {
		who = e.Actor.V
	}
	switch {
	case e.Actor.V.Type == actorRule, who.Type == actorRule:
		return helpdesk.AuthorRule, "", nil
	case who.Type == actorAgent:
		return helpdesk.AuthorAgent, string(who.ID), nil
	case who.Type == actorContact:
		return helpdesk.AuthorCustomer, "", nil
	case who.Type != "":
		return helpdesk.AuthorRule, "", []helpdesk.UnknownValue{{What: "author", Value: string(who.Type)}}
	case strings.TrimSuffix(string(c.Type), "Change") == "Reply", kindOf(string(c.Type)) == kindNote:
		return helpdesk.AuthorAgent, "", nil
	default:
		return helpdesk.AuthorCustomer, "", nil
	}
}

// actorOf says who did something; who is neither an agent nor a customer is no
// person.
func actorOf(e *entry) (helpdesk.Actor, string, []helpdesk.UnknownValue) {
	switch who := e.Actor.V; who.Type {
	case "":
		return helpdesk.ActorUnknown, "", nil
	case actorAgent:
		return helpdesk.ActorAgent, string(who.ID), nil
	case actorContact:
		return helpdesk.ActorCustomer, "", nil
	case actorRule:
		return helpdesk.ActorAutomation, "", nil
	default:
		return helpdesk.ActorAutomation, "", []helpdesk.UnknownValue{{What: "actor", Value: string(who.Type)}}
	}
}

func agentOf(a *agent) helpdesk.Agent { return helpdesk.Agent{ID: string(a.ID), Name: string(a.Name)} }

func teamOf(t *team) helpdesk.Team { return helpdesk.Team{ID: string(t.ID), Name: string(t.Name)} }
