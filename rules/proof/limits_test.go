package proof

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	promrules "github.com/prometheus/prometheus/rules"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/app"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// TestALimitIsInOnePlace has ten emails wait for three hours, at an exporter with
// limits of its configuration and a Prometheus with rules of the defaults: a tier
// that is changed in the configuration changes the metric, the recorded limit,
// whether the alert fires, and what it says.
func TestALimitIsInOnePlace(t *testing.T) {
	const limit, alert = `{channel="email",clock="first_response",source="shop",tier="above_average"}`, "HelpdeskCustomersWaitingTooLong"
	for _, c := range []struct {
		name, tiers string
		seconds     float64
		says        string // the limit in the alert's text; "": it does not fire
	}{
		{"the default of four hours", "{}", 4 * 3600, ""},
		{"two hours", "{first_response: {email: {above_average: 2h}}}", 2 * 3600, "2h 0m 0s"},
		{"ninety minutes", "{first_response: {email: {above_average: 90m}}}", 90 * 60, "1h 30m 0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			exposed := waiting(t, c.tiers, 3*time.Hour)
			if got := exposed["helpdesk_tier_limit_seconds"+limit]; got != c.seconds {
				t.Errorf("the metric says %v s, the configuration %v s", got, c.seconds)
			}
			p := start(t, time.Minute, rules.Prometheus242, reading(t, rules.Prometheus242, alert+"|source_channel:helpdesk_tier_limit:seconds"))
			at := began
			for ; at.Before(began.Add(time.Hour)); at = at.Add(time.Minute) {
				p.scrape(at, exposed)
				p.evaluate(at)
			}
			at = at.Add(-time.Minute)
			recorded := p.query(at, `source_channel:helpdesk_tier_limit:seconds`+limit)
			if diff := cmp.Diff(map[string]float64{strings.ReplaceAll(limit, ",", ", "): c.seconds}, recorded); diff != "" {
				t.Errorf("the recorded limit: (-want +got)\n%s", diff)
			}
			texts := p.texts(alert)
			if c.says == "" && len(texts) > 0 {
				t.Errorf("%s fires: %q", alert, texts)
			}
			if c.says != "" && (len(texts) != 1 || !strings.Contains(texts[0], c.says)) {
				t.Errorf("%s says %q, the limit is %s", alert, texts, c.says)
			}
		})
	}
}

// texts are the descriptions of an alert's firing instances.
func (p *prometheus) texts(name string) []string {
	var all []string
	for _, g := range p.groups {
		for _, r := range g.Rules() {
			alert, ok := r.(*promrules.AlertingRule)
			if !ok || alert.Name() != name {
				continue
			}
			for _, a := range alert.ActiveAlerts() {
				if a.State == promrules.StateFiring {
					all = append(all, a.Annotations.Get("description"))
				}
			}
		}
	}
	return all
}

// waiting is what an exporter of these tiers shows while customers have waited
// for so long by email.
func waiting(t *testing.T, tiers string, long time.Duration) samples {
	t.Helper()
	cfg, err := config.Parse([]byte("tiers: "+tiers+"\nsources: [{name: shop, gorgias: {url: https://example.com, basic_auth: {username: bot, password: key}}}]"), "")
	if err != nil {
		t.Fatal(err)
	}
	store, err := state.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	conn, err := collectors.Connect(cfg.Sources[0], nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	profile := conn.Collector.Profile()
	now := began.Add(long)
	e := engine.New(engine.Options{Store: store, Labels: []helpdesk.LabelName{helpdesk.LabelTeam}, Now: func() time.Time { return now }})
	s, err := e.Open(app.SourceOptions(cfg.Sources[0], profile))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Begin(began.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	page := helpdesk.Page{}
	for i := range 10 { // one alone is no alert of a rule
		id := fmt.Sprint(i)
		page.Records = append(page.Records, helpdesk.Conversation{
			ID: id, Created: began, Updated: began, Status: helpdesk.StatusOpen, Messages: 1,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Team: "Sales"},
		}, helpdesk.Message{Key: helpdesk.Key{ID: "m" + id, At: began}, Conversation: id, Author: helpdesk.AuthorCustomer, Public: true})
	}
	for _, of := range profile.Streams {
		if err := s.Apply(of.Stream, page, engine.StreamState{Watermark: now.UnixNano(), Success: now.UnixNano()}, now); err != nil {
			t.Fatal(err)
		}
		page = helpdesk.Page{}
	}
	if err := s.Book(engine.Round{Now: now, Watermark: now, Good: now}); err != nil {
		t.Fatal(err)
	}
	return gathered(t, e)
}

// gathered are the counters and gauges of an exporter.
func gathered(t *testing.T, e *engine.Engine) samples {
	t.Helper()
	registry := client.NewPedanticRegistry()
	registry.MustRegister(e)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := samples{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch f.GetType() {
			case dto.MetricType_COUNTER:
				all[f.GetName()+pairs(m)] = m.GetCounter().GetValue()
			case dto.MetricType_GAUGE:
				all[f.GetName()+pairs(m)] = m.GetGauge().GetValue()
			}
		}
	}
	return all
}

func pairs(m *dto.Metric) string {
	var list []string
	for _, l := range m.GetLabel() {
		list = append(list, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
	}
	return "{" + strings.Join(list, ",") + "}"
}
