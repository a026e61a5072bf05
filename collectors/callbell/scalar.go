package callbell

import (
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// id is a vendor's id: a string, perhaps a number, in JSON; "" for null. What is
// neither is an error: a record without an id can't be kept apart from others.
type id = lenient.ID

// stamp is an instant, in any of the vendor's formats. A value that is no time is
// marked, not refused: it may not matter.
type stamp struct {
	time.Time
	told bool // the field was there, perhaps as null
	bad  bool
}

func (s *stamp) UnmarshalJSON(b []byte) error {
	*s = stamp{told: true}
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
			return lenient.Instant(t)
		}
	}
	return time.Time{}, true
}

type (
	text         = lenient.Text
	maybe[T any] = lenient.Maybe[T]
)

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
