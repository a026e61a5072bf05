package engine

import (
	"cmp"
	"fmt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// application is what was read, being applied: page by page, in one transaction.
type application struct {
	s    *Source
	tx   state.Tx
	mark int64 // the source's watermark
	// Of the page that is being applied.
	stream helpdesk.Stream
	now    int64
	told   []*touched // what it speaks of

	touched   map[string]*touched
	order     []*touched // of touched, in the order in which they were read
	created   int
	behind    map[helpdesk.Stream]uint64
	corrected uint64
	miscounts int
	agents    []helpdesk.Agent
	teams     []helpdesk.Team
}

// touched is a conversation that the pages change.
type touched struct {
	*stored
	id      string
	fresh   bool // not in the ledger before
	told    bool // by the page that is being applied
	changed bool // by it
	dirty   bool // changed, and not written yet
}

// begin starts over: a store may run a transaction again.
func (a *application) begin(tx state.Tx) {
	*a = application{s: a.s, tx: tx, mark: a.s.meta.Watermark, touched: map[string]*touched{}, behind: map[helpdesk.Stream]uint64{}}
}

// pages applies what was gathered, but leaves the conversations to be written.
func (a *application) pages() error {
	for i := range a.s.gathered {
		g := &a.s.gathered[i]
		if err := a.page(g); err != nil {
			return fmt.Errorf("%s: %w", g.what(), err)
		}
	}
	return nil
}

func (a *application) page(g *gathered) error {
	a.stream, a.now, a.told = g.stream, g.now.UnixNano(), a.told[:0]
	p := &g.page
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
	for _, t := range a.told {
		if err := a.settle(t); err != nil {
			return err
		}
	}
	if g.stream == "" {
		return nil
	}
	return a.s.putStream(a.tx, g.stream, g.position)
}

// write stores the conversations that were changed. They are to be measured.
func (a *application) write() error {
	for _, t := range a.order {
		if !t.dirty {
			continue
		}
		if err := a.s.putConversation(a.tx, t.id, t.stored, dueNow); err != nil {
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
		a.tell(t)
		return t, nil
	}
	c, err := a.s.conversation(a.tx, id)
	if err != nil {
		return nil, err
	}
	t := &touched{stored: c, id: id}
	if c == nil {
		t.stored = &stored{Conversation: kpi.Conversation{Seen: a.now, Floor: a.s.floor(a.now)}}
		t.fresh = true
	}
	a.touched[id] = t
	a.order = append(a.order, t)
	a.tell(t)
	return t, nil
}

// tell notes that the page speaks of a conversation.
func (a *application) tell(t *touched) {
	if !t.told {
		t.told = true
		a.told = append(a.told, t)
	}
}

func (a *application) wants(p *helpdesk.Page) error {
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

// settle decides what a conversation needs that the page has changed.
func (a *application) settle(t *touched) error {
	changed := t.changed
	t.told, t.changed = false, false
	if !changed {
		if t.fresh { // nothing was said of it but that it is wanted or gone
			delete(a.touched, t.id)
		}
		return nil
	}
	if !t.Whole && !t.Incomplete && !t.Gone && t.Row != nil {
		switch {
		case t.began() >= a.s.coverage(t.Seen):
			t.Whole = true
		case t.began() != 0 && (t.Row.Status.Live() || t.active()):
			// It began before the streams were read: only a re-read tells its beginning.
			t.Incomplete = true
			if err := a.s.want(a.tx, helpdesk.Want{Kind: helpdesk.WantConversation, ID: t.id}); err != nil {
				return err
			}
		}
	}
	if t.fresh {
		a.created++
	}
	t.fresh, t.dirty = false, true
	return nil
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

// apart reports whether what was applied is to be stored before it is booked:
// there are new series, which a scrape sees at 0 first, or names that a booking
// may ask for, or more conversations than a booking takes at once.
func (a *application) apart() bool {
	if len(a.agents)+len(a.teams) > 0 {
		return true
	}
	n := 0
	for _, t := range a.order {
		if !t.dirty {
			continue
		}
		if n++; t.Row != nil && a.s.live.groups[groupKey(a.s.values(t.Row.Labels()))] == nil {
			return true
		}
	}
	return n > bookingSize
}

// publish makes visible what the transaction has made durable. The source is locked.
func (a *application) publish() {
	s := a.s
	s.conversations += a.created
	s.meta.Tracked = 1 + s.conversations
	for stream, n := range a.behind {
		if stream != "" {
			s.counts.addBehind(stream, n)
		}
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
	for _, t := range a.order {
		if t.dirty && t.Row != nil {
			s.see(t.Row.Labels())
		}
	}
	for _, g := range s.gathered {
		if g.stream != "" {
			s.streams[g.stream] = g.position
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
