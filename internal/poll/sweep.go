package poll

import (
	"context"
	"errors"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// sweep is one pass over what is read only now and then: the open set, surveys
// without a score, the directories. It goes on over several rounds, a page or
// more each, so that it never holds up the streams that clocks depend on.
type sweep struct {
	left    []helpdesk.StreamProfile
	opening bool            // the open set is being read
	listed  map[string]bool // its conversations so far
	begun   time.Time       // when its walk began, on the helpdesk's clock
	failed  bool            // the open set could not be read
	ended   bool            // in an earlier round
}

func newSweep(p helpdesk.Profile) *sweep {
	s := &sweep{listed: map[string]bool{}}
	for _, sp := range p.Streams {
		if sp.Every == helpdesk.EachReconcile {
			s.left = append(s.left, sp)
		}
	}
	return s
}

func (s *sweep) list(records []helpdesk.Record, begun time.Time) {
	s.begun = begun
	for _, r := range records {
		if c, ok := r.(helpdesk.Conversation); ok {
			s.listed[c.ID] = true
		}
	}
}

// sweepOn goes on with the sweep until it is done, or for the time that the
// round has left. The failure of one stream leaves it to the next sweep.
func (r *round) sweepOn(ctx context.Context, until time.Time) error {
	for r.sweep != nil && len(r.sweep.left) > 0 {
		sp := r.sweep.left[0]
		err := r.walkUntil(ctx, sp, until)
		switch {
		case errors.Is(err, errPaused):
			return nil
		case err == nil:
		case fatal(err):
			r.sweep = nil
			r.nextSweep = time.Now().Add(r.again())
			return err
		case sp.Stream == helpdesk.StreamOpen:
			r.sweep.failed = true
		}
		r.sweep.left = r.sweep.left[1:]
		if !until.IsZero() && time.Now().After(until) {
			return nil
		}
	}
	return nil
}

// again is when a sweep that failed is tried again: soon, not in every round.
func (r *round) again() time.Duration {
	if !r.opts.Ledger.Synced() {
		return 0
	}
	return min(10*r.opts.Interval, r.opts.ReconcileInterval)
}

// finishSweep goes on with the sweep. One round after its end, when the other
// streams have told everything that happened meanwhile, it takes a fresh look at
// what the ledger still holds in a queue and the helpdesk did not list.
func (r *round) finishSweep(ctx context.Context) error {
	switch {
	case r.sweep == nil:
		return nil
	case r.sweep.ended:
		return r.reconcile(ctx)
	}
	if err := r.sweepOn(ctx, r.start.Add(r.opts.Interval)); err != nil {
		return err
	}
	if len(r.sweep.left) > 0 {
		return nil
	}
	if r.sweep.failed {
		r.sweep = nil
		r.nextSweep = time.Now().Add(r.again())
		return nil
	}
	r.sweep.ended = true
	r.nextSweep = r.start.Add(r.opts.ReconcileInterval)
	return nil
}

func (r *round) reconcile(ctx context.Context) error {
	s := r.sweep
	r.sweep = nil
	if s.begun.IsZero() {
		return nil // the vendor has no such list, or forbids it
	}
	missing, err := r.opts.Ledger.Missing(s.listed, s.begun)
	if err != nil || len(missing) == 0 {
		return err
	}
	if err := r.fetch(ctx); err != nil {
		return err
	}
	if err := r.opts.Ledger.Corrected(missing); err != nil {
		return err
	}
	return r.book(true)
}
