package intercom

import "encoding/json"

// The types of this file mirror the vendor's JSON, as far as it is read: no
// subject, text, name or address of a customer has a field, so none of it
// outlives the decoding of a page. Of a body only whether there is one is kept.

// conversation is a row of the search; a single one has its parts too.
// https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/conversation
type conversation struct {
	ID         id                `json:"id"`
	Created    stamp             `json:"created_at"`
	Updated    stamp             `json:"updated_at"`
	State      text              `json:"state"`
	Open       maybe[bool]       `json:"open"` // true for snoozed ones too
	Priority   text              `json:"priority"`
	Admin      ref               `json:"admin_assignee_id"`
	Team       ref               `json:"team_assignee_id"`
	Assignee   maybe[party]      `json:"assignee"` // of old versions
	Source     maybe[source]     `json:"source"`
	Message    maybe[source]     `json:"conversation_message"` // the source in version 1
	Waiting    stamp             `json:"waiting_since"`        // a reopening sets it too
	FirstReply maybe[firstReply] `json:"first_contact_reply"`
	Channel    maybe[channel]    `json:"channel"`
	Statistics maybe[statistics] `json:"statistics"`
	Rating     maybe[rating]     `json:"conversation_rating"`
	Fin        maybe[fin]        `json:"ai_agent"`
	Attributes maybe[attributes] `json:"custom_attributes"`
	Parts      maybe[parts]      `json:"conversation_parts"`
}

// source is the message that opened a conversation. It is not among the parts,
// and may be null.
type source struct {
	Type        text          `json:"type"`
	DeliveredAs text          `json:"delivered_as"`
	Author      maybe[author] `json:"author"`
	Body        filled        `json:"body"`
}

// firstReply is the customer's first message, which may be the source.
type firstReply struct {
	Created stamp `json:"created_at"`
	Type    text  `json:"type"`
}

// channel tells more than the source's type, since version 2.16.
type channel struct {
	Initial text `json:"initial"`
	Current text `json:"current"`
}

// party is a teammate, a team, a bot or a contact: of all of them only the kind
// and the id are read.
type party struct {
	Type text `json:"type"`
	ID   ref  `json:"id"`
}

// author wrote a part or the source.
type author struct {
	party
	Operator operator    `json:"email"`
	AI       maybe[bool] `json:"from_ai_agent"`
}

// statistics lag the parts by seconds, and are null as long as no customer wrote.
type statistics struct {
	FirstContactReply stamp `json:"first_contact_reply_at"`
	FirstAdminReply   stamp `json:"first_admin_reply_at"`
	LastClose         stamp `json:"last_close_at"`
}

// rating is asked at Created and answered at Updated. Every member may be null.
type rating struct {
	Score   maybe[int] `json:"rating"`
	Created stamp      `json:"created_at"`
	Updated stamp      `json:"updated_at"`
}

// fin is what the vendor's AI agent made of a conversation.
type fin struct {
	Resolution text `json:"resolution_state"`
}

// attributes are the workspace's own; those read here the vendor fills in.
type attributes struct {
	Language text `json:"Language"`
}

// mostParts is how many of its newest parts a conversation is given with.
const mostParts = 500

// parts are the newest of a conversation; Total counts them all.
type parts struct {
	Rows  maybe[[]json.RawMessage] `json:"conversation_parts"`
	Total maybe[int]               `json:"total_count"`
}

// part is one thing that happened in a conversation. Text rides on any type.
type part struct {
	ID          id                       `json:"id"`
	Type        text                     `json:"part_type"`
	Created     stamp                    `json:"created_at"`
	Author      maybe[author]            `json:"author"`
	Assigned    maybe[party]             `json:"assigned_to"` // set when the part assigned
	Body        filled                   `json:"body"`
	Attachments maybe[[]json.RawMessage] `json:"attachments"`
	Redacted    maybe[bool]              `json:"redacted"` // it had a body
}

// admin is a teammate, or the workspace's bot.
type admin struct {
	Type     text        `json:"type"`
	ID       id          `json:"id"`
	Name     text        `json:"name"`
	Operator operator    `json:"email"`
	Away     maybe[bool] `json:"away_mode_enabled"`
	Seat     maybe[bool] `json:"has_inbox_seat"`
}

type team struct {
	Type text `json:"type"`
	ID   id   `json:"id"`
	Name text `json:"name"`
}

// identity is whom the token belongs to.
type identity struct {
	App maybe[struct {
		Code   text `json:"id_code"`
		Region text `json:"region"`
	}] `json:"app"`
}

// deletion is a row of the list of deleted conversations, since version 2.16.
type deletion struct {
	ID      id    `json:"id"`
	Deleted stamp `json:"deleted_at"`
}
