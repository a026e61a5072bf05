package alert

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// endsAhead is how far ahead an alert that fires is said to end. It is renewed
// long before, and at least an hour is left when this exporter stops: time to
// start it again before anything is resolved by that.
const endsAhead = 75 * time.Minute

// message is an alert as it is to be sent. It never changes: what is to be sent
// instead is another message.
type message struct {
	watch *watch
	key   string
	record
}

// ack says that an Alertmanager has accepted a message.
type ack struct {
	message *message
	sender  *sender
	at      time.Time
}

// send hands what the pass has decided, and the ledger has, to the senders: all
// at once, so that none goes out alone before what belongs to it.
func (w *watch) send() {
	messages := make([]*message, 0, len(w.touched))
	for k, e := range w.touched {
		e.message = &message{watch: w, key: k, record: e.record}
		e.acked = map[*sender]bool{}
		messages = append(messages, e.message)
	}
	for _, s := range w.p.senders {
		s.put(messages)
	}
	firing := int64(0)
	for _, e := range w.alerts {
		if e.Resolved == 0 {
			firing++
		}
	}
	w.firing.Store(firing)
}

// acknowledge takes in what an Alertmanager has accepted.
func (w *watch) acknowledge(acks []ack) {
	w.mu.Lock()
	w.acks = append(w.acks, acks...)
	w.mu.Unlock()
	w.poke()
}

// answered notes what was accepted. What is resolved leaves the ledger when
// every Alertmanager knows it.
func (w *watch) answered() {
	w.mu.Lock()
	acks := w.acks
	w.acks = nil
	w.mu.Unlock()
	for _, a := range acks {
		e := w.alerts[a.message.key]
		if e == nil || e.message != a.message {
			continue // it has become another one
		}
		if !e.Accepted {
			e.Accepted = true
			w.changes[string(alertKey(a.message.key))] = e.record
			w.observe(e, a.at)
		}
		e.acked[a.sender] = true
		if e.Resolved != 0 && len(e.acked) == len(w.p.senders) {
			w.forget(a.message.key)
		}
	}
}

// observe measures the delay of a breach.
func (w *watch) observe(e *entry, at time.Time) {
	if w.src != nil && e.Resolved == 0 && e.Labels[labelAlert] == kpi.AlertBreached {
		w.p.opts.Metrics.delay.WithLabelValues(w.name).Observe(max(0, at.Sub(time.Unix(0, e.StartsAt)).Seconds()))
	}
}

// expire gives up on resolutions that an Alertmanager did not take for so long
// that the alert has ended there by itself.
func (w *watch) expire(now time.Time) {
	if now.Sub(w.expired) < minute {
		return
	}
	w.expired = now
	for k, e := range w.alerts {
		if e.Resolved != 0 && now.Sub(time.Unix(0, e.Resolved)) > endsAhead {
			for _, s := range w.p.senders {
				s.drop(e.message)
			}
			w.forget(k)
		}
	}
}

func (w *watch) forget(k string) {
	delete(w.alerts, k)
	w.changes[string(alertKey(k))] = nil
}
