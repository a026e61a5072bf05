// Package zendesk reads Zendesk Support: tickets, the log of ticket events with
// their comments, satisfaction ratings, agents and groups, as the records of
// internal/helpdesk.
//
// A record flows through the files in this order: list.go asks for one page,
// wire.go names what is read of the vendor's JSON, update.go brings the log and
// the audits of a ticket into one shape, convert.go and convert_updates.go turn
// it into records, export.go and log.go walk the streams, and fetch.go reads
// single tickets. The facts about the API, with their sources and how certain
// they are, are in README.md.
package zendesk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// VisibilityLag is how long exports hide what happened: the vendor withholds
// the last minute, so that no row is missed.
const VisibilityLag = time.Minute

// root is the path of the API below the account's address.
const root = "/api/v2"

// Options are what the configuration says about one account.
type Options struct {
	// BaseURL is the account's address, "https://acme.zendesk.com": links to
	// tickets are made from it. Empty: tickets have no link.
	BaseURL string
	// Bots are the names, or the ids, of agents that are none: bots that converse.
	Bots []string
	// ExportCalls is how many of the account's ten export calls a minute are
	// used; 0: three.
	ExportCalls int
}

// Collector reads one account. It is used by one goroutine at a time; what it
// keeps in memory only saves calls.
type Collector struct {
	api     rest.Doer
	base    string // the account's address
	exports *rest.Allowance
	dir     *directory
	perPage int // of exports
}

var _ helpdesk.Collector = (*Collector)(nil)

// New returns a collector that reads through api, whose base URL is the
// account's address.
func New(api rest.Doer, opts Options) *Collector {
	if opts.ExportCalls == 0 {
		opts.ExportCalls = exportCalls
	}
	return &Collector{
		api: api, base: strings.TrimRight(opts.BaseURL, "/"), perPage: exportPageSize,
		exports: rest.NewAllowance(opts.ExportCalls, callWindow, exportLimit),
		dir:     newDirectory(opts.Bots),
	}
}

// Profile says what Zendesk has. Tickets are walked after the log, so that rows
// are at least as new as what happened.
func (c *Collector) Profile() helpdesk.Profile {
	p := helpdesk.Profile{
		Vendor: "zendesk",
		Streams: []helpdesk.StreamProfile{
			{Stream: helpdesk.StreamEvents, Every: helpdesk.EachRound, Clock: true, Replies: true, Closes: true, Gives: []helpdesk.Capability{
				helpdesk.CapFirstResponse, helpdesk.CapEveryResponse, helpdesk.CapResolution, helpdesk.CapReopen,
				helpdesk.CapClosedBy, helpdesk.CapOutcome, helpdesk.CapHandle, helpdesk.CapTeamHistory,
			}},
			{Stream: helpdesk.StreamConversations, Every: helpdesk.EachRound, Clock: true, Gives: []helpdesk.Capability{
				helpdesk.CapFirstResponse, helpdesk.CapEveryResponse, helpdesk.CapResolution, helpdesk.CapOutcome, helpdesk.CapExclusion,
			}},
			{Stream: helpdesk.StreamRatings, Every: helpdesk.EachReconcile, Gives: []helpdesk.Capability{helpdesk.CapCSAT}},
			{Stream: helpdesk.StreamAgents, Every: helpdesk.EachRound, Gives: []helpdesk.Capability{
				helpdesk.CapFirstResponse, helpdesk.CapEveryResponse, helpdesk.CapClosedBy, helpdesk.CapOutcome, helpdesk.CapBots, helpdesk.CapPresence,
			}},
			{Stream: helpdesk.StreamTeams, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamOpen, Every: helpdesk.EachReconcile},
		},
		VisibilityLag: VisibilityLag,
		Alone:         true, // audits hide nothing
		Capabilities: map[helpdesk.Capability]helpdesk.Level{
			helpdesk.CapFirstResponse: helpdesk.Exact,
			helpdesk.CapEveryResponse: helpdesk.Exact,
			helpdesk.CapResolution:    helpdesk.Exact,
			helpdesk.CapReopen:        helpdesk.Exact,
			helpdesk.CapClosedBy:      helpdesk.Exact,
			helpdesk.CapOutcome:       helpdesk.Exact,
			helpdesk.CapCSAT:          helpdesk.Estimate, // good and bad
			helpdesk.CapPresence:      helpdesk.Exact,
			helpdesk.CapHandle:        helpdesk.Exact,
			helpdesk.CapTeamHistory:   helpdesk.Exact,
			helpdesk.CapExclusion:     helpdesk.Estimate, // spam is deleted
		},
	}
	if len(c.dir.bots) > 0 {
		p.Capabilities[helpdesk.CapBots] = helpdesk.Exact
	}
	return p
}

// Read fetches the next page of a walk over a stream.
func (c *Collector) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	switch s {
	case helpdesk.StreamEvents:
		return c.readLog(ctx, w)
	case helpdesk.StreamConversations:
		return c.readExport(ctx, w)
	case helpdesk.StreamRatings:
		return c.readRatings(ctx, w)
	case helpdesk.StreamAgents:
		return c.readAgents(ctx, w)
	case helpdesk.StreamTeams:
		return c.readTeams(ctx, w)
	case helpdesk.StreamOpen:
		return c.readOpen(ctx, w)
	default:
		return helpdesk.Page{}, fmt.Errorf("zendesk has no stream %q", string(s))
	}
}
