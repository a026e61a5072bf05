// Package groove reads a Groove account, a shared inbox: its conversations,
// their history, agents and teams, as the records of internal/helpdesk.
//
// A record flows through the files in this order: schema.go finds out which
// names the account's API uses, query.go asks with them, list.go sends the
// question and errors.go judges the answer, wire.go names what is read of the
// vendor's JSON, convert.go and convert_history.go turn it into records,
// descend.go and history.go walk the streams, and fetch.go reads single things.
package groove

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// apiPath is where the API is, below the vendor's host.
const apiPath = "/v2/graphql"

// VisibilityLag is how long Groove may hide an update after its time. None is
// documented; times are told in seconds.
const VisibilityLag = 2 * time.Second

// Options are what the collector needs beside a client.
type Options struct {
	// BaseURL is the vendor's host, "https://api.groovehq.com". One that ends
	// in /graphql is the API's own address.
	BaseURL string
}

// Collector reads one account. It is used by one goroutine at a time; what it
// keeps in memory only saves calls.
type Collector struct {
	api    rest.Doer
	path   string // of the API, below the base URL
	schema schema
	now    time.Time // the helpdesk's clock at the last walk: Fetch is told none
	known  map[string]known
	told   map[id]bool // by a first walk that goes on, nil without one
	// oneByOne is set once the API did not take several questions in one.
	oneByOne bool
	// asked is the last query, and quoted its JSON: most of a first sync is one query
	// for each conversation, of more than a kB.
	asked  string
	quoted []byte
}

var _ helpdesk.Collector = (*Collector)(nil)

// New returns a collector that reads through api.
func New(api rest.Doer, opts Options) *Collector {
	c := &Collector{api: api, path: apiPath, known: map[string]known{}}
	if strings.HasSuffix(strings.TrimRight(opts.BaseURL, "/"), "/graphql") {
		c.path = ""
	}
	return c
}

// Profile says what Groove has. One stream shows everything that happens: the
// history of a conversation is read with its row.
func (c *Collector) Profile() helpdesk.Profile {
	capabilities := map[helpdesk.Capability]helpdesk.Level{
		helpdesk.CapFirstResponse: helpdesk.Exact,
		helpdesk.CapEveryResponse: helpdesk.Exact,
		helpdesk.CapResolution:    helpdesk.Exact,
		helpdesk.CapReopen:        helpdesk.Exact,
		helpdesk.CapClosedBy:      helpdesk.Exact,
		helpdesk.CapOutcome:       helpdesk.Exact,
		helpdesk.CapCSAT:          helpdesk.Estimate, // three grades
		helpdesk.CapHandle:        helpdesk.Estimate,
		helpdesk.CapTeamHistory:   helpdesk.Exact,
		helpdesk.CapExclusion:     helpdesk.Exact,
	}
	var all []helpdesk.Capability
	for _, k := range helpdesk.Capabilities {
		if capabilities[k] != helpdesk.Absent {
			all = append(all, k)
		}
	}
	return helpdesk.Profile{
		Vendor: "groove",
		Streams: []helpdesk.StreamProfile{
			{Stream: helpdesk.StreamConversations, Every: helpdesk.EachRound, Clock: true, Replies: true, Closes: true, Gives: all},
			{Stream: helpdesk.StreamAgents, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamTeams, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamOpen, Every: helpdesk.EachReconcile},
		},
		VisibilityLag: VisibilityLag,
		Capabilities:  capabilities,
		Unasked:       true,
	}
}

// Read fetches the next page of a walk over a stream.
func (c *Collector) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	if !w.Now.IsZero() {
		c.now = w.Now
	}
	switch s {
	case helpdesk.StreamConversations:
		return c.readConversations(ctx, w)
	case helpdesk.StreamAgents:
		return readDirectory(ctx, c, agents, w)
	case helpdesk.StreamTeams:
		return readDirectory(ctx, c, teams, w)
	case helpdesk.StreamOpen:
		return c.readOpen(ctx, w)
	default:
		return helpdesk.Page{}, fmt.Errorf("groove has no stream %q", string(s))
	}
}
