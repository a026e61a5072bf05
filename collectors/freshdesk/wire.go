package freshdesk

// The types of this file mirror the vendor's JSON, as far as it is read: no
// subject, text, name or address of a customer has a field, so none of it
// outlives the decoding of a page.

// ticket is a row of the list of tickets, and a ticket alone.
// https://developers.freshdesk.com/api/#tickets
type ticket struct {
	ID        id           `json:"id"`
	Status    code         `json:"status"`
	Priority  code         `json:"priority"`
	Source    code         `json:"source"`
	Responder maybe[id]    `json:"responder_id"`
	Group     maybe[id]    `json:"group_id"`
	Product   maybe[id]    `json:"product_id"`
	Spam      maybe[bool]  `json:"spam"`
	Deleted   maybe[bool]  `json:"deleted"` // mostly on tickets alone
	Created   stamp        `json:"created_at"`
	Updated   stamp        `json:"updated_at"`
	DueBy     stamp        `json:"due_by"`
	FirstDue  stamp        `json:"fr_due_by"`
	NextDue   stamp        `json:"nr_due_by"`
	Stats     maybe[stats] `json:"stats"` // only where it was asked for
}

// stats are the stamps of what happened last.
type stats struct {
	AgentResponded     stamp `json:"agent_responded_at"`
	RequesterResponded stamp `json:"requester_responded_at"` // after the opening message
	FirstResponded     stamp `json:"first_responded_at"`
	StatusUpdated      stamp `json:"status_updated_at"`
	Reopened           stamp `json:"reopened_at"`
	Resolved           stamp `json:"resolved_at"`
	Closed             stamp `json:"closed_at"`
	PendingSince       stamp `json:"pending_since"`
}

// message is what the vendor calls a conversation: a reply, a customer's message
// or a note. The opening message is none of them.
// https://developers.freshdesk.com/api/#conversations
type message struct {
	ID           id          `json:"id"`
	Ticket       id          `json:"ticket_id"`
	User         maybe[id]   `json:"user_id"`
	Incoming     maybe[bool] `json:"incoming"`
	Private      maybe[bool] `json:"private"`
	Source       code        `json:"source"` // 0, a reply, is also what is absent
	AutoResponse maybe[bool] `json:"auto_response"`
	Automation   maybe[id]   `json:"automation_id"`
	Created      stamp       `json:"created_at"`
}

// rating is an answer to a satisfaction survey, by question.
// https://developers.freshdesk.com/api/#satisfaction-ratings
type rating struct {
	ID      id                           `json:"id"`
	Survey  maybe[id]                    `json:"survey_id"`
	Ticket  id                           `json:"ticket_id"`
	Created stamp                        `json:"created_at"`
	Ratings maybe[map[string]maybe[int]] `json:"ratings"`
}

// survey tells the scale of its questions.
type survey struct {
	ID        id                `json:"id"`
	Active    maybe[bool]       `json:"active"`
	Questions maybe[[]question] `json:"questions"`
}

type question struct {
	ID       text         `json:"id"`
	Default  maybe[bool]  `json:"default"`
	Accepted maybe[[]int] `json:"accepted_ratings"`
}

// agent is a person of the team, never a customer.
// https://developers.freshdesk.com/api/#agents
type agent struct {
	ID             id             `json:"id"`
	Available      maybe[bool]    `json:"available"`
	AvailableSince stamp          `json:"available_since"`
	Deactivated    maybe[bool]    `json:"deactivated"`
	Type           text           `json:"type"`
	Scope          code           `json:"ticket_scope"`
	Contact        maybe[contact] `json:"contact"`
}

// availability is whether an agent takes what comes on his channels.
type availability struct {
	ID       id        `json:"id"` // of an agent's row: what it should not have
	Agent    maybe[id] `json:"agent_ref"`
	Channels maybe[[]maybe[struct {
		Available maybe[bool] `json:"available"`
		LoggedIn  maybe[bool] `json:"logged_in"`
		Updated   stamp       `json:"availability_updated_at"`
	}]] `json:"channel_availability"`
}

// contact is read of agents alone.
type contact struct {
	Name text `json:"name"`
}

// field is one of the account's fields of tickets.
// https://developers.freshdesk.com/api/#list_all_ticket_fields
type field struct {
	Type    text                            `json:"type"`
	Choices maybe[map[string]maybe[[]text]] `json:"choices"`
}

// group is a team, and as far as it has them a product.
// https://developers.freshdesk.com/api/#groups
type group struct {
	ID            id        `json:"id"`
	Name          text      `json:"name"`
	BusinessHours maybe[id] `json:"business_hour_id"`
}
