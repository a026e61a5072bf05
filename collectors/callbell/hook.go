package callbell

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// signatureHeader holds "t=<unix seconds>,v1=<hex>". Each retry is signed anew.
// https://docs.callbell.eu/api/reference/webhooks/signatures/
const signatureHeader = "X-Callbell-Signature"

var (
	errHookSignature = errors.New("the header " + signatureHeader + " does not hold a good signature: is the signing secret, whsec_ included, the one of the account?")
	errHookBody      = fmt.Errorf("%w: the body is no event", hook.ErrMalformed)
)

var _ hook.Verifier = Delivered

// Delivered verifies a delivery, and tells the contact that it is about. The
// opening is not told: the contact is looked at, whichever it is in. Callbell also
// checks from time to time whether somebody answers. What such a check holds is not
// documented: one that names no event is none, signed or not.
func Delivered(d hook.Delivery, secret []byte) (hook.Event, error) {
	var body pushed
	err := lenient.Unmarshal(d.Body, &body)
	check := len(d.Body) == 0 || err == nil && body.Event == ""
	if check && d.Header.Get(signatureHeader) == "" {
		return hook.Event{Check: true}, nil
	}
	sent, ok := signed(d, secret)
	switch {
	case !ok:
		return hook.Event{}, errHookSignature
	case check:
		return hook.Event{Sent: sent, Check: true}, nil
	case err != nil:
		return hook.Event{}, errHookBody
	}
	e := hook.Event{Sent: sent}
	uuid := body.Payload.V.Contact.V.UUID
	if uuid == "" && strings.HasPrefix(string(body.Event), "contact_") {
		uuid = body.Payload.V.UUID.V
	}
	if uuid != "" {
		e.Conversations = []string{conversationID(string(uuid), 0)}
	}
	return e, nil
}

// pushed is what is read of a delivery.
type pushed struct {
	Event   text `json:"event"`
	Payload maybe[struct {
		UUID    maybe[id]      `json:"uuid"`
		Contact maybe[contact] `json:"contact"`
	}] `json:"payload"`
}

// signed reports when a delivery was signed, and whether that was with the secret:
// the whole of its text is the key, and the time and the body are signed.
func signed(d hook.Delivery, secret []byte) (time.Time, bool) {
	var stamp string
	var sums []string
	for part := range strings.SplitSeq(d.Header.Get(signatureHeader), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			stamp = value
		case "v1":
			sums = append(sums, value)
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}, false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp + "."))
	mac.Write(d.Body)
	want := mac.Sum(nil)
	good := false
	for _, s := range sums {
		got, err := hex.DecodeString(s)
		good = err == nil && hmac.Equal(got, want) || good
	}
	return time.Unix(seconds, 0).UTC(), good
}
