package collectors

import (
	"net/http"
	"sync"

	promconfig "github.com/prometheus/common/config"
)

// refreshing gets in with OAuth 2. Prometheus' transport keeps a token until it
// expires by its own account; a helpdesk may have revoked it before. So what is
// refused with 401 is asked once more with a new token, and then it is refused.
type refreshing struct {
	connect func() (http.RoundTripper, error)

	mu  sync.Mutex
	now http.RoundTripper
}

// oauth adds a token to requests, and gets another one when it is refused.
func oauth(h promconfig.HTTPClientConfig, name, userAgent string, options []promconfig.HTTPClientOption) (http.RoundTripper, error) {
	connect := func() (http.RoundTripper, error) { return granted(h, name, userAgent, options) }
	if g := h.OAuth2.GrantType; g != "" && g != clientCredentials { // signs with its key, and sends it nowhere
		connect = func() (http.RoundTripper, error) { return promconfig.NewRoundTripperFromConfig(h, name, options...) }
	}
	first, err := connect()
	return &refreshing{connect: connect, now: first}, err
}

// RoundTrip implements http.RoundTripper.
func (r *refreshing) RoundTrip(req *http.Request) (*http.Response, error) {
	used := r.current()
	res, err := used.RoundTrip(req)
	if err != nil || res.StatusCode != http.StatusUnauthorized || req.Body != nil && req.GetBody == nil {
		return res, err
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return res, nil
		}
	}
	next, err := r.renew(used)
	if err != nil {
		return res, nil
	}
	res.Body.Close() // and its connection with it: the new token has new ones
	return next.RoundTrip(again)
}

func (r *refreshing) current() http.RoundTripper {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// renew forgets the token with which a request was refused, unless another
// request did so already.
func (r *refreshing) renew(used http.RoundTripper) (http.RoundTripper, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now != used {
		return r.now, nil
	}
	next, err := r.connect()
	if err != nil {
		return nil, err
	}
	closeIdle(used)
	r.now = next
	return next, nil
}

// CloseIdleConnections is what http.Client.CloseIdleConnections looks for.
func (r *refreshing) CloseIdleConnections() { closeIdle(r.current()) }

func closeIdle(t http.RoundTripper) {
	if c, ok := t.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
