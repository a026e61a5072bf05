package freshdesk

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// CallWindow is the time over which the credits of [CallLimit] are counted.
// https://support.freshdesk.com/support/solutions/articles/225439
const CallWindow = time.Minute

// StartLimit is assumed until an answer tells the plan's own limit: the credits
// of a trial account, the least there is.
const StartLimit = 50

// listLimit is how many lists of tickets an account may ask for in a minute,
// beside its credits: the least of any plan. No header tells the plan's own, and
// more would not help: the messages of a hundred tickets cost more than their list.
const listLimit = 20

// Lists is a share of the account's limit of lists.
func Lists(share float64) *rest.Allowance {
	return rest.NewAllowance(int(listLimit*share), CallWindow, nil)
}

// What calls cost in credits. A list pays two for the stamps of its rows.
const (
	costCall          = 1
	costTicketsStats  = 3
	costTicketInclude = 2
)

// CallLimit reads X-RateLimit-Total and X-RateLimit-Remaining: the credits that
// the account has in a minute, and what is left of them to all of its keys, apps
// and webhooks. ok is false when the answer did not tell.
func CallLimit(h http.Header) (remaining, limit int, ok bool) {
	limit, err := strconv.Atoi(strings.TrimSpace(h.Get("X-RateLimit-Total")))
	if err != nil || limit <= 0 {
		return 0, 0, false
	}
	remaining, err = strconv.Atoi(strings.TrimSpace(h.Get("X-RateLimit-Remaining")))
	if err != nil {
		return 0, 0, false
	}
	return min(max(remaining, 0), limit), limit, true
}
