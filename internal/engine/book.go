package engine

import (
	"fmt"
	"math"
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

// miscountsBelieved is how often a vendor's count of messages may be above what
// the whole conversation shows before the count is not looked at any more: it
// counts something else then, and asking again would cost calls for nothing.
const miscountsBelieved = 3

// lateAfter is the least age at which a fact counts as late.
const lateAfter = 15 * time.Minute

// Round is what a round of polling has reached.
type Round struct {
	Now       time.Time // the helpdesk's clock
	Watermark time.Time // everything that happened up to it has been read
	// Good is when the round had read every clock stream, on the machine's
	// clock; zero when it had not. The first good round completes the first sync.
	Good time.Time
}

// Book books every fact that could be booked by the watermark and is not yet,
// and brings the live gauges up to what is known. A watermark that is behind
// the last one, or zero, books up to the last one.
func (s *Source) Book(r Round) error {
	m := s.meta
	m.Watermark = max(m.Watermark, kpi.Instant(r.Watermark))
	m.Skew = int64(s.skew)
	if err := s.exposeZeros(); err != nil {
		return fmt.Errorf("book zeros of new series: %w", err)
	}
	for more := true; more; {
		b := &booking{s: s, now: r.Now.UnixNano(), mark: m.Watermark, wall: s.engine.opts.Now()}
		after := m
		err := s.engine.update(func(tx state.Tx) error {
			b.begin(tx)
			if err := b.run(); err != nil {
				return err
			}
			if after = m; !b.more && !r.Good.IsZero() {
				after.Good, after.Synced = r.Good.UnixNano(), true
			}
			return s.putMeta(tx, after)
		})
		if err != nil {
			return fmt.Errorf("book facts: %w", err)
		}
		b.publish(after)
		more = b.more
	}
	return nil
}

// exposeZeros gives the groups that were seen since the last booking their
// series, in a commit of their own: a scrape may see the zeros first.
func (s *Source) exposeZeros() error {
	if len(s.fresh) == 0 && s.series[seriesKey(kpi.LateFacts, nil)] != nil {
		return nil
	}
	b := &booking{s: s, wall: s.engine.opts.Now()}
	err := s.engine.update(func(tx state.Tx) error {
		b.begin(tx)
		for _, values := range s.fresh {
			b.expose(values)
		}
		b.zeros(kpi.ScopeSource, nil)
		return b.save()
	})
	if err != nil {
		return err
	}
	b.publish(s.meta)
	clear(s.fresh)
	return nil
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
	removed int
	more    bool
}

func (b *booking) begin(tx state.Tx) {
	b.tx, b.series, b.groups, b.live, b.removed, b.more = tx, map[string]*series{}, map[string][]string{}, map[string]*liveEntry{}, 0, false
}

// run books what is due, up to the size of a booking.
func (b *booking) run() error {
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

// due lists the conversations that are due.
func (b *booking) due() ([]string, error) {
	var ids []string
	err := b.tx.Scan(b.s.opts.Name, state.TableDue, nil, func(k, _ []byte) (bool, error) {
		at, id := splitDueKey(k)
		if at > max(b.mark, dueNow) {
			return false, nil
		}
		if len(ids) == bookingSize {
			b.more = true
			return false, nil
		}
		ids = append(ids, id)
		return true, nil
	})
	return ids, err
}

// conversation measures one conversation and books what is ready.
func (b *booking) conversation(id string) error {
	c, err := b.s.conversation(b.tx, id)
	if err != nil {
		return err
	}
	if c == nil {
		return fmt.Errorf("%w: it is due but not there", state.ErrDamaged)
	}
	if c.Row == nil {
		return b.rowless(id, c)
	}
	if b.short(c) {
		c.Incomplete = true
		c.Compared = c.Row.Messages
		if err := b.s.want(b.tx, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id}); err != nil {
			return err
		}
	}
	if c.Incomplete {
		return b.incomplete(id, c)
	}
	m := kpi.Measure(b.s.opts.Policy, &c.Conversation)
	next := int64(math.MaxInt64)
	for i := range m.Facts {
		f := &m.Facts[i]
		if f.Ready > b.mark {
			next = min(next, f.Ready)
			continue
		}
		b.book(id, f)
	}
	for i := range m.Facts {
		if m.Facts[i].Ready <= b.mark {
			m.Facts[i].Book()
		}
	}
	if err := b.index(id, &m.State, c.Row.URL); err != nil {
		return err
	}
	return b.store(id, c, next, m.Ended)
}

// store writes the conversation back, due when something of it will be ready,
// or removes it when it ended longer ago than the ledger remembers.
func (b *booking) store(id string, c *stored, next, ended int64) error {
	if next == math.MaxInt64 && ended != 0 {
		next = ended + int64(b.s.opts.Retention)
		if next <= b.mark {
			return b.remove(id, c)
		}
	}
	if next == math.MaxInt64 {
		next = notDue
	}
	return b.s.putConversation(b.tx, id, c, next)
}

// short reports whether the vendor counts more messages than are known, of a
// conversation that should be known whole: some were imported behind the walk.
func (b *booking) short(c *stored) bool {
	if !c.Whole || c.Gone || c.Compared == c.Row.Messages || b.s.miscounts >= miscountsBelieved || !c.short() {
		return false
	}
	st, ok := b.s.streams[helpdesk.StreamMessages]
	return ok && c.Row.Updated <= st.Watermark
}

// short reports whether the vendor's count is above what is known.
func (c *stored) short() bool {
	known := 0
	for i := range c.Items {
		if c.Items[i].Kind == kpi.ItemMessage {
			known++
		}
	}
	return known < c.Row.Messages
}

// rowless handles a conversation of which no stream has told the row. Once the
// stream of rows has passed what happened in it, it is asked for.
func (b *booking) rowless(id string, c *stored) error {
	if c.Gone || excludedNow(c.Items) {
		due := c.Seen + int64(b.s.opts.Retention)
		if due <= b.mark {
			return b.remove(id, c)
		}
		return b.s.putConversation(b.tx, id, c, due)
	}
	passed := b.mark
	if st, ok := b.s.streams[helpdesk.StreamConversations]; ok {
		passed = st.Watermark
	}
	if len(c.Items) > 0 && c.Items[0].At > passed {
		return b.s.putConversation(b.tx, id, c, max(c.Items[0].At, b.mark+1))
	}
	c.Incomplete = true
	if err := b.s.want(b.tx, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id}); err != nil {
		return err
	}
	return b.s.putConversation(b.tx, id, c, notDue)
}

// incomplete shows in the queue what the row tells; its facts wait.
func (b *booking) incomplete(id string, c *stored) error {
	st := kpi.State{Status: c.Row.Status, Labels: c.Row.Labels(), Agent: c.Row.Agent}
	if err := b.index(id, &st, c.Row.URL); err != nil {
		return err
	}
	return b.s.putConversation(b.tx, id, c, notDue)
}

func (b *booking) remove(id string, c *stored) error {
	for i := range c.Items {
		if c.Items[i].Kind == kpi.ItemMessage {
			if err := b.tx.Delete(b.s.opts.Name, state.TableMessages, []byte(c.Items[i].ID)); err != nil {
				return err
			}
		}
	}
	if c.Due != notDue {
		if err := b.tx.Delete(b.s.opts.Name, state.TableDue, dueKey(c.Due, id)); err != nil {
			return err
		}
	}
	b.removed++
	return b.tx.Delete(b.s.opts.Name, state.TableConversations, []byte(id))
}

// index updates the live gauges' view of a conversation.
func (b *booking) index(id string, st *kpi.State, url string) error {
	old := b.s.live.entries[id]
	if !st.Status.Live() {
		if old == nil {
			return nil
		}
		b.live[id] = nil
		return b.tx.Delete(b.s.opts.Name, state.TableLive, []byte(id))
	}
	e := &liveEntry{
		Status: st.Status, Values: b.s.values(st.Labels), Agent: st.Agent, URL: url,
		Turn: st.Turn.Start, Clock: st.Turn.Clock, Cycle: st.Cycle.Start,
	}
	b.expose(e.Values)
	if old != nil && old.equal(e) {
		return nil
	}
	b.live[id] = e
	v, err := encode(e)
	if err != nil {
		return err
	}
	return b.tx.Put(b.s.opts.Name, state.TableLive, []byte(id), v)
}

func (e *liveEntry) equal(o *liveEntry) bool {
	return e.Status == o.Status && groupKey(e.Values) == groupKey(o.Values) && e.Agent == o.Agent && e.URL == o.URL &&
		e.Turn == o.Turn && e.Clock == o.Clock && e.Cycle == o.Cycle
}

// book adds a fact to its series.
func (b *booking) book(id string, f *kpi.Fact) {
	if !b.s.gives(f.Family) {
		return
	}
	late := f.At < b.s.meta.FirstStart || b.now-f.Ready > int64(max(lateAfter, 3*b.s.opts.PollInterval))
	var values []string
	switch f.Family.Scope {
	case kpi.ScopeConversation:
		values = b.s.values(f.Labels)
		b.expose(values)
	case kpi.ScopeAgent:
		values = []string{b.s.agentValue(f.Agent)}
	}
	values = append(values[:len(values):len(values)], f.Extra...)
	if f.Family.Arrival {
		arrival := kpi.Arrivals[0]
		if late {
			arrival = kpi.Arrivals[1]
		}
		values = append(values, arrival)
	}
	b.writable(f.Family, values).add(f.Value, b.exemplar(id, f.Value))
	if late {
		b.writable(kpi.LateFacts, nil).add(1, nil)
	}
}

// exemplar points from an observation to its conversation, at the booking time.
func (b *booking) exemplar(id string, v float64) *dto.Exemplar {
	return &dto.Exemplar{
		Value:     proto.Float64(v),
		Label:     []*dto.LabelPair{{Name: proto.String("conversation"), Value: proto.String(id)}},
		Timestamp: timestamppb.New(b.wall),
	}
}

// writable returns a series of this booking, copied from the committed one.
func (b *booking) writable(f *kpi.Family, values []string) *series {
	k := seriesKey(f, values)
	n := b.series[k]
	if n != nil {
		return n
	}
	if old := b.s.series[k]; old != nil {
		n = old.clone()
	} else {
		n = b.s.newSeries(f, values, b.wall)
	}
	b.series[k] = n
	return n
}

// expose makes all enumerated series of a group, at 0.
func (b *booking) expose(values []string) {
	k := groupKey(values)
	if b.s.live.groups[k] != nil || b.groups[k] != nil {
		return
	}
	b.groups[k] = values
	b.zeros(kpi.ScopeConversation, values)
}

// zeros makes the series of a scope's families that are not there yet.
func (b *booking) zeros(scope kpi.Scope, base []string) {
	for _, f := range b.s.families {
		if f.Scope != scope {
			continue
		}
		eachExtra(f, base, func(v []string) {
			if b.s.series[seriesKey(f, v)] == nil {
				b.writable(f, v)
			}
		})
	}
}

// eachExtra calls fn with base extended by every combination of the family's
// enumerated labels.
func eachExtra(f *kpi.Family, base []string, fn func([]string)) {
	combos := [][]string{base}
	labels := f.Extra
	if f.Arrival {
		labels = append(labels[:len(labels):len(labels)], kpi.Label{Name: "arrival", Values: kpi.Arrivals})
	}
	for _, l := range labels {
		var next [][]string
		for _, c := range combos {
			for _, v := range l.Values {
				next = append(next, append(c[:len(c):len(c)], v))
			}
		}
		combos = next
	}
	for _, c := range combos {
		fn(c)
	}
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
	for k, n := range b.series {
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
