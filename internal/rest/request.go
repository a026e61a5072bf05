package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// query is a request that has been checked and is ready to be sent, as often
// as needed.
type query struct {
	endpoint string
	method   string
	url      string
	header   map[string]string
	body     []byte
	priority Priority
	cost     float64
	own      *Allowance
	heard    func(http.Header)
	out      any
}

func (c *Client) prepare(r Request, out any) (*query, error) {
	q := &query{endpoint: r.Endpoint, method: r.Method, priority: r.Priority, cost: float64(max(r.Cost, 1)),
		own: r.Allowance, heard: r.Heard, out: out}
	if q.method == "" {
		q.method = http.MethodGet
	}
	if err := checkTarget(out); err != nil {
		return nil, err
	}
	u, err := join(c.base, r.Path)
	if err != nil {
		return nil, err
	}
	u.RawQuery = r.Query.Encode()
	q.url = u.String()
	if q.body, err = encodeBody(q.method, r.Body); err != nil {
		return nil, err
	}
	q.header = c.header(r, q.body != nil)
	return q, nil
}

// header asks for gzip by hand: transports made from a Prometheus http_config
// don't, and answers shrink to a tenth.
func (c *Client) header(r Request, body bool) map[string]string {
	h := map[string]string{"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": c.userAgent}
	if body {
		h["Content-Type"] = "application/json"
	}
	for k, v := range r.Header {
		h[http.CanonicalHeaderKey(k)] = v
	}
	return h
}

// parseBase never repeats the URL in an error.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("base URL cannot be parsed: write it as https://host or https://host/path")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("base URL must begin with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("base URL has no host")
	case u.User != nil:
		return nil, errors.New("base URL must not hold credentials: move them to basic_auth")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("base URL must not hold a query or a fragment")
	}
	return u, nil
}

// join appends a path to the base. An id that a vendor sent must not lead
// elsewhere: dot segments are refused, and so is what is not percent-encoded.
func join(base *url.URL, path string) (*url.URL, error) {
	if strings.ContainsAny(path, "?#") {
		return nil, errors.New("path holds a query or a fragment")
	}
	raw := strings.TrimRight(base.EscapedPath(), "/")
	if path != "" {
		raw += "/" + strings.TrimLeft(path, "/")
	}
	for segment := range strings.SplitSeq(raw, "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return nil, errors.New("path is not percent-encoded")
		}
		if plain == "." || plain == ".." {
			return nil, errors.New("path holds a dot segment")
		}
	}
	u := *base
	u.Path, _ = url.PathUnescape(raw) // every segment of it was unescaped above
	u.RawPath = raw
	return &u, nil
}

func encodeBody(method string, body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil, errors.New("a " + method + " request cannot carry a body")
	}
	if raw, ok := body.(json.RawMessage); ok {
		return raw, nil
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil, errors.New("request body cannot be encoded as JSON") // json's words may repeat values
	}
	return b, nil
}

// checkTarget refuses what encoding/json would only refuse after the answer
// was paid for.
func checkTarget(out any) error {
	if out == nil {
		return nil
	}
	if v := reflect.ValueOf(out); v.Kind() != reflect.Pointer || v.IsNil() {
		return errors.New("the answer needs a non-nil pointer to decode into")
	}
	return nil
}
