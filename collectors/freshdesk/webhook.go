package freshdesk

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
)

var (
	errSecret  = errors.New("the delivery does not bring the secret: set it in the rule, as the password of its basic authentication or as a bearer token")
	errContent = errors.New("the delivery names no ticket: put {\"ticket_id\": \"{{ticket.id}}\"} in the content of the rule")
)

// Webhook reads a delivery of an automation rule's "Trigger webhook". Freshdesk
// signs none: the rule brings a secret as the password of a basic authentication
// or as a bearer token. Its content is what the rule's author wrote: a ticket_id
// or id, at the top or in freshdesk_webhook, which the simple content begins with.
// https://support.freshdesk.com/support/solutions/articles/132589
func Webhook(d hook.Delivery, secret []byte) (hook.Event, error) {
	if !brings(d.Header, secret) {
		return hook.Event{}, errSecret
	}
	type named struct {
		Ticket maybe[id] `json:"ticket_id"`
		ID     maybe[id] `json:"id"`
	}
	var content struct {
		named
		Simple maybe[named] `json:"freshdesk_webhook"`
		Nested maybe[named] `json:"ticket"`
	}
	if json.Unmarshal(d.Body, &content) != nil {
		return hook.Event{}, errContent
	}
	for _, v := range []maybe[id]{content.Ticket, content.Simple.v.Ticket, content.Simple.v.ID, content.Nested.v.ID, content.ID} {
		if v.v.seq() != 0 {
			return hook.Event{Conversations: []string{string(v.v)}}, nil
		}
	}
	return hook.Event{}, errContent
}

// brings reports whether a header holds the secret. An empty one is none.
func brings(h http.Header, secret []byte) bool {
	r := http.Request{Header: h}
	_, password, _ := r.BasicAuth()
	token := ""
	if v := h.Get("Authorization"); len(v) > len("Bearer ") {
		token = v[len("Bearer "):]
	}
	ok := subtle.ConstantTimeCompare([]byte(password), secret) | subtle.ConstantTimeCompare([]byte(token), secret)
	return ok == 1 && len(secret) > 0
}
