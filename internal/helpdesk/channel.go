package helpdesk

// Channel is the normalised channel of a conversation.
type Channel string

// Channels, as label values.
const (
	ChannelEmail       Channel = "email"
	ChannelContactForm Channel = "contact_form"
	ChannelHelpCenter  Channel = "help_center"
	ChannelAPI         Channel = "api"
	ChannelOther       Channel = "other" // what is in no table of the vendor's: counted, and never paged by a guess
	ChannelFacebook    Channel = "facebook"
	ChannelInstagram   Channel = "instagram"
	ChannelTwitter     Channel = "twitter"
	ChannelReview      Channel = "review"
	ChannelCommunity   Channel = "community"
	ChannelChat        Channel = "chat"
	ChannelPhone       Channel = "phone"
	ChannelSMS         Channel = "sms"
	ChannelWhatsApp    Channel = "whatsapp"
	ChannelTelegram    Channel = "telegram"
	ChannelMessenger   Channel = "messenger"
	ChannelInstagramDM Channel = "instagram_dm"
	ChannelTwitterDM   Channel = "twitter_dm"
)

// Class is the kind of service that customers expect on a channel: it decides
// the limits.
type Class string

// Classes.
const (
	ClassEmail    Class = "email"
	ClassSocial   Class = "social"
	ClassRealtime Class = "realtime"
)

// Channels lists every channel in the order of the documentation, with its
// class. A source's channel_classes override the class.
var Channels = []struct {
	Channel Channel
	Class   Class
}{
	{ChannelEmail, ClassEmail},
	{ChannelContactForm, ClassEmail},
	{ChannelHelpCenter, ClassEmail},
	{ChannelAPI, ClassEmail},
	{ChannelOther, ClassEmail},
	{ChannelFacebook, ClassSocial},
	{ChannelInstagram, ClassSocial},
	{ChannelTwitter, ClassSocial},
	{ChannelReview, ClassSocial},
	{ChannelCommunity, ClassSocial},
	{ChannelChat, ClassRealtime},
	{ChannelPhone, ClassRealtime},
	{ChannelSMS, ClassRealtime},
	{ChannelWhatsApp, ClassRealtime},
	{ChannelTelegram, ClassRealtime},
	{ChannelMessenger, ClassRealtime},
	{ChannelInstagramDM, ClassRealtime},
	{ChannelTwitterDM, ClassRealtime},
}

// KnownChannel reports whether c is one of [Channels].
func KnownChannel(c Channel) bool {
	for _, k := range Channels {
		if k.Channel == c {
			return true
		}
	}
	return false
}
