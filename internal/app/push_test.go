package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// receiver is an Alertmanager that keeps the last version of each alert.
type receiver struct {
	mu     sync.Mutex
	alerts map[string]time.Time // by alertname and source: endsAt
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var list []struct {
		Labels map[string]string `json:"labels"`
		EndsAt time.Time         `json:"endsAt"`
	}
	if req.URL.Path != "/am/api/v2/alerts" || json.NewDecoder(req.Body).Decode(&list) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range list {
		r.alerts[a.Labels["alertname"]+" of "+a.Labels["source"]] = a.EndsAt
	}
}

func (r *receiver) fires(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.alerts[name].After(time.Now())
}

func TestBreachesArePushed(t *testing.T) {
	t.Parallel()
	waiting := simulator.Scripted{Lines: []simulator.Line{simulator.Says(time.Hour, helpdesk.AuthorCustomer)}}
	desk := serve(t, requestTracker(simulated(0, true, waiting)))
	am := &receiver{alerts: map[string]time.Time{}}
	alerting := "alerting: {alertmanagers: [" + serve(t, am) + "/am]}\n"
	const summary = "HelpdeskConversationsBreached of "
	e := start(t, alerting+one("shop", desk), withLifecycle)
	e.wait("/metrics", "a push", holds(`helpdesk_alerts_pushed_total{result="accepted",source="shop"} 2`)) // first_response and resolution
	if !am.fires(summary + "shop") {
		t.Errorf("a customer who waits for days is not in a summary: %v", am.alerts)
	}
	if page := e.get("/").body; !strings.Contains(page, "<dt>Alerts that fire</dt><dd>2</dd>") || !strings.Contains(page, "no failure") {
		t.Errorf("the status page does not show it:\n%s", page)
	}

	e.configure(alerting + one("store", desk))
	if a := e.do(http.MethodPost, "/-/reload", ""); a.code != http.StatusOK {
		t.Fatalf("%d %q", a.code, a.body)
	}
	e.wait("/metrics", "a push of the source under its new name", holds(`helpdesk_alerts_pushed_total{result="accepted",source="store"} 2`))
	e.wait("/-/healthy", "the resolution", func(answer) bool { return !am.fires(summary + "shop") })
	if !am.fires(summary+"store") || strings.Contains(e.get("/metrics").body, `source="shop"`) {
		t.Errorf("the source under its new name is not pushed, or the former is still there: %v", am.alerts)
	}

	// Without an Alertmanager nothing is pushed, and the series are there.
	e.configure(one("store", desk))
	e.do(http.MethodPost, "/-/reload", "")
	if !strings.Contains(e.get("/metrics").body, `helpdesk_alert_push_delay_seconds_count{source="store"} 0`) {
		t.Error("no delay at 0")
	}
	if strings.Contains(e.get("/").body, "Alerts that fire") {
		t.Error("the status page speaks of alerts")
	}
}
