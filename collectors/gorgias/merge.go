package gorgias

import (
	"context"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// maxMerges bounds the memory of merges; beyond it all are forgotten.
const maxMerges = 1000

// fetchConversation reads a ticket with its messages and its events.
//
// The log names a merge without saying which of the tickets is gone, so that is
// decided by looking: one that redirects to another or does not exist any more
// was merged away, and so was one that is left without a message, or was put in
// the trash or closed by nothing but the merge. Data that names the tickets goes first.
func (c *Collector) fetchConversation(ctx context.Context, v string, page *helpdesk.Page) error {
	t, gone, err := c.ticket(ctx, v, rest.Clocks)
	if err != nil {
		return err
	}
	log, err := c.ticketEvents(ctx, v, page)
	if err != nil {
		return err
	}
	left := c.addEvents(log, page)
	if gone {
		if merge := lastMerge(log); merge != nil || c.merges[v].ID != "" {
			page.Records = append(page.Records, c.mergedAway(v, merge, &ticketDetail{}))
		} else if !left {
			page.Gone = append(page.Gone, v)
		}
		return nil
	}
	first := len(page.Records)
	if err := c.addRow(ctx, t, page); err != nil {
		return err
	}
	if source := isSource(v, t, log); source || string(t.ID) != v {
		merge, err := c.merge(ctx, v, log, t, page)
		if err != nil {
			return err
		}
		away := c.mergedAway(v, merge, t)
		if source {
			markMerged(page.Records[first:], away)
		}
		page.Records = append(page.Records, away)
	}
	if err := c.addMessages(ctx, t, page); err != nil {
		return err
	}
	if t.Survey.OK {
		addRating(t.Survey.V, page)
	}
	return nil
}

// addEvents converts the events of a ticket; left is true when one of them says
// that the ticket was deleted.
func (c *Collector) addEvents(log []event, page *helpdesk.Page) (left bool) {
	for i := range log {
		e := &log[i]
		if e.ID == "" || e.Created.IsZero() {
			lenient.Skip(page, "id", "event", e.ID)
			continue
		}
		if rec := recordOf(e, c.users.isBot); rec != nil {
			page.Records = append(page.Records, rec)
			left = left || e.Type == eventDeleted
		}
	}
	return left
}

func (c *Collector) addMessages(ctx context.Context, t *ticketDetail, page *helpdesk.Page) error {
	rows, err := c.readMessages(ctx, t.Messages.V, t.ID, page)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.rec != nil {
			page.Records = append(page.Records, r.rec)
		}
	}
	return nil
}

// merge is the event that tells of the merge of a ticket: in its own log, else
// the last one in that of the ticket that is left; nil if neither does.
func (c *Collector) merge(ctx context.Context, v string, log []event, left *ticketDetail, page *helpdesk.Page) (*event, error) {
	e := lastMerge(log)
	if _, noted := c.merges[v]; e != nil || noted || left.ID == "" || string(left.ID) == v {
		return e, nil
	}
	into, err := c.ticketEvents(ctx, string(left.ID), page)
	if err != nil {
		return nil, err
	}
	for i := range into {
		if into[i].Type == eventMerged && !into[i].Created.IsZero() {
			e = &into[i]
		}
	}
	return e, nil
}

// mergedAway is the end of a ticket by a merge: at the time of the event if one
// tells, else at the last update of the ticket that is left, which is no earlier.
func (c *Collector) mergedAway(v string, merge *event, left *ticketDetail) helpdesk.StatusChange {
	change := helpdesk.StatusChange{
		Key: helpdesk.Key{
			ID: "merged/" + v, At: left.Updated.Time, Lane: helpdesk.LaneEvents,
		},
		Conversation: v,
		Change:       helpdesk.ChangeExcluded,
		To:           helpdesk.StatusExcluded,
		Excluded:     helpdesk.ExcludedMerged,
	}
	if change.At.IsZero() {
		change.At = c.now
	}
	if noted, found := c.merges[v]; found {
		change.Key = noted
	}
	if merge != nil {
		change.Key, change.Cause = merge.key(), string(merge.Context)
		change.By, change.Agent = actorOf(merge, c.users.isBot)
		if string(merge.Object) != v {
			change.Key.ID += "/" + v
		}
	}
	return change
}

// lastMerge is the merge that a ticket's log ends with, nil if it does not. A
// merge after which the ticket lived on is one into it.
func lastMerge(log []event) *event {
	for i := len(log) - 1; i >= 0; i-- {
		if log[i].Type != eventMerged || log[i].Created.IsZero() {
			continue
		}
		for j := i + 1; j < len(log); j++ {
			later := &log[j]
			ends := later.Type == eventDeleted || later.Type == eventTrashed || atOnce(later.Created, log[i].Created)
			if !ends && later.Context != log[i].Context && slices.Contains(eventTypes, string(later.Type)) {
				return nil
			}
		}
		return &log[i]
	}
	return nil
}

// isSource reports whether a ticket that can still be read was merged away.
func isSource(v string, t *ticketDetail, log []event) bool {
	e := lastMerge(log)
	if e == nil || string(t.ID) != v {
		return false
	}
	from, into := e.merged()
	switch {
	case slices.Contains(from, v):
		return true
	case slices.Contains(into, v), len(from) > 0:
		return false
	case len(into) > 0:
		return true
	case t.Messages.OK && len(t.Messages.V) == 0:
		return true
	default:
		return t.Trashed.isSet() && !trashedApart(log, e) || closedBy(t, e)
	}
}

// closedBy reports whether it was the merge that closed the ticket: into a
// ticket that is closed nothing is merged, and what is left of a merge is open.
func closedBy(t *ticketDetail, merge *event) bool {
	return t.Status == "closed" && atOnce(t.Closed, merge.Created)
}

func atOnce(a, b stamp) bool { return a.Sub(b.Time).Abs() < time.Second }

// trashedApart reports whether something else than the merge put the ticket in
// the trash.
func trashedApart(log []event, merge *event) bool {
	return slices.ContainsFunc(log, func(e event) bool {
		return e.Type == eventTrashed && e.Context != merge.Context
	})
}

// markMerged makes the rows say what the merge did: they are of a ticket that is
// still listed.
func markMerged(rows []helpdesk.Record, away helpdesk.StatusChange) {
	for i, r := range rows {
		if conv, ok := r.(helpdesk.Conversation); ok {
			conv.Status, conv.Excluded, conv.ExcludedAt = helpdesk.StatusExcluded, helpdesk.ExcludedMerged, away.At
			rows[i] = conv
		}
	}
}

// noteMerge remembers when the tickets that a merge names were merged away:
// their own log need not hold the event.
func (c *Collector) noteMerge(e *event) {
	if e.Type != eventMerged {
		return
	}
	if len(c.merges) > maxMerges {
		clear(c.merges)
	}
	from, _ := e.merged()
	for _, v := range from {
		if v != string(e.Object) {
			key := e.key()
			key.ID += "/" + v
			c.merges[v] = key
		}
	}
}
