// Package hook takes deliveries that a helpdesk pushes (webhooks). A delivery
// is a hint and never the truth: a good one only makes its conversations be
// read early, so that nothing that a stranger sends can become a number.
package hook

import (
	"errors"
	"net/http"
	"time"
)

// Delivery is a request as it came in, its body whole and bounded.
type Delivery struct {
	Header http.Header
	Body   []byte
}

// Event is what a good delivery says.
type Event struct {
	// ID is the vendor's id of the delivery, the same when it is sent again;
	// empty where it has none.
	ID string
	// Sent is when the vendor says that it sent it, as far as the signature
	// covers that; zero where it tells none.
	Sent time.Time
	// Conversations are the ids, as in helpdesk.Conversation, of those to read
	// early; none when the delivery is about something else.
	Conversations []string
	// Check says that the vendor only looks whether somebody answers. Such a
	// request says nothing, and needs no signature.
	Check bool
}

// ErrMalformed is wrapped by what a [Verifier] returns of a delivery that is signed
// well and cannot be read.
var ErrMalformed = errors.New("malformed delivery")

// What becomes of a request.
const (
	Accepted     = "accepted"
	Check        = "check"
	Replayed     = "replayed"     // it came before
	Unsigned     = "unsigned"     // without a good signature
	Stale        = "stale"        // signed too long ago, or for the future
	Malformed    = "malformed"    // signed well, and unreadable; or broken off
	TooLarge     = "too_large"    // not read to its end
	Unverifiable = "unverifiable" // there is no secret to verify it with
)

// Verifier checks a delivery's signature in constant time, and reads which
// conversations it is about. Its errors hold neither the secret nor anything of
// the body.
type Verifier func(d Delivery, secret []byte) (Event, error)
