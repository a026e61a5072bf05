package groove

import (
	"errors"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// cursorVersion is that of the cursors of this package.
const cursorVersion = 1

const (
	maxStalls    = 5                // pages in a row that bring nothing new
	restartPause = 10 * time.Minute // between two restarts of one walk
)

// place is how far a walk has come in a list: the vendor's cursor of the page to
// be asked for, and the last row that was read.
type place struct {
	Page      string `json:"page,omitempty"` // "" for the first page
	Last      string `json:"last,omitempty"` // the id of the last row
	Stalls    int    `json:"stalls,omitempty"`
	Restarted int64  `json:"restarted,omitempty"` // when the walk was begun again
}

// advance moves the place behind a page that ends with a row. ended is true
// after the last page. A list that ends with the same row again and again leads
// in circles: nothing says what lies behind.
func (l *place) advance(operation, last, next string) (ended bool, err error) {
	if next == "" {
		return true, nil
	}
	if last != "" && last != l.Last {
		l.Stalls = 0
	} else if l.Stalls++; l.Stalls >= maxStalls {
		return false, rest.BadAnswer(endpoint(operation), errLoop)
	}
	l.Page, l.Last = next, last
	return false, nil
}

var errLoop = errors.New("the vendor repeats a page")

// again reports whether the walk should begin again, and sets the place back:
// the vendor refused the page's cursor, or the list leads in circles.
func again(err error, l *place, now time.Time) bool {
	if err == nil || l.Page == "" || rest.ReasonOf(err) != rest.ReasonClient && !errors.Is(err, errLoop) {
		return false
	}
	t := micro(now)
	if l.Restarted != 0 && t-l.Restarted < restartPause.Microseconds() {
		return false // that has just been done, and did not help
	}
	*l = place{Restarted: max(t, 1)}
	return true
}

// micro is an instant in microseconds, 0 for none.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
