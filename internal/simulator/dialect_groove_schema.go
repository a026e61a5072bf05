package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// grooveType is a type of the schema: the fields, each with its type, and the
// types that it may be where it is a union or an interface.
type grooveType struct {
	fields map[string]string
	may    []string
}

type grooveSchema map[string]grooveType

// grooveObject is a value of a type of the schema.
type grooveObject struct {
	typ    string
	fields object
}

// grooveFields reads "name:type" for each field; a field without a type is a scalar.
func grooveFields(s string) map[string]string {
	fields := map[string]string{"__typename": ""}
	for w := range strings.FieldsSeq(s) {
		name, typ, _ := strings.Cut(w, ":")
		fields[name] = typ
	}
	return fields
}

// connection adds a list of a type: its page, and the edge where it has more
// than a node.
func (s grooveSchema) connection(name, node, edge string) {
	s[name+"Connection"] = grooveType{fields: grooveFields("nodes:" + node + " edges:" + name + "Edge pageInfo:PageInfo totalCount totalPageCount")}
	s[name+"Edge"] = grooveType{fields: grooveFields("cursor node:" + node + " " + edge)}
}

// grooveCommon is what both schemas have.
func grooveCommon(query, conversation string) grooveSchema {
	s := grooveSchema{
		"Query": {fields: grooveFields("ping me:Agent __schema:__Schema conversations:ConversationConnection conversation:Conversation " +
			"agents:AgentConnection teams:TeamConnection " + query)},
		"Conversation": {fields: grooveFields("id number state createdAt updatedAt assigned:Assignment channel:Channel tags:TagConnection " + conversation)},
		"Assignment":   {fields: grooveFields("agent:Agent team:Team at")},
		"Agent":        {fields: grooveFields("id email name role state")},
		"Team":         {fields: grooveFields("id name")},
		"Contact":      {fields: grooveFields("id email name")},
		"Rule":         {fields: grooveFields("id name")},
		"Tag":          {fields: grooveFields("id name")},
		"Author":       {fields: grooveFields(""), may: []string{"Agent", "Contact"}},
		"Actor":        {fields: grooveFields("id"), may: []string{"Agent", "Contact", "Rule"}},
		"PageInfo":     {fields: grooveFields("hasNextPage endCursor hasPreviousPage startCursor")},
		"__Schema":     {fields: grooveFields("queryType:__Type types:__Type")},
		"__Type":       {fields: grooveFields("name kind fields:__Field possibleTypes:__Type ofType:__Type")},
		"__Field":      {fields: grooveFields("name type:__Type")},
	}
	s.connection("Conversation", "Conversation", "")
	s.connection("Agent", "Agent", "")
	s.connection("Team", "Team", "")
	s.connection("Tag", "Tag", "")
	return s
}

// grooveChanges are the changes with the fields that a history shows; what is
// not named has an id.
var grooveChanges = map[string]string{
	"AgentChange": "from:Agent to:Agent", "TeamChange": "from:Team to:Team", "StateChange": "to", "SnoozeChange": "by:Agent until",
	"UnsnoozeChange": "by:Agent", "DeleteChange": "", "UndeleteChange": "", "MergeChange": "sourceNumber sourceCreatedAt target:Conversation",
	"Rating": "grade agent:Agent", "NoteChange": "author:Author body", "TagChange": "tag:Tag",
}

// changes adds the union of changes, with these types of messages.
func (s grooveSchema) changes(messages ...string) {
	may := messages
	for name, fields := range grooveChanges {
		s[name] = grooveType{fields: grooveFields("id createdAt updatedAt " + fields)}
		may = append(may, name)
	}
	for _, name := range messages {
		s[name] = grooveType{fields: grooveFields("id createdAt updatedAt author:Author body bodyPlainText")}
	}
	slices.Sort(may)
	s["Change"] = grooveType{fields: grooveFields(""), may: may}
}

// grooveSchemaOf2020 is the documented one: who and when stand on the edges.
func grooveSchemaOf2020() grooveSchema {
	s := grooveCommon("changes:ChangeConnection", "title starred stateUpdatedAt systemUpdatedAt deletedAt customer:Contact counts:ConversationCounts snoozed:Snooze")
	s["Channel"] = grooveType{fields: grooveFields("id name type state"), may: []string{"EmailChannel", "FacebookChannel", "TwitterChannel", "WidgetChannel"}}
	s["ConversationCounts"] = grooveType{fields: grooveFields("messages notes interactions stateChanges attachments")}
	s["Snooze"] = grooveType{fields: grooveFields("by:Agent until")}
	s.connection("Change", "Change", "actor:Actor changesetId createdAt updatedAt")
	s.changes("MessageFromEmailChange", "ReplyChange", "WidgetMessageChange", "FacebookMessageChange", "TwitterMessageChange")
	return s
}

// grooveSchemaOf2025 is that of a public client, as far as that asks; changes
// that it does not name have their names of 2020.
func grooveSchemaOf2025() grooveSchema {
	s := grooveCommon("events:EventConnection", "subject stateUpdatedAt contact:Contact")
	s["Channel"] = grooveType{fields: grooveFields("id name")}
	s["Event"] = grooveType{fields: grooveFields("id createdAt actor:Actor change:Change")}
	s.connection("Event", "Event", "")
	s.changes("EmailMessage", "Reply")
	return s
}

// is reports whether an object of a type is one of another.
func (s grooveSchema) is(typ, other string) bool {
	return typ == other || slices.Contains(s[other].may, typ)
}

// check tells everything that a query asks for and a type does not have.
func (s grooveSchema) check(asked []gqlField, typ string) (errs []any) {
	for _, f := range asked {
		if f.on != "" {
			if _, found := s[f.on]; !found {
				errs = append(errs, grooveError{Message: fmt.Sprintf("No such type %s, so it can't be a fragment condition", f.on)})
				continue
			}
			errs = append(errs, s.check(f.fields, f.on)...)
			continue
		}
		of, found := s[typ].fields[f.name]
		if !found {
			errs = append(errs, grooveError{
				Message:    fmt.Sprintf("Field '%s' doesn't exist on type '%s'", f.name, typ),
				Extensions: object{"code": "undefinedField", "typeName": typ, "fieldName": f.name},
			})
			continue
		}
		errs = append(errs, s.check(f.fields, of)...)
	}
	return errs
}

// project is what of a value was asked for.
func (s grooveSchema) project(v any, asked []gqlField) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = s.project(v[i], asked)
		}
		return list
	case *grooveObject:
		if v == nil {
			return nil
		}
		o := object{}
		s.fill(o, v, asked)
		return o
	}
	return v
}

func (s grooveSchema) fill(o object, v *grooveObject, asked []gqlField) {
	for _, f := range asked {
		switch {
		case f.on != "":
			if s.is(v.typ, f.on) {
				s.fill(o, v, f.fields)
			}
		case f.name == "__typename":
			o[f.as] = v.typ
		default:
			o[f.as] = s.project(v.fields[f.name], f.fields)
		}
	}
}

// describe is the schema as it describes itself.
func (s grooveSchema) describe() *grooveObject {
	var types []any
	for _, name := range slices.Sorted(maps.Keys(s)) {
		t := s[name]
		var fields, may []any
		for _, f := range slices.Sorted(maps.Keys(t.fields)) {
			if !strings.HasPrefix(f, "__") {
				fields = append(fields, &grooveObject{"__Field", object{"name": f, "type": grooveTypeRef(t.fields[f])}})
			}
		}
		for _, m := range t.may {
			may = append(may, grooveTypeRef(m))
		}
		types = append(types, &grooveObject{"__Type", object{"name": name, "fields": fields, "possibleTypes": may}})
	}
	return &grooveObject{"__Schema", object{"queryType": grooveTypeRef("Query"), "types": types}}
}

// grooveTypeRef is a type as fields refer to it; a scalar's name is not told.
func grooveTypeRef(name string) *grooveObject {
	if name == "" {
		name = "String"
	}
	return &grooveObject{"__Type", object{"name": name}}
}
