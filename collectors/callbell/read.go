package callbell

import (
	"context"
	"maps"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	// quietRows is how many contacts in a row must have nothing new for those
	// behind them to have nothing either: the list is ordered by recency, and
	// whatever else may move a contact to the front is not documented.
	quietRows = 3
	// horizonRows is the same for a first walk that has come to the horizon.
	horizonRows = pageSize
	// dryPages is after how many pages with hardly an open contact the rest of the
	// open ones are read one by one.
	dryPages = 2
	// singles is how many of them are read in one page.
	singles = 20
)

// walks is the cursor of the contacts.
type walks struct {
	Base int64 `json:"base,omitempty"` // the helpdesk's clock when the last complete walk began
	// Deep is set once a message was found behind contacts without news: then the
	// list is not ordered by messages, and those of every open contact are read.
	Deep bool          `json:"deep,omitempty"`
	Walk *contactsWalk `json:"walk,omitempty"`
}

// contactsWalk is one walk: from the front of the list as far as there is
// anything new, from there on as far as there are open contacts, whose rows alone
// tell of a close; what is left of those one by one.
type contactsWalk struct {
	Place  place `json:"place"`
	Start  int64 `json:"start"`
	First  bool  `json:"first,omitempty"`
	Long   bool  `json:"long,omitempty"`
	Pages  int64 `json:"pages,omitempty"` // that were read in it
	Phase  phase `json:"phase,omitempty"`
	Quiet  int   `json:"quiet,omitempty"`  // contacts in a row without news
	Old    int   `json:"old,omitempty"`    // those that are far enough back, too
	Passed bool  `json:"passed,omitempty"` // there were several of the former
	Dry    int   `json:"dry,omitempty"`    // pages in a row with hardly an open contact
}

// phase is what a walk is about.
type phase int

const (
	newsPhase   phase = iota // messages of all contacts
	rowsPhase                // rows of those that are open
	singlePhase              // the rest of them, one by one
)

// readContacts reads the next page of a walk over the contacts, and of their
// messages.
func (c *Collector) readContacts(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[walks](cursorVersion, w.Cursor)
	if st.Walk == nil {
		st.Walk = &contactsWalk{Start: micro(w.Now), First: st.Base == 0, Long: w.Long}
	}
	if err := c.rememberOpen(st.Walk); err != nil {
		return helpdesk.Page{}, err
	}
	c.again = st.Walk.Long
	defer func() { c.again = false }()
	page, err := c.contactsPage(ctx, &st)
	if again(err, &st.Walk.Place, w.Now) {
		st.Walk.restart()
		page, err = c.contactsPage(ctx, &st)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	st.Walk.Pages++
	c.leftAt = st.Walk.Pages
	if page.Done {
		st.Base, st.Walk = st.Walk.Start, nil
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}

// rememberOpen lists the contacts that are open as the walk begins. The list is in
// no cursor: a walk that has lost it, or of which a page was not stored, begins again
// at the front, with the same base.
func (c *Collector) rememberOpen(wk *contactsWalk) (err error) {
	if wk.First || c.leftOf == wk.Start && c.leftAt == wk.Pages && c.left != nil {
		return nil
	}
	if c.left, err = c.watching(); err != nil {
		return err
	}
	c.leftOf, c.leftAt = wk.Start, wk.Pages
	wk.restart()
	wk.Place = place{Restarted: wk.Place.Restarted}
	return nil
}

// restart begins the walk at the front again.
func (wk *contactsWalk) restart() {
	wk.Phase, wk.Quiet, wk.Old, wk.Passed, wk.Dry = newsPhase, 0, 0, false, 0
}

func (c *Collector) contactsPage(ctx context.Context, st *walks) (helpdesk.Page, error) {
	wk := st.Walk
	if wk.Phase == singlePhase {
		return c.singlesPage(ctx, wk)
	}
	a, err := page(ctx, c, listOfContacts(wk.prio()), wk.Place)
	if err != nil {
		return helpdesk.Page{}, err
	}
	known, err := c.recallAll(a)
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	met, left := 0, maps.Clone(c.left)
	for ct := range a.Each("contact", &page) {
		if left[string(ct.UUID)] {
			met++
			delete(left, string(ct.UUID))
		}
		if err := c.contact(ctx, ct, known[string(ct.UUID)], st, &page); err != nil {
			return helpdesk.Page{}, err
		}
	}
	wk.Place = a.next
	wk.Dry++
	if met > 1 {
		wk.Dry = 0
	}
	page.Done = wk.enough(a, len(left), &page)
	if wk.First && a.next.Pages > 0 {
		page.Progress = min(float64(a.next.Page)/float64(a.next.Pages), 1)
	}
	c.left = left
	return page, nil
}

func listOfContacts(prio rest.Priority) list[contact] {
	return list[contact]{endpoint: allContacts, path: allContacts, rows: func(b *body) maybe[lenient.Rows[contact]] { return b.Contacts }, prio: prio}
}

func (wk *contactsWalk) prio() rest.Priority {
	if wk.First {
		return rest.Background
	}
	return rest.Clocks
}

// enough decides after a page how the walk goes on, with so many open contacts
// that it has not met. It is true when there is nothing more to be read.
func (wk *contactsWalk) enough(a answered[contact], left int, p *helpdesk.Page) bool {
	ended := a.last || capped(a, p)
	switch {
	case wk.First:
		return ended || wk.Quiet >= horizonRows
	case !ended && wk.Phase == newsPhase:
		return false
	case left == 0:
		return true
	}
	behind := a.next.Pages - a.next.Page // pages, where that is told
	if ended || left == 1 || wk.Dry >= dryPages && (behind <= 0 || left < behind) {
		wk.Phase = singlePhase
	}
	return false
}

// contact tells what is new of one contact in a walk.
func (c *Collector) contact(ctx context.Context, ct *contact, was *memo, st *walks, page *helpdesk.Page) error {
	wk := st.Walk
	must := wk.looks() || (st.Deep || wk.Long) && was != nil && was.watched()
	s, err := c.meet(ctx, ct, was, wk.prio(), page, must)
	switch {
	case err != nil:
	case wk.First:
		wk.Quiet = counted(wk.Quiet, s.newest < micro(c.horizon))
	default:
		st.Deep = st.Deep || wk.Passed && s.missed && s.oldest < st.settled()
		st.count(s)
	}
	return err
}

// looks reports whether the walk looks at every contact that it meets.
func (wk *contactsWalk) looks() bool {
	return wk.Phase == newsPhase && !(wk.First && wk.Quiet >= horizonRows)
}

// settled is the instant before which the last walk has shown everything.
func (st *walks) settled() int64 { return st.Base - settle.Microseconds() }

// count notes whether a contact had anything new: where several in a row had none,
// those behind them should have none either. A long walk goes further.
func (st *walks) count(s seen) {
	wk, far := st.Walk, st.settled()
	if wk.Long {
		far = st.Base - longOverlap.Microseconds()
	}
	wk.Quiet = counted(wk.Quiet, !s.news && s.newest < st.settled())
	wk.Old = counted(wk.Old, !s.news && s.newest < far)
	wk.Passed = wk.Passed || wk.Quiet >= quietRows
	if wk.Phase == newsPhase && wk.Old >= quietRows {
		wk.Phase = rowsPhase
	}
}

// counted counts what comes in a row.
func counted(n int, more bool) int {
	if more {
		return n + 1
	}
	return 0
}

// singlesPage reads some of the open contacts that the list has not shown.
func (c *Collector) singlesPage(ctx context.Context, wk *contactsWalk) (helpdesk.Page, error) {
	var page helpdesk.Page
	left := maps.Clone(c.left)
	some := slices.Sorted(maps.Keys(left))
	some = some[:min(singles, len(some))]
	known, err := c.recall(some...)
	if err != nil {
		return helpdesk.Page{}, err
	}
	for _, uuid := range some {
		delete(left, uuid)
		ct := &contact{UUID: id(uuid)} // of which nothing is told: it is read by itself
		if _, err := c.meet(ctx, ct, known[uuid], wk.prio(), &page, false); err != nil {
			return helpdesk.Page{}, err
		}
	}
	c.left = left
	page.Done = len(left) == 0
	return page, nil
}
