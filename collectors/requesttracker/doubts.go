package requesttracker

import (
	"context"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// maxDoubts bounds the tickets that wait for a status to be learned.
const maxDoubts = 1000

// maxStatus is the longest that a status can be in RT's table of tickets: what
// is longer is something else, and no word of it is kept.
const maxStatus = 64

// doubt is a custom status that transactions named before anything was known of
// it, and their tickets: what was a close may have been read as none.
type doubt struct {
	Lifecycle string   `json:"lifecycle,omitempty"`
	Status    string   `json:"status"`
	Tickets   []string `json:"tickets"`
}

func (d doubt) key() statusKey { return statusKey{d.Lifecycle, d.Status} }

// doubt notes the statuses of a transaction that nothing is known of.
func (c *Collector) doubt(x *transaction, t *ticket) {
	if x.Type != "Status" {
		return
	}
	for _, status := range []text{x.OldValue, x.NewValue} {
		k := c.reader().statusKey(t, status)
		if _, known := c.dir.state(&c.opts, k); !known && status != "" && len(status) <= maxStatus {
			c.doubts = addDoubt(c.doubts, doubt{k.lifecycle, k.name, []string{string(x.ObjectID)}})
		}
	}
}

// addDoubt adds d's tickets to those of its status, as far as there is room.
func addDoubt(all []doubt, d doubt) []doubt {
	n := 0
	for _, o := range all {
		n += len(o.Tickets)
	}
	i := slices.IndexFunc(all, func(o doubt) bool { return o.key() == d.key() })
	if i < 0 {
		all, i = append(all, doubt{d.Lifecycle, d.Status, nil}), len(all)
	}
	for _, id := range d.Tickets {
		if !slices.Contains(all[i].Tickets, id) && n < maxDoubts {
			all[i].Tickets, n = append(all[i].Tickets, id), n+1
		}
	}
	return all
}

// askDoubts asks again for the statuses in doubt: a ticket may be in them now.
func (c *Collector) askDoubts(ctx context.Context, doubts []doubt) error {
	var keys []statusKey
	for _, d := range doubts {
		if c.dir.statuses[d.key()] == unsure {
			delete(c.dir.statuses, d.key())
		}
		keys = append(keys, d.key())
	}
	return c.learnStatuses(ctx, keys)
}

// settleDoubts moves new doubts to the cursor, and wants the tickets of those that
// turned out to be closes to be read again.
func (c *Collector) settleDoubts(pos *position, page *helpdesk.Page) {
	for _, d := range c.doubts {
		pos.Doubts = addDoubt(pos.Doubts, d)
	}
	c.doubts = nil
	pos.Doubts = slices.DeleteFunc(pos.Doubts, func(d doubt) bool {
		a := c.dir.statuses[d.key()]
		if a == inactive {
			for _, id := range d.Tickets {
				page.Wants = append(page.Wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id})
			}
		}
		return a == active || a == inactive
	})
}
