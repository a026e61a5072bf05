package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/promslog"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"gopkg.in/yaml.v3"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// sending are the configurations of a Prometheus in deploy/scaling.
func sending(t *testing.T) map[string]*promconfig.Config {
	t.Helper()
	all := map[string]*promconfig.Config{}
	for _, name := range []string{"mimir.yml", "thanos.yml", "victoriametrics.yml"} {
		cfg, err := promconfig.LoadFile(filepath.Join("../../deploy/scaling", name), false, promslog.NewNopLogger())
		if err != nil {
			t.Fatal(err)
		}
		all[name] = cfg
	}
	return all
}

func TestConfigurationsForScalingScrapeAsTheOneOfDeploy(t *testing.T) {
	plain, err := promconfig.LoadFile("../../deploy/prometheus/prometheus.yml", false, promslog.NewNopLogger())
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range sending(t) {
		if diff := cmp.Diff(relabelled(plain), relabelled(cfg)); diff != "" {
			t.Errorf("%s (-deploy/prometheus +scaling):\n%s", name, diff)
		}
		if diff := cmp.Diff(plain.GlobalConfig.EvaluationInterval, cfg.GlobalConfig.EvaluationInterval); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		// Alerts of a pair are the same to Alertmanager.
		alert, _ := process(cfg.GlobalConfig.ExternalLabels, cfg.AlertingConfig.AlertRelabelConfigs...)
		if diff := cmp.Diff(labels.FromStrings("cluster", "helpdesk").String(), alert.String()); diff != "" {
			t.Errorf("%s: alerts have (-want +got):\n%s", name, diff)
		}
	}
}

// process relabels, as a scrape or a write does.
func process(l labels.Labels, by ...*relabel.Config) (labels.Labels, bool) {
	b := labels.NewBuilder(l)
	keep := relabel.ProcessBuilder(b, by...)
	return b.Labels(), keep
}

// relabelled are the job's relabelings, as text.
func relabelled(cfg *promconfig.Config) []string {
	var all []string
	for _, r := range cfg.ScrapeConfigs[0].MetricRelabelConfigs {
		all = append(all, fmt.Sprintf("%v %v %s -> %s %s", r.SourceLabels, r.Regex, r.Action, r.TargetLabel, r.Replacement))
	}
	return all
}

// TestASourceIsOneSeriesWhicheverReplicaIsScraped relabels what two replicas show.
func TestASourceIsOneSeriesWhicheverReplicaIsScraped(t *testing.T) {
	for name, cfg := range sending(t) {
		scraped := func(instance string, series ...string) string {
			l, keep := process(labels.FromStrings(append(series, "instance", instance, "job", "helpdesk", "pod", "exporter-"+instance)...), cfg.ScrapeConfigs[0].MetricRelabelConfigs...)
			if !keep {
				t.Errorf("%s drops %v", name, series)
			}
			return l.String()
		}
		fact := []string{"__name__", "helpdesk_sla_events_total", "source", "shop", "channel", "email"}
		if a, b := scraped("a", fact...), scraped("b", fact...); a != b {
			t.Errorf("%s: a source that moves is a new series: %s and %s", name, a, b)
		}
		other := []string{"__name__", "helpdesk_sla_events_total", "source", "store", "channel", "email"}
		if a, b := scraped("a", fact...), scraped("a", other...); a == b {
			t.Errorf("%s: two sources are one series: %s", name, a)
		}
		own := []string{"__name__", "helpdesk_state_commit_duration_seconds_sum"}
		if a, b := scraped("a", own...), scraped("b", own...); a == b {
			t.Errorf("%s: what two replicas show of themselves is one series: %s", name, a)
		}
	}
}

// TestEverySeriesOfRulesAndBoardsIsSent sends the exporter's series and the
// recorded ones.
func TestEverySeriesOfRulesAndBoardsIsSent(t *testing.T) {
	known := knownSeries(t)
	known["up"], known["ALERTS_FOR_STATE"] = set{}, set{}
	for name, cfg := range sending(t) {
		for _, to := range cfg.RemoteWriteConfigs {
			for series := range known {
				if _, keep := process(labels.FromStrings("__name__", series), to.WriteRelabelConfigs...); !keep {
					t.Errorf("%s does not send %s", name, series)
				}
			}
			if _, keep := process(labels.FromStrings("__name__", "node_load1"), to.WriteRelabelConfigs...); keep {
				t.Errorf("%s sends everything", name)
			}
		}
	}
}

// TestMimirsLimitFitsTheRules counts the rules of a configuration of ten sources
// that all promise something else.
func TestMimirsLimitFitsTheRules(t *testing.T) {
	b, err := os.ReadFile("../../deploy/scaling/mimir-overrides.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var runtime struct {
		Overrides map[string]struct {
			Rules int `yaml:"ruler_max_rules_per_rule_group"`
		}
	}
	if err := yaml.Unmarshal(b, &runtime); err != nil {
		t.Fatal(err)
	}
	text := "sources:\n"
	for i := range 10 {
		text += fmt.Sprintf("- {name: s%d, gorgias: {url: https://example.com}, promise: {tier: average, objective: 0.%d, window: %dd, channels: {}}}\n", i, 81+i, 7+i)
	}
	for _, g := range configured(t, rules.Prometheus316, text) {
		if n, most := len(g.Rules), runtime.Overrides["support"].Rules; n > most {
			t.Errorf("%s has %d rules, Mimir takes %d", g.Name, n, most)
		}
	}
}

// TestWhatMetricsQLReads parses every rule and every query of a board with
// VictoriaMetrics' parser. It knows no functions of native histograms, so that vmalert
// takes no file of rules.
func TestWhatMetricsQLReads(t *testing.T) {
	groups, err := rules.Default(rules.Prometheus316)
	if err != nil {
		t.Fatal(err)
	}
	read, refused := 0, []string{}
	for _, g := range groups {
		for _, r := range g.Rules {
			if _, err := metricsql.Parse(r.Expr); err == nil {
				read++
			} else if refused = append(refused, r.Record+r.Alert); !strings.Contains(err.Error(), `unsupported function "histogram_`) {
				t.Errorf("%s%s: %v", r.Record, r.Alert, err)
			}
		}
	}
	slices.Sort(refused)
	want := []string{
		"instance:helpdesk_state_commit_duration_seconds:mean5m",
		"source:helpdesk_alert_push_delay_seconds:mean1h",
		"source_channel:helpdesk_first_response_seconds_count:total", "source_channel:helpdesk_first_response_seconds_sum:total",
		"source_channel:helpdesk_handle_seconds_count:total", "source_channel:helpdesk_handle_seconds_sum:total",
		"source_channel:helpdesk_resolution_seconds_count:total", "source_channel:helpdesk_resolution_seconds_sum:total",
		"source_channel:helpdesk_response_seconds_count:total", "source_channel:helpdesk_response_seconds_sum:total",
		"source_endpoint:helpdesk_api_request_duration_seconds:mean5m",
	}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Errorf("%d rules are read; what is refused (-want +got):\n%s", read, diff)
	}
	queries := 0
	for _, b := range boards(t) {
		for _, panel := range b.Panels {
			for _, q := range panel.Targets {
				queries++
				if _, err := metricsql.Parse(choices.Replace(q.Expr)); err != nil {
					t.Errorf("%s, %q: %v", b.UID, panel.Title, err)
				}
			}
		}
	}
	if queries < 50 {
		t.Errorf("%d queries were read", queries)
	}
}
