package freshdesk

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
)

func TestDeliveriesOfARule(t *testing.T) {
	basic := func(password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte("freshdesk:"+password))
	}
	for _, tc := range []struct {
		name, login, body, ticket string
		err                       error
	}{
		{"a bearer token", "Bearer hunter2", `{"ticket_id":"17","triggered_event":"{ticket_action:created}"}`, "17", nil},
		{"basic authentication", basic("hunter2"), `{"ticket_id":17}`, "17", nil},
		{"the simple content", basic("hunter2"), `{"freshdesk_webhook":{"ticket_id":17,"ticket_subject":"words"}}`, "17", nil},
		{"a ticket in an object", "Bearer hunter2", `{"ticket":{"id":17}}`, "17", nil},
		{"another token", "Bearer hunter3", `{"ticket_id":17}`, "", errHookSecret},
		{"another password", basic("hunter"), `{"ticket_id":17}`, "", errHookSecret},
		{"an API key", "Basic " + base64.StdEncoding.EncodeToString([]byte("hunter2:X")), `{"ticket_id":"17"}`, "17", nil},
		{"a template that was not filled in", "Bearer hunter2", `{"ticket_id":"{{ticket.id}}"}`, "", errHookBody},
		{"no credentials", "", `{"ticket_id":17}`, "", errHookSecret},
		{"an id that is none", "Bearer hunter2", `{"ticket_id":"../agents"}`, "", errHookBody},
		{"no ticket", "Bearer hunter2", `{"event":"created"}`, "", errHookBody},
		{"no JSON", "Bearer hunter2", `ticket_id=17`, "", errHookBody},
		{"no object", "Bearer hunter2", `[17]`, "", errHookBody},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := hook.Delivery{Header: http.Header{"Authorization": {tc.login}}, Body: []byte(tc.body)}
			got, err := Delivered(d, []byte("hunter2"))
			if !errors.Is(err, tc.err) {
				t.Errorf("error %v, want %v", err, tc.err)
			}
			var want hook.Event
			if tc.ticket != "" {
				want.Conversations = []string{tc.ticket}
			}
			compare(t, want, got)
		})
	}
}

func TestOnlyADeliveryWithTheSecretIsMalformed(t *testing.T) {
	compare(t, []bool{true, false}, []bool{errors.Is(errHookBody, hook.ErrMalformed), errors.Is(errHookSecret, hook.ErrMalformed)})
}

func TestASecretInAHeaderOfTheRule(t *testing.T) {
	d := hook.Delivery{Header: http.Header{"X-Helpdesk-Secret": {"hunter2"}}, Body: []byte(`{"ticket_id":"17"}`)}
	got, err := Delivered(d, []byte("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, hook.Event{Conversations: []string{"17"}}, got)
}

func TestWithoutASecretNoDeliveryIsGood(t *testing.T) {
	for _, login := range []string{"", "Bearer ", "Basic Og==", "Basic eDo="} {
		d := hook.Delivery{Header: http.Header{"Authorization": {login}}, Body: []byte(`{"ticket_id":17}`)}
		if _, err := Delivered(d, nil); err == nil || strings.Contains(err.Error(), "17") {
			t.Errorf("%q: %v", login, err)
		}
	}
}
