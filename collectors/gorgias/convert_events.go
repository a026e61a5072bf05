package gorgias

import (
	"encoding/json"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// key is the place of an event among those of its ticket.
func (e *event) key() helpdesk.Key {
	return helpdesk.Key{ID: string(e.ID), At: e.Created.Time, Lane: helpdesk.LaneEvents, Seq: e.ID.Seq()}
}

// of reports whether the event is about an object of this type. A missing type
// is no objection: the event's own type says the same.
func (e *event) of(objectType string) bool {
	return e.ObjectType == "" || strings.EqualFold(string(e.ObjectType), objectType)
}

// recordOf is the record that an event stands for, nil when it stands for none.
// Each event is converted by itself: the answer can't depend on paging.
func recordOf(e *event, bot func(string) bool) helpdesk.Record {
	if e.Object == "" || !e.of("Ticket") {
		return nil
	}
	if change, found := statusEvents[string(e.Type)]; found {
		change.Key, change.Conversation, change.Cause = e.key(), string(e.Object), string(e.Context)
		change.By, change.Agent = actorOf(e, bot)
		return change
	}
	if holder, found := holderEvents[string(e.Type)]; found {
		a := helpdesk.Assignment{Key: e.key(), Conversation: string(e.Object), To: holder}
		if holder == helpdesk.HolderAgent {
			a.Agent = e.assignee()
			if bot(a.Agent) {
				a.To = helpdesk.HolderBot
			}
		}
		return a
	}
	return nil
}

// actorOf says who did it: rules, auto-merge, waking and customers' messages
// have no user, and bots and AI agents are users whose role is bot.
func actorOf(e *event, bot func(string) bool) (helpdesk.Actor, string) {
	if e.User == "" || bot(string(e.User)) {
		return helpdesk.ActorAutomation, ""
	}
	return helpdesk.ActorAgent, string(e.User)
}

// assignee is the user that a ticket was assigned to, "" when the event does
// not tell.
func (e *event) assignee() string {
	var d struct {
		User maybe[id] `json:"assignee_user_id"`
	}
	if len(e.Data) == 0 || lenient.Unmarshal(e.Data, &d) != nil {
		return ""
	}
	return string(d.User.V)
}

// people are the users on whom the conversion of the event depends.
func (e *event) people() []string {
	if !e.of("Ticket") {
		return nil
	}
	if _, found := statusEvents[string(e.Type)]; found {
		return []string{string(e.User)}
	}
	if holderEvents[string(e.Type)] == helpdesk.HolderAgent {
		return []string{e.assignee()}
	}
	return nil
}

// wantsOf are the things that an event announces and does not tell: what became
// of a survey, and which tickets of a merge are gone.
func wantsOf(e *event) []helpdesk.Want {
	if e.Object == "" {
		return nil
	}
	switch string(e.Type) {
	case eventSurveySent, eventSurveyResponded:
		switch {
		case strings.EqualFold(string(e.ObjectType), "SatisfactionSurvey"):
			return []helpdesk.Want{{Kind: helpdesk.WantRating, ID: string(e.Object)}}
		case e.of("Ticket"):
			return []helpdesk.Want{{Kind: helpdesk.WantRating, ID: ofTicket + string(e.Object)}}
		}
	case eventMerged:
		if !e.of("Ticket") {
			return nil
		}
		wants := []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: string(e.Object)}}
		from, into := e.merged()
		for _, other := range append(from, into...) {
			if w := (helpdesk.Want{Kind: helpdesk.WantConversation, ID: other}); other != string(e.Object) {
				wants = append(wants, w)
			}
		}
		return wants
	}
	return nil
}

// ofTicket begins the id of a wanted rating that is known by its ticket only.
const ofTicket = "ticket:"

// merged reads the tickets that the data of a merge names, if it names any: the
// vendor documents none, so keys are taken by what they say.
func (e *event) merged() (from, into []string) {
	var data map[string]json.RawMessage
	if len(e.Data) == 0 || lenient.Unmarshal(e.Data, &data) != nil {
		return nil, nil
	}
	for k, v := range data {
		k = strings.ToLower(k)
		switch {
		case !strings.Contains(k, "ticket") && !strings.Contains(k, "merged") && !strings.Contains(k, "source") && !strings.Contains(k, "target") && k != "into":
		case strings.Contains(k, "into"), strings.Contains(k, "target"), strings.Contains(k, "destination"):
			into = append(into, ticketIDs(v)...)
		case strings.Contains(k, "source"), strings.Contains(k, "from"), strings.Contains(k, "merged_ticket"):
			from = append(from, ticketIDs(v)...)
		}
	}
	return from, into
}

// ticketIDs reads an id, an object with an id, or a list of either.
func ticketIDs(raw json.RawMessage) []string {
	var list []json.RawMessage
	if lenient.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var ids []string
	for _, v := range list {
		var one maybe[id]
		var object struct {
			ID maybe[id] `json:"id"`
		}
		switch {
		case lenient.Unmarshal(v, &one) == nil && one.V.Seq() != 0:
			ids = append(ids, string(one.V))
		case lenient.Unmarshal(v, &object) == nil && object.ID.V.Seq() != 0:
			ids = append(ids, string(object.ID.V))
		}
	}
	return ids
}
