package gorgias

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// hookHeader is where an HTTP integration sends the secret: Gorgias documents no
// signature, but any header may be set.
const hookHeader = "X-Helpdesk-Secret"

var (
	errHookSecret = errors.New("the header " + hookHeader + " does not hold the secret")
	errHookBody   = fmt.Errorf(`%w: the body is not {"ticket_id": "{{ticket.id}}"}`, hook.ErrMalformed)
)

var _ hook.Verifier = Delivered

// Delivered verifies a delivery of an HTTP integration, and tells its ticket. The
// body is the template that the README gives.
func Delivered(d hook.Delivery, secret []byte) (hook.Event, error) {
	// Sums of the same length: how long the secret is takes no time to see.
	got, want := sha256.Sum256([]byte(d.Header.Get(hookHeader))), sha256.Sum256(secret)
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return hook.Event{}, errHookSecret
	}
	var body struct {
		Ticket id `json:"ticket_id"`
	}
	if lenient.Unmarshal(d.Body, &body) != nil || body.Ticket == "" {
		return hook.Event{}, errHookBody
	}
	return hook.Event{Conversations: []string{string(body.Ticket)}}, nil
}
