package intercom

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// id is a vendor's id: a number or a string in JSON, "" for null. What is
// neither is an error: a record without an id can't be kept apart from others.
type id string

var errID = errors.New("an id that is neither a number nor a word")

func (v *id) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case bytes.Equal(b, []byte("null")):
		*v = ""
		return nil
	case b[0] == '"':
		if err := json.Unmarshal(b, &s); err != nil {
			return errID
		}
		s = strings.TrimSpace(s)
	default:
		s = string(b)
		if strings.Trim(s, "0123456789") != "" {
			return errID
		}
	}
	if !isWord(s) {
		return errID
	}
	*v = id(s)
	return nil
}

// isWord reports whether s is safe as a part of a path and as a label: letters,
// digits, "-" and "_", and not too many.
func isWord(s string) bool {
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

// seq is the id as a number of the vendor's sequence, 0 when it is none.
func (v id) seq() uint64 {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// ref is the id of another thing, "" for nobody: null, and 0 since version 2.16.
// What can't be read is nobody too, it does not decide about the record.
type ref string

func (r *ref) UnmarshalJSON(b []byte) error {
	var v id
	if v.UnmarshalJSON(b) != nil || v == "0" {
		v = ""
	}
	*r = ref(v)
	return nil
}

// stamp is an instant: Unix seconds, and in some webhooks milliseconds or text
// with a zone. A value that is no time is marked, not refused: it may not matter.
type stamp struct {
	time.Time
	bad bool
}

// inMillis is from where on a number is one of milliseconds: as seconds it would
// be in the year 5138, as milliseconds it is in 1973.
const inMillis = 1e11

func (s *stamp) UnmarshalJSON(b []byte) error {
	*s = stamp{}
	v := strings.TrimSpace(strings.Trim(string(b), `"`))
	if v == "null" || v == "" || v == "0" {
		return nil
	}
	if n, err := strconv.ParseFloat(v, 64); err == nil {
		switch {
		case !(n > 0 && n < 1e3*inMillis):
			s.bad = true
		case n >= inMillis:
			s.Time = time.UnixMilli(int64(n)).UTC()
		default:
			s.Time = time.Unix(int64(n), 0).UTC()
		}
		return nil
	}
	t, err := time.Parse(time.RFC3339, v)
	if s.bad = err != nil || t.IsZero(); !s.bad {
		s.Time = t.UTC()
	}
	return nil
}

// text is a string; anything else than a string is "".
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = ""
	}
	*t = text(strings.TrimSpace(s))
	return nil
}

// filled is whether a text is there: the text itself is not kept.
type filled bool

func (f *filled) UnmarshalJSON(b []byte) error {
	*f = len(b) > 2 && b[0] == '"' && len(bytes.TrimSpace(b[1:len(b)-1])) > 0
	return nil
}

// operator is whether an address is that of the vendor's own bot, which every
// workspace has: operator+<app>@intercom.io. The address is not kept.
type operator bool

func (o *operator) UnmarshalJSON(b []byte) error {
	var s text
	_ = s.UnmarshalJSON(b) // never an error
	name, host, _ := strings.Cut(strings.ToLower(string(s)), "@")
	*o = operator(strings.HasPrefix(name+"+", "operator+") && strings.HasPrefix(host, "intercom"))
	return nil
}

// maybe is a value that does not decide whether a record can be read: what is
// null or of another shape is absent.
type maybe[T any] struct {
	v  T
	ok bool
}

func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	*m = maybe[T]{}
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	var v T
	if json.Unmarshal(b, &v) == nil {
		m.v, m.ok = v, true
	}
	return nil
}
