package zendesk

import (
	"encoding/json"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// The types of this file mirror the vendor's JSON, as far as it is read: no
// subject, text, name or address of a customer has a field, so none of it
// outlives the decoding of a page.

// exportPage is the envelope of an export that pages by a cursor. The cursor is
// null where the page is empty.
type exportPage struct {
	Tickets *[]json.RawMessage `json:"tickets"`
	After   text               `json:"after_cursor"`
	End     maybe[bool]        `json:"end_of_stream"`
}

// logPage is the envelope of an export that pages by time: the next page begins
// with the second in which this one ends.
type logPage struct {
	Events  *[]json.RawMessage `json:"ticket_events"`
	EndTime stamp              `json:"end_time"`
	Count   maybe[int]         `json:"count"`
	End     maybe[bool]        `json:"end_of_stream"`
}

// listMeta is the place of all other lists: links.next is there on the last page
// too.
type listMeta struct {
	More  maybe[bool] `json:"has_more"`
	After text        `json:"after_cursor"`
}

// ticket is a row of an export, of a list, or a single one.
// https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
type ticket struct {
	ID          id                 `json:"id"`
	Status      text               `json:"status"`
	Priority    text               `json:"priority"`
	Via         maybe[via]         `json:"via"`
	Created     stamp              `json:"created_at"`
	Updated     stamp              `json:"updated_at"`
	Generated   stamp              `json:"generated_timestamp"` // the order of exports
	Requester   maybe[id]          `json:"requester_id"`
	Submitter   maybe[id]          `json:"submitter_id"`
	Assignee    maybe[id]          `json:"assignee_id"`
	Group       maybe[id]          `json:"group_id"`
	Brand       maybe[id]          `json:"brand_id"`
	Tags        maybe[[]text]      `json:"tags"`
	Messaging   maybe[bool]        `json:"from_messaging_channel"`
	SupportType text               `json:"support_type"`
	Metrics     maybe[metricSet]   `json:"metric_set"`
	SLAs        maybe[slaSideload] `json:"slas"`
}

// via is how something came: an object, but in the log of ticket events a
// display string ("Web form").
type via struct {
	Channel text `json:"channel"`
	Source  maybe[struct {
		Rel text `json:"rel"`
	}] `json:"source"`
}

func (v *via) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*v = via{}
	if dec.PeekKind() == '"' {
		return jsonv2.UnmarshalDecode(dec, &v.Channel)
	}
	type plain via // without this method
	return jsonv2.UnmarshalDecode(dec, (*plain)(v))
}

// metricSet is Zendesk's own measuring of a ticket: durations are whole
// minutes, null until the thing happened.
// https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metrics/
type metricSet struct {
	Replies         maybe[int] `json:"replies"`
	Reopens         maybe[int] `json:"reopens"`
	Reply           minutes    `json:"reply_time_in_minutes"`
	FirstResolution minutes    `json:"first_resolution_time_in_minutes"`
	FullResolution  minutes    `json:"full_resolution_time_in_minutes"`
	Solved          stamp      `json:"solved_at"`
}

type minutes struct {
	Calendar maybe[int] `json:"calendar"`
	Business maybe[int] `json:"business"`
}

// slaSideload is where a ticket stands with its service level.
type slaSideload struct {
	Metrics maybe[[]policyMetric] `json:"policy_metrics"`
}

type policyMetric struct {
	Metric text  `json:"metric"`
	Stage  text  `json:"stage"`
	Breach stamp `json:"breach_at"`
}

// ticketEvent is an update of a ticket in the log of the account: what an audit
// is for a single ticket, flattened.
// https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/#incremental-ticket-event-export
type ticketEvent struct {
	ID        id                       `json:"id"`
	Ticket    id                       `json:"ticket_id"`
	Created   stamp                    `json:"created_at"`
	Timestamp stamp                    `json:"timestamp"`
	Updater   id                       `json:"updater_id"`
	Via       maybe[via]               `json:"via"`
	Children  maybe[[]json.RawMessage] `json:"child_events"`
}

// childEvent is one thing that an update did: a comment, or a field's new
// value under the field's name.
type childEvent struct {
	ID        id            `json:"id"`
	EventType text          `json:"event_type"`
	Via       maybe[via]    `json:"via"`
	Author    id            `json:"author_id"`
	Public    maybe[bool]   `json:"public"`
	Created   stamp         `json:"created_at"`
	Commented maybe[bool]   `json:"comment_present"` // there is a comment, told by a child of its own or not
	Openly    maybe[bool]   `json:"comment_public"`
	Status    field[word]   `json:"status"`
	Assignee  field[word]   `json:"assignee_id"`
	Group     field[word]   `json:"group_id"`
	Priority  field[word]   `json:"priority"`
	Requester field[word]   `json:"requester_id"`
	Brand     field[word]   `json:"brand_id"`
	Tags      field[[]text] `json:"tags"`
	Score     field[word]   `json:"satisfaction_score"`
	Previous  word          `json:"previous_value"`
}

// word is a value of a change: a word, a number, or "" for null. Of what else
// it may be (a list of tags) nothing is read.
type word string

func (w *word) UnmarshalJSON(b []byte) error {
	s, _ := lenient.Unquote(b)
	*w = word(s)
	if b[0] == '-' || b[0] >= '0' && b[0] <= '9' {
		*w = word(b)
	}
	return nil
}

// audit is an update of a single ticket.
// https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
type audit struct {
	ID      id                       `json:"id"`
	Ticket  id                       `json:"ticket_id"`
	Created stamp                    `json:"created_at"`
	Author  id                       `json:"author_id"`
	Via     maybe[via]               `json:"via"`
	Events  maybe[[]json.RawMessage] `json:"events"`
}

// auditEvent is one thing that an audit tells.
type auditEvent struct {
	ID       id              `json:"id"`
	Type     text            `json:"type"`
	Via      maybe[via]      `json:"via"`
	Author   id              `json:"author_id"`
	Public   maybe[bool]     `json:"public"`
	Field    text            `json:"field_name"`
	Value    json.RawMessage `json:"value"`
	Previous word            `json:"previous_value"`
}

// rating is an answer to the satisfaction survey, or that it was offered.
// https://developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings/
type rating struct {
	ID      id    `json:"id"`
	Ticket  id    `json:"ticket_id"`
	Score   text  `json:"score"`
	Created stamp `json:"created_at"`
	Updated stamp `json:"updated_at"`
}

// user is an agent or an administrator; of customers nothing but the role is
// ever used.
type user struct {
	ID   id   `json:"id"`
	Name text `json:"name"`
	Role text `json:"role"`
}

func (u *user) isAgent() bool { return u.Role == "agent" || u.Role == "admin" }

// named is a group or a brand.
type named struct {
	ID      id          `json:"id"`
	Name    text        `json:"name"`
	Deleted maybe[bool] `json:"deleted"`
}

// schedule are business hours: minutes from Sunday's midnight on its own clock.
// https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
type schedule struct {
	ID        id     `json:"id"`
	Name      text   `json:"name"`
	Zone      text   `json:"time_zone"`
	Intervals []span `json:"intervals"`
}

type span struct {
	Start int `json:"start_time"`
	End   int `json:"end_time"`
}

// availability is where an agent is.
// https://developer.zendesk.com/api-reference/agent-availability/agent-availability-api/
type availability struct {
	Agent  id `json:"agent_id"`
	Status maybe[struct {
		Name    text  `json:"name"`
		Updated stamp `json:"updated_at"`
	}] `json:"agent_status"`
}

// channelAvailability is an agent's state on one channel.
type channelAvailability struct {
	Name    text       `json:"name"`
	Status  text       `json:"status"`
	Updated stamp      `json:"updated_at"`
	Items   maybe[int] `json:"work_item_count"`
	Max     maybe[int] `json:"max_capacity"`
}
