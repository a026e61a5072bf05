package requesttracker

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

const (
	// shortOverlap is how many known transactions a round reads again, because
	// a lower number may become visible after a higher one: with a few new ones
	// they fit in the page that a round costs anyway.
	shortOverlap = 50
	// longOverlap is the same for the walk that goes with the reconcile sweep,
	// and how many numbers the cursor remembers.
	longOverlap = 500
)

// position is the cursor of the feed: the transactions that are known, and,
// in the middle of a walk, how far down it has come. Walks go from the newest
// transaction down, so what was known before stays the base until the walk is
// complete: a walk that is cut off goes on, or starts again, without a gap.
type position struct {
	// Known are the newest transactions that were applied, newest first.
	Known idList `json:"known,omitempty"`
	Walk  *walk  `json:"walk,omitempty"`
	// Doubts are statuses that could not be learned yet.
	Doubts []doubt `json:"doubts,omitempty"`
}

type walk struct {
	// Anchor is a known transaction: the walk is complete when it is read. 0 in
	// a first walk, which ends at the horizon.
	Anchor uint64 `json:"anchor,omitempty"`
	// Next is the lowest transaction read: below it the walk goes on. 0 at first.
	Next uint64 `json:"next,omitempty"`
	// Page counts pages below Next without a visible row, Doubted is set when the
	// last was empty only once: it is asked for again before it counts.
	Page    int  `json:"page,omitempty"`
	Doubted bool `json:"doubted,omitempty"`
	// Depth is how many pages without a visible row on top of all are gone
	// through before the first is asked for again; 0 is topPages.
	Depth int `json:"depth,omitempty"`
	// Seen are the newest transactions of this walk, known ones included.
	Seen idList `json:"seen,omitempty"`
}

func decodePosition(cursor []byte) (position, error) {
	var p position
	if cursor == nil {
		return p, nil
	}
	if lenient.Unmarshal(cursor, &p) != nil || !p.Walk.sound() {
		return p, errors.New("read the cursor of the transaction feed: it is damaged, or a later version's")
	}
	return p, nil
}

// sound reports whether a walk has seen nothing below where it goes on, or below its
// anchor: what it sees next is then lower than all of it.
func (w *walk) sound() bool {
	if w == nil || len(w.Seen) == 0 {
		return true
	}
	lowest := w.Seen[len(w.Seen)-1]
	return w.Next > 0 && lowest >= max(w.Next, w.Anchor)
}

func (p *position) encode() ([]byte, error) { return json.Marshal(p) }

// begin starts a walk, unless one is under way.
func (p *position) begin(long bool) {
	overlap := shortOverlap
	if long {
		overlap = longOverlap
	}
	w := &walk{Page: 1}
	if n := min(overlap, len(p.Known)); n > 0 {
		w.Anchor = p.Known[n-1]
	}
	p.Walk = w
}

// first reports whether this is a walk without a base.
func (p *position) first() bool { return len(p.Known) == 0 }

// see notes a page's transactions, newest first, and goes on below them. It is
// false for a page that holds none below those of the page before, or none from
// the anchor on at the top: a server or a proxy on the way has said something again.
func (w *walk) see(ids []uint64) bool {
	lowest := ids[len(ids)-1]
	if w.Next > 0 && lowest >= w.Next || w.Next == 0 && ids[0] < w.Anchor {
		return false
	}
	for _, id := range ids {
		if len(w.Seen) < longOverlap && id >= w.Anchor && (w.Next == 0 || id < w.Next) {
			w.Seen = append(w.Seen, id)
		}
	}
	w.Next, w.Page, w.Doubted = lowest, 1, false
	return true
}

// skip notes a page without a visible row, and reports whether it proves that
// there is none below Next: rows that the account may not see are taken out of
// a page after it was cut, but never more rows than numbers lie between.
func (w *walk) skip() (end bool) {
	bottom := max(w.Anchor, 1)
	if w.Next <= bottom || uint64(w.Page)*pageSize >= w.Next-bottom {
		return true
	}
	w.Page++
	return false
}

// deeper notes a page without a visible row on top of all. How many hidden rows
// there may be nobody tells: the first page is asked for again and again, and
// what lies between is twice as deep each time.
func (w *walk) deeper() {
	depth := max(w.Depth, topPages)
	if w.Page++; w.Page > depth {
		w.Page, w.Depth = 1, 2*depth
	}
}

// finish makes what the walk saw the base of the next one. Known transactions
// that it should have met and did not are no longer visible: they leave.
func (p *position) finish() {
	known := p.Walk.Seen
	for _, id := range p.Known {
		if id < p.Walk.Anchor && len(known) < longOverlap {
			known = append(known, id)
		}
	}
	p.Known, p.Walk = known, nil
}

// knows reports whether a transaction was applied by an earlier walk.
func (p *position) knows(id uint64) bool { return slices.Contains(p.Known, id) }

// idList is a list of descending numbers, written as the first and the steps
// down from it.
type idList []uint64

// MarshalJSON implements json.Marshaler.
func (l idList) MarshalJSON() ([]byte, error) {
	steps := make([]uint64, len(l))
	for i, id := range l {
		if steps[i] = id; i > 0 {
			steps[i] = l[i-1] - id
		}
	}
	return json.Marshal(steps)
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *idList) UnmarshalJSON(b []byte) error {
	var steps []uint64
	if err := lenient.Unmarshal(b, &steps); err != nil {
		return err
	}
	for i := 1; i < len(steps); i++ {
		if steps[i] == 0 || steps[i] >= steps[i-1] {
			return errors.New("numbers must fall")
		}
		steps[i] = steps[i-1] - steps[i]
	}
	*l = steps
	return nil
}
