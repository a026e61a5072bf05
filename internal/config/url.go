package config

import (
	"net"
	"net/url"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"
)

// checkURL reads a URL of a server, without a slash at its end; instead is the
// remedy for credentials in it. Nil means that it was reported.
func (c *checker) checkURL(path, text, instead string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		// The parser's error quotes the URL, with all that may be secret in it.
		c.bad(path, hideInURL(text), "this is no URL: write it as https://host/path")
		return nil
	}
	ok := true
	refuse := func(why string) {
		c.bad(path, hideInURL(text), "%s", why)
		ok = false
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		refuse("a URL begins with https:// (or http://)")
	case u.Hostname() == "":
		refuse("the URL names no host: write it as https://host/path")
	}
	if u.User != nil {
		refuse("credentials do not belong in a URL, which is shown in logs: " + instead)
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#") {
		refuse("a query (?) or fragment (#) has no place in this URL: leave it out")
	}
	if !ok {
		return nil
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u
}

// proxy refuses what looks like a URL and is none: the scheme of localhost:3128
// is localhost.
func (c *checker) proxy(path string, u promconfig.URL) {
	if u.URL == nil || u.Host != "" && slices.Contains(proxySchemes, u.Scheme) {
		return
	}
	c.bad(path, hideInURL(u.URL.String()), "this is no URL of a proxy: write it as http://host:port; schemes are %s", list(proxySchemes))
}

// proxySchemes are those of net/http.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// hideInURL hides the parts of what should be a URL in which secrets are found:
// credentials, query and fragment. It does not need the text to be a URL.
func hideInURL(text string) string {
	const hidden = "<secret>"
	head, tail := text, ""
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		head, tail = text[:i], text[i:i+1]+hidden
	}
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		// Also where a password holds a ? or #: all before the last @ is hidden.
		scheme := ""
		if j := strings.Index(text[:i], "://"); j >= 0 {
			scheme = text[:j+len("://")]
		}
		rest := text[i+1:]
		if k := strings.IndexAny(rest, "?#"); k >= 0 {
			rest = rest[:k+1] + hidden
		}
		return scheme + hidden + "@" + rest
	}
	return head + tail
}
