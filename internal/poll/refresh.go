package poll

import (
	"context"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// minRefresh is the least time between the beginnings of two readings: what
// falls due meanwhile is told by the second of them.
const minRefresh = 400 * time.Millisecond

// Need says what somebody needs to know at once.
type Need struct{ Replies, Closes bool }

func (n Need) none() bool { return n == Need{} }

// Reading tells up to when every reply and every close has been read and is in
// the live index: the beginnings of the walks that showed them, on the
// helpdesk's clock. Zero: no walk of this process has.
type Reading struct{ Replies, Closes time.Time }

// Refresh asks for a reading that begins from now on. It does not wait; what
// has become known is told by the function of [Poller.OnBooked]. While the
// helpdesk cannot be read, the next round is that reading.
func (p *Poller) Refresh(n Need) {
	p.mu.Lock()
	p.wanted.Replies = p.wanted.Replies || n.Replies
	p.wanted.Closes = p.wanted.Closes || n.Closes
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// OnBooked sets a function that is called after each booking, by the goroutine
// that polls. It must be quick; nil ends it.
func (p *Poller) OnBooked(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.booked = fn
}

// Reading returns what the live index is based on.
func (p *Poller) Reading() Reading {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reading
}

// rest waits for the next round, and reads meanwhile what is wanted at once.
func (p *Poller) rest(ctx context.Context, until time.Time) {
	end := time.NewTimer(time.Until(until))
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-p.wake:
		}
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return // the round reads it
		case <-time.After(p.tooSoon()):
			p.refresh(ctx)
		}
	}
}

// between reads what is wanted at once, between two steps of a round that have
// time. The first sync has nothing that is due.
func (p *Poller) between(ctx context.Context) {
	if p.opts.Ledger.Synced() && p.tooSoon() <= 0 {
		p.refresh(ctx)
	}
}

// tooSoon is how long the next reading has to wait, so that readings are shared
// and leave some of the quota's share to the rounds.
func (p *Poller) tooSoon() time.Duration {
	p.mu.Lock()
	n := p.wanted
	p.mu.Unlock()
	gap := max(minRefresh, p.opts.API.Pace()*time.Duration(len(p.shows(n)))*4/3)
	return time.Until(p.refreshed.Add(gap))
}

func (p *Poller) takeNeed() Need {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.wanted
	p.wanted = Need{}
	return n
}

// refresh walks the streams that show what is wanted, and books.
func (p *Poller) refresh(ctx context.Context) {
	n := p.takeNeed()
	if n.none() || p.blind {
		return
	}
	r := &round{Poller: p, start: time.Now(), walked: map[helpdesk.Stream]bool{}}
	p.refreshed = r.start
	for _, sp := range p.shows(n) {
		if err := r.walk(ctx, sp); err != nil {
			if ctx.Err() == nil {
				p.blind = true
				p.log.Warn("reading at a deadline failed: nothing is known until the next round", "err", err)
			}
			return
		}
	}
	if err := r.book(true); err != nil {
		p.log.Warn("reading at a deadline not booked", "err", err)
		return
	}
	p.log.Debug("read at a deadline", "pages", r.pages, "records", r.records, "duration", time.Since(r.start))
}

// shows lists the streams that show what is needed and may be read.
func (p *Poller) shows(n Need) []helpdesk.StreamProfile {
	var streams []helpdesk.StreamProfile
	for _, sp := range p.profile.Streams {
		if p.telling(n, sp) && !p.opts.Ledger.Forbidden(sp.Stream) {
			streams = append(streams, sp)
		}
	}
	return streams
}

// telling reports whether a stream is one of those that show what is needed.
func (p *Poller) telling(n Need, sp helpdesk.StreamProfile) bool {
	return sp.Clock && (n.Replies && (sp.Replies || !p.anyReplies) || n.Closes && (sp.Closes || !p.anyCloses))
}

// tellBooked notes up to when is known what the booking has brought into the
// live index, and tells it.
func (p *Poller) tellBooked() {
	p.mu.Lock()
	p.reading = Reading{Replies: p.readUpTo(Need{Replies: true}), Closes: p.readUpTo(Need{Closes: true})}
	fn := p.booked
	p.mu.Unlock()
	if fn != nil {
		fn()
	}
}

// readUpTo is the earliest beginning of the walks that show what is needed;
// zero where one of them was never complete.
func (p *Poller) readUpTo(n Need) time.Time {
	var least time.Time
	for _, sp := range p.profile.Streams {
		if !p.telling(n, sp) {
			continue
		}
		at, ok := p.begun[sp.Stream]
		if !ok {
			return time.Time{}
		}
		if least.IsZero() || at.Before(least) {
			least = at
		}
	}
	return least
}
