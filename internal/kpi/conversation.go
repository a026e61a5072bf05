package kpi

import (
	"cmp"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Conversation is everything that measuring knows of one conversation: its
// newest row, what happened in it, and the marks of what has been booked. The
// ledger stores it as it is, so its CBOR keys never change their meaning.
type Conversation struct {
	Row     *Row     `cbor:"1,keyasint,omitempty"` // nil until a row was read
	Items   []Item   `cbor:"2,keyasint,omitempty"` // in order, see Compare
	Ratings []Rating `cbor:"3,keyasint,omitempty"`
	Marks   Marks    `cbor:"4,keyasint,omitempty"`
	// Floor is the instant up to which all facts count as booked.
	Floor int64 `cbor:"5,keyasint,omitempty"`
	// Seen is when the ledger first heard of it, on the helpdesk's clock.
	Seen int64 `cbor:"6,keyasint,omitempty"`
	// Incomplete conversations wait to be read whole; none of their facts are
	// booked before.
	Incomplete bool `cbor:"7,keyasint,omitempty"`
	// Whole is set once the conversation is known from its beginning.
	Whole bool `cbor:"8,keyasint,omitempty"`
	// Gone is set when the vendor says that it does not have it.
	Gone bool `cbor:"9,keyasint,omitempty"`
	// Compared is the vendor's message count at which a re-read was last
	// asked for because fewer messages were known.
	Compared int `cbor:"10,keyasint,omitempty"`
	// Settles is the stamp of the row that last changed the labels, where the
	// vendor tells their history: until everything up to it has been read, the
	// change that led to them, and with it the labels before, may be missing.
	Settles int64 `cbor:"11,keyasint,omitempty"`
}

// Row is a conversation's newest row, see [helpdesk.Conversation].
type Row struct {
	Created    int64              `cbor:"1,keyasint,omitempty"`
	Updated    int64              `cbor:"2,keyasint,omitempty"`
	Closed     int64              `cbor:"3,keyasint,omitempty"`
	ExcludedAt int64              `cbor:"4,keyasint,omitempty"`
	Status     helpdesk.Status    `cbor:"5,keyasint,omitempty"`
	Excluded   helpdesk.Exclusion `cbor:"6,keyasint,omitempty"`
	Automated  bool               `cbor:"7,keyasint,omitempty"`
	Messages   int                `cbor:"8,keyasint,omitempty"`
	Agent      string             `cbor:"9,keyasint,omitempty"`
	URL        string             `cbor:"10,keyasint,omitempty"`
	Channel    helpdesk.Channel   `cbor:"11,keyasint,omitempty"`
	Team       string             `cbor:"12,keyasint,omitempty"`
	Priority   string             `cbor:"13,keyasint,omitempty"`
	Brand      string             `cbor:"14,keyasint,omitempty"`
	Inbox      string             `cbor:"15,keyasint,omitempty"`
	Language   string             `cbor:"16,keyasint,omitempty"`
	Due        Due                `cbor:"17,keyasint,omitzero"`
}

// Due are the helpdesk's own due times, as helpdesk.Due; 0: none.
type Due struct {
	FirstResponse int64 `cbor:"1,keyasint,omitempty"`
	NextResponse  int64 `cbor:"2,keyasint,omitempty"`
	Resolution    int64 `cbor:"3,keyasint,omitempty"`
}

// Of returns the due time of a clock.
func (d Due) Of(c Clock) int64 {
	return [ClockCount]int64{FirstResponse: d.FirstResponse, NextResponse: d.NextResponse, Resolution: d.Resolution}[c]
}

// RowOf turns a vendor's row into the ledger's.
func RowOf(c helpdesk.Conversation) *Row {
	return &Row{
		Created: Instant(c.Created), Updated: Instant(c.Updated), Closed: Instant(c.Closed), ExcludedAt: Instant(c.ExcludedAt),
		Status: c.Status, Excluded: c.Excluded, Automated: c.Automated, Messages: c.Messages, Agent: c.Agent, URL: c.URL,
		Channel: c.Labels.Channel, Team: c.Labels.Team, Priority: c.Labels.Priority, Brand: c.Labels.Brand,
		Inbox: c.Labels.Inbox, Language: c.Labels.Language,
		Due: Due{Instant(c.Due.FirstResponse), Instant(c.Due.NextResponse), Instant(c.Due.Resolution)},
	}
}

// Labels returns the row's labels.
func (r *Row) Labels() helpdesk.Labels {
	return helpdesk.Labels{
		Channel: r.Channel, Team: r.Team, Priority: r.Priority, Brand: r.Brand, Inbox: r.Inbox, Language: r.Language,
	}
}

// ItemKind is the kind of an Item.
type ItemKind uint8

// Kinds of items.
const (
	ItemMessage ItemKind = iota + 1
	ItemStatus
	ItemAssignment
	ItemRelabel
)

// Item is one thing that happened in a conversation: a message, a status
// change, an assignment or a relabelling, in one flat form.
type Item struct {
	Kind  ItemKind      `cbor:"1,keyasint"`
	ID    string        `cbor:"2,keyasint,omitempty"`
	At    int64         `cbor:"3,keyasint"` // Unix nanoseconds
	Lane  helpdesk.Lane `cbor:"4,keyasint,omitempty"`
	Seq   uint64        `cbor:"5,keyasint,omitempty"`
	Agent string        `cbor:"6,keyasint,omitempty"`
	Marks Marks         `cbor:"7,keyasint,omitempty"`

	Author      helpdesk.Author `cbor:"8,keyasint,omitempty"` // of a message
	Public      bool            `cbor:"9,keyasint,omitempty"`
	Undelivered bool            `cbor:"10,keyasint,omitempty"`

	Change   helpdesk.Change    `cbor:"11,keyasint,omitempty"` // of a status change
	To       helpdesk.Status    `cbor:"12,keyasint,omitempty"`
	Excluded helpdesk.Exclusion `cbor:"13,keyasint,omitempty"`
	By       helpdesk.Actor     `cbor:"14,keyasint,omitempty"`
	Cause    string             `cbor:"15,keyasint,omitempty"`
	// Assumed items were derived from the row, for want of the vendor's event.
	Assumed bool `cbor:"16,keyasint,omitempty"`

	Holder helpdesk.Holder `cbor:"17,keyasint,omitempty"` // of an assignment

	Label helpdesk.LabelName `cbor:"18,keyasint,omitempty"` // of a relabelling
	From  string             `cbor:"19,keyasint,omitempty"` // also of a message: the conversation that it came from
	Value string             `cbor:"20,keyasint,omitempty"`

	// Moved is set on a message that has gone to another conversation. It stays
	// for what it did here, should this one turn out to have been merged away.
	Moved bool `cbor:"21,keyasint,omitempty"`
}

// Move notes that a message has gone to another conversation, and returns the
// marks that it has there: it counts where it was written.
func (it *Item) Move() Marks {
	it.Moved = true
	return it.Marks&^markCancelled | markCounted | markReply
}

// Share gives a message that has moved the marks that it has in its other
// conversation. A turn that the merge has ended is another turn there, and what
// the message is by itself counts where it was written.
func (it *Item) Share(other *Item) {
	it.Marks |= other.Marks &^ (markCancelled | markCounted | markReply)
}

// Rating is a survey of the conversation.
type Rating struct {
	ID     string `cbor:"1,keyasint"`
	Sent   int64  `cbor:"2,keyasint,omitempty"`
	Scored int64  `cbor:"3,keyasint,omitempty"`
	Score  int    `cbor:"4,keyasint,omitempty"`
	Marks  Marks  `cbor:"5,keyasint,omitempty"`
}

// Marks say which facts of an item have been booked.
type Marks uint32

// Marks of a turn, on the customer's message that opened it.
const (
	markTier      Marks = 1 << iota // the strictest tier's event; the next three bits are the other tiers'
	_                               //
	_                               //
	_                               //
	markResponse                    // response_seconds
	markCancelled                   //
	markCounted                     // messages_total, on any message
	markReply                       // agent_replies_total, on the agent's message
)

// Marks of a conversation. The tier bits are those of the resolution clock of
// the first cycle; those of a later cycle stand on its reopening.
const (
	markOpened Marks = 1 << (iota + 8)
	markExcluded
	markFirstResponse
	markReopened // on a reopening
	markClosed   // on a close
	markResolution
	markHandle
	markHandoff // on an assignment or a relabelling
	markSent    // on a rating
	markScored
)

const tierMarks = markTier | markTier<<1 | markTier<<2 | markTier<<3

// Compare orders items: by time, then the lane, then the vendor's sequence.
// Where that tells nothing, a customer's message comes before a reply and a
// reopening before a close; the id and kind make the order total.
func Compare(a, b *Item) int {
	return cmp.Or(
		cmp.Compare(a.At, b.At),
		cmp.Compare(a.Lane, b.Lane),
		cmp.Compare(a.Seq, b.Seq),
		cmp.Compare(a.rank(), b.rank()),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Kind, b.Kind),
	)
}

// rank is an item's place among those of one instant that have no sequence.
func (it *Item) rank() int {
	switch {
	case it.Kind == ItemMessage && it.Author == helpdesk.AuthorCustomer:
		return 0
	case it.Kind == ItemMessage:
		return 1
	case it.Change == helpdesk.ChangeReopened:
		return 2
	case it.Change == helpdesk.ChangeClosed:
		return 4
	}
	return 3
}

// Sort puts the items in order.
func (c *Conversation) Sort() {
	slices.SortFunc(c.Items, func(a, b Item) int { return Compare(&a, &b) })
}

// Instant turns a record's time into an item's; the zero time is 0.
func Instant(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Time turns an item's instant into a time in UTC; 0 is the zero time.
func Time(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
