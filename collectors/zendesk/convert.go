package zendesk

import (
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// names are those of the account's groups and brands, by id.
type names struct{ groups, brands map[string]string }

// conversation is what a ticket is now. base is the account's address, for the
// link.
func conversation(t *ticket, n names, base string) (helpdesk.Conversation, []helpdesk.UnknownValue) {
	channel, unknown := channelOf(&t.Via.V)
	status, known := statuses[string(t.Status)]
	if !known { // shown as open: a queue must not lose what is not understood
		status = helpdesk.StatusOpen
		unknown = append(unknown, helpdesk.UnknownValue{What: "status", Value: string(t.Status)})
	}
	conv := helpdesk.Conversation{
		ID:      string(t.ID),
		Created: t.Created.Time,
		Updated: t.Updated.Time,
		Status:  status,
		Labels: helpdesk.Labels{
			Channel:  channel,
			Team:     n.groups[string(t.Group.V)],
			Priority: string(t.Priority),
			Brand:    n.brands[string(t.Brand.V)],
			Language: languageOf(t.Tags.V),
		},
		Agent:     t.Assignee.V.person(),
		Due:       dueOf(&t.SLAs.V),
		Automated: t.SupportType == supportByAI,
		Messages:  leastComments(t),
	}
	switch {
	case status == helpdesk.StatusExcluded:
		conv.Excluded, conv.ExcludedAt = helpdesk.ExcludedDeleted, t.Updated.Time
	case status == helpdesk.StatusClosed && hasTag(t.Tags.V, tagMerged):
		conv.Status, conv.Excluded = helpdesk.StatusExcluded, helpdesk.ExcludedMerged
	case status == helpdesk.StatusClosed:
		conv.Closed = t.Metrics.V.Solved.Time
	}
	if base != "" {
		conv.URL = base + "/agent/tickets/" + string(t.ID)
	}
	return conv, unknown
}

// leastComments is how many comments a ticket has at least: Zendesk counts the
// agents' public ones, and a ticket begins with one of whoever submitted it.
func leastComments(t *ticket) int {
	replies := t.Metrics.V.Replies
	if !replies.OK {
		return -1
	}
	if t.Requester.V != "" && t.Requester.V == t.Submitter.V {
		return replies.V + 1
	}
	return max(replies.V, 1)
}

// channelOf maps how a ticket came. Without a channel nothing is unknown: it is
// not told.
func channelOf(v *via) (helpdesk.Channel, []helpdesk.UnknownValue) {
	if c, ok := privateChannels[[2]string{string(v.Channel), string(v.Source.V.Rel)}]; ok {
		return c, nil
	}
	if c, ok := channels[string(v.Channel)]; ok {
		return c, nil
	}
	if v.Channel == "" {
		return helpdesk.ChannelOther, nil
	}
	return helpdesk.ChannelOther, []helpdesk.UnknownValue{{What: "channel", Value: string(v.Channel)}}
}

func hasTag(tags []text, name string) bool {
	for _, tag := range tags {
		if strings.EqualFold(string(tag), name) {
			return true
		}
	}
	return false
}

// languageOf is the language that the vendor's triage found, "" without one.
func languageOf(tags []text) string {
	for _, tag := range tags {
		if language, ok := strings.CutPrefix(string(tag), tagLanguage); ok {
			return language
		}
	}
	return ""
}

// dueOf are the due times of the service levels whose clocks run.
func dueOf(s *slaSideload) helpdesk.Due {
	var due helpdesk.Due
	for _, m := range s.Metrics.V {
		if m.Stage != stageActive {
			continue
		}
		switch m.Metric {
		case slaFirstReply:
			due.FirstResponse = m.Breach.Time
		case slaNextReply:
			due.NextResponse = m.Breach.Time
		case slaResolution:
			due.Resolution = m.Breach.Time
		}
	}
	return due
}

// ratingOf is a survey; ok is false when its score is a word of another kind,
// or has no time.
func ratingOf(r *rating) (rec helpdesk.Rating, ok bool) {
	scored := r.Updated.Time
	if scored.IsZero() {
		scored = r.Created.Time
	}
	rec, ok = scoreOf(string(r.Ticket), string(r.Score), r.Created.Time, scored)
	if rec.Score > 0 {
		rec.Sent = r.Created.Time
	}
	return rec, ok
}

// scoreOf is a ticket's answer to the survey, or that it was offered. A ticket
// has one survey, and the log names no other id: it goes by the ticket's.
func scoreOf(ticket, score string, sent, scored time.Time) (rec helpdesk.Rating, ok bool) {
	rec = helpdesk.Rating{ID: ticket, Conversation: ticket}
	if offered, known := unscored[score]; known {
		if offered {
			rec.Sent = sent
		}
		return rec, true
	}
	if rec.Score = scores[score]; rec.Score == 0 || scored.IsZero() {
		return rec, false
	}
	rec.Scored = scored
	return rec, true
}

func agentOf(u *user) helpdesk.Agent {
	return helpdesk.Agent{ID: string(u.ID), Name: string(u.Name)}
}
