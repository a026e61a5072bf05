package gorgias

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
)

func TestADeliveryOfAnHTTPIntegration(t *testing.T) {
	for _, c := range []struct {
		name, secret, body string
		want               []string
		err                error
	}{
		{"as the README says", "s3cret", `{"ticket_id": "82000001"}`, []string{"82000001"}, nil},
		{"a number", "s3cret", `{"ticket_id": 82000001, "more": {}}`, []string{"82000001"}, nil},
		{"no secret", "", `{"ticket_id": "82000001"}`, nil, errHookSecret},
		{"another secret", "s3cret2", `{"ticket_id": "82000001"}`, nil, errHookSecret},
		{"a template that was not filled in", "s3cret", `{"ticket_id": "{{ticket.id}}"}`, nil, errHookBody},
		{"an empty one", "s3cret", `{"ticket_id": ""}`, nil, errHookBody},
		{"no ticket", "s3cret", `{}`, nil, errHookBody},
		{"no JSON", "s3cret", `ticket_id=82000001`, nil, errHookBody},
	} {
		h := http.Header{}
		if c.secret != "" {
			h.Set("X-Helpdesk-Secret", c.secret)
		}
		e, err := Delivered(hook.Delivery{Header: h, Body: []byte(c.body)}, []byte("s3cret"))
		if diff := cmp.Diff(hook.Event{Conversations: c.want}, e); diff != "" || !errors.Is(err, c.err) {
			t.Errorf("%s: %v (-want +got)\n%s", c.name, err, diff)
		}
	}
}
