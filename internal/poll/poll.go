// Package poll is the one loop that reads every helpdesk: round after round it
// walks the streams of a source, stores each page, fetches what pages alone
// could not tell, and books what has become certain. It knows no vendor.
package poll

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Ledger is what the loop needs of the engine's source. Its methods are called
// by one goroutine.
type Ledger interface {
	helpdesk.Memory
	Name() string
	Begin(now time.Time) error
	Begun() bool
	Horizon() time.Time
	Stream(helpdesk.Stream) engine.StreamState
	Apply(s helpdesk.Stream, p helpdesk.Page, position engine.StreamState, now time.Time) error
	Fetched(p helpdesk.Page, now time.Time) error
	// Flush stores what Apply and Fetched have gathered, as everything does that
	// reads the ledger.
	Flush() error
	// Lost grows when what was gathered could not be stored.
	Lost() int
	Wants(n int) ([]helpdesk.Want, error)
	Book(engine.Round) error
	Synced() bool
	Missing(listed map[string]bool, begun time.Time) ([]string, error)
	Corrected(ids []string) error
	SetSkew(time.Duration)
	SetInterval(time.Duration)
	SetForbidden(helpdesk.Stream, bool)
	Forbidden(helpdesk.Stream) bool
}

var _ Ledger = (*engine.Source)(nil)

// API is what the loop needs of the client that the collector talks through.
type API interface {
	Skew() time.Duration      // of the helpdesk's clock to ours
	SkewFloor() time.Duration // the least that it may be
	SkewKnown() bool          // an answer has told the helpdesk's time
	// Pace is how far apart requests are at the source's share of the quota; 0
	// without a quota.
	Pace() time.Duration
}

// Options configure a Poller.
type Options struct {
	Ledger            Ledger
	Collector         helpdesk.Collector
	API               API
	Interval          time.Duration
	ReconcileInterval time.Duration
	Metrics           *SourceMetrics
	Logger            *slog.Logger
}

// Poller polls one source.
type Poller struct {
	opts      Options
	profile   helpdesk.Profile
	log       *slog.Logger
	sweep     *sweep    // under way; nil: none
	nextSweep time.Time // zero: at once
	forbidden map[helpdesk.Stream]int
	failing   map[helpdesk.Want]bool // wants whose fetch failed: they wait behind the others

	anyReplies, anyCloses bool // a stream is known to show them

	wake      chan struct{}                 // somebody wants a reading now
	refreshed time.Time                     // when the last one began
	blind     bool                          // the last round or reading failed: the next round tells
	begun     map[helpdesk.Stream]time.Time // of the last complete walk, see Reading
	alone     map[string]time.Time          // conversations that were fetched alone, see Reading

	mu      sync.Mutex
	status  Status
	wanted  Need
	hints   []string // conversations to read early, the oldest first
	reading Reading
	booked  func()
}

// Status is what people want to know of the loop.
type Status struct {
	Rounds   int
	Errors   map[helpdesk.Stream]error // of the last walk of each stream, where it failed
	Stuck    error                     // why the first sync cannot go on, as far as is known
	Fetching int                       // single things that wait to be fetched
}

// New returns a Poller.
func New(o Options) *Poller {
	p := &Poller{
		opts: o, profile: o.Collector.Profile(), log: o.Logger.With("helpdesk", o.Ledger.Name()),
		forbidden: map[helpdesk.Stream]int{}, failing: map[helpdesk.Want]bool{}, status: Status{Errors: map[helpdesk.Stream]error{}},
		wake: make(chan struct{}, 1), begun: map[helpdesk.Stream]time.Time{}, alone: map[string]time.Time{},
	}
	if c, ok := o.Collector.(helpdesk.Rememberer); ok {
		c.Remember(o.Ledger)
	}
	for _, sp := range p.profile.Streams {
		p.anyReplies, p.anyCloses = p.anyReplies || sp.Clock && sp.Replies, p.anyCloses || sp.Clock && sp.Closes
	}
	return p
}

// Status returns a copy of the loop's status.
func (p *Poller) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.status
	st.Errors = make(map[helpdesk.Stream]error, len(p.status.Errors))
	for s, err := range p.status.Errors {
		st.Errors[s] = err
	}
	return st
}

// Run polls until the context ends. Rounds begin at a fixed rate: one that took
// longer than the interval is followed by the next at once.
func (p *Poller) Run(ctx context.Context) {
	next := time.Now()
	for ctx.Err() == nil {
		p.Round(ctx)
		next = next.Add(p.opts.Interval)
		if now := time.Now(); next.Before(now) {
			next = now
		}
		p.rest(ctx, next)
	}
}

// now is the helpdesk's clock, as far as it is known.
func (p *Poller) now() time.Time { return time.Now().Add(p.opts.API.Skew()) }

// Round reads what is new, once. Failures are counted and logged, and end the
// round where going on would only repeat them. How long a good round takes is the
// effective interval; a failed one, however long it hung, makes nothing fresh, and
// a first sync tells nothing of those that follow it.
func (p *Poller) Round(ctx context.Context) {
	synced := p.opts.Ledger.Synced()
	r := p.newRound()
	err := r.run(ctx)
	err = errors.Join(err, p.opts.Ledger.Flush())
	if errors.Is(err, context.Canceled) {
		return
	}
	p.blind = err != nil
	p.mu.Lock()
	p.status.Rounds++
	p.status.Stuck = err
	p.mu.Unlock()
	if synced && r.good() {
		p.opts.Ledger.SetInterval(time.Since(r.start))
	}
	if err != nil {
		p.log.Warn("round failed", "err", err, "duration", time.Since(r.start))
		return
	}
	p.log.Info("round", "pages", r.pages, "records", r.records, "fetched", r.fetched, "sweeping", r.long, "duration", time.Since(r.start))
}

// fatal reports whether going on with a round would only repeat the failure.
func fatal(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) {
		return true // the ledger's, or the end of the context
	}
	switch e.Reason {
	case rest.ReasonAuth, rest.ReasonNetwork, rest.ReasonTimeout, rest.ReasonRateLimited:
		return true
	}
	return false
}
