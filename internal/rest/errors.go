package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// remedies are added to the errors that a person can do something about.
var remedies = map[Reason]string{
	ReasonAuth:      "the helpdesk refused the credentials: check them in the source's configuration",
	ReasonForbidden: "the account's plan or rights do not allow this",
}

// ReasonOf is why a request failed, "" when it did not. What is no [Error], such as
// a context that has ended, is like the network: nothing can be asked.
func ReasonOf(err error) Reason {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Reason
	default:
		return ReasonNetwork
	}
}

// BadAnswer is the failure of a request whose answer is good JSON, and not what it
// should be: never taken for an empty one.
func BadAnswer(endpoint string, err error) *Error {
	return &Error{Reason: ReasonDecode, Endpoint: endpoint, Code: http.StatusOK, Err: err}
}

// Hopeless reports whether the next request would fail in the same way.
func Hopeless(err error) bool {
	switch ReasonOf(err) {
	case ReasonAuth, ReasonRateLimited, ReasonTimeout, ReasonNetwork:
		return true
	default:
		return false
	}
}

// StatusReason classifies the status of an answer that is no success.
func StatusReason(code int) Reason {
	switch {
	case code == http.StatusUnauthorized:
		return ReasonAuth
	case code == http.StatusForbidden:
		return ReasonForbidden
	case code == http.StatusNotFound || code == http.StatusGone:
		return ReasonGone
	case code == http.StatusRequestTimeout:
		return ReasonTimeout
	case code == http.StatusTooManyRequests:
		return ReasonRateLimited
	case code >= 500:
		return ReasonServer
	default:
		return ReasonClient
	}
}

// scrubbed is an error in words of our own. The transport's errors hold URLs,
// and with them queries, and proxies' and mistaken people's passwords; a token
// endpoint's hold its answer. None of them stays in the chain: cause is a system
// error number, or nil. (Not context.DeadlineExceeded for an attempt that took
// too long: in an [Error] that means that the caller's own time is over.)
type scrubbed struct {
	text  string
	cause error
}

func (e *scrubbed) Error() string { return e.text }
func (e *scrubbed) Unwrap() error { return e.cause }

// classify says why there was no answer, or no whole one.
func classify(err error) (Reason, error) {
	var (
		timeout net.Error
		file    *fs.PathError
	)
	switch {
	case redirectText(err) != "":
		return ReasonClient, &scrubbed{text: redirectText(err)}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout, &scrubbed{text: "no answer in time"}
	case errors.As(err, &file):
		return ReasonAuth, &scrubbed{text: "read a credentials or certificate file: " + errnoText(err), cause: errno(err)}
	case tokenRefused(err):
		return ReasonAuth, &scrubbed{text: "the OAuth 2 token endpoint refused the credentials: check oauth2 in the source's configuration"}
	}
	text := networkText(err)
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "proxyconnect" {
		text = "connect to the proxy: " + text
	}
	return ReasonNetwork, &scrubbed{text: text, cause: errno(err)}
}

// redirectText is empty for what is no redirect that was refused.
func redirectText(err error) string {
	for _, refused := range []error{errElsewhere, errRedirectLoop, errTokenLeaves} {
		if errors.Is(err, refused) {
			return refused.Error()
		}
	}
	return ""
}

// networkText describes a failure of the network by its type, never by its text.
func networkText(err error) string {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		untrusted *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		op        *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return "the host's name cannot be resolved"
	case errors.As(err, &authority):
		return "the certificate is signed by an unknown authority: set tls_config.ca_file"
	case errors.As(err, &host):
		return "the certificate is for another host: check url or tls_config.server_name"
	case errors.As(err, &invalid):
		return "the certificate is expired or otherwise invalid"
	case errors.As(err, &untrusted):
		return "the certificate cannot be verified"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "no TLS spoken there: check scheme and port of url"
	case errors.As(err, &op) && op.Op == "remote error": // an alert of TLS, whose type crypto/tls keeps to itself
		return "the TLS handshake was refused: TLS 1.2 is the least, and a client certificate may be wanted"
	case errno(err) != nil:
		return errnoText(err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the answer"
	default:
		return "the connection failed"
	}
}

// errno returns the system's error number in the chain, nil when there is none.
func errno(err error) error {
	var n syscall.Errno
	if errors.As(err, &n) {
		return n
	}
	return nil
}

func errnoText(err error) string {
	if n := errno(err); n != nil {
		return n.Error()
	}
	return "failed"
}

// tokenRefused recognises golang.org/x/oauth2's RetrieveError by its two texts,
// a JSON error of RFC 6749 or a 4xx status, so as not to depend on that module
// for one type.
func tokenRefused(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		text := err.Error()
		if strings.HasPrefix(text, `oauth2: "`) || strings.HasPrefix(text, "oauth2: cannot fetch token: 4") {
			return true
		}
	}
	return false
}
