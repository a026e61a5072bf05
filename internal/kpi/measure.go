package kpi

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Measure applies the definitions to everything that is known of a
// conversation. It needs no clock: each fact says when it could first be
// booked, and the engine books those that the source's watermark has passed.
// A fact depends only on what happened up to its Ready, so records that come
// later never change one that was ready before.
//
// The conversation must have a row. Its items may gain assumed ones (see
// settle); the marks of the facts point into it.
func Measure(p *Policy, c *Conversation) Measurement {
	m := measuring{p: p, c: c, ph: settle(p, c)}
	for i := range c.Items {
		if it := &c.Items[i]; it.Kind == ItemRelabel {
			m.relabels = append(m.relabels, it)
		}
	}
	for _, it := range m.ph.steps {
		switch it.Kind {
		case ItemMessage:
			m.message(it)
		case ItemStatus:
			m.status(it)
		case ItemAssignment:
			m.assign(it)
		case ItemRelabel:
			m.relabel(it)
		}
	}
	m.nobody()
	m.ratings()
	m.finish()
	return m.out
}

// measuring walks once through the steps of a conversation.
type measuring struct {
	p   *Policy
	c   *Conversation
	ph  phases
	out Measurement

	relabels []*Item // in order

	unheardOf    int64 // when it ended without a word that tells who started it; 0: it did not
	started      bool  // it is known who started it
	byCustomer   bool
	first        int64 // the first customer message, 0 before
	firstReplied bool

	now      helpdesk.Status // by the events; 0 before any
	nowAt    int64
	closed   *Item // lastingly closed
	excluded bool  // it has been, once
	outside  bool  // it is, at this step
	last     lastClose

	turn  turn
	turns int
	cycle cycle

	replied      bool // the last public word of team and customer was a reply: the next is the same one
	humanReplied bool // the same for people alone
	humanReplies int
	lastPublic   *Item
	unheard      unheard

	holder helpdesk.Holder
	agent  string
	held   bool // by an agent or a bot, at some time
}

type lastClose struct {
	outcome Outcome
	ready   int64
}

// turn is a customer's question that waits for an answer.
type turn struct {
	clock  Clock
	opener *Item // nil: none is open
	marks  Marks // of all its customer messages: booked once, whichever opened it then
	from   int64 // no fact of it could be booked before: its reopening
}

// unheard is the last customer message to a conversation that is closed, and
// what happened since: a reopening makes it the beginning of the next cycle.
type unheard struct {
	message  *Item
	reply    *Item // the first reply after it
	held     bool  // an agent held the conversation then
	assigned int64 // when an agent first got it after that; 0: not
}

// cycle is the life between two lasting closes.
type cycle struct {
	start  int64 // of its resolution clock; 0: no customer has written
	marks  *Marks
	dead   bool // its resolution clock was ended by an exclusion
	from   int64
	handle int64 // when an agent got it; 0: nobody did
}

func (m *measuring) message(it *Item) {
	if !it.Public {
		return
	}
	m.fact(Messages, it.At, it.At, &it.Marks, markCounted, 1, authorValue[it.Author])
	m.begin(it)
	switch {
	case it.Author == helpdesk.AuthorCustomer:
		m.customer(it)
	case m.replies(it):
		m.reply(it)
	}
	m.lastPublic = it
}

// begin learns from a public message who started the conversation.
func (m *measuring) begin(it *Item) {
	if m.unheardOf != 0 && it.At > m.unheardOf {
		m.nobody()
	}
	if m.started {
		return
	}
	switch it.Author {
	case helpdesk.AuthorCustomer:
		m.opened("customer", it.At)
	case helpdesk.AuthorAgent, helpdesk.AuthorCampaign:
		m.opened("agent", it.At)
	}
}

// silent notes that the conversation ended, at the latest at the instant, before
// anybody's message told who started it.
func (m *measuring) silent(at int64) {
	if !m.started && (m.unheardOf == 0 || at < m.unheardOf) {
		m.unheardOf = at
	}
}

// nobody counts a conversation in which no customer wrote as the agent's.
func (m *measuring) nobody() {
	if !m.started && m.unheardOf != 0 {
		m.opened("agent", m.unheardOf)
	}
}

// opened books the opening once it is known who started the conversation.
func (m *measuring) opened(by string, known int64) {
	m.started = true
	m.byCustomer = by == "customer"
	at := m.opening()
	if at == 0 {
		return // nothing tells when
	}
	m.fact(ConversationsOpened, at, max(at, known), &m.c.Marks, markOpened, 1, by)
}

// opening is when the conversation was opened: created, or its earliest item
// where the vendor's stamp is missing or later.
func (m *measuring) opening() int64 {
	at := m.c.Row.Created
	for i := range m.c.Items {
		if it := &m.c.Items[i]; !it.Assumed {
			if at == 0 || it.At < at {
				at = it.At
			}
			break
		}
	}
	return at
}

// replies reports whether a message qualifies as a reply.
func (m *measuring) replies(it *Item) bool {
	if it.Undelivered {
		return false
	}
	return it.Author == helpdesk.AuthorAgent || it.Author == helpdesk.AuthorBot && m.p.CountBotReplies
}

func (m *measuring) customer(it *Item) {
	m.replied, m.humanReplied = false, false
	if m.first == 0 {
		m.first = it.At
	}
	if m.closed != nil {
		m.unheard = unheard{message: it, held: m.holder == helpdesk.HolderAgent}
		return
	}
	if m.cycle.start == 0 {
		m.startCycle(it.At)
	}
	m.ask(it, 0)
}

// startCycle starts the resolution clock of the cycle.
func (m *measuring) startCycle(at int64) {
	m.cycle.start = at
	if m.cycle.marks == nil {
		m.cycle.marks = &m.c.Marks
	}
}

// ask opens a turn, or adds to the one that is open.
func (m *measuring) ask(it *Item, from int64) {
	if m.turn.opener != nil {
		m.turn.marks |= it.Marks
		return
	}
	clock := NextResponse
	if m.byCustomer && m.turns == 0 {
		clock = FirstResponse
	}
	m.turns++
	m.turn = turn{clock: clock, opener: it, marks: it.Marks, from: from}
}

func (m *measuring) reply(it *Item) {
	if !m.replied {
		m.replied = true
		m.agentFact(AgentReplies, it.Agent, it.At, it.At, &it.Marks, markReply, 1)
	}
	if it.Author == helpdesk.AuthorAgent && !m.humanReplied {
		m.humanReplied = true
		m.humanReplies++
	}
	if m.byCustomer && m.first != 0 && !m.firstReplied {
		m.firstReplied = true
		m.observe(FirstResponseSeconds, FirstResponseBusinessSeconds, m.first, it.At, it.At, &m.c.Marks, markFirstResponse)
	}
	if m.closed != nil {
		if m.unheard.message != nil && m.unheard.reply == nil {
			m.unheard.reply = it
		}
		return
	}
	m.answer(it)
}

// answer ends the open turn with a reply.
func (m *measuring) answer(it *Item) {
	t := &m.turn
	if t.opener == nil {
		return
	}
	ready := max(m.ph.ready(it.At), t.from)
	m.judge(judgement{
		clock: t.clock, start: t.opener.At, stop: it.At, ready: ready, met: true, from: t.from,
		booked: t.marks, mark: &t.opener.Marks, why: "reply",
	})
	if t.marks&markResponse == 0 {
		m.observe(ResponseSeconds, ResponseBusinessSeconds, t.opener.At, it.At, ready, &t.opener.Marks, markResponse)
	}
	m.turn = turn{}
}

// drop ends the open turn without a reply.
func (m *measuring) drop(at, ready int64, why string) {
	t := &m.turn
	if t.opener == nil {
		return
	}
	passed := m.judge(judgement{
		clock: t.clock, start: t.opener.At, stop: at, ready: ready, from: t.from,
		booked: t.marks, mark: &t.opener.Marks, why: why,
	})
	if !passed && t.marks&markCancelled == 0 {
		m.fact(ClocksCancelled, at, max(ready, t.from), &t.opener.Marks, markCancelled, 1, t.clock.String())
	}
	m.turn = turn{}
}

func (m *measuring) ratings() {
	for i := range m.c.Ratings {
		r := &m.c.Ratings[i]
		if r.Sent != 0 && !m.ph.excludedAt(r.Sent) {
			m.fact(CSATSurveysSent, r.Sent, r.Sent, &r.Marks, markSent, 1)
		}
		if r.Scored != 0 && r.Score != 0 && !m.ph.excludedAt(r.Scored) {
			m.fact(CSATRatings, r.Scored, r.Scored, &r.Marks, markScored, 1, scoreValue(r.Score))
		}
	}
}

// finish judges what still runs, and says what the conversation is now.
func (m *measuring) finish() {
	s := &m.out.State
	s.Labels, s.Agent = m.c.Row.Labels(), m.c.Row.Agent
	s.Status = m.c.Row.Status
	if m.nowAt > m.c.Row.Updated && m.now != 0 {
		s.Status = m.now
	}
	if t := &m.turn; t.opener != nil {
		s.Turn = Running{t.clock, t.opener.At}
		m.judge(judgement{
			clock: t.clock, start: t.opener.At, stop: forever, ready: forever, from: t.from,
			booked: t.marks, mark: &t.opener.Marks, why: "runs",
		})
	}
	if m.runs() {
		s.Cycle = Running{Resolution, m.cycle.start}
		m.judge(judgement{
			clock: Resolution, start: m.cycle.start, stop: forever, ready: forever, from: m.cycle.from,
			booked: *m.cycle.marks, mark: m.cycle.marks, why: "runs",
		})
	}
	switch {
	case m.ph.excludedNow():
		m.out.Ended = m.ph.outside[len(m.ph.outside)-1].from
		s.Status = helpdesk.StatusExcluded
	case m.closed != nil:
		m.out.Ended = m.closed.At
	}
}

// runs reports whether the cycle's resolution clock is running.
func (m *measuring) runs() bool {
	return m.cycle.start != 0 && !m.cycle.dead && m.closed == nil && !m.ph.excludedNow()
}

// fact adds a fact, unless it is booked or before the floor.
func (m *measuring) fact(f *Family, at, ready int64, mark *Marks, flags Marks, value float64, extra ...string) {
	if *mark&flags != 0 || at < m.c.Floor {
		return
	}
	m.out.Facts = append(m.out.Facts, Fact{
		Family: f, Extra: extra, Value: value, At: at, Ready: ready, Labels: m.labelsAt(at), mark: mark, flags: flags,
	})
}

func (m *measuring) agentFact(f *Family, agent string, at, ready int64, mark *Marks, flags Marks, value float64) {
	if agent == "" || *mark&flags != 0 || at < m.c.Floor {
		return
	}
	m.out.Facts = append(m.out.Facts, Fact{
		Family: f, Agent: agent, Value: value, At: at, Ready: ready, Labels: m.labelsAt(at), mark: mark, flags: flags,
	})
}

// observe adds the observation of a duration, in calendar time and, for a
// source with a schedule, in business time.
func (m *measuring) observe(f, business *Family, start, stop, ready int64, mark *Marks, flags Marks) {
	m.fact(f, stop, ready, mark, flags, time.Duration(stop-start).Seconds())
	if m.p.Schedule != nil {
		m.fact(business, stop, ready, mark, flags, m.p.Schedule.Between(Time(start), Time(stop)).Seconds())
	}
}

// labelsAt returns the labels that the conversation had at an instant: where the
// history tells of changes, the value of the last change before it, or what the
// first change after it replaced; else the newest row's.
func (m *measuring) labelsAt(at int64) helpdesk.Labels {
	l := m.c.Row.Labels()
	for i := len(m.relabels) - 1; i >= 0; i-- {
		if it := m.relabels[i]; it.At > at {
			l.Set(it.Label, it.From)
		}
	}
	for _, it := range m.relabels {
		if it.At <= at {
			l.Set(it.Label, it.Value)
		}
	}
	return l
}
