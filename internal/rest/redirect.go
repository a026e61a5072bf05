package rest

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

const maxRedirects = 3

// Redirects that are not followed. The transport adds the credentials to every
// request it sees, so a redirect to another host would hand them over. A request
// for an OAuth 2 token has the client's secret in its body.
var (
	errElsewhere    = errors.New("redirected to another host, scheme or port, which is not followed: set url to the address that the helpdesk redirects to")
	errRedirectLoop = errors.New("redirected more than 3 times: check url")
	errTokenLeaves  = errors.New("the OAuth 2 token endpoint redirected to another host, scheme or port, which is not followed: set oauth2.token_url to the address that it redirects to")
)

func checkRedirect(next *http.Request, via []*http.Request) error {
	if !sameHost(next.URL, via[0].URL) {
		return errElsewhere
	}
	if len(via) > maxRedirects {
		return errRedirectLoop
	}
	return nil
}

// CheckTokenRedirect is an http.Client's CheckRedirect for requests of OAuth 2
// tokens.
func CheckTokenRedirect(next *http.Request, via []*http.Request) error {
	err := checkRedirect(next, via)
	if errors.Is(err, errElsewhere) {
		return errTokenLeaves
	}
	return err
}

func sameHost(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && hostPort(a) == hostPort(b)
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
