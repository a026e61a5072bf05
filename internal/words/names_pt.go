package words

var namesPT = texts{
	"names.clock.first_response": "Primeira resposta",
	"names.clock.next_response":  "Resposta seguinte",
	"names.clock.resolution":     "Resolução",

	"names.tier.stellar":       "Excelente",
	"names.tier.above_average": "Acima da média",
	"names.tier.average":       "Na média",
	"names.tier.below_average": "Abaixo da média",
	"names.tier.unacceptable":  "Inaceitável",

	"names.status.new":     "Novas",
	"names.status.open":    "Abertas",
	"names.status.pending": "Pendentes",
	"names.status.on_hold": "Em espera",
	"names.status.snoozed": "Adiadas",

	"names.channel.email":        "E-mail",
	"names.channel.contact_form": "Formulário de contato",
	"names.channel.help_center":  "Central de ajuda",
	"names.channel.api":          "API",
	"names.channel.other":        "Outro",
	"names.channel.facebook":     "Facebook",
	"names.channel.instagram":    "Instagram",
	"names.channel.twitter":      "Twitter",
	"names.channel.review":       "Avaliações",
	"names.channel.community":    "Comunidade",
	"names.channel.chat":         "Chat",
	"names.channel.phone":        "Telefone",
	"names.channel.sms":          "SMS",
	"names.channel.whatsapp":     "WhatsApp",
	"names.channel.telegram":     "Telegram",
	"names.channel.messenger":    "Messenger",
	"names.channel.instagram_dm": "Instagram Direct",
	"names.channel.twitter_dm":   "Twitter, mensagens diretas",
}
