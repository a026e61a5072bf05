// Package collectors is the table of contents of the helpdesks that can be
// polled: one line a vendor, alphabetically.
package collectors

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/callbell"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/freshdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/gorgias"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/groove"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/intercom"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/requesttracker"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/zendesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/hook"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// vendor is one line of the table.
type vendor struct {
	// quota reads the account's API limit from answers; nil where there is none.
	quota rest.Reader
	// start is the limit to assume before an answer tells it.
	start rest.Reading
	new   func(config.Source, rest.Doer) helpdesk.Collector
	// hook verifies what the helpdesk pushes; nil where it pushes nothing that
	// can be verified.
	hook hook.Verifier
}

var vendors = map[string]vendor{
	"callbell": {
		quota: func(http.Header) (rest.Reading, bool) { return rest.Reading{}, false }, // no answer tells it
		start: rest.Reading{Limit: callbell.Calls, Remaining: callbell.Calls, Window: callbell.CallWindow},
		new: func(s config.Source, api rest.Doer) helpdesk.Collector {
			b := s.Block.(*config.Callbell)
			o := callbell.Options{
				ReopenGrace: s.Policy.ReopenGrace, BotReplyWithin: time.Duration(b.BotReplyWithin), BotFlows: b.BotFlows,
				CSATField: b.CSATCustomField, CSATTags: b.CSATTags,
			}
			if !s.FirstSync.Book {
				o.Uncounted = s.FirstSync.Lookback
			}
			return callbell.New(api, o)
		},
		hook: callbell.Delivered,
	},
	"freshdesk": {
		quota: freshdesk.CallLimit,
		start: freshdesk.StartLimit,
		new: func(s config.Source, api rest.Doer) helpdesk.Collector {
			o := freshdesk.Options{BaseURL: s.URL.String(), Lists: freshdesk.Lists(s.QuotaShare)}
			if !s.FirstSync.Book {
				o.Uncounted = s.FirstSync.Lookback
			}
			return freshdesk.New(api, o)
		},
		hook: freshdesk.Delivered,
	},
	"gorgias": {
		quota: func(h http.Header) (rest.Reading, bool) {
			used, limit, ok := gorgias.CallLimit(h)
			return rest.Reading{Limit: limit, Remaining: limit - used, Window: gorgias.CallWindow}, ok
		},
		start: rest.Reading{Limit: 40, Remaining: 40, Window: gorgias.CallWindow},
		new: func(s config.Source, api rest.Doer) helpdesk.Collector {
			return gorgias.New(api, gorgias.Options{BaseURL: s.URL.String()})
		},
		hook: gorgias.Delivered,
	},
	"groove": {
		quota: func(http.Header) (rest.Reading, bool) { return rest.Reading{}, false }, // no answer tells it
		start: rest.Reading{Limit: groove.Calls, Remaining: groove.Calls, Window: groove.CallWindow},
		new: func(s config.Source, api rest.Doer) helpdesk.Collector {
			return groove.New(api, groove.Options{BaseURL: s.URL.String()})
		},
	},
	"intercom": {
		quota: intercom.ReadLimit,
		start: rest.Reading{Limit: intercom.CallLimit, Remaining: intercom.CallLimit, Window: intercom.CallWindow},
		new:   func(_ config.Source, api rest.Doer) helpdesk.Collector { return intercom.New(api) },
		hook:  intercom.Delivered,
	},
	"requesttracker": {
		new: func(s config.Source, api rest.Doer) helpdesk.Collector {
			b := s.Block.(*config.RequestTracker)
			return requesttracker.New(api, requesttracker.Options{
				BaseURL: s.URL.String(), ChannelField: b.ChannelField, CSATField: b.CSATField, Bots: b.Bots, RejectIsClose: b.RejectIsClose,
			})
		},
	},
	"zendesk": {
		quota: zendesk.CallLimit,
		start: zendesk.StartLimit,
		new: func(s config.Source, api rest.Doer) helpdesk.Collector {
			b := s.Block.(*config.Zendesk)
			return zendesk.New(api, zendesk.Options{BaseURL: s.URL.String(), Bots: b.Bots, ExportCalls: b.ExportCalls})
		},
		hook: zendesk.Delivered,
	},
}

// Vendors lists the helpdesks, as a source's configuration names them.
func Vendors() []string { return slices.Sorted(maps.Keys(vendors)) }

// Connection is a collector with the client that it talks through.
type Connection struct {
	Collector helpdesk.Collector
	Client    *rest.Client
	Quota     *rest.Governor // nil where the vendor has no limit
	Hook      hook.Verifier  // nil where the source takes no deliveries
}

// Connect makes the collector of a configured source. Nothing is sent yet. Options
// are those of the HTTP transport.
func Connect(s config.Source, observer rest.Observer, userAgent string, options ...promconfig.HTTPClientOption) (*Connection, error) {
	v, ok := vendors[s.Vendor]
	if !ok {
		return nil, fmt.Errorf("source %s: no collector for %s", s.Name, s.Vendor)
	}
	if s.WebhookSecretFile != "" && v.hook == nil {
		return nil, fmt.Errorf("source %s: %s pushes nothing that can be verified: remove webhook", s.Name, s.Vendor)
	}
	transport, err := transport(s, userAgent, options)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", s.Name, err)
	}
	c := &Connection{}
	if s.WebhookSecretFile != "" {
		c.Hook = v.hook
	}
	if v.quota != nil {
		c.Quota, err = rest.NewGovernor(rest.GovernorOptions{Share: s.QuotaShare, Start: v.start, Read: v.quota})
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
	}
	c.Client, err = rest.New(rest.Options{
		BaseURL: s.URL.String(), Transport: transport, UserAgent: userAgent, Quota: c.Quota, Observer: observer,
	})
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", s.Name, err)
	}
	c.Collector = v.new(s, c.Client)
	return c, nil
}

// transport adds the source's credentials, TLS settings and proxy to requests.
func transport(s config.Source, userAgent string, options []promconfig.HTTPClientOption) (http.RoundTripper, error) {
	if s.HTTP.OAuth2 != nil {
		return oauth(s.HTTP, s.Name, userAgent, options)
	}
	return promconfig.NewRoundTripperFromConfig(s.HTTP, s.Name, options...)
}
