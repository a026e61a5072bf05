package groove

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// id is a vendor's id: a word of the form "cnv_0000012345", or a number, as
// those of conversations are. It is "" for null. What is neither is an error: a
// record without an id can't be kept apart from others.
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

// isWord reports whether s is safe as a label and in an error: letters, digits,
// "-" and "_", and not too many.
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

// number is the id as a number, ok is false when it is none.
func (v id) number() (n uint64, ok bool) {
	n, err := strconv.ParseUint(string(v), 10, 64)
	return n, err == nil
}

// stamp is an instant, ISO 8601 and UTC. A value that is no time is marked, not
// refused: it may not matter.
type stamp struct {
	time.Time
	bad bool
}

func (s *stamp) UnmarshalJSON(b []byte) error {
	*s = stamp{}
	var v string
	switch {
	case bytes.Equal(b, []byte("null")):
	case json.Unmarshal(b, &v) != nil:
		s.bad = true
	case strings.TrimSpace(v) != "":
		s.Time, s.bad = parseTime(v)
	}
	return nil
}

// isSet reports whether the vendor gave a value, readable or not.
func (s stamp) isSet() bool { return s.bad || !s.IsZero() }

var timeLayouts = []string{
	time.RFC3339, // a fraction is accepted after any seconds
	"2006-01-02T15:04:05",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05 MST", // as Ruby prints a time that nobody formatted
	"2006-01-02 15:04:05 Z0700",
}

func parseTime(s string) (t time.Time, bad bool) {
	s = strings.TrimSpace(s)
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), t.IsZero()
		}
	}
	return time.Time{}, true
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
