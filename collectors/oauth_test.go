package collectors_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// account is a helpdesk behind OAuth 2: it takes the token of the given number
// and those after it, and counts what it is asked.
type account struct {
	valid, issued, asked atomic.Int64
	elsewhere            string // where it redirects to; empty: nowhere
	tokens               string // the same of requests for tokens, with their bodies
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/token" && a.tokens != "" {
		http.Redirect(w, r, a.tokens, http.StatusTemporaryRedirect)
		return
	}
	if r.URL.Path == "/token" || r.URL.Path == "/token/" {
		fmt.Fprintf(w, `{"access_token": "token-%d", "token_type": "bearer", "expires_in": 7200}`, a.issued.Add(1))
		return
	}
	a.asked.Add(1)
	var n int64
	if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer token-%d", &n); err != nil || n < a.valid.Load() {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if a.elsewhere != "" {
		http.Redirect(w, r, a.elsewhere, http.StatusFound)
		return
	}
	fmt.Fprint(w, `{}`)
}

func (a *account) connect(t *testing.T) *collectors.Connection {
	t.Helper()
	api := httptest.NewServer(a)
	t.Cleanup(api.Close)
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf("sources: [{name: shop, gorgias: {url: %q, oauth2: {client_id: id, client_secret: key, token_url: %q}}}]\n", api.URL, api.URL+"/token")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := collectors.Connect(cfg.Sources[0], nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Client.Close)
	return c
}

func TestFailure15ATokenThatEndsInMidRunIsRefreshedOnceThenTheCredentialsAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name                 string
		valid, issued, asked int64
		reason               rest.Reason
	}{
		{name: "a token that holds is used again", valid: 1, issued: 1, asked: 2},
		{name: "a revoked token is replaced, and nobody sees the refusal", valid: 2, issued: 2, asked: 3},
		{name: "a second refusal is a refusal", valid: 99, issued: 2, asked: 3, reason: rest.ReasonAuth},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := &account{}
			c := a.connect(t)
			question := rest.Request{Method: http.MethodPost, Endpoint: "/api/x", Path: "/api/x", Body: map[string]string{"q": "open"}}
			if err := c.Client.Do(t.Context(), question, nil); err != nil {
				t.Fatalf("with the first token: %v", err)
			}
			a.valid.Store(tc.valid)
			var reason rest.Reason
			if e := (*rest.Error)(nil); errors.As(c.Client.Do(t.Context(), question, nil), &e) {
				reason = e.Reason
			}
			if reason != tc.reason || a.issued.Load() != tc.issued || a.asked.Load() != tc.asked {
				t.Errorf("reason %q, %d tokens, %d requests; want %q, %d, %d",
					reason, a.issued.Load(), a.asked.Load(), tc.reason, tc.issued, tc.asked)
			}
		})
	}
}

func TestNoTokenFollowsARedirectToAnotherHost(t *testing.T) {
	var asked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(other.Close)
	a := &account{elsewhere: other.URL}
	c := a.connect(t)
	err := c.Client.Do(t.Context(), rest.Request{Endpoint: "/api/x", Path: "/api/x"}, nil)
	if e := (*rest.Error)(nil); !errors.As(err, &e) || e.Reason != rest.ReasonClient {
		t.Errorf("the redirect gives %v", err)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

func TestNoSecretFollowsARedirectOfTheTokenEndpointToAnotherHost(t *testing.T) {
	var asked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(other.Close)
	for name, tc := range map[string]struct{ to, want string }{
		"elsewhere is not followed": {other.URL + "/token", "/api/x: client: the OAuth 2 token endpoint redirected to another host, scheme or port, " +
			"which is not followed: set oauth2.token_url to the address that it redirects to"},
		"a path of the same host is": {"/token/", "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			a := &account{tokens: tc.to}
			err := a.connect(t).Client.Do(t.Context(), rest.Request{Endpoint: "/api/x", Path: "/api/x"}, nil)
			if got := fmt.Sprint(err); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if n := asked.Load(); n != 0 {
				t.Errorf("the other host was asked %d times", n)
			}
		})
	}
}
