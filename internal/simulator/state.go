package simulator

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// apply makes a happening part of the state.
func (s *State) apply(h Happening) {
	if h.What < SurveyMade { // surveys move no stamp of the ticket's
		s.Updated = h.At
	}
	switch h.What {
	case Opened:
		*s = State{Status: helpdesk.StatusOpen, Created: h.At, Updated: h.At, Priority: "normal"}
	case Spoke:
		s.spoke(h)
	case Assigned:
		s.Agent = h.User
	case Unassigned:
		s.Agent = 0
	case Teamed:
		s.Team = h.Team
	case Prioritised:
		s.Priority = h.Priority
	case Closed:
		s.wake()
		s.Status, s.Closed = helpdesk.StatusClosed, h.At
	case Reopened, Woken:
		s.wake()
		s.Status, s.Closed = helpdesk.StatusOpen, time.Time{}
	case Snoozed:
		s.Status, s.Closed = helpdesk.StatusSnoozed, time.Time{}
		s.SnoozedUntil, s.SnoozedAt = h.Until, h.At
	default:
		s.setAside(h)
	}
	if h.By != 0 && h.Actor == helpdesk.ActorAgent && s.Seen.IsZero() {
		s.Seen = h.At
	}
}

func (s *State) wake() { s.SnoozedUntil, s.SnoozedAt = time.Time{}, time.Time{} }

func (s *State) spoke(h Happening) {
	s.Messages++
	if !h.Message.Public {
		return
	}
	s.LastMessage = h.At
	if h.Message.Author == helpdesk.AuthorCustomer {
		s.LastReceived = h.At
	} else {
		s.LastFailed = h.Message.Undelivered
	}
}

// setAside is apply for exclusions and surveys.
func (s *State) setAside(h Happening) {
	switch h.What {
	case Spammed:
		s.Spam, s.SpamAt = true, h.At
	case Unspammed:
		s.Spam, s.SpamAt = false, time.Time{}
	case Trashed:
		s.TrashedAt = h.At
	case Untrashed:
		s.TrashedAt = time.Time{}
	case Merged:
		s.MergedInto, s.GoneAt = h.Into, h.At
	case Deleted:
		s.Deleted, s.GoneAt = true, h.At
	case SurveyMade:
		s.Survey = Survey{ID: h.Survey, Made: h.At, Send: h.Until}
	case SurveySent:
		s.Survey.Sent, s.Survey.SentEvent = h.At, h.ID
	case SurveyScored:
		s.Survey.Scored, s.Survey.Score, s.Survey.ScoreEvent = h.At, h.Score, h.ID
	}
}
