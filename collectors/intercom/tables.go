package intercom

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// channels maps channel.current and source.type. A value that is not in it is
// ChannelOther, and counted.
var channels = map[string]helpdesk.Channel{
	"conversation": helpdesk.ChannelChat, // the Messenger widget
	"email":        helpdesk.ChannelEmail,
	"facebook":     helpdesk.ChannelMessenger,
	"instagram":    helpdesk.ChannelInstagramDM,
	"phone_call":   helpdesk.ChannelPhone,
	"phone_switch": helpdesk.ChannelPhone, // a caller who was sent to the Messenger
	"push":         helpdesk.ChannelOther, // an outbound push to a phone's app
	"sms":          helpdesk.ChannelSMS,
	"twitter":      helpdesk.ChannelTwitterDM,
	"whatsapp":     helpdesk.ChannelWhatsApp,
}

// statuses maps state.
var statuses = map[string]helpdesk.Status{
	"open":    helpdesk.StatusOpen,
	"snoozed": helpdesk.StatusSnoozed,
	"closed":  helpdesk.StatusClosed,
}

// authors maps the type of an author. Names tell nothing: the bot is called
// Operator, Fin, or what the workspace likes.
var authors = map[string]helpdesk.Author{
	"user":    helpdesk.AuthorCustomer,
	"lead":    helpdesk.AuthorCustomer,
	"contact": helpdesk.AuthorCustomer,
	"admin":   helpdesk.AuthorAgent,
	"bot":     helpdesk.AuthorBot,
	"team":    helpdesk.AuthorRule, // a person writes as himself
}

// deliveries are the openings that no person sent to this one customer.
var deliveries = map[string]helpdesk.Author{
	"campaigns_initiated": helpdesk.AuthorCampaign,
	"automated":           helpdesk.AuthorCampaign,
	"operator_initiated":  helpdesk.AuthorBot,
}

// holders maps the type of an assignee.
var holders = map[string]helpdesk.Holder{
	"admin":        helpdesk.HolderAgent,
	"bot":          helpdesk.HolderBot,
	"team":         helpdesk.HolderTeam,
	"nobody_admin": helpdesk.HolderNobody,
	"nobody":       helpdesk.HolderNobody,
}

// Types of parts that are not in the tables below.
const (
	partQuickReply      = "quick_reply"
	partTimer           = "timer_unsnooze"
	partMergedPrimary   = "merged_primary_conversation"
	partMergedSecondary = "merged_secondary_conversation"
)

// statusParts are the parts that change the status of a conversation.
var statusParts = map[string]helpdesk.StatusChange{
	"close":               {Change: helpdesk.ChangeClosed, To: helpdesk.StatusClosed},
	"open":                {Change: helpdesk.ChangeReopened, To: helpdesk.StatusOpen},
	"assign_and_reopen":   {Change: helpdesk.ChangeReopened, To: helpdesk.StatusOpen},
	"note_and_reopen":     {Change: helpdesk.ChangeReopened, To: helpdesk.StatusOpen},
	"snoozed":             {Change: helpdesk.ChangeStatus, To: helpdesk.StatusSnoozed},
	"unsnoozed":           {Change: helpdesk.ChangeStatus, To: helpdesk.StatusOpen},
	"assign_and_unsnooze": {Change: helpdesk.ChangeStatus, To: helpdesk.StatusOpen},
	partTimer:             {Change: helpdesk.ChangeStatus, To: helpdesk.StatusOpen},
}

// assignParts assign to whom assigned_to says, and to nobody when it is null.
var assignParts = map[string]bool{
	"assignment":                  true,
	"assign_and_reopen":           true,
	"assign_and_unsnooze":         true,
	"default_assignment":          true,
	"away_mode_assignment":        true,
	"message_strategy_assignment": true,
}

// silentParts have a body that no customer sees.
var silentParts = map[string]bool{"note": true, "note_and_reopen": true, "call_summary": true}

// solvedByFin are the resolution states of what the AI agent solved.
var solvedByFin = map[string]bool{"assumed_resolution": true, "confirmed_resolution": true}
