package poll

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// minRefresh is the least time between the beginnings of two readings: what
// falls due meanwhile is told by the second of them.
const minRefresh = 400 * time.Millisecond

// Need says what somebody needs to know at once: every reply, or every close,
// and of which conversations it matters.
type Need struct {
	Replies, Closes bool
	Conversations   []string
}

func (n Need) none() bool { return !n.Replies && !n.Closes }

// and is what two need together.
func (n Need) and(o Need) Need {
	return Need{n.Replies || o.Replies, n.Closes || o.Closes, append(n.Conversations, o.Conversations...)}
}

// Reading tells up to when every reply and every close has been read and is in
// the live index: the beginnings of the walks that showed them, on the
// helpdesk's clock. Zero: no walk of this process has. Of conversations that
// were fetched alone since, more is known: up to when.
type Reading struct {
	Replies, Closes time.Time
	Alone           map[string]time.Time // nil where lists tell all; not to be changed
}

// None reports whether nothing was read by this process.
func (r Reading) None() bool { return r.Replies.IsZero() && r.Closes.IsZero() }

// Refresh asks for a reading that begins from now on. It does not wait; what
// has become known is told by the function of [Poller.OnBooked]. While the
// helpdesk cannot be read, the next round is that reading.
func (p *Poller) Refresh(n Need) {
	p.mu.Lock()
	p.wanted = p.wanted.and(n)
	p.mu.Unlock()
	p.rouse()
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
	if p.profile.Alone {
		p.Refresh(Need{}) // what the round left
	}
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
	calls := len(p.shows(n))
	if p.profile.Alone {
		calls = len(n.Conversations)
	}
	calls += p.hinted()
	gap := max(minRefresh, p.opts.API.Pace()*time.Duration(calls)*4/3)
	return time.Until(p.refreshed.Add(gap))
}

func (p *Poller) takeNeed() Need {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.wanted
	p.wanted = Need{}
	return n
}

// refresh reads what is wanted and what was hinted at, and books.
func (p *Poller) refresh(ctx context.Context) {
	n, hinted := p.takeNeed(), p.takeHints()
	if p.blind {
		p.again(n)
		return
	}
	if !p.opts.Ledger.Synced() {
		hinted = nil // the first sync reads everything
	}
	if n.none() && len(hinted) == 0 {
		return
	}
	r := p.newRound()
	p.refreshed = r.start
	read := r.walkFor
	if p.profile.Alone {
		read = r.fetchFor
	}
	if err := read(ctx, n); err != nil {
		if ctx.Err() == nil {
			p.blind = true
			p.again(n)
			p.log.Warn("reading at a deadline failed: nothing is known until the next round", "err", err)
		}
		return
	}
	if err := r.fetchHinted(ctx, hinted); err != nil {
		if ctx.Err() == nil {
			p.blind = true
			p.log.Warn("reading what was hinted at failed: nothing is asked until the next round", "err", err)
		}
		return
	}
	if err := r.book(true); err != nil {
		p.log.Warn("reading at a deadline not booked", "err", err)
		return
	}
	p.log.Debug("read at a deadline", "pages", r.pages, "records", r.records, "fetched", r.fetched, "duration", time.Since(r.start))
}

// again keeps a need for after the next good round, where no round tells it.
func (p *Poller) again(n Need) {
	if p.profile.Alone {
		p.mu.Lock()
		p.wanted = p.wanted.and(n)
		p.mu.Unlock()
	}
}

// walkFor walks the streams that show what is needed.
func (r *round) walkFor(ctx context.Context, n Need) error {
	for _, sp := range r.shows(n) {
		if err := r.walk(ctx, sp); err != nil {
			return err
		}
	}
	return nil
}

// fetchFor fetches the conversations of which it matters, and notes up to when
// each is known. More than there is time for are told by later walks.
func (r *round) fetchFor(ctx context.Context, n Need) error {
	slices.Sort(n.Conversations)
	var wants []helpdesk.Want
	for _, id := range slices.Compact(n.Conversations) {
		wants = append(wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id})
	}
	for len(wants) > 0 && time.Since(r.start) <= r.opts.Interval {
		begun := r.now()
		served, err := r.fetchSome(ctx, wants[:min(liveBatch, len(wants))])
		if err != nil {
			return err
		}
		if len(served) == 0 {
			served = wants[:1] // it waits for the walks
		} else {
			for _, w := range served {
				r.alone[w.ID] = begun
			}
		}
		wants = slices.DeleteFunc(wants, func(w helpdesk.Want) bool { return slices.Contains(served, w) })
	}
	return nil
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
func (r *round) tellBooked() {
	p := r.Poller
	if p.opts.Ledger.Lost() == r.lost {
		maps.Copy(p.begun, r.begun)
		maps.Copy(p.alone, r.alone)
	}
	p.mu.Lock()
	p.reading = Reading{Replies: p.readUpTo(Need{Replies: true}), Closes: p.readUpTo(Need{Closes: true})}
	if p.profile.Alone {
		maps.DeleteFunc(p.alone, func(_ string, at time.Time) bool { return !at.After(p.reading.Replies) && !at.After(p.reading.Closes) })
		p.reading.Alone = maps.Clone(p.alone)
	}
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
		if p.profile.Alone { // what lists hide is not known by them
			at = at.Add(-p.profile.VisibilityLag)
		}
		if least.IsZero() || at.Before(least) {
			least = at
		}
	}
	return least
}
