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
	// The calls of a round that finds n new conversations, each with a message, beside
	// oldOnes, and of one in which n of oldOnes were answered and closed.
	least, leastChanged func(n int) int
}

// pages are those of a list of n rows; whole lists tell their end.
func pages(n, size int) int { return max(1, (n+size-1)/size) }

// pagesToKnown are those of a list that is read until a row is known, or that ends
// with a page which is not full.
func pagesToKnown(n, size int) int { return n/size + 1 }

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
		// A contact that is open can be anywhere in the one list that there is; a list of
		// members for each of three teams; the messages of each contact are a list of their
		// own, and what is new ends with three contacts in a row that have nothing: the order
		// of the list is documented too loosely for one to prove it.
		least: func(n int) int { return pages(oldOnes+n, 20) + 3 + 3 + n },
		// The list is as long as it was, and told to its end as well.
		leastChanged: func(n int) int { return pages(oldOnes, 20) + 3 + 3 + n },
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
		// Two more lists of tickets (spam, deleted), who is available, and the messages of
		// each ticket.
		least:        func(n int) int { return pagesToKnown(n, 100) + 2 + 1 + n },
		leastChanged: func(n int) int { return pagesToKnown(n, 100) + 2 + 1 + n },
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
		// Tickets, messages, and no event.
		least: func(n int) int { return pagesToKnown(n, 100) + pagesToKnown(n, 100) + 1 },
		// An event for each close, in a list that tells its end.
		leastChanged: func(n int) int { return pagesToKnown(n, 100) + pagesToKnown(n, 100) + pages(n, 100) },
	},
	{
		name: "groove",
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return groove.New(api, groove.Options{BaseURL: base})
		},
		dialect: func(d *simulator.Desk) http.Handler { return simulator.Groove(d, simulator.GrooveOptions{}) },
		login:   "Bearer a",
		desk:    simulator.Options{Feed: true, Resolution: time.Second},
		// The history of each conversation.
		least:        func(n int) int { return pagesToKnown(n, 50) + n },
		leastChanged: func(n int) int { return pagesToKnown(n, 50) + n },
	},
	{
		name: "intercom",
		new:  func(api rest.Doer, _ string) helpdesk.Collector { return intercom.New(api) },
		dialect: func(d *simulator.Desk) http.Handler {
			return simulator.Intercom(d, simulator.IntercomOptions{Limit: unlimited, Window: time.Second, Lag: -1, StatisticsLag: -1})
		},
		login: "Bearer a",
		desk:  simulator.Options{Feed: true, Resolution: time.Second},
		// The search tells how many there are. Teammates, what was deleted, and each
		// conversation's parts.
		least:        func(n int) int { return pages(n, 150) + 2 + n },
		leastChanged: func(n int) int { return pages(n, 150) + 2 + n },
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
		// Transactions, and the tickets that they are of.
		least: func(n int) int { return pagesToKnown(n, 100) + (n+99)/100 },
		// Three transactions of each ticket: an answer, by which it is open, and a close.
		leastChanged: func(n int) int { return pagesToKnown(3*n, 100) + (n+99)/100 },
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
		// Both exports, of which that of tickets tells its end, who is available, and who
		// asked, of a hundred tickets at once.
		least: func(n int) int { return pages(n, 1000) + pagesToKnown(n, 1000) + 1 + (n+99)/100 },
		// The log tells two updates of each ticket, and the export its row.
		leastChanged: func(n int) int { return pages(n, 1000) + pagesToKnown(2*n, 1000) + 1 },
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
