package freshdesk

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// callWindow is the time over which credits are counted.
// https://support.freshdesk.com/support/solutions/articles/225439
const callWindow = time.Minute

// CallLimit reads the credits that the account has in a minute, and what is left
// of them to all of its keys, apps and webhooks; no answer tells when a minute
// begins. StartLimit is what to assume before an answer told it: the credits of
// a trial account, the least there is.
var (
	CallLimit  = rest.ReadRemaining("X-RateLimit-Total", "X-RateLimit-Remaining", "", callWindow)
	StartLimit = rest.Reading{Limit: 50, Remaining: 50, Window: callWindow}
)

// listLimit is how many lists of tickets an account may ask for in a minute,
// beside its credits: the least of any plan. No header tells the plan's own, and
// more would not help: the messages of a hundred tickets cost more than their list.
const listLimit = 20

// Lists is a share of the account's limit of lists.
func Lists(share float64) *rest.Allowance {
	return rest.NewAllowance(int(listLimit*share), callWindow, nil)
}

// What calls cost in credits. A list pays two for the stamps of its rows.
const (
	costCall          = 1
	costTicketsStats  = 3
	costTicketInclude = 2
)
