package intercom

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the vendor signs with it
	"encoding/hex"
	"errors"
	"net/http"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
)

const clientSecret = "client-secret"

// signed is a body with the header that the vendor sends with it.
func signed(body string) hook.Delivery {
	mac := hmac.New(sha1.New, []byte(clientSecret))
	mac.Write([]byte(body))
	h := http.Header{}
	h.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(mac.Sum(nil)))
	return hook.Delivery{Header: h, Body: []byte(body)}
}

func wantDelivery(id string, sent int64, conversation string) func(t *testing.T, name string) {
	return func(t *testing.T, name string) {
		e, err := Delivered(signed(sample(t, name)), []byte(clientSecret))
		if err != nil {
			t.Fatal(err)
		}
		compare(t, hook.Event{ID: id, Sent: unix(sent), Conversations: []string{conversation}}, e)
	}
}

func TestTheConversationOfANotification(t *testing.T) {
	for _, c := range []struct {
		name, item string
		want       []string
	}{
		{"a conversation", `{"type":"conversation","id":"7"}`, []string{"7"}},
		{"its number", `{"type":"conversation","id":7}`, []string{"7"}},
		{"one that was deleted has its id alone", `{"type":"conversation","conversation_id":"7"}`, []string{"7"}},
		{"something that happened in one", `{"type":"call","id":"3","conversation_id":"7"}`, []string{"7"}},
		{"a customer's ticket has the id of its conversation", `{"type":"ticket","id":"7","category":"Customer"}`, []string{"7"}},
		{"also where it is nested", `{"type":"ticket_closed","ticket":{"type":"ticket","id":"7","category":"Customer"}}`, []string{"7"}},
		{"a back-office ticket is no conversation", `{"type":"ticket","id":"7","category":"Back-office"}`, nil},
		{"a teammate", `{"type":"admin","id":"7"}`, nil},
		{"a ping", `{"type":"ping","message":"words"}`, nil},
		{"an id that can't be one", `{"type":"conversation","id":"../me"}`, nil},
		{"no item", `null`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"type":"notification_event","id":"notif_1","topic":"x","created_at":1710755503,"data":{"item":` + c.item + `}}`
			e, err := Delivered(signed(body), []byte(clientSecret))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, hook.Event{ID: "notif_1", Sent: unix(1710755503), Conversations: c.want}, e)
		})
	}
}

func TestTheCheckOfTheAddressNeedsNoSignature(t *testing.T) {
	e, err := Delivered(hook.Delivery{Header: http.Header{}}, []byte(clientSecret))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, hook.Event{Check: true}, e)
}

func TestANotificationIsOnlyTakenWithItsSignature(t *testing.T) {
	body := `{"id":"notif_1","data":{"item":{"type":"conversation","id":"7"}}}`
	good := signed(body).Header.Get(hookHeader)
	for _, c := range []struct {
		name, header, body, secret string
		want                       error
	}{
		{"as it is sent", good, body, clientSecret, nil},
		{"of another body, which is empty", good, "", clientSecret, errHookSignature},
		{"no signature", "", body, clientSecret, errHookSignature},
		{"of another body", good, body + " ", clientSecret, errHookSignature},
		{"with another secret", good, body, "other", errHookSignature},
		{"without its kind", good[len("sha1="):], body, clientSecret, errHookSignature},
		{"cut off", good[:20], body, clientSecret, errHookSignature},
		{"no hex", "sha1=zz", body, clientSecret, errHookSignature},
		{"of what is no JSON", signed("id=7").Header.Get(hookHeader), "id=7", clientSecret, errHookBody},
		{"of what is no notification", signed("{}").Header.Get(hookHeader), "{}", clientSecret, errHookBody},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			h.Set(hookHeader, c.header)
			_, err := Delivered(hook.Delivery{Header: h, Body: []byte(c.body)}, []byte(c.secret))
			if !errors.Is(err, c.want) || errors.Is(err, hook.ErrMalformed) != errors.Is(c.want, hook.ErrMalformed) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}
