package callbell

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
)

const hookSecret = "whsec_hunter2"

// delivery is a body signed at an instant.
func delivery(body, stamp, secret string) hook.Delivery {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	h := http.Header{}
	h.Set("X-Callbell-Signature", "t="+stamp+",v1="+hex.EncodeToString(mac.Sum(nil)))
	return hook.Delivery{Header: h, Body: []byte(body)}
}

func TestEverySampleOfAWebhookTellsItsContact(t *testing.T) {
	for name, want := range map[string][]string{
		"webhook_message_created.json":         {"eb2b914a977e4ab896e7b886698b3eac-0"},
		"webhook_conversation_opened.json":     {"eb2b914a977e4ab896e7b886698b3eac-0"},
		"webhook_conversation_closed.json":     {"eb2b914a977e4ab896e7b886698b3eac-0"},
		"webhook_contact_updated.json":         {"eb2b914a977e4ab896e7b886698b3eac-0"},
		"webhook_contact_deleted.json":         {"fad77e68757b43c3b77b51cd66ec18f3-0"},
		"webhook_agent_status_updated.json":    nil,
		"webhook_team_membership_updated.json": nil,
	} {
		e, err := Delivered(delivery(sample(t, name), "1790000000", hookSecret), []byte(hookSecret))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		compare(t, hook.Event{Sent: time.Unix(1790000000, 0).UTC(), Conversations: want}, e)
	}
}

func TestADeliveryWithoutAGoodSignatureIsRefused(t *testing.T) {
	body := sample(t, "webhook_message_created.json")
	good := delivery(body, "1790000000", hookSecret)
	with := func(header string) hook.Delivery {
		h := http.Header{}
		h.Set("X-Callbell-Signature", header)
		return hook.Delivery{Header: h, Body: []byte(body)}
	}
	of := good.Header.Get("X-Callbell-Signature")
	_, sum, _ := strings.Cut(of, ",")
	for name, d := range map[string]hook.Delivery{
		"another secret":             delivery(body, "1790000000", "whsec_guess"),
		"the secret without whsec_":  delivery(body, "1790000000", "hunter2"),
		"another body":               {Header: good.Header, Body: []byte(body + " ")},
		"another time":               with("t=1790000001," + sum),
		"no time":                    with(sum),
		"a time that is none":        with("t=now," + sum),
		"no header":                  {Header: http.Header{}, Body: []byte(body)},
		"a signature that is no hex": with("t=1790000000,v1=zz"),
		"of the documentation":       with("t=1790000000,v1=758dbcf9b3dbd35f6a0f71312a1587aa1c786529d6d78270ba2c8a6065ae5fbe"),
	} {
		if e, err := Delivered(d, []byte(hookSecret)); err == nil {
			t.Errorf("%s is taken: %v", name, e)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error holds the secret", name)
		}
	}
}

func TestADeliveryThatCannotBeReadIsMalformed(t *testing.T) {
	for _, body := range []string{`{"event": "message_created"`, `[]`, `"event"`} {
		if _, err := Delivered(delivery(body, "1790000000", hookSecret), []byte(hookSecret)); !errors.Is(err, hook.ErrMalformed) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestACheckWhetherSomebodyAnswersNeedsNoSignature(t *testing.T) {
	unsigned := func(body string) hook.Delivery { return hook.Delivery{Header: http.Header{}, Body: []byte(body)} }
	for _, c := range []struct {
		name string
		d    hook.Delivery
		want hook.Event
		err  error
	}{
		{"no body", unsigned(""), hook.Event{Check: true}, nil},
		{"no event", unsigned(`{"ping": true}`), hook.Event{Check: true}, nil},
		{"signed", delivery(`{}`, "1790000000", hookSecret), hook.Event{Check: true, Sent: time.Unix(1790000000, 0).UTC()}, nil},
		{"signed with another secret", delivery(`{}`, "1790000000", "whsec_guess"), hook.Event{}, errHookSignature},
		{"an event", unsigned(`{"event": "message_created"}`), hook.Event{}, errHookSignature},
		{"anything", unsigned(`ping`), hook.Event{}, errHookSignature},
	} {
		e, err := Delivered(c.d, []byte(hookSecret))
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
		compare(t, c.want, e)
	}
}
