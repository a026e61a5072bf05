package config

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"
	"gopkg.in/yaml.v3"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Validated is a configuration that was checked, with all that is global
// resolved into the sources. It is read only. Printed, or marshalled in any way,
// it is the file with its defaults filled in and its secrets hidden.
type Validated struct {
	Sources  []Source
	Alerting Alerting
	Sidecar  Sidecar
	State    State

	doc *document
}

// Source is one helpdesk account. Printed, it is its name, vendor and URL.
type Source struct {
	Name   string
	Vendor string // "gorgias"
	Block  any    // the vendor's block: *Callbell, *Freshdesk, *Gorgias, *Groove, *Intercom, *RequestTracker, *Zendesk

	URL  *url.URL // the base URL, without a slash at the end
	HTTP promconfig.HTTPClientConfig
	// WebhookSecretFile holds the secret of what the helpdesk pushes; empty where
	// it pushes nothing.
	WebhookSecretFile string

	PollInterval      time.Duration
	QuotaShare        float64 // of the account's API limit, above 0, at most 1
	FirstSync         FirstSync
	Retention         time.Duration // of closed conversations in the ledger
	ReconcileInterval time.Duration

	LabelLimit int // values a label
	Labels     []helpdesk.LabelName
	Agents     AgentMode

	Policy  kpi.Policy // its maps may be shared with other sources
	Promise Promise
}

// FirstSync says how a source that was never read is read.
type FirstSync struct {
	Lookback time.Duration
	Book     bool // count what happened since Lookback, as late
}

// AgentMode says how agents are told apart in metrics.
type AgentMode uint8

// Agent modes.
const (
	AgentsOff AgentMode = iota
	AgentsIDs
	AgentsNames
)

var agentModes = []AgentMode{AgentsOff, AgentsIDs, AgentsNames}

func (m AgentMode) String() string { return [...]string{"off", "ids", "names"}[m] }

// Promise is what a source promises its customers.
type Promise struct {
	Window          time.Duration
	MinEvents       int     // below, a tier is unknown
	ExpectedPerHour float64 // events, for the burn-rate solver
	Clocks          []kpi.Clock

	base     channelPromise
	channels map[helpdesk.Channel]channelPromise
}

type channelPromise struct {
	tier      kpi.Tier
	objective float64
}

// For returns the tier that is promised for a clock on a channel and the share
// of events that must meet it, above 0 and below 1. Nothing is promised for
// clocks that the promise does not name, nor for the channel "other" unless
// promise.channels names it: nobody is paged by a guess.
func (p *Promise) For(ch helpdesk.Channel, c kpi.Clock) (tier kpi.Tier, objective float64, promised bool) {
	own, named := p.channels[ch]
	if ch == helpdesk.ChannelOther && !named {
		return 0, 0, false
	}
	for _, clock := range p.Clocks {
		if clock != c {
			continue
		}
		if named {
			return own.tier, own.objective, true
		}
		return p.base.tier, p.base.objective, true
	}
	return 0, 0, false
}

// Alerting says where and how breaches are pushed. Printed, it is where.
type Alerting struct {
	Alertmanagers []*url.URL // none: nothing is pushed
	HTTP          promconfig.HTTPClientConfig
	WarnBefore    time.Duration // before a deadline; 0: no warnings
	Burst         int           // a minute, source and channel, beyond which one summary is sent; 0: never
	DueSoon       string        // the severities
	Breached      string
}

// Sidecar says what is written for Prometheus and Grafana; empty folders: nothing.
// Printed, it is where.
type Sidecar struct {
	Flavour       string // one of [Flavours]
	RulesDir      string
	ReloadURL     *url.URL // nil: Prometheus is not asked to reload
	HTTP          promconfig.HTTPClientConfig
	DashboardsDir string
}

// Flavours are the dialects of rules, the default first.
var Flavours = []string{"prometheus-2.42", "prometheus-3.16"}

// State says where the ledger is: in one of the two.
type State struct {
	Path    string // of the bbolt file
	DSNFile string // holds the connection string of a PostgreSQL database
}

func (s State) String() string {
	if s.DSNFile != "" {
		return "in the PostgreSQL database of " + s.DSNFile
	}
	return s.Path
}

func (s Source) String() string {
	return fmt.Sprintf("source %s (%s, %s)", s.Name, s.Vendor, s.URL)
}

// Site is where people work in the helpdesk, "" where the configuration names the
// host of an API that serves all accounts.
func (s Source) Site() string {
	for _, v := range vendors {
		if v.key == s.Vendor && v.public != "" && strings.HasPrefix(s.URL.String(), v.public) {
			return ""
		}
	}
	site := url.URL{Scheme: s.URL.Scheme, Host: s.URL.Host, Path: s.URL.Path} // no credentials
	return site.String()
}

// GoString is String.
func (s Source) GoString() string { return s.String() }

// MarshalText is String too.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (a Alerting) String() string { return fmt.Sprintf("alerting to %s", a.Alertmanagers) }

// GoString is String.
func (a Alerting) GoString() string { return a.String() }

// MarshalText is String too.
func (a Alerting) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

func (s Sidecar) String() string {
	return fmt.Sprintf("sidecar of %s (%s), %s", s.RulesDir, s.Flavour, s.DashboardsDir)
}

// GoString is String.
func (s Sidecar) GoString() string { return s.String() }

// MarshalText is String too.
func (s Sidecar) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML gives the file with its defaults.
func (v Validated) MarshalYAML() (any, error) { return v.doc, nil }

func (v Validated) String() string {
	b, err := yaml.Marshal(v)
	if err != nil {
		return "configuration: " + err.Error()
	}
	return string(b)
}

// GoString is String.
func (v Validated) GoString() string { return v.String() }

// MarshalJSON is String too.
func (v Validated) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }
