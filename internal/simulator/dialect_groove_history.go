package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// grooveEntry is an entry of a history.
type grooveEntry struct {
	id     int64
	at     time.Time
	cause  int64
	actor  *grooveObject
	change *grooveObject
}

// history is what happened in a conversation, oldest first. The old schema takes
// its id or its number, the new one the id.
func (g *groove) history(b *Books, args object) (*grooveObject, error) {
	filter, _ := args["filter"].(object)
	of := fmt.Sprint(grooveNumber(filter["conversationId"]))
	digits, isID := strings.CutPrefix(of, "cnv_")
	number, err := strconv.ParseInt(strings.TrimLeft(digits, "0"), 10, 64)
	t := b.Ticket(number)
	if err != nil || t == nil || len(t.Log) == 0 || !isID && !g.o.Old || !t.now.GoneAt.IsZero() {
		return nil, &grooveError{Message: "Conversation not found"}
	}
	entries := g.entries(b, t)
	list := &grooveList{typ: "Event", n: len(entries), row: func(i int) (*grooveObject, object) {
		e := entries[i]
		return &grooveObject{"Event", object{
			"id": grooveID("evt", e.id), "createdAt": grooveTime(e.at), "actor": e.actor, "change": e.change,
		}}, nil
	}}
	if g.o.Old {
		list.typ, list.row = "Change", func(i int) (*grooveObject, object) {
			e := entries[i]
			return e.change, object{
				"actor": e.actor, "changesetId": grooveID("cst", e.cause), "createdAt": grooveTime(e.at), "updatedAt": grooveTime(e.at),
			}
		}
	}
	return g.page(list, args)
}

// entries are a ticket's own and those of what was merged into it.
func (g *groove) entries(b *Books, t *Ticket) []grooveEntry {
	var all []grooveEntry
	w := grooveWriter{g: g, b: b, t: t}
	for _, h := range t.Log {
		before := w.state
		w.state.apply(h)
		for i, change := range w.changes(h, before) {
			change.fields["createdAt"], change.fields["updatedAt"] = grooveTime(h.At), grooveTime(h.At)
			if change.fields["id"] == nil {
				change.fields["id"] = grooveID("chg", h.ID*4+int64(i))
			}
			all = append(all, grooveEntry{id: h.ID*4 + int64(i), at: h.At, cause: h.Cause, actor: w.actor(h), change: change})
		}
	}
	for _, h := range g.mergedInto(b, t) {
		source := b.Ticket(h.Ticket)
		all = append(all, grooveEntry{id: h.ID * 4, at: h.At, cause: h.Cause, actor: w.actor(h), change: &grooveObject{"MergeChange", object{
			"id": grooveID("mrg", h.ID), "sourceNumber": source.ID, "sourceCreatedAt": grooveTime(source.now.Created),
			"createdAt": grooveTime(h.At), "updatedAt": grooveTime(h.At), "target": g.conversationObject(b, t),
		}}})
	}
	slices.SortFunc(all, func(a, b grooveEntry) int { return int(a.id - b.id) })
	return all
}

// mergedInto are the merges of others into a ticket.
func (g *groove) mergedInto(b *Books, t *Ticket) []Happening {
	g.mu.Lock()
	defer g.mu.Unlock()
	for ; g.read < len(b.Log); g.read++ {
		if h := b.Log[g.read]; h.What == Merged {
			g.merges[h.Into] = append(g.merges[h.Into], h)
		}
	}
	return g.merges[t.ID]
}

// grooveWriter tells what happened to a ticket in the vendor's words.
type grooveWriter struct {
	g     *groove
	b     *Books
	t     *Ticket
	state State
}

// actor is who did it. Rules do what nobody did; there are no bots.
func (w *grooveWriter) actor(h Happening) *grooveObject {
	if h.Actor == helpdesk.ActorCustomer {
		return w.contact()
	}
	if a := w.g.agent(w.b.User(h.By)); a != nil && h.Actor == helpdesk.ActorAgent {
		return a
	}
	return &grooveObject{"Rule", object{"id": grooveID("rul", 1), "name": "A rule"}}
}

func (w *grooveWriter) contact() *grooveObject {
	c := w.b.Customer(w.t.Customer)
	return &grooveObject{"Contact", object{"id": grooveID("con", c.ID), "email": c.Email, "name": c.First + " " + c.Last}}
}

// changes are those that a happening makes: snoozes, wakings and the trash are
// told twice, by their own change and by that of the state.
func (w *grooveWriter) changes(h Happening, before State) []*grooveObject {
	state := &grooveObject{"StateChange", object{"to": grooveState(&w.state)}}
	with := func(typ string) []*grooveObject { return []*grooveObject{{typ, object{"by": w.actor(h)}}, state} }
	switch h.What {
	case Spoke:
		return []*grooveObject{w.message(h)}
	case Assigned, Unassigned:
		return []*grooveObject{{"AgentChange", object{"from": w.g.agent(w.b.User(before.Agent)), "to": w.g.agent(w.b.User(w.state.Agent))}}}
	case Teamed:
		return []*grooveObject{{"TeamChange", object{"from": w.g.team(w.b.Team(before.Team)), "to": w.g.team(w.b.Team(w.state.Team))}}}
	case Touched:
		return []*grooveObject{{"TagChange", object{"tag": &grooveObject{"Tag", object{"id": grooveID("tag", 1), "name": "seen"}}}}}
	case Closed, Reopened, Spammed, Unspammed:
		return []*grooveObject{state}
	case Snoozed:
		return with("SnoozeChange")
	case Woken:
		return with("UnsnoozeChange")
	case Trashed:
		return with("DeleteChange")
	case Untrashed:
		return with("UndeleteChange")
	case SurveyScored:
		return []*grooveObject{{"Rating", object{"grade": grooveGrade(h.Score), "id": grooveID("rat", h.Survey)}}}
	}
	return nil
}

// grooveGrade is the grade that is nearest to a score.
func grooveGrade(score int) string {
	switch {
	case score >= 4:
		return "AWESOME"
	case score == 3:
		return "OK"
	default:
		return "BAD"
	}
}

// message is a message or a note. Some agents answer from their own mail
// client: that comes in like a customer's mail.
func (w *grooveWriter) message(h Happening) *grooveObject {
	m := h.Message
	typ, author := "ReplyChange", w.g.agent(w.b.User(m.User))
	switch {
	case m.Author == helpdesk.AuthorCustomer:
		typ, author = "MessageFromEmailChange", w.contact()
	case author == nil: // a rule signs as somebody
		author = w.g.agent(w.b.User(Agent(0)))
	case m.ID%4 == 1:
		typ = "MessageFromEmailChange"
	}
	if !w.g.o.Old {
		typ = map[string]string{"ReplyChange": "Reply", "MessageFromEmailChange": "EmailMessage"}[typ]
	}
	if !m.Public {
		typ = "NoteChange"
	}
	return &grooveObject{typ, object{"id": grooveID("msg", m.ID), "author": author, "body": "<p>" + m.Text + "</p>", "bodyPlainText": m.Text}}
}
