// Package freshdesk reads a Freshdesk account: its tickets with their messages,
// satisfaction ratings, agents and groups, as the records of internal/helpdesk.
//
// A record flows through the files in this order: list.go asks for one page,
// wire.go names what is read of the vendor's JSON, convert.go turns it into
// records, tickets.go walks the one feed, and fetch.go reads single things. The
// facts about the API, with their sources and how certain they are, are in
// README.md.
package freshdesk
