package intercom

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// partsOf reads the parts of a single conversation, in their order. Those that
// can't be read are noted in the page.
func partsOf(c *conversation, p *helpdesk.Page) []part {
	ps := make([]part, 0, len(c.Parts.V.Rows.V))
	for _, raw := range c.Parts.V.Rows.V {
		var one part
		switch {
		case !lenient.Decode[id]("part", raw, &one, p):
		case one.ID == "":
			lenient.Skip(p, "id", "part of conversation", c.ID)
		case one.Created.IsZero():
			lenient.Skip(p, "time", "part", one.ID)
		default:
			ps = append(ps, one)
		}
	}
	slices.SortStableFunc(ps, func(a, b part) int {
		return cmp.Or(a.Created.Compare(b.Created.Time), cmp.Compare(a.ID.Seq(), b.ID.Seq()))
	})
	return ps
}

// timeline is what happened in a conversation: its opening, and what each part
// stands for. A part can be a message, a change of status and an assignment at
// once, and the order of records of one instant puts the message first.
func timeline(c *conversation, ps []part, n names, p *helpdesk.Page) []helpdesk.Record {
	var recs []helpdesk.Record
	m, ok, unknown := openingOf(c, ps)
	p.AddUnknown(unknown...)
	if ok {
		recs = append(recs, m)
	}
	if m, ok := lostReply(c, ps); ok {
		recs = append(recs, m)
	}
	merged := mergedAway(ps, statuses[string(c.State)])
	closed, team := false, firstTeam(c, ps)
	for i := range ps {
		one := &ps[i]
		m, ok, unknown := messageOf(one, c.ID)
		p.AddUnknown(unknown...)
		if ok {
			recs = append(recs, m)
		}
		if change, ok := changeOf(one, c.ID, closed); ok && !ofMerge(change, merged) {
			closed = change.Change == helpdesk.ChangeClosed
			recs = append(recs, change)
		}
		if a, ok := assignmentOf(one, c.ID); ok {
			if a.To == helpdesk.HolderTeam {
				recs = append(recs, helpdesk.Relabel{
					Key: one.key(""), Conversation: string(c.ID), Label: helpdesk.LabelTeam,
					From: n.team(string(team)), To: n.team(string(one.Assigned.V.ID)),
				})
				team = one.Assigned.V.ID
			}
			if a.To == helpdesk.HolderNobody && team != "" {
				a.To = helpdesk.HolderTeam // back to the team's queue
			}
			recs = append(recs, a)
		}
		if one.merge() && !merged.IsZero() && one.Created.Equal(merged) {
			by, agent := actorOf(one)
			recs = append(recs, helpdesk.StatusChange{
				Key: one.key("merge-"), Conversation: string(c.ID), Change: helpdesk.ChangeExcluded,
				To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedMerged, By: by, Agent: agent,
			})
		}
	}
	return recs
}

// lacksParts reports whether an answer has fewer parts than it counts, other than
// those beyond the most that the vendor gives.
func (c *conversation) lacksParts() bool {
	rows := len(c.Parts.V.Rows.V)
	return rows < mostParts && rows < c.Parts.V.Total.V
}

// key is the place of a part in its conversation.
func (p *part) key(prefix string) helpdesk.Key {
	return helpdesk.Key{ID: prefix + string(p.ID), At: p.Created.Time, Lane: helpdesk.LaneFeed, Seq: p.ID.Seq()}
}

// hasText reports whether the part is a message, whatever else it does: text
// rides on closes, reopenings, assignments and snoozes too. The buttons that a
// bot offers are none; a picture is one, and so is what was redacted.
func (p *part) hasText() bool {
	if by, _ := authorOf(&p.Author.V); p.Type == partQuickReply && by == helpdesk.AuthorBot {
		return false
	}
	return bool(p.Body) || p.Redacted.V || len(p.Attachments.V) > 0
}

// messageOf is the message that a part carries.
func messageOf(p *part, conversation id) (m helpdesk.Message, ok bool, unknown []helpdesk.UnknownValue) {
	if !p.hasText() {
		return m, false, nil
	}
	by, unknown := authorOf(&p.Author.V)
	return helpdesk.Message{
		Key: p.key(""), Conversation: string(conversation), Author: by,
		Agent: agentOfMessage(by, &p.Author.V), Public: !silentParts[string(p.Type)],
	}, true, unknown
}

// changeOf is the change of status that a part made. closed is whether the parts
// before it left the conversation closed: a snooze brings it back.
func changeOf(p *part, conversation id, closed bool) (c helpdesk.StatusChange, ok bool) {
	c, ok = statusParts[string(p.Type)]
	if !ok {
		return c, false
	}
	if closed && c.To != helpdesk.StatusClosed {
		c.Change = helpdesk.ChangeReopened
	}
	c.Key, c.Conversation = p.key(""), string(conversation)
	c.By, c.Agent = actorOf(p)
	return c, true
}

// actorOf says who did it. The timer of a snooze is nobody's hand.
func actorOf(p *part) (helpdesk.Actor, string) {
	by, unknown := authorOf(&p.Author.V)
	switch {
	case p.Type == partTimer:
		return helpdesk.ActorAutomation, ""
	case len(unknown) > 0, p.Author.V.Type == "":
		return helpdesk.ActorUnknown, ""
	case by == helpdesk.AuthorCustomer:
		return helpdesk.ActorCustomer, ""
	case by == helpdesk.AuthorAgent:
		return helpdesk.ActorAgent, string(p.Author.V.ID)
	default:
		return helpdesk.ActorAutomation, ""
	}
}

// assignmentOf is the hand-over that a part made. Any part that has an assignee
// assigned; a null one says nothing, except in the parts that only assign.
func assignmentOf(p *part, conversation id) (a helpdesk.Assignment, ok bool) {
	to, found := holders[string(p.Assigned.V.Type)]
	if !found && !assignParts[string(p.Type)] {
		return a, false
	}
	if !found && p.Assigned.V.Type != "" {
		return a, false // a contact, or a kind of holder that is not known
	}
	a = helpdesk.Assignment{Key: p.key(""), Conversation: string(conversation), To: to}
	if to == helpdesk.HolderAgent || to == helpdesk.HolderBot {
		a.Agent = string(p.Assigned.V.ID)
	}
	return a, true
}

// firstTeam is the team that the conversation was in before its parts: where
// none of them names a team, the one that it is in now.
func firstTeam(c *conversation, ps []part) ref {
	for i := range ps {
		if holders[string(ps[i].Assigned.V.Type)] == helpdesk.HolderTeam {
			return ""
		}
	}
	return c.Team
}

// lastClose is when what is closed now was closed: at the first of several
// closes in a row.
func lastClose(ps []part) (at time.Time) {
	for i := range ps {
		change, ok := statusParts[string(ps[i].Type)]
		switch {
		case !ok:
		case change.Change != helpdesk.ChangeClosed:
			at = time.Time{}
		case at.IsZero():
			at = ps[i].Created.Time
		}
	}
	return at
}

func (p *part) merge() bool { return p.Type == partMergedSecondary || p.Type == partMergedPrimary }

// mergedAway is when the conversation was merged into another one, zero if it
// was not. merged_secondary_conversation says so. merged_primary_conversation
// has been read on both sides: it says so of a conversation that is closed and
// in which nothing was said, opened or closed later than in the second of the
// merge, which is what "the secondary stays closed" comes to.
func mergedAway(ps []part, status helpdesk.Status) (at time.Time) {
	if status != helpdesk.StatusClosed {
		return at
	}
	for i := range ps {
		p := &ps[i]
		_, moves := statusParts[string(p.Type)]
		switch {
		case p.merge():
			at = p.Created.Time
			if p.Type == partMergedSecondary {
				return at
			}
		case !at.IsZero() && p.Created.After(at) && (moves || p.hasText()):
			at = time.Time{}
		}
	}
	return at
}

// mergeTakes is the longest time between the close that a merge makes and the
// merge itself.
const mergeTakes = 2 * time.Second

// ofMerge reports whether a change is the close that a merge makes.
func ofMerge(c helpdesk.StatusChange, merged time.Time) bool {
	return c.Change == helpdesk.ChangeClosed && !merged.IsZero() &&
		!c.At.After(merged) && merged.Sub(c.At) <= mergeTakes
}

// lostReply is the first reply of a conversation of more parts than the vendor
// gives, where its statistics tell of one before the oldest part. Who wrote it
// is not told.
func lostReply(c *conversation, ps []part) (m helpdesk.Message, ok bool) {
	at := c.Statistics.V.FirstAdminReply
	if c.Parts.V.Total.V <= len(c.Parts.V.Rows.V) || len(ps) == 0 || at.IsZero() || !at.Before(ps[0].Created.Time) {
		return m, false
	}
	return helpdesk.Message{
		Key:          helpdesk.Key{ID: "first-" + string(c.ID), At: at.Time, Lane: helpdesk.LaneFeed},
		Conversation: string(c.ID), Author: helpdesk.AuthorAgent, Public: true,
	}, true
}

// single reads a single conversation: its row, its rating and its timeline.
func single(raw json.RawMessage, n names, p *helpdesk.Page) (*conversation, bool) {
	var c conversation
	if !lenient.Decode[id]("conversation", raw, &c, p) {
		return nil, false
	}
	switch {
	case c.ID == "":
		lenient.Skip(p, "id", "conversation", c.ID)
		return nil, false
	case c.Created.IsZero():
		lenient.Skip(p, "time", "conversation", c.ID)
		return nil, false
	}
	if c.lacksParts() {
		lenient.Skip(p, "parts", "conversation", c.ID)
	}
	ps := partsOf(&c, p)
	conv, unknown := conversationOf(&c, ps, n)
	p.AddUnknown(unknown...)
	p.Records = append(p.Records, conv)
	p.Records = append(p.Records, timeline(&c, ps, n, p)...)
	rate(&c, p)
	return &c, true
}

// rate adds the rating of a conversation to the page.
func rate(c *conversation, p *helpdesk.Page) {
	switch r, found, ok := ratingOf(c); {
	case !ok:
		lenient.Skip(p, "score", "rating of conversation", c.ID)
	case found:
		p.Records = append(p.Records, r)
	}
}
