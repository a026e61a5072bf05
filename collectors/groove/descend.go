package groove

import (
	"context"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Overlaps of a walk with what was read before.
const (
	// settle is how long before a walk an update must be for that walk to have
	// shown it: the visibility lag, and a second by which clocks are misjudged.
	settle = VisibilityLag + time.Second
	// overlap, counted back from the last walk, is read again in ordinary walks,
	// unless that is more than overlapRows.
	overlap     = 5 * time.Minute
	overlapRows = pageSize / 2
	// longOverlap is read again in long walks. It is longer than the usual hour
	// between two of them, so that everything is read at least twice.
	longOverlap = 90 * time.Minute
)

// descent is the cursor of the list of conversations by update, newest first.
type descent struct {
	Base int64 `json:"base,omitempty"` // the newest update of the last complete walk
	At   int64 `json:"at,omitempty"`   // the helpdesk's clock when it began
	Walk *down `json:"walk,omitempty"` // the walk that goes on
}

// feeds are the lists that a walk reads one after the other, by state: that of
// all conversations may leave out what is spam and what is in the trash. What
// goes from one to another meanwhile is updated by that, and read by the next.
var feeds = []string{"", "SPAM", "DELETED"}

// A first walk reads the list of all conversations once more at its end, for the
// rows that were left out of it: nothing else would ever tell of one that is
// closed. Only what was told in the life of this process can be known to be.
const checkFeed = 3 // after the feeds

// down is one walk. It reads every row that was updated since Need, and stops
// there unless too little overlap was read: back to Enough, or Known rows of it.
type down struct {
	Feed   int   `json:"feed,omitempty"` // index of the list that is being read
	Place  place `json:"place"`
	First  bool  `json:"first,omitempty"`
	Start  int64 `json:"start,omitempty"` // the helpdesk's clock at the beginning
	Newest int64 `json:"newest,omitempty"`
	Need   int64 `json:"need"`
	Whole  bool  `json:"whole,omitempty"` // read Need's own instant, and nothing beyond
	Enough int64 `json:"enough"`
	Known  int   `json:"known,omitempty"`
	Quiet  bool  `json:"quiet,omitempty"` // the first page told of the other lists all that is new
}

// begin starts a walk.
func (d *descent) begin(w helpdesk.Walk) *down {
	wk := &down{Start: micro(w.Now), First: d.Base == 0}
	if wk.First {
		wk.Need, wk.Whole = w.Horizon.UnixMicro(), true
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

// readConversations reads the next page of a walk: the rows, and the history of
// each that has changed, so that what is in one page was true at one time.
//
// A row that changes during the walk jumps to the front, behind the walk's back:
// the base of the next walk is therefore the first row of this walk's first
// page, and not the time of its end.
func (c *Collector) readConversations(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[descent](cursorVersion, w.Cursor)
	if st.Walk == nil || st.Walk.Feed < 0 || st.Walk.Feed > checkFeed {
		st.Walk = st.begin(w)
	}
	wk := st.Walk
	switch {
	case !wk.First:
		c.told = nil
	case wk.Feed == 0 && wk.Place.Page == "":
		c.told = map[id]bool{}
	}
	page, err := c.descendPage(ctx, &st)
	if again(err, &wk.Place, w.Now) {
		if wk.Known = 0; wk.Feed == 0 {
			wk.Start, wk.Newest = micro(w.Now), 0
		}
		page, err = c.descendPage(ctx, &st)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

func (c *Collector) descendPage(ctx context.Context, st *descent) (helpdesk.Page, error) {
	wk := st.Walk
	if wk.Feed == checkFeed && c.told == nil {
		st.finish()
		return helpdesk.Page{Done: true, Progress: 1}, nil
	}
	prio := rest.Clocks
	if wk.First {
		prio = rest.Background
	}
	read, next, aside, err := c.feed(ctx, wk, prio)
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	rows := usable(read, &page)
	if wk.Place.Page == "" && wk.Feed < checkFeed {
		wk.Newest = max(wk.Newest, newest(rows, wk.Start))
	}
	last := ""
	for _, row := range rows {
		last = string(row.Number)
		updated := micro(row.Updated.Time)
		if updated != 0 && updated <= st.Base {
			wk.Known++
		}
		if wk.First && updated != 0 && updated < wk.Need {
			continue // before the horizon
		}
		if wk.Feed == checkFeed && c.told[row.Number] {
			continue
		}
		if err := c.tell(ctx, row, prio, &page); err != nil {
			return helpdesk.Page{}, err
		}
		if c.told != nil && wk.First && wk.Feed < checkFeed {
			c.told[row.Number] = true
		}
	}
	at := wk.Place
	ended, err := at.advance(opConversations, last, next)
	if err != nil {
		return helpdesk.Page{}, err
	}
	wk.Place = at
	if wk.First && wk.Feed == 0 {
		page.Progress = wk.progress(rows)
	}
	if aside != nil {
		if wk.Quiet, err = c.tellAside(ctx, wk, aside, &page); err != nil {
			return helpdesk.Page{}, err
		}
	}
	if ended || wk.enough(rows) {
		wk.Feed, wk.Place, wk.Known = wk.Feed+1, place{}, 0
		if wk.Quiet {
			wk.Feed = checkFeed
		}
	}
	if page.Done = wk.Feed > checkFeed || wk.Feed == checkFeed && (!wk.First || c.told == nil); page.Done {
		page.Progress = 1
		st.finish()
	}
	return page, nil
}

// feed asks for a page of the list that is being read. With the first page of an
// ordinary walk comes the beginning of the other lists, unless the API does not
// take three questions in one; then each is asked for by itself.
func (c *Collector) feed(ctx context.Context, wk *down, prio rest.Priority) (rows lenient.Rows[conversation], next string, aside *data, err error) {
	if !wk.First && wk.Feed == 0 && wk.Place.Page == "" && !c.oneByOne {
		q := question{operation: opConversations, build: roundQuery, vars: map[string]any{"first": pageSize, "after": nil}, priority: prio}
		if aside, err = c.ask(ctx, q); err == nil {
			rows, next, err = readList(opConversations, aside.Conversations, "")
		}
		if err == nil && len(rows) > 0 || err != nil && hopeless(err) {
			return rows, next, aside, err
		}
		c.oneByOne = rest.ReasonOf(err) == rest.ReasonClient
	}
	rows, next, err = c.conversations(ctx, feeds[wk.Feed%len(feeds)], wk.Place.Page, prio)
	return rows, next, nil, err
}

// tellAside puts what came of the other lists with the first page into the
// page. quiet is true when that was all that is new in them.
func (c *Collector) tellAside(ctx context.Context, wk *down, aside *data, page *helpdesk.Page) (quiet bool, err error) {
	quiet = true
	for _, state := range feeds[1:] {
		read, next, err := readList(opConversations, aside.feed(state), "")
		if err != nil { // the list is asked for by itself
			quiet = false
			continue
		}
		rows := usable(read, page)
		for _, row := range rows {
			if err := c.tell(ctx, row, rest.Clocks, page); err != nil {
				return false, err
			}
		}
		wk.Newest = max(wk.Newest, newest(rows, wk.Start))
		if n := len(rows); next != "" && (n == 0 || micro(rows[n-1].Updated.Time) >= wk.Need) {
			quiet = false
		}
	}
	return quiet, nil
}

// enough reports whether the walk has come far enough back with these rows.
func (wk *down) enough(rows []*conversation) bool {
	var oldest int64 // the order inside a page is not relied on
	for i := range rows {
		if at := micro(rows[i].Updated.Time); at != 0 && (oldest == 0 || at < oldest) {
			oldest = at
		}
	}
	switch {
	case oldest == 0: // without times rows say nothing about where the walk is
		return false
	case wk.Whole:
		return oldest < wk.Need
	default:
		return oldest <= wk.Need && (oldest <= wk.Enough || wk.Known >= overlapRows)
	}
}

// finish makes the walk the base of the next one. A walk that saw no row at all
// moves nothing.
func (d *descent) finish() {
	if wk := d.Walk; wk.Newest != 0 {
		d.Base, d.At = max(d.Base, wk.Newest), wk.Start
	}
	d.Walk = nil
}

// newest is the newest update of a page, and not one of the future.
func newest(rows []*conversation, now int64) int64 {
	var t int64
	for i := range rows {
		t = max(t, micro(rows[i].Updated.Time))
	}
	if now != 0 {
		t = min(t, now)
	}
	return t
}

// progress of a first walk, from how far it has come of the whole way.
func (wk *down) progress(rows []*conversation) float64 {
	all := wk.Start - wk.Need
	if len(rows) == 0 || all <= 0 {
		return 0
	}
	way := wk.Start - micro(rows[len(rows)-1].Updated.Time)
	return min(max(float64(way)/float64(all), 0), 1)
}

// usable are the rows of conversations that can be used; the others are noted in the
// page.
func usable(read lenient.Rows[conversation], p *helpdesk.Page) []*conversation {
	rows := make([]*conversation, 0, len(read))
	for row := range read.Each("conversation", p) {
		switch {
		case row.ID == "" || row.Number == "":
			lenient.Skip(p, "id", "conversation", row.ID)
		case row.Created.IsZero():
			lenient.Skip(p, "time", "conversation", row.Number)
		default:
			rows = append(rows, row)
		}
	}
	return rows
}
