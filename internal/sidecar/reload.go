package sidecar

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
)

// reloadTimeout bounds one request. Prometheus answers when it has loaded.
const reloadTimeout = 30 * time.Second

// reasonSize is how much of an answer is told when it is no success.
const reasonSize = 500

// Transport adds the credentials, TLS settings and proxy of a configuration to
// requests.
func Transport(c config.Sidecar) (http.RoundTripper, error) {
	t, err := promconfig.NewRoundTripperFromConfig(c.HTTP, "prometheus", promconfig.WithKeepAlivesDisabled()) // there is one request in days
	if err != nil {
		return nil, fmt.Errorf("sidecar: %w", err)
	}
	return t, nil
}

// reload has the files loaded: the answer says whether they are.
func (s *Sidecar) reload(ctx context.Context, t *Target) error {
	doing, u := "have the "+s.output+" loaded", t.Reload
	client := &http.Client{
		Transport: t.Transport, Timeout: reloadTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer res.Body.Close()
	reason, _ := io.ReadAll(io.LimitReader(res.Body, reasonSize)) // the status decides
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%s: POST %s: %s: check the credentials in sidecar", doing, u.Redacted(), res.Status)
	case res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: POST %s: %s: start it with --web.enable-lifecycle, and check sidecar.prometheus_reload_url", doing, u.Redacted(), res.Status)
	}
	return fmt.Errorf("%s: POST %s: %s: %s", doing, u.Redacted(), res.Status, strings.Join(strings.Fields(string(reason)), " "))
}
