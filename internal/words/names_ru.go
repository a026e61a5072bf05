package words

var namesRU = texts{
	"names.clock.first_response": "Первый ответ",
	"names.clock.next_response":  "Следующий ответ",
	"names.clock.resolution":     "Решение",

	"names.tier.stellar":       "Блестящий",
	"names.tier.above_average": "Выше среднего",
	"names.tier.average":       "Средний",
	"names.tier.below_average": "Ниже среднего",
	"names.tier.unacceptable":  "Неприемлемый",

	"names.status.new":     "Новые",
	"names.status.open":    "Открытые",
	"names.status.pending": "Ждут клиента",
	"names.status.on_hold": "На удержании",
	"names.status.snoozed": "Отложенные",

	"names.channel.email":        "Электронная почта",
	"names.channel.contact_form": "Форма обратной связи",
	"names.channel.help_center":  "Справочный центр",
	"names.channel.api":          "API",
	"names.channel.other":        "Другое",
	"names.channel.facebook":     "Facebook",
	"names.channel.instagram":    "Instagram",
	"names.channel.twitter":      "Twitter",
	"names.channel.review":       "Отзывы",
	"names.channel.community":    "Сообщество",
	"names.channel.chat":         "Чат",
	"names.channel.phone":        "Телефон",
	"names.channel.sms":          "SMS",
	"names.channel.whatsapp":     "WhatsApp",
	"names.channel.telegram":     "Telegram",
	"names.channel.messenger":    "Messenger",
	"names.channel.instagram_dm": "Instagram, личные сообщения",
	"names.channel.twitter_dm":   "Twitter, личные сообщения",
}
