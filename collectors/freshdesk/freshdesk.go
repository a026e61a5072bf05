// Package freshdesk reads a Freshdesk account: its tickets with their messages,
// satisfaction ratings, agents and groups, as the records of internal/helpdesk.
//
// A record flows through the files in this order: list.go asks for one page,
// wire.go names what is read of the vendor's JSON, convert.go turns it into
// records, tickets.go walks the one feed in the windows of place.go, open.go
// searches what is in a queue, and fetch.go reads single things. The facts about the API, with their sources and how
// certain they are, are in README.md.
package freshdesk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// VisibilityLag is how long Freshdesk may hide a change from its list of tickets.
// The vendor publishes no figure; stamps are cut to seconds.
const VisibilityLag = 5 * time.Second

// root is where the API begins.
const root = "/api/v2"

// Options are what the collector needs beside a client.
type Options struct {
	// BaseURL is the account's address, "https://acme.freshdesk.com", with or
	// without the path of the API: links to tickets are made from it. Empty:
	// tickets have no link.
	BaseURL string
	// Uncounted is how much of the time before the first start, from the horizon on,
	// counts for nothing: what was settled in it is not read in a first sync.
	Uncounted time.Duration
	// Lists is the plan's own limit of the list of tickets; nil: not kept to.
	Lists *rest.Allowance
}

// Collector reads one account. It is used by one goroutine at a time; what it
// keeps in memory only saves calls.
type Collector struct {
	api   rest.Doer
	root  string // before each path: empty where the base URL has it
	base  string
	lists *rest.Allowance

	uncounted time.Duration

	names names
	known bool // names are loaded

	doubts doubts
	staff  staff
}

var _ helpdesk.Collector = (*Collector)(nil)

// New returns a collector that reads through api, whose base URL is that of the
// options.
func New(api rest.Doer, opts Options) *Collector {
	c := &Collector{api: api, root: root, base: strings.TrimRight(opts.BaseURL, "/"), lists: opts.Lists, uncounted: opts.Uncounted}
	if host, found := strings.CutSuffix(c.base, root); found {
		c.base, c.root = host, ""
	}
	return c
}

// Profile says what Freshdesk has. It tells no history of statuses, only stamps
// of what happened last: what follows from them is an estimate where two changes
// fall between two rounds.
func (c *Collector) Profile() helpdesk.Profile {
	return helpdesk.Profile{
		Vendor: "freshdesk",
		Streams: []helpdesk.StreamProfile{
			{Stream: helpdesk.StreamConversations, Every: helpdesk.EachRound, Clock: true, Replies: true, Closes: true, Gives: []helpdesk.Capability{
				helpdesk.CapFirstResponse, helpdesk.CapEveryResponse, helpdesk.CapResolution, helpdesk.CapReopen, helpdesk.CapClosedBy,
				helpdesk.CapOutcome, helpdesk.CapTeamHistory, helpdesk.CapExclusion,
			}},
			{Stream: helpdesk.StreamRatings, Every: helpdesk.EachReconcile, Gives: []helpdesk.Capability{helpdesk.CapCSAT}},
			{Stream: helpdesk.StreamAgents, Every: helpdesk.EachRound, Gives: []helpdesk.Capability{helpdesk.CapPresence}},
			{Stream: helpdesk.StreamTeams, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamOpen, Every: helpdesk.EachReconcile},
		},
		VisibilityLag: VisibilityLag,
		Unasked:       true,
		Capabilities: map[helpdesk.Capability]helpdesk.Level{
			helpdesk.CapFirstResponse: helpdesk.Exact,
			helpdesk.CapEveryResponse: helpdesk.Exact,
			helpdesk.CapResolution:    helpdesk.Estimate,
			helpdesk.CapReopen:        helpdesk.Estimate,
			helpdesk.CapClosedBy:      helpdesk.Estimate,
			helpdesk.CapOutcome:       helpdesk.Estimate,
			helpdesk.CapCSAT:          helpdesk.Estimate,
			helpdesk.CapPresence:      helpdesk.Estimate,
			helpdesk.CapTeamHistory:   helpdesk.Estimate,
			helpdesk.CapExclusion:     helpdesk.Estimate,
		},
	}
}

// Read fetches the next page of a walk over a stream.
func (c *Collector) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	switch s {
	case helpdesk.StreamConversations:
		return c.readTickets(ctx, w)
	case helpdesk.StreamRatings:
		return c.readRatings(ctx, w)
	case helpdesk.StreamAgents:
		return c.readAgents(ctx, w)
	case helpdesk.StreamTeams:
		return c.readTeams(ctx)
	case helpdesk.StreamOpen:
		return c.readOpen(ctx, w)
	default:
		return helpdesk.Page{}, fmt.Errorf("freshdesk has no stream %q", string(s))
	}
}
