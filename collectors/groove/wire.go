package groove

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// The types of this file mirror the vendor's JSON, as far as it is read: no
// subject, text, name or address of a customer has a field, and none is asked
// for, so none of it is ever here.

// answer is what GraphQL answers, with HTTP 200 also when it failed.
type answer struct {
	Data   maybe[data]             `json:"data"`
	Errors maybe[[]maybe[refusal]] `json:"errors"`
}

// data has what the questions ask for, each its own part of it.
type data struct {
	Conversations maybe[connection[conversation]] `json:"conversations"`
	Spam          maybe[connection[conversation]] `json:"spam"`
	Deleted       maybe[connection[conversation]] `json:"deleted"`
	Conversation  single                          `json:"conversation"`
	Events        maybe[connection[entry]]        `json:"events"`  // in the schema of 2025
	Changes       maybe[connection[entry]]        `json:"changes"` // in that of 2020
	Agents        maybe[connection[agent]]        `json:"agents"`
	Teams         maybe[connection[team]]         `json:"teams"`
	Me            maybe[me]                       `json:"me"`
	Schema        maybe[description]              `json:"__schema"`
}

// feed is the list of conversations of a state, "" for all.
func (d *data) feed(state string) maybe[connection[conversation]] {
	switch state {
	case "SPAM":
		return d.Spam
	case "DELETED":
		return d.Deleted
	default:
		return d.Conversations
	}
}

// single is a conversation by itself: null where there is none.
type single struct {
	found, none bool
	row         lenient.Row[conversation]
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *single) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*s = single{found: true, none: dec.PeekKind() == jsontext.KindNull}
	return s.row.UnmarshalJSONFrom(dec)
}

// me is whose token it is.
type me struct {
	Role text `json:"role"`
}

// description is what the API says of itself.
type description struct {
	Query maybe[typeRef] `json:"queryType"`
	Types []struct {
		Name   text `json:"name"`
		Fields maybe[[]struct {
			Name text           `json:"name"`
			Type maybe[typeRef] `json:"type"`
		}] `json:"fields"`
		Possible maybe[[]typeRef] `json:"possibleTypes"`
	} `json:"types"`
}

// refusal is one of the errors of an answer.
type refusal struct {
	Message    text                     `json:"message"`
	Extensions maybe[refusalExtensions] `json:"extensions"`
}

// refusalExtensions are what a server that was written in Ruby adds to errors.
type refusalExtensions struct {
	Code  text `json:"code"`
	Type  text `json:"typeName"`
	Field text `json:"fieldName"`
}

// connection is a page of a list: rows as nodes, or as edges with what is known
// of a row only there.
type connection[T any] struct {
	Nodes    maybe[lenient.Rows[T]] `json:"nodes"`
	Edges    maybe[lenient.Rows[T]] `json:"edges"`
	PageInfo maybe[pageInfo]        `json:"pageInfo"`
	Total    maybe[int]             `json:"totalCount"`
}

type pageInfo struct {
	More maybe[bool] `json:"hasNextPage"`
	End  text        `json:"endCursor"`
}

// conversation is a row of the list of conversations, and a single one.
type conversation struct {
	Type         text            `json:"__typename"`
	ID           id              `json:"id"`     // "cnv_…": what its history is asked for by
	Number       id              `json:"number"` // what people call it, and what merges name
	State        text            `json:"state"`
	StateUpdated stamp           `json:"stateUpdatedAt"`
	Created      stamp           `json:"createdAt"`
	Updated      stamp           `json:"updatedAt"`
	Deleted      stamp           `json:"deletedAt"`
	Assigned     maybe[assigned] `json:"assigned"`
	Channel      maybe[party]    `json:"channel"`
	Counts       maybe[counts]   `json:"counts"`
}

type assigned struct {
	Agent maybe[party] `json:"agent"`
	Team  maybe[party] `json:"team"`
}

type counts struct {
	Messages maybe[int] `json:"messages"`
}

// party is an agent, a team, a channel or a rule; of contacts only the type is
// asked for.
type party struct {
	Type text `json:"__typename"`
	ID   id   `json:"id"`
	Name text `json:"name"`
	Kind text `json:"type"` // of a channel, where the schema has it
}

// entry is an entry of a conversation's history: an event of the schema of 2025,
// which holds a change, or an edge of the schema of 2020, whose node is one. Who
// and when stand on the entry, in the old schema only there. One that has neither is
// a change itself.
type entry struct {
	ID        maybe[id]            `json:"id"`
	Created   stamp                `json:"createdAt"`
	Changeset maybe[id]            `json:"changesetId"`
	Actor     maybe[party]         `json:"actor"`
	Change    *lenient.Row[change] `json:"change"`
	Node      *lenient.Row[change] `json:"node"`
	Itself    *change              `json:",embed"` // but for what the entry has too
}

// change is what an entry is about. Its __typename says which fields it has. The
// fields called to and from are asked for under names of their own, because
// GraphQL allows no two types under one name in an answer; the schema's names are
// read too.
type change struct {
	Type     text         `json:"__typename"`
	ID       maybe[id]    `json:"id"`
	Created  stamp        `json:"createdAt"`
	Author   maybe[party] `json:"author"`
	ToState  text         `json:"toState"`
	ToAgent  maybe[party] `json:"toAgent"`
	FromTeam maybe[party] `json:"fromTeam"`
	ToTeam   maybe[party] `json:"toTeam"`
	Source   maybe[id]    `json:"sourceNumber"` // the conversation that was merged away
	Grade    text         `json:"grade"`
	To       named        `json:"to"`
	From     named        `json:"from"`
}

// named is a state, which is a word, or an agent or a team.
type named struct {
	word  text
	party maybe[party]
}

func (n *named) UnmarshalJSON(b []byte) error {
	*n = named{}
	_ = n.word.UnmarshalJSON(b) // what it is not is absent: neither ever fails
	return n.party.UnmarshalJSON(b)
}

// agent is a person of the account, never a contact.
type agent struct {
	ID    id   `json:"id"`
	Name  text `json:"name"`
	State text `json:"state"`
}

type team struct {
	ID   id   `json:"id"`
	Name text `json:"name"`
}
