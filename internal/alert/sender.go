package alert

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	// renewEvery is how often what fires is sent again, so that it never ends.
	renewEvery = time.Minute
	// batchSize bounds the alerts of one request.
	batchSize = 200
	// An Alertmanager that cannot be reached is tried again after backoffFirst,
	// then after twice as long each time up to backoffMost.
	backoffFirst, backoffMost = time.Second, 30 * time.Second
)

// sender sends to one Alertmanager: what is new first, what has to be renewed
// after it. The others do not wait for one that is down.
type sender struct {
	p      *Pusher
	url    *url.URL
	client *http.Client
	log    *slog.Logger

	wake chan struct{}

	mu       sync.Mutex
	all      map[messageID]*message // that fire, and resolutions that it has not accepted
	fresh    map[messageID]*message // that it has not accepted
	renewals map[messageID]*message // that are to be sent again
	state    AlertmanagerStatus
	failures int // in a row
}

// messageID tells the messages of an alert from those of all others.
type messageID struct{ source, key string }

func (m *message) id() messageID { return messageID{m.watch.name, m.key} }

// AlertmanagerStatus is how the pushes to one Alertmanager fare.
type AlertmanagerStatus struct {
	URL      string
	Accepted time.Time // when it last accepted something
	Err      error     // of the last attempt; nil when it was accepted
	Waiting  int       // alerts that it has not accepted
}

func newSender(p *Pusher, u *url.URL) *sender {
	return &sender{
		p: p, url: u.JoinPath("/api/v2/alerts"), log: p.log.With("alertmanager", u.Redacted()), wake: make(chan struct{}, 1),
		client: &http.Client{
			Transport: p.opts.Transport, Timeout: timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		all: map[messageID]*message{}, fresh: map[messageID]*message{}, renewals: map[messageID]*message{},
		state: AlertmanagerStatus{URL: u.Redacted()},
	}
}

func (s *sender) status() AlertmanagerStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state
	st.Waiting = len(s.fresh)
	return st
}

// put lets messages be sent, each instead of any that was there of its alert.
func (s *sender) put(messages []*message) {
	if len(messages) == 0 {
		return
	}
	s.mu.Lock()
	for _, m := range messages {
		s.all[m.id()], s.fresh[m.id()] = m, m
		delete(s.renewals, m.id())
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// drop forgets a message, unless there is another one of the alert.
func (s *sender) drop(m *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[m.id()] == m {
		delete(s.all, m.id())
		delete(s.fresh, m.id())
		delete(s.renewals, m.id())
	}
}

// run sends until the context ends.
func (s *sender) run(ctx context.Context) {
	renew := time.NewTicker(renewEvery)
	defer renew.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			s.renew()
		case <-s.wake:
		}
		for ctx.Err() == nil && s.waiting() {
			batch := s.take()
			if len(batch) == 0 {
				continue // none of them is this replica's any more
			}
			if err := s.post(ctx, batch); errors.Is(err, errUnreachable) && !s.pause(ctx) {
				return
			}
		}
	}
}

// renew lets everything be sent again.
func (s *sender) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, m := range s.all {
		if s.fresh[k] == nil {
			s.renewals[k] = m
		}
	}
}

// take takes out what is to be sent next: first what is new, and of that first
// what fires, so that a warning is not resolved before its breach is there.
func (s *sender) take() []*message {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.fresh
	if len(from) == 0 {
		from = s.renewals
	}
	batch := slices.SortedFunc(maps.Values(from), func(a, b *message) int {
		return cmp.Or(cmp.Compare(a.Resolved, b.Resolved), cmp.Compare(a.StartsAt, b.StartsAt), cmp.Compare(a.key, b.key))
	})
	batch = batch[:min(len(batch), batchSize)]
	for _, m := range batch {
		delete(from, m.id())
	}
	return slices.DeleteFunc(batch, func(m *message) bool { return !s.p.speaksFor(m.watch) })
}

// waiting reports whether there is something to send.
func (s *sender) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.fresh)+len(s.renewals) > 0
}

// again puts back what could not be sent, unless something newer is there.
func (s *sender) again(batch []*message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range batch {
		if s.all[m.id()] == m {
			s.fresh[m.id()] = m
		}
	}
}

// pause waits before the next attempt.
func (s *sender) pause(ctx context.Context) bool {
	s.mu.Lock()
	wait := min(backoffFirst<<min(s.failures-1, 10), backoffMost)
	s.mu.Unlock()
	wait -= time.Duration(rand.Float64() * float64(wait) / 4)
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

// post sends a batch. Of one that is refused, each half is tried by itself, down
// to the alert that is the reason: it waits for the next renewal.
func (s *sender) post(ctx context.Context, batch []*message) error {
	err := s.request(ctx, batch)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		s.accepted(batch)
		return nil
	case errors.Is(err, errUnreachable):
		s.count(batch, unreachable)
		s.failed(err)
		s.again(batch)
		return err
	case errors.Is(err, errInvalid) && len(batch) > 1:
		half := len(batch) / 2
		first := s.post(ctx, batch[:half])
		if errors.Is(first, errUnreachable) {
			s.again(batch[half:])
			return first
		}
		return s.post(ctx, batch[half:])
	}
	s.count(batch, refused)
	s.failed(err)
	return err
}

// accepted tells the watches what has arrived.
func (s *sender) accepted(batch []*message) {
	now := time.Now()
	s.count(batch, accepted)
	byWatch := map[*watch][]ack{}
	s.mu.Lock()
	if s.state.Err != nil {
		s.log.Info("alerts are accepted again")
	}
	s.state.Accepted, s.state.Err, s.failures = now, nil, 0
	for _, m := range batch {
		byWatch[m.watch] = append(byWatch[m.watch], ack{m, s, now})
		if m.Resolved != 0 && s.all[m.id()] == m {
			delete(s.all, m.id())
		}
	}
	s.mu.Unlock()
	for w, acks := range byWatch {
		w.acknowledge(acks)
	}
}

// failed notes why a batch did not arrive, and logs it once.
func (s *sender) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Err == nil || errors.Is(s.state.Err, errUnreachable) != errors.Is(err, errUnreachable) {
		s.log.Warn("alerts not accepted: they are sent again", "err", err)
	}
	s.state.Err = err
	s.failures++
}

// count counts the alerts of a batch by source.
func (s *sender) count(batch []*message, result string) {
	for _, m := range batch {
		if m.watch.src != nil {
			s.p.opts.Metrics.pushed.WithLabelValues(m.watch.name, result).Inc()
		}
	}
}
