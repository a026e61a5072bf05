package kpi

import (
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// phases is what became of a conversation's status changes: which of its items
// count, which closes last, and between which instants a close was undone.
//
// An item that does not count is nil in steps. Before anything is measured,
// exclusions, snoozes and closes inside the grace are settled here, so that
// the measuring itself meets only what was effective.
type phases struct {
	steps   []*Item // the items that count, in order
	undone  []span  // closes that were taken back within the grace
	taken   []*Item // those closes
	outside []span  // while the conversation was excluded
	merged  bool    // it was merged away
}

// span is a stretch of time, from (inclusive) to (exclusive).
type span struct{ from, to int64 }

func (s span) holds(at int64) bool { return at >= s.from && at < s.to }

const (
	forever = 1<<63 - 1
	last64  = 1<<64 - 1 // the place of an assumed item: after all that the vendor told of that instant
)

// settle finds the phases of a conversation. Items that the vendor told no
// event of, only the row's stamp, are added to the conversation as assumed.
func settle(p *Policy, c *Conversation) phases {
	c.Items = slices.DeleteFunc(c.Items, func(it Item) bool { return it.Assumed && !it.kept() })
	assumeExclusion(c)
	var ph phases
	ph.exclude(c)
	if assumeClose(p, c, &ph) {
		ph = phases{}
		ph.exclude(c)
	}
	snoozed, woken := causes(c)
	ph.close(p, snoozed, woken)
	return ph
}

// kept reports whether an assumed item has been acted upon: from then on it
// stays, as an event would.
func (it *Item) kept() bool { return it.Marks != 0 }

// exclude drops what happened while the conversation was excluded.
func (ph *phases) exclude(c *Conversation) {
	ph.steps = make([]*Item, 0, len(c.Items))
	since := int64(0)
	for i := range c.Items {
		it := &c.Items[i]
		if it.Kind == ItemStatus {
			ph.merged = it.Excluded == helpdesk.ExcludedMerged || ph.merged && it.Change != helpdesk.ChangeRestored
		}
		switch {
		case since != 0 && it.Kind == ItemStatus && it.Change == helpdesk.ChangeRestored:
			ph.outside = append(ph.outside, span{since, it.At})
			since = 0
			ph.steps = append(ph.steps, it)
		case since != 0 && it.Kind != ItemRelabel:
			// nothing after the exclusion counts
		case it.Kind == ItemStatus && it.Change == helpdesk.ChangeExcluded:
			since = it.At
			ph.steps = append(ph.steps, it)
		case it.Kind == ItemStatus && it.Change == helpdesk.ChangeRestored:
			// nothing to restore
		default:
			ph.steps = append(ph.steps, it)
		}
	}
	if since != 0 {
		ph.outside = append(ph.outside, span{since, forever})
	}
}

// excludedNow reports whether the last exclusion is still in force.
func (ph *phases) excludedNow() bool {
	return len(ph.outside) > 0 && ph.outside[len(ph.outside)-1].to == forever
}

func (ph *phases) excludedAt(at int64) bool {
	return slices.ContainsFunc(ph.outside, func(s span) bool { return s.holds(at) })
}

// ready is when a fact of a clock at an instant could first be booked: at once,
// unless a close was in its grace then, which its reopening undid.
func (ph *phases) ready(at int64) int64 {
	for _, s := range ph.undone {
		if s.holds(at) {
			return s.to
		}
	}
	return at
}

// readyItem is ready for something that happened: what comes before a close at
// the close's own instant does not depend on it.
func (ph *phases) readyItem(it *Item) int64 {
	for i, s := range ph.undone {
		if s.holds(it.At) && Compare(it, ph.taken[i]) > 0 {
			return s.to
		}
	}
	return it.At
}

// close takes back the closes that did not last, and drops what changes nothing.
func (ph *phases) close(p *Policy, snoozed, woken map[string]bool) {
	var closed *Item
	closedAt := 0 // its place in steps
	for i, it := range ph.steps {
		if it.Kind != ItemStatus {
			continue
		}
		switch it.Change {
		case helpdesk.ChangeClosed:
			switch {
			case it.Cause != "" && snoozed[it.Cause]:
				ph.steps[i] = nil
			case closed != nil:
				closed.Marks |= it.Marks // the same close told twice
				ph.steps[i] = nil
			default:
				closed, closedAt = it, i
			}
		case helpdesk.ChangeReopened:
			switch {
			case closed == nil: // it may still tell the status
			case it.Cause != "" && woken[it.Cause]:
				ph.steps[i] = nil
			case p.inGrace(closed.At, it.At):
				ph.undo(closedAt, it.At)
				closed = nil
			default:
				closed = nil
			}
		case helpdesk.ChangeStatus:
			if closed != nil && it.To == helpdesk.StatusSnoozed && p.inGrace(closed.At, it.At) {
				ph.undo(closedAt, it.At)
				closed = nil
			}
		}
	}
	ph.steps = slices.DeleteFunc(ph.steps, func(it *Item) bool { return it == nil })
}

// undo removes a close that did not last.
func (ph *phases) undo(i int, reopened int64) {
	ph.undone = append(ph.undone, span{ph.steps[i].At, reopened})
	ph.taken = append(ph.taken, ph.steps[i])
	ph.steps[i] = nil
}

func (p *Policy) inGrace(closed, at int64) bool { return at-closed <= int64(p.ReopenGrace) }

// causes collects the causes of snoozes and of wakings.
func causes(c *Conversation) (snoozed, woken map[string]bool) {
	for i := range c.Items {
		it := &c.Items[i]
		if it.Kind != ItemStatus || it.Change != helpdesk.ChangeStatus || it.Cause == "" {
			continue
		}
		if it.To == helpdesk.StatusSnoozed {
			if snoozed == nil {
				snoozed = map[string]bool{}
			}
			snoozed[it.Cause] = true
		} else {
			if woken == nil {
				woken = map[string]bool{}
			}
			woken[it.Cause] = true
		}
	}
	return snoozed, woken
}

// assumeExclusion adds the exclusion or the restoration that the row shows and
// no event told. A merged conversation is never assumed to come back.
func assumeExclusion(c *Conversation) {
	var last *Item
	for i := range c.Items {
		it := &c.Items[i]
		if it.Kind != ItemStatus {
			continue
		}
		switch {
		case it.Change == helpdesk.ChangeExcluded && (last == nil || last.Change == helpdesk.ChangeRestored):
			last = it
		case it.Change == helpdesk.ChangeRestored && last != nil:
			last = it
		}
	}
	excluded := last != nil && last.Change == helpdesk.ChangeExcluded
	row := c.Row
	it := Item{Kind: ItemStatus, ID: "row", Lane: helpdesk.LaneEvents, Seq: last64, Assumed: true}
	switch {
	case !excluded && row.Excluded != helpdesk.NotExcluded:
		it.At, it.Change, it.Excluded = row.ExcludedAt, helpdesk.ChangeExcluded, row.Excluded
		if it.At == 0 {
			it.At = row.Updated
		}
		if last != nil {
			it.At = max(it.At, last.At)
		}
	case excluded && row.Excluded == helpdesk.NotExcluded && last.Excluded != helpdesk.ExcludedMerged && row.Updated > last.At:
		// Marked, so that it stays where it is when the row is updated again.
		it.At, it.Change, it.Marks = row.Updated, helpdesk.ChangeRestored, markReopened
	default:
		return
	}
	c.add(it)
}

// assumeClose adds the close that the row shows and no event told.
func assumeClose(p *Policy, c *Conversation, ph *phases) bool {
	if c.Row.Status != helpdesk.StatusClosed || c.Row.Closed == 0 || ph.excludedNow() {
		return false
	}
	closed, last := false, int64(0)
	for i := range c.Items {
		switch it := &c.Items[i]; it.Change {
		case helpdesk.ChangeClosed:
			closed, last = true, it.At
		case helpdesk.ChangeReopened:
			closed, last = false, it.At
		}
	}
	if closed || c.Row.Closed < last {
		return false
	}
	c.add(Item{
		Kind: ItemStatus, ID: "row", At: c.Row.Closed, Lane: helpdesk.LaneEvents, Seq: last64,
		Change: helpdesk.ChangeClosed, Assumed: true,
	})
	return true
}

// add inserts an item in its place.
func (c *Conversation) add(it Item) {
	i, _ := slices.BinarySearchFunc(c.Items, &it, func(a Item, b *Item) int { return Compare(&a, b) })
	c.Items = slices.Insert(c.Items, i, it)
}
