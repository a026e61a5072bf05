package callbell

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

const (
	// silence is how long nobody must have written for a contact whose history is
	// read for the first time to have been closed meanwhile: such closes are wiped
	// by the reopening after them, and nothing tells of them.
	silence = 7 * 24 * time.Hour
	// stays is how old a customer's message to a closed contact must be for the
	// contact to stay closed: such a message reopens it, and the row may be behind.
	stays = time.Minute
)

// look is one look at a contact: its row, the messages that are new and those of
// the same seconds, and what was known before. It becomes records, and what is
// known from now on.
type look struct {
	opts    *Options
	ct      *contact
	print   uint64 // of the row
	agent   string // whom the row names
	items   []item // oldest first, from the memo's Upto on
	m       memo
	before  memo
	now     int64
	horizon int64
	// begins is the second in which the opening that is asked for began, of a
	// contact of which nothing is remembered; 0: any.
	begins int64
	out    helpdesk.Page
}

// of sets the row.
func (k *look) of(ct *contact) { k.ct, k.print, k.agent = ct, k.opts.print(ct), agentID(ct.Assigned) }

// closed is when the row was closed, 0 while it is open.
func (k *look) closed() int64 { return k.ct.Closed.micro() }

// first divides the history of a contact that was never looked at: after each
// long silence another opening began. The last one is what the row tells of.
func (k *look) first() {
	k.m.Score = k.opts.score(k.ct)
	start := 0
	for i := 1; i < len(k.items); i++ {
		if !k.parts(k.items[i-1].at, k.items[i].at) {
			continue
		}
		if k.begin(k.items[start:i]) {
			k.say(k.items[start:i])
			k.close(k.items[i-1].at)
			k.row(k.items[start].at)
		}
		start = i
	}
	rest := k.items[start:]
	if !k.begin(rest) {
		k.m.Opening, k.m.Closed = 0, k.closed()
		return
	}
	k.say(rest)
	k.assign(rest)
	if k.closed() != 0 {
		k.close(k.closed())
	}
}

// parts reports whether another opening began between two messages.
func (k *look) parts(before, after int64) bool {
	if k.begins != 0 && before/1e6 < k.begins && after/1e6 >= k.begins {
		return true
	}
	return time.Duration(after-before)*time.Microsecond >= silence && (k.closed() == 0 || after <= k.closed())
}

// shut is a close that a reopening has wiped since it was read.
func (k *look) shut(at int64) {
	i := slices.IndexFunc(k.items, func(it item) bool { return it.at > at })
	if i < 0 {
		i = len(k.items)
	}
	k.say(k.items[:i])
	k.close(max(at, k.m.Opening))
	for j := range i {
		k.items[j].fresh = false
	}
}

// enough reports whether the history of a contact has been read as far back as is
// wanted, of messages with the newest first: behind a long silence from before the
// horizon begins another opening, of which nothing counts.
func (k *look) enough(items []item) bool {
	if k.closed() != 0 && k.closed() < k.horizon && items[0].at < k.horizon {
		return true
	}
	return k.wantedOf(items) < len(items)
}

// wantedOf is how many of the messages, with the newest first, are wanted.
func (k *look) wantedOf(items []item) int {
	for i := 1; i < len(items); i++ {
		if items[i].at < k.horizon && k.parts(items[i].at, items[i-1].at) {
			return i
		}
	}
	return len(items)
}

// wanted leaves out what is not, of messages with the oldest first.
func (k *look) wanted(items []item) []item {
	slices.Reverse(items)
	items = items[:k.wantedOf(items)]
	slices.Reverse(items)
	return items
}

// begin begins an opening with the first of some messages, and says that the
// conversation is told from its beginning. It is false where nobody wrote.
func (k *look) begin(items []item) bool {
	i := slices.IndexFunc(items, public)
	if i < 0 {
		return false
	}
	k.open(items[i].at)
	k.out.Served = append(k.out.Served, helpdesk.Want{Kind: helpdesk.WantConversation, ID: k.id()})
	return true
}

func public(it item) bool { return it.kind != note }

// open begins an opening. Its second is its identity: no other opening has it.
func (k *look) open(at int64) {
	if before := k.m.Opening; before != 0 && at/1e6 <= before/1e6 {
		at = (before/1e6 + 1) * 1e6
	}
	k.m.Opening, k.m.After, k.m.Updated = at, k.m.Updated, at
	k.m.Closed, k.m.Blocked, k.m.Handled = 0, 0, false
}

// next tells what is new of a contact that is known.
func (k *look) next() {
	items, closed := k.items, k.closed()
	switch {
	case k.m.Opening == 0 && k.m.Closed != 0 && closed == 0: // an agent opened it, and nobody has written yet
		k.open(k.now / 1e6 * 1e6)
	case k.m.Opening == 0:
	case k.m.Closed != 0 && closed == 0 && k.waits(items):
		return
	case k.m.Closed != 0 && closed == 0:
		items = k.reopen(items, 0)
	case k.m.Closed != 0 && closed > k.m.Closed: // and it was closed again
		items = k.reopen(items, closed)
	}
	k.say(items)
	if k.m.Opening == 0 {
		k.m.Closed = closed
		return
	}
	k.assign(items)
	if closed != 0 && k.m.Closed == 0 {
		k.close(max(closed, k.m.Opening))
	}
	k.rate(items)
}

// waits reports whether a contact was seen open again so shortly before that the
// message which reopened it may still be hidden.
func (k *look) waits(items []item) bool {
	if k.m.Opened == 0 {
		k.m.Opened = k.now / 1e6 * 1e6
	}
	k.m.Held = !slices.ContainsFunc(items, k.reopens) && k.now-k.m.Opened < settle.Microseconds()
	return k.m.Held
}

// reopen is a contact that is open again, or was until an instant (0: it is still):
// since the first message after its close, else since it was seen or that instant.
// Within the grace it is the same opening. It returns the messages of the
// opening that goes on.
func (k *look) reopen(items []item, until int64) []item {
	i := slices.IndexFunc(items, func(it item) bool { return (until == 0 || it.at <= until) && k.reopens(it) })
	at := until
	if opened := k.m.Opened; opened != 0 { // it was seen open: at the latest since then
		at = opened
	}
	if i >= 0 && (k.m.Opened == 0 || items[i].at <= k.m.Opened+settle.Microseconds()) {
		at = items[i].at
	}
	k.m.Opened = 0
	if at = max(at, k.m.Closed); at-k.m.Closed <= k.opts.ReopenGrace.Microseconds() {
		k.change(helpdesk.ChangeReopened, at)
		k.m.Closed = 0
		return items
	}
	if i < 0 {
		i = len(items)
	}
	k.say(items[:i])
	k.open(at)
	return items[i:]
}

// reopens reports whether a message may have reopened the contact: a new one after
// the close. What was written in the second of the close is before it, unless the
// customer wrote it.
func (k *look) reopens(it item) bool {
	return it.fresh && (public(it) && it.at > k.m.Closed || it.kind == received && it.at/1e6 == k.m.Closed/1e6)
}

// close ends the opening, unless it is reopened within the grace.
func (k *look) close(at int64) {
	k.m.Closed = at
	k.change(helpdesk.ChangeClosed, at)
}

// hold leaves out the customer's last messages to a contact whose row is closed
// since before them: a moment later the row tells whether they reopened it.
func (k *look) hold() {
	k.m.Held = false
	if k.closed() == 0 {
		return
	}
	i := slices.IndexFunc(k.items, func(it item) bool {
		return it.kind == received && it.at > k.closed() && k.now-it.at < stays.Microseconds()
	})
	if i >= 0 {
		k.items, k.m.Held = k.items[:i], true
	}
}

// remember notes up to where the messages have been told: whole seconds, and none
// of which the vendor may still hide a part.
func (k *look) remember() {
	if len(k.items) == 0 {
		return
	}
	settled := (k.now - settle.Microseconds()) / 1e6 * 1e6
	upto := max(k.m.Upto, min(k.items[len(k.items)-1].at, settled))
	k.m.Count = 0
	for _, it := range k.items {
		switch {
		case it.at >= upto:
			k.m.Count++
		case it.kind == received:
			k.m.Heard = max(k.m.Heard, it.at)
		}
	}
	k.m.Upto = upto
}
