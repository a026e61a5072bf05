package collectors

import (
	"crypto/hmac"
	"crypto/sha1" // a vendor signs with it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

const (
	hookSecret = "whsec_planted"
	hookStamp  = "1788256800"
)

// signer is how a vendor shows that a delivery is its own.
type signer struct {
	headers []string // that are looked at
	sign    func(body []byte) http.Header
	covers  bool // the signature is of the body
}

var signers = map[string]signer{
	"callbell": {[]string{"X-Callbell-Signature"}, func(body []byte) http.Header {
		sum := hmacOf(append([]byte(hookStamp+"."), body...))
		return http.Header{"X-Callbell-Signature": {"t=" + hookStamp + ",v1=" + hex.EncodeToString(sum)}}
	}, true},
	"freshdesk": {[]string{"X-Helpdesk-Secret", "Authorization"}, bringsSecret, false},
	"gorgias":   {[]string{"X-Helpdesk-Secret"}, bringsSecret, false},
	"intercom": {[]string{"X-Hub-Signature"}, func(body []byte) http.Header {
		h := hmac.New(sha1.New, []byte(hookSecret))
		h.Write(body)
		return http.Header{"X-Hub-Signature": {"sha1=" + hex.EncodeToString(h.Sum(nil))}}
	}, true},
	"zendesk": {[]string{"X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp"}, func(body []byte) http.Header {
		const at = "2026-09-01T10:00:00Z"
		return http.Header{
			"X-Zendesk-Webhook-Signature-Timestamp": {at},
			"X-Zendesk-Webhook-Signature":           {base64.StdEncoding.EncodeToString(hmacOf(append([]byte(at), body...)))},
		}
	}, true},
}

func hmacOf(b []byte) []byte {
	h := hmac.New(sha256.New, []byte(hookSecret))
	h.Write(b)
	return h.Sum(nil)
}

func bringsSecret([]byte) http.Header { return http.Header{"X-Helpdesk-Secret": {hookSecret}} }

// FuzzDeliveries sends anything to every vendor's webhook. What is not signed with
// the secret makes nothing be read; what is signed names conversations by ids that
// can be ids, or is malformed; one changed byte breaks a signature that is of the
// body; and no error repeats the secret or the body.
func FuzzDeliveries(f *testing.F) {
	for vendor, v := range vendors {
		if _, known := signers[vendor]; known != (v.hook != nil) {
			f.Errorf("%s: deliveries can be verified: %t, and are signed here: %t", vendor, v.hook != nil, known)
		}
	}
	samples, err := filepath.Glob(filepath.Join("*", "testdata", "samples", "*webhook*.json"))
	if err != nil || len(samples) == 0 {
		f.Fatal("no samples: ", err)
	}
	for _, path := range samples {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("sha1=00", body)
	}
	for _, body := range []string{
		"", `{}`, `{"ticket_id":"7"}`, `{"freshdesk_webhook":{"ticket_id":7}}`, `{"event":"contact_updated","payload":{"uuid":"a-b"}}`,
		`{"type":"zen:event-type:ticket.comment_added","subject":"zen:ticket:7"}`,
	} {
		f.Add("t="+hookStamp+",v1=00,v1=", []byte(body))
	}
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		for vendor, s := range signers {
			deliver := func(h http.Header, body []byte) (hook.Event, error) {
				e, err := vendors[vendor].hook(hook.Delivery{Header: h, Body: body}, []byte(hookSecret))
				switch {
				case err == nil:
				case strings.Contains(err.Error(), hookSecret), len(body) > 40 && strings.Contains(err.Error(), string(body)):
					t.Errorf("%s: %v", vendor, err)
				}
				return e, err
			}
			forged := http.Header{}
			for _, name := range s.headers {
				forged.Set(name, header)
			}
			if e, err := deliver(forged, body); err == nil && len(e.Conversations) > 0 {
				t.Errorf("%s: %q makes %v be read", vendor, header, e.Conversations)
			}
			signed := s.sign(body)
			e, err := deliver(signed, body)
			if err != nil && !errors.Is(err, hook.ErrMalformed) {
				t.Errorf("%s: signed well, and refused: %v", vendor, err)
			}
			for _, id := range e.Conversations {
				if id == "" || !lenient.IsWord(id) && len(id) <= 64 {
					t.Errorf("%s: %q is no id", vendor, id)
				}
			}
			if !s.covers || len(body) == 0 {
				continue
			}
			other := append([]byte{body[0] ^ 1}, body[1:]...)
			if e, err := deliver(signed, other); err == nil && len(e.Conversations) > 0 {
				t.Errorf("%s: a changed body makes %v be read", vendor, e.Conversations)
			}
		}
	})
}
