package simulator

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

const (
	firstPart = 44_948_000_000
	// intercomOperator is the bot that every workspace has, and that rules,
	// campaigns and timers act as.
	intercomOperator = 10_553_732
)

// partID is the id of what a happening became; of a merge, in both conversations.
func partID(h Happening, copied bool) int64 {
	id := firstPart + 2*h.ID
	if copied {
		id++
	}
	return id
}

// parts are what happened in a conversation since its source. What one action
// did is one part: text rides on it.
func (ic *intercom) parts(b *Books, t *Ticket, until time.Time) []object {
	out := []object{}
	first := opening(t)
	skip := map[int64]bool{}
	for i, h := range t.Log {
		if h.At.After(until) || skip[h.ID] || first != nil && h.ID == first.ID {
			continue
		}
		o := ic.part(b, t, h)
		if h.What == Spoke {
			for _, with := range t.Log[i+1:] {
				if with.Cause != h.Cause || !with.At.Equal(h.At) || with.What == Spoke {
					break
				}
				if kind := rides(with); kind != "" {
					o["part_type"], o["assigned_to"] = kind, ic.assignedTo(b, with)
					skip[with.ID] = true
					break
				}
			}
		}
		if o != nil {
			out = append(out, o)
		}
	}
	for _, h := range ic.into[t.ID] {
		if h.At.After(until) {
			continue
		}
		o := ic.part(b, t, h)
		o["id"], o["part_type"] = number(partID(h, true)), "merged_primary_conversation"
		out = append(out, o)
	}
	slices.SortStableFunc(out, func(a, b object) int { return int(a["created_at"].(int64) - b["created_at"].(int64)) })
	return out
}

// rides is the type of the part that does a thing and has a text, "" where both
// are parts of their own.
func rides(h Happening) string {
	switch h.What {
	case Closed:
		return "close"
	case Reopened:
		return "open"
	case Assigned:
		return "assignment"
	}
	return ""
}

// part is what one happening became, nil when it left no trace.
func (ic *intercom) part(b *Books, t *Ticket, h Happening) object {
	kind, body := "", any(nil)
	switch h.What {
	case Spoke:
		kind, body = "comment", "<p>"+h.Message.Text+"</p>"
		if !h.Message.Public {
			kind = "note"
		}
	case Closed:
		kind = "close"
	case Reopened:
		kind = "open"
	case Snoozed:
		kind = "snoozed"
	case Woken:
		kind = "unsnoozed"
		if h.Actor == helpdesk.ActorAutomation {
			kind = "timer_unsnooze"
		}
	case Assigned, Unassigned, Teamed:
		kind = "assignment"
	case Prioritised:
		kind = "priority_changed"
	case Merged:
		kind = "merged_secondary_conversation"
	case SurveyScored:
		kind = "conversation_rating_changed"
	case Touched:
		kind = "conversation_attribute_updated_by_admin"
	default:
		return nil
	}
	return object{
		"type": "conversation_part", "id": number(partID(h, false)), "part_type": kind, "body": body,
		"created_at": h.At.Unix(), "updated_at": h.At.Unix(), "notified_at": h.At.Unix(), "assigned_to": ic.assignedTo(b, h),
		"author": ic.author(b, t, h), "attachments": []any{}, "external_id": nil, "redacted": false,
	}
}

// assignedTo is whom a part gave the conversation to, null when to no one else.
func (ic *intercom) assignedTo(b *Books, h Happening) any {
	switch h.What {
	case Assigned:
		kind := "admin"
		if u := b.User(h.User); u != nil && u.Bot {
			kind = "bot"
		}
		return object{"type": kind, "id": number(h.User)}
	case Teamed:
		return object{"type": "team", "id": number(h.Team)}
	case Unassigned:
		return object{"type": "nobody_admin", "id": nil}
	}
	return nil
}

// author is who did a thing. Rules, campaigns and time have no one: the
// workspace's bot did it.
func (ic *intercom) author(b *Books, t *Ticket, h Happening) object {
	user := h.By
	if h.What == Spoke {
		user = h.Message.User
	}
	u := b.User(user)
	switch {
	case u != nil && u.Bot:
		return object{"type": "bot", "id": number(u.ID), "name": u.Name, "email": "operator+h64a47v4@intercom.io"}
	case u != nil:
		return object{"type": "admin", "id": number(u.ID), "name": u.Name, "email": userEmail(u)}
	case h.Actor == helpdesk.ActorCustomer, h.What == Spoke && h.Message.Author == helpdesk.AuthorCustomer:
		c := b.Customer(t.Customer)
		return object{"type": "user", "id": contactOf(t.Customer), "name": c.First + " " + c.Last, "email": c.Email}
	}
	return object{"type": "bot", "id": number(intercomOperator), "name": "Fin", "email": "operator+h64a47v4@intercom.io"}
}

// statistics are as the conversation was a little earlier, and null as long as
// no customer had written. Its count of parts has the source in it.
func (ic *intercom) statistics(b *Books, c icShown) object {
	o := object{"type": "conversation_statistics"}
	for _, name := range []string{
		"time_to_assignment", "time_to_admin_reply", "time_to_first_close", "time_to_last_close", "median_time_to_reply",
		"first_contact_reply_at", "first_assignment_at", "first_admin_reply_at", "first_close_at", "last_assignment_at",
		"last_assignment_admin_reply_at", "last_contact_reply_at", "last_admin_reply_at", "last_close_at", "last_closed_by_id",
	} {
		o[name] = nil
	}
	reopens, assignments := 0, 0
	until := b.Now.Add(-max(0, ic.o.StatisticsLag))
	var wrote time.Time
	mark := func(first, last, took string, at time.Time) {
		if o[first] == nil {
			o[first] = at.Unix()
			if took != "" {
				o[took] = at.Unix() - wrote.Unix()
			}
		}
		o[last] = at.Unix()
	}
	closed := false
	for _, h := range c.t.Log {
		if h.At.After(until) {
			break
		}
		if h.What == Spoke && h.Message.Author == helpdesk.AuthorCustomer {
			if wrote.IsZero() {
				wrote = h.At
			}
			mark("first_contact_reply_at", "last_contact_reply_at", "", h.At)
		}
		if wrote.IsZero() {
			closed = h.What == Closed || closed && h.What != Reopened
			continue
		}
		switch {
		case h.What == Spoke && h.Message.Author == helpdesk.AuthorAgent && h.Message.Public:
			mark("first_admin_reply_at", "last_admin_reply_at", "time_to_admin_reply", h.At)
		case h.What == Assigned:
			assignments++
			mark("first_assignment_at", "last_assignment_at", "time_to_assignment", h.At)
		case h.What == Closed:
			mark("first_close_at", "last_close_at", "time_to_first_close", h.At)
			o["time_to_last_close"], o["last_closed_by_id"] = h.At.Unix()-wrote.Unix(), idOrNull(h.By)
			closed = true
		case h.What == Reopened && closed:
			reopens++
			closed = false
		}
	}
	o["count_reopens"], o["count_assignments"] = reopens, assignments
	o["count_conversation_parts"] = len(ic.parts(b, c.t, until)) + 1
	return o
}
