package poll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	// forbiddenAfter is how many walks in a row must be refused before a stream
	// counts as forbidden and holds nothing back any more: once could be an
	// accident. It is asked again whenever it would be.
	forbiddenAfter = 3
	// firstBatch is how many wants a collector is offered at once in the first
	// sync, liveBatch later: there the next round must not wait long.
	firstBatch, liveBatch = 50, 5
	// fetchFailures is after how many fetches in a row that gave nothing the rest
	// is left to the next round.
	fetchFailures = 3
	// wantsListed bounds the wants that one round looks at.
	wantsListed = 10000
	// progressEvery is how often a long walk tells its progress.
	progressEvery = 10 * time.Second
)

// errPaused says that a walk has used up its time and goes on later.
var errPaused = errors.New("paused")

// errLost ends a walk of which pages were lost, not to go on behind them.
var errLost = errors.New("what was read before could not be stored: it is read again")

// walk reads one stream to its end.
func (r *round) walk(ctx context.Context, sp helpdesk.StreamProfile) error {
	return r.walkUntil(ctx, sp, time.Time{})
}

// walkUntil reads one stream to its end, or to the end of the page under way at
// an instant: it returns errPaused then. The zero instant never comes.
func (r *round) walkUntil(ctx context.Context, sp helpdesk.StreamProfile, until time.Time) error {
	err := r.read(ctx, sp, until)
	if errors.Is(err, context.Canceled) || errors.Is(err, errPaused) {
		return err
	}
	r.note(sp, err)
	if err != nil {
		return fmt.Errorf("read %s: %w", sp.Stream, err)
	}
	r.walked[sp.Stream] = true
	return nil
}

// note keeps account of how the walk of a stream went.
func (r *round) note(sp helpdesk.StreamProfile, err error) {
	s, reason := sp.Stream, reasonOf(err)
	if err != nil {
		r.mu.Lock()
		r.status.Errors[s] = err
		r.mu.Unlock()
	}
	if reason != "" {
		r.opts.Metrics.failure(s, reason)
		r.log.Warn("walk failed", "stream", s, "reason", reason, "err", err)
	}
	if !refused(sp, reason) {
		r.forbidden[s] = 0
		if err == nil {
			r.opts.Ledger.SetForbidden(s, false)
		}
		return
	}
	if r.forbidden[s]++; r.forbidden[s] == forbiddenAfter {
		r.log.Warn("stream is forbidden: what it gives is absent until it is allowed", "stream", s)
		r.opts.Ledger.SetForbidden(s, true)
	}
}

// answered takes back what the status says of a stream that did not answer: the
// rest of a first sync may take hours.
func (r *round) answered(s helpdesk.Stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.status.Errors, s)
	for _, err := range r.status.Errors {
		if errors.Is(r.status.Stuck, err) {
			return
		}
	}
	r.status.Stuck = nil
}

// refused reports whether a failure says that the stream is not to be had. What
// clocks depend on must be refused in so many words; the rest may also be
// missing on this plan or server.
func refused(sp helpdesk.StreamProfile, reason rest.Reason) bool {
	switch reason {
	case rest.ReasonForbidden:
		return true
	case rest.ReasonGone, rest.ReasonClient:
		return !sp.Clock
	}
	return false
}

func (r *round) read(ctx context.Context, sp helpdesk.StreamProfile, until time.Time) error {
	st := r.opts.Ledger.Stream(sp.Stream)
	if sp.Stream == helpdesk.StreamOpen && !r.sweep.opening {
		// What another sweep had listed is not known any more.
		st.Cursor, st.Started = nil, 0
		r.sweep.opening = true
	}
	told, begun, lost := time.Now(), kpi.Time(st.Started), r.opts.Ledger.Lost()
	for pages := 1; ; pages++ {
		sent, skew, floor := time.Now(), r.opts.API.Skew(), r.opts.API.SkewFloor()
		page, err := r.opts.Collector.Read(ctx, sp.Stream, helpdesk.Walk{
			Cursor: st.Cursor, Horizon: r.opts.Ledger.Horizon(), Long: r.long, Now: r.now(),
		})
		if err != nil {
			return err
		}
		if st.Started == 0 {
			// The skew may have been learned from this very answer, or a clock may
			// have been set meanwhile: the earlier of both is no promise too much.
			st.Started = sent.Add(min(floor, r.opts.API.SkewFloor())).UnixNano()
		}
		if begun.IsZero() {
			begun = sent.Add(min(skew, r.opts.API.Skew()))
		}
		if r.opts.Ledger.Lost() != lost {
			return errLost
		}
		started := time.Unix(0, st.Started)
		st = r.position(sp, st, page)
		if err := r.opts.Ledger.Apply(sp.Stream, page, st, r.now()); err != nil {
			return err
		}
		r.account(sp.Stream, page, started)
		r.answered(sp.Stream)
		if page.Done {
			r.begun[sp.Stream] = begun
			if sp.Every == helpdesk.EachReconcile { // the sweep goes by what is stored
				return r.opts.Ledger.Flush()
			}
			return nil
		}
		if sp.Every == helpdesk.EachReconcile {
			r.between(ctx)
		}
		if !until.IsZero() && time.Now().After(until) {
			return errPaused
		}
		if time.Since(told) >= progressEvery {
			told = time.Now()
			r.log.Info("reading", "stream", sp.Stream, "pages", pages, "progress", page.Progress)
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
	r.skipped(s, page.Skipped)
	for _, u := range page.Unknown {
		r.log.Debug("unknown value", "stream", s, "what", u.What)
	}
	if s == helpdesk.StreamOpen {
		r.sweep.list(page.Records, started)
	}
}

func (r *round) skipped(s helpdesk.Stream, skipped []helpdesk.Skip) {
	for _, sk := range skipped {
		r.opts.Metrics.skip(s, sk.Reason)
		r.log.Warn("record skipped", "stream", s, "reason", sk.Reason, "err", sk.Err)
	}
}
