package engine

import (
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// zerosDue reports whether series are to be exposed at 0 before the next booking.
func (s *Source) zerosDue() bool {
	return len(s.fresh) > 0 || s.series[seriesKey(kpi.LateFacts, nil)] == nil
}

// exposeZeros gives the groups that were seen since the last booking their
// series, in a commit of their own: a scrape may see the zeros first.
func (s *Source) exposeZeros() error {
	if !s.zerosDue() {
		return nil
	}
	b := &booking{s: s, wall: s.engine.opts.Now()}
	err := s.engine.update(func(tx state.Tx) error {
		b.begin(tx, &application{})
		for _, values := range s.fresh {
			b.expose(values)
		}
		b.zeros(kpi.ScopeSource, nil)
		return b.save()
	})
	if err != nil {
		return err
	}
	b.publish(s.meta)
	clear(s.fresh)
	return nil
}

// expose makes all enumerated series of a group, at 0.
func (b *booking) expose(values []string) {
	k := groupKey(values)
	if b.s.live.groups[k] != nil || b.groups[k] != nil {
		return
	}
	b.groups[k] = values
	b.zeros(kpi.ScopeConversation, values)
}

// zeros makes the series of a scope's families that are not there yet.
func (b *booking) zeros(scope kpi.Scope, base []string) {
	for _, f := range b.s.families {
		if f.Scope != scope {
			continue
		}
		eachExtra(f, base, func(v []string) {
			if b.s.series[seriesKey(f, v)] == nil {
				b.writable(f, v)
			}
		})
	}
}

// eachExtra calls fn with base extended by every combination of the family's
// enumerated labels.
func eachExtra(f *kpi.Family, base []string, fn func([]string)) {
	combos := [][]string{base}
	labels := f.Extra
	if f.Arrival {
		labels = append(labels[:len(labels):len(labels)], kpi.Label{Name: "arrival", Values: kpi.Arrivals})
	}
	for _, l := range labels {
		var next [][]string
		for _, c := range combos {
			for _, v := range l.Values {
				next = append(next, append(c[:len(c):len(c)], v))
			}
		}
		combos = next
	}
	for _, c := range combos {
		fn(c)
	}
}
