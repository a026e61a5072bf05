package rest

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestStatuses: what a status becomes, how often it is asked for, and the
// whole text of the error.
func TestStatuses(t *testing.T) {
	for code, want := range map[int]struct {
		reason   Reason
		attempts int
		text     string
	}{
		304: {ReasonClient, 1, "/e: client (HTTP 304)"},
		400: {ReasonClient, 1, "/e: client (HTTP 400)"},
		401: {ReasonAuth, 1, "/e: auth (HTTP 401): the helpdesk refused the credentials: check them in the source's configuration"},
		403: {ReasonForbidden, 1, "/e: forbidden (HTTP 403): the account's plan or rights do not allow this"},
		404: {ReasonGone, 1, "/e: gone (HTTP 404)"},
		408: {ReasonTimeout, 3, "/e: timeout (HTTP 408)"},
		409: {ReasonClient, 1, "/e: client (HTTP 409)"},
		410: {ReasonGone, 1, "/e: gone (HTTP 410)"},
		422: {ReasonClient, 1, "/e: client (HTTP 422)"},
		500: {ReasonServer, 3, "/e: server (HTTP 500)"},
		502: {ReasonServer, 3, "/e: server (HTTP 502)"},
		503: {ReasonServer, 3, "/e: server (HTTP 503)"},
		504: {ReasonServer, 3, "/e: server (HTTP 504)"},
		520: {ReasonServer, 3, "/e: server (HTTP 520)"},
		524: {ReasonServer, 3, "/e: server (HTTP 524)"},
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			o := &log{}
			c := serve(t, Options{Observer: o}, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(code)
				if code != http.StatusNotModified {
					_, _ = io.WriteString(w, `{"error":"no customer@example.com"}`)
				}
			})
			e := asError(t, c.Do(context.Background(), Request{Endpoint: "/e"}, &tickets{}))
			if e.Reason != want.reason || e.Code != code || e.Error() != want.text || e.RetryAfter != 0 {
				t.Errorf("got %s %d %s %q", e.Reason, e.Code, e.RetryAfter, e)
			}
			var wantLog []string
			for range want.attempts {
				wantLog = append(wantLog, fmt.Sprintf("/e %d", code))
			}
			if diff := cmp.Diff(wantLog, o.requests); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// raw answers with bytes of the test's own, then closes, or resets, the connection.
func raw(bytes string, reset bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		write(rw, bytes)
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

func write(rw *bufio.ReadWriter, s string) {
	_, _ = rw.WriteString(s)
	_ = rw.Flush()
}

// TestFaultMatrix: what real connectors met. The helpdesk fails twice and then
// answers: a fault that may pass is survived, and one that lasts has the right
// reason and text.
func TestFaultMatrix(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	html := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<html>down</html>")
	}
	say := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, body) }
	}
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see that the client is gone
		<-r.Context().Done()
	}
	for name, tc := range map[string]struct {
		fault http.HandlerFunc
		text  string // {T} stands for the timeout
		code  string // as observed
	}{
		"connection closed before the answer":  {raw("", false), "network: the connection was closed before the answer", "network"},
		"connection reset before the answer":   {raw("", true), "network: connection reset by peer", "network"},
		"connection reset inside the body":     {raw(head+"Content-Length: 500\r\n\r\n{\"data\":[", true), "network (HTTP 200): connection reset by peer", "200"},
		"not HTTP at all":                      {raw("SSH-2.0-OpenSSH_9.2\r\n\r\n", false), "network: the connection failed", "network"},
		"header cut off":                       {raw("HTTP/1.1 200 OK\r\nContent-", false), "network: the connection failed", "network"},
		"body shorter than its length":         {raw(head+"Content-Length: 500\r\n\r\n{\"data\":[", false), "decode (HTTP 200): truncated answer", "200"},
		"chunked body without its last chunk":  {raw(head+"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", false), "decode (HTTP 200): truncated answer", "200"},
		"chunked body that is malformed":       {raw(head+"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", false), "network (HTTP 200): the connection failed", "200"},
		"truncated JSON with 200":              {say(ticketsJSON[:40]), "decode (HTTP 200): truncated answer", "200"},
		"empty body with 200":                  {say(""), "decode (HTTP 200): empty answer", "200"},
		"white space with 200":                 {say(" \n"), "decode (HTTP 200): empty answer", "200"},
		"HTML with 200":                        {html, "decode (HTTP 200): HTML instead of JSON: a login, proxy or maintenance page answered", "200"},
		"HTML that says it is JSON":            {say("<html>down</html>"), "decode (HTTP 200): malformed JSON at byte 1", "200"},
		"two values":                           {say(ticketsJSON + ticketsJSON), "decode (HTTP 200): data after the JSON value", "200"},
		"garbage after the value":              {say(ticketsJSON + "<!-- 0.2s -->"), fmt.Sprintf("decode (HTTP 200): malformed JSON at byte %d", len(ticketsJSON)+1), "200"},
		"null":                                 {say("null"), "decode (HTTP 200): null instead of a value", "200"},
		"a list where an object is documented": {say("[]"), "decode (HTTP 200): unexpected JSON: array at byte 1 where rest.tickets is documented", "200"},
		"an object where a list is":            {say(`{"data":{}}`), "decode (HTTP 200): unexpected JSON: object at byte 9 where a list is documented", "200"},
		"a text where a number is documented":  {say(`{"data":[{"id":"1"}]}`), "decode (HTTP 200): unexpected JSON: string at byte 16 where int is documented", "200"},
		"truncated gzip": {func(w http.ResponseWriter, _ *http.Request) {
			var b strings.Builder
			z := gzip.NewWriter(&b)
			_, _ = io.WriteString(z, ticketsJSON)
			_ = z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			writeJSON(w, b.String()[:b.Len()-12])
		}, "decode (HTTP 200): truncated answer", "200"},
		"gzip that is none": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			writeJSON(w, ticketsJSON)
		}, "decode (HTTP 200): answer cannot be decoded", "200"},
		"an encoding that nobody asked for": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			writeJSON(w, "x")
		}, "decode (HTTP 200): answer is compressed in a way that was not asked for", "200"},
		"no answer": {hang, "timeout: no complete answer within {T}", "timeout"},
		"a slow body": {func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, `{"data":`)
			w.(http.Flusher).Flush()
			hang(w, r)
		}, "timeout (HTTP 200): no complete answer within {T}", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			timeout := 10 * time.Second
			if strings.Contains(tc.text, "{T}") {
				timeout = 50 * time.Millisecond
			}
			var calls, good atomic.Int64
			good.Store(3)
			o := &log{}
			c := serve(t, Options{Observer: o, Timeout: timeout}, func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1) < good.Load() {
					tc.fault(w, r)
					return
				}
				writeJSON(w, ticketsJSON)
			})
			r := Request{Endpoint: "/e", Method: "POST", Body: struct{}{}} // net/http itself repeats a GET whose connection died
			var out tickets
			if err := c.Do(context.Background(), r, &out); err != nil || len(out.Data) != 2 {
				t.Fatalf("two faults were not survived: %v", err)
			}
			if diff := cmp.Diff([]string{"/e " + tc.code, "/e " + tc.code, "/e 200"}, o.requests); diff != "" {
				t.Error(diff)
			}
			good.Store(1 << 60)
			e := asError(t, c.Do(context.Background(), r, &out))
			if want := "/e: " + strings.ReplaceAll(tc.text, "{T}", timeout.String()); e.Error() != want {
				t.Errorf("got  %q\nwant %q", e, want)
			}
			if errors.Is(e, context.DeadlineExceeded) {
				t.Error("an attempt's timeout looks like the end of the caller's context")
			}
			if calls.Load() != 6 {
				t.Errorf("%d calls, want 3 and 3", calls.Load())
			}
		})
	}
}

func TestFailuresWithoutAConnection(t *testing.T) {
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = tlsServer.Config.ErrorLog
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	failing := func(err error) http.RoundTripper {
		return transport(func(*http.Request) (*http.Response, error) { return nil, err })
	}
	for name, tc := range map[string]struct {
		url  string
		rt   http.RoundTripper
		want string
		is   error
	}{
		"refused":               {closed.URL, nil, "/e: network: connection refused", syscall.ECONNREFUSED},
		"unknown authority":     {tlsServer.URL, nil, "/e: network: the certificate is signed by an unknown authority: set tls_config.ca_file", nil},
		"TLS 1.1":               {old.URL, nil, "/e: network: the TLS handshake was refused: TLS 1.2 is the least, and a client certificate may be wanted", nil},
		"no TLS there":          {strings.Replace(plain.URL, "http:", "https:", 1), nil, "/e: network: no TLS spoken there: check scheme and port of url", nil},
		"wrong host":            {"", failing(&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "e"}}), "/e: network: the certificate is for another host: check url or tls_config.server_name", nil},
		"expired":               {"", failing(&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}), "/e: network: the certificate is expired or otherwise invalid", nil},
		"not verifiable":        {"", failing(&tls.CertificateVerificationError{Err: errors.New("pin")}), "/e: network: the certificate cannot be verified", nil},
		"name unknown":          {"", failing(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "acme", IsNotFound: true}}), "/e: network: the host's name cannot be resolved", nil},
		"name server silent":    {"", failing(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), "/e: timeout: no answer in time", nil},
		"proxy refuses":         {"", failing(&net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}), "/e: network: connect to the proxy: connection refused", syscall.ECONNREFUSED},
		"password file missing": {"", failing(fmt.Errorf("unable to read basic auth password: %w", &os.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT})), "/e: auth: read a credentials or certificate file: no such file or directory", syscall.ENOENT},
		"OAuth secret refused":  {"", failing(errors.New("oauth2: cannot fetch token: 401 Unauthorized\nResponse: {}")), "/e: auth: the OAuth 2 token endpoint refused the credentials: check oauth2 in the source's configuration", nil},
		"OAuth error":           {"", failing(fmt.Errorf("token: %w", errors.New(`oauth2: "invalid_client" "bad"`))), "/e: auth: the OAuth 2 token endpoint refused the credentials: check oauth2 in the source's configuration", nil},
		"OAuth endpoint down":   {"", failing(errors.New("oauth2: cannot fetch token: 503 Service Unavailable")), "/e: network: the connection failed", nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := &log{}
			c := newClient(t, Options{BaseURL: tc.url, Transport: tc.rt, Observer: o, Rand: func() float64 { return 0 }})
			e := asError(t, c.Do(context.Background(), Request{Endpoint: "/e"}, nil))
			if e.Error() != tc.want {
				t.Errorf("got  %q\nwant %q", e, tc.want)
			}
			if tc.is != nil && !errors.Is(e, tc.is) {
				t.Errorf("%v is lost", tc.is)
			}
			attempts := 3
			if e.Reason == ReasonAuth {
				attempts = 1
			}
			if len(o.requests) != attempts || o.requests[0] != "/e "+string(e.Reason) {
				t.Errorf("observed %v, want %d attempts", o.requests, attempts)
			}
		})
	}
}
