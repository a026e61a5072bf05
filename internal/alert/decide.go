package alert

import (
	"cmp"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// view is a conversation with the promised clocks that run in it.
type view struct {
	id     string
	clocks []engine.Deadline
	first  time.Time // the earliest deadline
}

// views lists the conversations of which the clocks are known, those that are
// due first first: where not all can be pushed, it is their turn.
func (w *watch) views(ids map[string]bool) []view {
	views := make([]view, 0, len(ids))
	for id := range ids {
		v, known := view{id: id}, true
		if w.src != nil {
			v.clocks, known = w.src.Index.Clocks(id)
		}
		for _, c := range v.clocks {
			if v.first.IsZero() || c.At.Before(v.first) {
				v.first = c.At
			}
		}
		if known {
			views = append(views, v)
		}
	}
	slices.SortFunc(views, func(a, b view) int { return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.id, b.id)) })
	return views
}

// look brings what is pushed of a conversation in line with its clocks.
func (w *watch) look(v view, now time.Time) {
	var running [kpi.ClockCount]*engine.Deadline
	for i := range v.clocks {
		running[v.clocks[i].Clock] = &v.clocks[i]
	}
	for _, c := range kpi.Clocks {
		w.clock(instance{v.id, c}, running[c], now)
	}
}

// clock decides about one clock; d is nil when it does not run, or promises
// nothing.
func (w *watch) clock(i instance, d *engine.Deadline, now time.Time) {
	h, held := w.held[i]
	if held && (d == nil || d.Start.UnixNano() != h.start || d.Tier.String() != h.tier) {
		w.release(i, now)
		held = false
	}
	if d == nil {
		return
	}
	there := now.Add(w.src.Index.Skew())
	lead := w.ahead(d.Limit)
	switch read := w.known(i); {
	case held && h.kind != dueSoon:
		if d.At.After(there) { // the limit is a longer one now
			w.release(i, now)
		}
	case !d.At.After(read):
		if held {
			w.release(i, now)
		}
		w.breach(i, d, now)
	case held:
		if lead < 0 || d.At.Add(-lead).After(there) {
			w.release(i, now)
		}
	case lead >= 0 && !d.At.Add(-lead).After(read) && there.Before(d.At):
		w.warn(i, d, now)
	}
}

// breach pushes that a deadline has passed: by itself, or in the summary when
// there are too many, or it is known too late.
func (w *watch) breach(i instance, d *engine.Deadline, now time.Time) {
	if w.late(d, now.Add(w.src.Index.Skew())) || !w.budget(d, breached).take(now) {
		w.join(i, d)
		return
	}
	w.raise(i, d, breached, kpi.AlertBreached, w.p.opts.Alerting.Breached, d.Decided(), now)
}

// warn pushes that a deadline comes, as soon as there is room for one more.
func (w *watch) warn(i instance, d *engine.Deadline, now time.Time) {
	if b := w.budget(d, dueSoon); !b.take(now) {
		w.waiting[i.id] = true
		if free := b.free(); w.room.IsZero() || free.Before(w.room) {
			w.room = free
		}
		return
	}
	due := d.At.Add(-w.ahead(d.Limit))
	if d.From.After(due) {
		due = d.From
	}
	w.raise(i, d, dueSoon, kpi.AlertDueSoon, w.p.opts.Alerting.DueSoon, due, now)
}

// late reports whether a breach was known too late to be pushed by itself: the
// conversation was past its deadline when it was first seen, by more than the
// reading of the helpdesk takes, or the source has been blind for long.
func (w *watch) late(d *engine.Deadline, there time.Time) bool {
	at, rounds := d.Decided(), 3*w.src.Index.Interval()
	return !at.After(w.src.Index.SyncedAt()) || d.Seen.Sub(at) > rounds+w.src.Lag || there.Sub(at) > max(lateAfter, rounds)
}

// raise makes the alert of one clock.
func (w *watch) raise(i instance, d *engine.Deadline, kind holdKind, name, severity string, since, now time.Time) {
	labels := w.labels(name, severity, d)
	since = since.Add(-w.src.Index.Skew())
	if since.After(now) {
		since = now
	}
	r := record{
		Labels: labels, Annotations: w.annotations(name, d), URL: webLink(d.URL),
		StartsAt: since.UnixNano(), Made: now.UnixNano(), Start: d.Start.UnixNano(),
	}
	if r.URL == "" {
		r.URL = w.p.opts.Exporter
	}
	k := key(labels)
	w.held[i] = hold{start: r.Start, tier: d.Tier.String(), kind: kind, key: k}
	w.put(k, &entry{record: r})
}

// release resolves what is pushed of a clock.
func (w *watch) release(i instance, now time.Time) {
	h := w.held[i]
	delete(w.held, i)
	if h.kind == summarised {
		w.changes[string(memberKey(i))] = nil
		w.sizes[h.key]--
		w.counted[h.key] = struct{}{}
		return
	}
	w.resolve(h.key, now)
}

func (w *watch) resolve(k string, now time.Time) {
	if e := w.alerts[k]; e != nil && e.Resolved == 0 {
		r := e.record
		r.Resolved = max(now.UnixNano(), r.StartsAt)
		w.put(k, &entry{record: r})
	}
}

// join adds a breach to its summary.
func (w *watch) join(i instance, d *engine.Deadline) {
	labels := w.summaryLabels(d)
	k := key(labels)
	w.held[i] = hold{start: d.Start.UnixNano(), tier: d.Tier.String(), kind: summarised, key: k}
	w.changes[string(memberKey(i))] = member{Start: d.Start.UnixNano(), Summary: k}
	w.sizes[k]++
	w.counted[k] = struct{}{}
	if e := w.alerts[k]; e == nil || e.Resolved != 0 {
		w.alerts[k] = &entry{record: record{Labels: labels}} // count fills it in
	}
}

// count brings the summaries up to their sizes. One of nothing is resolved.
func (w *watch) count(now time.Time) {
	for k := range w.counted {
		e, n := w.alerts[k], w.sizes[k]
		if n == 0 {
			delete(w.sizes, k)
			if e != nil && e.StartsAt == 0 {
				delete(w.alerts, k) // it came and went
			}
			w.resolve(k, now)
			continue
		}
		if e == nil {
			continue
		}
		r := e.record
		if r.StartsAt == 0 {
			r.StartsAt, r.Made, r.URL = now.UnixNano(), now.UnixNano(), w.p.opts.Exporter
		}
		r.Annotations = w.summaryAnnotations(r.Labels, n)
		w.put(k, &entry{record: r})
	}
}

// put replaces an alert, in the ledger and then at the Alertmanagers.
func (w *watch) put(k string, e *entry) {
	w.alerts[k] = e
	w.touched[k] = e
	w.changes[string(alertKey(k))] = e.record
}

func (w *watch) budget(d *engine.Deadline, kind holdKind) *budget {
	k := budgetKey{string(d.Channel()), kind}
	b := w.budgets[k]
	if b == nil {
		b = &budget{limit: w.p.opts.Alerting.Burst}
		w.budgets[k] = b
	}
	return b
}

// recall counts what was sent in the last minute before this process. What was
// sent later than now, by a clock that was set back since, counts as sent now.
func (w *watch) recall(alerts map[string]record, now time.Time) {
	made := make([]record, 0, len(alerts))
	for _, r := range alerts {
		made = append(made, r)
	}
	slices.SortFunc(made, func(a, b record) int { return cmp.Compare(a.Made, b.Made) })
	for _, r := range made {
		kind := breached
		switch r.Labels[labelAlert] {
		case kpi.AlertDueSoon:
			kind = dueSoon
		case kpi.AlertBreachedMany:
			continue
		}
		k := budgetKey{r.Labels[labelChannel], kind}
		if w.budgets[k] == nil {
			w.budgets[k] = &budget{limit: w.p.opts.Alerting.Burst}
		}
		w.budgets[k].take(time.Unix(0, min(r.Made, now.UnixNano())))
	}
}
