package gorgias

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// ascent is the cursor of the log of events, the only list that can be asked for
// what happened since a time.
type ascent struct {
	From   int64   `json:"from,omitempty"`   // where the last complete walk began
	At     int64   `json:"at,omitempty"`     // the helpdesk's clock when it did
	Recent []int64 `json:"recent,omitempty"` // the times of the newest events, newest first
	// Asked are the events that made wants, by id, with their times: read again
	// in an overlap, they must not make them again.
	Asked map[string]int64 `json:"asked,omitempty"`
	Walk  *up              `json:"walk,omitempty"`
}

// up is one walk, oldest events first.
type up struct {
	Place  place   `json:"place"`
	First  bool    `json:"first,omitempty"`
	From   int64   `json:"from"`
	Start  int64   `json:"start,omitempty"`
	Recent []int64 `json:"recent,omitempty"`
}

// begin starts a walk.
func (a *ascent) begin(w helpdesk.Walk) *up {
	wk := &up{Start: micro(w.Now), First: len(a.Recent) == 0}
	switch {
	case !wk.First:
		wk.From = a.since(w.Long)
		older := slices.IndexFunc(a.Recent, func(t int64) bool { return t < wk.From })
		if older >= 0 {
			wk.Recent = slices.Clone(a.Recent[older:])
		}
	case a.From != 0:
		wk.From = a.From
	default:
		wk.From = w.Horizon.UnixMicro()
	}
	return wk
}

// since is where the next walk begins: far enough back to see what the last one
// could not see yet, then as far as the overlap, but with at most overlapRows of
// the events that are known already. When only so many as are at one instant are
// left, the walk begins after it.
func (a *ascent) since(long bool) int64 {
	newest, at := a.Recent[0], a.Recent[0]
	if a.At != 0 {
		at = a.At
	}
	if long {
		return min(newest, at-longOverlap.Microseconds())
	}
	from := newest + 1
	for i, t := range a.Recent {
		if i == overlapRows {
			break
		}
		if last := i+1 == len(a.Recent); last || a.Recent[i+1] < t {
			from = t
		}
	}
	from = max(from, min(newest, at-overlap.Microseconds()))
	if unsettled := at - settle.Microseconds(); unsettled <= newest {
		from = min(from, unsettled)
	}
	return from
}

// see notes the times of events.
func (wk *up) see(rows []row) {
	for _, r := range rows {
		if !r.at.IsZero() {
			wk.Recent = append(wk.Recent, r.at.UnixMicro())
		}
	}
	slices.SortFunc(wk.Recent, func(a, b int64) int { return cmp.Compare(b, a) })
	wk.Recent = wk.Recent[:min(len(wk.Recent), overlapRows+1)]
}

// readEvents reads the next page of the log.
// https://developers.gorgias.com/reference/list-events
func (c *Collector) readEvents(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[ascent](cursorVersion, w.Cursor)
	if st.Walk == nil {
		st.Walk = st.begin(w)
	}
	wk := st.Walk
	page, err := c.eventsPage(ctx, &st)
	if reached := wk.Place.Last; again(err, &wk.Place, w.Now) {
		// The order is rising: what was read is where to begin again.
		wk.From = max(wk.From, reached)
		page, err = c.eventsPage(ctx, &st)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

func (c *Collector) eventsPage(ctx context.Context, st *ascent) (helpdesk.Page, error) {
	wk := st.Walk
	q := query(oldestFirst, wk.Place.Page)
	q.Set("created_datetime[gte]", time.UnixMicro(wk.From).UTC().Format("2006-01-02T15:04:05.000000Z"))
	prio := rest.Clocks
	if wk.First {
		prio = rest.Background
	}
	raw, next, err := c.events(ctx, q, prio)
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	rows, err := c.eventRows(ctx, raw, &page)
	if err != nil {
		return helpdesk.Page{}, err
	}
	for _, r := range rows {
		if r.rec != nil {
			page.Records = append(page.Records, r.rec)
		}
		st.ask(r, &page)
	}
	place := wk.Place
	if page.Done, err = place.advance(rows, len(raw), next, true); err != nil {
		return helpdesk.Page{}, loops("/api/events")
	}
	wk.Place = place
	wk.see(rows)
	st.forget()
	if wk.First {
		page.Progress = progress(wk.Place.Last-wk.From, wk.Start-wk.From, page.Done)
	}
	if page.Done {
		st.finish()
	}
	return page, nil
}

// ask puts the wants of an event into the page, unless they have been. The first
// walk asks for no surveys: their own stream reads all of that time after it.
func (a *ascent) ask(r row, page *helpdesk.Page) {
	if _, asked := a.Asked[r.id]; asked || len(r.wants) == 0 {
		return
	}
	if a.Walk.First && r.wants[0].Kind == helpdesk.WantRating {
		return
	}
	if a.Asked == nil {
		a.Asked = map[string]int64{}
	}
	a.Asked[r.id] = micro(r.at)
	page.Wants = append(page.Wants, r.wants...)
}

// forget drops from Asked what no overlap reaches any more.
func (a *ascent) forget() {
	maps.DeleteFunc(a.Asked, func(_ string, at int64) bool {
		return at < a.Walk.Place.Last-2*longOverlap.Microseconds()
	})
}

// finish makes the walk the base of the next one. A walk that did not find again
// what was known moves nothing.
func (a *ascent) finish() {
	wk := a.Walk
	a.From, a.Walk = wk.From, nil
	if len(wk.Recent) > 0 && (len(a.Recent) == 0 || wk.Recent[0] >= a.Recent[0]) {
		a.Recent, a.At = wk.Recent, wk.Start
	}
}

// events reads a page of events of the types that matter. An account that does
// not know one of them refuses the list: then all types are read.
func (c *Collector) events(ctx context.Context, q url.Values, prio rest.Priority) ([]json.RawMessage, string, error) {
	if c.anyType {
		return c.list(ctx, "/api/events", q, prio)
	}
	q["types"] = eventTypes
	raw, next, err := c.list(ctx, "/api/events", q, prio)
	if q.Has("cursor") || !badRequest(err) {
		return raw, next, err
	}
	q.Del("types")
	raw, next, err = c.list(ctx, "/api/events", q, prio)
	c.anyType = err == nil
	return raw, next, err
}

// eventRows converts a page of events, once the users in them are known.
func (c *Collector) eventRows(ctx context.Context, raw []json.RawMessage, p *helpdesk.Page) ([]row, error) {
	read, err := c.readEventsRaw(ctx, raw, p)
	if err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(read))
	for i := range read {
		e := &read[i]
		r := row{at: e.Created.Time, id: string(e.ID)}
		switch {
		case e.ID == "":
			lenient.Skip(p, "id", "event", e.ID)
		case e.Created.IsZero():
			lenient.Skip(p, "time", "event", e.ID)
		default:
			r.rec, r.wants = recordOf(e, c.users.isBot), wantsOf(e)
			c.noteMerge(e)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (c *Collector) readEventsRaw(ctx context.Context, raw []json.RawMessage, p *helpdesk.Page) ([]event, error) {
	read := make([]event, 0, len(raw))
	var people []string
	for _, r := range raw {
		var e event
		if !lenient.Decode[id]("event", r, &e, p) {
			continue
		}
		read = append(read, e)
		people = append(people, e.people()...)
	}
	return read, c.users.know(ctx, c, people)
}
