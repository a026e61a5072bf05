package truth

import (
	"cmp"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// item is one thing that happened in a conversation. Its record is a Message,
// a StatusChange, an Assignment or a Relabel.
type item struct {
	helpdesk.Key
	record helpdesk.Record
	pos    int // its place in the order of the whole history
}

// change returns what status change the item is, 0 for none.
func (it *item) change() helpdesk.Change {
	if c, ok := it.record.(helpdesk.StatusChange); ok {
		return c.Change
	}
	return 0
}

// public returns the item's message, if it is a public one.
func (it *item) public() (helpdesk.Message, bool) {
	m, ok := it.record.(helpdesk.Message)
	return m, ok && m.Public
}

func (it *item) byCustomer() bool {
	m, ok := it.public()
	return ok && m.Author == helpdesk.AuthorCustomer
}

// turnOf says which of two items without a sequence goes first: messages, the
// customer's before all others, then changes, a reopening first and a close last.
func (it *item) turnOf() string {
	if m, ok := it.record.(helpdesk.Message); ok {
		if m.Author == helpdesk.AuthorCustomer {
			return "a: asks"
		}
		return "b: answers"
	}
	switch it.change() {
	case helpdesk.ChangeReopened:
		return "c: reopens"
	case helpdesk.ChangeClosed:
		return "e: closes"
	}
	return "d: changes"
}

// lastLane puts what only the row tells behind all records of its instant.
const lastLane = helpdesk.Lane(255)

// history returns a conversation's items in their order, each once, and its
// ratings, each once.
func history(c Conversation) ([]item, []helpdesk.Rating) {
	type id struct{ kind, id string }
	items := map[id]item{}
	ratings := map[string]helpdesk.Rating{}
	for _, r := range c.Records {
		switch r := r.(type) {
		case helpdesk.Message:
			k := id{"message", r.ID}
			if old, ok := items[k]; ok {
				r.Undelivered = r.Undelivered || old.record.(helpdesk.Message).Undelivered
			}
			items[k] = item{Key: r.Key, record: r}
		case helpdesk.StatusChange:
			items[id{"status", r.ID}] = item{Key: r.Key, record: r}
		case helpdesk.Assignment:
			items[id{"assignment", r.ID}] = item{Key: r.Key, record: r}
		case helpdesk.Relabel:
			items[id{"relabel", r.ID}] = item{Key: r.Key, record: r}
		case helpdesk.Rating:
			ratings[r.ID] = fullerRating(ratings[r.ID], r)
		}
	}
	var ordered []item
	for _, it := range items {
		ordered = append(ordered, it)
	}
	var rated []helpdesk.Rating
	for _, r := range ratings {
		rated = append(rated, r)
	}
	return inOrder(ordered), rated
}

// inTurn compares two items by which happened first.
func inTurn(a, b item) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Seq, b.Seq),
		cmp.Compare(a.turnOf(), b.turnOf()), cmp.Compare(a.ID, b.ID), cmp.Compare(a.change(), b.change()))
}

// inOrder sorts items and numbers them.
func inOrder(items []item) []item {
	slices.SortFunc(items, inTurn)
	for i := range items {
		items[i].pos = i
	}
	return items
}

// fullerRating puts two versions of one survey together: what either knows,
// and of two scores the first.
func fullerRating(a, b helpdesk.Rating) helpdesk.Rating {
	if a.Sent.IsZero() || (!b.Sent.IsZero() && b.Sent.Before(a.Sent)) {
		a.Sent = b.Sent
	}
	if a.Scored.IsZero() || (!b.Scored.IsZero() && b.Scored.Before(a.Scored)) {
		a.Scored, a.Score = b.Scored, b.Score
	}
	a.ID = b.ID
	return a
}

// withoutEchoes drops the closes that are part of a snooze, and the reopenings
// that are part of a waking: those that name the same cause.
func withoutEchoes(items []item) []item {
	snoozed, woken := map[string]bool{}, map[string]bool{}
	for _, it := range items {
		if c, ok := it.record.(helpdesk.StatusChange); ok && c.Change == helpdesk.ChangeStatus && c.Cause != "" {
			snoozed[c.Cause] = snoozed[c.Cause] || c.To == helpdesk.StatusSnoozed
			woken[c.Cause] = woken[c.Cause] || c.To == helpdesk.StatusOpen
		}
	}
	return slices.DeleteFunc(items, func(it item) bool {
		c, ok := it.record.(helpdesk.StatusChange)
		return ok && (c.Change == helpdesk.ChangeClosed && snoozed[c.Cause] ||
			c.Change == helpdesk.ChangeReopened && woken[c.Cause])
	})
}

// withRowsWord adds the exclusion and the close that only the row tells.
func withRowsWord(items []item, row helpdesk.Conversation, grace time.Duration) []item {
	if row.Excluded != helpdesk.NotExcluded && !endsExcluded(items) {
		at := row.ExcludedAt
		if at.IsZero() {
			at = row.Updated
		}
		items = append(items, rowItem(at, helpdesk.StatusChange{Change: helpdesk.ChangeExcluded, Excluded: row.Excluded}))
	}
	if row.Status == helpdesk.StatusClosed && !row.Closed.IsZero() {
		closed, since := endsClosed(items, grace)
		if !closed && !row.Closed.Before(since) {
			items = append(items, rowItem(row.Closed, helpdesk.StatusChange{Change: helpdesk.ChangeClosed}))
		}
	}
	return inOrder(items)
}

func rowItem(at time.Time, c helpdesk.StatusChange) item {
	return item{Key: helpdesk.Key{At: at, Lane: lastLane}, record: c}
}

func endsExcluded(items []item) bool {
	excluded := false
	for _, it := range items {
		switch it.change() {
		case helpdesk.ChangeExcluded:
			excluded = true
		case helpdesk.ChangeRestored:
			excluded = false
		}
	}
	return excluded
}

// endsClosed reports whether the records tell a close after the last
// reopening, and when that reopening was.
func endsClosed(items []item, grace time.Duration) (bool, time.Time) {
	var closed bool
	var close, reopened time.Time
	for _, it := range items {
		switch {
		case it.change() == helpdesk.ChangeClosed && !closed:
			closed, close = true, it.At
		case it.change() == helpdesk.ChangeReopened,
			isSnooze(it) && closed && !it.At.After(close.Add(grace)):
			closed, reopened = false, it.At
		}
	}
	return closed, reopened
}

func isSnooze(it item) bool {
	c, ok := it.record.(helpdesk.StatusChange)
	return ok && c.Change == helpdesk.ChangeStatus && c.To == helpdesk.StatusSnoozed
}

// withoutExcluded drops everything that happened while the conversation was
// excluded; the exclusions and restorations themselves stay.
func withoutExcluded(items []item) []item {
	excluded := false
	return slices.DeleteFunc(items, func(it item) bool {
		switch it.change() {
		case helpdesk.ChangeExcluded:
			again := excluded
			excluded = true
			return again
		case helpdesk.ChangeRestored:
			again := !excluded
			excluded = false
			return again
		}
		return excluded
	})
}

// window is a close that did not last: from it to what undid it, the clocks
// that it would have ended were provisional.
type window struct{ close, undone item }

// settle leaves only the lasting closes and their reopenings. A close that was
// reopened, or snoozed, within the grace becomes a window; what undid it is a
// change to a live status, as is a reopening of what is not closed.
func settle(items []item, grace time.Duration) ([]item, []window) {
	var out []item
	var windows []window
	closedAt := -1 // index in out of the close in force
	for _, it := range items {
		c, _ := it.record.(helpdesk.StatusChange)
		switch {
		case c.Change == helpdesk.ChangeClosed:
			if closedAt >= 0 {
				continue
			}
			closedAt = len(out)
		case c.Change == helpdesk.ChangeReopened || isSnooze(it):
			lasting := closedAt >= 0 && it.At.After(out[closedAt].At.Add(grace))
			switch {
			case closedAt >= 0 && !lasting:
				windows = append(windows, window{out[closedAt], it})
				out = slices.Delete(out, closedAt, closedAt+1)
				closedAt = -1
			case lasting && c.Change == helpdesk.ChangeReopened:
				closedAt = -1
				out = append(out, it)
				continue
			}
			c.Change = helpdesk.ChangeStatus
			it.record = c
		}
		out = append(out, it)
	}
	return out, windows
}
