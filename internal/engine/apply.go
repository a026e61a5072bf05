package engine

import (
	"cmp"
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Apply stores a page of a stream: its records, wants and position, whole or
// not at all. now is the helpdesk's clock.
func (s *Source) Apply(stream helpdesk.Stream, page helpdesk.Page, position StreamState, now time.Time) error {
	a := s.application(stream, now)
	err := s.engine.update(func(tx state.Tx) error {
		a.begin(tx)
		if err := a.page(page); err != nil {
			return err
		}
		return s.putStream(tx, stream, position)
	})
	if err != nil {
		return fmt.Errorf("store a page of %s: %w", stream, err)
	}
	a.publish()
	before := s.streams[stream]
	s.mu.Lock()
	s.streams[stream] = position
	s.mu.Unlock()
	if stream == helpdesk.StreamAgents {
		return s.callRoll(page, before, position, now)
	}
	return nil
}

// Fetched stores the answer to wants.
func (s *Source) Fetched(page helpdesk.Page, now time.Time) error {
	a := s.application("", now)
	err := s.engine.update(func(tx state.Tx) error {
		a.begin(tx)
		return a.page(page)
	})
	if err != nil {
		return fmt.Errorf("store fetched records: %w", err)
	}
	a.publish()
	return nil
}

// application is one page being applied.
type application struct {
	s         *Source
	tx        state.Tx
	stream    helpdesk.Stream
	now       int64
	mark      int64 // the source's watermark
	touched   map[string]*touched
	order     []string // of touched
	created   int
	behind    uint64
	corrected uint64
	miscounts int
	agents    []helpdesk.Agent
	teams     []helpdesk.Team
}

// touched is a conversation that the page changes.
type touched struct {
	*stored
	fresh   bool // not in the ledger before
	changed bool
}

func (s *Source) application(stream helpdesk.Stream, now time.Time) *application {
	return &application{s: s, stream: stream, now: now.UnixNano(), mark: s.meta.Watermark}
}

// begin starts over: a store may run a transaction again.
func (a *application) begin(tx state.Tx) {
	a.tx, a.touched, a.order, a.created, a.behind, a.corrected, a.miscounts, a.agents, a.teams = tx, map[string]*touched{}, nil, 0, 0, 0, 0, nil, nil
}

func (a *application) page(p helpdesk.Page) error {
	for _, r := range p.Records {
		if err := a.record(r); err != nil {
			return err
		}
	}
	for _, id := range p.Gone {
		if err := a.gone(id); err != nil {
			return err
		}
	}
	if err := a.wants(p); err != nil {
		return err
	}
	if err := a.s.putMemos(a.tx, p.Memos); err != nil {
		return err
	}
	for _, id := range a.order {
		if err := a.settle(id, a.touched[id]); err != nil {
			return err
		}
	}
	if a.created == 0 {
		return nil
	}
	m := a.s.meta
	m.Tracked = 1 + a.s.conversations + a.created
	return a.s.putMeta(a.tx, m)
}

func (a *application) record(r helpdesk.Record) error {
	switch r := r.(type) {
	case helpdesk.Conversation:
		return a.row(r)
	case helpdesk.Message:
		return a.message(r)
	case helpdesk.StatusChange:
		return a.item(r.Conversation, kpi.Item{
			Kind: kpi.ItemStatus, Change: r.Change, To: r.To, Excluded: r.Excluded, By: r.By, Agent: r.Agent, Cause: r.Cause,
		}, r.Key)
	case helpdesk.Assignment:
		return a.item(r.Conversation, kpi.Item{Kind: kpi.ItemAssignment, Holder: r.To, Agent: r.Agent}, r.Key)
	case helpdesk.Relabel:
		return a.item(r.Conversation, kpi.Item{Kind: kpi.ItemRelabel, Label: r.Label, From: r.From, Value: r.To}, r.Key)
	case helpdesk.Rating:
		return a.rating(r)
	case helpdesk.Agent:
		return a.agent(r)
	case helpdesk.Team:
		return a.team(r)
	}
	return fmt.Errorf("a record of unknown type %T", r)
}

// conversation returns the conversation, from the ledger or new.
func (a *application) conversation(id string) (*touched, error) {
	if id == "" {
		return nil, fmt.Errorf("a record of no conversation")
	}
	if t := a.touched[id]; t != nil {
		return t, nil
	}
	c, err := a.s.conversation(a.tx, id)
	if err != nil {
		return nil, err
	}
	t := &touched{stored: c}
	if c == nil {
		t.stored = &stored{Conversation: kpi.Conversation{Seen: a.now, Floor: a.s.floor(a.now)}}
		t.fresh = true
	}
	a.touched[id] = t
	a.order = append(a.order, id)
	return t, nil
}

func (a *application) wants(p helpdesk.Page) error {
	for _, w := range p.Served {
		if err := a.tx.Delete(a.s.opts.Name, state.TableWants, wantKey(w)); err != nil {
			return err
		}
		if w.Kind != helpdesk.WantConversation {
			continue
		}
		t, err := a.conversation(w.ID)
		if err != nil {
			return err
		}
		if t.Gone || t.Row == nil {
			continue
		}
		if t.Incomplete || !t.Whole {
			t.Incomplete, t.Whole, t.changed = false, true, true
		}
		if t.Compared == t.Row.Messages && t.short() {
			a.miscounts++
		}
	}
	for _, w := range p.Wants {
		if err := a.s.want(a.tx, w); err != nil {
			return err
		}
	}
	return nil
}

// settle decides what a changed conversation needs, and stores it.
func (a *application) settle(id string, t *touched) error {
	if t.fresh && !t.changed {
		return nil // nothing was said of it but that it is wanted or gone
	}
	if !t.changed {
		return nil
	}
	if !t.Whole && !t.Incomplete && !t.Gone && t.Row != nil {
		switch {
		case t.began() >= a.s.coverage(t.Seen):
			t.Whole = true
		case t.began() != 0 && (t.Row.Status.Live() || t.active()):
			// It began before the streams were read: only a re-read tells its beginning.
			t.Incomplete = true
			if err := a.s.want(a.tx, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id}); err != nil {
				return err
			}
		}
	}
	if t.fresh {
		a.created++
	}
	return a.s.putConversation(a.tx, id, t.stored, dueNow)
}

// began is when the conversation began: its creation, or what is known to have
// happened first where the vendor's stamp is missing.
func (t *touched) began() int64 {
	if t.Row.Created == 0 && len(t.Items) > 0 {
		return t.Items[0].At
	}
	return t.Row.Created
}

// active reports whether something happened in the conversation that may be to
// be booked: beyond its row, or a close or an exclusion that the row alone tells.
func (t *touched) active() bool {
	r := t.Row
	excluded := r.Excluded != helpdesk.NotExcluded && cmp.Or(r.ExcludedAt, r.Updated) > t.Floor
	return len(t.Items) > 0 || r.Closed > t.Floor || excluded
}

// publish makes visible what the transaction has made durable.
func (a *application) publish() {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conversations += a.created
	s.meta.Tracked = 1 + s.conversations
	if a.stream != "" {
		s.counts.addBehind(a.stream, a.behind)
	}
	s.counts.correct(correctedUpdate, a.corrected)
	s.miscounts += a.miscounts
	for _, g := range a.agents {
		s.agents[g.ID] = g
	}
	for _, t := range a.teams {
		s.teams[t.ID] = t
		s.learnTeam(t)
	}
	for _, id := range a.order {
		if t := a.touched[id]; t.Row != nil && t.changed {
			s.see(t.Row.Labels())
		}
	}
}

// see notes the labels of a conversation or team: their series are exposed at 0
// with the next booking, before any fact of theirs.
func (s *Source) see(l helpdesk.Labels) {
	values := s.values(l)
	if k := groupKey(values); s.live.groups[k] == nil {
		s.fresh[k] = values
	}
}

// conversation reads a conversation from the ledger; nil when it is not there.
func (s *Source) conversation(tx state.Tx, id string) (*stored, error) {
	b, err := tx.Get(s.opts.Name, state.TableConversations, []byte(id))
	if err != nil || b == nil {
		return nil, err
	}
	return decodeStored(b)
}
