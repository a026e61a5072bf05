package intercom

import (
	"context"
	"encoding/json"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	// shortOverlap is what a round asks for again: the search knows of a change a
	// little later. longOverlap is the same for the walk of the reconcile sweep.
	shortOverlap = 2 * 60
	longOverlap  = 60 * 60
	// settles is how long, in seconds, a version may still grow: two changes in
	// one second have the same stamp, and clocks differ by one.
	settles = 3
	// atOnce is how many conversations are read in one page, so that what was
	// read is soon stored.
	atOnce = 75
)

// changes is the cursor of the conversations that changed.
type changes struct {
	High  int64 `json:"high,omitempty"` // the newest update that was read, in seconds
	Done  int64 `json:"done,omitempty"` // when the last complete walk began, on the helpdesk's clock
	Began int64 `json:"began,omitempty"`
	Again bool  `json:"again,omitempty"` // the walk reads again what was in doubt
	// Doubt is from where on the next sweep reads again, once: a row there could
	// not be read.
	Doubt int64    `json:"doubt,omitempty"`
	Known versions `json:"known,omitempty"`
	// Died is up to when deletions were read, on the helpdesk's clock, and Buried
	// are those that were told lately.
	Died   int64    `json:"died,omitempty"`
	Buried versions `json:"buried,omitempty"`
	Walk   *place   `json:"walk,omitempty"` // nil between walks
}

// readChanged reads the next page of what changed, oldest first, and each
// conversation that is new in it, with its parts: no list has them.
func (c *Collector) readChanged(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := readCursor[changes](w.Cursor)
	first := st.High == 0
	var page helpdesk.Page
	if st.Walk == nil {
		st.Walk, st.Began, st.Again = &place{From: st.begin(w)}, 0, w.Long && st.Doubt > 0
		if st.Again {
			st.Doubt = 0
		}
		if !w.Now.IsZero() {
			st.Began = w.Now.Unix()
		}
		c.readDeleted(ctx, &st, w, &page)
	}
	raw, next, err := c.changed(ctx, &st)
	if err != nil {
		return helpdesk.Page{}, err
	}
	spots, used, err := c.readNew(ctx, raw, &st, &page)
	if err != nil {
		return helpdesk.Page{}, err
	}
	from := st.Walk.From
	if len(page.Skipped) > 0 && !st.Again && (st.Doubt == 0 || from < st.Doubt) {
		st.Doubt = from
	}
	ended, ok := st.Walk.advance(spots, used, next)
	if !ok {
		return helpdesk.Page{}, loops(searchPath)
	}
	page.Progress = progress(from, w)
	if page.Done = ended; ended {
		if first {
			st.High = max(st.High, w.Horizon.Unix())
		}
		st.Walk, st.Done, page.Progress = nil, st.Began, 1
		st.Known = st.Known.keep(st.High - longOverlap)
	}
	page.Cursor, err = json.Marshal(st)
	return page, err
}

// begin is from which second on a walk reads: from what the search may not have
// known yet when the last one began, and always from the newest that it told,
// since clocks may differ by more.
func (st *changes) begin(w helpdesk.Walk) int64 {
	overlap := int64(shortOverlap)
	if w.Long {
		overlap = longOverlap
	}
	if st.High == 0 {
		return w.Horizon.Unix()
	}
	from := st.High - overlap
	if st.Done > 0 {
		from = min(st.Done-overlap, st.High+1)
	}
	if w.Long && st.Doubt > 0 {
		from = min(from, st.Doubt)
	}
	return from
}

// priority is that of history until the first walk is complete.
func (st *changes) priority() rest.Priority {
	if st.Done == 0 {
		return rest.Background
	}
	return rest.Clocks
}

// changed asks for a page. A cursor that the vendor does not take any more is
// given up: the page is asked for by its time.
func (c *Collector) changed(ctx context.Context, st *changes) ([]json.RawMessage, string, error) {
	at := st.Walk
	raw, next, err := c.list(ctx, byUpdate, both(since(byUpdate, at.From)), at.Page, st.priority())
	if at.Page != "" && refused(err) {
		at.Page = ""
		return c.list(ctx, byUpdate, both(since(byUpdate, at.From)), "", st.priority())
	}
	return raw, next, err
}

// readNew reads the conversations of rows that are new, and remembers which. It
// returns where the rows stand, and how many of them were gone through.
func (c *Collector) readNew(ctx context.Context, raw []json.RawMessage, st *changes, page *helpdesk.Page) (spots []spot, used int, err error) {
	var rows []conversation
	for _, r := range raw {
		var row conversation
		switch {
		case !lenient.Decode[id]("conversation", r, &row, page):
		case row.ID == "":
			lenient.Skip(page, "id", "conversation", row.ID)
		case row.Updated.IsZero():
			// It has no place in the walk. By its id it may still be read.
			lenient.Skip(page, "time", "conversation", row.ID)
			page.Wants = append(page.Wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: string(row.ID)})
		default:
			rows = append(rows, row)
			spots = append(spots, spot{row.Updated.Unix(), string(row.ID)})
		}
	}
	calls := 0
	for i, row := range rows {
		if calls == atOnce && inOrder(spots) && spots[i-1].at > st.Walk.From {
			return spots, i, nil
		}
		if st.Known.has(spots[i].id, spots[i].at) {
			continue
		}
		calls++
		if err := c.readOne(ctx, string(row.ID), st.priority(), page); err != nil {
			if rest.Hopeless(err) {
				return nil, 0, err
			}
			page.Wants = append(page.Wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: string(row.ID)})
		}
		st.note(spots[i], c.now)
	}
	return spots, len(spots), nil
}

// inOrder reports whether rows stand in the order that was asked for.
func inOrder(spots []spot) bool {
	for i := 1; i < len(spots); i++ {
		if spots[i].at < spots[i-1].at {
			return false
		}
	}
	return true
}

// note remembers that a version was read, unless it may still grow.
func (st *changes) note(s spot, now time.Time) {
	st.High = max(st.High, s.at)
	if now.IsZero() || now.Unix()-s.at >= settles {
		st.Known = append(st.Known, seen{s.id, s.at})
	}
	if len(st.Known) > 4*pageSize {
		st.Known = st.Known.keep(st.High - longOverlap)
	}
}

// progress of a first walk is the share of the time from the horizon to now.
func progress(at int64, w helpdesk.Walk) float64 {
	span := w.Now.Sub(w.Horizon).Seconds()
	if span <= 0 {
		return 0
	}
	return min(max(float64(at-w.Horizon.Unix())/span, 0), 1)
}
