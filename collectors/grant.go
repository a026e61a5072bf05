package collectors

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// clientCredentials is the grant that sends the client's secret, and the one that
// is meant where none is named.
const clientCredentials = "client_credentials"

// grant is a client's right to tokens. Prometheus' own transport has the same, but
// follows the token endpoint's redirects, with the secret, to wherever they lead.
type grant struct {
	oauth2.Transport
	config *promconfig.OAuth2
	client *http.Client
}

// granted adds to requests a token that was got for the client's secret.
func granted(h promconfig.HTTPClientConfig, name, userAgent string, options []promconfig.HTTPClientOption) (http.RoundTripper, error) {
	o := h.OAuth2
	h.OAuth2 = nil
	api, err := promconfig.NewRoundTripperFromConfig(h, name, options...)
	if err != nil {
		return nil, err
	}
	own := promconfig.HTTPClientConfig{TLSConfig: o.TLSConfig, ProxyConfig: o.ProxyConfig}
	door, err := promconfig.NewRoundTripperFromConfig(own, name, append(slices.Clone(options), promconfig.WithUserAgent(userAgent))...)
	if err != nil {
		return nil, err
	}
	g := &grant{config: o, client: &http.Client{Transport: door, CheckRedirect: rest.CheckTokenRedirect, Timeout: rest.DefaultTimeout}}
	g.Transport = oauth2.Transport{Base: api, Source: oauth2.ReuseTokenSource(nil, g)}
	return g, nil
}

// Token implements oauth2.TokenSource. The secret's file is read each time.
func (g *grant) Token() (*oauth2.Token, error) {
	secret := string(g.config.ClientSecret)
	if file := g.config.ClientSecretFile; file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		secret = strings.TrimSpace(string(b))
	}
	c := clientcredentials.Config{
		ClientID: g.config.ClientID, ClientSecret: secret, TokenURL: g.config.TokenURL,
		Scopes: g.config.Scopes, EndpointParams: url.Values{},
	}
	for k, v := range g.config.EndpointParams {
		c.EndpointParams.Set(k, v)
	}
	return c.Token(context.WithValue(context.Background(), oauth2.HTTPClient, g.client))
}

// CloseIdleConnections is what http.Client.CloseIdleConnections looks for.
func (g *grant) CloseIdleConnections() {
	closeIdle(g.Base)
	g.client.CloseIdleConnections()
}
