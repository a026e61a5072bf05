package engine

import (
	"fmt"
	"slices"
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
	s.mu.Lock()
	s.streams[stream] = position
	s.mu.Unlock()
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
	for _, id := range a.order {
		if err := a.settle(id, a.touched[id]); err != nil {
			return err
		}
	}
	return nil
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
		a.agents = append(a.agents, r)
		return a.s.putDirectory(a.tx, directoryEntry{Kind: directoryAgent, ID: r.ID, Name: r.Name, Bot: r.Bot})
	case helpdesk.Team:
		a.teams = append(a.teams, r)
		return a.s.putDirectory(a.tx, directoryEntry{Kind: directoryTeam, ID: r.ID, Name: r.Name, Channel: r.Channel})
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

// row takes the newer of two rows; of two with the same stamp, the one read last.
func (a *application) row(r helpdesk.Conversation) error {
	t, err := a.conversation(r.ID)
	if err != nil {
		return err
	}
	row := kpi.RowOf(r)
	if !helpdesk.KnownChannel(row.Channel) {
		row.Channel = helpdesk.ChannelOther
	}
	if t.Row != nil && (row.Updated < t.Row.Updated || *row == *t.Row) {
		return nil
	}
	if a.corrects(t, row) {
		a.corrected++
	}
	if t.Row != nil && a.stream == helpdesk.StreamConversations && row.Updated <= a.mark {
		a.behind++
	}
	t.Row, t.changed, t.Gone = row, true, false
	return nil
}

// message applies a message. A message id counts once a source: where a merge
// has moved it to another conversation, it moves here too, with its marks.
func (a *application) message(r helpdesk.Message) error {
	it := kpi.Item{Kind: kpi.ItemMessage, Author: r.Author, Agent: r.Agent, Public: r.Public, Undelivered: r.Undelivered}
	holder, err := a.tx.Get(a.s.opts.Name, state.TableMessages, []byte(r.ID))
	if err != nil {
		return err
	}
	if holder != nil && string(holder) != r.Conversation {
		old, err := a.conversation(string(holder))
		if err != nil {
			return err
		}
		if i := find(old.Items, kpi.ItemMessage, r.ID); i >= 0 {
			it.Marks = old.Items[i].Marks
			old.Items = slices.Delete(old.Items, i, i+1)
			old.changed = true
		}
	}
	if string(holder) != r.Conversation || holder == nil {
		if err := a.tx.Put(a.s.opts.Name, state.TableMessages, []byte(r.ID), []byte(r.Conversation)); err != nil {
			return err
		}
	}
	return a.item(r.Conversation, it, r.Key)
}

// item adds an item, or the newer version of one.
func (a *application) item(conversation string, it kpi.Item, k helpdesk.Key) error {
	t, err := a.conversation(conversation)
	if err != nil {
		return err
	}
	it.ID, it.At, it.Lane, it.Seq = k.ID, kpi.Instant(k.At), k.Lane, k.Seq
	i := find(t.Items, it.Kind, it.ID)
	if i < 0 {
		t.insert(it)
		t.changed = true
		if it.At <= a.mark && it.At > t.Floor && t.Whole {
			a.behind++
		}
		return nil
	}
	it = newer(t.Items[i], it)
	if it != t.Items[i] {
		t.Items = slices.Delete(t.Items, i, i+1)
		t.insert(it)
		t.changed = true
	}
	return nil
}

// newer merges two versions of an item, whichever was read first: the later
// stamp wins, a delivery failure stays one, and what is booked stays booked.
func newer(a, b kpi.Item) kpi.Item {
	if b.At < a.At {
		a, b = b, a
	}
	b.Undelivered = a.Undelivered || b.Undelivered
	b.Marks |= a.Marks
	return b
}

func find(items []kpi.Item, kind kpi.ItemKind, id string) int {
	return slices.IndexFunc(items, func(it kpi.Item) bool { return it.Kind == kind && it.ID == id && !it.Assumed })
}

func (t *touched) insert(it kpi.Item) {
	i, _ := slices.BinarySearchFunc(t.Items, &it, func(a kpi.Item, b *kpi.Item) int { return kpi.Compare(&a, b) })
	t.Items = slices.Insert(t.Items, i, it)
}

// rating applies a survey: its first score counts, whatever is read later.
func (a *application) rating(r helpdesk.Rating) error {
	t, err := a.conversation(r.Conversation)
	if err != nil {
		return err
	}
	n := kpi.Rating{ID: r.ID, Sent: kpi.Instant(r.Sent), Scored: kpi.Instant(r.Scored), Score: r.Score}
	i := slices.IndexFunc(t.Ratings, func(o kpi.Rating) bool { return o.ID == r.ID })
	if i < 0 {
		t.Ratings = append(t.Ratings, n)
		t.changed = true
		return nil
	}
	old := t.Ratings[i]
	merged := old
	if n.Sent != 0 && (old.Sent == 0 || n.Sent < old.Sent) {
		merged.Sent = n.Sent
	}
	if n.Scored != 0 && (old.Scored == 0 || n.Scored < old.Scored) {
		merged.Scored, merged.Score = n.Scored, n.Score
	}
	if merged != old {
		t.Ratings[i] = merged
		t.changed = true
	}
	return nil
}

// gone notes that the vendor does not have a conversation any more. Where it was
// known, that is a deletion; its last update is the instant.
func (a *application) gone(id string) error {
	t, err := a.conversation(id)
	if err != nil {
		return err
	}
	if t.Gone {
		return nil
	}
	t.Gone, t.Incomplete, t.changed = true, false, true
	if t.Row != nil && find(t.Items, kpi.ItemStatus, "gone") < 0 && !excludedNow(t.Items) {
		t.insert(kpi.Item{
			Kind: kpi.ItemStatus, ID: "gone", At: t.Row.Updated, Lane: helpdesk.LaneEvents,
			Change: helpdesk.ChangeExcluded, Excluded: helpdesk.ExcludedDeleted,
		})
	}
	return nil
}

func excludedNow(items []kpi.Item) bool {
	excluded := false
	for i := range items {
		switch items[i].Change {
		case helpdesk.ChangeExcluded:
			excluded = true
		case helpdesk.ChangeRestored:
			excluded = false
		}
	}
	return excluded
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

func (s *Source) want(tx state.Tx, w helpdesk.Want) error {
	return tx.Put(s.opts.Name, state.TableWants, wantKey(w), nil)
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
// be booked: beyond its row, or a close that the row alone tells.
func (t *touched) active() bool { return len(t.Items) > 0 || t.Row.Closed > t.Floor }

// publish makes visible what the transaction has made durable.
func (a *application) publish() {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conversations += a.created
	if a.stream != "" {
		s.behind[a.stream] += a.behind
	}
	s.corrections[correctedUpdate] += a.corrected
	s.miscounts += a.miscounts
	for _, g := range a.agents {
		if s.opts.Agents != AgentsByName {
			g.Name = ""
		}
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

// coverage is the instant from which on the streams told everything of a
// conversation that the ledger first saw at seen: what was created before may
// have been compacted away, or have begun before history was read.
func (s *Source) coverage(seen int64) int64 { return max(s.meta.Horizon, seen-int64(s.opts.Retention)) }

// floor is the instant up to which the facts of a conversation that the ledger
// first sees now count as booked.
func (s *Source) floor(now int64) int64 { return max(s.meta.Floor, now-int64(s.opts.Retention)) }

// conversation reads a conversation from the ledger; nil when it is not there.
func (s *Source) conversation(tx state.Tx, id string) (*stored, error) {
	b, err := tx.Get(s.opts.Name, state.TableConversations, []byte(id))
	if err != nil || b == nil {
		return nil, err
	}
	c := new(stored)
	return c, decode(b, c)
}

// putConversation writes a conversation and its place in the order of what is due.
func (s *Source) putConversation(tx state.Tx, id string, c *stored, due int64) error {
	if c.Due != due {
		if c.Due != notDue {
			if err := tx.Delete(s.opts.Name, state.TableDue, dueKey(c.Due, id)); err != nil {
				return err
			}
		}
		if due != notDue {
			if err := tx.Put(s.opts.Name, state.TableDue, dueKey(due, id), nil); err != nil {
				return err
			}
		}
		c.Due = due
	}
	b, err := encode(c)
	if err != nil {
		return err
	}
	return tx.Put(s.opts.Name, state.TableConversations, []byte(id), b)
}

func (s *Source) putStream(tx state.Tx, stream helpdesk.Stream, st StreamState) error {
	b, err := encode(st)
	if err != nil {
		return err
	}
	return tx.Put(s.opts.Name, state.TableMeta, append(slices.Clone(streamKey), stream...), b)
}

func (s *Source) putMeta(tx state.Tx, m meta) error {
	b, err := encode(m)
	if err != nil {
		return err
	}
	return tx.Put(s.opts.Name, state.TableMeta, metaKey, b)
}
