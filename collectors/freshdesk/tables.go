package freshdesk

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// Sources of tickets and of messages. A message's are another list than a
// ticket's.
const (
	sourceOutbound = 10 // of a ticket: an agent wrote first
	sourceSurvey   = 6  // of a message: the answer to a survey
)

// Scopes of agents: which tickets they see. A restricted one sees his own.
const (
	scopeGlobal code = 1
	scopeGroup  code = 2
)

// channels are the sources of tickets that the documentation names. A source of
// another number (an account can add its own) is ChannelOther, and counted.
var channels = map[code]helpdesk.Channel{
	1:              helpdesk.ChannelEmail,
	2:              helpdesk.ChannelContactForm, // the portal
	3:              helpdesk.ChannelPhone,
	5:              helpdesk.ChannelTwitter,
	6:              helpdesk.ChannelFacebook,
	7:              helpdesk.ChannelChat,
	9:              helpdesk.ChannelContactForm, // the feedback widget
	sourceOutbound: helpdesk.ChannelEmail,
}

// Statuses that close. The second follows the first, days later, by a rule: it
// is no second close.
const (
	statusResolved code = 4
	statusClosed   code = 5
)

// statuses are those of a new account. 6 and 7 can be renamed, and others added:
// then their names decide.
var statuses = map[code]helpdesk.Status{
	2:              helpdesk.StatusOpen,
	3:              helpdesk.StatusPending,
	statusResolved: helpdesk.StatusClosed,
	statusClosed:   helpdesk.StatusClosed,
	6:              helpdesk.StatusPending,
	7:              helpdesk.StatusOnHold,
}

// statusNames are names, in lower case, of statuses that an account added or
// renamed and that say what they are.
var statusNames = map[string]helpdesk.Status{
	"awaiting customer":       helpdesk.StatusPending,
	"awaiting customer reply": helpdesk.StatusPending,
	"on hold":                 helpdesk.StatusOnHold,
	"on-hold":                 helpdesk.StatusOnHold,
	"open":                    helpdesk.StatusOpen,
	"pending":                 helpdesk.StatusPending,
	"waiting on customer":     helpdesk.StatusPending,
	"waiting on third party":  helpdesk.StatusOnHold,
}

// priorities are all there are.
var priorities = map[code]string{1: "low", 2: "medium", 3: "high", 4: "urgent"}

// scores are the answers of the question that every survey begins with. A
// survey has two, three, five or seven of them.
var scores = map[int]int{103: 5, 102: 4, 101: 4, 100: 3, -101: 2, -102: 2, -103: 1}

// defaultQuestion is that question's key.
const defaultQuestion = "default_question"
