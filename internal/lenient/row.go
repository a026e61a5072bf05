package lenient

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Decode reads one row of a list into v. A row that can't be read is noted in
// the page and blocks nothing; it is named by its id, as far as that is one of
// the vendor's.
func Decode[I ~string](what string, raw json.RawMessage, v any, p *helpdesk.Page) bool {
	err := Unmarshal(raw, v)
	if err == nil {
		return true
	}
	// The text of a JSON error may quote what it read: only the field is named.
	field := ""
	var wrong *jsonv2.SemanticError
	if errors.As(err, &wrong) && IsWord(strings.ReplaceAll(string(wrong.JSONPointer), "/", "")) {
		field = strings.ReplaceAll(strings.TrimPrefix(string(wrong.JSONPointer), "/"), "/", ".")
	}
	var only struct {
		ID   Maybe[I] `json:"id"`
		UUID Maybe[I] `json:"uuid"`
	}
	var id I
	if Unmarshal(raw, &only) == nil {
		id = cmp.Or(only.ID.V, only.UUID.V)
	}
	p.Skipped = append(p.Skipped, helpdesk.Skip{
		Reason: "decode",
		Err:    fmt.Errorf("%s %q: not the expected JSON %s", what, string(id), field),
	})
	return false
}

// Skip notes a row that can't be used.
func Skip[I ~string](p *helpdesk.Page, reason, what string, v I) {
	p.Skipped = append(p.Skipped, helpdesk.Skip{
		Reason: reason,
		Err:    fmt.Errorf("%s %q: missing or unreadable: %s", what, string(v), reason),
	})
}

// All reads rows of which none may be left out. The error names one by what it is
// and its place, and quotes nothing of it.
func All[T any](what string, rows []json.RawMessage) ([]T, error) {
	all := make([]T, len(rows))
	for i, raw := range rows {
		if Unmarshal(raw, &all[i]) != nil { // whose text may quote what it read
			return nil, fmt.Errorf("%s %d: not the expected JSON", what, i+1)
		}
	}
	return all, nil
}
