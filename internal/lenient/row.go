package lenient

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Rows are those of a list, read in the same pass over the answer as the list.
type Rows[T any] []Row[T]

// Row is a row of a list. One that can't be read is no error: it blocks no other.
type Row[T any] struct {
	V   T
	Bad *Bad // nil where V was read
}

// Bad is what is known of a row that can't be read.
type Bad struct {
	ID    ID     // its id or uuid, as far as that is a vendor's
	field string // that is not the expected JSON; "" for the row itself
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom: the row is read in place.
func (r *Row[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*r = Row[T]{}
	begin := placeOf(dec)
	wrong := jsonv2.UnmarshalDecode(dec, &r.V)
	if wrong == nil {
		return nil
	}
	// The id stands before what is wrong, or behind it.
	ids := map[string]ID{"id": idIn(&r.V, "id"), "uuid": idIn(&r.V, "uuid")}
	err := begin.readOver(dec, func(name string) error {
		if ids[name] != "" || name != "id" && name != "uuid" {
			return nil
		}
		var id Maybe[ID]
		err := id.UnmarshalJSONFrom(dec)
		ids[name] = id.V
		return err
	})
	*r = Row[T]{Bad: &Bad{ID: cmp.Or(ids["id"], ids["uuid"]), field: fieldOf(wrong, dec.StackPointer())}}
	return err
}

// UnmarshalJSON implements [json.Unmarshaler], for programs that read with encoding/json.
func (r *Row[T]) UnmarshalJSON(b []byte) error { return Unmarshal(b, r) }

// Read gives the row if it could be read, else notes that in the page, with its id.
func (r *Row[T]) Read(what string, p *helpdesk.Page) (v *T, ok bool) {
	if r.Bad != nil {
		p.Skipped = append(p.Skipped, r.Bad.skip(what))
		return nil, false
	}
	return &r.V, true
}

// Each gives the rows that could be read, in their order, and notes the others in
// the page.
func (rows Rows[T]) Each(what string, p *helpdesk.Page) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range rows {
			if v, ok := rows[i].Read(what, p); ok && !yield(v) {
				return
			}
		}
	}
}

// Whole are rows of which none may be left out. The error names one by what it is
// and its place, and quotes nothing of it.
func (rows Rows[T]) Whole(what string) ([]T, error) {
	all := make([]T, len(rows))
	for i := range rows {
		if rows[i].Bad != nil {
			return nil, fmt.Errorf("%s %d: not the expected JSON", what, i+1)
		}
		all[i] = rows[i].V
	}
	return all, nil
}

// skip has no text of a JSON error, which may quote what was read: only the field
// is named.
func (b *Bad) skip(what string) helpdesk.Skip {
	return helpdesk.Skip{Reason: "decode", Err: fmt.Errorf("%s %q: not the expected JSON %s", what, string(b.ID), b.field)}
}

// fieldOf is the field of the row at a place that an error is about.
func fieldOf(err error, row jsontext.Pointer) string {
	var wrong *jsonv2.SemanticError
	if !errors.As(err, &wrong) {
		return ""
	}
	path := strings.TrimPrefix(strings.TrimPrefix(string(wrong.JSONPointer), string(row)), "/")
	if !IsWord(strings.ReplaceAll(path, "/", "")) {
		return ""
	}
	return strings.ReplaceAll(path, "/", ".")
}

// idIn is the id of this name in what was read of a row, "" without one.
func idIn(row any, name string) ID {
	v := reflect.ValueOf(row).Elem()
	if v.Kind() != reflect.Struct {
		return ""
	}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != name {
			continue
		}
		field, err := v.FieldByIndexErr(f.Index)
		if err != nil { // in a part that was not read
			continue
		}
		if field.Kind() == reflect.Struct { // a Maybe
			field = field.FieldByName("V")
		}
		if field.Kind() == reflect.String && IsWord(field.String()) {
			return ID(field.String())
		}
	}
	return ""
}

// Decode reads one row of a list into v, as [Rows] do in place.
func Decode[I ~string](what string, raw json.RawMessage, v any, p *helpdesk.Page) bool {
	err := Unmarshal(raw, v)
	if err == nil {
		return true
	}
	var only struct {
		ID   Maybe[I] `json:"id"`
		UUID Maybe[I] `json:"uuid"`
	}
	bad := Bad{field: fieldOf(err, "")}
	if Unmarshal(raw, &only) == nil {
		bad.ID = ID(cmp.Or(only.ID.V, only.UUID.V))
	}
	p.Skipped = append(p.Skipped, bad.skip(what))
	return false
}

// Skip notes a row that can't be used.
func Skip[I ~string](p *helpdesk.Page, reason, what string, v I) {
	p.Skipped = append(p.Skipped, helpdesk.Skip{
		Reason: reason,
		Err:    fmt.Errorf("%s %q: missing or unreadable: %s", what, string(v), reason),
	})
}

// All reads rows of which none may be left out, as [Rows.Whole] does in place.
func All[T any](what string, rows []json.RawMessage) ([]T, error) {
	all := make(Rows[T], len(rows))
	for i, raw := range rows {
		if err := Unmarshal(raw, &all[i]); err != nil {
			return nil, fmt.Errorf("%s %d: not the expected JSON", what, i+1)
		}
	}
	return all.Whole(what)
}
