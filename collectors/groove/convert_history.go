package groove

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// happening is an entry of a history with its change.
type happening struct {
	entry  *entry
	change *change
	at     time.Time
	id     string
	seq    uint64 // among those of the same instant
}

// happenings decodes a whole history, oldest first. What can't be read or placed
// is noted in the page.
func happenings(number id, rows lenient.Rows[entry], p *helpdesk.Page) []happening {
	all := make([]happening, 0, len(rows))
	seen := make(map[string]bool, len(rows)) // an entry may come twice, at the edges of pages
	what := "entry of conversation " + string(number)
	for e := range rows.Each(what, p) {
		h := happening{entry: e}
		var ok bool
		if h.change, ok = e.about().Read(what, p); !ok {
			continue
		}
		h.id = string(cmp.Or(h.change.ID.V, h.entry.ID.V))
		if h.at = h.entry.Created.Time; h.at.IsZero() {
			h.at = h.change.Created.Time
		}
		if h.at.IsZero() {
			lenient.Skip(p, "time", what, id(h.id))
			continue
		}
		if h.id != "" && seen[h.id] {
			continue
		}
		seen[h.id] = true
		all = append(all, h)
	}
	inOrder(all)
	identify(number, all)
	return all
}

// about is the change that an entry is about: what it holds, else itself.
func (e *entry) about() *lenient.Row[change] {
	switch {
	case e.Change != nil:
		return e.Change
	case e.Node != nil:
		return e.Node
	case e.Itself != nil:
		return &lenient.Row[change]{V: *e.Itself}
	default:
		return &lenient.Row[change]{}
	}
}

// mark tells an entry from others, as far as anything does.
func (e *entry) mark() string {
	c := e.about().V
	return fmt.Sprint(e.ID.V, " ", e.Changeset.V, " ", micro(e.Created.Time), " ", c.ID.V, " ", micro(c.Created.Time), " ", c.Type)
}

// inOrder sorts a history. The order of the list is not documented: of one instant,
// that of the entries' numbers is taken, else that of the list. A list that is in
// no order of time says nothing with its own: of one action, what was said comes
// before what became of the conversation.
func inOrder(all []happening) {
	up, down := true, true
	for i := 1; i < len(all); i++ {
		c := all[i-1].at.Compare(all[i].at)
		up, down = up && c <= 0, down && c >= 0
	}
	if down && !up {
		slices.Reverse(all)
	}
	slices.SortStableFunc(all, func(a, b happening) int {
		c := cmp.Or(a.at.Compare(b.at), cmp.Compare(a.entry.rank(), b.entry.rank()))
		if c == 0 && !up && !down {
			c = cmp.Compare(kindOf(string(a.change.Type)), kindOf(string(b.change.Type)))
		}
		return c
	})
}

// rank is the number in an entry's own id, or in that of the set of changes that
// it is one of: both grow. It is 0 where it has neither.
func (e *entry) rank() uint64 {
	for _, own := range []maybe[id]{e.ID, e.Changeset} {
		_, digits, _ := strings.Cut(string(own.V), "_")
		if n := id(digits).Seq(); n != 0 {
			return n
		}
	}
	return 0
}

// identify gives each entry its place among those of the same instant, and an id to
// those for which the schema has none: the whole history is read each time, so
// that it is the same every time.
func identify(number id, all []happening) {
	for i := range all {
		h := &all[i]
		if i > 0 && all[i-1].at.Equal(h.at) {
			h.seq = all[i-1].seq + 1
		}
		if h.id == "" {
			h.id = fmt.Sprintf("%s-%d-%d-%s", number, h.at.UnixMilli(), h.seq, h.change.Type)
		}
	}
}

// teller turns the history of one conversation into records, oldest first: some
// entries only say what is new, so it keeps what was before.
type teller struct {
	conversation string
	status       helpdesk.Status // now, at the entry
	before       helpdesk.Status // the last that was not excluded
	agent        string
	team         string
	records      []helpdesk.Record
	unknown      []helpdesk.UnknownValue
}

// historyOf are the records of a conversation's history.
func historyOf(number id, rows lenient.Rows[entry], p *helpdesk.Page) []helpdesk.Record {
	t := teller{conversation: string(number), status: helpdesk.StatusNew, before: helpdesk.StatusNew}
	for _, h := range happenings(number, rows, p) {
		t.tell(&h)
	}
	p.AddUnknown(t.unknown...)
	return t.records
}

func (h *happening) key() helpdesk.Key { return helpdesk.Key{ID: h.id, At: h.at, Seq: h.seq} }

func (t *teller) tell(h *happening) {
	switch kindOf(string(h.change.Type)) {
	case kindMessage, kindNote:
		t.message(h)
	case kindState:
		t.state(h)
	case kindAgent:
		t.agentChange(h)
	case kindTeam:
		t.teamChange(h)
	case kindSnooze:
		t.to(h, helpdesk.StatusChange{To: helpdesk.StatusSnoozed})
	case kindUnsnooze:
		if t.status == helpdesk.StatusSnoozed { // else a change of the state has told it
			t.to(h, helpdesk.StatusChange{To: helpdesk.StatusOpen})
		}
	case kindDelete:
		t.to(h, helpdesk.StatusChange{To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted})
	case kindUndelete:
		if t.status == helpdesk.StatusExcluded {
			t.to(h, helpdesk.StatusChange{To: t.before})
		}
	case kindMerge:
		t.merge(h)
	case kindRating:
		t.rating(h)
	case kindUnknown:
		t.unknown = append(t.unknown, helpdesk.UnknownValue{What: "change", Value: string(h.change.Type)})
	}
}

// message tells a message or a note.
func (t *teller) message(h *happening) {
	author, agent, unknown := authorOf(h.entry, h.change)
	t.unknown = append(t.unknown, unknown...)
	t.records = append(t.records, helpdesk.Message{
		Key: h.key(), Conversation: t.conversation, Author: author, Agent: agent,
		Public: kindOf(string(h.change.Type)) == kindMessage,
	})
}

func (t *teller) state(h *happening) {
	name := cmp.Or(h.change.ToState, h.change.To.word)
	if name == "" {
		t.unknown = append(t.unknown, helpdesk.UnknownValue{What: "state", Value: ""})
		return
	}
	to, unknown := stateOf(name)
	t.unknown = append(t.unknown, unknown...)
	t.to(h, to)
}

// to tells a change of the status. An entry tells only the new one: what it was
// before decides what the change is.
func (t *teller) to(h *happening, s helpdesk.StatusChange) {
	s.Key, s.Conversation, s.Cause = h.key(), t.conversation, string(h.entry.Changeset.V)
	by, agent, unknown := actorOf(h.entry)
	s.By, s.Agent = by, agent
	t.unknown = append(t.unknown, unknown...)
	switch {
	case s.Excluded != helpdesk.NotExcluded:
		s.Change = helpdesk.ChangeExcluded
	case t.status == helpdesk.StatusExcluded:
		s.Change = helpdesk.ChangeRestored
	case s.To == helpdesk.StatusClosed:
		s.Change = helpdesk.ChangeClosed
	case t.status == helpdesk.StatusClosed && s.To != helpdesk.StatusSnoozed:
		s.Change = helpdesk.ChangeReopened
	default:
		s.Change = helpdesk.ChangeStatus
	}
	if t.status = s.To; s.To != helpdesk.StatusExcluded {
		t.before = s.To
	}
	t.records = append(t.records, s)
}

func (t *teller) agentChange(h *happening) {
	t.agent = string(cmp.Or(h.change.ToAgent.V.ID, h.change.To.party.V.ID))
	t.assign(h)
}

func (t *teller) teamChange(h *happening) {
	from, to := cmp.Or(h.change.FromTeam.V.Name, h.change.From.party.V.Name), cmp.Or(h.change.ToTeam.V.Name, h.change.To.party.V.Name)
	t.team = string(to)
	if from != to {
		t.records = append(t.records, helpdesk.Relabel{
			Key: h.key(), Conversation: t.conversation, Label: helpdesk.LabelTeam, From: string(from), To: string(to),
		})
	}
	if t.agent == "" { // else the agent keeps it
		t.assign(h)
	}
}

// assign tells who holds the conversation: its agent, else its team.
func (t *teller) assign(h *happening) {
	a := helpdesk.Assignment{Key: h.key(), Conversation: t.conversation, Agent: t.agent}
	switch {
	case t.agent != "":
		a.To = helpdesk.HolderAgent
	case t.team != "":
		a.To = helpdesk.HolderTeam
	}
	t.records = append(t.records, a)
}

// merge tells that another conversation became a part of this one: it is in no
// list any more, and nothing else tells of its end.
func (t *teller) merge(h *happening) {
	if h.change.Source.V == "" {
		t.unknown = append(t.unknown, helpdesk.UnknownValue{What: "merge", Value: ""})
		return
	}
	by, agent, unknown := actorOf(h.entry)
	t.unknown = append(t.unknown, unknown...)
	t.records = append(t.records, helpdesk.StatusChange{
		Key: h.key(), Conversation: string(h.change.Source.V), Change: helpdesk.ChangeExcluded,
		To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedMerged, By: by, Agent: agent, Cause: string(h.entry.Changeset.V),
	})
}

func (t *teller) rating(h *happening) {
	score, found := grades[string(h.change.Grade)]
	if !found {
		t.unknown = append(t.unknown, helpdesk.UnknownValue{What: "grade", Value: string(h.change.Grade)})
		return
	}
	t.records = append(t.records, helpdesk.Rating{ID: h.id, Conversation: t.conversation, Scored: h.at, Score: score})
}
