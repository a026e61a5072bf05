package groove

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	emptyList = `{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}`
	// noSchema is how a server that does not describe itself answers.
	noSchema = `{"errors":[{"message":"Field '__schema' doesn't exist on type 'Query'",
		"extensions":{"code":"undefinedField","typeName":"Query","fieldName":"__schema"}}]}`
)

// describedBy is the answer of an API that describes itself by these types: the
// fields of each as "name:type", or the types of a union after "|".
func describedBy(types map[string]string) string {
	type ref struct {
		Name any  `json:"name"`
		Of   *ref `json:"ofType,omitempty"`
	}
	var all []map[string]any
	for name, is := range types {
		one := map[string]any{"name": name, "fields": nil, "possibleTypes": nil}
		var fields []any
		var union []ref
		for w := range strings.FieldsSeq(is) {
			if of, found := strings.CutPrefix(w, "|"); found {
				union = append(union, ref{Name: of})
				continue
			}
			field, typ, _ := strings.Cut(w, ":")
			fields = append(fields, map[string]any{"name": field, "type": ref{Of: &ref{Of: &ref{Name: typ}}}})
		}
		if fields != nil {
			one["fields"] = fields
		}
		if union != nil {
			one["possibleTypes"] = union
		}
		all = append(all, one)
	}
	b, err := json.Marshal(map[string]any{"data": map[string]any{"__schema": map[string]any{
		"queryType": ref{Name: "QueryRoot"}, "types": all,
	}}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// schemaOf2025 has the names of the client of 2025, and changes of a type that
// nobody knows.
var schemaOf2025 = map[string]string{
	"QueryRoot":              "conversations:ConversationConnection conversation:Conversation events:EventConnection agents:AgentConnection",
	"ConversationConnection": "nodes:Conversation pageInfo:PageInfo totalCount:Int",
	"Conversation":           "id:ID number:Int state:State createdAt:DateTime updatedAt:DateTime assigned:Assignment contact:Contact channel:Channel",
	"Channel":                "id:ID name:String",
	"EventConnection":        "nodes:Event pageInfo:PageInfo",
	"Event":                  "id:ID createdAt:DateTime actor:Actor change:Change",
	"Change":                 "|EmailMessage |Reply |State |Novelty |Tag",
	"EmailMessage":           "id:ID author:Author body:String",
	"Reply":                  "id:ID author:Author body:String",
	"State":                  "id:ID to:State",
	"Novelty":                "id:ID",
	"Tag":                    "id:ID tag:Tag",
}

// schemaOf2020 has the names of the documentation of 2020.
var schemaOf2020 = map[string]string{
	"QueryRoot":              "conversations:ConversationConnection conversation:Conversation changes:ChangeConnection events:EventConnection",
	"ConversationConnection": "nodes:Conversation edges:ConversationEdge pageInfo:PageInfo",
	"Conversation": "id:ID number:Int state:ConversationState stateUpdatedAt:DateTime createdAt:DateTime updatedAt:DateTime " +
		"deletedAt:DateTime assigned:Assignment customer:Contact channel:Channel counts:ConversationCounts",
	"Channel":          "id:ID name:String type:ChannelType state:ChannelState",
	"ChangeConnection": "nodes:Change edges:ChangeEdge pageInfo:PageInfo",
	"ChangeEdge":       "actor:Actor changesetId:ID createdAt:DateTime node:Change cursor:String",
	"EventConnection":  "nodes:Event edges:EventEdge",
	"Event":            "|AssignedAgentChanged",
	"Change":           "|AgentChange |MergeChange |MessageFromEmailChange |Rating |StateChange |StarChange |TeamChange",
	"AgentChange":      "id:ID from:Agent to:Agent", "MergeChange": "id:ID sourceNumber:Int target:Conversation",
	"MessageFromEmailChange": "id:ID author:Author createdAt:DateTime", "Rating": "id:ID grade:String", "StateChange": "id:ID to:ConversationState",
	"StarChange": "id:ID", "TeamChange": "id:ID from:Team to:Team",
}

// asks returns what is asked for rows and for a history of an API that answers
// like this.
func asks(t *testing.T, answer func(asked) string) (rows, history string, api *fakeAPI) {
	t.Helper()
	api = &fakeAPI{t: t, answer: answer}
	c := New(api, Options{BaseURL: "https://api.groovehq.com"})
	if _, _, err := page(t.Context(), c, question{operation: "conversations", build: func(s *schema) string { return feedQuery(s, "UNREAD") }}, conversationsIn, ""); err != nil {
		t.Fatal(err)
	}
	rows = api.last()
	q := question{operation: "history", build: historyQuery, vars: map[string]any{"id": "cnv_1"}}
	if _, _, err := page(t.Context(), c, q, c.historyIn, ""); err != nil {
		t.Fatal(err)
	}
	return rows, api.last(), api
}

func lists(q asked) string {
	return fmt.Sprintf(`{"data":{"conversations":%[1]s,"events":%[1]s,"changes":%[1]s}}`, emptyList)
}

func TestASchemaThatDescribesItselfIsAskedForWhatItHas(t *testing.T) {
	rows, history, api := asks(t, func(q asked) string {
		if q.operation == "schema" {
			return describedBy(schemaOf2025)
		}
		return lists(q)
	})
	compare(t, []string{"schema", "conversations", "history"}, api.operations())
	compare(t, `query Conversations($first: Int, $after: String) {
  conversations(filter: {state: UNREAD}, orderBy: {field: UPDATED_AT, direction: DESC}, first: $first, after: $after) {
    nodes { __typename id number state createdAt updatedAt assigned { agent { id } team { id name } } channel { __typename id name } }
    pageInfo { hasNextPage endCursor }
  }
}`, rows)
	compare(t, `query Events($id: ID!, $first: Int, $after: String) {
  events(filter: {conversationId: $id}, first: $first, after: $after) {
    nodes { createdAt id actor { __typename ... on Agent { id } } change { __typename `+
		`... on EmailMessage { id author { __typename ... on Agent { id } } } `+
		`... on Reply { id author { __typename ... on Agent { id } } } ... on State { id toState: to } } }
    pageInfo { hasNextPage endCursor }
  }
}`, history)
	compare(t, map[string]any{"id": "cnv_1", "first": float64(50), "after": nil}, api.calls[2].Variables)
}

func TestTheSchemaOf2020KeepsWhoAndWhenOnTheEdges(t *testing.T) {
	rows, history, _ := asks(t, func(q asked) string {
		if q.operation == "schema" {
			return describedBy(schemaOf2020)
		}
		return lists(q)
	})
	compare(t, `query Conversations($first: Int, $after: String) {
  conversations(filter: {state: UNREAD}, orderBy: {field: UPDATED_AT, direction: DESC}, first: $first, after: $after) {
    nodes { __typename id number state createdAt updatedAt stateUpdatedAt deletedAt counts { messages } `+
		`assigned { agent { id } team { id name } } channel { __typename id name type } }
    pageInfo { hasNextPage endCursor }
  }
}`, rows)
	compare(t, `query Changes($id: ID!, $first: Int, $after: String) {
  changes(filter: {conversationId: $id}, first: $first, after: $after) {
    edges { createdAt changesetId actor { __typename ... on Agent { id } } node { __typename `+
		`... on AgentChange { id toAgent: to { id } } ... on MergeChange { id sourceNumber } `+
		`... on MessageFromEmailChange { id author { __typename ... on Agent { id } } } ... on Rating { id grade } `+
		`... on StateChange { id toState: to } ... on TeamChange { id fromTeam: from { name } toTeam: to { name } } } }
    pageInfo { hasNextPage endCursor }
  }
}`, history)
}

// strict answers like a server that does not describe itself and refuses, in
// the words of a library, all that is not in its schema.
func strict(lacks func(query string) []string) func(asked) string {
	return func(q asked) string {
		if q.operation == "schema" {
			return noSchema
		}
		var errs []map[string]string
		for _, message := range lacks(q.Query) {
			errs = append(errs, map[string]string{"message": message})
		}
		if errs == nil {
			return lists(q)
		}
		b, _ := json.Marshal(map[string]any{"data": nil, "errors": errs})
		return string(b)
	}
}

func TestASchemaThatDoesNotDescribeItselfIsAskedForLess(t *testing.T) {
	for name, wording := range map[string]struct{ field, typ string }{
		"graphql-ruby":                 {"Field '%s' doesn't exist on type '%s'", "No such type %s, so it can't be a fragment condition"},
		"the reference implementation": {`Cannot query field "%s" on type "%s". Did you mean something else?`, `Unknown type "%s".`},
		"those made after it":          {`Cannot query field '%s' on type '%s'.`, `Unknown type '%s'.`},
	} {
		t.Run(name, func(t *testing.T) {
			rows, history, api := asks(t, strict(func(query string) (messages []string) {
				for _, f := range [][2]string{{"stateUpdatedAt", "EmailConversation"}, {"counts", "Conversation"}, {"type", "Channel"}, {"changesetId", "Event"}} {
					if strings.Contains(query, " "+f[0]+" ") {
						messages = append(messages, fmt.Sprintf(wording.field, f[0], f[1]))
					}
				}
				for _, typ := range oldTypes {
					if typ != "StateChange" && strings.Contains(query, "... on "+typ+" ") {
						messages = append(messages, fmt.Sprintf(wording.typ, typ))
					}
				}
				return messages
			}))
			compare(t, []string{"schema", "conversations", "conversations", "history", "history"}, api.operations())
			compare(t, "nodes { __typename id number state createdAt updatedAt deletedAt assigned { agent { id } team { id name } } channel { __typename id name } }",
				strings.TrimSpace(strings.Split(rows, "\n")[2]))
			compare(t, `nodes { createdAt id actor { __typename ... on Agent { id } } change { __typename `+
				`... on EmailMessage { id author { __typename ... on Agent { id } } } ... on Reply { id author { __typename ... on Agent { id } } } `+
				`... on StateChange { id toState: to } } }`, strings.TrimSpace(strings.Split(history, "\n")[2]))
		})
	}
}

func TestWhatIsNotCalledEventsIsCalledChanges(t *testing.T) {
	_, history, api := asks(t, strict(func(query string) []string {
		if strings.Contains(query, "events(") {
			return []string{"Field 'events' doesn't exist on type 'Query'", "No such type Reply, so it can't be a fragment condition"}
		}
		return nil
	}))
	compare(t, []string{"schema", "conversations", "history", "history"}, api.operations())
	if !strings.HasPrefix(history, "query Changes(") || strings.Contains(history, "EmailMessage") {
		t.Errorf("asked: %s", history)
	}
}

func TestASchemaWithoutWhatIsNeededIsAnErrorThatNamesIt(t *testing.T) {
	api := &fakeAPI{t: t, answer: strict(func(string) []string { return []string{"Field 'updatedAt' doesn't exist on type 'Conversation'"} })}
	_, _, err := page(t.Context(), New(api, Options{}), question{operation: "conversations", build: func(s *schema) string { return feedQuery(s, "") }}, conversationsIn, "")
	const want = "/v2/graphql:conversations: client (HTTP 200): the account's GraphQL schema does not have Conversation.updatedAt"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	compare(t, []string{"schema", "conversations"}, api.operations())
}

func TestAServerThatRefusesEverythingIsNotAskedForEver(t *testing.T) {
	api := &fakeAPI{t: t, answer: strict(func(string) []string { return []string{"No such type Reply, so it can't be a fragment condition"} })}
	c := New(api, Options{})
	_, _, err := page(t.Context(), c, question{operation: "history", build: historyQuery}, c.historyIn, "")
	if rest.ReasonOf(err) != rest.ReasonClient || len(api.calls) > 2+maxRefusals {
		t.Errorf("%v after %d calls", err, len(api.calls))
	}
}

func TestErrorsWithHTTP200(t *testing.T) {
	for answer, want := range map[string]rest.Reason{
		`{"data":null,"errors":[{"message":"Throttled: slow down, jane@example.com"}]}`:                                   rest.ReasonRateLimited,
		`{"errors":[{"message":"Query has complexity of 900, which exceeds max complexity of 500"}]}`:                     rest.ReasonRateLimited,
		`{"errors":[{"message":"x","extensions":{"code":"RATE_LIMITED"}}]}`:                                               rest.ReasonRateLimited,
		`{"data":null,"errors":[{"message":"Not authenticated"}]}`:                                                        rest.ReasonAuth,
		`{"errors":[{"message":"You do not have permission"}]}`:                                                           rest.ReasonForbidden,
		`{"errors":[{"message":"Invalid cursor: jane@example.com"}]}`:                                                     rest.ReasonClient,
		`{"errors":[{"message":"Timeout on Query.conversations"}]}`:                                                       rest.ReasonTimeout,
		`{"data":{"conversations":{"nodes":[],"pageInfo":null}},"errors":[{"message":"jane@example.com made it break"}]}`: rest.ReasonServer,
		`{"errors":[null]}`:                       rest.ReasonServer,
		`{"errors":["a word"]}`:                   rest.ReasonServer,
		`{}`:                                      rest.ReasonDecode,
		`{"data":null}`:                           rest.ReasonDecode,
		`{"data":{"conversations":null}}`:         rest.ReasonDecode,
		`{"data":{"conversations":[]}}`:           rest.ReasonDecode,
		`{"data":{"conversations":{}}}`:           rest.ReasonDecode,
		`{"data":{"other":{"nodes":[]}}}`:         rest.ReasonDecode,
		`{"data":{"conversations":{"nodes":{}}}}`: rest.ReasonDecode,
		`{"data":{"conversations":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":null}}}}`: rest.ReasonDecode,
		string(sample(t, "v2_graphql_error.json")):                                                 rest.ReasonGone,
		string(sample(t, "v2_validation_error.json")):                                              rest.ReasonServer,
	} {
		api := &fakeAPI{t: t, answer: func(q asked) string {
			if q.operation == "schema" {
				return noSchema
			}
			return answer
		}}
		_, _, err := page(t.Context(), New(api, Options{}), question{operation: "conversations", build: func(s *schema) string { return feedQuery(s, "") }}, conversationsIn, "")
		var e *rest.Error
		if !errors.As(err, &e) || e.Reason != want || e.Endpoint != "/v2/graphql:conversations" || e.Code != 200 {
			t.Errorf("%s: %v, want %s", answer, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "jane") {
			t.Errorf("%s: the error repeats what the helpdesk said: %v", answer, err)
		}
	}
}

func TestErrorsThatAreNullOrNoneAreNoErrors(t *testing.T) {
	for _, errs := range []string{`null`, `[]`} {
		api := &fakeAPI{t: t, answer: func(asked) string { return `{"errors":` + errs + `,"data":{"conversations":` + emptyList + `}}` }}
		if _, _, err := page(t.Context(), New(api, Options{}), question{operation: "conversations", build: func(s *schema) string { return feedQuery(s, "") }}, conversationsIn, ""); err != nil {
			t.Errorf("errors %s: %v", errs, err)
		}
	}
}

// TestAQuestionIsSentAsEncodingJSONWritesIt: also one that was asked before, after
// another one.
func TestAQuestionIsSentAsEncodingJSONWritesIt(t *testing.T) {
	type sent struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables,omitempty"`
	}
	c := New(nil, Options{})
	history := historyQuery(&schema{})
	for i, q := range []sent{
		{history, map[string]any{"id": `conv_"<1>"`, "first": pageSize, "after": nil}},
		{history, map[string]any{"id": "conv_2", "first": pageSize, "after": "Mg=="}},
		{describe, nil},
		{rowQuery(&schema{}), map[string]any{"number": 7}},
		{history, map[string]any{"id": "conv_1"}},
	} {
		want, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.body(q.Query, q.Variables)
		if string(got) != string(want) || err != nil {
			t.Errorf("%d: error %v, sent\n%s, not\n%s", i, err, got, want)
		}
	}
}
