// Package collectortest is the conformance suite that every vendor runs: a
// simulated desk speaks the vendor's dialect over loopback HTTP, and the
// collector, the client, the loop, the engine and the ledger read it as they do
// in production. In every scenario the counters must equal what the desk knows
// to be true, as far as the vendor can tell it at all.
//
//	func TestConformance(t *testing.T) { collectortest.Run(t, collectortest.Vendor{…}) }
//
// The names of the tests are the specification. Those that begin with "failure"
// and a number reproduce failures that connectors of other projects had.
package collectortest

import (
	"net/http"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// Vendor is what the suite needs to know of a vendor.
type Vendor struct {
	// New returns a collector that talks through api; base is the desk's address.
	New func(api rest.Doer, base string) helpdesk.Collector
	// Dialect serves a desk in the vendor's words, without a limit of calls.
	// before is called ahead of each answer.
	Dialect func(d *simulator.Desk, before func(*http.Request)) http.Handler
	// Login adds the credentials to a request; Secret is the word in them that
	// must never be seen again.
	Login  func(*http.Request)
	Secret string

	// Desk is what desks must be like for this vendor: Resolution, Feed,
	// FixedTeams and Mix are used.
	Desk simulator.Options
	// Tell puts the truth of a conversation as the vendor can tell it; nil: as
	// it is.
	Tell func(truth.Conversation) truth.Conversation
	// Estimated are families of which the vendor tells only an estimate: they are
	// not compared.
	Estimated []*kpi.Family
	// Witness, if any, makes for each desk one who hears its answers, for a vendor
	// that forgets: what was in no answer is not told.
	Witness func() Witness
	// Forgets says that no list tells of a conversation any more once it was
	// merged away or deleted for good.
	Forgets bool

	// Lists are the paths of the streams' lists, for failures of one of them.
	Lists map[helpdesk.Stream]string
	// List names the list that a request asks for, as Lists does, where one path
	// serves several; it may read the body and puts it back. nil: by the path.
	List func(*http.Request) string
	// Conversation is the path of one conversation alone.
	Conversation func(id int64) string
	// Single reports whether a request for a list is about one conversation
	// alone; nil: none is.
	Single func(*http.Request) bool
	// Search, if any, is the path of a search that tells rows beside the lists.
	Search string
	// Nameless says that the rows of a list of one conversation have no id: one that
	// comes twice there is two.
	Nameless bool
	// Linkless says that lists are followed by cursors alone: answers have no
	// addresses.
	Linkless bool
	// Numbered says that the pages of lists have numbers, and no cursors.
	Numbered bool
	// Optional are fields that may be null without any number being another.
	Optional []Field
	// Unknown are fields whose values may be words that nobody knows, without
	// any counter being another.
	Unknown []Field

	// Idle is how many calls a round without news makes beside one for each list
	// that is read in every round.
	Idle int
	// PageSize is the size of the largest page.
	PageSize int
	// Extra is how many calls a round with news may make beside the pages of
	// lists: rows of conversations, users that are met for the first time.
	Extra int
	// OpenRows says that each round reads the rows of all open conversations: no
	// list tells of a close.
	OpenRows bool
	// Each is how many calls the vendor makes inevitable for each conversation
	// with news: its messages, where no list of all of them exists.
	Each int
}

// Witness hears every answer of a desk, and puts the truth of a conversation as
// they told it, after Tell.
type Witness interface {
	Hear(r *http.Request, answer []byte)
	Tell(truth.Conversation) truth.Conversation
}

// Field is a field of the rows of a list.
type Field struct {
	Path, Name string
}

// scenario is one sentence of the specification.
type scenario struct {
	name string
	run  func(*testing.T, Vendor)
}

// Run runs the suite; the race detector sees a sample of it.
func Run(t *testing.T, v Vendor) {
	for _, part := range []struct {
		name      string
		scenarios []scenario
	}{
		{"reading", readingScenarios},
		{"paging", pagingScenarios},
		{"failing", failureScenarios},
		{"answers", answerScenarios},
		{"costs", costScenarios},
		{"restarts", restartScenarios},
		{"failure", connectorScenarios},
		{"openings", openingScenarios},
	} {
		if part.name == "openings" && v.Desk.Endless == 0 {
			continue
		}
		t.Run(part.name, func(t *testing.T) {
			for _, s := range part.scenarios {
				if !sample.Has(s.name) {
					continue
				}
				t.Run(s.name, func(t *testing.T) {
					t.Parallel() // each has a desk, a server and a ledger of its own
					s.run(t, v)
				})
			}
		})
	}
}
