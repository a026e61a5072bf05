package app

import (
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestStatusPage(t *testing.T) {
	t.Parallel()
	waiting := simulator.Scripted{Lines: []simulator.Line{simulator.Says(71*time.Hour, helpdesk.AuthorCustomer)}}
	url := serve(t, gorgias(simulated(0, false, handedOver, waiting)))
	e := start(t, global+"sources:\n"+gorgiasSource("shop", url, gorgiasKey))
	e.ready()
	a := e.get("/")
	for _, want := range []string{
		"<h2>shop", "gorgias", "fresh", "Next deadlines of the promise", "/app/ticket/82000002", "60 min", `href="/metrics"`,
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %q on the status page:\n%s", want, a.body)
		}
	}
	for header, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
	} {
		if got := a.header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script") {
		t.Errorf("content security policy %q", csp)
	}
	if a.code != http.StatusOK || strings.Contains(a.body, "<script") {
		t.Errorf("%d, or a script on the page", a.code)
	}
}

// TestStatusPageTrustsNobody renders what a helpdesk's administrator, or somebody
// in his name, could have written.
func TestStatusPageTrustsNobody(t *testing.T) {
	t.Parallel()
	const evil = `<script>alert(1)</script>`
	v := statusView{
		Now: now, Started: now, Telemetry: "/metrics", Columns: []string{"channel", "team"},
		Sources: []sourceView{{
			Status: engine.Status{Now: now,
				Name: "shop", Vendor: "gorgias", Fresh: true, Synced: true, Watermark: now, Good: now,
				Queues: []engine.Queue{{Channel: evil, Open: 1, Waiting: 1, Oldest: now, OldestURL: "javascript:alert(1)"}},
			},
			Errors: []string{evil},
		}},
		Alertmanagers: []alert.AlertmanagerStatus{{URL: evil, Err: errors.New(evil)}},
		Deadlines: []deadlineView{{Source: "shop", Now: now, Deadline: engine.Deadline{
			Conversation: evil, URL: `https://x/"onmouseover="alert(1)`, Values: []string{"email", evil}, Clock: kpi.FirstResponse, At: now,
		}}},
	}
	var b strings.Builder
	if err := statusTemplate.Execute(&b, v); err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"<script", "javascript:", `"onmouseover`} {
		if strings.Contains(b.String(), never) {
			t.Errorf("%s on the page:\n%s", never, b.String())
		}
	}
	if !strings.Contains(b.String(), "&lt;script&gt;") {
		t.Error("it is not shown as text either")
	}
}

func TestClocksForPeople(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]string{
		0: "as ours", -200 * time.Millisecond: "as ours", 5 * time.Second: "5 s ahead of ours", -90 * time.Minute: "90 min behind ours",
		math.MinInt64: "106752.0 d behind ours",
	} {
		if got := clock(skew); got != want {
			t.Errorf("%s: %s, want %s", skew, got, want)
		}
	}
}

func TestSpansForPeople(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		90 * time.Second: "90 s", 5 * time.Minute: "5 min", -5 * time.Minute: "-5 min", math.MinInt64: "-106752.0 d", 3 * time.Hour: "3.0 h", 72 * time.Hour: "3.0 d",
	} {
		if got := span(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}
