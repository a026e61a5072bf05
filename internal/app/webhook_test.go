package app

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// deliver posts what a helpdesk pushes.
func (e *exporter) deliver(path, secret, body string) int {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.base+path, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header.Set("X-Helpdesk-Secret", secret)
	res, err := e.client.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// The next round is an hour away: only the delivery makes the ticket be read.
func TestAGoodDeliveryMakesItsTicketBeReadEarly(t *testing.T) {
	t.Parallel()
	waiting := simulator.Scripted{Channel: helpdesk.ChannelChat, Lines: []simulator.Line{simulator.Says(71*time.Hour, helpdesk.AuthorCustomer)}}
	url := serve(t, gorgias(simulated(0, false, waiting)))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "s3cret\n")
	config := strings.Replace(gorgiasSource("shop", url, gorgiasKey), "gorgias: {", "poll_interval: 1h, gorgias: {webhook: {secret_file: secret}, ", 1) +
		strings.Replace(gorgiasSource("quiet", url, gorgiasKey), "gorgias: {", "poll_interval: 1h, gorgias: {", 1)
	write(t, filepath.Join(dir, "config.yaml"), global+"sources:\n"+config)
	e := startIn(t, dir)
	e.ready()
	read := `helpdesk_api_requests_total{code="200",endpoint="/api/tickets/{id}",source="shop"}`
	if text := e.get("/metrics").body; strings.Contains(text, read) {
		t.Fatalf("the ticket was read before anything was delivered:\n%s", text)
	}
	for _, c := range []struct {
		path, secret string
		want         int
	}{
		{"/webhook/shop", "guess", http.StatusUnauthorized},
		{"/webhook/quiet", "s3cret", http.StatusNotFound},
		{"/webhook/nobody", "s3cret", http.StatusNotFound},
		{"/webhook/shop", "s3cret", http.StatusOK},
	} {
		if got := e.deliver(c.path, c.secret, `{"ticket_id": "82000001"}`); got != c.want {
			t.Errorf("%s with %s: code %d, want %d", c.path, c.secret, got, c.want)
		}
	}
	e.wait("/metrics", "a reading of the ticket", holds(read))
	text := e.get("/metrics").body
	for _, line := range []string{
		`helpdesk_webhook_deliveries_total{result="accepted",source="shop"} 1`,
		`helpdesk_webhook_deliveries_total{result="unsigned",source="shop"} 1`,
		`helpdesk_webhook_deliveries_total{result="stale",source="shop"} 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("not exposed: %s", line)
		}
	}
	if strings.Contains(text, `helpdesk_webhook_deliveries_total{result="accepted",source="quiet"}`) {
		t.Error("a source without webhook counts deliveries")
	}
	if a := e.get("/webhook/shop"); a.code != http.StatusMethodNotAllowed {
		t.Errorf("GET: code %d", a.code)
	}
}
