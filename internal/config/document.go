package config

import (
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// document is the configuration file. What a source may set for itself is a
// pointer there: nil takes the global value.
type document struct {
	Global    globalDoc     `yaml:"global"`
	Schedules []scheduleDoc `yaml:"schedules,omitempty"`
	Tiers     tiersDoc      `yaml:"tiers,omitempty"`
	Promise   promiseDoc    `yaml:"promise"`
	Sources   []sourceDoc   `yaml:"sources"`
	Alerting  alertingDoc   `yaml:"alerting"`
	Sidecar   sidecarDoc    `yaml:"sidecar"`
	State     stateDoc      `yaml:"state"`
}

type globalDoc struct {
	PollInterval      model.Duration `yaml:"poll_interval"`
	QuotaShare        float64        `yaml:"quota_share"`
	FirstSync         firstSyncDoc   `yaml:"first_sync"`
	ReopenGrace       model.Duration `yaml:"reopen_grace"`
	AbandonedAfter    model.Duration `yaml:"abandoned_after"`
	Retention         model.Duration `yaml:"retention"`
	ReconcileInterval model.Duration `yaml:"reconcile_interval"`
	LabelLimit        int            `yaml:"label_limit"`
	Labels            []string       `yaml:"labels,flow"`
	Agents            string         `yaml:"agents"`
}

type firstSyncDoc struct {
	Lookback model.Duration `yaml:"lookback"`
	Book     bool           `yaml:"book"`
}

type scheduleDoc struct {
	Name     string              `yaml:"name"`
	Timezone string              `yaml:"timezone"`
	Weekly   map[string][]string `yaml:"weekly"`
	Holidays []string            `yaml:"holidays,omitempty,flow"`
}

// tiersDoc is by clock, class and tier.
type tiersDoc map[string]map[string]map[string]model.Duration

// promiseDoc is the promise of all sources or that of one; nil is not set.
type promiseDoc struct {
	Tier            *string                      `yaml:"tier,omitempty"`
	Objective       *float64                     `yaml:"objective,omitempty"`
	Window          *model.Duration              `yaml:"window,omitempty"`
	MinEvents       *int                         `yaml:"min_events,omitempty"`
	ExpectedPerHour *float64                     `yaml:"expected_per_hour,omitempty"`
	Time            *string                      `yaml:"time,omitempty"`
	Clocks          []string                     `yaml:"clocks,omitempty,flow"`
	Channels        map[string]channelPromiseDoc `yaml:"channels,omitempty"`
}

type channelPromiseDoc struct {
	Tier      *string  `yaml:"tier,omitempty"`
	Objective *float64 `yaml:"objective,omitempty"`
}

type sourceDoc struct {
	Name            string            `yaml:"name"`
	Schedule        string            `yaml:"schedule,omitempty"`
	ChannelClasses  map[string]string `yaml:"channel_classes,omitempty"`
	CountBotReplies bool              `yaml:"count_bot_replies"`
	InsecureHTTP    bool              `yaml:"insecure_http"`
	PollInterval    *model.Duration   `yaml:"poll_interval,omitempty"`
	QuotaShare      *float64          `yaml:"quota_share,omitempty"`
	ReopenGrace     *model.Duration   `yaml:"reopen_grace,omitempty"`
	Promise         *promiseDoc       `yaml:"promise,omitempty"`

	// The vendors, alphabetically: exactly one is set. Each has its line in
	// vendors too.
	Callbell       *Callbell       `yaml:"callbell,omitempty"`
	Freshdesk      *Freshdesk      `yaml:"freshdesk,omitempty"`
	Gorgias        *Gorgias        `yaml:"gorgias,omitempty"`
	Groove         *Groove         `yaml:"groove,omitempty"`
	Intercom       *Intercom       `yaml:"intercom,omitempty"`
	RequestTracker *RequestTracker `yaml:"requesttracker,omitempty"`
	Zendesk        *Zendesk        `yaml:"zendesk,omitempty"`
}

type alertingDoc struct {
	Alertmanagers []string       `yaml:"alertmanagers,flow"`
	WarnBefore    model.Duration `yaml:"warn_before"`
	Burst         int            `yaml:"burst"`
	Severity      severityDoc    `yaml:"severity,flow"`

	// HTTP says how to get in at every Alertmanager.
	HTTP promconfig.HTTPClientConfig `yaml:",inline"`
}

type severityDoc struct {
	DueSoon  string `yaml:"due_soon"`
	Breached string `yaml:"breached"`
}

type sidecarDoc struct {
	Flavour             string `yaml:"flavour"`
	RulesDir            string `yaml:"rules_dir,omitempty"`
	PrometheusReloadURL string `yaml:"prometheus_reload_url,omitempty"`
	DashboardsDir       string `yaml:"dashboards_dir,omitempty"`

	// HTTP says how to get in at Prometheus.
	HTTP promconfig.HTTPClientConfig `yaml:",inline"`
}

// stateDoc has no default: an empty path next to postgres is none, and
// [defaultStatePath] without it.
type stateDoc struct {
	Path     string       `yaml:"path,omitempty"`
	Postgres *postgresDoc `yaml:"postgres,omitempty"`
}

type postgresDoc struct {
	DSNFile string `yaml:"dsn_file"`
}

const (
	defaultStatePath = "data/helpdesk.db"
	day              = 24 * time.Hour
)

// defaults are the values of what a file does not set.
func defaults() document {
	return document{
		Global: globalDoc{
			PollInterval:      model.Duration(30 * time.Second),
			QuotaShare:        0.7,
			FirstSync:         firstSyncDoc{Lookback: model.Duration(30 * day), Book: false},
			ReopenGrace:       model.Duration(30 * time.Minute),
			AbandonedAfter:    model.Duration(24 * time.Hour),
			Retention:         model.Duration(90 * day),
			ReconcileInterval: model.Duration(time.Hour),
			LabelLimit:        100,
			Labels:            []string{"team"},
			Agents:            AgentsOff.String(),
		},
		Promise: promiseDoc{
			Tier:            new(kpi.AboveAverage.String()),
			Objective:       new(0.9),
			Window:          new(model.Duration(28 * day)),
			MinEvents:       new(10),
			ExpectedPerHour: new(20.0),
			Time:            new(timeCalendar),
			Clocks:          []string{"first_response", "next_response", "resolution"},
		},
		Alerting: alertingDoc{
			Alertmanagers: []string{},
			WarnBefore:    model.Duration(15 * time.Minute),
			Burst:         10,
			Severity:      severityDoc{DueSoon: "info", Breached: "warning"},
			HTTP:          promconfig.DefaultHTTPClientConfig,
		},
		Sidecar: sidecarDoc{Flavour: Flavours[0], HTTP: promconfig.DefaultHTTPClientConfig},
	}
}
