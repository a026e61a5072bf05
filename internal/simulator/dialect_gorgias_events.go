package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// gorgiasEvent is one entry of the feed.
type gorgiasEvent struct {
	id      int64
	at      time.Time
	context int64
	kind    string
	object  string
	subject int64 // the id of the object
	user    int64
	data    any
}

const firstEvent = 2_189_000_000

// catchUp reads what is new in the desk's log.
func (g *gorgias) catchUp(b *Books) {
	for ; g.read < len(b.Log); g.read++ {
		h := b.Log[g.read]
		for i, e := range eventsOf(h) {
			e.id, e.at, e.context = firstEvent+h.ID*8+int64(i), h.At, h.Cause
			if e.object == "" {
				e.object, e.subject = "Ticket", h.Ticket
			}
			if e.user == 0 && h.Actor == helpdesk.ActorAgent {
				e.user = h.By
			}
			g.events = append(g.events, e)
		}
		if h.What == Spoke {
			g.messages = append(g.messages, gorgiasMessage{h.At, b.Ticket(h.Ticket), h.Message})
		}
	}
}

var surveySkipped = gorgiasEvent{kind: "ticket-satisfaction-survey-skipped", data: object{"reasons": []string{
	"The ticket lacks the required minimum interaction: at least one message from the customer and one from an agent.",
}}}

// eventsOf are the events that a happening makes; the same action's share a
// context. Where the vendor tells a snooze it tells a close with it, and where
// it tells a waking a reopening.
func eventsOf(h Happening) []gorgiasEvent {
	updated := gorgiasEvent{kind: "ticket-updated"}
	simple := map[What]string{
		Opened: "ticket-created", Assigned: "ticket-assigned", Unassigned: "ticket-unassigned", Teamed: "ticket-team-assigned",
		Reopened: "ticket-reopened", Spammed: "ticket-marked-spam", Unspammed: "ticket-unmarked-spam", Trashed: "ticket-trashed",
		Untrashed: "ticket-untrashed", Merged: "ticket-merged", Deleted: "ticket-deleted",
	}
	if kind, ok := simple[h.What]; ok {
		return []gorgiasEvent{updated, {kind: kind, user: botUser(h)}}
	}
	switch h.What {
	case Spoke:
		return messageEvents(h)
	case Closed:
		events := []gorgiasEvent{updated, {kind: "ticket-closed", user: botUser(h)}}
		if h.Actor == helpdesk.ActorCustomer {
			events = append(events, surveySkipped)
		}
		return events
	case Snoozed:
		return []gorgiasEvent{updated, {kind: "ticket-closed"}, {kind: "ticket-snoozed"}}
	case Woken:
		if h.Actor == helpdesk.ActorCustomer { // a message woke it
			return []gorgiasEvent{updated, {kind: "ticket-reopened"}}
		}
		return []gorgiasEvent{updated, {kind: "ticket-reopened"}, {kind: "ticket-self-unsnoozed"}}
	case SurveyMade:
		return nil
	case SurveySent:
		return []gorgiasEvent{{kind: "satisfaction-survey-sent", object: "SatisfactionSurvey", subject: h.Survey}}
	case SurveyScored:
		return []gorgiasEvent{{kind: "satisfaction-survey-responded", object: "SatisfactionSurvey", subject: h.Survey}}
	}
	return []gorgiasEvent{updated}
}

// botUser is the bot that did it, if one did: bots are users too.
func botUser(h Happening) int64 {
	if h.Actor == helpdesk.ActorAutomation {
		return h.By
	}
	return 0
}

func messageEvents(h Happening) []gorgiasEvent {
	of := func(kind string) gorgiasEvent {
		return gorgiasEvent{kind: kind, object: "TicketMessage", subject: h.Message.ID, user: h.By}
	}
	events := []gorgiasEvent{of("ticket-message-created"), {kind: "ticket-updated"}}
	if h.Message.Author == helpdesk.AuthorRule {
		events = append(events, gorgiasEvent{kind: "rule-executed", object: "Rule", subject: gorgiasRule})
	}
	if h.Message.Undelivered {
		events = append(events, of("ticket-message-failed"))
	}
	return events
}

func (e gorgiasEvent) json() object {
	return object{
		"id": e.id, "context": fmt.Sprintf("%08x-5f1c-4e6e-b5be-%012x", uint32(e.context*2654435761), e.context),
		"created_datetime": stamp(e.at), "data": e.data, "object_id": e.subject, "object_type": e.object, "type": e.kind,
		"user_id": idOrNull(e.user), "uri": fmt.Sprintf("/api/events/%d/", e.id),
	}
}

func (g *gorgias) allEvents(b *Books, r *http.Request) (any, error) {
	q := r.URL.Query()
	req, err := listRequest(q, "created_datetime")
	if err != nil {
		return nil, err
	}
	if q.Has("object_type") != q.Has("object_id") {
		return nil, badRequest("object_type", "object_type and object_id go together.")
	}
	events, err := g.eventsBetween(q)
	if err != nil {
		return nil, err
	}
	wanted := func(name string, value string) bool { return !q.Has(name) || slices.Contains(q[name], value) }
	l := listing{
		n:   len(events),
		key: func(i int) (time.Time, int64) { return events[i].at, events[i].id },
		shows: func(i int) bool {
			e := events[i]
			return g.visible(b, e.at, e.id) && wanted("types", e.kind) && wanted("object_type", e.object) &&
				wanted("user_ids", strconv.FormatInt(e.user, 10)) && wanted("object_id", strconv.FormatInt(e.subject, 10))
		},
		row: func(i int) any { return events[i].json() },
	}
	rows, prev, next := l.page(req)
	return list(r, rows, prev, next, false), nil
}

// eventsBetween applies the only date filter that the API has.
func (g *gorgias) eventsBetween(q url.Values) ([]gorgiasEvent, error) {
	from, to := 0, len(g.events)
	for name := range q {
		op, ok := strings.CutPrefix(name, "created_datetime[")
		if !ok {
			continue
		}
		at, err := parseStamp(q.Get(name))
		if err != nil {
			return nil, badRequest("created_datetime", "Not a valid datetime.")
		}
		first := func(is func(time.Time) bool) int {
			return sort.Search(len(g.events), func(i int) bool { return is(g.events[i].at) })
		}
		notBefore := first(func(t time.Time) bool { return !t.Before(at) })
		behind := first(func(t time.Time) bool { return t.After(at) })
		switch op {
		case "gte]":
			from = max(from, notBefore)
		case "gt]":
			from = max(from, behind)
		case "lt]":
			to = min(to, notBefore)
		case "lte]":
			to = min(to, behind)
		default:
			return nil, badRequest("created_datetime", "Not a valid operator.")
		}
	}
	if from > to {
		return nil, nil
	}
	return g.events[from:to], nil
}
