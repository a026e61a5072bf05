package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// bookingSize bounds the conversations of one transaction, so that the first
// booking of a long history holds the store, and its facts, only piece by piece.
const bookingSize = 1000

// lateAfter is the least age at which a fact counts as late.
const lateAfter = 15 * time.Minute

// Round is what a round of polling has reached.
type Round struct {
	Now       time.Time // the helpdesk's clock
	Watermark time.Time // everything that happened up to it has been read
	// Good is when the round had read every clock stream, on the machine's
	// clock; zero when it had not. The first good round completes the first sync.
	Good time.Time
	// UnlessWanted leaves the booking to another call where something waits to be
	// fetched: Book returns [ErrWanted].
	UnlessWanted bool
}

// ErrWanted is what Book says where the round wants nothing booked before what
// is wanted has been fetched. What was gathered is stored.
var ErrWanted = errors.New("something is to be fetched first")

// Book stores what was gathered, books every fact that could be booked by the
// watermark and is not yet, and brings the live gauges up to what is known. A
// watermark that is behind the last one, or zero, books up to the last one.
func (s *Source) Book(r Round) error {
	m := s.meta
	m.Watermark = max(m.Watermark, kpi.Instant(r.Watermark))
	m.Skew, m.Took, m.Forbidden = int64(s.skew), int64(s.took), s.forbiddenStreams()
	if s.zerosDue() {
		if err := s.Flush(); err != nil {
			return err
		}
	}
	for {
		if err := s.exposeZeros(); err != nil {
			return fmt.Errorf("book zeros of new series: %w", err)
		}
		end, err := s.bookSome(r, m)
		switch {
		case err != nil:
			return err
		case end == bookedAll:
			return nil
		case end == bookedPart:
			r.UnlessWanted = false // what is wanted now, the booking has found out
		}
	}
}

// bookEnd is how a transaction of a booking ended.
type bookEnd int

const (
	bookedAll   bookEnd = iota
	bookedPart          // there is more
	storedApart         // nothing is booked, but what was gathered is stored
)

// bookSome stores what was gathered and books a part of what is due, in one
// transaction if that can be.
func (s *Source) bookSome(r Round, m meta) (end bookEnd, err error) {
	a := &application{s: s}
	b := &booking{s: s, now: r.Now.UnixNano(), mark: m.Watermark, wall: s.engine.opts.Now()}
	wanted := false
	after := m
	err = s.engine.update(func(tx state.Tx) error {
		end = bookedAll
		a.begin(tx)
		if err := a.pages(); err != nil {
			return err
		}
		if r.UnlessWanted {
			if wanted, err = s.anyWanted(tx); err != nil {
				return err
			}
		}
		if wanted || a.apart() {
			end = storedApart
			return a.write()
		}
		b.begin(tx, a)
		if err := b.run(); err != nil {
			return err
		}
		after = m
		after.Tracked = 1 + s.conversations + a.created - b.removed
		if b.more {
			end = bookedPart
		} else if !r.Good.IsZero() {
			after.Good = r.Good.UnixNano()
			if !after.Synced {
				after.Synced, after.SyncedAt = true, b.now
			}
		}
		return s.putMeta(tx, after)
	})
	s.stored(a, err)
	switch {
	case err != nil:
		return end, fmt.Errorf("book facts: %w", err)
	case wanted:
		return end, ErrWanted
	case end != storedApart:
		b.publish(after)
	}
	return end, nil
}

// booking is one transaction of bookings.
type booking struct {
	s       *Source
	tx      state.Tx
	now     int64 // the helpdesk's clock
	mark    int64
	wall    time.Time // the machine's clock
	series  map[string]*series
	groups  map[string][]string
	live    map[string]*liveEntry // nil: out of the queue
	applied []*touched            // in the same transaction, and not written yet
	unsaved map[string]*stored    // those of them that are to be measured yet
	done    map[string]bool       // conversations that were measured
	removed int
	more    bool

	// What the facts of a conversation share.
	labels helpdesk.Labels
	values []string // of the labels; nil: of none yet
	about  string   // the conversation of the exemplars
	marked []*dto.LabelPair
	at     *timestamppb.Timestamp // of all exemplars

	// Scratch.
	facts []kpi.Fact
	own   []string // label values of a series
	key   []byte
}

// begin starts over: a store may run a transaction again. What a was told in it is
// measured first.
func (b *booking) begin(tx state.Tx, a *application) {
	b.tx, b.series, b.groups, b.live, b.removed, b.more = tx, map[string]*series{}, map[string][]string{}, map[string]*liveEntry{}, 0, false
	b.done, b.unsaved, b.values, b.at = map[string]bool{}, map[string]*stored{}, nil, timestamppb.New(b.wall)
	b.applied = slices.DeleteFunc(slices.Clone(a.order), func(t *touched) bool { return !t.dirty })
	slices.SortFunc(b.applied, func(x, y *touched) int { return strings.Compare(x.id, y.id) })
	for _, t := range b.applied {
		b.unsaved[t.id] = t.stored
	}
}

// run books what is due, up to the size of a booking.
func (b *booking) run() error {
	for _, t := range b.applied {
		if err := b.conversation(t.id); err != nil {
			return fmt.Errorf("conversation %s: %w", t.id, err)
		}
	}
	due, err := b.due()
	if err != nil {
		return err
	}
	for _, id := range due {
		if err := b.conversation(id); err != nil {
			return fmt.Errorf("conversation %s: %w", id, err)
		}
	}
	return b.save()
}

// book adds a fact to its series. It is late by when it was reached.
func (b *booking) book(id string, f *kpi.Fact, reached int64) {
	if !b.s.gives(f.Family) {
		return
	}
	late := f.At < b.s.meta.FirstStart || reached-f.Ready > b.s.lateAfter()
	values := b.own[:0]
	switch f.Family.Scope {
	case kpi.ScopeConversation:
		values = append(values, b.of(f.Labels)...)
	case kpi.ScopeAgent:
		values = append(values, b.s.agentValue(f.Agent))
	}
	values = append(values, f.Extra...)
	if f.Family.Arrival {
		arrival := kpi.Arrivals[0]
		if late {
			arrival = kpi.Arrivals[1]
		}
		values = append(values, arrival)
	}
	b.own = values
	var ex *dto.Exemplar
	if f.Family.Type == kpi.Histogram { // others show none
		ex = b.exemplar(id, f.Value)
	}
	b.writable(f.Family, values).add(f.Value, ex)
	if late {
		b.writable(kpi.LateFacts, nil).add(1, nil)
	}
}

func (s *Source) lateAfter() int64 { return int64(max(lateAfter, 3*s.opts.PollInterval)) }

// of are the bounded label values of facts, whose series are exposed with them.
func (b *booking) of(l helpdesk.Labels) []string {
	if b.values == nil || l != b.labels {
		b.labels, b.values = l, b.s.values(l)
		b.expose(b.values)
	}
	return b.values
}

// exemplar points from an observation to its conversation, at the booking time.
func (b *booking) exemplar(id string, v float64) *dto.Exemplar {
	if b.marked == nil || id != b.about {
		b.about, b.marked = id, []*dto.LabelPair{{Name: proto.String("conversation"), Value: proto.String(id)}}
	}
	return &dto.Exemplar{Value: proto.Float64(v), Label: b.marked, Timestamp: b.at}
}

// writable returns a series of this booking, copied from the committed one.
func (b *booking) writable(f *kpi.Family, values []string) *series {
	b.key = appendSeriesKey(b.key[:0], f, values)
	n := b.series[string(b.key)]
	if n != nil {
		return n
	}
	if old := b.s.series[string(b.key)]; old != nil {
		n = old.clone()
	} else {
		n = b.s.newSeries(f, values, b.wall)
	}
	b.series[string(b.key)] = n
	return n
}

func (b *booking) save() error {
	for k, n := range b.series {
		if err := b.s.putSeries(b.tx, k, n); err != nil {
			return err
		}
	}
	return b.s.labels.save(b.tx, b.s.opts.Name)
}

func (s *Source) putSeries(tx state.Tx, k string, n *series) error {
	v, err := encode(n.stored)
	if err != nil {
		return err
	}
	return tx.Put(s.opts.Name, state.TableSeries, []byte(k), v)
}

// publish makes visible what is durable now.
func (b *booking) publish(m meta) {
	s := b.s
	s.labels.saved()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watch != nil && len(b.live) > 0 {
		s.watch(slices.Collect(maps.Keys(b.live)))
	}
	for k, n := range b.series {
		n.show()
		s.series[k] = n
	}
	for _, values := range b.groups {
		s.live.group(values)
	}
	for id, e := range b.live {
		s.live.set(id, e)
	}
	s.conversations -= b.removed
	s.meta = m
}
