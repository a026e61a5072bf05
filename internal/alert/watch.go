package alert

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
)

const (
	// retryLedger is when a write that failed is tried again.
	retryLedger = 5 * time.Second
	// lateAfter is the least age at which a breach is known too late to be
	// pushed by itself, as it is for facts.
	lateAfter = 15 * time.Minute
)

// watch decides what is pushed of one source. All but what mu guards belongs to
// its own goroutine.
type watch struct {
	p    *Pusher
	name string
	src  *Source // nil: not configured any more, all is resolved
	log  *slog.Logger

	alerts  map[string]*entry // by key: those that fire, and resolutions that are not accepted yet
	held    map[instance]hold
	sizes   map[string]int // of summaries, by key
	budgets map[budgetKey]*budget

	done     [kpi.ClockCount]time.Time // deadlines up to it were looked at
	asked    [kpi.ClockCount]time.Time // up to it a reading was asked for
	waiting  map[string]bool           // conversations whose warning waits for room
	room     time.Time                 // when there is some
	expired  time.Time                 // when resolutions were last given up
	broken   bool                      // the ledger could not be written
	firing   atomic.Int64
	changes  changes             // of the pass
	touched  map[string]*entry   // alerts of the pass that are to be sent
	counted  map[string]struct{} // summaries whose size the pass has changed
	released []string            // alerts that leave the ledger with the pass

	wake    chan struct{}
	mu      sync.Mutex
	changed map[string]bool // conversations, since the last pass
	acks    []ack
}

// entry is an alert and who has accepted it as it is now.
type entry struct {
	record
	message *message
	acked   map[*sender]bool
}

// hold is what is pushed of a clock.
type hold struct {
	start int64
	tier  string
	kind  holdKind
	key   string // of the alert that speaks for it
}

type holdKind uint8

const (
	dueSoon holdKind = iota
	breached
	summarised
)

type budgetKey struct {
	channel string
	kind    holdKind
}

func newWatch(p *Pusher, name string, src *Source) *watch {
	return &watch{
		p: p, name: name, src: src, log: p.log.With("helpdesk", name),
		wake: make(chan struct{}, 1), changed: map[string]bool{},
	}
}

// load reads what the ledger has, and lets everything of it be sent.
func (w *watch) load() error {
	alerts, members, err := read(w.p.opts.Store, w.name)
	if err != nil {
		return err
	}
	w.alerts, w.held, w.sizes, w.budgets = map[string]*entry{}, map[instance]hold{}, map[string]int{}, map[budgetKey]*budget{}
	w.done, w.asked = [kpi.ClockCount]time.Time{}, [kpi.ClockCount]time.Time{}
	w.waiting = map[string]bool{}
	w.begin()
	for k, r := range alerts {
		e := &entry{record: r}
		w.alerts[k] = e
		w.touched[k] = e
		w.remember(k, &r)
	}
	for i, m := range members {
		w.held[i] = hold{start: m.Start, tier: alerts[m.Summary].Labels[labelTier], kind: summarised, key: m.Summary}
		w.sizes[m.Summary]++
	}
	w.recall(alerts, time.Now())
	w.send()
	return nil
}

// remember holds the clock that an alert speaks for.
func (w *watch) remember(k string, r *record) {
	clock, ok := kpi.ParseClock(r.Labels[labelClock])
	if !ok || r.Resolved != 0 || r.Labels[labelAlert] == kpi.AlertBreachedMany {
		return
	}
	h := hold{start: r.Start, tier: r.Labels[labelTier], kind: breached, key: k}
	if r.Labels[labelAlert] == kpi.AlertDueSoon {
		h.kind = dueSoon
	}
	w.held[instance{r.Labels[labelConversation], clock}] = h
}

func (w *watch) begin() {
	w.changes, w.touched, w.counted, w.released = changes{}, map[string]*entry{}, map[string]struct{}{}, nil
}

// poke lets the watch look again.
func (w *watch) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watch) hook() {
	if w.src == nil {
		return
	}
	w.src.Index.Watch(func(ids []string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, id := range ids {
			w.changed[id] = true
		}
	})
	w.src.Reader.OnBooked(w.poke)
}

func (w *watch) unhook() {
	if w.src != nil {
		w.src.Index.Watch(nil)
		w.src.Reader.OnBooked(nil)
	}
}

// run looks whenever something was booked, an instant has come, or an
// Alertmanager has answered.
func (w *watch) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-timer.C:
		}
		timer.Reset(w.pass(time.Now()))
	}
}

// pass looks once, and returns when to look again at the latest.
func (w *watch) pass(now time.Time) time.Duration {
	if w.broken {
		if err := w.load(); err != nil {
			w.log.Error("alerts not read from the ledger", "err", err)
			return retryLedger
		}
		w.broken = false
	}
	w.begin()
	w.answered()
	w.expire(now)
	for _, v := range w.views(w.candidates(now)) {
		w.look(v, now)
	}
	w.count(now)
	if err := w.changes.write(w.p.opts.Store, w.name); err != nil {
		// What was decided is forgotten, and decided anew from the ledger.
		w.log.Error("alerts not written to the ledger: they are pushed when they can be", "err", err)
		w.broken = true
		return retryLedger
	}
	w.send()
	return w.next(now)
}

// candidates are the conversations of which something may have changed.
func (w *watch) candidates(now time.Time) map[string]bool {
	if w.src != nil && w.src.Reader.Reading().None() {
		return nil // nothing was booked by this process: the index may not be whole
	}
	w.mu.Lock()
	ids := w.changed
	w.changed = map[string]bool{}
	w.mu.Unlock()
	if w.src == nil || w.untouched() {
		for i := range w.held {
			ids[i.id] = true
		}
	}
	if w.src == nil {
		return ids
	}
	for _, c := range kpi.Clocks {
		read := w.readUpTo(c)
		if read.After(w.done[c]) {
			for _, ahead := range []engine.Ahead{engine.AtDeadline, w.ahead} {
				due, _ := w.src.Index.Due(c, ahead, w.done[c], read)
				for _, id := range due {
					ids[id] = true
				}
			}
			// What has become due while it was read is not known by it, unless its
			// conversations are read alone: they are, each once.
			w.done[c] = read
			if w.src.Reader.Reading().Alone == nil || read.After(w.asked[c]) {
				w.asked[c] = read
			}
		}
	}
	for id := range w.src.Reader.Reading().Alone {
		ids[id] = true
	}
	if !w.room.IsZero() && !now.Before(w.room) {
		w.room = time.Time{}
		for id := range w.waiting {
			ids[id] = true
		}
		clear(w.waiting)
	}
	return ids
}

// untouched reports whether nothing was read yet in the life of this watch.
func (w *watch) untouched() bool { return w.done == [kpi.ClockCount]time.Time{} }

// readUpTo is the instant up to which the end of a clock would be known.
func (w *watch) readUpTo(c kpi.Clock) time.Time {
	r := w.src.Reader.Reading()
	if c == kpi.Resolution {
		return r.Closes
	}
	return r.Replies
}

// known is the instant up to which the end of a clock of one conversation would
// be known.
func (w *watch) known(i instance) time.Time {
	read := w.readUpTo(i.clock)
	if alone := w.src.Reader.Reading().Alone[i.id]; alone.After(read) {
		return alone
	}
	return read
}

// next asks for the reading that is needed now, and returns when something will
// be due.
func (w *watch) next(now time.Time) time.Duration {
	wait := minute // what was resolved expires
	if !w.room.IsZero() {
		wait = min(wait, w.room.Sub(now))
	}
	if w.src == nil {
		return wait
	}
	there := now.Add(w.src.Index.Skew())
	var need poll.Need
	for _, c := range kpi.Clocks {
		for _, ahead := range []engine.Ahead{engine.AtDeadline, w.ahead} {
			due, next := w.src.Index.Due(c, ahead, w.asked[c], there)
			if !next.IsZero() {
				wait = min(wait, next.Sub(there))
			}
			if len(due) == 0 {
				continue
			}
			need.Conversations = append(need.Conversations, due...)
			need.Closes = need.Closes || c == kpi.Resolution
			need.Replies = need.Replies || c != kpi.Resolution
		}
	}
	if !need.Replies && !need.Closes {
		return wait
	}
	for _, c := range kpi.Clocks {
		if c == kpi.Resolution && need.Closes || c != kpi.Resolution && need.Replies {
			w.asked[c] = there
		}
	}
	w.src.Reader.Refresh(need)
	return wait
}

// ahead is how long before a deadline it is warned of: never where the limit
// is too short for a warning to be of use.
func (w *watch) ahead(limit time.Duration) time.Duration {
	lead := min(w.p.opts.Alerting.WarnBefore, limit/4)
	if lead <= 0 || lead < 2*w.src.PollInterval {
		return -1
	}
	return lead
}
