// Package alert pushes what is due soon and what is breached to Alertmanager,
// one alert a conversation and promised clock. Deadlines come from the engine's
// index; at a deadline the helpdesk is read once more, for all that are due
// together, and only what that reading shows to be unanswered is pushed. An
// alert is in the ledger before it is sent, and until its resolution was
// accepted: a crash forgets nothing, and what is sent again is the same alert.
package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// Index is what alerts need of a source in the engine. Its instants are on the
// helpdesk's clock.
type Index interface {
	Name() string
	Clocks(id string) (clocks []engine.Deadline, known bool)
	Due(c kpi.Clock, ahead engine.Ahead, after, upTo time.Time) (ids []string, next time.Time)
	Watch(fn func(ids []string))
	Skew() time.Duration
	Interval() time.Duration
	SyncedAt() time.Time
}

var _ Index = (*engine.Source)(nil)

// Reader is what alerts need of the loop that reads a source.
type Reader interface {
	Refresh(poll.Need)
	Reading() poll.Reading
	OnBooked(fn func())
}

var _ Reader = (*poll.Poller)(nil)

// Source is a source whose deadlines are pushed.
type Source struct {
	Index        Index
	Reader       Reader
	PollInterval time.Duration
	Lag          time.Duration // for which the vendor may hide a record
}

// Options make a [Pusher].
type Options struct {
	Alerting config.Alerting
	Sources  []Source
	// Elsewhere reports whether another replica pushes what the ledger has of a
	// source that is none of Sources; nil: none does.
	Elsewhere func(source string) bool
	// Holds reports whether this replica may still speak for a source; nil: it may.
	Holds   func(source string) bool
	Store   state.Store
	Metrics *Metrics
	// Exporter is this exporter's own address: where an alert has no better
	// link to what made it. It may be empty.
	Exporter  string
	UserAgent string
	Words     words.Words       // the language of the texts; English if it is not set
	Transport http.RoundTripper // to the Alertmanagers, see [Transport]; nil: http.DefaultTransport
	Logger    *slog.Logger
}

// Transport adds the credentials, TLS settings and proxy of the configuration
// to requests. It may be used by all pushers of that configuration.
func Transport(a config.Alerting) (http.RoundTripper, error) {
	t, err := promconfig.NewRoundTripperFromConfig(a.HTTP, "alertmanagers")
	if err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	return t, nil
}

// Pusher pushes the alerts of one configuration. Another one over the same
// ledger goes on where it was.
type Pusher struct {
	opts    Options
	log     *slog.Logger
	senders []*sender
	watches []*watch
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// New starts to push. What the ledger has of sources that are not configured
// any more is resolved. Without an Alertmanager nothing is pushed, and what is
// in the ledger waits for one.
func New(o Options) (*Pusher, error) {
	p := &Pusher{opts: o, log: o.Logger}
	if len(o.Alerting.Alertmanagers) == 0 {
		return p, nil
	}
	for _, u := range o.Alerting.Alertmanagers {
		p.senders = append(p.senders, newSender(p, u))
	}
	if err := p.open(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	for _, s := range p.senders {
		p.done.Go(func() { s.run(ctx) })
	}
	for _, w := range p.watches {
		w.hook()
		p.done.Go(func() { w.run(ctx) })
	}
	return p, nil
}

// open loads what the ledger has.
func (p *Pusher) open() error {
	var names []string
	for _, s := range p.opts.Sources {
		names = append(names, s.Index.Name())
		p.watches = append(p.watches, newWatch(p, s.Index.Name(), &s))
	}
	stored, err := p.opts.Store.Sources()
	if err != nil {
		return fmt.Errorf("list the sources of the ledger: %w", err)
	}
	for _, name := range stored {
		if !slices.Contains(names, name) && (p.opts.Elsewhere == nil || !p.opts.Elsewhere(name)) {
			p.watches = append(p.watches, newWatch(p, name, nil))
		}
	}
	var errs []error
	for _, w := range p.watches {
		if err := w.load(); err != nil {
			errs = append(errs, fmt.Errorf("load the alerts of %s from the ledger: %w", w.name, err))
		}
	}
	return errors.Join(errs...)
}

// speaksFor reports whether alerts of a source may be sent: a replica that was
// stopped for a while is to stay silent when it awakes.
func (p *Pusher) speaksFor(w *watch) bool {
	return p.opts.Holds == nil || w.src == nil || p.opts.Holds(w.name)
}

// Close stops. Nothing is resolved by that.
func (p *Pusher) Close() {
	if p.cancel == nil {
		return
	}
	for _, w := range p.watches {
		w.unhook()
	}
	p.cancel()
	p.done.Wait()
	for _, s := range p.senders {
		s.client.CloseIdleConnections()
	}
}

// Status is what people want to know of the pushes.
type Status struct {
	Alertmanagers []AlertmanagerStatus
	Firing        map[string]int // alerts by source
}

// Status returns how the pushes fare.
func (p *Pusher) Status() Status {
	st := Status{Firing: map[string]int{}}
	for _, s := range p.senders {
		st.Alertmanagers = append(st.Alertmanagers, s.status())
	}
	for _, w := range p.watches {
		st.Firing[w.name] = int(w.firing.Load())
	}
	return st
}
