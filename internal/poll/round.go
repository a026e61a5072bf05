package poll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// round is one round of a source: first the streams that clocks depend on, then
// what single conversations need, then the booking; what time is left goes to
// the sweep.
type round struct {
	*Poller
	start   time.Time
	long    bool // the walks overlap as far back as goes with a sweep
	pages   int
	records int
	fetched int
	walked  map[helpdesk.Stream]bool // to the end
	failed  error                    // of clock streams

	lost  int                           // what the ledger had lost before
	begun map[helpdesk.Stream]time.Time // of the complete walks, see Reading
	alone map[string]time.Time          // conversations that were fetched alone, see Reading
}

func (p *Poller) newRound() *round {
	return &round{
		Poller: p, start: time.Now(), walked: map[helpdesk.Stream]bool{}, lost: p.opts.Ledger.Lost(),
		begun: map[helpdesk.Stream]time.Time{}, alone: map[string]time.Time{},
	}
}

func (r *round) run(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	if r.sweep == nil && !r.start.Before(r.nextSweep) {
		r.sweep, r.long = newSweep(r.profile), true
	}
	if !r.profile.Alone {
		r.takeNeed() // of what is wanted until now, the walks that begin now tell
		r.dropHints()
	}
	if err := r.walkClocks(ctx); err != nil {
		return errors.Join(err, r.book(false))
	}
	if !r.opts.Ledger.Synced() {
		// Nothing is live before the first sync is complete: it may take its time.
		if err := r.sweepOn(ctx, time.Time{}); err != nil {
			return errors.Join(r.failed, err)
		}
	}
	if r.opts.Ledger.Synced() {
		if err := r.bookAtOnce(); !errors.Is(err, engine.ErrWanted) {
			if err := errors.Join(r.failed, err); err != nil {
				return err
			}
			return r.finishSweep(ctx)
		}
	}
	err := r.fetch(ctx)
	if err == nil && r.failed == nil && !r.opts.Ledger.Synced() {
		err = r.settle(ctx)
	}
	if err := errors.Join(r.failed, err, r.book(err == nil)); err != nil {
		return err
	}
	return r.finishSweep(ctx)
}

// settle books what the first sync has found, and fetches what only the booking
// shows to be missing: the sync is not complete before that.
func (r *round) settle(ctx context.Context) error {
	mark, _ := r.reached()
	if mark.IsZero() || !r.opened() {
		return nil
	}
	if err := r.opts.Ledger.Book(engine.Round{Now: r.now(), Watermark: mark}); err != nil {
		return err
	}
	return r.fetch(ctx)
}

// begin starts the source for the first time. A directory is read first: its
// answer tells the helpdesk's clock, on which the start is noted.
func (r *round) begin(ctx context.Context) error {
	if r.opts.Ledger.Begun() {
		return nil
	}
	var failed error
	for _, sp := range r.profile.Streams {
		if sp.Stream != helpdesk.StreamTeams && sp.Stream != helpdesk.StreamAgents {
			continue
		}
		err := r.walk(ctx, sp)
		if err != nil && fatal(err) {
			return err
		}
		failed = errors.Join(failed, err)
	}
	if failed != nil && !r.opts.API.SkewKnown() {
		return failed
	}
	return r.opts.Ledger.Begin(r.now())
}

// walkClocks walks the streams of every round. It returns an error where going
// on makes no sense; the failure of one stream does not hold back the others.
func (r *round) walkClocks(ctx context.Context) error {
	for _, sp := range r.profile.Streams {
		if sp.Every != helpdesk.EachRound {
			continue
		}
		err := r.walk(ctx, sp)
		if err == nil {
			continue
		}
		if sp.Clock && !r.opts.Ledger.Forbidden(sp.Stream) {
			r.failed = errors.Join(r.failed, err)
		}
		if fatal(err) {
			return err
		}
	}
	return nil
}

// fetch gets the single things that are wanted, those that failed before last.
// What fails waits for the next round, and so does the rest once the round has
// taken its time or the helpdesk fails again and again. A first sync takes the
// time it needs, and fails where something was not even tried.
func (r *round) fetch(ctx context.Context) error {
	wants, err := r.wants()
	if err != nil {
		return err
	}
	listed, fetched := len(wants), r.fetched
	wants, err = r.fetchAll(ctx, wants)
	r.waiting(len(wants))
	switch {
	case err != nil && fatal(err):
		return err
	case r.opts.Ledger.Synced(), reasonOf(err) == rest.ReasonForbidden: // what the plan does not allow is not to be had
		return nil
	case slices.ContainsFunc(wants, func(w helpdesk.Want) bool { return !r.failing[w] }):
		return errors.Join(fmt.Errorf("%d single conversations of the first sync are left to the next round", len(wants)), err)
	case listed == wantsListed && r.fetched > fetched:
		return r.fetch(ctx) // the list was cut off
	}
	return nil
}

// fetchAll returns the wants that are left to the next round, and the last error.
func (r *round) fetchAll(ctx context.Context, wants []helpdesk.Want) ([]helpdesk.Want, error) {
	told, batch := time.Now(), firstBatch
	if r.opts.Ledger.Synced() {
		batch = liveBatch
	}
	var left []helpdesk.Want
	for failures := 0; len(wants) > 0; {
		r.waiting(len(wants))
		served, err := r.fetchSome(ctx, wants[:min(batch, len(wants))])
		if err != nil && fatal(err) {
			return append(wants, left...), fmt.Errorf("fetch single conversations: %w", err)
		}
		if failures++; len(served) > 0 {
			failures = 0
		}
		if first := wants[0]; !slices.Contains(served, first) {
			// Collectors try the first of all: it is not tried again in this round.
			r.failing[first] = true
			left, wants = append(left, first), wants[1:]
		}
		wants = slices.DeleteFunc(wants, func(w helpdesk.Want) bool { return slices.Contains(served, w) })
		r.between(ctx)
		if failures == fetchFailures || r.opts.Ledger.Synced() && time.Since(r.start) > r.opts.Interval {
			return append(wants, left...), err
		}
		if time.Since(told) >= progressEvery {
			told = time.Now()
			r.log.Info("fetching single conversations", "left", len(wants))
		}
	}
	return left, nil
}

// wants lists what is to be fetched, and forgets failures of what is not wanted
// any more.
func (r *round) wants() ([]helpdesk.Want, error) {
	wants, err := r.opts.Ledger.Wants(wantsListed)
	if err != nil {
		return nil, err
	}
	var first, last []helpdesk.Want
	failing := map[helpdesk.Want]bool{}
	for _, w := range wants {
		if r.failing[w] {
			failing[w] = true
			last = append(last, w)
			continue
		}
		first = append(first, w)
	}
	r.failing = failing
	return append(first, last...), nil
}

// fetchSome returns the wants that were served.
func (r *round) fetchSome(ctx context.Context, wants []helpdesk.Want) ([]helpdesk.Want, error) {
	page, err := r.opts.Collector.Fetch(ctx, wants)
	if err != nil {
		if !fatal(err) {
			r.opts.Metrics.failure(streamOf(wants[0]), reasonOf(err))
			r.log.Warn("fetch failed", "err", err)
		}
		return nil, err
	}
	if len(page.Served) == 0 {
		return nil, nil
	}
	if err := r.opts.Ledger.Fetched(page, r.now()); err != nil {
		return nil, err
	}
	r.fetched += len(page.Served)
	r.skipped(streamOf(wants[0]), page.Skipped)
	return page.Served, nil
}

func (r *round) waiting(n int) {
	r.mu.Lock()
	r.status.Fetching = n
	r.mu.Unlock()
}

func streamOf(w helpdesk.Want) helpdesk.Stream {
	if w.Kind == helpdesk.WantRating {
		return helpdesk.StreamRatings
	}
	return helpdesk.StreamConversations
}

// bookAtOnce books in the commit that stores what the round has read, the whole
// of a round in which nothing is left to be fetched: else it says ErrWanted.
func (r *round) bookAtOnce() error {
	mark, good := r.reached()
	if mark.IsZero() {
		return engine.ErrWanted // of a stream that was never read
	}
	if err := r.bookUpTo(mark, good, true); err != nil {
		return err
	}
	clear(r.failing)
	r.waiting(0)
	return nil
}

// book books up to the least watermark of the streams that clocks depend on.
// Before each of them was walked once, there is nothing to book. The first
// booking waits for the whole first sync: every stream that clocks depend on,
// the open set, and what had to be fetched.
func (r *round) book(fetched bool) error {
	mark, good := r.reached()
	if mark.IsZero() || !r.opts.Ledger.Synced() && (!fetched || !r.opened()) {
		return nil
	}
	return r.bookUpTo(mark, good, false)
}

func (r *round) bookUpTo(mark time.Time, good, unlessWanted bool) error {
	r.opts.Ledger.SetSkew(r.opts.API.Skew())
	done := engine.Round{Now: r.now(), Watermark: mark, UnlessWanted: unlessWanted}
	if good {
		done.Good = time.Now()
	}
	if err := r.opts.Ledger.Book(done); err != nil {
		return err
	}
	r.tellBooked()
	return nil
}

// reached is the least watermark of the streams that clocks depend on, zero
// before each of them was walked once, and whether this round has walked them all
// and nothing of it was lost.
func (r *round) reached() (watermark time.Time, good bool) {
	mark, good := int64(0), r.opts.Ledger.Lost() == r.lost
	for _, sp := range r.profile.Streams {
		if !sp.Clock || r.opts.Ledger.Forbidden(sp.Stream) {
			continue
		}
		w := r.opts.Ledger.Stream(sp.Stream).Watermark
		if w == 0 {
			return time.Time{}, false
		}
		if mark == 0 || w < mark {
			mark = w
		}
		good = good && r.walked[sp.Stream]
	}
	if mark == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, mark), good
}

// good reports whether this round has walked every stream that clocks depend on.
func (r *round) good() bool {
	_, good := r.reached()
	return good
}

// opened reports whether the open set has been read, or cannot be.
func (r *round) opened() bool {
	for _, sp := range r.profile.Streams {
		if sp.Stream == helpdesk.StreamOpen {
			return r.opts.Ledger.Stream(sp.Stream).Success != 0 || r.opts.Ledger.Forbidden(sp.Stream)
		}
	}
	return true
}

func reasonOf(err error) rest.Reason {
	var e *rest.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
