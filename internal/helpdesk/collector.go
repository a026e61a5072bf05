package helpdesk

import (
	"context"
	"slices"
	"time"
)

// Collector turns one helpdesk account into pages of records. It keeps no
// state that a restart may not lose: positions travel in cursors, which are
// stored in the same transaction as the records of the page.
//
// A collector is used by one goroutine at a time. Errors are those of
// internal/rest, typed; no error holds a secret or a customer's data.
type Collector interface {
	// Profile says what the vendor has; it never changes.
	Profile() Profile

	// Read fetches the next page of a walk over a stream. A page is complete
	// or an error: never a part. The caller applies the page and its cursor in
	// one transaction, and calls again with that cursor until the page is Done.
	Read(ctx context.Context, s Stream, w Walk) (Page, error)

	// Fetch reads single things that pages alone could not tell. It may serve
	// any number of the wants (at least one) and says in Served which: those
	// that the vendor no longer has are served with a ChangeExcluded record or
	// named in Page.Gone.
	Fetch(ctx context.Context, wants []Want) (Page, error)
}

// Stream is a list of the vendor's that is walked on its own, with its own
// cursor.
type Stream string

// Streams, as label values.
const (
	StreamConversations Stream = "conversations"
	StreamMessages      Stream = "messages"
	StreamEvents        Stream = "events"
	StreamRatings       Stream = "ratings"
	StreamAgents        Stream = "agents"
	StreamTeams         Stream = "teams"
	// StreamOpen lists every conversation that the vendor holds in a queue,
	// however old: read in the first sync and, to put right what the other
	// streams missed, once a reconcile interval. Its pages are conversations.
	StreamOpen Stream = "open_conversations"
)

// Streams lists them all.
var Streams = []Stream{
	StreamConversations, StreamMessages, StreamEvents, StreamRatings, StreamAgents, StreamTeams, StreamOpen,
}

// StreamProfile describes one stream of a vendor.
type StreamProfile struct {
	Stream Stream
	// Every says how often the stream is walked: in each round, or with the
	// reconcile sweep.
	Every Cadence
	// Clock is true for streams that clocks depend on: their watermarks are the
	// source's.
	Clock bool
	// Replies is true for streams of which a walk shows every reply that was
	// written before it, Closes for those that show every close: all that a
	// deadline needs to be read at once. Without such a stream all that clocks
	// depend on are read.
	Replies, Closes bool
	// Gives lists the capabilities that are absent while this stream is
	// forbidden by the plan or the account's rights.
	Gives []Capability
}

// Cadence is how often a stream is walked.
type Cadence uint8

// Cadences.
const (
	EachRound Cadence = iota
	EachReconcile
)

// Profile describes a vendor.
type Profile struct {
	Vendor  string          // the configuration's key, "gorgias"
	Streams []StreamProfile // in the order in which a round walks them
	// VisibilityLag is how long the vendor may hide a record after its time.
	VisibilityLag time.Duration
	// Alone is true where a conversation that is fetched alone shows at once what
	// the lists hide for so long: a deadline is then read of its conversations.
	Alone bool
	// Capabilities says what the vendor can tell; those not listed are absent.
	Capabilities map[Capability]Level
	// Unasked is true where a rating shows once it is given, and nothing tells that
	// it was asked for.
	Unasked bool
}

// Levels are the vendor's capabilities without those that streams give which
// cannot be read; those that are not in it are absent.
func (p Profile) Levels(unreadable func(Stream) bool) map[Capability]Level {
	levels := make(map[Capability]Level, len(Capabilities))
	for c, l := range p.Capabilities {
		levels[c] = l
	}
	for _, sp := range p.Streams {
		if unreadable(sp.Stream) {
			for _, c := range sp.Gives {
				levels[c] = Absent
			}
		}
	}
	return levels
}

// Walk is where a stream stands and what is wanted of it.
type Walk struct {
	// Cursor is that of the last page that was applied, nil before the first.
	// After a Done page it is the base of the next walk; else it is the middle
	// of a walk that goes on, perhaps after a restart.
	Cursor []byte
	// Horizon is how far back history is wanted: a stream's first walk reads
	// back to it.
	Horizon time.Time
	// Long asks for the long overlap with what was read before: it goes with
	// the reconcile sweep. Ordinary walks overlap by at most a page.
	Long bool
	// Now is the helpdesk's clock, as far as it is known.
	Now time.Time
}

// Page is one page of a walk, or the answer to wants.
type Page struct {
	Records []Record
	// Wants are single things to be fetched before the facts that depend on
	// them are booked. They are stored with the page: a crash loses none.
	Wants []Want
	// Served are the wants that this page answers.
	Served []Want
	// Gone are conversations that the vendor says do not exist (any more).
	Gone []string
	// Memos are what the collector has to remember of this page, stored with it.
	Memos []Memo
	// Skipped are records that could not be read; they never block the rest.
	Skipped []Skip
	// Unknown are values that no table of the vendor's knows, by what they are.
	Unknown []UnknownValue
	Cursor  []byte
	// Done is true for the last page of a walk.
	Done bool
	// Progress of a first walk, 0 to 1, where the vendor lets it be estimated.
	Progress float64
}

// Add puts what a part tells into the page: what it holds, not where it ends.
func (p *Page) Add(part Page) {
	p.Records = append(p.Records, part.Records...)
	p.Wants = append(p.Wants, part.Wants...)
	p.Served = append(p.Served, part.Served...)
	p.Gone = append(p.Gone, part.Gone...)
	p.Memos = append(p.Memos, part.Memos...)
	p.Skipped = append(p.Skipped, part.Skipped...)
	p.AddUnknown(part.Unknown...)
}

// AddUnknown adds values, each once.
func (p *Page) AddUnknown(values ...UnknownValue) {
	for _, v := range values {
		if !slices.Contains(p.Unknown, v) {
			p.Unknown = append(p.Unknown, v)
		}
	}
}

// Memo is what a collector remembers of one thing, where the vendor forgets
// what it has told: too much for a cursor, and needed for a few things at a time.
// A nil value is none.
type Memo struct {
	Key   string
	Value []byte
}

// Rememberer is a collector that has memos. It is given the way to read them
// before it is used.
type Rememberer interface{ Remember(Memory) }

// Memory reads memos, as of the last page that was stored.
type Memory interface {
	// Recall returns the values of those of the keys that have one.
	Recall(keys ...string) (map[string][]byte, error)
	// Memos lists those whose keys begin with a prefix, by key.
	Memos(prefix string) ([]Memo, error)
}

// Want is one thing to be fetched.
type Want struct {
	Kind WantKind
	ID   string
}

// WantKind is the kind of a want.
type WantKind uint8

// Kinds of wants.
const (
	// WantConversation asks for the whole conversation: its row and everything
	// that happened in it.
	WantConversation WantKind = iota + 1
	// WantRow asks for the row alone.
	WantRow
	// WantRating asks for one survey by its id.
	WantRating
)

// Skip is a record that could not be read.
type Skip struct {
	Reason string // a short constant: "decode", "time", "id"
	Err    error  // for the log: names the record by its id, never its content
}

// UnknownValue is a word of the vendor's that no table knows.
type UnknownValue struct{ What, Value string }

// Capability is something that a vendor may or may not be able to tell.
type Capability string

// Capabilities, as label values.
const (
	CapFirstResponse Capability = "first_response"
	CapEveryResponse Capability = "every_response"
	CapResolution    Capability = "resolution"
	CapReopen        Capability = "reopen"
	CapClosedBy      Capability = "closed_by"
	CapOutcome       Capability = "outcome"
	CapCSAT          Capability = "csat"
	CapNPS           Capability = "nps"
	CapBots          Capability = "bots"
	CapPresence      Capability = "presence"
	CapHandle        Capability = "handle"
	CapRouting       Capability = "routing"
	CapTeamHistory   Capability = "team_history"
	CapExclusion     Capability = "exclusion"
)

// Capabilities lists them all, in the order of the documentation.
var Capabilities = []Capability{
	CapFirstResponse, CapEveryResponse, CapResolution, CapReopen, CapClosedBy, CapOutcome, CapCSAT,
	CapNPS, CapBots, CapPresence, CapHandle, CapRouting, CapTeamHistory, CapExclusion,
}

// Level is how well a vendor can tell something.
type Level uint8

// Levels, as metric values.
const (
	Absent Level = iota
	Estimate
	Exact
)

func (l Level) String() string { return name([]string{"absent", "estimate", "exact"}, int(l)) }
