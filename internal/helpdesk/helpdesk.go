// Package helpdesk holds the words of the product, free of any vendor: a
// source's conversations, the messages, status changes, assignments and
// ratings in them, and the agents and teams that work on them. Collectors
// translate a vendor's API into these words; measuring reads nothing else.
//
// No word carries message text, a subject, a name or an address of a customer.
package helpdesk

import "time"

// Record is one fact as a helpdesk told it. The concrete types are
// [Conversation], [Message], [StatusChange], [Assignment], [Relabel],
// [Rating], [Agent] and [Team].
//
// A record is identified by the vendor's id inside its kind and source. Reading
// it again, in any order, changes nothing; of two versions the newer wins.
type Record interface{ record() }

// Conversation is the newest row of a conversation (a ticket): what it is now,
// not what happened to it.
type Conversation struct {
	ID      string
	Created time.Time
	Updated time.Time // the vendor's update stamp: of two rows the later one wins; zero: the one read last
	Status  Status
	Closed  time.Time // the vendor's stamp of the last close; zero when it tells none
	Labels  Labels
	Agent   string // the agent it is assigned to; empty when nobody
	URL     string // for a person to open; never an API address

	// Excluded says why the conversation is out of the queues (Status is then
	// StatusExcluded) and ExcludedAt since when; zero when the vendor doesn't tell.
	Excluded   Exclusion
	ExcludedAt time.Time

	// Due are the helpdesk's own due times, where it has service levels: shown
	// beside ours, never booked.
	Due Due

	// Automated is true when the vendor says that automation solved it.
	Automated bool
	// Messages is the vendor's count of messages, internal notes included or
	// not as the vendor has it; -1 when it tells none. Collectors compare it,
	// measuring does not.
	Messages int
}

// Due are a helpdesk's own due times of a conversation; zero: none.
type Due struct{ FirstResponse, NextResponse, Resolution time.Time }

// Labels are the bounded words that conversations are grouped by.
type Labels struct {
	Channel  Channel
	Team     string // the team's name, "" for none
	Priority string
	Brand    string
	Inbox    string
	Language string
}

// Status is the normalised status of a conversation.
type Status uint8

// Statuses. The first five are live queues.
const (
	StatusNew Status = iota + 1
	StatusOpen
	StatusPending
	StatusOnHold
	StatusSnoozed
	StatusClosed
	StatusExcluded
)

// LiveStatuses are the values of the label status of the live queue.
var LiveStatuses = []Status{StatusNew, StatusOpen, StatusPending, StatusOnHold, StatusSnoozed}

var statusNames = [...]string{"", "new", "open", "pending", "on_hold", "snoozed", "closed", "excluded"}

func (s Status) String() string { return name(statusNames[:], int(s)) }

// Live reports whether a conversation in this status is in a queue.
func (s Status) Live() bool { return s >= StatusNew && s <= StatusSnoozed }

// Waits reports whether a customer with an open turn waits in this status.
func (s Status) Waits() bool { return s == StatusNew || s == StatusOpen }

// Exclusion says why a conversation left the queues and clocks without a close.
type Exclusion uint8

// Exclusions. A trashed conversation is deleted.
const (
	NotExcluded Exclusion = iota
	ExcludedSpam
	ExcludedMerged
	ExcludedDeleted
)

// Exclusions are the values of the label reason of the excluded counter.
var Exclusions = []Exclusion{ExcludedSpam, ExcludedMerged, ExcludedDeleted}

var exclusionNames = [...]string{"", "spam", "merged", "deleted"}

func (e Exclusion) String() string { return name(exclusionNames[:], int(e)) }

// Author is who wrote a message, as far as measuring cares.
type Author uint8

// Authors. Only an agent's message is a qualifying reply (a bot's too, where
// the configuration says so); rules, auto-responders and campaigns never are.
const (
	AuthorCustomer Author = iota + 1
	AuthorAgent
	AuthorBot      // a bot or an AI agent that converses
	AuthorRule     // a rule or an auto-responder: acknowledgements
	AuthorCampaign // an outbound campaign: it can start a conversation
)

// Key orders a record among others of the same conversation at the same
// instant: first the lane (records of one stream share a lane; messages come
// before status changes of another stream), then the vendor's own sequence.
type Key struct {
	ID   string // the vendor's id, unique in its kind and source
	At   time.Time
	Lane Lane
	Seq  uint64 // the vendor's sequence inside the lane, 0 when it has none
}

// Lane is the part that a stream plays in the order of records at one instant.
type Lane uint8

// Lanes. A vendor with one feed of everything puts all records in LaneFeed,
// where the vendor's sequence alone decides.
const (
	LaneFeed     Lane = iota
	LaneMessages      // messages of a stream of their own
	LaneEvents        // status changes and assignments of a stream of their own
)

// Message is a message of a conversation, or an internal note.
type Message struct {
	Key
	Conversation string
	Author       Author
	Agent        string // the agent or bot that wrote it, if known
	Public       bool
	Undelivered  bool // the vendor says that it could not be delivered
}

// Actor is who did something.
type Actor uint8

// Actors. Where the vendor does not tell who, an agent is assumed.
const (
	ActorUnknown Actor = iota
	ActorAgent
	ActorAutomation // a rule, a bot, an API integration, inactivity
	ActorCustomer
)

// Change is a kind of status change.
type Change uint8

// Changes. A close of what is closed, or a reopening of what is not closed, is
// no second one.
const (
	ChangeStatus   Change = iota + 1 // to StatusChange.To, live to live
	ChangeClosed                     //
	ChangeReopened                   // to StatusChange.To, a live status
	ChangeExcluded                   // spam, merged, deleted: see StatusChange.Excluded
	ChangeRestored                   // un-spammed, un-trashed
)

// StatusChange is one change of the status of a conversation.
type StatusChange struct {
	Key
	Conversation string
	Change       Change
	To           Status
	Excluded     Exclusion
	By           Actor
	Agent        string // the agent who did it, if known
	// Cause groups the changes that one action made ("" when the vendor does
	// not tell): a close with the cause of a snooze is that snooze, a reopening
	// with the cause of a waking is that waking.
	Cause string
}

// Holder is what kind of party a conversation is assigned to.
type Holder uint8

// Holders.
const (
	HolderNobody Holder = iota
	HolderAgent
	HolderBot
	HolderTeam
)

var holderNames = [...]string{"", "agent", "bot", "team"}

func (h Holder) String() string { return name(holderNames[:], int(h)) }

// Assignment says who holds a conversation from now on. The hand to a team's
// queue is HolderTeam, and HolderNobody where there is no team either.
type Assignment struct {
	Key
	Conversation string
	To           Holder
	Agent        string // the agent or bot, when To is one and the vendor tells which
}

// Relabel is a change of one of a conversation's labels, where the vendor's
// history tells it.
type Relabel struct {
	Key
	Conversation string
	Label        LabelName
	From, To     string
}

// LabelName names a field of [Labels].
type LabelName uint8

// Label names; LabelChannel is always a label, the others where configured.
const (
	LabelChannel LabelName = iota
	LabelTeam
	LabelPriority
	LabelBrand
	LabelInbox
	LabelLanguage
)

var labelNames = [...]string{"channel", "team", "priority", "brand", "inbox", "language"}

func (l LabelName) String() string { return name(labelNames[:], int(l)) }

// ExtraLabels are the dimensions that the configuration may ask for.
var ExtraLabels = []LabelName{LabelTeam, LabelPriority, LabelBrand, LabelInbox, LabelLanguage}

// Get returns the value of one label.
func (l *Labels) Get(n LabelName) string { return *l.field(n) }

// Set sets the value of one label.
func (l *Labels) Set(n LabelName, v string) { *l.field(n) = v }

func (l *Labels) field(n LabelName) *string {
	switch n {
	case LabelChannel:
		return (*string)(&l.Channel)
	case LabelTeam:
		return &l.Team
	case LabelPriority:
		return &l.Priority
	case LabelBrand:
		return &l.Brand
	case LabelInbox:
		return &l.Inbox
	default:
		return &l.Language
	}
}

// Rating is a satisfaction survey of a conversation: sent, and perhaps scored.
type Rating struct {
	ID           string
	Conversation string
	Sent         time.Time // zero: not sent, or the vendor does not tell
	Scored       time.Time // zero: no score yet
	Score        int       // normalised to 1 to 5; 0: no score yet
}

// Agent is a person or a bot of the support team. One without a name tells
// presence alone: what else is known of the agent stays.
type Agent struct {
	ID   string
	Name string
	Bot  bool

	// Presence is that of the moment at which the agent was read. A vendor that
	// tells it walks its agents in each round; who is not in a walk has none.
	Presence Presence
	// Since is the vendor's stamp of the last change of presence; zero when it
	// tells none.
	Since time.Time
}

// Presence is whether an agent is there to answer customers.
type Presence uint8

// Presences. Away is logged in, but not available.
const (
	PresenceUnknown Presence = iota
	Online
	Away
	Offline
)

// Presences lists those that a vendor can tell.
var Presences = []Presence{Online, Away, Offline}

func (p Presence) String() string {
	return name([]string{"unknown", "online", "away", "offline"}, int(p))
}

// Team is a team of the directory. Channel is set where the directory alone
// tells which channel its conversations have.
type Team struct {
	ID      string
	Name    string
	Channel Channel
}

func (Conversation) record() {}
func (Message) record()      {}
func (StatusChange) record() {}
func (Assignment) record()   {}
func (Relabel) record()      {}
func (Rating) record()       {}
func (Agent) record()        {}
func (Team) record()         {}

func name(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return "unknown"
	}
	return names[i]
}
