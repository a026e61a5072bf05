package requesttracker

import (
	"context"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// statusKey names a status: two lifecycles may use one name differently.
type statusKey struct{ lifecycle, name string }

// activity says whether a custom status holds a ticket in a queue.
type activity uint8

const (
	unsure activity = iota + 1 // asked, and no ticket is in it now
	active
	inactive
)

// state is a status in the words of the product.
type state struct {
	status   helpdesk.Status
	excluded helpdesk.Exclusion
}

// listed maps the statuses of RT's default lifecycle; custom lifecycles that
// use these names mean the same by them.
func (o *Options) listed(name string) (state, bool) {
	switch strings.ToLower(name) {
	case "new":
		return state{status: helpdesk.StatusNew}, true
	case "open":
		return state{status: helpdesk.StatusOpen}, true
	case "stalled":
		return state{status: helpdesk.StatusOnHold}, true
	case "resolved":
		return state{status: helpdesk.StatusClosed}, true
	case "rejected":
		if o.RejectIsClose {
			return state{status: helpdesk.StatusClosed}, true
		}
		return state{helpdesk.StatusExcluded, helpdesk.ExcludedSpam}, true
	case "deleted":
		return state{helpdesk.StatusExcluded, helpdesk.ExcludedDeleted}, true
	}
	return state{}, false
}

// state maps a status. One of which nothing could be learned is open, so that
// no customer is forgotten, and known is false.
func (d *directory) state(o *Options, k statusKey) (s state, known bool) {
	if s, ok := o.listed(k.name); ok {
		return s, true
	}
	switch d.statuses[k] {
	case active:
		return state{status: helpdesk.StatusOpen}, true
	case inactive:
		return state{status: helpdesk.StatusClosed}, true
	}
	return state{status: helpdesk.StatusOpen}, false
}

// learnStatuses asks what custom statuses are, as far as tickets are in them
// now: no endpoint lists a lifecycle. What could not be learned is inferred where
// possible, else asked again after the next reconcile sweep.
func (c *Collector) learnStatuses(ctx context.Context, keys []statusKey) error {
	for _, k := range keys {
		if _, ok := c.opts.listed(k.name); ok || k.name == "" || c.dir.statuses[k] != 0 {
			continue
		}
		a, err := c.askStatus(ctx, k)
		if err != nil {
			return err
		}
		c.dir.statuses[k] = a
	}
	return nil
}

func (c *Collector) askStatus(ctx context.Context, k statusKey) (activity, error) {
	base := "Status = " + quote(k.name)
	if k.lifecycle != "" {
		base += " AND Lifecycle = " + quote(k.lifecycle)
	}
	for _, try := range []struct {
		set string
		is  activity
	}{{"__Inactive__", inactive}, {"__Active__", active}} {
		n, err := c.count(ctx, base+" AND Status = "+quote(try.set), rest.Clocks)
		if rest.ReasonOf(err) == rest.ReasonClient { // refused for this status: that must not hold back the feed
			return unsure, nil
		}
		if err != nil {
			return 0, err
		}
		if n > 0 {
			return try.is, nil
		}
	}
	return unsure, nil
}

// inferStatuses learns what tickets tell of statuses that none is in now: RT
// stamps a ticket Resolved when it becomes inactive, and only then, so the change
// that carries the stamp's time, alone in its second, led to an inactive status.
func (c *Collector) inferStatuses(txs []transaction, tickets map[string]*ticket) {
	type second struct {
		ticket text
		at     time.Time
	}
	changes := map[second]int{}
	for _, x := range txs {
		if x.Type == "Status" {
			changes[second{x.ObjectID, x.at}]++
		}
	}
	for _, x := range txs {
		t := tickets[string(x.ObjectID)]
		if x.Type != "Status" || t == nil || t.lent || !x.at.Equal(t.resolved) || changes[second{x.ObjectID, x.at}] > 1 {
			continue
		}
		if k := c.reader().statusKey(t, x.NewValue); c.dir.statuses[k] == unsure {
			c.dir.statuses[k] = inactive
		}
	}
}

// forgetUnsure lets statuses that could not be learned be asked again.
func (d *directory) forgetUnsure() {
	for k, a := range d.statuses {
		if a == unsure {
			delete(d.statuses, k)
		}
	}
}
