// Package intercom reads an Intercom workspace: its conversations and their
// parts, admins and teams, as the records of internal/helpdesk.
//
// A record flows through the files in this order: list.go asks for one page of
// the search, wire.go names what is read of the vendor's JSON, convert.go and
// convert_parts.go turn it into records, read.go walks the conversations that
// changed, open.go the open ones, and fetch.go reads single ones. The facts
// about the API, with their sources and how certain they are, are in README.md.
package intercom

import (
	"context"
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// VisibilityLag is how long the search may not know of a change: connectors that
// ask for less than a few seconds again have lost some.
const VisibilityLag = 5 * time.Second

// Version of the API that is asked for: without the header the workspace's
// settings decide what answers look like.
const Version = "2.14"

// newVersion is asked for where an endpoint exists only since then: it changes
// the answers of others.
const newVersion = "2.16"

// Collector reads one workspace. It is used by one goroutine at a time; what it
// keeps in memory only saves calls.
type Collector struct {
	api    rest.Doer
	now    time.Time         // the helpdesk's clock at the last walk: Fetch is told none
	teams  map[string]string // names by id
	bots   map[string]bool   // of those who hold conversations, by id
	size   int               // of a page of the search
	agents *helpdesk.Page    // the list that was read last, until its stream is read
	app    string            // the address of the workspace's pages, "" until it is known
	asked  bool              // whether it was asked for

	dead      map[string]time.Time // what is in the pages of deletions that were read last
	noDeleted bool                 // the workspace has no list of them
}

var _ helpdesk.Collector = (*Collector)(nil)

// New returns a collector that reads through api, whose base URL is the
// vendor's host.
func New(api rest.Doer) *Collector {
	return &Collector{api: api, size: pageSize, teams: map[string]string{}, bots: map[string]bool{}}
}

// Profile says what Intercom has: one search tells what changed, and each
// conversation with its parts tells the rest.
func (c *Collector) Profile() helpdesk.Profile {
	return helpdesk.Profile{
		Vendor: "intercom",
		Streams: []helpdesk.StreamProfile{
			{Stream: helpdesk.StreamConversations, Every: helpdesk.EachRound, Clock: true, Replies: true, Closes: true, Gives: []helpdesk.Capability{
				helpdesk.CapFirstResponse, helpdesk.CapEveryResponse, helpdesk.CapResolution, helpdesk.CapReopen, helpdesk.CapClosedBy,
				helpdesk.CapOutcome, helpdesk.CapCSAT, helpdesk.CapBots, helpdesk.CapHandle, helpdesk.CapTeamHistory, helpdesk.CapExclusion,
			}},
			{Stream: helpdesk.StreamAgents, Every: helpdesk.EachRound, Gives: []helpdesk.Capability{helpdesk.CapPresence}},
			{Stream: helpdesk.StreamTeams, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamOpen, Every: helpdesk.EachReconcile},
		},
		VisibilityLag: VisibilityLag,
		Alone:         true,
		Capabilities: map[helpdesk.Capability]helpdesk.Level{
			helpdesk.CapFirstResponse: helpdesk.Exact,
			helpdesk.CapEveryResponse: helpdesk.Exact,
			helpdesk.CapResolution:    helpdesk.Exact,
			helpdesk.CapReopen:        helpdesk.Exact,
			helpdesk.CapClosedBy:      helpdesk.Exact,
			helpdesk.CapOutcome:       helpdesk.Exact,
			helpdesk.CapCSAT:          helpdesk.Exact,
			helpdesk.CapBots:          helpdesk.Exact,
			helpdesk.CapPresence:      helpdesk.Estimate,
			helpdesk.CapHandle:        helpdesk.Estimate,
			helpdesk.CapTeamHistory:   helpdesk.Exact,
			helpdesk.CapExclusion:     helpdesk.Estimate,
		},
	}
}

// Read fetches the next page of a walk over a stream.
func (c *Collector) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	if !w.Now.IsZero() {
		c.now = w.Now
	}
	switch s {
	case helpdesk.StreamConversations:
		return c.readChanged(ctx, w)
	case helpdesk.StreamAgents:
		return c.readAgents(ctx)
	case helpdesk.StreamTeams:
		return c.readTeams(ctx)
	case helpdesk.StreamOpen:
		return c.readOpen(ctx, w)
	default:
		return helpdesk.Page{}, fmt.Errorf("intercom has no stream %q", string(s))
	}
}
