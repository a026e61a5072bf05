// Package lenient reads the JSON of helpdesks: values that are often not what
// the documentation says, and rows that can't be read and block no other. What
// decides about a record is an error, what does not is absent.
package lenient

import (
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ID is a vendor's id: a number or a string in JSON, "" for null. What is
// neither is an error: a record without an id can't be kept apart from others.
type ID string

var errID = errors.New("an id that is neither a number nor a word")

// UnmarshalJSON implements [json.Unmarshaler].
func (v *ID) UnmarshalJSON(b []byte) error {
	s, quoted := Unquote(b)
	switch {
	case quoted:
		s = strings.TrimSpace(s)
	case string(b) == "null":
		*v = ""
		return nil
	default:
		s = string(b)
		if strings.Trim(s, "0123456789") != "" {
			return errID
		}
	}
	if !IsWord(s) {
		return errID
	}
	*v = ID(s)
	return nil
}

// Seq is the id as a number of the vendor's sequence, 0 when it is none.
func (v ID) Seq() uint64 {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// IsWord reports whether s is safe as a part of a path, as a label and in an
// error: letters, digits, "-" and "_", and not too many.
func IsWord(s string) bool {
	if len(s) > 64 {
		return false
	}
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-', r == '_':
		default:
			return false
		}
	}
	return true
}

// Text is a string; anything else than a string is "".
type Text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Text) UnmarshalJSON(b []byte) error {
	s, _ := Unquote(b)
	*t = Text(strings.TrimSpace(s))
	return nil
}

// Maybe is a value that does not decide whether a record can be read: what is
// null or of another shape is absent.
type Maybe[T any] struct {
	V  T
	OK bool
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom: the value is read in place.
func (m *Maybe[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*m = Maybe[T]{}
	if dec.PeekKind() == 'n' {
		return dec.SkipValue()
	}
	ok, err := Take(dec, &m.V)
	if m.OK = ok; !ok {
		*m = Maybe[T]{}
	}
	return err
}

// UnmarshalJSON implements [json.Unmarshaler], for programs that read with encoding/json.
func (m *Maybe[T]) UnmarshalJSON(b []byte) error { return Unmarshal(b, m) }
