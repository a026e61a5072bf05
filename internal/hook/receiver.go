package hook

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	// bodyLimit is the most that a delivery may be: those of helpdesks are some
	// kilobytes, with a conversation in them some hundred.
	bodyLimit = 1 << 20
	// readTimeout is how long a body may take.
	readTimeout = 10 * time.Second
	// window is how old a signed delivery may be, or how far ahead, and how long
	// one is remembered.
	window = 5 * time.Minute
	// remembered bounds the deliveries that are remembered.
	remembered = 4096
	// eventLimit bounds the conversations of one delivery, idLimit their ids.
	eventLimit, idLimit = 50, 128
)

// Options make a [Receiver].
type Options struct {
	Verify Verifier
	// SecretFile holds the secret that deliveries are signed with. It is read for
	// each, so that a new one needs no reload.
	SecretFile string
	// Hint is told which conversations to read early. It must be quick.
	Hint func(conversations []string)
	// Count is told what became of each request.
	Count func(result string)
	// Now is the helpdesk's clock.
	Now    func() time.Time
	Logger *slog.Logger
}

// Receiver takes the deliveries of one source.
type Receiver struct {
	opts Options

	mu    sync.Mutex
	known map[[sha256.Size]byte]time.Time // deliveries, by the sum of their id: when they came
	order [][sha256.Size]byte             // the oldest first
}

var _ http.Handler = (*Receiver)(nil)

// NewReceiver returns a receiver.
func NewReceiver(o Options) *Receiver {
	return &Receiver{opts: o, known: map[[sha256.Size]byte]time.Time{}}
}

// ServeHTTP answers a delivery: 200 for a good one, also if it is known already or
// about nothing that is read, so that it is not sent again. What is wrong with
// one goes to the log, and a stranger is told nothing.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTimeout)) // not every writer can
	if req.Method != http.MethodPost {
		req.Body = http.NoBody // at most, somebody looks whether we are there
	}
	event, result, err := r.receive(w, req)
	switch {
	case req.Method != http.MethodPost && result != Check:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	case result == Unverifiable:
		r.opts.Logger.Error("no delivery can be verified", "err", err)
	case err != nil:
		r.opts.Logger.Debug("delivery refused", "err", err)
	}
	r.opts.Count(result)
	if code := codes[result]; code != 0 {
		http.Error(w, http.StatusText(code), code)
		return
	}
	if ids := conversations(event); result == Accepted && len(ids) > 0 {
		r.opts.Hint(ids)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, answer) // who has gone needs none
}

// answer is the body that Callbell documents; the others read none.
const answer = `{"status":"ok"}` + "\n"

// codes are those of what is refused.
var codes = map[string]int{
	Unsigned: http.StatusUnauthorized, Stale: http.StatusUnauthorized, Malformed: http.StatusBadRequest,
	TooLarge: http.StatusRequestEntityTooLarge, Unverifiable: http.StatusServiceUnavailable,
}

// receive reads and verifies a request, and says what becomes of it. The error is
// nil where it is not refused.
func (r *Receiver) receive(w http.ResponseWriter, req *http.Request) (Event, string, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, bodyLimit))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return Event{}, TooLarge, err
	case err != nil:
		return Event{}, Malformed, err
	}
	secret, err := r.secret()
	if err != nil {
		return Event{}, Unverifiable, err
	}
	now := r.opts.Now()
	event, err := r.opts.Verify(Delivery{Header: req.Header, Body: body}, secret)
	switch {
	case errors.Is(err, ErrMalformed):
		return event, Malformed, err
	case err != nil:
		return event, Unsigned, err
	case event.Check:
		return event, Check, nil
	}
	if err := fresh(event, now); err != nil {
		return event, Stale, err
	}
	if r.seen(event, now) {
		return event, Replayed, nil
	}
	return event, Accepted, nil
}

// secret reads the secret. Its errors do not hold it.
func (r *Receiver) secret() ([]byte, error) {
	b, err := os.ReadFile(r.opts.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("read the secret of webhooks: %w", err)
	}
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return nil, fmt.Errorf("the secret of webhooks is empty: write it to %s", r.opts.SecretFile)
	}
	return b, nil
}

func fresh(e Event, now time.Time) error {
	if age := now.Sub(e.Sent); !e.Sent.IsZero() && (age > window || age < -window) {
		return fmt.Errorf("it was sent %s ago: deliveries are taken for %s", age.Round(time.Second), window)
	}
	return nil
}

// seen reports whether a delivery came before, and remembers it. One without an
// id is always new: the same words may be said of a conversation twice, and a hint
// too many costs one reading.
func (r *Receiver) seen(e Event, now time.Time) bool {
	if e.ID == "" {
		return false
	}
	key := sha256.Sum256([]byte(e.ID))
	r.mu.Lock()
	defer r.mu.Unlock()
	// A delivery that is taken until window after it was sent may have been sent
	// window ahead of the clock.
	for len(r.order) > 0 && (len(r.order) >= remembered || now.Sub(r.known[r.order[0]]) > 2*window) {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	if _, ok := r.known[key]; ok {
		return true
	}
	r.known[key] = now
	r.order = append(r.order, key)
	return false
}

// conversations are the ids of an event that can be ids.
func conversations(e Event) []string {
	var ids []string
	for _, id := range e.Conversations {
		if id != "" && len(id) <= idLimit && len(ids) < eventLimit {
			ids = append(ids, id)
		}
	}
	return ids
}
