package engine

import (
	"fmt"
	"math"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// miscountsBelieved is how often a vendor's count of messages may be above what
// the whole conversation shows before the count is not looked at any more: it
// counts something else then, and asking again would cost calls for nothing.
const miscountsBelieved = 3

// due lists the conversations that are due.
func (b *booking) due() ([]string, error) {
	var ids []string
	err := b.tx.Scan(b.s.opts.Name, state.TableDue, nil, func(k, _ []byte) (bool, error) {
		at, id, err := splitDueKey(k)
		if err != nil || at > max(b.mark, dueNow) {
			return false, err
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

// read reads a conversation as the pages of this transaction have left it.
func (b *booking) read(id string) (*stored, error) {
	if c := b.unsaved[id]; c != nil {
		return c, nil
	}
	return b.s.conversation(b.tx, id)
}

// conversation measures one conversation and books what is ready, once a booking.
func (b *booking) conversation(id string) error {
	if b.done[id] {
		return nil
	}
	b.done[id] = true
	c, err := b.read(id)
	if err != nil {
		return err
	}
	delete(b.unsaved, id)
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
	awaited, err := b.awaited(id, c)
	if err != nil {
		return err
	}
	if c.Incomplete = c.Incomplete || awaited; c.Incomplete {
		return b.incomplete(id, c)
	}
	if err := b.share(id, c); err != nil {
		return err
	}
	m := kpi.MeasureInto(b.facts, b.s.opts.Policy, &c.Conversation)
	b.facts = m.Facts
	next := b.ready(id, c, m.Facts)
	if err := b.index(id, &m.State, c); err != nil {
		return err
	}
	return b.store(id, c, next, m.Ended)
}

// ready books the facts that are ready, and returns when the next ones will be. All
// wait while the labels may be those of a change that was not told yet.
func (b *booking) ready(id string, c *stored, facts []kpi.Fact) (next int64) {
	next = math.MaxInt64
	waits := false
	for i := range facts {
		switch f := &facts[i]; {
		case f.Ready > b.mark:
			next = min(next, f.Ready)
		case c.Settles > b.mark:
			next, waits = min(next, c.Settles), true
		default:
			b.book(id, f, b.reached(c, f.Ready))
		}
	}
	for i := range facts {
		if max(facts[i].Ready, c.Settles) <= b.mark {
			facts[i].Book()
		}
	}
	if waits {
		b.wait(c)
	} else {
		c.Waits = nil
	}
	return next
}

// wait notes that facts which this booking could reach wait for more to be read
// of their conversation.
func (b *booking) wait(c *stored) {
	if c.Waits == nil {
		c.Waits = &reach{b.mark, b.now}
	}
}

// reached is when a fact could first have been booked. What it waited for makes
// it no later, unless that took long by itself.
func (b *booking) reached(c *stored, ready int64) int64 {
	if w := c.Waits; w != nil && ready <= w.Mark && b.now-w.Now <= b.s.lateAfter() {
		return w.Now
	}
	return b.now
}

// store writes the conversation back, due when something of it will be ready,
// or removes it when it ended longer ago than the ledger remembers. What was
// booked after the end, a rating for example, keeps it as long: read again, it
// would lie above the floor.
func (b *booking) store(id string, c *stored, next, ended int64) error {
	if next == math.MaxInt64 && ended != 0 {
		next = max(ended, c.last()) + int64(b.s.opts.Retention)
		if next <= b.mark {
			return b.remove(id, c)
		}
	}
	if next == math.MaxInt64 {
		next = notDue
	}
	return b.s.putConversation(b.tx, id, c, next)
}

// last is when the last thing happened that is known of a conversation.
func (c *stored) last() int64 {
	last := int64(0)
	if n := len(c.Items); n > 0 {
		last = c.Items[n-1].At
	}
	for i := range c.Ratings {
		last = max(last, c.Ratings[i].Sent, c.Ratings[i].Scored)
	}
	return last
}

// awaited reports whether the conversation is to be read whole: what has become
// of it, a merge for example, may change everything that is not booked yet.
func (b *booking) awaited(id string, c *stored) (bool, error) {
	if exclusion(c.Items) == helpdesk.ExcludedMerged {
		return false, nil // nothing more is to be learned
	}
	return b.s.wanted(b.tx, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id})
}

// short reports whether the vendor counts more messages than are known, of a
// conversation that should be known whole: some were imported behind the walk.
func (b *booking) short(c *stored) bool {
	if !c.Whole || c.Gone || c.Compared == c.Row.Messages || b.s.miscounts >= miscountsBelieved || !c.short() {
		return false
	}
	return c.Row.Updated <= b.s.messagesTold()
}

// messagesTold is the instant up to which every message has been read: the
// watermark of the stream that shows replies, 0 without one.
func (s *Source) messagesTold() int64 {
	for _, sp := range s.opts.Profile.Streams {
		if sp.Replies {
			st, _ := s.standing(sp.Stream)
			return st.Watermark
		}
	}
	return 0
}

// short reports whether the vendor's count is above what is known.
func (c *stored) short() bool {
	known := 0
	for i := range c.Items {
		if c.Items[i].Kind == kpi.ItemMessage && !c.Items[i].Moved {
			known++
		}
	}
	return known < c.Row.Messages
}

// rowless handles a conversation of which no stream has told the row. Once the
// stream of rows has passed what happened in it, it is asked for.
func (b *booking) rowless(id string, c *stored) error {
	if c.Gone || lost(c.Items) {
		due := c.Seen + int64(b.s.opts.Retention)
		if due <= b.mark {
			return b.remove(id, c)
		}
		return b.s.putConversation(b.tx, id, c, due)
	}
	passed := b.mark
	if st, ok := b.s.standing(helpdesk.StreamConversations); ok {
		passed = st.Watermark
	}
	if len(c.Items) > 0 && c.Items[0].At > passed {
		return b.s.putConversation(b.tx, id, c, max(c.Items[0].At, b.mark+1))
	}
	c.Incomplete = true
	if err := b.s.want(b.tx, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id}); err != nil {
		return err
	}
	b.wait(c)
	return b.s.putConversation(b.tx, id, c, notDue)
}

// lost reports whether a conversation was deleted or merged away: its row is not
// to be had any more.
func lost(items []kpi.Item) bool {
	e := exclusion(items)
	return e == helpdesk.ExcludedDeleted || e == helpdesk.ExcludedMerged
}

// incomplete shows in the queue what the row tells; its facts wait.
func (b *booking) incomplete(id string, c *stored) error {
	st := kpi.State{Status: c.Row.Status, Labels: c.Row.Labels(), Agent: c.Row.Agent}
	if err := b.index(id, &st, c); err != nil {
		return err
	}
	b.wait(c)
	return b.s.putConversation(b.tx, id, c, notDue)
}

func (b *booking) remove(id string, c *stored) error {
	for i := range c.Items {
		if c.Items[i].Kind == kpi.ItemMessage && !c.Items[i].Moved {
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
func (b *booking) index(id string, st *kpi.State, c *stored) error {
	old := b.s.live.entries[id]
	if !st.Status.Live() {
		if old == nil {
			return nil
		}
		b.live[id] = nil
		return b.tx.Delete(b.s.opts.Name, state.TableLive, []byte(id))
	}
	e := &liveEntry{
		Status: st.Status, Values: b.s.values(st.Labels), Agent: st.Agent, URL: c.Row.URL,
		Turn: st.Turn.Start, Clock: st.Turn.Clock, Cycle: st.Cycle.Start,
		TurnFrom: st.Turn.From, CycleFrom: st.Cycle.From, Seen: c.Seen, Unknown: c.Incomplete,
	}
	b.expose(e.Values)
	if e.Agent != "" && b.s.opts.Agents != AgentsOff {
		b.s.agentValue(e.Agent) // learned here, so that scrapes need not
	}
	if old != nil && old.equal(e) {
		return nil
	}
	e.Agent, e.URL = strings.Clone(e.Agent), strings.Clone(e.URL)
	b.live[id] = e
	v, err := encode(e)
	if err != nil {
		return err
	}
	return b.tx.PutHot(b.s.opts.Name, state.TableLive, []byte(id), v)
}

func (e *liveEntry) equal(o *liveEntry) bool {
	return e.Status == o.Status && groupKey(e.Values) == groupKey(o.Values) && e.Agent == o.Agent && e.URL == o.URL &&
		e.Turn == o.Turn && e.Clock == o.Clock && e.Cycle == o.Cycle &&
		e.TurnFrom == o.TurnFrom && e.CycleFrom == o.CycleFrom && e.Seen == o.Seen && e.Unknown == o.Unknown
}
