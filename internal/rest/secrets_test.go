package rest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const secret = "hunter2"

// stamp is a type of a collector's whose own error quotes the answer.
type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(b []byte) error {
	_, err := time.Parse(time.RFC3339, strings.Trim(string(b), `"`))
	return err
}

// TestNoErrorHoldsASecret plants one everywhere: in the query, the headers, the
// request's and the answer's body, in redirects, and in the errors of transports,
// proxies and token endpoints. Neither an error's text nor any in its chain
// holds it, nor a URL.
func TestNoErrorHoldsASecret(t *testing.T) {
	fail := func(err error) transport {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	say := func(code int, body string, header ...string) transport {
		return func(*http.Request) (*http.Response, error) { return answer(code, body, header...), nil }
	}
	proxied := &http.Transport{
		Proxy: func(*http.Request) (*url.URL, error) { return url.Parse("http://bot:" + secret + "@127.0.0.1:1") },
	}
	badProxy := &http.Transport{
		Proxy: func(*http.Request) (*url.URL, error) {
			return nil, fmt.Errorf("invalid proxy address %q", "http://bot:"+secret+"@p")
		},
	}
	bad := &url.Error{Op: "Get", URL: "https://bot:" + secret + "@e/?key=" + secret, Err: errors.New("token " + secret)}
	for name, rt := range map[string]http.RoundTripper{
		"an error of a transport":     fail(errors.New("dial https://bot:" + secret + "@e")),
		"an error with a URL":         fail(bad),
		"a URL inside a network one":  fail(&net.OpError{Op: "proxyconnect", Err: bad}),
		"a timeout with a URL":        fail(&url.Error{Op: "Get", URL: secret, Err: context.DeadlineExceeded}),
		"a resolver's error":          fail(&net.DNSError{Err: secret, Name: secret, Server: secret}),
		"a token endpoint's":          fail(errors.New("oauth2: cannot fetch token: 401\nResponse: " + secret)),
		"a proxy with a password":     proxied,
		"a proxy that can't be":       badProxy,
		"a redirect elsewhere":        say(302, "", "Location", "https://evil.example.com/?key="+secret),
		"a redirect that is none":     say(302, "", "Location", "https://bot:"+secret+"@\x7f"),
		"a header that is refused":    http.DefaultTransport,
		"a refusal with a body":       say(401, secret, "Www-Authenticate", secret),
		"a page":                      say(200, secret, "Content-Type", "text/html"),
		"JSON of another type":        say(200, `{"data":[{"id":"`+secret+`"}]}`),
		"a number that does not fit":  say(200, `{"data":[{"id":4242424242.5}]}`),
		"JSON that ends in something": say(200, `{} `+secret),
		"no JSON":                     say(200, secret),
		"a field of a collector's":    say(200, `{"at":"`+secret+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			extra := secret
			if strings.HasPrefix(name, "a header") {
				extra += "\n"
			}
			c := newClient(t, Options{BaseURL: "http://127.0.0.1:1", Transport: rt, Rand: func() float64 { return 0 }})
			r := Request{
				Endpoint: "/e/{id}", Path: "/e/" + secret, Method: "POST", Query: url.Values{"key": {secret}},
				Header: map[string]string{"X-Key": extra}, Body: secret,
			}
			var out struct {
				tickets
				At stamp `json:"at"`
			}
			e := asError(t, c.Do(context.Background(), r, &out))
			all := texts(e) + fmt.Sprintf("%+v %#v", *e, *e)
			for _, word := range []string{secret, "4242", "://", "key=", "127.0.0.1"} {
				if strings.Contains(all, word) {
					t.Errorf("%q is in: %s", word, all)
				}
			}
			if !strings.HasPrefix(e.Error(), "/e/{id}: ") {
				t.Errorf("got %q", e)
			}
		})
	}
}
