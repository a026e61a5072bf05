package simulator

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Options say what a desk is like.
type Options struct {
	Seed  uint64
	Start time.Time // when the desk opens, on its own clock
	Rate  float64   // new conversations in an hour, as a mean over a week; 0: only the script
	// Resolution is what times are cut to: a microsecond when 0. Some vendors
	// know only seconds.
	Resolution time.Duration
	// Mix says how likely things are; nil is [DefaultMix].
	Mix *Mix
	// Script places exact conversations beside, or instead of, the random ones.
	// The i-th has the ticket id FirstTicket + i.
	Script []Scripted
	// Feed says that the vendor has one feed of everything, so that its own
	// sequence decides at equal instants.
	Feed bool
	// FixedTeams keeps a conversation in the team that it was routed to, for
	// vendors that cannot tell a change.
	FixedTeams bool
	// Endless, when not 0, says that the vendor has contacts in place of
	// conversations: a customer has one ticket for ever, which the next message
	// reopens, and a close that has lasted so long has ended a conversation.
	Endless time.Duration
	// Channels are those that the vendor has; empty: all. What customers would
	// write on another comes on one of these.
	Channels []helpdesk.Channel
}

// Ids start well apart, as a vendor's do.
const (
	FirstTicket   = 82_000_001
	firstMessage  = 218_000_001
	firstSurvey   = 6_900_001
	firstUser     = 519_000_001
	firstTeam     = 4_001
	firstCustomer = 520_000_001
)

// Desk is a simulated support desk on a virtual clock. Its methods may be
// called from several goroutines.
type Desk struct {
	mu    sync.RWMutex
	o     Options
	mix   Mix
	rnd   *rand.Rand
	books Books
	queue queue

	scheduled, tickets, happenings, messages, surveys, causes int64
}

// New opens a desk. Its clock stands at Start until [Desk.Advance].
func New(o Options) *Desk {
	if o.Resolution == 0 {
		o.Resolution = time.Microsecond
	}
	d := &Desk{o: o, mix: DefaultMix(), rnd: rand.New(rand.NewPCG(o.Seed, 0x6465736b))}
	if o.Mix != nil {
		d.mix = *o.Mix
	}
	o.Start = o.Start.Truncate(o.Resolution)
	d.books = Books{Now: o.Start, Began: o.Start}
	d.hire()
	for i := range o.Script {
		d.place(&o.Script[i])
	}
	if o.Rate > 0 {
		d.expectCustomer()
	}
	return d
}

// Advance lets the desk live until an instant; one that is past changes
// nothing. How far the clock is moved at once makes no difference.
func (d *Desk) Advance(to time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) > 0 && !d.queue[0].at.After(to) {
		next := heap.Pop(&d.queue).(deed)
		d.books.Now = next.at
		next.do()
	}
	if to.After(d.books.Now) {
		d.books.Now = to
	}
}

// Now returns the desk's clock.
func (d *Desk) Now() time.Time {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.books.Now
}

// Read calls f with the desk's books, which stay as they are meanwhile. Nothing
// of them may be kept or changed.
func (d *Desk) Read(f func(*Books)) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	f(&d.books)
}

// deed is something that will be done at an instant.
type deed struct {
	at  time.Time
	seq int64
	do  func()
}

// queue is a heap of deeds; those of one instant keep their order.
type queue []deed

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(deed)) }

func (q queue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].seq < q[j].seq
	}
	return q[i].at.Before(q[j].at)
}

func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// after schedules a deed.
func (d *Desk) after(wait time.Duration, do func()) {
	d.scheduled++
	at := d.books.Now.Add(max(0, wait)).Truncate(d.o.Resolution)
	if at.Before(d.books.Now) {
		at = d.books.Now
	}
	heap.Push(&d.queue, deed{at: at, seq: d.scheduled, do: do})
}

// open begins a ticket.
func (d *Desk) open(channel helpdesk.Channel, c *Customer) *Ticket {
	d.tickets++
	return d.openAs(FirstTicket+int64(len(d.o.Script))+d.tickets-1, channel, c)
}

// openAs begins a ticket with an id of its own.
func (d *Desk) openAs(id int64, channel helpdesk.Channel, c *Customer) *Ticket {
	t := &Ticket{ID: id, Customer: c.ID, Channel: channel, Subject: d.subject()}
	i := len(d.books.Tickets)
	for i > 0 && d.books.Tickets[i-1].ID > id {
		i--
	}
	d.books.Tickets = append(d.books.Tickets, nil)
	copy(d.books.Tickets[i+1:], d.books.Tickets[i:])
	d.books.Tickets[i] = t
	return t
}

// happen writes a happening into the books.
func (d *Desk) happen(t *Ticket, h Happening) {
	d.happenings++
	h.ID, h.At, h.Ticket = d.happenings, d.books.Now, t.ID
	if h.Cause == 0 {
		h.Cause = d.cause()
	}
	t.Log = append(t.Log, h)
	t.now.apply(h)
	d.books.Log = append(d.books.Log, h)
}

// cause is a new action's.
func (d *Desk) cause() int64 {
	d.causes++
	return d.causes
}

// say writes a message, as part of an action where cause is not 0.
func (d *Desk) say(t *Ticket, m Message, actor helpdesk.Actor, cause int64) {
	m.ID = firstMessage + d.messages
	d.messages++
	if m.Text == "" {
		m.Text = d.text(t)
	}
	d.happen(t, Happening{What: Spoke, Actor: actor, By: m.User, Message: &m, Cause: cause})
}
