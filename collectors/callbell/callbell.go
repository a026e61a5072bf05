// Package callbell reads a Callbell account: its contacts with their messages,
// its teams and their members, as the records of internal/helpdesk.
//
// Callbell has no conversations, only contacts that are closed and reopened for
// ever: each opening of a contact is a conversation here. A record flows through
// the files in this order: list.go asks for one page, wire.go names what is read
// of the vendor's JSON, history.go reads the messages of one contact, openings.go
// divides what is known of it into openings, convert.go turns them into records,
// read.go and open.go walk the contacts, and fetch.go reads single ones. The
// facts about the API, with their sources and how certain they are, are in
// README.md.
package callbell

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// VisibilityLag is how long Callbell may hide a record after its time. Nothing
// is documented: message times are cut to the second, and a second may pass.
const VisibilityLag = 2 * time.Second

// Options are what the configuration says about one account.
type Options struct {
	// ReopenGrace is how long a close must last to end an opening.
	ReopenGrace time.Duration
	// Uncounted is how much of the time before the first start, from the horizon on,
	// counts for nothing: contacts that were closed in it are not looked at.
	Uncounted time.Duration
	// BotReplyWithin takes a message that was sent so soon after the customer's
	// for a bot's; 0: all are agents'.
	BotReplyWithin time.Duration
	// BotFlows asks of each contact with news whether a bot has it.
	BotFlows bool
	// CSATField names the custom field that a bot writes the customer's answer to.
	CSATField string
	// CSATTags are the tags that a bot sets for the customer's answer, by score.
	CSATTags map[string]int
}

// Collector reads one account. It is used by one goroutine at a time; what it
// keeps in memory only saves calls.
type Collector struct {
	api    rest.Doer
	opts   Options
	memory helpdesk.Memory
	now    time.Time // the helpdesk's clock at the last walk: Fetch is told none
	// horizon is where history begins: that of the source in the first walk, later
	// not longer ago than contacts are remembered.
	horizon time.Time
	// again says that what was read is read again, as far as a long walk goes back.
	again bool
	// begins is the second in which the opening began that is fetched now.
	begins int64
	// left are the contacts that were open when the walk began that leftOf says,
	// and that it has not met yet.
	left           map[string]bool
	leftOf, leftAt int64 // the walk, and its page
	// teams are those whose members are read, nil before they were read once.
	teams []team
}

var (
	_ helpdesk.Collector  = (*Collector)(nil)
	_ helpdesk.Rememberer = (*Collector)(nil)
	_ helpdesk.Prober     = (*Collector)(nil)
)

// New returns a collector that reads through api, whose base URL is the vendor's
// public host.
func New(api rest.Doer, opts Options) *Collector {
	tags := map[string]int{}
	for tag, score := range opts.CSATTags {
		tags[strings.ToLower(tag)] = score
	}
	opts.CSATTags = tags
	return &Collector{api: api, opts: opts, memory: nothing{}}
}

// Remember implements [helpdesk.Rememberer].
func (c *Collector) Remember(m helpdesk.Memory) { c.memory = m }

// Profile says what Callbell has. Contacts are one stream that tells everything
// that clocks depend on: a row is read before its messages.
func (c *Collector) Profile() helpdesk.Profile {
	p := helpdesk.Profile{
		Vendor: "callbell",
		Streams: []helpdesk.StreamProfile{
			{Stream: helpdesk.StreamConversations, Every: helpdesk.EachRound, Clock: true, Replies: true, Closes: true},
			{Stream: helpdesk.StreamAgents, Every: helpdesk.EachRound, Gives: []helpdesk.Capability{helpdesk.CapPresence}},
			{Stream: helpdesk.StreamTeams, Every: helpdesk.EachReconcile},
			{Stream: helpdesk.StreamOpen, Every: helpdesk.EachReconcile},
		},
		VisibilityLag: VisibilityLag,
		Unasked:       true,
		Capabilities: map[helpdesk.Capability]helpdesk.Level{
			helpdesk.CapFirstResponse: helpdesk.Estimate,
			helpdesk.CapEveryResponse: helpdesk.Estimate,
			helpdesk.CapResolution:    helpdesk.Estimate,
			helpdesk.CapReopen:        helpdesk.Estimate,
			helpdesk.CapClosedBy:      helpdesk.Estimate,
			helpdesk.CapOutcome:       helpdesk.Estimate,
			helpdesk.CapHandle:        helpdesk.Estimate,
			helpdesk.CapTeamHistory:   helpdesk.Estimate,
			helpdesk.CapExclusion:     helpdesk.Estimate,
			helpdesk.CapPresence:      helpdesk.Exact,
		},
	}
	if c.opts.CSATField != "" || len(c.opts.CSATTags) > 0 {
		p.Capabilities[helpdesk.CapCSAT] = helpdesk.Estimate
	}
	if c.opts.BotReplyWithin > 0 || c.opts.BotFlows {
		p.Capabilities[helpdesk.CapBots] = helpdesk.Estimate
	}
	return p
}

// Read fetches the next page of a walk over a stream.
func (c *Collector) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	if !w.Now.IsZero() {
		c.now = w.Now
	}
	if !w.Horizon.IsZero() {
		c.horizon = w.Horizon.Add(c.opts.Uncounted)
		if known := c.now.Add(-c.opts.forgets()); s != helpdesk.StreamConversations || helpdesk.ReadCursor[walks](cursorVersion, w.Cursor).Base != 0 {
			c.horizon = latest(c.horizon, known)
		}
	}
	switch s {
	case helpdesk.StreamConversations:
		return c.readContacts(ctx, w)
	case helpdesk.StreamOpen:
		return c.readOpen(ctx, w)
	case helpdesk.StreamAgents:
		return c.readAgents(ctx, w)
	case helpdesk.StreamTeams:
		return c.readTeams(ctx, w)
	default:
		return helpdesk.Page{}, fmt.Errorf("callbell has no stream %q", string(s))
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// nothing is a memory that has none.
type nothing struct{}

func (nothing) Recall(...string) (map[string][]byte, error) { return nil, nil }
func (nothing) Memos(string) ([]helpdesk.Memo, error)       { return nil, nil }
