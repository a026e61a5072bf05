package config_test

import (
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	promconfig "github.com/prometheus/common/config"
	"gopkg.in/yaml.v3"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	day     = 24 * time.Hour
	example = "../../config.example.yaml"
)

// minimal is the least that is a configuration.
const minimal = `
sources:
  - name: shop
    gorgias: {url: https://acme.gorgias.com}
`

func parse(t testing.TB, text string) *config.Validated {
	t.Helper()
	v, err := config.Parse([]byte(text), "/etc/helpdesk")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestEveryRuleHasItsMessage(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			v, err := config.Load(file)
			if err == nil || v != nil {
				t.Fatalf("loaded: %v", v)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the message holds a secret: %s", err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

func TestExampleLoadsAndShowsItsEffect(t *testing.T) {
	v, err := config.Load(example)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/example.golden", v.String())
}

func TestConfigurationsInTheGuidesLoad(t *testing.T) {
	for _, file := range []string{"../../README.md", "../../deploy/README.md",
		"../../collectors/callbell/README.md", "../../collectors/requesttracker/README.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, block, found := strings.Cut(string(text), "\n```yaml\nsources:\n")
		block, _, closed := strings.Cut(block, "\n```\n")
		if !found || !closed {
			t.Errorf("%s shows no configuration", file)
			continue
		}
		if _, err := config.Parse([]byte("sources:\n"+block), "/etc/helpdesk"); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestDefaultsFillInWhatIsNotWritten(t *testing.T) {
	golden(t, "testdata/minimal.golden", parse(t, minimal).String())
}

// The example says that it shows the defaults.
func TestExampleShowsTheDefaults(t *testing.T) {
	sections := func(v *config.Validated) map[string]any {
		var m map[string]any
		if err := yaml.Unmarshal([]byte(v.String()), &m); err != nil {
			t.Fatal(err)
		}
		delete(m["promise"].(map[string]any), "channels")
		delete(m["alerting"].(map[string]any), "alertmanagers")
		return map[string]any{"global": m["global"], "promise": m["promise"], "alerting": m["alerting"]}
	}
	v, err := config.Load(example)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sections(parse(t, minimal)), sections(v)); diff != "" {
		t.Errorf("example (-defaults +example):\n%s", diff)
	}
}

func TestMinimalConfigurationResolvesDefaults(t *testing.T) {
	v := parse(t, minimal)
	got := v.Sources[0]
	want := config.Source{
		Name:              "shop",
		Vendor:            "gorgias",
		URL:               &url.URL{Scheme: "https", Host: "acme.gorgias.com"},
		HTTP:              promconfig.DefaultHTTPClientConfig,
		PollInterval:      30 * time.Second,
		QuotaShare:        0.7,
		FirstSync:         config.FirstSync{Lookback: 30 * day},
		Retention:         90 * day,
		ReconcileInterval: time.Hour,
		LabelLimit:        100,
		Labels:            []helpdesk.LabelName{helpdesk.LabelTeam},
		Agents:            config.AgentsOff,
		Policy: kpi.Policy{
			Limits:         kpi.DefaultLimits(),
			Classes:        kpi.DefaultClasses(),
			ReopenGrace:    30 * time.Minute,
			AbandonedAfter: 24 * time.Hour,
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(config.Source{}, "Block", "Promise"), cmpopts.IgnoreUnexported(promconfig.ProxyConfig{})); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	if _, ok := got.Block.(*config.Gorgias); !ok {
		t.Errorf("the block is a %T", got.Block)
	}
	rest := *v
	rest.Sources = nil
	alerting := config.Alerting{HTTP: promconfig.DefaultHTTPClientConfig, WarnBefore: 15 * time.Minute, Burst: 10, DueSoon: "info", Breached: "warning"}
	if diff := cmp.Diff(alerting, rest.Alerting, cmpopts.IgnoreUnexported(promconfig.ProxyConfig{})); diff != "" {
		t.Errorf("alerting (-want +got):\n%s", diff)
	}
	sidecar := config.Sidecar{Flavour: "prometheus-2.42", HTTP: promconfig.DefaultHTTPClientConfig}
	if diff := cmp.Diff(sidecar, rest.Sidecar, cmpopts.IgnoreUnexported(promconfig.ProxyConfig{})); diff != "" {
		t.Errorf("sidecar (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(config.State{Path: "/etc/helpdesk/data/helpdesk.db"}, rest.State); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
}

func TestSourceTakesItsOwnValuesBeforeTheGlobalOnes(t *testing.T) {
	v := parse(t, `
global: {poll_interval: 1m, quota_share: 0.5, reopen_grace: 10m, labels: [], agents: names}
schedules:
  - {name: office, timezone: Europe/Moscow, weekly: {mon-fri: ["09:00-18:00"]}}
tiers: {resolution: {realtime: {stellar: 2s, above_average: 5s}}}
promise: {objective: 0.8, channels: {chat: {tier: stellar}}}
sources:
  - name: shop
    schedule: office
    poll_interval: 10s
    quota_share: 1
    reopen_grace: 0s
    count_bot_replies: true
    channel_classes: {phone: email}
    promise: {time: business, tier: average, clocks: [resolution]}
    gorgias: {url: "http://127.0.0.1:8080/base/"}
  - name: desk
    insecure_http: true
    requesttracker: {url: "http://rt.example.com", channel_field: Channel, csat_field: CSAT, bots: [robot], reject_is_close: false}
`)
	shop, desk := v.Sources[0], v.Sources[1]
	type settings struct {
		URL         string
		Poll, Grace time.Duration
		Quota       float64
		Bots        bool
		Phone       helpdesk.Class
		Scheduled   bool
		Business    bool
		Agents      string
		Labels      int
		Clocks      []kpi.Clock
	}
	of := func(s config.Source) settings {
		return settings{
			s.URL.String(), s.PollInterval, s.Policy.ReopenGrace, s.QuotaShare, s.Policy.CountBotReplies, s.Policy.Class(helpdesk.ChannelPhone),
			s.Policy.Schedule != nil, s.Policy.BusinessTime, s.Agents.String(), len(s.Labels), s.Promise.Clocks,
		}
	}
	want := []settings{
		{"http://127.0.0.1:8080/base", 10 * time.Second, 0, 1, true, helpdesk.ClassEmail, true, true, "names", 0, []kpi.Clock{kpi.Resolution}},
		{"http://rt.example.com", time.Minute, 10 * time.Minute, 0.5, false, helpdesk.ClassRealtime, false, false, "names", 0, kpi.Clocks[:]},
	}
	if diff := cmp.Diff(want, []settings{of(shop), of(desk)}); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	limits := kpi.TierLimits{2 * time.Second, 5 * time.Second, time.Hour, 3 * time.Hour}
	if diff := cmp.Diff(limits, shop.Policy.TierLimits(kpi.Resolution, helpdesk.ChannelChat)); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(kpi.DefaultLimits()[kpi.FirstResponse], desk.Policy.Limits[kpi.FirstResponse]); diff != "" {
		t.Errorf("limits that were not set (-want +got):\n%s", diff)
	}
	rt, ok := desk.Block.(*config.RequestTracker)
	if !ok {
		t.Fatalf("the block is a %T", desk.Block)
	}
	got := []any{desk.Vendor, rt.ChannelField, rt.CSATField, rt.Bots, rt.RejectIsClose}
	if diff := cmp.Diff([]any{"requesttracker", "Channel", "CSAT", []string{"robot"}, false}, got); diff != "" {
		t.Errorf("block (-want +got):\n%s", diff)
	}
}

func TestAURLThatEndsInThePathOfTheAPIMeansTheSame(t *testing.T) {
	for _, url := range []string{"", "url: https://api.callbell.eu", "url: https://api.callbell.eu/", "url: https://api.callbell.eu/v1", "url: https://api.callbell.eu/v1/"} {
		v := parse(t, "sources: [{name: chats, callbell: {authorization: {credentials: key}, "+url+"}}]")
		if got := v.Sources[0].URL.String(); got != "https://api.callbell.eu" {
			t.Errorf("%q is %s", url, got)
		}
	}
}

func TestRejectingInRequestTrackerIsACloseByDefault(t *testing.T) {
	v := parse(t, `sources: [{name: desk, requesttracker: {url: https://rt.example.com}}]`)
	if rt := v.Sources[0].Block.(*config.RequestTracker); !rt.RejectIsClose {
		t.Error("reject_is_close is false")
	}
}

func TestPromiseOfAChannelAndClock(t *testing.T) {
	v := parse(t, `
promise:
  clocks: [first_response, resolution]
  channels: {chat: {tier: stellar, objective: 0.95}, phone: {objective: 0.99}}
sources:
  - {name: a, gorgias: {url: https://a.gorgias.com}}
  - {name: b, gorgias: {url: https://b.gorgias.com}, promise: {tier: average, channels: {other: ~}}}
`)
	type answer struct {
		Tier      kpi.Tier
		Objective float64
		Promised  bool
	}
	for _, tc := range []struct {
		name    string
		source  int
		channel helpdesk.Channel
		clock   kpi.Clock
		want    answer
	}{
		{"the promise of all channels", 0, helpdesk.ChannelEmail, kpi.FirstResponse, answer{kpi.AboveAverage, 0.9, true}},
		{"a channel's own promise", 0, helpdesk.ChannelChat, kpi.Resolution, answer{kpi.Stellar, 0.95, true}},
		{"a channel's own objective for the common tier", 0, helpdesk.ChannelPhone, kpi.FirstResponse, answer{kpi.AboveAverage, 0.99, true}},
		{"a clock that is not promised", 0, helpdesk.ChannelEmail, kpi.NextResponse, answer{}},
		{"nor on a channel with its own promise", 0, helpdesk.ChannelChat, kpi.NextResponse, answer{}},
		{"the channel other is not promised", 0, helpdesk.ChannelOther, kpi.FirstResponse, answer{}},
		{"unless it is named", 1, helpdesk.ChannelOther, kpi.FirstResponse, answer{kpi.Average, 0.9, true}},
		{"a source's channels take the place of all channels", 1, helpdesk.ChannelChat, kpi.FirstResponse, answer{kpi.Average, 0.9, true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tier, objective, promised := v.Sources[tc.source].Promise.For(tc.channel, tc.clock)
			if diff := cmp.Diff(tc.want, answer{tier, objective, promised}); diff != "" {
				t.Errorf("promise (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFilesAreRelativeToTheConfiguration(t *testing.T) {
	v := parse(t, `
sources:
  - name: a
    gorgias:
      url: https://a.gorgias.com
      basic_auth: {username: bot, password_file: secrets/a}
      tls_config: {ca_file: ca.pem}
  - name: b
    gorgias: {url: https://b.gorgias.com, authorization: {credentials_file: /run/secrets/b}}
sidecar: {rules_dir: rules, dashboards_dir: /boards}
state: {path: state/x.db}
`)
	got := []string{
		v.Sources[0].HTTP.BasicAuth.PasswordFile, v.Sources[0].HTTP.TLSConfig.CAFile,
		v.Sources[1].HTTP.Authorization.CredentialsFile, v.Sidecar.RulesDir, v.Sidecar.DashboardsDir, v.State.Path,
	}
	want := []string{
		"/etc/helpdesk/secrets/a", "/etc/helpdesk/ca.pem",
		"/run/secrets/b", "/etc/helpdesk/rules", "/boards", "/etc/helpdesk/state/x.db",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestAnchorsAndMergedKeysWork(t *testing.T) {
	v := parse(t, `
sources:
  - name: a
    gorgias: &account
      url: https://a.gorgias.com
      basic_auth: &auth {username: bot, password_file: a}
  - name: b
    gorgias: {<<: [*account, *account], url: https://b.gorgias.com}
  - name: c
    gorgias: {url: https://c.gorgias.com, basic_auth: *auth}
`)
	var got []string
	for _, s := range v.Sources {
		got = append(got, s.URL.Host+" "+s.HTTP.BasicAuth.Username)
	}
	if diff := cmp.Diff([]string{"a.gorgias.com bot", "b.gorgias.com bot", "c.gorgias.com bot"}, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestPlainHTTPGoesToThisMachine(t *testing.T) {
	for _, host := range []string{"localhost", "rt.localhost", "127.0.0.1:8080", "127.1.2.3", "[::1]:80"} {
		v := parse(t, "sources: [{name: a, requesttracker: {url: 'http://"+host+"/rt/'}}]")
		if got, want := v.Sources[0].URL.String(), "http://"+host+"/rt"; got != want {
			t.Errorf("URL %s, want %s", got, want)
		}
	}
}

func TestFileThatIsNotThere(t *testing.T) {
	_, err := config.Load("testdata/none.yaml")
	if err == nil || err.Error() != "read the configuration: open testdata/none.yaml: no such file or directory" {
		t.Errorf("error %v", err)
	}
}
