package intercom

import (
	"encoding/json"
)

// place is where a search that is read oldest first stands. The next page is
// asked for by the time of the last row, not by the vendor's cursor: rows that
// are updated while pages are read leave their places, and a cursor that counts
// rows would skip others. The cursor is used only within one second, and where
// rows did not come in order.
type place struct {
	From int64  `json:"from"`           // seconds: rows at or after it are asked for
	Page string `json:"page,omitempty"` // the cursor of the next page
	// Loose is set once rows came out of order: the rest of the walk then follows
	// the cursor.
	Loose bool `json:"loose,omitempty"`
}

// spot is where a row stands in its order.
type spot struct {
	at int64
	id string
}

// advance moves past a page whose rows stand at spots, of which read were used;
// next is the cursor of the page after it. ended is true behind the last row, ok
// is false when the vendor gives the same page again.
func (p *place) advance(spots []spot, used int, next string) (ended, ok bool) {
	for i := 1; i < len(spots); i++ {
		p.Loose = p.Loose || spots[i].at < spots[i-1].at
	}
	if next == "" && used == len(spots) {
		return true, true
	}
	if !p.Loose && used > 0 && spots[used-1].at > p.From {
		p.From, p.Page = spots[used-1].at, ""
		return false, true
	}
	if used < len(spots) || next == p.Page {
		return false, false
	}
	p.Page = next
	return false, true
}

// readCursor reads a stream's cursor. One that can't be read is none: the walk
// begins again.
func readCursor[T any](cursor []byte) (v T) {
	if len(cursor) > 0 && json.Unmarshal(cursor, &v) != nil {
		var none T
		return none
	}
	return v
}

// seen is a version of a conversation that was read.
type seen struct {
	ID string `json:"i"`
	At int64  `json:"t"`
}

// versions remembers what was read lately, so that what a walk reads again costs
// no calls.
type versions []seen

func (v versions) has(id string, at int64) bool {
	for _, s := range v {
		if s.ID == id && s.At == at {
			return true
		}
	}
	return false
}

// keep drops what is older than a second.
func (v versions) keep(from int64) versions {
	kept := v[:0]
	for _, s := range v {
		if s.At >= from {
			kept = append(kept, s)
		}
	}
	return kept
}
