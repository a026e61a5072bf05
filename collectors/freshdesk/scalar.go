package freshdesk

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// id is a vendor's id: a number, seldom a string, in JSON; "" for null. What is
// neither is an error: a record without an id can't be kept apart from others.
type id string

var errID = errors.New("an id that is neither a number nor a word")

func (v *id) UnmarshalJSON(b []byte) error {
	s, quoted := lenient.Unquote(b)
	switch {
	case string(b) == "null":
		*v = ""
		return nil
	case quoted:
		s = strings.TrimSpace(s)
	default:
		s = string(b)
	}
	if len(s) > 20 || strings.Trim(s, "0123456789") != "" {
		return errID
	}
	*v = id(s)
	return nil
}

// seq is the id as a number of the vendor's sequence, 0 when it is none.
func (v id) seq() uint64 {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// code is a number that stands for a word: a status, a priority, a source. It is
// 0, which stands for none, when it is null or no number; a number in quotes is
// one.
type code int

func (c *code) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(b), `"`))
	if err != nil {
		n = 0
	}
	*c = code(n)
	return nil
}

func (c code) String() string { return strconv.Itoa(int(c)) }

// stamp is an instant in whole seconds, RFC 3339: UTC in live answers, with an
// offset in old ones. A value that is no time is marked, not refused: it may not
// matter.
type stamp struct {
	time.Time
	bad bool
}

func (s *stamp) UnmarshalJSON(b []byte) error {
	*s = stamp{}
	v, ok := lenient.Unquote(b)
	switch {
	case string(b) == "null":
	case !ok:
		s.bad = true
	case strings.TrimSpace(v) != "":
		s.Time, s.bad = parseTime(v)
	}
	return nil
}

func parseTime(s string) (t time.Time, bad bool) {
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(s))
	if err != nil {
		return time.Time{}, true
	}
	return lenient.Instant(t)
}

type (
	text         = lenient.Text
	maybe[T any] = lenient.Maybe[T]
)
