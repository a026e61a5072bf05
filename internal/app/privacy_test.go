package app

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// TestNothingPlantedIsSeen looks for the secrets of the configuration and for
// customers' names, addresses, subjects and texts wherever they must not be.
func TestNothingPlantedIsSeen(t *testing.T) {
	t.Parallel()
	shop, it := serve(t, gorgias(simulated(1, false, handedOver))), serve(t, requestTracker(simulated(1, true, handedOver)))
	pushed := &logs{}
	am := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(pushed, r.Body) // cut off when the exporter stops
	}))
	e := start(t, global+"alerting: {alertmanagers: ["+am+"]}\nsources:\n"+gorgiasSource("shop", shop, gorgiasKey)+gorgiasSource("locked", shop, wrongKey)+
		`- {name: it, requesttracker: {url: "`+it+`", authorization: {type: token, credentials: `+rtToken+`}}}
`, withLifecycle)
	e.ready()
	e.wait("/-/ready", "the source that is locked out", holds("source locked"))

	e.wait("/-/healthy", "alerts of the backlog", func(answer) bool { return strings.Contains(pushed.String(), "HelpdeskConversation") })

	seen := map[string]string{
		"the text":        e.get("/metrics").body,
		"OpenMetrics":     e.do(http.MethodGet, "/metrics", openMetrics).body,
		"protobuf":        e.do(http.MethodGet, "/metrics", protobuf).body,
		"the status page": e.get("/").body,
		"readiness":       e.get("/-/ready").body,
	}
	config, err := os.ReadFile(filepath.Join(e.dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	e.configure(strings.Replace(string(config), "authorization", "authorisation", 1))
	seen["a failing reload"] = e.do(http.MethodPost, "/-/reload", "").body
	e.stop()
	seen["the logs"] = e.logs.String()
	ledger, err := os.ReadFile(filepath.Join(e.dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	seen["the ledger"] = string(ledger)
	seen["the alerts"] = pushed.String()

	agents := []string{"Lindqvist", "Okafor", "Mendes"} // whose names the configuration does not ask for
	for where, text := range seen {
		if text == "" {
			t.Errorf("%s is empty", where)
		}
		for _, word := range append(append(simulator.Planted(), gorgiasKey, rtToken, wrongKey), agents...) {
			if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
				t.Errorf("%q is in %s", word, where)
			}
		}
	}
}
