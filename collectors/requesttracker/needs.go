package requesttracker

import (
	"maps"
	"slices"
)

// usersOf lists the users that mapping needs to know more of than their
// numbers: owners, and those who did something in a ticket that is not theirs.
// Requestors are customers by that alone, and cost no call.
func (c *Collector) usersOf(txs []transaction, tickets map[string]*ticket) []string {
	var keys []string
	for _, t := range sorted(tickets) {
		keys = append(keys, c.stranger(t.Creator, t)...)
		if t.Owner.userName() != nobodyUser {
			keys = append(keys, userKey(t.Owner))
		}
	}
	for _, x := range txs {
		t := tickets[string(x.ObjectID)]
		switch {
		case t == nil || x.bad != nil:
		case x.Type == "Set" && x.Field == "Owner":
			keys = append(keys, string(x.OldValue), string(x.NewValue))
		case x.Type == "Create":
			keys = append(keys, c.mem.owners[string(x.ObjectID)])
			keys = append(keys, c.stranger(x.Creator, t)...)
		case x.Type != "Set" && x.Type != "CustomField":
			keys = append(keys, c.stranger(x.Creator, t)...)
		}
	}
	return keys
}

// stranger returns the key of a user who must be asked for.
func (c *Collector) stranger(u ref, t *ticket) []string {
	if u.userName() == systemUser || u.userName() == nobodyUser {
		return nil
	}
	if requestor(t, u) {
		return nil
	}
	return []string{userKey(u)}
}

// userKey is what a user is asked for by.
func userKey(u ref) string {
	if n := u.userNumber(); n != "" {
		return n
	}
	return u.userName()
}

// statusesOf lists the statuses that rows name.
func (c *Collector) statusesOf(txs []transaction, tickets map[string]*ticket) []statusKey {
	var keys []statusKey
	for _, t := range sorted(tickets) {
		if !t.merged {
			keys = append(keys, c.reader().statusKey(t, t.Status))
		}
	}
	for _, x := range txs {
		if t := tickets[string(x.ObjectID)]; t != nil && x.Type == "Status" {
			keys = append(keys, c.reader().statusKey(t, x.OldValue), c.reader().statusKey(t, x.NewValue))
		}
	}
	return keys
}

// queuesOf lists the queues that rows name by number alone.
func queuesOf(txs []transaction, tickets map[string]*ticket) []string {
	var numbers []string
	for _, t := range sorted(tickets) {
		if t.Queue.Name == "" {
			numbers = append(numbers, string(t.Queue.ID))
		}
	}
	for _, x := range txs {
		if x.Type == "Set" && x.Field == "Queue" {
			numbers = append(numbers, string(x.OldValue), string(x.NewValue))
		}
	}
	return numbers
}

// sorted lists tickets in a fixed order, so that calls come in a fixed order.
func sorted(tickets map[string]*ticket) []*ticket {
	var out []*ticket
	for _, id := range slices.Sorted(maps.Keys(tickets)) {
		out = append(out, tickets[id])
	}
	return out
}
