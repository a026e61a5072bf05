package groove

import (
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// A kind is what a change means here. The types of the schema of 2020 are named
// AgentChange, those of 2025, as far as they were seen, without Change: both
// names are one kind.
type kind uint8

const (
	kindUnknown kind = iota
	kindIgnored      // nothing is measured by it
	kindMessage      // to or from a customer
	kindNote         // internal, and what is forwarded to others
	kindState
	kindAgent
	kindTeam
	kindSnooze
	kindUnsnooze
	kindDelete
	kindUndelete
	kindMerge
	kindRating
)

// kinds are the types of changes, without Change at the end.
var kinds = map[string]kind{
	"EmailMessage":        kindMessage,
	"FacebookMessage":     kindMessage,
	"Message":             kindMessage,
	"MessageFromEmail":    kindMessage,
	"Reply":               kindMessage,
	"TwitterMessage":      kindMessage,
	"WidgetMessage":       kindMessage,
	"Forward":             kindNote,
	"Note":                kindNote,
	"State":               kindState,
	"Agent":               kindAgent,
	"Team":                kindTeam,
	"Snooze":              kindSnooze,
	"Unsnooze":            kindUnsnooze,
	"Delete":              kindDelete,
	"Undelete":            kindUndelete,
	"Merge":               kindMerge,
	"Rating":              kindRating,
	"Channel":             kindIgnored,
	"Contact":             kindIgnored,
	"Customer":            kindIgnored,
	"CustomerRead":        kindIgnored,
	"Follow":              kindIgnored,
	"Integration":         kindIgnored,
	"IntegrationExternal": kindIgnored,
	"Star":                kindIgnored,
	"Subject":             kindIgnored,
	"SummaryMessage":      kindIgnored, // repeats the first message
	"Tag":                 kindIgnored,
	"Unfollow":            kindIgnored,
	"Unstar":              kindIgnored,
	"Untag":               kindIgnored,
}

func kindOf(typename string) kind { return kinds[strings.TrimSuffix(typename, "Change")] }

// field is a field of a type of change, and how it is asked for. Fields that
// have different types in different types of changes get names of their own.
type field struct{ name, ask string }

// fieldsOf are the fields that are asked of each kind of change; kinds without
// an entry are not asked for any.
var fieldsOf = map[kind][]field{
	kindMessage:  {{"author", "author { __typename ... on Agent { id } }"}},
	kindNote:     {{"author", "author { __typename ... on Agent { id } }"}},
	kindState:    {{"to", "toState: to"}},
	kindAgent:    {{"to", "toAgent: to { id }"}},
	kindTeam:     {{"from", "fromTeam: from { name }"}, {"to", "toTeam: to { name }"}},
	kindSnooze:   {{"id", "id"}},
	kindUnsnooze: {{"id", "id"}},
	kindDelete:   {{"id", "id"}},
	kindUndelete: {{"id", "id"}},
	kindMerge:    {{"sourceNumber", "sourceNumber"}},
	kindRating:   {{"grade", "grade"}},
}

// oldTypes are the types of changes of 2020, as documented; blindTypes those
// that are tried first where the API does not describe itself. What is refused
// of them is left out.
var (
	oldTypes = []string{
		"AgentChange", "DeleteChange", "FacebookMessageChange", "ForwardChange", "MergeChange", "MessageFromEmailChange",
		"NoteChange", "Rating", "ReplyChange", "SnoozeChange", "StateChange", "TeamChange", "TwitterMessageChange",
		"UndeleteChange", "UnsnoozeChange", "WidgetMessageChange",
	}
	blindTypes = append([]string{"EmailMessage", "Reply"}, oldTypes...)
)

// states map the vendor's states. A conversation is unread while no agent has
// looked at what came last: customers wait in new conversations as in open ones.
var states = map[string]helpdesk.StatusChange{
	"UNREAD":  {To: helpdesk.StatusNew},
	"OPENED":  {To: helpdesk.StatusOpen},
	"SNOOZED": {To: helpdesk.StatusSnoozed},
	"CLOSED":  {To: helpdesk.StatusClosed},
	"SPAM":    {To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedSpam},
	"DELETED": {To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted},
}

// openStates are those of conversations in a queue.
var openStates = []string{"UNREAD", "OPENED", "SNOOZED"}

// channels map the types of channels, in small letters and without "channel" and
// underscores: a channel's type is TWITTER_DIRECT, its __typename EmailChannel,
// its conversations' EmailConversation.
var channels = map[string]helpdesk.Channel{
	"email":          helpdesk.ChannelEmail,
	"facebook":       helpdesk.ChannelFacebook,
	"twitter":        helpdesk.ChannelTwitter,
	"twitterdirect":  helpdesk.ChannelTwitterDM,
	"twittermention": helpdesk.ChannelTwitter,
	"widget":         helpdesk.ChannelContactForm,
}

// grades map the three grades of a rating to the scale of 1 to 5.
var grades = map[string]int{"AWESOME": 5, "OK": 3, "BAD": 1}

// Types of those who act and write.
const (
	actorAgent   = "Agent"
	actorContact = "Contact"
	actorRule    = "Rule"
)
