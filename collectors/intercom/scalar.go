package intercom

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// id is a vendor's id: a number or a string in JSON, "" for null. What is
// neither is an error: a record without an id can't be kept apart from others.
type id = lenient.ID

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
			s.Time, s.bad = lenient.Instant(time.UnixMilli(int64(n)))
		default:
			s.Time, s.bad = lenient.Instant(time.Unix(int64(n), 0))
		}
		return nil
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		s.bad = true
		return nil
	}
	s.Time, s.bad = lenient.Instant(t)
	return nil
}

type text = lenient.Text

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

type maybe[T any] = lenient.Maybe[T]
