package groove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
func (c *Collector) ask(ctx context.Context, q question) (*data, error) {
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
func (c *Collector) post(ctx context.Context, operation, query string, vars map[string]any, p rest.Priority) (*data, error) {
	body, err := c.body(query, vars)
	if err != nil {
		return nil, err
	}
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
	return &a.Data.V, nil
}

// body is a query as it is sent, with its variables.
func (c *Collector) body(query string, vars map[string]any) (json.RawMessage, error) {
	if query != c.asked {
		quoted, err := json.Marshal(query)
		if err != nil {
			return nil, fmt.Errorf("encode a query: %w", err)
		}
		c.asked, c.quoted = query, quoted
	}
	b := append([]byte(`{"query":`), c.quoted...)
	if len(vars) > 0 {
		v, err := json.Marshal(vars)
		if err != nil {
			return nil, fmt.Errorf("encode the variables of a query: %w", err)
		}
		b = append(append(b, `,"variables":`...), v...)
	}
	return append(b, '}'), nil
}

// listOf is where a list is in the answer to a question.
type listOf[T any] func(*data) maybe[connection[T]]

func conversationsIn(d *data) maybe[connection[conversation]] { return d.Conversations }

// historyIn is the list of what happened in a conversation, as the schema calls it.
func (c *Collector) historyIn(d *data) maybe[connection[entry]] {
	if c.schema.old {
		return d.Changes
	}
	return d.Events
}

// page asks for one page of a list: its rows, nodes or edges, and the cursor of
// the next page, "" after the last.
func page[T any](ctx context.Context, c *Collector, q question, of listOf[T], after string) (lenient.Rows[T], string, error) {
	vars := map[string]any{"first": pageSize, "after": nil}
	for k, v := range q.vars {
		vars[k] = v
	}
	if after != "" {
		vars["after"] = after
	}
	q.vars = vars
	d, err := c.ask(ctx, q)
	if err != nil {
		return nil, "", err
	}
	return readList(q.operation, of(d), after)
}

// readList reads a page that came after a cursor.
func readList[T any](operation string, list maybe[connection[T]], after string) (lenient.Rows[T], string, error) {
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
func list[T any](ctx context.Context, c *Collector, q question, of listOf[T], after string) (lenient.Rows[T], string, error) {
	rows, next, err := page(ctx, c, q, of, after)
	if err == nil && len(rows) == 0 && next != "" {
		return page(ctx, c, q, of, after)
	}
	return rows, next, err
}

// conversations asks for a page of conversations, newest update first. state is
// that of all of them, "" for any.
func (c *Collector) conversations(ctx context.Context, state, after string, p rest.Priority) (lenient.Rows[conversation], string, error) {
	q := question{operation: opConversations, build: func(s *schema) string { return feedQuery(s, state) }, priority: p}
	return list(ctx, c, q, conversationsIn, after)
}

// rows are the nodes of a list, or its edges; ok is false where it is none, or has neither.
func (l *connection[T]) rows() (rows lenient.Rows[T], ok bool) {
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
