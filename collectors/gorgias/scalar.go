package gorgias

import (
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// id is a vendor's id: a number or a string in JSON, "" for null. What is
// neither is an error: a record without an id can't be kept apart from others.
type id = lenient.ID

// stamp is an instant. The API prints it with zone and microseconds, its
// documentation without a zone, and old accounts have shown a blank for the T:
// all are read, and what has no zone is UTC. A value that is no time is marked,
// not refused: it may not matter.
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

// isSet reports whether the vendor gave a value, readable or not.
func (s stamp) isSet() bool { return s.bad || !s.IsZero() }

var timeLayouts = []string{
	time.RFC3339, // a fraction is accepted after any seconds
	"2006-01-02T15:04:05",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
	"2006-01-02",
}

func parseTime(s string) (t time.Time, bad bool) {
	s = strings.TrimSpace(s)
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	s = strings.Replace(s, " ", "", 1) // between the time and its zone
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return lenient.Instant(t)
		}
	}
	return time.Time{}, true
}

type (
	text         = lenient.Text
	maybe[T any] = lenient.Maybe[T]
)
