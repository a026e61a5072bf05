// Package requesttracker reads Request Tracker 5 (Best Practical) through its
// REST 2.0 API.
//
// Everything that happens to a ticket is a transaction, and transactions have
// one growing number: the feed of transactions is the one stream that clocks
// depend on, and some of its pages at a time are told with the refreshed rows of
// the tickets that they touch. README.md says what is read, what it costs, which
// rights it needs and what is exact.
//
// API: https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html
package requesttracker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Vendor is the configuration's key.
const Vendor = "requesttracker"

// api is the path of REST 2.0 below the base URL.
const api = "/REST/2.0"

// pageSize is the largest page that RT gives; a larger one is cut to it.
const pageSize = 100

// Options are what the configuration says about one Request Tracker.
type Options struct {
	// BaseURL is the web interface's address, WebPath included, the address
	// that the Doer's paths are below: it makes the links for people.
	BaseURL string
	// ChannelField names the ticket custom field that tells the channel; empty:
	// every ticket came by email.
	ChannelField string
	// CSATField names the ticket custom field that holds the customer's rating,
	// 1 to 5; empty: there are no ratings.
	CSATField string
	// Bots are the user names of bots that converse.
	Bots []string
	// RejectIsClose counts the status "rejected" as a close, which is what the
	// documentation promises by default. Without it a rejected ticket is
	// excluded as spam.
	RejectIsClose bool
}

// Collector reads one Request Tracker.
type Collector struct {
	api  rest.Doer
	opts Options
	dir  *directory
	mem  walkMemory
	// doubts are those since the feed's last page.
	doubts []doubt
}

var _ helpdesk.Collector = (*Collector)(nil)

// New returns a collector that talks through api, which adds credentials.
func New(api rest.Doer, opts Options) *Collector {
	opts.BaseURL = strings.TrimRight(opts.BaseURL, "/")
	return &Collector{api: api, opts: opts, dir: newDirectory(opts.Bots)}
}

// Profile implements [helpdesk.Collector].
func (c *Collector) Profile() helpdesk.Profile {
	p := helpdesk.Profile{
		Vendor: Vendor,
		Streams: []helpdesk.StreamProfile{
			{Stream: helpdesk.StreamEvents, Every: helpdesk.EachRound, Clock: true, Replies: true, Closes: true},
			{Stream: helpdesk.StreamOpen, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamTeams, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamAgents, Every: helpdesk.EachReconcile},
		},
		VisibilityLag: time.Second,
		Unasked:       true,
		Capabilities: map[helpdesk.Capability]helpdesk.Level{
			helpdesk.CapFirstResponse: helpdesk.Exact,
			helpdesk.CapEveryResponse: helpdesk.Exact,
			helpdesk.CapResolution:    helpdesk.Exact,
			helpdesk.CapReopen:        helpdesk.Exact,
			helpdesk.CapClosedBy:      helpdesk.Exact,
			helpdesk.CapOutcome:       helpdesk.Exact,
			helpdesk.CapHandle:        helpdesk.Exact,
			helpdesk.CapTeamHistory:   helpdesk.Exact,
			helpdesk.CapExclusion:     helpdesk.Exact,
		},
	}
	if c.opts.CSATField != "" {
		p.Capabilities[helpdesk.CapCSAT] = helpdesk.Estimate // that a rating was asked for is not told
	}
	if len(c.opts.Bots) > 0 {
		p.Capabilities[helpdesk.CapBots] = helpdesk.Exact
	}
	return p
}

// Read implements [helpdesk.Collector].
func (c *Collector) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	switch s {
	case helpdesk.StreamEvents:
		return c.readFeed(ctx, w)
	case helpdesk.StreamOpen:
		return c.readOpen(ctx, w)
	case helpdesk.StreamTeams:
		return c.readTeams(ctx, w)
	case helpdesk.StreamAgents:
		return c.readAgents(ctx, w)
	}
	return helpdesk.Page{}, fmt.Errorf("request tracker has no stream %q", s)
}
