package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// basic adds credentials to every request, as Prometheus' transports do.
func basic(user, password string, calls *[]string) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.SetBasicAuth(user, password)
		*calls = append(*calls, r.URL.Path)
		return http.DefaultTransport.RoundTrip(r)
	})
}

func TestRedirectsStayOnTheHost(t *testing.T) {
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	elsewhere := "/e: client (HTTP 302): redirected to another host, scheme or port, which is not followed: set url to the address that the helpdesk redirects to"
	for name, tc := range map[string]struct {
		to    func(*http.Request) string
		want  string
		calls []string
	}{
		"a new path on the same host is followed": {
			to:    func(*http.Request) string { return "/good" },
			calls: []string{"/0", "/good"},
		},
		"three times, not four": {
			to:    func(r *http.Request) string { return r.URL.Path + "0" },
			want:  "/e: client (HTTP 302): redirected more than 3 times: check url",
			calls: []string{"/0", "/00", "/000", "/0000"},
		},
		"another port is another host": {
			to: func(*http.Request) string { return other.URL + "/login?token=hunter2" }, want: elsewhere, calls: []string{"/0"},
		},
		"another scheme too": {
			to: func(r *http.Request) string { return "https://" + r.Host + "/good" }, want: elsewhere, calls: []string{"/0"},
		},
		"another name of the same address too": {
			to:   func(r *http.Request) string { return "http://" + strings.Replace(r.Host, "127.0.0.1", "localhost", 1) },
			want: elsewhere, calls: []string{"/0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var calls []string
			c := serve(t, Options{Transport: basic("bot", "pw", &calls)}, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/good" {
					writeJSON(w, `{}`)
					return
				}
				http.Redirect(w, r, tc.to(r), http.StatusFound)
			})
			err := c.Do(context.Background(), Request{Endpoint: "/e", Path: "/0"}, &struct{}{})
			if tc.want == "" && err != nil {
				t.Fatal(err)
			}
			if tc.want != "" && asError(t, err).Error() != tc.want {
				t.Errorf("got %q, want %q", err, tc.want)
			}
			if diff := cmp.Diff(tc.calls, calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDefaultPortsAreTheSameHost(t *testing.T) {
	via, _ := http.NewRequest("GET", "https://Acme.example.com/a", nil)
	next, _ := http.NewRequest("GET", "https://acme.example.com:443/b", nil)
	if err := checkRedirect(next, []*http.Request{via}); err != nil {
		t.Error(err)
	}
}

// TestNoPathLeavesTheHost: an id, or a link to the next page, is the helpdesk's to
// write, and goes into the path of a request.
func TestNoPathLeavesTheHost(t *testing.T) {
	c := newClient(t, Options{BaseURL: "https://acme.example.com/api"})
	for path, want := range map[string]string{
		"/tickets/17":                  "https://acme.example.com/api/tickets/17",
		"https://evil.example.com/x":   "https://acme.example.com/api/https://evil.example.com/x",
		"//evil.example.com/x":         "https://acme.example.com/api/evil.example.com/x",
		"@evil.example.com/x":          "https://acme.example.com/api/@evil.example.com/x",
		":443@evil.example.com/x":      "https://acme.example.com/api/:443@evil.example.com/x",
		`\\evil.example.com\x`:         `https://acme.example.com/api/%5C%5Cevil.example.com%5Cx`,
		"/%2f%2fevil.example.com":      "https://acme.example.com/api/%2f%2fevil.example.com",
		"../../admin":                  "refused",
		"/tickets/%2e%2e/admin":        "refused",
		"/tickets/17?next=//evil":      "refused",
		"/tickets/17#//evil":           "refused",
		"/tickets/17%zz":               "refused",
		"/tickets\r\nHost: evil":       "https://acme.example.com/api/tickets%0D%0AHost:%20evil",
		"/tickets HTTP/1.1\r\nHost: e": "https://acme.example.com/api/tickets%20HTTP/1.1%0D%0AHost:%20e",
	} {
		got := "refused"
		if q, err := c.prepare(Request{Endpoint: "/e", Path: path}, nil); err == nil {
			got = q.url
		}
		if got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}
