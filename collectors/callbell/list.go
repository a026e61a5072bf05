package callbell

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	// pageSize is the size of a page of contacts; none can be asked for.
	pageSize = 20
	// maxPage is the highest number of a page: beyond it only tokens lead.
	maxPage = 500
	// maxStalls bounds how often a page is asked for again, because it came
	// without rows or was that before it.
	maxStalls = 3
	// restartPause is the least time between two restarts of one walk.
	restartPause = 10 * time.Minute
)

// Endpoints, as the templates of metrics.
const (
	allContacts     = "/v1/contacts"
	oneContact      = "/v1/contacts/{uuid}"
	contactBot      = "/v1/contacts/{uuid}/bot"
	contactMessages = "/v1/contacts/{uuid}/messages"
	allTeams        = "/v1/teams"
	teamMembers     = "/v1/teams/{uuid}/members"
	thePlan         = "/v1/plan"
)

// cursorVersion is that of the cursors of this package.
const cursorVersion = 1

// place is how far a walk has come in a list: by a token where the vendor gives
// one, else by the number of the page.
type place struct {
	After     string `json:"after,omitempty"`
	Page      int    `json:"page,omitempty"`  // pages that were read
	Pages     int    `json:"pages,omitempty"` // that there are, 0 when it is not told
	Rows      int    `json:"rows,omitempty"`  // of the last page
	Sum       uint64 `json:"sum,omitempty"`   // of the last page
	Stalls    int    `json:"stalls,omitempty"`
	Restarted int64  `json:"restarted,omitempty"`
}

// query asks for the page at a place: the first without a word.
func (l place) query() url.Values {
	q := url.Values{}
	switch {
	case l.After != "":
		q.Set("after", l.After)
	case l.Page > 0:
		q.Set("page", strconv.Itoa(l.Page+1))
	}
	return q
}

// list is a list of the vendor's.
type list[T row] struct {
	endpoint, path string
	rows           func(*body) maybe[lenient.Rows[T]]
	prio           rest.Priority
}

// answered is a page of a list.
type answered[T row] struct {
	lenient.Rows[T]
	next place // where the page after it is
	last bool
	// told says that the vendor tells whether there is another page.
	told bool
}

// page reads the page at a place. A page that comes again, and one without rows
// that is followed by another, leaves the place where it is.
func page[T row](ctx context.Context, c *Collector, l list[T], at place) (answered[T], error) {
	var answer body
	r := rest.Request{Endpoint: l.endpoint, Path: l.path, Query: at.query(), Priority: l.prio}
	if err := c.api.Do(ctx, r, &answer); err != nil {
		return answered[T]{}, err
	}
	told, m := l.rows(&answer), answer.Meta
	if !told.OK {
		return answered[T]{}, decodeError(l.endpoint, errors.New("the answer has no list of rows"))
	}
	rows, sum := told.V, sumOf(told.V)
	a := answered[T]{Rows: rows, next: at, told: m.V.Next.told || m.V.Pages.OK}
	a.last = a.next.advance(len(rows), sum, m)
	stalled := len(rows) == 0 && !a.last || sum != 0 && at.Page > 0 && sum == at.Sum
	if !stalled {
		return a, nil
	}
	a.next = at
	if a.next.Stalls++; a.next.Stalls <= maxStalls {
		a.last = false
		return a, nil
	}
	switch {
	case len(rows) == 0:
		a.next.advance(0, sum, m)
		return a, nil
	case !m.OK && len(rows) < pageSize: // nothing told whether there is more
		a.last = true
		return a, nil
	}
	return answered[T]{}, decodeError(l.endpoint, errLoop)
}

// advance moves the place over a page, and reports whether that was the last.
// Where nothing tells, only a page without rows is, or one with fewer than that
// before it: how many rows a page has is documented for contacts alone.
func (l *place) advance(rows int, sum uint64, m maybe[meta]) (last bool) {
	before := l.Rows
	l.After, l.Stalls = "", 0
	l.Page, l.Rows, l.Sum = l.Page+1, rows, sum
	if m.V.Pages.OK {
		l.Pages = m.V.Pages.V
	}
	switch {
	case m.V.Next.token != "":
		l.After = m.V.Next.token
		return false
	case m.V.Next.told:
		return true
	case m.V.Pages.OK:
		return l.Page >= m.V.Pages.V
	case rows == 0:
		return true
	}
	return before > rows
}

var errLoop = errors.New("the vendor repeats a page")

func decodeError(endpoint string, err error) error {
	return rest.BadAnswer(endpoint, err)
}

// again reports whether the walk should begin again, and sets the place back: its
// token was refused, or leads in circles. It is false when that has just been
// done: then it does not help.
func again(err error, l *place, now time.Time) bool {
	if err == nil || l.Page == 0 || !refused(err) && !errors.Is(err, errLoop) {
		return false
	}
	t := micro(now)
	if l.Restarted != 0 && t-l.Restarted < restartPause.Microseconds() {
		return false
	}
	*l = place{Restarted: max(t, 1)}
	return true
}

// refused reports whether the vendor refused a page for what was asked.
func refused(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && (e.Code == http.StatusBadRequest || e.Code == http.StatusUnprocessableEntity)
}
