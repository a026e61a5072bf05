// Package gorgias reads a Gorgias account: its tickets, messages, events,
// satisfaction surveys, users and teams, as the records of internal/helpdesk.
//
// A record flows through the files in this order: list.go asks for one page,
// wire.go names what is read of the vendor's JSON, convert.go and
// convert_events.go turn it into records, descend.go and events.go walk the
// streams, and fetch.go reads single things. The facts about the API, with
// their sources and how certain they are, are in README.md.
package gorgias

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// VisibilityLag is how long Gorgias may hide a record after its time: recorded
// listings showed every action in less.
const VisibilityLag = 2 * time.Second

// Options are what the collector needs beside a client.
type Options struct {
	// BaseURL is the account's address, "https://acme.gorgias.com": links to
	// conversations are made from it. Empty: conversations have no link.
	BaseURL string
}

// Collector reads one account. It is used by one goroutine at a time; what it
// keeps in memory only saves calls.
type Collector struct {
	api   rest.Doer
	base  string
	now   time.Time // the helpdesk's clock at the last walk: Fetch is told none
	users users
	// merges are the times of merges that named a conversation which is not the
	// event's own, so that Fetch can date them.
	merges map[string]helpdesk.Key
	// anyType is set once the vendor refused the list of event types.
	anyType bool
	// quoted is set once the vendor refused words in double quotes in a filter.
	quoted bool
}

var _ helpdesk.Collector = (*Collector)(nil)

// New returns a collector that reads through api, whose base URL is the
// account's address.
func New(api rest.Doer, opts Options) *Collector {
	return &Collector{
		api:    api,
		base:   strings.TrimRight(opts.BaseURL, "/"),
		users:  users{bot: map[string]bool{}},
		merges: map[string]helpdesk.Key{},
	}
}

// Profile says what Gorgias has. Conversations are walked after messages and
// events, so that rows are at least as new as what happened.
func (c *Collector) Profile() helpdesk.Profile {
	return helpdesk.Profile{
		Vendor: "gorgias",
		Streams: []helpdesk.StreamProfile{
			{Stream: helpdesk.StreamEvents, Every: helpdesk.EachRound, Clock: true, Closes: true, Gives: []helpdesk.Capability{
				helpdesk.CapResolution, helpdesk.CapReopen, helpdesk.CapClosedBy, helpdesk.CapOutcome, helpdesk.CapHandle,
			}},
			{Stream: helpdesk.StreamMessages, Every: helpdesk.EachRound, Clock: true, Replies: true, Gives: []helpdesk.Capability{
				helpdesk.CapFirstResponse, helpdesk.CapEveryResponse, helpdesk.CapResolution, helpdesk.CapOutcome, helpdesk.CapBots,
			}},
			{Stream: helpdesk.StreamConversations, Every: helpdesk.EachRound, Clock: true, Gives: []helpdesk.Capability{
				helpdesk.CapFirstResponse, helpdesk.CapEveryResponse, helpdesk.CapResolution, helpdesk.CapOutcome,
				helpdesk.CapTeamHistory, helpdesk.CapExclusion,
			}},
			{Stream: helpdesk.StreamRatings, Every: helpdesk.EachReconcile, Gives: []helpdesk.Capability{helpdesk.CapCSAT}},
			{Stream: helpdesk.StreamAgents, Every: helpdesk.EachReconcile, Gives: []helpdesk.Capability{helpdesk.CapBots}},
			{Stream: helpdesk.StreamTeams, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamOpen, Every: helpdesk.EachReconcile},
		},
		VisibilityLag: VisibilityLag,
		Capabilities: map[helpdesk.Capability]helpdesk.Level{
			helpdesk.CapFirstResponse: helpdesk.Exact,
			helpdesk.CapEveryResponse: helpdesk.Exact,
			helpdesk.CapResolution:    helpdesk.Exact,
			helpdesk.CapReopen:        helpdesk.Exact,
			helpdesk.CapClosedBy:      helpdesk.Exact,
			helpdesk.CapOutcome:       helpdesk.Exact,
			helpdesk.CapCSAT:          helpdesk.Exact,
			helpdesk.CapBots:          helpdesk.Exact,
			helpdesk.CapHandle:        helpdesk.Estimate,
			helpdesk.CapTeamHistory:   helpdesk.Estimate,
			helpdesk.CapExclusion:     helpdesk.Exact,
		},
	}
}

// Read fetches the next page of a walk over a stream.
func (c *Collector) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	if !w.Now.IsZero() {
		c.now = w.Now
	}
	switch s {
	case helpdesk.StreamEvents:
		return c.readEvents(ctx, w)
	case helpdesk.StreamMessages:
		return c.descend(ctx, c.messages(), w)
	case helpdesk.StreamConversations:
		return c.descend(ctx, c.tickets(), w)
	case helpdesk.StreamRatings:
		return c.descend(ctx, c.surveys(), w)
	case helpdesk.StreamAgents:
		return c.readDirectory(ctx, "/api/users", c.agentRows, w)
	case helpdesk.StreamTeams:
		return c.readDirectory(ctx, "/api/teams", teamRows, w)
	case helpdesk.StreamOpen:
		return c.readOpen(ctx, w)
	default:
		return helpdesk.Page{}, fmt.Errorf("gorgias has no stream %q", string(s))
	}
}
