package requesttracker

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// maxSingles bounds the tickets that a walk remembers because no search finds
// them: deleted and merged ones.
const maxSingles = 1000

// walkMemory is what a walk down the feed has learned on its way. It spares
// calls; without it (after a restart in the middle) the walk asks instead.
type walkMemory struct {
	// owners is, by ticket, who owned it before the earliest owner change that
	// the walk has met, and changed the time of the newest row that it has met.
	owners  map[string]string
	changed map[string]time.Time
	singles map[string]*ticket
	wanted  map[string]uint64 // wants, by ticket, with the row that raised them
	next    uint64            // how far down this memory goes
	partial bool              // the walk's first pages were read by another process
	began   time.Time         // before its first page was read, on the helpdesk's clock
	empty   bool              // the desk had no ticket when it was last asked
}

// begin forgets the last walk. The long walk also asks an empty desk again.
func (m *walkMemory) begin(long bool, now time.Time) {
	*m = walkMemory{
		began:   now,
		owners:  map[string]string{},
		changed: map[string]time.Time{},
		singles: map[string]*ticket{},
		wanted:  map[string]uint64{},
		empty:   m.empty && !long,
	}
}

// resume makes sure that the memory belongs to the walk.
func (m *walkMemory) resume(w *walk, now time.Time) {
	if m.owners == nil || w.Next > 0 && (m.next == 0 || m.next > w.Next) {
		m.begin(false, now)
		m.partial = w.Next > 0
	}
}

// note remembers what a page's rows, newest first, tell about earlier times.
func (m *walkMemory) note(txs []transaction) {
	for _, x := range txs {
		id := string(x.ObjectID)
		if m.changed[id].Before(x.at) {
			m.changed[id] = x.at
		}
		if x.Type == "Set" && x.Field == "Owner" {
			m.owners[id] = string(x.OldValue)
		}
	}
}

// keep remembers a ticket that no search finds.
func (m *walkMemory) keep(id string, t *ticket) {
	if m.singles != nil && len(m.singles) < maxSingles {
		m.singles[id] = t
	}
}

// forget makes sure that tickets are read anew.
func (m *walkMemory) forget(ids []string) {
	for _, id := range ids {
		delete(m.singles, id)
	}
}

// want adds a want for a ticket's whole conversation, once a walk. A page that
// is read again raises its wants again.
func (m *walkMemory) want(page *helpdesk.Page, id string, row uint64) {
	if at, ok := m.wanted[id]; ok && at != row {
		return
	}
	m.wanted[id] = row
	page.Wants = append(page.Wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id})
}

// firstOwner says who owned a ticket when it was created, which RT writes into
// no transaction: who the earliest owner change took it from, else its owner of
// now. sure is false when a change may have been missed.
func (m *walkMemory) firstOwner(t *ticket, now string) (number string, sure bool) {
	id := string(t.ID)
	if n, ok := m.owners[id]; ok {
		return n, true
	}
	// RT stamps the row together with the transaction: a later stamp may be that
	// of an owner change which came after the page was read.
	return now, now == "" || !m.partial && !t.updated.After(m.changed[id])
}
