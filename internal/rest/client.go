package rest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/go-resty/resty/v2"
)

// Defaults of [Options].
const (
	DefaultTimeout   = 30 * time.Second
	DefaultBodyLimit = 32 << 20
	DefaultRetries   = 3
	DefaultUserAgent = "helpdesk_exporter"
)

// Values of the reason that [Observer.Throttled] is told.
const (
	ThrottledOwnShare = "own_share" // held back by ourselves, to leave others their part of the quota
	ThrottledVendor   = "vendor"    // told to wait by a 429 or a Retry-After
)

// Observer is told of every attempt and every wait. Its methods are called by
// several goroutines at once.
type Observer interface {
	// Request reports one attempt: code is the HTTP status as text, or the
	// [Reason] when there was no answer; d runs from sending to the last byte.
	Request(endpoint, code string, d time.Duration)
	// Throttled reports time that one request waited before it was sent.
	Throttled(reason string, d time.Duration)
}

// Options make a [Client]. Only BaseURL is required.
type Options struct {
	// BaseURL is http or https, with a path where the vendor has one. It holds
	// no credentials: they belong to the transport.
	BaseURL string
	// Transport adds credentials, TLS settings and proxies; nil is a clone of
	// http.DefaultTransport.
	Transport http.RoundTripper
	UserAgent string
	Timeout   time.Duration  // of one attempt, its body included
	BodyLimit int64          // bytes of a decompressed answer
	Retries   int            // attempts in all
	Quota     *Governor      // nil: unlimited, but a 429 still pauses all requests
	Observer  Observer       // nil: nobody
	Rand      func() float64 // jitter in [0, 1); nil is math/rand/v2
}

// Client is one helpdesk account's API. It is safe for concurrent use.
type Client struct {
	resty     *resty.Client
	http      *http.Client
	base      *url.URL
	userAgent string
	timeout   time.Duration
	bodyLimit int64
	retries   int
	quota     *Governor
	observer  Observer
	rand      func() float64
	skew      skewMeter
}

var _ Doer = (*Client)(nil)

// New returns a client. Its error never repeats the URL, which may hold a
// secret by mistake.
func New(o Options) (*Client, error) {
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	o, err = o.withDefaults()
	if err != nil {
		return nil, err
	}
	hc := &http.Client{Transport: o.Transport, CheckRedirect: checkRedirect}
	rc := resty.NewWithClient(hc).SetLogger(restyLog{}).SetDisableWarn(true)
	return &Client{
		resty: rc, http: hc, base: base,
		userAgent: o.UserAgent, timeout: o.Timeout, bodyLimit: o.BodyLimit, retries: o.Retries,
		quota: o.Quota, observer: o.Observer, rand: o.Rand,
	}, nil
}

func (o Options) withDefaults() (Options, error) {
	if o.Timeout < 0 || o.BodyLimit < 0 || o.Retries < 0 {
		return o, errors.New("timeout, body limit and retries must not be negative")
	}
	if o.Transport == nil {
		o.Transport = defaultTransport()
	}
	if o.UserAgent == "" {
		o.UserAgent = DefaultUserAgent
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.BodyLimit == 0 {
		o.BodyLimit = DefaultBodyLimit
	}
	if o.Retries == 0 {
		o.Retries = DefaultRetries
	}
	if o.Quota == nil {
		o.Quota = unlimited()
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	return o, nil
}

// Do implements [Doer]. Every request is taken to be a question: it may be
// sent again, whatever its method.
func (c *Client) Do(ctx context.Context, r Request, out any) error {
	q, err := c.prepare(r, out)
	if err != nil {
		return &Error{Reason: ReasonClient, Endpoint: r.Endpoint, Err: err}
	}
	for attempt := 1; ; attempt++ {
		f := c.attempt(ctx, q)
		if f == nil {
			return nil
		}
		if !f.again || attempt >= c.retries {
			return f.err
		}
		wait, ok := c.retryWait(ctx, attempt, f.err)
		if !ok {
			return f.err
		}
		if err := c.sleep(ctx, wait, f.err); err != nil {
			return hungUp(q.endpoint, err)
		}
	}
}

// Pace is how far apart requests are at the source's share of the quota, see
// [Governor.Pace].
func (c *Client) Pace() time.Duration { return c.quota.Pace() }

// Close drops idle connections. Requests under way are not disturbed.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func defaultTransport() http.RoundTripper {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		return t.Clone()
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment}
}

// nobody is the observer of a client that has none.
type nobody struct{}

func (nobody) Request(string, string, time.Duration) {}
func (nobody) Throttled(string, time.Duration)       {}

// restyLog swallows what resty would write to stderr, URLs included.
type restyLog struct{}

func (restyLog) Errorf(string, ...any) {}
func (restyLog) Warnf(string, ...any)  {}
func (restyLog) Debugf(string, ...any) {}
