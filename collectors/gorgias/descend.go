package gorgias

import (
	"context"
	"errors"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Overlaps of a walk with what was read before.
const (
	// settle is how long before a walk a record must be for that walk to have
	// shown it: the visibility lag, and a second by which clocks are misjudged.
	settle = VisibilityLag + time.Second
	// overlap, counted back from the last walk, is read again in ordinary walks,
	// unless that is more than overlapRows: insurance against a longer lag than
	// any that was recorded.
	overlap     = 5 * time.Minute
	overlapRows = pageSize / 2
	// longOverlap is read again in long walks. It is longer than the usual hour
	// between two of them, so that everything is read at least twice.
	longOverlap = 90 * time.Minute
)

// listing is a list that is walked from its newest row back.
type listing struct {
	endpoint string
	order    string
	read     rowReader
	back     time.Duration // not zero: every walk goes back this far, the first beyond the horizon
	prio     rest.Priority
}

// descent is the cursor of such a list.
type descent struct {
	Base int64 `json:"base,omitempty"` // the newest row of the last complete walk
	At   int64 `json:"at,omitempty"`   // the helpdesk's clock when it began
	Walk *down `json:"walk,omitempty"` // the walk that goes on
}

// down is one walk. It reads every row that is newer than Need, and stops there
// unless too little overlap was read: back to Enough, or Known rows of it.
type down struct {
	Place  place `json:"place"`
	First  bool  `json:"first,omitempty"`
	Start  int64 `json:"start,omitempty"` // the helpdesk's clock at the beginning
	Newest int64 `json:"newest,omitempty"`
	Need   int64 `json:"need"`
	Whole  bool  `json:"whole,omitempty"` // read Need's own instant, and nothing beyond
	Enough int64 `json:"enough,omitempty"`
	Known  int   `json:"known,omitempty"`
	Floor  int64 `json:"floor,omitempty"` // what happened before is left out
}

// begin starts a walk.
func (d *descent) begin(l listing, w helpdesk.Walk) *down {
	wk := &down{Start: micro(w.Now), First: d.Base == 0}
	from := w.Now
	if wk.First || from.IsZero() {
		from, wk.Floor = w.Horizon, w.Horizon.UnixMicro()
	}
	if wk.First || l.back != 0 {
		wk.Need, wk.Whole = from.Add(-l.back).UnixMicro(), true
		return wk
	}
	at := d.Base
	if d.At != 0 {
		at = d.At
	}
	wk.Need, wk.Enough = min(d.Base, at-settle.Microseconds()), min(d.Base, at-overlap.Microseconds())
	if w.Long {
		wk.Need, wk.Whole = min(d.Base, at-longOverlap.Microseconds()), true
	}
	return wk
}

// descend reads the next page of a walk, newest rows first.
//
// A row that changes during the walk jumps to the front, behind the walk's back:
// the base of the next walk is therefore the first row of this walk's first
// page, and not the time of its end.
func (c *Collector) descend(ctx context.Context, l listing, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[descent](cursorVersion, w.Cursor)
	if st.Walk == nil {
		st.Walk = st.begin(l, w)
	}
	wk := st.Walk
	page, err := c.descendPage(ctx, l, &st)
	if again(err, &wk.Place, w.Now) {
		wk.Start, wk.Newest, wk.Known = micro(w.Now), 0, 0
		page, err = c.descendPage(ctx, l, &st)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

// again reports whether the walk should begin again, and sets the place back.
func again(err error, l *place, now time.Time) bool {
	switch {
	case err == nil, l.Page == "":
		return false
	case !refused(err) && !errors.Is(err, errLoop):
		return false
	default:
		return l.restart(now)
	}
}

func (c *Collector) descendPage(ctx context.Context, l listing, st *descent) (helpdesk.Page, error) {
	wk := st.Walk
	prio := l.prio
	if wk.First {
		prio = rest.Background
	}
	raw, next, err := c.list(ctx, l.endpoint, query(l.order, wk.Place.Page), prio)
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	rows, err := l.read(ctx, raw, &page)
	if err != nil {
		return helpdesk.Page{}, err
	}
	if wk.Place.Page == "" {
		wk.Newest = newest(rows, wk.Start)
	}
	wk.take(rows, st.Base, &page)
	place := wk.Place
	page.Done, err = place.advance(rows, len(raw), next, false)
	if err != nil {
		return helpdesk.Page{}, loops(l.endpoint)
	}
	wk.Place = place
	page.Done = page.Done || wk.enough(rows)
	if wk.First {
		page.Progress = progress(wk.Start-wk.Place.Last, wk.Start-wk.Need, page.Done)
	}
	if page.Done {
		st.finish()
	}
	return page, nil
}

// take puts the rows' records into the page. The first walk leaves out what is
// older than the horizon.
func (wk *down) take(rows []row, base int64, page *helpdesk.Page) {
	for _, r := range rows {
		at := micro(r.at)
		if at != 0 && at <= base {
			wk.Known++
		}
		if r.rec == nil || wk.First && at != 0 && max(at, micro(r.last)) < wk.Floor {
			continue
		}
		page.Records = append(page.Records, r.rec)
	}
}

// enough reports whether the walk has come far enough back with these rows.
func (wk *down) enough(rows []row) bool {
	for i := len(rows) - 1; i >= 0; i-- {
		at := micro(rows[i].at)
		switch {
		case at == 0: // without a time a row says nothing about where the walk is
		case wk.Whole:
			return at < wk.Need
		default:
			return at <= wk.Need && (at <= wk.Enough || wk.Known >= overlapRows)
		}
	}
	return false
}

// finish makes the walk the base of the next one. A walk that saw no row at all
// moves nothing.
func (d *descent) finish() {
	if wk := d.Walk; wk.Newest != 0 {
		d.Base, d.At = max(d.Base, wk.Newest), wk.Start
	}
	d.Walk = nil
}

// newest is the newest instant of a page, and not one of the future: a message
// can be given any time through the API.
func newest(rows []row, now int64) int64 {
	var t int64
	for _, r := range rows {
		t = max(t, micro(r.at))
	}
	if now != 0 {
		t = min(t, now)
	}
	return t
}

// progress of a first walk, from how far it has come of the whole way.
func progress(done, all int64, finished bool) float64 {
	switch {
	case finished:
		return 1
	case all <= 0 || done <= 0:
		return 0
	default:
		return min(float64(done)/float64(all), 1)
	}
}
