package groove

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// endpoint is the label of a query's metrics: the vendor has one address for
// all of them.
func endpoint(operation string) string { return apiPath + ":" + operation }

// The names of questions.
const (
	opConversations = "conversations"
	opConversation  = "conversation"
	opHistory       = "history"
	opAgents        = "agents"
	opTeams         = "teams"
)

// maxRefusals bounds how often a query is made smaller.
const maxRefusals = 8

// question is a query, and how it is asked.
type question struct {
	operation string
	build     func(*schema) string
	vars      map[string]any
	priority  rest.Priority
}

// ask asks a question with what is known of the schema, and again without what
// the API says that it does not have.
func (c *Collector) ask(ctx context.Context, q question) (map[string]json.RawMessage, error) {
	if err := c.learnSchema(ctx); err != nil {
		return nil, err
	}
	for range maxRefusals {
		data, err := c.post(ctx, q.operation, q.build(&c.schema), q.vars, q.priority)
		if err == nil || !c.narrow(err) {
			return data, err
		}
	}
	return c.post(ctx, q.operation, q.build(&c.schema), q.vars, q.priority)
}

// narrow notes what a query was refused for, and reports whether the next one
// will differ.
func (c *Collector) narrow(err error) bool {
	var e *schemaError
	if !errors.As(err, &e) {
		return false
	}
	differs := false
	for _, r := range e.refused {
		if c.schema.refuse(r) {
			differs = true
		}
	}
	return differs
}

// post sends one query. An answer with errors is never taken for one: what it
// has of the data may lack anything.
func (c *Collector) post(ctx context.Context, operation, query string, vars map[string]any, p rest.Priority) (map[string]json.RawMessage, error) {
	body := struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables,omitempty"`
	}{query, vars}
	var a answer
	r := rest.Request{Method: http.MethodPost, Endpoint: endpoint(operation), Path: c.path, Body: body, Priority: p}
	if err := c.api.Do(ctx, r, &a); err != nil {
		return nil, err
	}
	if a.Errors.OK && len(a.Errors.V) > 0 {
		return nil, failure(operation, a.Errors.V)
	}
	if !a.Data.OK {
		return nil, noRows(operation)
	}
	return a.Data.V, nil
}

// page asks for one page of a list: its rows, nodes or edges, and the cursor of
// the next page, "" after the last.
func (c *Collector) page(ctx context.Context, q question, field func(*schema) string, after string) ([]json.RawMessage, string, error) {
	vars := map[string]any{"first": pageSize, "after": nil}
	for k, v := range q.vars {
		vars[k] = v
	}
	if after != "" {
		vars["after"] = after
	}
	q.vars = vars
	data, err := c.ask(ctx, q)
	if err != nil {
		return nil, "", err
	}
	return readList(q.operation, data[field(&c.schema)], after)
}

// readList reads a page that came after a cursor.
func readList(operation string, raw json.RawMessage, after string) ([]json.RawMessage, string, error) {
	var list maybe[connection]
	if len(raw) == 0 || lenient.Unmarshal(raw, &list) != nil || !list.OK {
		return nil, "", noRows(operation)
	}
	rows, ok := list.V.rows()
	if !ok {
		return nil, "", noRows(operation)
	}
	if !list.V.PageInfo.V.More.V {
		return rows, "", nil
	}
	next := string(list.V.PageInfo.V.End)
	if next == "" || next == after {
		return nil, "", noNext(operation)
	}
	return rows, next, nil
}

// list asks for a page of a list. One without rows that is followed by another
// one is asked for twice.
func (c *Collector) list(ctx context.Context, q question, field func(*schema) string, after string) ([]json.RawMessage, string, error) {
	rows, next, err := c.page(ctx, q, field, after)
	if err == nil && len(rows) == 0 && next != "" {
		return c.page(ctx, q, field, after)
	}
	return rows, next, err
}

// conversations asks for a page of conversations, newest update first. state is
// that of all of them, "" for any.
func (c *Collector) conversations(ctx context.Context, state, after string, p rest.Priority) ([]json.RawMessage, string, error) {
	q := question{operation: opConversations, build: func(s *schema) string { return feedQuery(s, state) }, priority: p}
	return c.list(ctx, q, conversationsField, after)
}

// rows are the nodes of a list, or its edges; ok is false where it has neither.
func (l *connection) rows() (rows []json.RawMessage, ok bool) {
	if l.Nodes.OK {
		return l.Nodes.V, true
	}
	return l.Edges.V, l.Edges.OK
}

// noRows is the error for an answer that is no list: never taken for an empty
// one.
func noRows(operation string) error {
	return rest.BadAnswer(endpoint(operation), errors.New("the answer has no list of rows"))
}

// noNext is the error for a page that says that another one follows, and not
// where: what is there would be lost.
func noNext(operation string) error {
	return rest.BadAnswer(endpoint(operation), errors.New("the page says that another one follows, but not where"))
}
