package freshdesk

import "time"

const (
	// doubtedReads is how often a ticket is read again, once a round, whose messages
	// do not show what its stamps tell.
	doubtedReads = 20
	// doubtsBelieved is after how many tickets that stayed so the stamps are taken to
	// mean something else in this account.
	doubtsBelieved = 20
	// maxDoubts bounds the tickets that are in doubt at once.
	maxDoubts = 100
	// doubtSlack is how far a stamp may be from its message: the vendor sets them
	// one after the other.
	doubtSlack = 5 * time.Second
)

// doubts are tickets whose stamps tell of a later message than their messages
// show: the list of messages was behind, or left one out. Only memory: a restart
// costs a few reads more.
type doubts struct {
	reads    map[id]int // so far, of those that are wanted again
	believed int
}

// wrote is when each side wrote last in a ticket.
type wrote struct{ customer, team time.Time }

func (w *wrote) note(m *message) {
	side := &w.team
	if m.Incoming.V {
		side = &w.customer
	}
	if m.Created.After(*side) {
		*side = m.Created.Time
	}
}

// behind reports whether the stamps of a ticket tell of later messages.
func (w wrote) behind(s *stats) bool {
	return s.AgentResponded.After(w.team.Add(doubtSlack)) || s.RequesterResponded.After(w.customer.Add(doubtSlack))
}

// again reports whether a ticket is to be read once more, whose messages were read.
func (d *doubts) again(t *ticket, w wrote) bool {
	reads, doubted := d.reads[t.ID]
	switch {
	case !w.behind(&t.Stats.V):
		delete(d.reads, t.ID)
		return false
	case reads >= doubtedReads:
		delete(d.reads, t.ID)
		d.believed++
		return false
	case d.believed >= doubtsBelieved || !doubted && len(d.reads) >= maxDoubts:
		return false
	case d.reads == nil:
		d.reads = map[id]int{}
	}
	d.reads[t.ID]++
	return true
}
