package zendesk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
)

const signingSecret = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="

// signed is a body with the headers that the vendor sends with it.
func signed(at, body string) hook.Delivery {
	mac := hmac.New(sha256.New, []byte(signingSecret))
	mac.Write([]byte(at + body))
	h := http.Header{}
	h.Set("X-Zendesk-Webhook-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	h.Set("X-Zendesk-Webhook-Signature-Timestamp", at)
	h.Set("X-Zendesk-Webhook-Invocation-Id", "01GQ7ZX9")
	return hook.Delivery{Header: h, Body: []byte(body)}
}

func TestTheTicketOfADelivery(t *testing.T) {
	for _, c := range []struct {
		name, body, id string
		want           []string
	}{
		{
			"an event", `{"type":"zen:event-type:ticket.comment_added","account_id":1,"id":"e-1","time":"2026-09-01T12:00:00Z",` +
				`"subject":"zen:ticket:123","detail":{"id":"123","status":"OPEN"},"event":{"comment":{"body":"words"}}}`, "e-1", []string{"123"},
		},
		{"an event of an agent", `{"type":"zen:event-type:agent.state_changed","id":"e-2","subject":"zen:agent:7"}`, "e-2", nil},
		{"an event whose ticket can't be one", `{"type":"zen:event-type:ticket.created","id":"e-3","subject":"zen:ticket:../me"}`, "e-3", nil},
		{"a trigger's", `{"ticket_id":"123"}`, "01GQ7ZX9", []string{"123"}},
		{"a trigger's, as a number", `{"ticket_id":123}`, "01GQ7ZX9", []string{"123"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := Delivered(signed("2026-09-01T12:00:00Z", c.body), []byte(signingSecret))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, hook.Event{ID: c.id, Sent: now, Conversations: c.want}, e)
		})
	}
}

func TestADeliveryIsOnlyTakenWithItsSignature(t *testing.T) {
	const at, body = "2026-09-01T12:00:00Z", `{"ticket_id":"7"}`
	good := signed(at, body).Header.Get(hookSignature)
	for _, c := range []struct {
		name, header, at, body, secret string
		want                           error
	}{
		{"as it is sent", good, at, body, signingSecret, nil},
		{"no signature", "", at, body, signingSecret, errHookSignature},
		{"of another body", good, at, body + " ", signingSecret, errHookSignature},
		{"of another time", good, "2026-09-01T12:00:01Z", body, signingSecret, errHookSignature},
		{"with another secret", good, at, body, "other", errHookSignature},
		{"cut off", good[:20], at, body, signingSecret, errHookSignature},
		{"no base64", "%%", at, body, signingSecret, errHookSignature},
		{"of what is no JSON", signed(at, "id=7").Header.Get(hookSignature), at, "id=7", signingSecret, errHookBody},
		{"of what names no ticket", signed(at, "{}").Header.Get(hookSignature), at, "{}", signingSecret, errHookBody},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			h.Set(hookSignature, c.header)
			h.Set(hookTime, c.at)
			_, err := Delivered(hook.Delivery{Header: h, Body: []byte(c.body)}, []byte(c.secret))
			if !errors.Is(err, c.want) || errors.Is(err, hook.ErrMalformed) != errors.Is(c.want, hook.ErrMalformed) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}
