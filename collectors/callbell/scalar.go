package callbell

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// id is a vendor's id: a string, perhaps a number, in JSON; "" for null. What is
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

// stamp is an instant, in any of the vendor's formats. A value that is no time is
// marked, not refused: it may not matter.
type stamp struct {
	time.Time
	told bool // the field was there, perhaps as null
	bad  bool
}

func (s *stamp) UnmarshalJSON(b []byte) error {
	*s = stamp{told: true}
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

// micro is the instant in microseconds, 0 for none.
func (s stamp) micro() int64 { return micro(s.Time) }

// timeLayouts are all that the documentation prints, and what is like them: with
// and without a fraction, with a zone or Z, with a T or a blank.
var timeLayouts = []string{
	time.RFC3339, // a fraction is accepted after any seconds
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
	"2006-01-02T15:04:05",
	"2006-01-02",
}

func parseTime(s string) (t time.Time, bad bool) {
	s = strings.TrimSpace(s)
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	s = strings.TrimSuffix(s, " UTC")
	s = strings.Replace(s, " ", "", 1) // between the time and its zone
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

// micro is an instant in microseconds, 0 for none.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant is the time of microseconds, zero for 0.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
