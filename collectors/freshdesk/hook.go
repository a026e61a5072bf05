package freshdesk

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// hookHeader is where a rule may send the secret, beside what it calls
// authentication: any header may be set.
const hookHeader = "X-Helpdesk-Secret"

var (
	errHookSecret = errors.New("neither the header " + hookHeader + " nor the authentication of the rule holds the secret")
	errHookBody   = fmt.Errorf(`%w: the content of the rule is not {"ticket_id": "{{ticket.id}}"}`, hook.ErrMalformed)
)

var _ hook.Verifier = Delivered

// Delivered verifies what an automation rule's "Trigger webhook" sends, and tells
// its ticket. Freshdesk signs nothing: the rule brings a secret. Its content is
// what the rule's author wrote: a ticket_id or id, at the top, in ticket, or in
// freshdesk_webhook, which the simple content begins with.
// https://support.freshdesk.com/support/solutions/articles/132589
func Delivered(d hook.Delivery, secret []byte) (hook.Event, error) {
	if len(secret) == 0 || !brings(d.Header, secret) {
		return hook.Event{}, errHookSecret
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
	if lenient.Unmarshal(d.Body, &content) != nil {
		return hook.Event{}, errHookBody
	}
	for _, v := range []maybe[id]{content.Ticket, content.Simple.V.Ticket, content.Simple.V.ID, content.Nested.V.ID, content.ID} {
		if v.V.seq() != 0 {
			return hook.Event{Conversations: []string{string(v.V)}}, nil
		}
	}
	return hook.Event{}, errHookBody
}

// brings reports whether a header holds the secret. A rule's authentication is
// a name and a password, or an API key, which is sent as the name.
func brings(h http.Header, secret []byte) bool {
	r := http.Request{Header: h}
	name, password, _ := r.BasicAuth()
	_, token, _ := strings.Cut(h.Get("Authorization"), "Bearer ")
	// Sums of the same length: how long the secret is takes no time to see.
	want, same := sha256.Sum256(secret), 0
	for _, v := range []string{h.Get(hookHeader), name, password, token} {
		got := sha256.Sum256([]byte(v))
		same |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return same == 1
}
