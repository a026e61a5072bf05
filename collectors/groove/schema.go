package groove

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// schema is what is known of the fields and types that the account's API has.
// The vendor renamed some between the documentation of 2020 and the client of
// 2025, and one field that does not exist fails a whole query. So the API is
// asked to describe itself; where it does not, the names of 2025 are tried, then
// those of 2020, and what is refused is not asked for again.
type schema struct {
	asked bool
	types map[string]described // of the API's own description; nil: it gave none
	lacks map[string]bool      // what was refused: "Type.field", or "Type"
	old   bool                 // the history is called changes, as in 2020
	// history is the query of histories, one for each conversation, made of all this;
	// "" before it is asked.
	history string
}

// described is a type as the API describes it.
type described struct {
	fields map[string]string // the type of each, without lists and non-nulls
	union  []string          // the types that it may be
}

// Levels of a query whose types have no certain name.
const (
	levelEntry   = "entry"   // an event, or the edge of a change
	levelChannel = "channel" // an interface
)

// describe asks for the names of all types and fields.
const describe = `query Schema {
  __schema {
    queryType { name }
    types {
      name
      fields(includeDeprecated: true) { name type { name ofType { name ofType { name ofType { name } } } } }
      possibleTypes { name }
    }
  }
}`

// learnSchema asks for the schema once. Where the API won't describe itself, nothing
// is known; other failures are the caller's.
func (c *Collector) learnSchema(ctx context.Context) error {
	if c.schema.asked {
		return nil
	}
	d, err := c.post(ctx, "schema", describe, nil, rest.Background)
	switch {
	case err == nil:
		c.schema.learn(&d.Schema.V)
	case !wontTell(err):
		return err
	}
	c.schema.asked = true
	return nil
}

// wontTell reports whether an error only means that the API does not describe
// itself, or finds that too much to ask.
func wontTell(err error) bool {
	switch rest.ReasonOf(err) {
	case rest.ReasonClient, rest.ReasonForbidden, rest.ReasonGone, rest.ReasonServer, rest.ReasonDecode:
		return true
	case rest.ReasonRateLimited:
		var e *rest.Error
		return errors.As(err, &e) && e.Code == http.StatusOK
	default:
		return false
	}
}

// typeRef is a type with the lists and non-nulls around it.
type typeRef struct {
	Name text            `json:"name"`
	Of   *maybe[typeRef] `json:"ofType"`
}

func (r typeRef) name() string {
	if r.Name == "" && r.Of != nil {
		return r.Of.V.name()
	}
	return string(r.Name)
}

// learn reads the description. One without the list of conversations is none.
func (s *schema) learn(d *description) {
	types := map[string]described{}
	for _, t := range d.Types {
		is := described{fields: map[string]string{}}
		for _, f := range t.Fields.V {
			is.fields[string(f.Name)] = f.Type.V.name()
		}
		for _, p := range t.Possible.V {
			is.union = append(is.union, string(p.Name))
		}
		types[string(t.Name)] = is
	}
	query := types[d.Query.V.name()]
	if _, found := query.fields["conversations"]; !found {
		return
	}
	s.types, s.history = types, ""
	s.types["Query"] = query
	s.old = s.follow("Query", "events", "nodes", "change") == ""
}

// follow is the type at the end of a path of fields, "" where there is none.
func (s *schema) follow(from string, fields ...string) string {
	for _, f := range fields {
		if from = s.types[from].fields[f]; from == "" {
			return ""
		}
	}
	return from
}

// levels are the types that stand at the levels without a certain name.
func (s *schema) typeAt(level string) string {
	switch {
	case level == levelEntry && s.old:
		return s.follow("Query", "changes", "edges")
	case level == levelEntry:
		return s.follow("Query", "events", "nodes")
	case level == levelChannel:
		return s.follow("Query", "conversations", "nodes", "channel")
	default:
		return level
	}
}

// has reports whether a field may be asked of a type or a level.
func (s *schema) has(level, field string) bool {
	if s.lacks[level+"."+field] {
		return false
	}
	if s.types == nil {
		return true
	}
	_, found := s.types[s.typeAt(level)].fields[field]
	return found
}

// changes are the types that the entries of a history may be about, of those
// that are in the tables.
func (s *schema) changes() []string {
	names := blindTypes
	if s.old {
		names = oldTypes
	}
	if s.types != nil {
		names = s.types[s.changeType()].union
	}
	var known []string
	for _, name := range names {
		if !s.lacks[name] && fieldsOf[kindOf(name)] != nil {
			known = append(known, name)
		}
	}
	return known
}

func (s *schema) changeType() string {
	if s.old {
		return s.follow("Query", "changes", "nodes")
	}
	return s.follow("Query", "events", "nodes", "change")
}

// refuse notes what a query was refused for; ok is false where that is nothing
// that can be left out.
func (s *schema) refuse(r refused) (ok bool) {
	s.history = ""
	if s.lacks == nil {
		s.lacks = map[string]bool{}
	}
	if !s.old && r.field == "events" {
		s.old = true
		return true
	}
	for _, key := range r.keys() {
		if optional[key] || kindOf(key) != kindUnknown && !strings.Contains(key, ".") {
			fresh := !s.lacks[key]
			s.lacks[key] = true
			return fresh
		}
	}
	return false
}

// optional are the fields without which a query still makes sense.
var optional = map[string]bool{
	"Conversation.stateUpdatedAt": true,
	"Conversation.deletedAt":      true,
	"Conversation.counts":         true,
	"Conversation.assigned":       true,
	"Conversation.channel":        true,
	levelChannel + ".type":        true,
	levelEntry + ".id":            true,
	levelEntry + ".actor":         true,
	levelEntry + ".changesetId":   true,
	"Agent.state":                 true,
}

// refused is a field that a type does not have, or a type that does not exist.
type refused struct{ typ, field string }

// keys are the names under which it may be left out: a level's real name is not
// known where the schema is not.
func (r refused) keys() []string {
	if r.field == "" {
		return []string{r.typ}
	}
	keys := []string{r.typ + "." + r.field}
	if strings.Contains(r.typ, "Channel") {
		keys = append(keys, levelChannel+"."+r.field)
	}
	if strings.Contains(r.typ, "Conversation") {
		keys = append(keys, "Conversation."+r.field)
	}
	return append(keys, levelEntry+"."+r.field)
}
