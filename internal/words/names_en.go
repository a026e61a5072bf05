package words

// Names of labels' values: names.<label>.<value>.
var namesEN = texts{
	"names.clock.first_response": "First response",
	"names.clock.next_response":  "Next response",
	"names.clock.resolution":     "Resolution",

	"names.tier.stellar":       "Stellar",
	"names.tier.above_average": "Above average",
	"names.tier.average":       "Average",
	"names.tier.below_average": "Below average",
	"names.tier.unacceptable":  "Unacceptable",

	"names.status.new":     "New",
	"names.status.open":    "Open",
	"names.status.pending": "Pending",
	"names.status.on_hold": "On hold",
	"names.status.snoozed": "Snoozed",

	"names.channel.email":        "Email",
	"names.channel.contact_form": "Contact form",
	"names.channel.help_center":  "Help centre",
	"names.channel.api":          "API",
	"names.channel.other":        "Other",
	"names.channel.facebook":     "Facebook",
	"names.channel.instagram":    "Instagram",
	"names.channel.twitter":      "Twitter",
	"names.channel.review":       "Reviews",
	"names.channel.community":    "Community",
	"names.channel.chat":         "Chat",
	"names.channel.phone":        "Phone",
	"names.channel.sms":          "SMS",
	"names.channel.whatsapp":     "WhatsApp",
	"names.channel.telegram":     "Telegram",
	"names.channel.messenger":    "Messenger",
	"names.channel.instagram_dm": "Instagram direct",
	"names.channel.twitter_dm":   "Twitter direct",

	"names.label.channel":  "Channel",
	"names.label.source":   "Source",
	"names.label.team":     "Team",
	"names.label.priority": "Priority",
	"names.label.brand":    "Brand",
	"names.label.inbox":    "Inbox",
	"names.label.language": "Language",
	"names.label.clock":    "Clock",
	"names.label.tier":     "Promised level",
}
