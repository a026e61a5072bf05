package app

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"path/filepath"
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
	if page := e.get("/").body; !strings.Contains(page, "<dt>Pushed alerts that fire</dt><dd>2</dd>") || !strings.Contains(page, "no failure") {
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

// TestAnAlertmanagerThatWantsCredentials behind TLS gets them; they are seen
// nowhere else.
func TestAnAlertmanagerThatWantsCredentials(t *testing.T) {
	t.Parallel()
	const password = "planted-alertmanager-password"
	am := &receiver{alerts: map[string]time.Time{}}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, given, _ := r.BasicAuth(); user != "me" || given != password {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		am.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	waiting := simulator.Scripted{Lines: []simulator.Line{simulator.Says(time.Hour, helpdesk.AuthorCustomer)}}
	desk := serve(t, requestTracker(simulated(0, true, waiting)))
	with := func(password, ca string) string {
		return "alerting: {alertmanagers: [" + server.URL + "/am], basic_auth: {username: me, password: " + password + "}, tls_config: {ca_file: " + ca + "}}\n" +
			one("shop", desk)
	}
	e := start(t, with(wrongKey, ca), withLifecycle)
	e.wait("/metrics", "a push that is refused", holds(`helpdesk_alerts_pushed_total{result="refused",source="shop"} 2`))
	refused := e.get("/").body
	if !strings.Contains(refused, "HTTP 401") {
		t.Errorf("the status page does not say why:\n%s", refused)
	}
	e.configure(with(password, "nowhere.pem"))
	a := e.do(http.MethodPost, "/-/reload", "")
	if a.code == http.StatusOK || !strings.Contains(a.body, "alerting: unable to read CA cert") {
		t.Errorf("a certificate that is not there: %d %q", a.code, a.body)
	}
	e.configure(with(password, ca))
	if a := e.do(http.MethodPost, "/-/reload", ""); a.code != http.StatusOK {
		t.Fatalf("%d %q", a.code, a.body)
	}
	e.wait("/metrics", "a push", holds(`helpdesk_alerts_pushed_total{result="accepted",source="shop"} 2`))
	if !am.fires("HelpdeskConversationsBreached of shop") {
		t.Errorf("%v", am.alerts)
	}
	pages := refused + a.body + e.get("/").body + e.get("/metrics").body
	e.stop()
	for where, text := range map[string]string{"the pages": pages, "the logs": e.logs.String()} {
		if strings.Contains(text, password) || strings.Contains(text, wrongKey) {
			t.Errorf("a password is in %s:\n%s", where, text)
		}
	}
}
