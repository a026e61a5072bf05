package sidecar

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// reloadTimeout bounds one request. Prometheus answers when it has loaded.
const reloadTimeout = 30 * time.Second

// reasonSize is how much of an answer is told when it is no success.
const reasonSize = 500

// reload has the files loaded: the answer says whether they are.
func (s *Sidecar) reload(ctx context.Context, u *url.URL) error {
	doing := "have the " + s.output + " loaded"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer res.Body.Close()
	reason, _ := io.ReadAll(io.LimitReader(res.Body, reasonSize)) // the status decides
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: POST %s: %s: start it with --web.enable-lifecycle, and check sidecar.prometheus_reload_url", doing, u.Redacted(), res.Status)
	}
	return fmt.Errorf("%s: POST %s: %s: %s", doing, u.Redacted(), res.Status, strings.Join(strings.Fields(string(reason)), " "))
}
