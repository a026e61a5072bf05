package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// drainLimit is how much of an unwanted body is read so that its connection
// can be used again.
const drainLimit = 64 << 10

// failure is a failed attempt, and whether another one may help.
type failure struct {
	err   *Error
	again bool
}

// attempt waits for the quota, sends the request once and reads the answer.
func (c *Client) attempt(ctx context.Context, q *query) *failure {
	if err := q.own.admit(ctx, c.observer.Throttled); err != nil {
		return notAdmitted(q.endpoint, err)
	}
	t, err := c.quota.admit(ctx, q.priority, q.cost, c.observer.Throttled)
	if err != nil {
		return notAdmitted(q.endpoint, err)
	}
	once, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	sent := time.Now()
	res, err := c.send(once, q)
	if res != nil {
		defer discard(res.Body)
	}
	f := c.judge(ctx, q, t, sent, res, err)
	c.observer.Request(q.endpoint, codeOf(res, f), time.Since(sent))
	return f
}

// send returns an answer, an error, or both when a redirect was refused.
func (c *Client) send(ctx context.Context, q *query) (*http.Response, error) {
	r := c.resty.R().SetContext(ctx).SetHeaders(q.header).SetDoNotParseResponse(true)
	if q.body != nil {
		r.SetBody(q.body)
	}
	res, err := r.Execute(q.method, q.url)
	if res == nil {
		return nil, err
	}
	return res.RawResponse, err
}

// judge learns what the answer's header tells and turns the outcome into a
// failure, or nil after a good answer was decoded.
func (c *Client) judge(ctx context.Context, q *query, t ticket, sent time.Time, res *http.Response, err error) *failure {
	if res == nil {
		c.quota.unanswered(t)
		return c.broken(ctx, q, 0, err)
	}
	received := time.Now()
	if good := res.StatusCode/100 == 2; good || res.StatusCode < http.StatusInternalServerError && !c.SkewKnown() {
		// The Date of a failure may be that of a gateway on the way.
		c.skew.heard(res.Header, sent, received)
	}
	q.own.answered(res.Header)
	asked := c.quota.answered(t, res.StatusCode, res.Header, retryAfter(res.Header, received))
	if err != nil {
		return c.broken(ctx, q, res.StatusCode, err)
	}
	if res.StatusCode/100 != 2 {
		return refused(q.endpoint, res.StatusCode, asked)
	}
	if err := decode(res, c.bodyLimit, q.out); err != nil {
		return c.broken(ctx, q, res.StatusCode, err)
	}
	if q.heard != nil {
		q.heard(res.Header)
	}
	return nil
}

// broken is an exchange that did not come to its end.
func (c *Client) broken(ctx context.Context, q *query, code int, err error) *failure {
	if cause := ctx.Err(); cause != nil {
		return &failure{err: hungUp(q.endpoint, cause)}
	}
	var bad *decodeError
	if errors.As(err, &bad) {
		return &failure{
			err:   &Error{Reason: ReasonDecode, Endpoint: q.endpoint, Code: code, Err: bad},
			again: !bad.final,
		}
	}
	reason, plain := classify(err)
	if errors.Is(err, context.DeadlineExceeded) {
		plain = &scrubbed{text: fmt.Sprintf("no complete answer within %s", c.timeout)}
	}
	return &failure{
		err:   &Error{Reason: reason, Endpoint: q.endpoint, Code: code, Err: plain},
		again: retryable(reason),
	}
}

// refused is an answer with a status other than success.
func refused(endpoint string, code int, asked time.Duration) *failure {
	reason := StatusReason(code)
	e := &Error{Reason: reason, Endpoint: endpoint, Code: code, RetryAfter: asked}
	if text := remedies[reason]; text != "" {
		e.Err = errors.New(text)
	}
	return &failure{err: e, again: retryable(reason)}
}

// notAdmitted is a request that was never sent.
func notAdmitted(endpoint string, err error) *failure {
	var long *longWaitError
	if errors.As(err, &long) {
		return &failure{err: &Error{Reason: ReasonRateLimited, Endpoint: endpoint, RetryAfter: long.wait, Err: long}}
	}
	return &failure{err: hungUp(endpoint, err)}
}

// hungUp is a request whose caller's context ended: cause is the context's error.
func hungUp(endpoint string, cause error) *Error {
	return &Error{Reason: ReasonTimeout, Endpoint: endpoint, Err: fmt.Errorf("the caller hung up: %w", cause)}
}

func codeOf(res *http.Response, f *failure) string {
	if res != nil {
		return strconv.Itoa(res.StatusCode)
	}
	return string(f.err.Reason)
}

func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, drainLimit) // only to keep the connection
	_ = body.Close()
}
