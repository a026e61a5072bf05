package callbell

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// channels is the table of the documentation. A value that is not in it is
// ChannelOther, and counted.
var channels = map[string]helpdesk.Channel{
	"facebook":  helpdesk.ChannelMessenger,
	"instagram": helpdesk.ChannelInstagramDM,
	"telegram":  helpdesk.ChannelTelegram,
	"whatsapp":  helpdesk.ChannelWhatsApp,
}

// kind is what a message is.
type kind string

// Kinds of messages.
const (
	received kind = "received" // from the customer
	sent     kind = "sent"     // from the account: an agent, a bot, a campaign
	failed   kind = "failed"   // sent, and not delivered
	note     kind = "note"     // internal, the system's included
)

// kinds are the statuses of messages: the three of the list, and those by which
// deliveries are told elsewhere. What is in no table is counted, and is no message
// of anybody's.
var kinds = map[string]kind{
	"received":  received,
	"sent":      sent,
	"enqueued":  sent,
	"delivered": sent,
	"read":      sent,
	"deleted":   sent,
	"failed":    failed,
	"mismatch":  failed,
	"note":      note,
}

// scores are the answers of the vendor's own three buttons, as a bot may write
// them, beside 1 to 5.
var scores = map[string]int{
	"1": 1, "2": 2, "3": 3, "4": 4, "5": 5,
	"promoter": 5, "neutral": 3, "detractor": 1,
}
