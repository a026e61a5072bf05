package zendesk

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// callWindow is the time over which calls are counted.
// https://developer.zendesk.com/api-reference/introduction/rate-limits/
const callWindow = time.Minute

// Exports have a limit inside the account's, 10 a minute, shared by all of the
// account's programs: so many of them are used here, unless the configuration
// says otherwise.
const exportCalls = 3

// CallLimit reads the account's limit, and StartLimit is what to assume before
// an answer told it: that of the smaller plans.
var (
	CallLimit  = rest.ReadRemaining("Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset", callWindow)
	StartLimit = rest.Reading{Limit: 200, Remaining: 200, Window: callWindow}
)

// maxReset bounds what a mistaken header can ask for: the window is a minute.
const maxReset = time.Hour

// exportLimit reads the limit of exports as the vendor counts it:
// "zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=60".
func exportLimit(h http.Header) (rest.Reading, bool) {
	r := rest.Reading{Limit: -1, Remaining: -1, Window: callWindow}
	for part := range strings.SplitSeq(h.Get("Zendesk-Ratelimit-Incremental-Exports"), ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			continue
		}
		switch key {
		case "total":
			r.Limit = n
		case "remaining":
			r.Remaining = n
		case "resets": // rounded down
			r.Reset = maxReset
			if n < int(maxReset/time.Second) {
				r.Reset = time.Duration(n+1) * time.Second
			}
		}
	}
	if r.Limit <= 0 || r.Remaining < 0 {
		return rest.Reading{}, false
	}
	return r, true
}
