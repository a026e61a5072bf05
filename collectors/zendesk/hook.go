package zendesk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// Headers of a delivery: the signature is the HMAC of the time and the body with
// the signing secret of the webhook.
// https://developer.zendesk.com/documentation/webhooks/verifying/
const (
	hookSignature  = "X-Zendesk-Webhook-Signature"
	hookTime       = "X-Zendesk-Webhook-Signature-Timestamp"
	hookInvocation = "X-Zendesk-Webhook-Invocation-Id"
)

var (
	errHookSignature = errors.New("the header " + hookSignature + " is not the signature of the time and the body with the webhook's signing secret")
	errHookBody      = fmt.Errorf(`%w: the body is neither an event nor {"ticket_id": "{{ticket.id}}"}`, hook.ErrMalformed)
)

var _ hook.Verifier = Delivered

// delivery is an event that a webhook subscribes to, or what a trigger sends with
// the template of the README.
type delivery struct {
	ID      text      `json:"id"`
	Type    text      `json:"type"`
	Subject text      `json:"subject"` // "zen:ticket:123"
	Ticket  maybe[id] `json:"ticket_id"`
}

const (
	eventType     = "zen:event-type:"
	subjectTicket = "zen:ticket:"
)

// Delivered verifies a delivery, and tells the ticket that it is about.
func Delivered(d hook.Delivery, secret []byte) (hook.Event, error) {
	at := d.Header.Get(hookTime)
	got, err := base64.StdEncoding.DecodeString(d.Header.Get(hookSignature))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(at)) // never an error
	mac.Write(d.Body)
	if !hmac.Equal(got, mac.Sum(nil)) || err != nil {
		return hook.Event{}, errHookSignature
	}
	var v delivery
	if lenient.Unmarshal(d.Body, &v) != nil || !strings.HasPrefix(string(v.Type), eventType) && v.Ticket.V == "" {
		return hook.Event{}, errHookBody
	}
	e := hook.Event{ID: string(v.ID)}
	if e.ID == "" {
		e.ID = d.Header.Get(hookInvocation)
	}
	if sent, bad := parseTime(at); !bad {
		e.Sent = sent
	}
	if v := v.ticket(); v != "" {
		e.Conversations = []string{v}
	}
	return e, nil
}

// ticket is the one that it is about, "" for none.
func (d *delivery) ticket() string {
	if v, of := strings.CutPrefix(string(d.Subject), subjectTicket); of && lenient.IsWord(v) {
		return v
	}
	return string(d.Ticket.V)
}
