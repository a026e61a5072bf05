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

const (
	// forbiddenAfter is how many walks in a row must be refused with 403 before
	// a stream counts as forbidden and holds nothing back any more: once could
	// be an accident.
	forbiddenAfter = 3
	// fetchBatch is how many wants a collector is offered at once.
	fetchBatch = 50
	// wantsListed bounds the wants that one round looks at.
	wantsListed = 10000
	// progressEvery is how often a long walk tells its progress.
	progressEvery = 10 * time.Second
)

// round is one round of a source.
type round struct {
	*Poller
	start   time.Time
	sweep   bool
	listed  map[string]bool // the vendor's open set, as the sweep saw it
	begun   time.Time       // when the sweep of the open set began
	pages   int
	records int
	fetched int
	walked  map[helpdesk.Stream]bool // to the end
	failed  error                    // of clock streams
}

func (r *round) run(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	if err := r.walkAll(ctx); err != nil {
		return errors.Join(err, r.book(false))
	}
	missing, err := r.missing()
	if err != nil {
		return err
	}
	err = r.fetch(ctx)
	if err == nil && len(missing) > 0 {
		err = r.opts.Ledger.Corrected(missing)
	}
	return errors.Join(r.failed, err, r.book(err == nil))
}

// begin starts the source for the first time. A directory is read first: its
// answer tells the helpdesk's clock, on which the start is noted.
func (r *round) begin(ctx context.Context) error {
	if r.opts.Ledger.Begun() {
		return nil
	}
	for _, sp := range r.profile.Streams {
		if sp.Stream != helpdesk.StreamTeams && sp.Stream != helpdesk.StreamAgents {
			continue
		}
		if err := r.walk(ctx, sp); err != nil && fatal(err) {
			return err
		}
	}
	return r.opts.Ledger.Begin(r.now())
}

// walkAll walks the streams that are due. It returns an error where going on
// makes no sense; the failure of one stream does not hold back the others.
func (r *round) walkAll(ctx context.Context) error {
	complete := true
	for _, sp := range r.profile.Streams {
		if sp.Every == helpdesk.EachReconcile && !r.sweep {
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
		complete = complete && (sp.Stream != helpdesk.StreamOpen || r.opts.Ledger.Forbidden(sp.Stream))
	}
	if r.sweep && complete {
		r.reconciled = r.start
	}
	return nil
}

// walk reads one stream to its end.
func (r *round) walk(ctx context.Context, sp helpdesk.StreamProfile) error {
	err := r.read(ctx, sp)
	if errors.Is(err, context.Canceled) {
		return err
	}
	r.note(sp.Stream, err)
	if err != nil {
		return fmt.Errorf("read %s: %w", sp.Stream, err)
	}
	r.walked[sp.Stream] = true
	return nil
}

// note keeps account of how the walk of a stream went.
func (r *round) note(s helpdesk.Stream, err error) {
	r.mu.Lock()
	if err == nil {
		delete(r.status.Errors, s)
	} else {
		r.status.Errors[s] = err
	}
	r.mu.Unlock()
	reason := reasonOf(err)
	if err != nil && reason != "" {
		r.opts.Metrics.failure(s, reason)
		r.log.Warn("walk failed", "stream", s, "reason", reason, "err", err)
	}
	if reason != rest.ReasonForbidden {
		r.Poller.forbidden[s] = 0
		if err == nil {
			r.opts.Ledger.SetForbidden(s, false)
		}
		return
	}
	if r.Poller.forbidden[s]++; r.Poller.forbidden[s] == forbiddenAfter {
		r.log.Warn("stream is forbidden: what it gives is absent from now on", "stream", s)
		r.opts.Ledger.SetForbidden(s, true)
	}
}

func reasonOf(err error) rest.Reason {
	var e *rest.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func (r *round) read(ctx context.Context, sp helpdesk.StreamProfile) error {
	st := r.opts.Ledger.Stream(sp.Stream)
	if sp.Stream == helpdesk.StreamOpen {
		// What the sweep listed so far is not kept: it is all or nothing.
		st.Cursor, st.Started = nil, 0
		clear(r.listed)
	}
	told := time.Now()
	for pages := 0; ; pages++ {
		sent := time.Now()
		page, err := r.opts.Collector.Read(ctx, sp.Stream, helpdesk.Walk{
			Cursor: st.Cursor, Horizon: r.opts.Ledger.Horizon(), Long: r.sweep, Now: r.now(),
		})
		if err != nil {
			return err
		}
		if st.Started == 0 {
			// The skew may have been learned from this very answer.
			st.Started = sent.Add(r.opts.API.Skew()).UnixNano()
		}
		started := time.Unix(0, st.Started)
		st = r.position(sp, st, page)
		if err := r.opts.Ledger.Apply(sp.Stream, page, st, r.now()); err != nil {
			return err
		}
		r.account(sp.Stream, page, started)
		if page.Done {
			return nil
		}
		if time.Since(told) >= progressEvery {
			told = time.Now()
			r.log.Info("reading", "stream", sp.Stream, "pages", pages+1, "progress", page.Progress)
		}
	}
}

// position is where the stream stands after a page.
func (r *round) position(sp helpdesk.StreamProfile, st engine.StreamState, page helpdesk.Page) engine.StreamState {
	st.Cursor = page.Cursor
	st.Progress = page.Progress
	if page.Done {
		st.Watermark = max(st.Watermark, st.Started-int64(r.profile.VisibilityLag))
		st.Success = time.Now().UnixNano()
		st.Started, st.Progress = 0, 1
	}
	return st
}

// account counts a page.
func (r *round) account(s helpdesk.Stream, page helpdesk.Page, started time.Time) {
	r.pages++
	r.records += len(page.Records)
	for _, sk := range page.Skipped {
		r.opts.Metrics.skip(s, sk.Reason)
		r.log.Warn("record skipped", "stream", s, "reason", sk.Reason, "err", sk.Err)
	}
	for _, u := range page.Unknown {
		r.log.Debug("unknown value", "stream", s, "what", u.What)
	}
	if s == helpdesk.StreamOpen {
		r.begun = started
		for _, rec := range page.Records {
			if c, ok := rec.(helpdesk.Conversation); ok {
				r.listed[c.ID] = true
			}
		}
	}
}

// missing wants a fresh look at what the ledger holds in a queue and a complete
// sweep did not list.
func (r *round) missing() ([]string, error) {
	if !r.sweep || r.begun.IsZero() || !r.opts.Ledger.Synced() || r.reconciled != r.start {
		return nil, nil
	}
	return r.opts.Ledger.Missing(r.listed, r.begun)
}

// fetch gets the single things that are wanted. Those that fail wait for the
// next round, and so does the rest once the round has taken its time; a first
// sync takes the time it needs.
func (r *round) fetch(ctx context.Context) error {
	wants, err := r.opts.Ledger.Wants(wantsListed)
	if err != nil {
		return err
	}
	told := time.Now()
	for len(wants) > 0 {
		r.waiting(len(wants))
		served, err := r.fetchSome(ctx, wants[:min(fetchBatch, len(wants))])
		if err != nil {
			if fatal(err) {
				return fmt.Errorf("fetch single conversations: %w", err)
			}
			r.opts.Metrics.failure(streamOf(wants[0]), reasonOf(err))
			r.log.Warn("fetch failed", "err", err)
			served = wants[:min(fetchBatch, len(wants))] // not now: the next round tries again
		}
		wants = slices.DeleteFunc(wants, func(w helpdesk.Want) bool { return slices.Contains(served, w) })
		if r.opts.Ledger.Synced() && time.Since(r.start) > r.opts.Interval {
			return nil
		}
		if time.Since(told) >= progressEvery {
			told = time.Now()
			r.log.Info("fetching single conversations", "left", len(wants))
		}
	}
	r.waiting(0)
	return nil
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

// fetchSome returns the wants that need no further attempt in this round.
func (r *round) fetchSome(ctx context.Context, wants []helpdesk.Want) ([]helpdesk.Want, error) {
	page, err := r.opts.Collector.Fetch(ctx, wants)
	if err != nil {
		return nil, err
	}
	if len(page.Served) == 0 {
		return wants, nil
	}
	if err := r.opts.Ledger.Fetched(page, r.now()); err != nil {
		return nil, err
	}
	r.fetched += len(page.Served)
	for _, sk := range page.Skipped {
		r.opts.Metrics.skip(streamOf(wants[0]), sk.Reason)
		r.log.Warn("record skipped", "stream", streamOf(wants[0]), "reason", sk.Reason, "err", sk.Err)
	}
	return page.Served, nil
}

// book books up to the least watermark of the streams that clocks depend on.
// Before each of them was walked once, there is nothing to book. The first
// booking waits for the whole first sync: every stream that clocks depend on,
// the open set, and what had to be fetched.
func (r *round) book(fetched bool) error {
	mark, good := int64(0), true
	for _, sp := range r.profile.Streams {
		if !sp.Clock || r.opts.Ledger.Forbidden(sp.Stream) {
			continue
		}
		w := r.opts.Ledger.Stream(sp.Stream).Watermark
		if w == 0 {
			return nil
		}
		if mark == 0 || w < mark {
			mark = w
		}
		good = good && r.walked[sp.Stream]
	}
	synced := r.opts.Ledger.Synced()
	if mark == 0 || !synced && (!fetched || r.reconciled.IsZero()) {
		return nil
	}
	done := engine.Round{Now: r.now(), Watermark: time.Unix(0, mark)}
	if good {
		done.Good = time.Now()
	}
	return r.opts.Ledger.Book(done)
}
