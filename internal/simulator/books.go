package simulator

import (
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Books are everything that a desk knows. Dialects read them, under the desk's
// lock, in [Desk.Read]; nobody but the desk writes them.
type Books struct {
	Now       time.Time
	Began     time.Time // when the desk opened
	Users     []User
	Teams     []Team
	Customers []Customer
	Tickets   []*Ticket   // by id, deleted and merged ones included
	Log       []Happening // of all tickets, in the order of ids and of time
}

// User is an agent or a bot.
type User struct {
	ID   int64
	Name string
	Bot  bool
	Team int64
	// From and To are the hours of the shift, UTC; a night shift has To > 24.
	From, To int
	Weekends bool
}

// Team is a team of agents.
type Team struct {
	ID   int64
	Name string
}

// Customer is somebody who writes to the desk: planted words all over.
type Customer struct {
	ID          int64
	First, Last string
	Email       string
}

// Message is what somebody said.
type Message struct {
	ID          int64
	Author      helpdesk.Author
	User        int64 // the agent or bot; 0 for customers, rules and campaigns
	Public      bool
	Undelivered bool
	Text        string
}

// What is a kind of happening.
type What uint8

// What can happen to a ticket.
const (
	Opened       What = iota + 1
	Spoke             // Message
	Assigned          // User: the agent or bot that has it now
	Unassigned        //
	Teamed            // Team: the team that has it now
	Prioritised       // Priority
	Touched           // something that matters to nobody moved the update stamp
	Closed            //
	Reopened          //
	Snoozed           // Until
	Woken             // the snooze is over
	Spammed           //
	Unspammed         //
	Trashed           //
	Untrashed         //
	Merged            // Into: the ticket is no more
	Deleted           // for good
	SurveyMade        // Survey: not sent yet, perhaps never
	SurveySent        // Survey
	SurveyScored      // Survey, Score
)

// Happening is one thing that happened to a ticket.
type Happening struct {
	ID     int64 // grows
	At     time.Time
	Ticket int64
	What   What
	Cause  int64 // of one action's happenings the same
	Actor  helpdesk.Actor
	By     int64 // the user who did it, 0 for rules, customers and time

	Message  *Message
	User     int64
	Team     int64
	Priority string
	Until    time.Time
	Into     int64
	Survey   int64
	Score    int
}

// Ticket is one conversation.
type Ticket struct {
	ID       int64
	Customer int64
	Channel  helpdesk.Channel
	Subject  string
	Outbound bool // the team opened it
	Log      []Happening

	now State
}

// State is what a ticket was at some instant.
type State struct {
	// Status is new, open, snoozed or closed; an excluded ticket keeps the
	// status beneath.
	Status       helpdesk.Status
	Created      time.Time
	Updated      time.Time
	Closed       time.Time // of the close in force, snoozes not included
	SnoozedUntil time.Time // zero when not snoozed
	SnoozedAt    time.Time
	Spam         bool
	SpamAt       time.Time
	TrashedAt    time.Time
	MergedInto   int64
	GoneAt       time.Time // merged or deleted
	Deleted      bool
	Agent        int64 // who has it, an agent or a bot
	Team         int64
	Priority     string
	LastMessage  time.Time // public
	LastReceived time.Time // of the customer's
	LastFailed   bool      // the last message sent was not delivered
	Seen         time.Time // first touched by an agent
	Messages     int       // notes included
	Survey       Survey
}

// Survey asks for a customer's opinion.
type Survey struct {
	ID                    int64 // 0: none
	Made, Send            time.Time
	Sent, Scored          time.Time
	Score                 int
	SentEvent, ScoreEvent int64
}

// Excluded says why a ticket is in no queue, and since when.
func (s *State) Excluded() (helpdesk.Exclusion, time.Time) {
	switch {
	case s.MergedInto != 0:
		return helpdesk.ExcludedMerged, s.GoneAt
	case s.Deleted:
		return helpdesk.ExcludedDeleted, s.GoneAt
	case !s.TrashedAt.IsZero():
		return helpdesk.ExcludedDeleted, s.TrashedAt
	case s.Spam:
		return helpdesk.ExcludedSpam, s.SpamAt
	}
	return helpdesk.NotExcluded, time.Time{}
}

// Now returns the ticket's newest state.
func (t *Ticket) Now() State { return t.now }

// At returns the ticket's state at an instant; false before it was opened.
func (t *Ticket) At(at time.Time) (State, bool) {
	s := t.stateAt(at)
	if s == nil {
		return State{}, false
	}
	return *s, true
}

// stateAt is At without a copy; nil before the ticket was opened.
func (t *Ticket) stateAt(at time.Time) *State {
	if len(t.Log) == 0 || t.Log[0].At.After(at) {
		return nil
	}
	if !t.Log[len(t.Log)-1].At.After(at) {
		return &t.now
	}
	var s State
	for _, h := range t.Log {
		if h.At.After(at) {
			break
		}
		s.apply(h)
	}
	return &s
}

// Ticket returns a ticket by its id, nil when there never was one.
func (b *Books) Ticket(id int64) *Ticket {
	i, ok := slices.BinarySearchFunc(b.Tickets, id, func(t *Ticket, id int64) int { return int(t.ID - id) })
	if !ok {
		return nil
	}
	return b.Tickets[i]
}

// User returns a user by id, nil when there is none.
func (b *Books) User(id int64) *User {
	for i := range b.Users {
		if b.Users[i].ID == id {
			return &b.Users[i]
		}
	}
	return nil
}

// Team returns a team by id, nil when there is none.
func (b *Books) Team(id int64) *Team {
	for i := range b.Teams {
		if b.Teams[i].ID == id {
			return &b.Teams[i]
		}
	}
	return nil
}

// Customer returns a customer by id, nil when there is none.
func (b *Books) Customer(id int64) *Customer {
	if i := id - firstCustomer; i >= 0 && i < int64(len(b.Customers)) {
		return &b.Customers[i]
	}
	return nil
}
