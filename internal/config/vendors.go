package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
)

// vendor is what the checks know of a vendor.
type vendor struct {
	key     string // in a source
	block   func(*sourceDoc) block
	example string // a base URL, for messages
	public  string // the base URL where the vendor has one for all, else empty
	api     string // the path of the API, which a base URL may end in: it means the same
}

// block is a vendor's part of a source.
type block interface{ endpoint() *Endpoint }

// checked is a block with options that must be checked.
type checked interface {
	check(c *checker, path string)
}

// warned is a block with settings that work and yet should not stay.
type warned interface{ warnings() []string }

// vendors is the table of contents, alphabetically.
var vendors = []vendor{
	{
		key:     "callbell",
		block:   func(s *sourceDoc) block { return orNone(s.Callbell) },
		example: "https://api.callbell.eu",
		public:  "https://api.callbell.eu",
		api:     "/v1",
	},
	{
		key:     "freshdesk",
		block:   func(s *sourceDoc) block { return orNone(s.Freshdesk) },
		example: "https://acme.freshdesk.com",
	},
	{
		key:     "gorgias",
		block:   func(s *sourceDoc) block { return orNone(s.Gorgias) },
		example: "https://acme.gorgias.com",
	},
	{
		key:     "groove",
		block:   func(s *sourceDoc) block { return orNone(s.Groove) },
		example: "https://api.groovehq.com",
		public:  "https://api.groovehq.com",
	},
	{
		key:     "intercom",
		block:   func(s *sourceDoc) block { return orNone(s.Intercom) },
		example: "https://api.eu.intercom.io",
		public:  "https://api.intercom.io",
	},
	{
		key:     "requesttracker",
		block:   func(s *sourceDoc) block { return orNone(s.RequestTracker) },
		example: "https://support.example.com/rt",
	},
	{
		key:     "zendesk",
		block:   func(s *sourceDoc) block { return orNone(s.Zendesk) },
		example: "https://acme.zendesk.com",
		api:     "/api/v2",
	},
}

// Endpoint is what every vendor's block takes: where the helpdesk is and how to
// get in.
type Endpoint struct {
	URL     string                      `yaml:"url"`
	HTTP    promconfig.HTTPClientConfig `yaml:",inline"`
	Webhook *Webhook                    `yaml:"webhook,omitempty"`
}

// Webhook lets the helpdesk push to /webhook/<source>; nil: it does not.
type Webhook struct {
	// SecretFile holds the secret that it signs with.
	SecretFile string `yaml:"secret_file"`
}

func (e *Endpoint) endpoint() *Endpoint { return e }

// setDefaults takes Prometheus' defaults for HTTP clients.
func (e *Endpoint) setDefaults() { e.HTTP = promconfig.DefaultHTTPClientConfig }

// String tells the URL alone: the rest may be secret.
func (e Endpoint) String() string { return hideInURL(e.URL) }

// GoString is String.
func (e Endpoint) GoString() string { return e.String() }

// MarshalJSON is String too.
func (e Endpoint) MarshalJSON() ([]byte, error) { return json.Marshal(e.String()) }

// Callbell is the block of a Callbell account.
type Callbell struct {
	Endpoint `yaml:",inline"`

	// BotReplyWithin takes what is sent so soon after a customer's message for a
	// bot's reply; 0: nothing.
	BotReplyWithin model.Duration `yaml:"bot_reply_within,omitempty"`
	// BotFlows asks of each contact with news whether a bot has it.
	BotFlows bool `yaml:"bot_flows,omitempty"`
	// CSATCustomField names the custom field of contacts that a bot writes the
	// customer's rating to, CSATTags the tags that it sets instead, by score.
	CSATCustomField string         `yaml:"csat_custom_field,omitempty"`
	CSATTags        map[string]int `yaml:"csat_tags,omitempty"`
}

// check refuses scores that are none.
func (b *Callbell) check(c *checker, path string) {
	for _, tag := range slices.Sorted(maps.Keys(b.CSATTags)) {
		if s := b.CSATTags[tag]; s < 1 || s > 5 {
			c.bad(join(join(path, "csat_tags"), tag), s, "a rating is from 1 to 5")
		}
	}
}

// Freshdesk is the block of a Freshdesk account. It has no options of its own.
type Freshdesk struct {
	Endpoint `yaml:",inline"`
}

// Gorgias is the block of a Gorgias account. It has no options of its own.
type Gorgias struct {
	Endpoint `yaml:",inline"`
}

// Groove is the block of a Groove account.
type Groove struct {
	Endpoint `yaml:",inline"`
}

// Intercom is the block of an Intercom workspace. Its host is that of the region
// where the workspace is: api.intercom.io, api.eu.intercom.io or
// api.au.intercom.io.
type Intercom struct {
	Endpoint `yaml:",inline"`
}

// RequestTracker is the block of a Request Tracker.
type RequestTracker struct {
	Endpoint `yaml:",inline"`

	// ChannelField and CSATField name custom fields of tickets that hold the
	// channel and the customer's rating; empty for none.
	ChannelField string `yaml:"channel_field,omitempty"`
	CSATField    string `yaml:"csat_field,omitempty"`
	// Bots are names of users whose messages are a bot's.
	Bots []string `yaml:"bots,omitempty,flow"`
	// RejectIsClose counts the status rejected as a close.
	RejectIsClose bool `yaml:"reject_is_close"`
}

func (r *RequestTracker) setDefaults() {
	r.Endpoint.setDefaults()
	r.RejectIsClose = true
}

// mostExportCalls is the highest limit of exports that Zendesk sells, a minute.
const mostExportCalls = 30

// Zendesk is the block of a Zendesk Support account.
type Zendesk struct {
	Endpoint `yaml:",inline"`

	// ExportCalls is how many calls a minute are made to the exports, whose limit
	// is the account's and shared with all of its programs.
	ExportCalls int `yaml:"export_calls"`
	// Bots are names or ids of agents that are bots.
	Bots []string `yaml:"bots,omitempty,flow"`
}

func (z *Zendesk) setDefaults() {
	z.Endpoint.setDefaults()
	z.ExportCalls = 3
}

func (z *Zendesk) check(c *checker, path string) {
	if z.ExportCalls < 1 || z.ExportCalls > mostExportCalls {
		c.bad(join(path, "export_calls"), z.ExportCalls, "calls a minute are from 1 to %d", mostExportCalls)
	}
}

// warnings tells what basic authentication is with Zendesk: API tokens, which
// end, or passwords, which have ended.
func (z *Zendesk) warnings() []string {
	b := z.HTTP.BasicAuth
	switch {
	case b == nil:
		return nil
	case b.Username != "" && !strings.HasSuffix(b.Username, "/token"):
		return []string{"basic_auth: Zendesk takes no passwords: use oauth2, or an API token with the username address/token"}
	}
	return []string{"basic_auth: Zendesk ends API tokens on 30 April 2027: use oauth2 with client credentials"}
}

// orNone makes an interface of a pointer, nil of nil.
func orNone[T any, P interface {
	*T
	block
}](p P) block {
	if p == nil {
		return nil
	}
	return p
}

// vendorKeys lists the vendors.
func vendorKeys() []string {
	keys := make([]string, len(vendors))
	for i, v := range vendors {
		keys[i] = v.key
	}
	return keys
}

func (sourceDoc) keyHelp() string {
	return fmt.Sprintf("a source names one of the vendors %s, and may set name, schedule, channel_classes, "+
		"count_bot_replies, insecure_http, poll_interval, quota_share, reopen_grace, promise", list(vendorKeys()))
}
