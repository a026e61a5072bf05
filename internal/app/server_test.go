package app

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEveryAnswerSaysWhatABrowserMayDoWithIt asks for what there is, what there
// is not, and what is moved.
func TestEveryAnswerSaysWhatABrowserMayDoWithIt(t *testing.T) {
	t.Parallel()
	e := start(t, global+"sources:\n"+rtSource("shop", serve(t, requestTracker(simulated(0, true))), rtToken))
	e.ready()
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src " + styleHash + "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
	}
	for _, tc := range []struct {
		method, path string
		code         int
	}{
		{http.MethodGet, "/", http.StatusOK},
		{http.MethodGet, "/metrics", http.StatusOK},
		{http.MethodHead, "/metrics", http.StatusOK},
		{http.MethodGet, "/-/healthy", http.StatusOK},
		{http.MethodGet, "/-/ready", http.StatusOK},
		{http.MethodPost, "/-/reload", http.StatusForbidden},
		{http.MethodPut, "/-/reload", http.StatusForbidden},
		{http.MethodGet, "/-/reload", http.StatusMethodNotAllowed},
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/", http.StatusMethodNotAllowed},
		{http.MethodPost, "/metrics", http.StatusMethodNotAllowed},
		{http.MethodPost, "/-/ready", http.StatusMethodNotAllowed},
		{http.MethodOptions, "/", http.StatusMethodNotAllowed},
		{http.MethodTrace, "/", http.StatusMethodNotAllowed},
		{http.MethodPost, "/webhook/shop", http.StatusNotFound},
		{http.MethodGet, "/webhook/", http.StatusNotFound},
		{http.MethodGet, "/nowhere", http.StatusNotFound},
		{http.MethodGet, "/metrics/", http.StatusNotFound},
		{http.MethodGet, "/debug/pprof/", http.StatusNotFound}, // profiles are not served at all
		{http.MethodGet, "/debug/pprof/heap", http.StatusNotFound},
		{http.MethodGet, "/debug/vars", http.StatusNotFound},
		{http.MethodGet, "/-/quit", http.StatusNotFound},
		{http.MethodGet, "/../../etc/passwd", http.StatusNotFound},
		{http.MethodGet, "/%2e%2e/%2e%2e/etc/passwd", http.StatusNotFound},
	} {
		a := e.do(tc.method, tc.path, "")
		if a.code != tc.code {
			t.Errorf("%s %s: %d, want %d", tc.method, tc.path, a.code, tc.code)
		}
		got := map[string]string{}
		for name := range want {
			got[name] = strings.Join(a.header.Values(name), " | ")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tc.method, tc.path, diff)
		}
		if names := a.header.Values("Server"); len(names) > 0 || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: says %v, and lets other pages read it: %q", tc.method, tc.path, names, a.header.Get("Access-Control-Allow-Origin"))
		}
	}
}

// TestNobodyIsSentElsewhere asks for paths that careless servers turn into a
// redirect to another host.
func TestNobodyIsSentElsewhere(t *testing.T) {
	t.Parallel()
	e := start(t, global+"sources:\n"+rtSource("shop", serve(t, requestTracker(simulated(0, true))), rtToken))
	e.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{
		"//evil.example", "//evil.example/..", "///evil.example/../metrics", `/\evil.example`, `/\/evil.example/../x`,
		"/%2f%2fevil.example/..", "/%5cevil.example", "/.//evil.example", "/metrics//evil.example", "/?next=https://evil.example", "/?lang=//evil.example",
		"/webhook//evil.example", "/%0d%0aLocation:%20https://evil.example",
	} {
		a := e.get(path)
		to := a.header.Get("Location")
		if u, err := url.Parse(strings.ReplaceAll(to, `\`, "/")); err != nil || u.Host != "" || strings.HasPrefix(to, "//") {
			t.Errorf("%s: %d to %q: %v", path, a.code, to, err)
		}
	}
}

// pipes is a listener whose connections are in memory, so that their time can
// be that of a test.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestASlowOrGreedyClientIsCutOff: what a client of the web server may do, and
// for how long.
func TestASlowOrGreedyClientIsCutOff(t *testing.T) {
	t.Parallel()
	const head = "POST / HTTP/1.1\r\nHost: e\r\n"
	drip := func(c net.Conn, first, s string) error {
		for _, err := io.WriteString(c, first); err == nil; _, err = io.WriteString(c, s) {
			time.Sleep(time.Second) // of the bubble's clock
		}
		return io.ErrClosedPipe
	}
	for _, tc := range []struct {
		name   string
		client func(net.Conn) error // until the server closes
		after  time.Duration
		answer string
	}{
		{"one that says nothing", func(net.Conn) error { return nil }, headerTimeout, ""},
		{"a header that never ends", func(c net.Conn) error { return drip(c, head, "X: y\r\n") }, headerTimeout, ""},
		{"a header that is too large", func(c net.Conn) error {
			_, err := io.WriteString(c, head+strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 80))
			return err
		}, 500 * time.Millisecond, // net/http lingers, so that the answer arrives
			"HTTP/1.1 431 Request Header Fields Too Large"},
		{"a body that never ends", func(c net.Conn) error {
			return drip(c, head+"Content-Length: 1000\r\n\r\n", "x")
		}, requestTimeout, ""},
		{"one that stays after its answer", func(c net.Conn) error {
			_, err := io.WriteString(c, head+"Content-Length: 0\r\n\r\n")
			return err
		}, idleTimeout, "HTTP/1.1 200 OK"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &App{log: slog.New(slog.DiscardHandler)}
				srv := a.server(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						panic(http.ErrAbortHandler)
					}
				}))
				l := make(pipes)
				done := make(chan error, 1)
				go func() { done <- srv.Serve(l) }()
				client, server := net.Pipe()
				begin := time.Now()
				l <- server
				var talking sync.WaitGroup
				talking.Go(func() { _ = tc.client(client) }) // its error is that it was cut off
				r := bufio.NewReader(client)
				first, _ := r.ReadString('\n')
				_, _ = io.Copy(io.Discard, r)
				if took := time.Since(begin); took != tc.after {
					t.Errorf("cut off after %s, want %s", took, tc.after)
				}
				if got := strings.TrimSpace(first); got != tc.answer {
					t.Errorf("answer %q, want %q", got, tc.answer)
				}
				client.Close()
				talking.Wait()
				close(l)
				if err := <-done; !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
				if err := srv.Shutdown(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestAClientThatDoesNotReadIsCutOff: an answer that nobody takes does not hold
// a scrape for ever.
func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &App{log: slog.New(slog.DiscardHandler)}
		ended := make(chan time.Time, 1)
		srv := a.server(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					ended <- time.Now()
					return
				}
			}
		}))
		l := make(pipes)
		done := make(chan error, 1)
		go func() { done <- srv.Serve(l) }()
		client, server := net.Pipe()
		begin := time.Now()
		l <- server
		if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: e\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if took := (<-ended).Sub(begin); took != answerTimeout {
			t.Errorf("cut off after %s, want %s", took, answerTimeout)
		}
		client.Close()
		close(l)
		<-done
		if err := srv.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}
