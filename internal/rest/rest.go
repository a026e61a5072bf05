// Package rest is the one way in which collectors talk to helpdesks: resty
// under a polite client that bounds time and body, retries with jitter, honours
// Retry-After, keeps to the source's share of the account's quota, measures the
// skew to the helpdesk's clock, and turns every failure into a typed error that
// holds no secret and no customer's data.
package rest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Reason is why a request failed: a closed set of label values.
type Reason string

// Reasons.
const (
	ReasonAuth        Reason = "auth"         // 401
	ReasonForbidden   Reason = "forbidden"    // 403
	ReasonRateLimited Reason = "rate_limited" // 429
	ReasonTimeout     Reason = "timeout"
	ReasonServer      Reason = "server" // 5xx
	ReasonClient      Reason = "client" // other 4xx
	ReasonDecode      Reason = "decode" // an answer that is not what it should be: truncated, HTML, too large
	ReasonNetwork     Reason = "network"
	ReasonGone        Reason = "gone" // 404, 410
)

// Reasons lists them all.
var Reasons = []Reason{
	ReasonAuth, ReasonForbidden, ReasonRateLimited, ReasonTimeout, ReasonServer,
	ReasonClient, ReasonDecode, ReasonNetwork, ReasonGone,
}

// Error is a failed request. Its text names the endpoint template and the
// reason, never a URL's query, a header or a body.
type Error struct {
	Reason     Reason
	Endpoint   string
	Code       int           // HTTP status, 0 when there was no answer
	RetryAfter time.Duration // what the vendor asked for, 0 when it did not
	Err        error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s", e.Endpoint, e.Reason)
	if e.Code != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Code)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Priority is what a request is for: the quota governor gives way to clocks.
type Priority uint8

// Priorities.
const (
	Clocks     Priority = iota // streams that deadlines depend on
	Background                 // sweeps, directories, ratings, history
)

// Request is one call.
type Request struct {
	Method   string // GET when empty
	Endpoint string // the template, "/api/tickets/{id}": the label of the metrics
	Path     string // below the base URL, "/api/tickets/17": percent-encoded, without a query
	Query    url.Values
	Body     any // sent as JSON when not nil, a json.RawMessage as it stands; not with GET
	Header   map[string]string
	Priority Priority
	Cost     int // what the vendor charges against the quota; 1 when 0
	// Allowance is the endpoint's own limit, nil without one.
	Allowance *Allowance
	// Heard is told the header of the good answer, for vendors that page by it;
	// may be nil.
	Heard func(http.Header)
}

// Doer is what collectors need of a client. Do sends the request and decodes
// the JSON answer into the value that out points to (nil: the answer is
// dropped). That value is replaced whole, or left alone: on an error, and when
// the helpdesk answers 204, no content.
//
// Errors are *Error. When the caller's own context ended, errors.Is finds
// context.Canceled or context.DeadlineExceeded in them; their reason is then
// timeout, and it is for the caller to tell its own hanging up from a failure.
// An error with RetryAfter asks for that wait: it was too long to sit out here.
type Doer interface {
	Do(ctx context.Context, r Request, out any) error
}
