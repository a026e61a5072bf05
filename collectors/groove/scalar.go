package groove

import (
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// id is a vendor's id: a word of the form "cnv_0000012345", or a number, as
// those of conversations are. It is "" for null. What is neither is an error: a
// record without an id can't be kept apart from others.
type id = lenient.ID

// stamp is an instant, ISO 8601 and UTC. A value that is no time is marked, not
// refused: it may not matter.
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
	"2006-01-02 15:04:05 MST", // as Ruby prints a time that nobody formatted
	"2006-01-02 15:04:05 Z0700",
}

func parseTime(s string) (t time.Time, bad bool) {
	s = strings.TrimSpace(s)
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
