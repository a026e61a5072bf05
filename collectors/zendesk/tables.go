package zendesk

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// channels are the values of via.channel, an open set. A value that is not in it
// is ChannelOther, and counted.
var channels = map[string]helpdesk.Channel{
	"any_channel":       helpdesk.ChannelOther, // an app of the channel framework
	"api":               helpdesk.ChannelAPI,
	"chat":              helpdesk.ChannelChat,
	"email":             helpdesk.ChannelEmail,
	"facebook":          helpdesk.ChannelFacebook,
	"help_center":       helpdesk.ChannelHelpCenter,
	"instagram_dm":      helpdesk.ChannelInstagramDM,
	"line":              helpdesk.ChannelOther,
	"messaging":         helpdesk.ChannelChat,
	"mobile":            helpdesk.ChannelContactForm,
	"mobile_sdk":        helpdesk.ChannelContactForm,
	"native_messaging":  helpdesk.ChannelChat,
	"rule":              helpdesk.ChannelOther,
	"sample_ticket":     helpdesk.ChannelOther,
	"side_conversation": helpdesk.ChannelOther,
	"sms":               helpdesk.ChannelSMS,
	"twitter":           helpdesk.ChannelTwitter,
	"voice":             helpdesk.ChannelPhone,
	"phone":             helpdesk.ChannelPhone,
	"web":               helpdesk.ChannelContactForm,
	"web_widget":        helpdesk.ChannelContactForm,
	"whatsapp":          helpdesk.ChannelWhatsApp,
}

// privateChannels are those of via.channel whose private messages, told by
// via.source.rel, are a channel of their own.
var privateChannels = map[[2]string]helpdesk.Channel{
	{"facebook", "message"}:       helpdesk.ChannelMessenger,
	{"twitter", "direct_message"}: helpdesk.ChannelTwitterDM,
}

// ruleVias are how triggers and automations act: the channel of an audit, and the
// words that the log of ticket events shows instead.
var ruleVias = map[string]bool{"rule": true, "Rule": true, "Automation": true, "Trigger": true}

// statuses are the categories of statuses; custom statuses are names inside of
// them. Deleted tickets show in exports only.
var statuses = map[string]helpdesk.Status{
	"new":         helpdesk.StatusNew,
	"open":        helpdesk.StatusOpen,
	"pending":     helpdesk.StatusPending,
	"hold":        helpdesk.StatusOnHold,
	"solved":      helpdesk.StatusClosed,
	"closed":      helpdesk.StatusClosed,
	statusDeleted: helpdesk.StatusExcluded,
}

const statusDeleted = "deleted"

// tagMerged is set on a ticket that was merged into another, and closed by it.
const tagMerged = "closed_by_merge"

// tagLanguage begins the tag that the vendor's triage sets: "language__en".
const tagLanguage = "language__"

// supportByAI is the support type of what AI agents handled alone.
const supportByAI = "ai_agent"

// scores are the answers of the two-valued survey; the newer one's are numbers.
var scores = map[string]int{
	"good": 5, "good_with_comment": 5,
	"bad": 1, "bad_with_comment": 1,
	"1": 1, "2": 2, "3": 3, "4": 4, "5": 5,
}

// unscored are the other words of a survey: whether it was sent.
var unscored = map[string]bool{"offered": true, "unoffered": false}

// stageActive is that of a service level whose clock runs.
const stageActive = "active"

// Metrics of service levels that have a due time here.
const (
	slaFirstReply = "first_reply_time"
	slaNextReply  = "next_reply_time"
	slaResolution = "total_resolution_time"
)

// Names of fields in changes.
const (
	fieldStatus    = "status"
	fieldAssignee  = "assignee_id"
	fieldGroup     = "group_id"
	fieldPriority  = "priority"
	fieldBrand     = "brand_id"
	fieldRequester = "requester_id"
	fieldTags      = "tags"
	fieldScore     = "satisfaction_score"
)

// Types of child events and of events in audits.
const (
	typeComment = "Comment"
	typeVoice   = "VoiceComment"
	typeCreate  = "Create"
)
