package zendesk

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// id is a vendor's id: a number in the API, a string in changes of tickets and
// in webhooks, "" for null. What is neither is an error: a record without an id
// can't be kept apart from others.
type id string

// system is the id of Zendesk itself, where a trigger or an automation acted.
const system id = "-1"

var errID = errors.New("an id that is neither a number nor a word")

func (v *id) UnmarshalJSON(b []byte) error {
	s, quoted := lenient.Unquote(b)
	if quoted {
		s = strings.TrimSpace(s)
	} else if s = string(b); s == "null" {
		*v = ""
		return nil
	} else if strings.Trim(s, "-0123456789") != "" {
		return errID
	}
	if !lenient.IsWord(s) {
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

// person is the id of a user, "" for Zendesk itself and for nobody.
func (v id) person() string {
	if v == system || v == "0" {
		return ""
	}
	return string(v)
}

// stamp is an instant: ISO 8601, which without a zone is UTC, or seconds since
// 1970 as exports have them. A value that is no time is marked, not refused: it
// may not matter.
type stamp struct {
	time.Time
	bad bool
}

func (s *stamp) UnmarshalJSON(b []byte) error {
	*s = stamp{}
	v, quoted := lenient.Unquote(b)
	switch {
	case string(b) == "null":
	case !quoted:
		s.Time, s.bad = parseEpoch(string(b))
	case strings.TrimSpace(v) != "":
		s.Time, s.bad = parseTime(strings.TrimSpace(v))
	}
	return nil
}

var timeLayouts = []string{
	time.RFC3339, // a fraction is accepted after any seconds
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z0700",
	"2006-01-02 15:04:05 Z0700",
	"2006-01-02 15:04:05",
	"2006-01-02",
}

func parseTime(s string) (t time.Time, bad bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return lenient.Instant(t)
		}
	}
	return parseEpoch(s)
}

func parseEpoch(s string) (t time.Time, bad bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, true
	}
	return lenient.Instant(time.Unix(n, 0))
}

type (
	text         = lenient.Text
	maybe[T any] = lenient.Maybe[T]
)

// field is a value of a row that tells changes: whether it is named at all says
// whether it changed, so that null (nobody, no group) is a value too.
type field[T any] struct {
	V     T
	named bool
}

func (f *field[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*f = field[T]{named: true}
	ok, err := lenient.Take(dec, &f.V)
	if !ok {
		*f = field[T]{named: true}
	}
	return err
}
