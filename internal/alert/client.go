package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// timeout bounds one request to an Alertmanager.
	timeout = 10 * time.Second
	// reasonSize bounds what is read of an answer that is no acceptance.
	reasonSize = 300
)

var (
	// errUnreachable is an Alertmanager that is down, or not now.
	errUnreachable = errors.New("the Alertmanager cannot be reached")
	// errRefused is an Alertmanager that does not take alerts like this.
	errRefused = errors.New("the Alertmanager refuses: see that alerting.alertmanagers names its address, with its path prefix, and that nothing before it wants credentials")
	// errInvalid is one that refuses a batch for what is in it.
	errInvalid = errors.New("the Alertmanager refuses the alert")
)

// wire is an alert as Alertmanager's API v2 takes it.
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
type wire struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

func (m *message) wire(now time.Time) wire {
	starts, ends := time.Unix(0, m.StartsAt), now.Add(endsAhead)
	switch {
	case m.Resolved != 0:
		ends = time.Unix(0, m.Resolved)
	case ends.Before(starts): // the clock was set back; Alertmanager refuses such an alert
		ends = starts.Add(endsAhead)
	}
	return wire{
		Labels: m.Labels, Annotations: m.Annotations, GeneratorURL: m.URL, StartsAt: starts.UTC(), EndsAt: ends.UTC(),
	}
}

// request sends a batch. Its error is errUnreachable, errRefused or errInvalid.
func (s *sender) request(ctx context.Context, batch []*message) error {
	alerts := make([]wire, len(batch))
	for i, m := range batch {
		alerts[i] = m.wire(time.Now())
	}
	body, err := json.Marshal(alerts)
	if err != nil {
		return fmt.Errorf("%w: %w", errInvalid, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	r.Header.Set("Content-Type", "application/json")
	if s.p.opts.UserAgent != "" {
		r.Header.Set("User-Agent", s.p.opts.UserAgent)
	}
	res, err := s.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address is in the log already
		}
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer res.Body.Close()
	reason, _ := io.ReadAll(io.LimitReader(res.Body, reasonSize)) // only for the log
	return verdict(res.StatusCode, reason)
}

// verdict says what a status means for the alerts.
func verdict(code int, reason []byte) error {
	kind := errRefused
	switch {
	case code/100 == 2:
		return nil
	case code/100 == 5, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		kind = errUnreachable
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity:
		kind = errInvalid
	}
	return fmt.Errorf("%w: HTTP %d %q", kind, code, strings.TrimSpace(strings.ToValidUTF8(string(reason), "�")))
}
