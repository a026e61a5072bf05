package groove

import (
	"strconv"
	"strings"
)

// Queries name what is read and nothing else: no subject, text, name or address
// of a customer is ever sent.

// pageSize is how many rows are asked for. The vendor documents no maximum; a
// server that gives fewer is paged on.
const pageSize = 50

// feedQuery asks for a page of conversations, newest update first. filter is a
// state, "" for all.
func feedQuery(s *schema, filter string) string {
	if filter != "" {
		filter = "filter: {state: " + filter + "}, "
	}
	return `query Conversations($first: Int, $after: String) {
  conversations(` + filter + `orderBy: {field: UPDATED_AT, direction: DESC}, first: $first, after: $after) {
    nodes { ` + row(s) + ` }
    pageInfo { hasNextPage endCursor }
  }
}`
}

// asideSize is how many rows of spam and of trash come with the first page of a
// round: mostly none of them is new.
const asideSize = 10

// roundQuery asks for the first pages of all feeds in one call: that of all
// conversations, and under names of their own the newest of spam and of trash.
func roundQuery(s *schema) string {
	q := feedQuery(s, "")
	for _, state := range feeds[1:] {
		q = strings.TrimSuffix(q, "}") + "  " + strings.ToLower(state) + `: conversations(filter: {state: ` + state +
			`}, orderBy: {field: UPDATED_AT, direction: DESC}, first: ` + strconv.Itoa(asideSize) + `) {
    nodes { ` + row(s) + ` }
    pageInfo { hasNextPage endCursor }
  }
}`
	}
	return q
}

// rowQuery asks for one conversation by its number.
func rowQuery(s *schema) string {
	return `query Conversation($number: Int!) {
  conversation(number: $number) { ` + row(s) + ` }
}`
}

// row are the fields of a conversation.
func row(s *schema) string {
	f := []string{"__typename", "id", "number", "state", "createdAt", "updatedAt"}
	for _, name := range []string{"stateUpdatedAt", "deletedAt"} {
		if s.has("Conversation", name) {
			f = append(f, name)
		}
	}
	if s.has("Conversation", "counts") {
		f = append(f, "counts { messages }")
	}
	if s.has("Conversation", "assigned") {
		f = append(f, "assigned { agent { id } team { id name } }")
	}
	if s.has("Conversation", "channel") {
		kind := ""
		if s.has(levelChannel, "type") {
			kind = " type"
		}
		f = append(f, "channel { __typename id name"+kind+" }")
	}
	return strings.Join(f, " ")
}

// historyQuery asks for a page of what happened in a conversation.
func historyQuery(s *schema) string {
	if s.history == "" {
		s.history = buildHistory(s)
	}
	return s.history
}

func buildHistory(s *schema) string {
	if s.old {
		return `query Changes($id: ID!, $first: Int, $after: String) {
  changes(filter: {conversationId: $id}, first: $first, after: $after) {
    edges { ` + entryFields(s) + ` node { ` + changeFields(s) + ` } }
    pageInfo { hasNextPage endCursor }
  }
}`
	}
	return `query Events($id: ID!, $first: Int, $after: String) {
  events(filter: {conversationId: $id}, first: $first, after: $after) {
    nodes { ` + entryFields(s) + ` change { ` + changeFields(s) + ` } }
    pageInfo { hasNextPage endCursor }
  }
}`
}

func entryFields(s *schema) string {
	f := []string{"createdAt"}
	if !s.old && s.has(levelEntry, "id") {
		f = append(f, "id")
	}
	if s.has(levelEntry, "changesetId") {
		f = append(f, "changesetId")
	}
	if s.has(levelEntry, "actor") {
		f = append(f, "actor { __typename ... on Agent { id } }")
	}
	return strings.Join(f, " ")
}

// changeFields asks each type of change that the schema has for its own.
func changeFields(s *schema) string {
	f := []string{"__typename"}
	for _, name := range s.changes() {
		own := []string{"id"}
		for _, o := range fieldsOf[kindOf(name)] {
			if o.name == "id" || s.types != nil && !s.has(name, o.name) || s.lacks[name+"."+o.name] {
				continue
			}
			own = append(own, o.ask)
		}
		f = append(f, "... on "+name+" { "+strings.Join(own, " ")+" }")
	}
	return strings.Join(f, " ")
}

// agentsQuery asks for a page of the account's people, archived ones too.
func agentsQuery(s *schema) string {
	state := ""
	if s.has("Agent", "state") {
		state = " state"
	}
	return `query Agents($first: Int, $after: String) {
  agents(first: $first, after: $after) {
    nodes { id name` + state + ` }
    pageInfo { hasNextPage endCursor }
  }
}`
}

// teamsQuery asks for a page of the account's teams.
func teamsQuery(*schema) string {
	return `query Teams($first: Int, $after: String) {
  teams(first: $first, after: $after) {
    nodes { id name }
    pageInfo { hasNextPage endCursor }
  }
}`
}
