package alert_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// desk is a helpdesk that tells what happened when it is asked. The names and
// texts of customers exist there, and may be seen nowhere else.
type desk struct {
	turn    *sync.Mutex // whose turn it is: the story's, or the program's
	latency time.Duration
	lag     time.Duration // for which records stay hidden
	alone   bool          // a conversation that is fetched alone hides nothing
	down    error
	calls   []call
	fetched []time.Time // when conversations were fetched alone
	events  []entry
	created map[string]time.Time // conversations, by id
}

func newDesk(turn *sync.Mutex) *desk {
	return &desk{turn: turn, latency: 50 * time.Millisecond, created: map[string]time.Time{}}
}

// unlocked lets others go on while something runs.
func unlocked(turn *sync.Mutex, fn func()) {
	turn.Unlock()
	defer turn.Lock()
	fn()
}

// call is one call of the API.
type call struct {
	at     time.Time
	stream helpdesk.Stream
}

// entry is a record of a stream and when it can be seen.
type entry struct {
	stream helpdesk.Stream
	at     time.Time
	record helpdesk.Record
}

var streams = []helpdesk.StreamProfile{
	{Stream: helpdesk.StreamEvents, Clock: true, Closes: true},
	{Stream: helpdesk.StreamMessages, Clock: true, Replies: true},
	{Stream: helpdesk.StreamConversations, Clock: true},
}

func (d *desk) Profile() helpdesk.Profile {
	return helpdesk.Profile{Vendor: "fake", Streams: streams, VisibilityLag: d.lag, Alone: d.alone}
}

// Read tells what happened since the last walk.
func (d *desk) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	now := time.Now()
	d.calls = append(d.calls, call{now, s})
	if d.latency > 0 {
		unlocked(d.turn, func() { time.Sleep(d.latency) })
	}
	if d.down != nil {
		return helpdesk.Page{}, d.down
	}
	last, _ := strconv.ParseInt(string(w.Cursor), 10, 64)
	page := helpdesk.Page{Done: true, Cursor: []byte(fmt.Sprint(now.UnixNano()))}
	for _, e := range d.events {
		if seen := e.at.Add(d.lag); e.stream == s && seen.UnixNano() > last && !seen.After(now) {
			page.Records = append(page.Records, e.record)
		}
	}
	return page, nil
}

func (d *desk) Fetch(_ context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	now := time.Now()
	d.fetched = append(d.fetched, now)
	if d.latency > 0 {
		unlocked(d.turn, func() { time.Sleep(d.latency) })
	}
	if d.down != nil {
		return helpdesk.Page{}, d.down
	}
	page := helpdesk.Page{Served: wants}
	for _, e := range d.events {
		for _, w := range wants {
			if conversationOf(e.record) == w.ID && !e.at.After(now) {
				page.Records = append(page.Records, e.record)
			}
		}
	}
	return page, nil
}

func conversationOf(r helpdesk.Record) string {
	switch r := r.(type) {
	case helpdesk.Conversation:
		return r.ID
	case helpdesk.Message:
		return r.Conversation
	case helpdesk.StatusChange:
		return r.Conversation
	case helpdesk.Relabel:
		return r.Conversation
	}
	return ""
}

func (*desk) Skew() time.Duration      { return 0 }
func (*desk) SkewFloor() time.Duration { return 0 }
func (*desk) SkewKnown() bool          { return true }
func (*desk) Pace() time.Duration      { return 0 }

func (d *desk) add(s helpdesk.Stream, at time.Time, r helpdesk.Record) {
	d.events = append(d.events, entry{s, at, r})
}

// row is a version of a conversation's row.
func (d *desk) row(id string, ch helpdesk.Channel, team string, s helpdesk.Status, at time.Time) {
	created, ok := d.created[id]
	if !ok {
		created = at
		d.created[id] = at
	}
	d.add(helpdesk.StreamConversations, at, helpdesk.Conversation{
		ID: id, Created: created, Updated: at, Status: s, Messages: -1, URL: "https://desk.example/tickets/" + id,
		Labels: helpdesk.Labels{Channel: ch, Team: team},
	})
}

// last is the newest row of a conversation.
func (d *desk) last(id string) helpdesk.Conversation {
	for _, e := range slices.Backward(d.events) {
		if r, ok := e.record.(helpdesk.Conversation); ok && r.ID == id {
			return r
		}
	}
	panic("no conversation " + id)
}

func (d *desk) says(id string, by helpdesk.Author, at time.Time) {
	d.add(helpdesk.StreamMessages, at, helpdesk.Message{
		Key:          helpdesk.Key{ID: fmt.Sprintf("m%d", len(d.events)), At: at, Lane: helpdesk.LaneMessages},
		Conversation: id, Author: by, Public: true, Agent: "a1",
	})
}

func (d *desk) changes(id string, c helpdesk.Change, to helpdesk.Status, at time.Time) {
	d.add(helpdesk.StreamEvents, at, helpdesk.StatusChange{
		Key:          helpdesk.Key{ID: fmt.Sprintf("s%d", len(d.events)), At: at, Lane: helpdesk.LaneEvents},
		Conversation: id, Change: c, To: to, By: helpdesk.ActorAgent, Agent: "a1",
	})
}

// asks opens a conversation with a customer's question.
func (d *desk) asks(id string, ch helpdesk.Channel, at time.Time) {
	d.row(id, ch, "Sales", helpdesk.StatusOpen, at)
	d.says(id, helpdesk.AuthorCustomer, at)
}

// replies lets an agent answer.
func (d *desk) replies(id string, at time.Time) { d.says(id, helpdesk.AuthorAgent, at) }

// sets changes the status of a conversation.
func (d *desk) sets(id string, c helpdesk.Change, s helpdesk.Status, at time.Time) {
	d.changes(id, c, s, at)
	l := d.last(id).Labels
	d.row(id, l.Channel, l.Team, s, at)
}
