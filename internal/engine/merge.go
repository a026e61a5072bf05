package engine

import (
	"cmp"
	"slices"
	"sort"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

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
	if t.Row != nil && row.Due == (kpi.Due{}) {
		row.Due = t.Row.Due // not every reading shows it, and many helpdesks forget it once it is met
	}
	if t.Row != nil && (row.Updated < t.Row.Updated || *row == *t.Row) {
		return nil
	}
	if a.corrects(t, row) {
		a.corrected++
	}
	if t.Row != nil && a.stream == helpdesk.StreamConversations && row.Updated <= a.mark && !sameButDue(*row, *t.Row) {
		a.behind[a.stream]++
	}
	if a.s.opts.Profile.Capabilities[helpdesk.CapTeamHistory] == helpdesk.Exact && (t.Row == nil || t.Row.Labels() != row.Labels()) {
		t.Settles = min(row.Updated, a.now)
	}
	t.Row, t.changed, t.Gone = row, true, false
	return nil
}

// sameButDue reports whether two rows differ in nothing that is measured.
func sameButDue(a, b kpi.Row) bool {
	a.Due, b.Due = kpi.Due{}, kpi.Due{}
	return a == b
}

// message applies a message. A message id counts once a source, also where a
// merge has moved it to another conversation.
func (a *application) message(r helpdesk.Message) error {
	it := kpi.Item{Kind: kpi.ItemMessage, Author: r.Author, Agent: r.Agent, Public: r.Public, Undelivered: r.Undelivered}
	key := []byte(r.ID)
	holder, err := a.tx.Get(a.s.opts.Name, state.TableMessages, key)
	if err != nil {
		return err
	}
	if holder != nil && string(holder) != r.Conversation {
		if it.From, it.Marks, err = a.move(string(holder), r.ID); err != nil {
			return err
		}
	}
	if string(holder) != r.Conversation || holder == nil {
		if err := a.tx.Put(a.s.opts.Name, state.TableMessages, key, []byte(r.Conversation)); err != nil {
			return err
		}
	}
	return a.item(r.Conversation, it, r.Key)
}

// move takes a message out of a conversation, for the one that has it now: it
// came from there, with these marks. Most likely the former was merged into the
// latter, and it is not sure that an event tells so: it is looked at.
func (a *application) move(from, id string) (string, kpi.Marks, error) {
	t, err := a.conversation(from)
	if err != nil {
		return "", 0, err
	}
	i := find(t.Items, kpi.ItemMessage, id)
	if i < 0 {
		return "", 0, nil
	}
	t.changed = true
	if t.Row == nil { // nothing of it can be measured
		marks := t.Items[i].Marks
		t.Items = slices.Delete(t.Items, i, i+1)
		return "", marks, nil
	}
	if !t.Gone && !lost(t.Items) {
		if err := a.s.want(a.tx, helpdesk.Want{Kind: helpdesk.WantConversation, ID: from}); err != nil {
			return "", 0, err
		}
	}
	return from, t.Items[i].Move(), nil
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
			a.behind[a.stream]++
		}
		return nil
	}
	it = newer(t.Items[i], it)
	it.Moved = false // it is here, wherever it has been
	if it != t.Items[i] {
		t.Items = slices.Delete(t.Items, i, i+1)
		t.insert(it)
		t.changed = true
	}
	return nil
}

// newer merges two versions of an item, whichever was read first: the later
// stamp wins, of two with one stamp what either knows, a delivery failure stays
// one, and what is booked stays booked.
func newer(a, b kpi.Item) kpi.Item {
	if b.At < a.At {
		a, b = b, a
	}
	if a.At == b.At && a.Author == b.Author && a.Change == b.Change && a.Holder == b.Holder {
		b.Agent, b.By, b.Cause = cmp.Or(b.Agent, a.Agent), cmp.Or(b.By, a.By), cmp.Or(b.Cause, a.Cause)
		b.To, b.Seq = cmp.Or(b.To, a.To), cmp.Or(b.Seq, a.Seq)
	}
	b.Undelivered = a.Undelivered || b.Undelivered
	if a.Kind == kpi.ItemMessage {
		b.From = cmp.Or(b.From, a.From)
	}
	b.Marks |= a.Marks
	return b
}

func find(items []kpi.Item, kind kpi.ItemKind, id string) int {
	return slices.IndexFunc(items, func(it kpi.Item) bool { return it.Kind == kind && it.ID == id && !it.Assumed })
}

func (t *touched) insert(it kpi.Item) {
	if t.Items == nil {
		t.Items = make([]kpi.Item, 0, 8) // few have one thing to tell
	}
	i := sort.Search(len(t.Items), func(i int) bool { return kpi.Compare(&t.Items[i], &it) >= 0 })
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
// known, that is a deletion or a merge; its last update is the instant.
func (a *application) gone(id string) error {
	t, err := a.conversation(id)
	if err != nil {
		return err
	}
	if t.Gone {
		return nil
	}
	t.Gone, t.Incomplete, t.changed = true, false, true
	if t.Row != nil && t.Row.Excluded == helpdesk.NotExcluded && find(t.Items, kpi.ItemStatus, "gone") < 0 && exclusion(t.Items) == helpdesk.NotExcluded {
		t.insert(kpi.Item{
			Kind: kpi.ItemStatus, ID: "gone", At: t.Row.Updated, Lane: helpdesk.LaneEvents,
			Change: helpdesk.ChangeExcluded, Excluded: t.end(),
		})
	}
	return nil
}

// end is what became of a conversation that is gone: a merge takes its messages
// elsewhere, a deletion leaves nothing.
func (t *touched) end() helpdesk.Exclusion {
	if slices.ContainsFunc(t.Items, func(it kpi.Item) bool { return it.Moved }) {
		return helpdesk.ExcludedMerged
	}
	return helpdesk.ExcludedDeleted
}

// exclusion is the exclusion that is in force after the items.
func exclusion(items []kpi.Item) helpdesk.Exclusion {
	last := helpdesk.NotExcluded
	for i := range items {
		switch items[i].Change {
		case helpdesk.ChangeExcluded:
			last = items[i].Excluded
		case helpdesk.ChangeRestored:
			last = helpdesk.NotExcluded
		}
	}
	return last
}
