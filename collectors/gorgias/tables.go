package gorgias

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// channels is the table of the documentation. A value that is not in it (an
// account can add its own) is ChannelOther, and counted.
var channels = map[string]helpdesk.Channel{
	"aircall":                  helpdesk.ChannelPhone,
	"api":                      helpdesk.ChannelAPI,
	"chat":                     helpdesk.ChannelChat,
	"contact_form":             helpdesk.ChannelContactForm,
	"email":                    helpdesk.ChannelEmail,
	"facebook":                 helpdesk.ChannelFacebook,
	"facebook-mention":         helpdesk.ChannelFacebook,
	"facebook-messenger":       helpdesk.ChannelMessenger,
	"facebook-recommendations": helpdesk.ChannelReview,
	"help-center":              helpdesk.ChannelHelpCenter,
	"instagram-ad-comment":     helpdesk.ChannelInstagram,
	"instagram-comment":        helpdesk.ChannelInstagram,
	"instagram-direct-message": helpdesk.ChannelInstagramDM,
	"instagram-mention":        helpdesk.ChannelInstagram,
	"phone":                    helpdesk.ChannelPhone,
	"sms":                      helpdesk.ChannelSMS,
	"twitter":                  helpdesk.ChannelTwitter,
	"twitter-direct-message":   helpdesk.ChannelTwitterDM,
	"whatsapp":                 helpdesk.ChannelWhatsApp,
	"yotpo-review":             helpdesk.ChannelReview,
}

// channelNote is the channel of internal notes.
const channelNote = "internal-note"

// tagSolvedByAI is set by the vendor's AI agent on what it resolved alone.
const tagSolvedByAI = "ai_close"

// viaSelfService is how tickets of the self-service flows begin.
const viaSelfService = "self_service"

// viaRule marks messages that a rule sent.
const viaRule = "rule"

// roleBot is the role of users that are not people.
const roleBot = "bot"

// Types of events that are not in the tables below.
const (
	eventMerged          = "ticket-merged"
	eventDeleted         = "ticket-deleted"
	eventTrashed         = "ticket-trashed"
	eventSurveySent      = "satisfaction-survey-sent"
	eventSurveyResponded = "satisfaction-survey-responded"
)

// statusEvents are the events that change the status of a ticket.
var statusEvents = map[string]helpdesk.StatusChange{
	"ticket-closed":         {Change: helpdesk.ChangeClosed, To: helpdesk.StatusClosed},
	"ticket-reopened":       {Change: helpdesk.ChangeReopened, To: helpdesk.StatusOpen},
	"ticket-snoozed":        {Change: helpdesk.ChangeStatus, To: helpdesk.StatusSnoozed},
	"ticket-self-unsnoozed": {Change: helpdesk.ChangeStatus, To: helpdesk.StatusOpen},
	"ticket-marked-spam":    {Change: helpdesk.ChangeExcluded, To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedSpam},
	"ticket-unmarked-spam":  {Change: helpdesk.ChangeRestored},
	eventTrashed:            {Change: helpdesk.ChangeExcluded, To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted},
	"ticket-untrashed":      {Change: helpdesk.ChangeRestored},
	eventDeleted:            {Change: helpdesk.ChangeExcluded, To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted},
}

// holderEvents are the events that change who holds a ticket.
var holderEvents = map[string]helpdesk.Holder{
	"ticket-assigned":        helpdesk.HolderAgent,
	"ticket-unassigned":      helpdesk.HolderNobody,
	"ticket-team-assigned":   helpdesk.HolderTeam,
	"ticket-team-unassigned": helpdesk.HolderNobody,
}

// eventTypes are the types that are asked for. The log also holds several
// ticket-updated an action and everything else that happens in the account: not
// asking for them is what keeps an idle round at one page.
var eventTypes = []string{
	eventSurveyResponded,
	eventSurveySent,
	"ticket-assigned",
	"ticket-closed",
	eventDeleted,
	"ticket-marked-spam",
	eventMerged,
	"ticket-reopened",
	"ticket-self-unsnoozed",
	"ticket-snoozed",
	"ticket-team-assigned",
	"ticket-team-unassigned",
	eventTrashed,
	"ticket-unassigned",
	"ticket-unmarked-spam",
	"ticket-untrashed",
}
