package app

import (
	"net/http"
	"strings"
	"testing"
)

func TestHealthyBeforeReady(t *testing.T) {
	t.Parallel()
	g := &gate{next: requestTracker(simulated(0, true, handedOver)), path: "/REST/2.0/transactions", open: make(chan struct{})}
	e := start(t, global+"sources:\n"+rtSource("shop", serve(t, g), rtToken))

	if a := e.wait("/-/healthy", "200", func(a answer) bool { return a.code == http.StatusOK }); a.body != "helpdesk_exporter is healthy.\n" {
		t.Errorf("healthy: %q", a.body)
	}
	a := e.wait("/-/ready", "the source that is not there yet", holds("source shop: first sync at"))
	if a.code != http.StatusServiceUnavailable || !strings.HasPrefix(a.body, "helpdesk_exporter is not ready.\n") {
		t.Errorf("before the first sync: %d %q", a.code, a.body)
	}
	text := e.get("/metrics").body
	for _, want := range []string{`helpdesk_source_fresh{source="shop"} 0`, `helpdesk_exporter_build_info{`, `helpdesk_tier_limit_seconds{`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s before the first sync", want)
		}
	}
	if strings.Contains(text, "helpdesk_open_conversations{") {
		t.Error("a queue before the first sync: blind is not zero")
	}

	close(g.open)
	if a := e.ready(); a.body != "helpdesk_exporter is ready.\n" {
		t.Errorf("ready: %q", a.body)
	}
	e.wait("/metrics", "a fresh source", holds(`helpdesk_source_fresh{source="shop"} 1`))
	if !strings.Contains(e.get("/metrics").body, `helpdesk_first_sync_progress_ratio{source="shop"} 1`) {
		t.Error("the first sync is not complete")
	}
}

func TestARefusedSourceDoesNotHoldBackTheOthers(t *testing.T) {
	t.Parallel()
	url := serve(t, requestTracker(simulated(0, true, handedOver)))
	e := start(t, global+"sources:\n"+rtSource("shop", url, rtToken)+rtSource("locked", url, wrongKey))
	a := e.wait("/-/ready", "200 and the source that is locked out", func(a answer) bool {
		return a.code == http.StatusOK && strings.Contains(a.body, "source locked: the first sync cannot go on")
	})
	if !strings.Contains(a.body, "the helpdesk refused the credentials: check them in the source's configuration") {
		t.Errorf("no remedy in %q", a.body)
	}
	text := e.wait("/metrics", "the refusal", holds(`helpdesk_sync_failures_total{reason="auth",source="locked"`)).body
	for _, want := range []string{`helpdesk_source_fresh{source="locked"} 0`, `helpdesk_source_fresh{source="shop"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, `helpdesk_open_conversations{channel="email",source="locked"`) {
		t.Error("the locked source shows a queue")
	}
	page := e.get("/").body
	for _, want := range []string{"refused the credentials", "the first sync cannot go on</span>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the status page", want)
		}
	}
	if strings.Contains(page, "<progress") {
		t.Error("the status page shows progress where there is none")
	}
}
