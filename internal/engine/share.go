package engine

import (
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// share gives the messages that a merge has moved the marks that they have in
// the other conversation: what they did there is not booked again here. The one
// that they came from is booked first, as it would have been before the merge.
func (b *booking) share(id string, c *stored) error {
	others := map[string]*stored{}
	for i := range c.Items {
		it := &c.Items[i]
		if it.Kind != kpi.ItemMessage || it.From == "" && !it.Moved {
			continue
		}
		with, err := b.otherPlace(it)
		if err != nil {
			return err
		}
		if with == id {
			continue
		}
		other, found := others[with]
		if !found {
			if other, err = b.other(with, it.From != ""); err != nil {
				return err
			}
			others[with] = other
		}
		if other == nil {
			continue
		}
		if j := find(other.Items, it.Kind, it.ID); j >= 0 {
			it.Share(&other.Items[j])
		}
	}
	return nil
}

// otherPlace is the conversation that a message came from, else the one to which
// it has gone.
func (b *booking) otherPlace(it *kpi.Item) (string, error) {
	if it.From != "" {
		return it.From, nil
	}
	holder, err := b.tx.Get(b.s.opts.Name, state.TableMessages, []byte(it.ID))
	return string(holder), err
}

// other reads another conversation, booked if it is to be booked before.
func (b *booking) other(id string, before bool) (*stored, error) {
	c, err := b.read(id)
	if err != nil || c == nil || !before {
		return c, err
	}
	if b.unsaved[id] == nil && (c.Due == notDue || c.Due > max(b.mark, dueNow)) {
		return c, nil
	}
	if err := b.conversation(id); err != nil {
		return nil, err
	}
	return b.s.conversation(b.tx, id)
}
