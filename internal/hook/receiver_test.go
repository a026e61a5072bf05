package hook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

var began = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)

// verify knows deliveries whose body is an event in JSON, signed with HMAC.
func verify(d hook.Delivery, secret []byte) (hook.Event, error) {
	var e hook.Event
	if len(d.Body) == 0 {
		return hook.Event{Check: true}, nil
	}
	mac, err := hex.DecodeString(d.Header.Get("Signature"))
	if err != nil || !hmac.Equal(mac, sign(secret, d.Body)) {
		return e, errors.New("the signature is wrong")
	}
	if json.Unmarshal(d.Body, &e) != nil {
		return e, fmt.Errorf("%w: no event", hook.ErrMalformed)
	}
	return e, nil
}

func sign(secret, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write(body)
	return h.Sum(nil)
}

// receiving is a receiver with what it hinted at.
type receiving struct {
	*hook.Receiver
	file  string
	now   time.Time
	hints []string
	done  []string // what became of each
	log   bytes.Buffer
}

func newReceiving(t *testing.T) *receiving {
	r := &receiving{file: filepath.Join(t.TempDir(), "secret"), now: began}
	r.rotate(t, "s3cret\n")
	r.Receiver = hook.NewReceiver(hook.Options{
		Verify: verify, SecretFile: r.file, Now: func() time.Time { return r.now },
		Hint:   func(ids []string) { r.hints = append(r.hints, ids...) },
		Count:  func(result string) { r.done = append(r.done, result) },
		Logger: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return r
}

func (r *receiving) rotate(t *testing.T, secret string) {
	t.Helper()
	if err := os.WriteFile(r.file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *receiving) deliver(body []byte, signature string) int {
	return r.ask(http.MethodPost, body, signature).Code
}

func (r *receiving) ask(method string, body []byte, signature string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "/webhook/shop", bytes.NewReader(body))
	req.Header.Set("Signature", signature)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

// send delivers an event that is signed with a secret.
func (r *receiving) send(e hook.Event, secret string) int {
	body, _ := json.Marshal(e)
	return r.deliver(body, hex.EncodeToString(sign([]byte(secret), body)))
}

func event(id string, sent time.Time, conversations ...string) hook.Event {
	return hook.Event{ID: id, Sent: sent, Conversations: conversations}
}

func TestADeliveryIsTakenOnlyIfItIsGoodAndOnlyOnce(t *testing.T) {
	r := newReceiving(t)
	var never time.Time
	for _, c := range []struct {
		name   string
		event  hook.Event
		secret string
		code   int
		result string
		hints  []string
	}{
		{"a good one", event("a", began, "1", "2"), "s3cret", 200, hook.Accepted, []string{"1", "2"}},
		{"the same again", event("a", began.Add(time.Second), "1", "2"), "s3cret", 200, hook.Replayed, nil},
		{"another secret", event("b", began, "3"), "guess", 401, hook.Unsigned, nil},
		{"what was refused is not known", event("b", began, "3"), "s3cret", 200, hook.Accepted, []string{"3"}},
		{"as old as may be", event("c", began.Add(-5*time.Minute), "4"), "s3cret", 200, hook.Accepted, []string{"4"}},
		{"too old", event("d", began.Add(-5*time.Minute-time.Second), "5"), "s3cret", 401, hook.Stale, nil},
		{"from the future", event("e", began.Add(6*time.Minute), "6"), "s3cret", 401, hook.Stale, nil},
		{"no time and no id", event("", never, "7"), "s3cret", 200, hook.Accepted, []string{"7"}},
		{"no time and no id, again", event("", never, "7"), "s3cret", 200, hook.Accepted, []string{"7"}},
		{"about nothing that is read", event("f", began), "s3cret", 200, hook.Accepted, nil},
		{"ids that are none", event("g", began, "", strings.Repeat("9", 129), "8"), "s3cret", 200, hook.Accepted, []string{"8"}},
	} {
		r.hints, r.done = nil, nil
		if code := r.send(c.event, c.secret); code != c.code {
			t.Errorf("%s: code %d, want %d", c.name, code, c.code)
		}
		if diff := cmp.Diff([]string{c.result}, r.done); diff != "" {
			t.Errorf("%s: counted (-want +got)\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.hints, r.hints); diff != "" {
			t.Errorf("%s: hints (-want +got)\n%s", c.name, diff)
		}
	}
	if log := r.log.String(); strings.Contains(log, "s3cret") || strings.Contains(log, "guess") {
		t.Errorf("the log holds a secret:\n%s", log)
	}
}

func TestADeliveryHintsAtFewConversations(t *testing.T) {
	r := newReceiving(t)
	e := event("a", began)
	for i := range 1000 {
		e.Conversations = append(e.Conversations, fmt.Sprint(i))
	}
	if code := r.send(e, "s3cret"); code != 200 || len(r.hints) != 50 {
		t.Errorf("code %d, %d hints, want 50", code, len(r.hints))
	}
}

func TestADeliveryIsForgottenWhenItCouldNotComeAgain(t *testing.T) {
	r := newReceiving(t)
	ahead := event("a", began.Add(4*time.Minute), "1")
	for _, step := range []struct {
		after time.Duration
		hints int
	}{{0, 1}, {9 * time.Minute, 1}, {10*time.Minute + time.Second, 1}} {
		r.now = began.Add(step.after)
		r.send(ahead, "s3cret")
		if len(r.hints) != step.hints {
			t.Errorf("after %s: %d hints, want %d", step.after, len(r.hints), step.hints)
		}
	}
	r.hints = nil
	for range 2 { // what has no time is known for as long as that
		for i := range 4097 {
			r.send(event(fmt.Sprint(i), time.Time{}, "1"), "s3cret")
		}
	}
	if len(r.hints) != 2*4097 {
		t.Errorf("%d hints: more deliveries are remembered than may be", len(r.hints))
	}
}

func TestWhatIsNoDeliveryIsRefusedBeforeItIsRead(t *testing.T) {
	r := newReceiving(t)
	large := bytes.Repeat([]byte("x"), 1<<20+1)
	if code := r.deliver(large, hex.EncodeToString(sign([]byte("s3cret"), large))); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: code %d", code)
	}
	if code := r.deliver([]byte("{"), "00"); code != http.StatusUnauthorized {
		t.Errorf("a stranger's: code %d", code)
	}
	if code := r.deliver([]byte("{"), hex.EncodeToString(sign([]byte("s3cret"), []byte("{")))); code != http.StatusBadRequest {
		t.Errorf("half of one: code %d", code)
	}
	if len(r.hints) != 0 {
		t.Errorf("hints %q", r.hints)
	}
	if diff := cmp.Diff([]string{hook.TooLarge, hook.Unsigned, hook.Malformed}, r.done); diff != "" {
		t.Errorf("counted (-want +got)\n%s", diff)
	}
}

func TestWhoLooksWhetherSomebodyAnswersIsAnswered(t *testing.T) {
	r := newReceiving(t)
	good := []byte(`{"Conversations":["1"]}`)
	signature := hex.EncodeToString(sign([]byte("s3cret"), good))
	for _, c := range []struct {
		name, method, body, signature string
		code                          int
		answer                        string
	}{
		{"a delivery", http.MethodPost, string(good), signature, 200, `{"status":"ok"}`},
		{"a check", http.MethodPost, "", "", 200, `{"status":"ok"}`},
		{"a check by GET", http.MethodGet, "", "", 200, `{"status":"ok"}`},
		{"a check by HEAD", http.MethodHead, "", "", 200, `{"status":"ok"}`},
		{"a delivery by GET is none", http.MethodGet, string(good), signature, 200, `{"status":"ok"}`},
		{"a stranger", http.MethodPost, string(good), "00", 401, "Unauthorized"},
	} {
		w := r.ask(c.method, []byte(c.body), c.signature)
		if got := strings.TrimSpace(w.Body.String()); w.Code != c.code || got != c.answer {
			t.Errorf("%s: code %d, %s; want %d, %s", c.name, w.Code, got, c.code, c.answer)
		}
	}
	if diff := cmp.Diff([]string{"1"}, r.hints); diff != "" {
		t.Errorf("hints (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{hook.Accepted, hook.Check, hook.Check, hook.Check, hook.Check, hook.Unsigned}, r.done); diff != "" {
		t.Errorf("counted (-want +got)\n%s", diff)
	}
}

func TestTheSecretIsThatOfTheFileNow(t *testing.T) {
	r := newReceiving(t)
	r.rotate(t, "new")
	if code := r.send(event("a", began, "1"), "new"); code != 200 {
		t.Errorf("the new secret: code %d", code)
	}
	r.rotate(t, " \n")
	if code := r.send(event("b", began, "1"), ""); code != http.StatusServiceUnavailable {
		t.Errorf("an empty secret: code %d", code)
	}
	if err := os.Remove(r.file); err != nil {
		t.Fatal(err)
	}
	if code := r.send(event("c", began, "1"), ""); code != http.StatusServiceUnavailable {
		t.Errorf("no secret: code %d", code)
	}
	if diff := cmp.Diff([]string{hook.Accepted, hook.Unverifiable, hook.Unverifiable}, r.done); diff != "" {
		t.Errorf("counted (-want +got)\n%s", diff)
	}
}

func TestWhatBecomesOfDeliveriesIsWhatTheMetricCounts(t *testing.T) {
	results := []string{
		hook.Accepted, hook.Check, hook.Replayed, hook.Unsigned, hook.Stale, hook.Malformed, hook.TooLarge, hook.Unverifiable,
	}
	if diff := cmp.Diff(results, kpi.WebhookDeliveries.Extra[0].Values); diff != "" {
		t.Error(diff)
	}
}
