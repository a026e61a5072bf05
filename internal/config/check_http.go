package config

import (
	"crypto/tls"
	"net/url"
	"regexp"

	promconfig "github.com/prometheus/common/config"
)

// managed matches what Prometheus' messages say of secret managers.
var managed = regexp.MustCompile(`, (\w+) & \w+_ref`)

// httpClient checks how to get in at a server.
func (c *checker) httpClient(path string, h *promconfig.HTTPClientConfig) promconfig.HTTPClientConfig {
	// The sub-blocks first: decoded by the walker, they were not yet checked.
	h.SetDirectory(c.dir)
	errs := []error{h.TLSConfig.Validate()}
	if h.OAuth2 != nil {
		errs = append(errs, h.OAuth2.TLSConfig.Validate(), h.OAuth2.Validate())
	}
	for _, err := range append(errs, h.Validate()) {
		if err != nil {
			c.add(path, "%s", managed.ReplaceAllString(err.Error(), " & $1"))
		}
	}
	c.proxy(join(path, "proxy_url"), h.ProxyURL)
	c.tlsVersions(join(path, "tls_config"), &h.TLSConfig)
	if h.OAuth2 != nil {
		c.proxy(join(join(path, "oauth2"), "proxy_url"), h.OAuth2.ProxyURL)
		c.tlsVersions(join(join(path, "oauth2"), "tls_config"), &h.OAuth2.TLSConfig)
	}
	return *h
}

// tlsVersions refuses what is known to be broken. Without a version, the least
// is Go's: TLS 1.2.
func (c *checker) tlsVersions(path string, t *promconfig.TLSConfig) {
	for key, version := range map[string]promconfig.TLSVersion{"min_version": t.MinVersion, "max_version": t.MaxVersion} {
		if version != 0 && version < tls.VersionTLS12 {
			c.bad(join(path, key), version.String(), "this version is known to be broken: leave it out, or set TLS12 or TLS13")
		}
	}
}

// tokenURL checks where a source's client secret is sent to.
func (c *checker) tokenURL(path string, s *sourceDoc, o *promconfig.OAuth2) {
	if o == nil || o.TokenURL == "" {
		return // the latter was reported
	}
	at := join(join(path, "oauth2"), "token_url")
	u, err := url.Parse(o.TokenURL)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		c.bad(at, hideInURL(o.TokenURL), "this is no URL: write it as https://host/path")
		return
	}
	if u.Scheme == "http" && !s.InsecureHTTP && !loopback(u.Hostname()) {
		c.bad(at, hideInURL(o.TokenURL), "plain http would send the client secret in the clear: use https, or set insecure_http: true on the source")
	}
}
