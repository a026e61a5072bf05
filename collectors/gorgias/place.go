package gorgias

import (
	"errors"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// cursorVersion is that of the cursors of this package.
const cursorVersion = 1

// Bounds of the guards against lists that do not end.
const (
	maxStalls    = 5                // pages in a row that bring nothing new
	maxTies      = 1000             // rows remembered at one instant
	restartPause = 10 * time.Minute // between two restarts of one walk
)

// place is how far a walk has come in a list: the vendor's cursor of the page to
// be asked for, and the last rows that were read. Times are in microseconds, the
// vendor's own precision.
type place struct {
	Page      string   `json:"page,omitempty"` // "" for the first page
	Last      int64    `json:"last,omitempty"` // the instant of the last row
	Ties      []string `json:"ties,omitempty"` // the rows at that instant
	Begun     bool     `json:"begun,omitempty"`
	Stalls    int      `json:"stalls,omitempty"`
	Restarted int64    `json:"restarted,omitempty"` // when the walk was begun again
}

// loops is the error for a list that repeats full pages: nothing says what lies
// behind them.
func loops(endpoint string) error {
	return rest.BadAnswer(endpoint, errLoop)
}

var errLoop = errors.New("the vendor repeats a page")

// advance moves the place over a page of n rows, of which rows could be read, to
// the page after it; up says that the list is in rising order. ended is true
// when the list is at its end: no next page, or only pages that say the same
// again, as lists that loop at their last page do.
func (l *place) advance(rows []row, n int, next string, up bool) (ended bool, err error) {
	moved := l.moved(rows, up)
	circles := next != "" && next == l.Page
	if moved && !circles || next == "" {
		l.Stalls = 0
	} else if l.Stalls++; circles || l.Stalls >= maxStalls {
		if n < pageSize {
			return true, nil
		}
		return false, errLoop
	}
	l.Page = next
	return next == "", nil
}

// moved notes the last rows of a page and reports whether it held one that lies
// beyond all that was read before. Rows of one instant may fill pages: those are
// told apart by id.
func (l *place) moved(rows []row, up bool) bool {
	before, last, begun := l.Ties, l.Last, l.Begun
	moved := false
	for _, r := range rows {
		if r.at.IsZero() {
			continue
		}
		at := r.at.UnixMicro()
		beyond := at < last
		if up {
			beyond = at > last
		}
		switch {
		case !l.Begun || (up && at > l.Last) || (!up && at < l.Last):
			l.Begun, l.Last, l.Ties = true, at, []string{r.id}
		case at == l.Last && len(l.Ties) < maxTies && !slices.Contains(l.Ties, r.id):
			l.Ties = append(slices.Clip(l.Ties), r.id)
		}
		if !begun || beyond || at == last && !slices.Contains(before, r.id) {
			moved = true
		}
	}
	return moved
}

// restart begins the list again, as when its cursor was refused or leads in
// circles. It is false when that has just been done: then it does not help.
func (l *place) restart(now time.Time) bool {
	t := micro(now)
	if l.Restarted != 0 && t-l.Restarted < restartPause.Microseconds() {
		return false
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
