package gorgias

import "encoding/json"

// The types of this file mirror the vendor's JSON, as far as it is read: no
// subject, text, name or address of a customer has a field, so none of it
// outlives the decoding of a page.

// ticket is a row of the list of tickets, and of a view.
// https://developers.gorgias.com/reference/the-ticket-object
type ticket struct {
	ID            id                    `json:"id"`
	Status        text                  `json:"status"`
	Priority      text                  `json:"priority"`
	Channel       text                  `json:"channel"`
	Via           text                  `json:"via"`
	Language      text                  `json:"language"`
	Spam          maybe[bool]           `json:"spam"`
	AssigneeUser  maybe[party]          `json:"assignee_user"`
	AssigneeTeam  maybe[party]          `json:"assignee_team"`
	Integrations  maybe[[]maybe[party]] `json:"integrations"`
	Tags          maybe[[]maybe[party]] `json:"tags"`
	MessagesCount maybe[int]            `json:"messages_count"`
	Created       stamp                 `json:"created_datetime"`
	Updated       stamp                 `json:"updated_datetime"`
	Closed        stamp                 `json:"closed_datetime"`
	Snooze        stamp                 `json:"snooze_datetime"`
	Trashed       stamp                 `json:"trashed_datetime"`
}

// ticketDetail is a single ticket: a row, and what hangs on it. It has no
// messages_count.
type ticketDetail struct {
	ticket
	Messages maybe[[]json.RawMessage] `json:"messages"`
	Survey   maybe[json.RawMessage]   `json:"satisfaction_survey"`
}

// party is a user, a team, a tag or an integration: of all of them only the id
// and the name are read.
type party struct {
	ID   id   `json:"id"`
	Name text `json:"name"`
}

// message is a message or an internal note.
// https://developers.gorgias.com/reference/the-ticketmessage-object
type message struct {
	ID        id                 `json:"id"`
	Ticket    id                 `json:"ticket_id"`
	Public    maybe[bool]        `json:"public"`
	Channel   text               `json:"channel"`
	Via       text               `json:"via"`
	FromAgent maybe[bool]        `json:"from_agent"`
	Sender    maybe[sender]      `json:"sender"`
	Rule      maybe[id]          `json:"rule_id"`
	Meta      maybe[messageMeta] `json:"meta"`
	Created   stamp              `json:"created_datetime"`
	Sent      stamp              `json:"sent_datetime"`
	Failed    stamp              `json:"failed_datetime"`
	Deleted   stamp              `json:"deleted_datetime"`
}

// sender is who sent a message. Its name and address are not read: it may be a
// customer.
type sender struct {
	ID id `json:"id"`
}

type messageMeta struct {
	Campaign  maybe[id]                `json:"campaign_id"`
	Campaigns maybe[[]json.RawMessage] `json:"campaign_ids"`
}

// event is an entry of the account's log.
// https://developers.gorgias.com/reference/the-event-object
type event struct {
	ID         id              `json:"id"`
	Context    text            `json:"context"`
	Created    stamp           `json:"created_datetime"`
	Type       text            `json:"type"`
	Object     id              `json:"object_id"`
	ObjectType text            `json:"object_type"`
	User       id              `json:"user_id"`
	Data       json.RawMessage `json:"data"`
}

// survey is a satisfaction survey: one a ticket.
// https://developers.gorgias.com/reference/the-satisfactionsurvey-object
type survey struct {
	ID      id         `json:"id"`
	Ticket  id         `json:"ticket_id"`
	Score   maybe[int] `json:"score"`
	Created stamp      `json:"created_datetime"`
	Sent    stamp      `json:"sent_datetime"`
	Scored  stamp      `json:"scored_datetime"`
}

// user is an agent or a bot of the account, never a customer.
// https://developers.gorgias.com/reference/the-user-object
type user struct {
	ID        id           `json:"id"`
	Name      text         `json:"name"`
	Firstname text         `json:"firstname"`
	Lastname  text         `json:"lastname"`
	Role      maybe[party] `json:"role"`
	Created   stamp        `json:"created_datetime"`
}

type team struct {
	ID      id    `json:"id"`
	Name    text  `json:"name"`
	Created stamp `json:"created_datetime"`
}
