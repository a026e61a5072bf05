// Package groove reads a Groove account, a shared inbox: its conversations,
// their history, agents and teams, as the records of internal/helpdesk.
//
// A record flows through the files in this order: schema.go finds out which
// names the account's API uses, query.go asks with them, list.go sends the
// question and errors.go judges the answer, wire.go names what is read of the
// vendor's JSON, and convert.go turns it into records.
package groove

import (
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// apiPath is where the API is, below the vendor's host.
const apiPath = "/v2/graphql"

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
}

// New returns a collector that reads through api.
func New(api rest.Doer, opts Options) *Collector {
	c := &Collector{api: api, path: apiPath}
	if strings.HasSuffix(strings.TrimRight(opts.BaseURL, "/"), "/graphql") {
		c.path = ""
	}
	return c
}
