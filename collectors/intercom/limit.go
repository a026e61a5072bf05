package intercom

import (
	"net/http"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// An app may make 10,000 calls a minute, handed out in slices of 10 seconds.
// https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting
const (
	CallWindow    = 10 * time.Second
	CallLimit     = 10_000 / slicesAMinute
	slicesAMinute = 6 // slices a minute
	// perMinute is from where on a limit that is told must be that of a minute: the
	// slice of a workspace, which all its apps share, is 4,166 calls.
	perMinute = 5_000
)

var readLimit = rest.ReadRemaining("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", CallWindow)

// ReadLimit reads what the account may call yet. A limit of a minute counts as
// that of its slices: what is left of the minute may not go at once.
func ReadLimit(h http.Header) (rest.Reading, bool) {
	r, ok := readLimit(h)
	if ok && r.Limit >= perMinute {
		r.Limit /= slicesAMinute
		r.Remaining = min(r.Remaining, r.Limit)
	}
	return r, ok
}
