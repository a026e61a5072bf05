package words

// Texts of alerts: those that the exporter pushes, and those by rules, whose
// arguments are templates of Prometheus.
var alertsEN = texts{
	"alert.awaited.first_response": "first reply",
	"alert.awaited.next_response":  "next reply",
	"alert.awaited.resolution":     "resolution",
	"alert.limit.business":         "within {limit} of support hours",
	"alert.limit.calendar":         "within {limit}",
	"alert.waiting.reply":          "A customer has been waiting for a reply since {start}.",
	"alert.waiting.resolution":     "The conversation has not been resolved since {start}.",

	"alert.duesoon.summary":     "{source}: the {awaited} of conversation {conversation} ({channel}) is due at {at}",
	"alert.duesoon.description": "{waiting} The promise for the clock {clock} on {channel} is the tier {tier}, {limit}, which ends at {at}.",

	"alert.breached.summary":     "{source}: the {awaited} of conversation {conversation} ({channel}) was due at {at}",
	"alert.breached.description": "{waiting} The promise for the clock {clock} on {channel} is the tier {tier}, {limit}, which ended at {at}.",

	"alert.many.summary": "{source}: {count} conversations on {channel} are past the deadline of the clock {clock}",
	"alert.many.description": "{count} clocks {clock} on {channel} have passed the limit of the promised tier {tier}, and are not pushed one by one: " +
		"they were too many in a minute, or past their deadline before this exporter could know of it. The status page and the boards list what waits.",

	"alert.burn.summary": "{clock} on {channel} of {source} misses its limit {times} times as often as promised",
	"alert.burn.description": "Within the last {window}, {clock} on {channel} of {source} has missed the promised limit {times} times as often as the promised {objective} allows. " +
		"More than {factor} times spends {spend} % of the error budget of the promise's window within {window}.",

	"alert.growing.summary": "The queue on {channel} of {source} has grown by {growth} conversations in a day",
	"alert.growing.description": "{queue} new and open conversations are in the queue on {channel} of {source}, {growth} more than at this time yesterday; {opened} were opened within the day. " +
		"The queue was growing within the last 2 hours, too.",

	"alert.nobody.summary":     "Nobody is online at {source} in support hours",
	"alert.nobody.description": "{online} agents of {source} are online, in support hours, and {waiting} customers wait for a reply.",

	"alert.csat.summary":     "Customers rate {source} lower than it promises",
	"alert.csat.description": "The mean of {ratings} ratings of {source} over the last week is {mean} of 5. The promised service level asks for {promised}, and chance does not explain the difference.",

	"alert.abandonment.summary": "{share} of the conversations on {channel} of {source} are abandoned",
	"alert.abandonment.description": "Customers abandoned {share} of the conversations on {channel} of {source} that were closed within the last day. " +
		"More than {limit} % is too much, and chance does not explain it.",

	"alert.regression.summary":     "Replies on {channel} of {source} take {mean}",
	"alert.regression.description": "{replies} replies of the last hour on {channel} of {source} came after {mean} on average. At this hour of the week it was {usual} in earlier weeks.",

	"alert.below.summary": "{clock} on {channel} of {source} is below the promised service level",
	"alert.below.description": "Over the last week the service level of {clock} on {channel} of {source} was {level} on the scale from 1 to 5. " +
		"Promised is {tier}, {promised}: {objective} of the events within {limit}. Chance does not explain the difference.",

	"alert.toolong.summary": "{customers} customers wait too long on {channel} of {source}",
	"alert.toolong.description": "{customers} customers on {channel} of {source} wait for longer than the {limit} within which {tier} promises a reply ({clock}). " +
		"That is more than {factor} times what the promised {objective} leaves room for at the volume of the last day.",

	"alert.blind.summary": "{source} cannot be read",
	"alert.blind.description": "The exporter cannot read {source}, or Prometheus cannot read the exporter{last}. " +
		"Until it can be read, nobody is told of conversations that wait too long.",
	"alert.blind.last": "; something was read last at {at}",

	"alert.credentials.summary": "{source} rejects the credentials of the exporter",
	"alert.credentials.description": "{source} has refused the exporter's credentials or rights {times} times within the last {window}, and cannot be read. " +
		"This does not heal by itself: somebody has to renew them.",

	"alert.quota.summary": "{source} throttles the exporter",
	"alert.quota.description": "In the last {window}, requests to {source} waited {share} of the time because the helpdesk asked to wait; {limit} % is too much. " +
		"Numbers and alerts are late by that.",

	"alert.down.summary": "helpdesk_exporter is down",
	"alert.down.description": "Prometheus has had no metrics of helpdesk_exporter ({sources}) for more than 5 minutes. " +
		"Nothing is measured, and nobody is told of conversations that wait too long.",
	"alert.down.any": "any source",
}
