package main

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/callbell"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/freshdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/gorgias"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/groove"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/intercom"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/requesttracker"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/zendesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// vendor is a helpdesk without a limit, simulated, and its collector.
type vendor struct {
	name    string
	new     func(api rest.Doer, base string) helpdesk.Collector
	dialect func(*simulator.Desk) http.Handler
	login   string // the header Authorization
	desk    simulator.Options
	idle    int // the calls of an idle round, as the collector's README says
}

const unlimited = 1 << 30

var vendors = []vendor{
	{
		name: "callbell",
		new: func(api rest.Doer, _ string) helpdesk.Collector {
			return callbell.New(api, callbell.Options{ReopenGrace: 30 * time.Minute})
		},
		dialect: func(d *simulator.Desk) http.Handler {
			return simulator.Callbell(d, simulator.CallbellOptions{Limit: unlimited, Lag: -1})
		},
		login: "Bearer a",
		desk:  simulator.Options{Resolution: time.Second, Endless: 30 * time.Minute, Channels: simulator.CallbellChannels, FixedTeams: true},
	},
	{
		name: "freshdesk",
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return freshdesk.New(api, freshdesk.Options{BaseURL: base})
		},
		dialect: func(d *simulator.Desk) http.Handler {
			return simulator.Freshdesk(d, simulator.FreshdeskOptions{Credits: unlimited, Lists: unlimited})
		},
		login: "Basic YTpi",
		desk:  simulator.Options{Resolution: time.Second},
		idle:  4,
	},
	{
		name: "gorgias",
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return gorgias.New(api, gorgias.Options{BaseURL: base})
		},
		dialect: func(d *simulator.Desk) http.Handler {
			return simulator.Gorgias(d, simulator.GorgiasOptions{Bucket: unlimited, Window: time.Second, Lag: -1})
		},
		login: "Basic YTpi",
		desk:  simulator.Options{FixedTeams: true},
		idle:  3,
	},
	{
		name: "groove",
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return groove.New(api, groove.Options{BaseURL: base})
		},
		dialect: func(d *simulator.Desk) http.Handler { return simulator.Groove(d, simulator.GrooveOptions{}) },
		login:   "Bearer a",
		desk:    simulator.Options{Feed: true, Resolution: time.Second},
		idle:    1,
	},
	{
		name: "intercom",
		new:  func(api rest.Doer, _ string) helpdesk.Collector { return intercom.New(api) },
		dialect: func(d *simulator.Desk) http.Handler {
			return simulator.Intercom(d, simulator.IntercomOptions{Limit: unlimited, Window: time.Second, Lag: -1, StatisticsLag: -1})
		},
		login: "Bearer a",
		desk:  simulator.Options{Feed: true, Resolution: time.Second},
		idle:  3,
	},
	{
		name: "requesttracker",
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return requesttracker.New(api, requesttracker.Options{BaseURL: base, ChannelField: "Channel", CSATField: "CSAT"})
		},
		dialect: func(d *simulator.Desk) http.Handler {
			return simulator.RequestTracker(d, simulator.RequestTrackerOptions{Lag: -1})
		},
		login: "token a",
		desk:  simulator.Options{Feed: true, Resolution: time.Second},
		idle:  1,
	},
	{
		name: "zendesk",
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return zendesk.New(api, zendesk.Options{BaseURL: base, ExportCalls: 1 << 20})
		},
		dialect: func(d *simulator.Desk) http.Handler {
			return simulator.Zendesk(d, simulator.ZendeskOptions{Limit: unlimited, ExportLimit: unlimited, Hidden: -1})
		},
		login: "Bearer a",
		desk:  simulator.Options{Feed: true, Resolution: time.Second},
		idle:  3, // two of them exports
	},
}

func vendorNamed(name string) vendor {
	for _, v := range vendors {
		if v.name == name {
			return v
		}
	}
	return vendor{}
}

// sent is how many requests have been sent.
var sent atomic.Int64

// login adds credentials.
type login string

// RoundTrip implements http.RoundTripper.
func (l login) RoundTrip(r *http.Request) (*http.Response, error) {
	sent.Add(1)
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", string(l))
	return http.DefaultTransport.RoundTrip(r)
}
