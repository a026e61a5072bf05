package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tickets is an answer in the shape of Gorgias' lists.
type tickets struct {
	Data []struct {
		ID     int    `json:"id"`
		Status string `json:"status"`
	} `json:"data"`
	Meta struct {
		NextCursor string `json:"next_cursor"`
	} `json:"meta"`
}

const ticketsJSON = `{"data":[{"id":1,"status":"open"},{"id":2,"status":"closed"}],"meta":{"next_cursor":"b"}}`

var getTickets = Request{Endpoint: "/api/tickets", Path: "/api/tickets"}

// transport is a helpdesk without a network, for synctest's bubbles.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answer is an answer of the current second.
func answer(code int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// log is an observer that keeps what it is told.
type log struct {
	mu        sync.Mutex
	requests  []string
	throttled map[string]time.Duration
}

func (l *log) Request(endpoint, code string, _ time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, endpoint+" "+code)
}

func (l *log) Throttled(reason string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.throttled == nil {
		l.throttled = map[string]time.Duration{}
	}
	l.throttled[reason] += d
}

func newClient(t testing.TB, o Options) *Client {
	t.Helper()
	if o.BaseURL == "" {
		o.BaseURL = "https://acme.gorgias.com"
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// serve starts a real helpdesk and a client of it that retries at once.
func serve(t *testing.T, o Options, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	o.BaseURL = s.URL + o.BaseURL
	if o.Rand == nil {
		o.Rand = func() float64 { return 0 }
	}
	return newClient(t, o)
}

// asError returns the typed error, whole, for comparison.
func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T, want *Error: %v", err, err)
	}
	return e
}

func writeJSON(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// wait is a wait in a bubble that ends with the context.
func wait(ctx context.Context, d time.Duration) error { return pause(ctx, d, nil) }

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func texts(err error) string {
	var b strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%v\n%+v\n%#v\n%q\n", err, err, err, err)
	}
	return b.String()
}
