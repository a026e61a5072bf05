package intercom

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the vendor signs with it
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// hookHeader holds the signature: sha1=, and the HMAC of the body as it came,
// with the client secret of the app.
// https://developers.intercom.com/docs/webhooks/setting-up-webhooks
const hookHeader = "X-Hub-Signature"

var (
	errHookSignature = errors.New("the header " + hookHeader + " is not the signature of the body with the app's client secret")
	errHookBody      = fmt.Errorf("%w: the body is not a notification", hook.ErrMalformed)
)

var _ hook.Verifier = Delivered

// notification is what a topic that is subscribed to sends.
type notification struct {
	ID        text   `json:"id"` // the same when it is sent again; may be null
	FirstSent stamp  `json:"first_sent_at"`
	Created   stamp  `json:"created_at"`
	Data      *about `json:"data"`
}

// about holds what happened to: a conversation, whole or its id alone, a ticket,
// or something else of which a conversation may be told.
type about struct {
	Item maybe[struct {
		Type         text          `json:"type"`
		ID           maybe[id]     `json:"id"`
		Conversation maybe[id]     `json:"conversation_id"`
		Category     text          `json:"category"`
		Ticket       maybe[ticket] `json:"ticket"`
	}] `json:"item"`
}

// ticket is a ticket. Those of customers have the id of their conversation.
type ticket struct {
	ID       maybe[id] `json:"id"`
	Category text      `json:"category"`
}

const customersTicket = "Customer"

// Delivered verifies a notification, and tells the conversation that it is about.
// A HEAD request without either is how the vendor looks whether the address
// answers.
func Delivered(d hook.Delivery, secret []byte) (hook.Event, error) {
	if len(d.Body) == 0 && d.Header.Get(hookHeader) == "" {
		return hook.Event{Check: true}, nil
	}
	sum, signed := strings.CutPrefix(d.Header.Get(hookHeader), "sha1=")
	got, err := hex.DecodeString(sum)
	mac := hmac.New(sha1.New, secret)
	mac.Write(d.Body) // never an error
	if !hmac.Equal(got, mac.Sum(nil)) || !signed || err != nil {
		return hook.Event{}, errHookSignature
	}
	var n notification
	if lenient.Unmarshal(d.Body, &n) != nil || n.Data == nil {
		return hook.Event{}, errHookBody
	}
	e := hook.Event{ID: string(n.ID), Sent: n.FirstSent.Time}
	if e.Sent.IsZero() {
		e.Sent = n.Created.Time
	}
	if v := n.Data.conversation(); v != "" {
		e.Conversations = []string{string(v)}
	}
	return e, nil
}

// conversation is the one that it is about, "" for none.
func (a *about) conversation() id {
	item := a.Item.V
	of := item.Ticket.V
	if item.Type == "ticket" && item.ID.OK {
		of = ticket{item.ID, item.Category}
	}
	switch {
	case item.Conversation.V != "":
		return item.Conversation.V
	case item.Type == "conversation":
		return item.ID.V
	case of.Category == customersTicket:
		return of.ID.V
	default:
		return ""
	}
}
