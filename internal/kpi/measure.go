package kpi

import (
	"slices"
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
	return measure(p, c, nil, false)
}

// MeasureInto is [Measure] that puts the facts into a slice of facts that nobody
// needs any more.
func MeasureInto(facts []Fact, p *Policy, c *Conversation) Measurement {
	return measure(p, c, facts[:0], false)
}

// Explain is [Measure] with the life of every clock, also of those that are
// booked: for people to check.
func Explain(p *Policy, c *Conversation) Measurement {
	return measure(p, c, nil, true)
}

func measure(p *Policy, c *Conversation, facts []Fact, explain bool) Measurement {
	m := measuring{p: p, c: c, ph: settle(p, c), explain: explain, out: Measurement{Facts: facts}}
	for i := range c.Items {
		if it := &c.Items[i]; it.Kind == ItemRelabel {
			m.relabels = append(m.relabels, it)
		}
	}
	for i, it := range m.ph.steps {
		m.step = i
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
	p       *Policy
	c       *Conversation
	ph      phases
	explain bool
	out     Measurement

	relabels []*Item // in order
	step     int     // the place in the phases' steps

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
	humanReplied bool // the last public word of customer and people was a person's reply: the next is the same one
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

func (m *measuring) ratings() {
	for i := range m.c.Ratings {
		r := &m.c.Ratings[i]
		if r.Sent != 0 && !m.ph.excludedAt(r.Sent) {
			m.fact(CSATSurveysSent, when(r.Sent), r.Sent, &r.Marks, markSent, 1)
		}
		if r.Scored != 0 && r.Score != 0 && !m.ph.excludedAt(r.Scored) {
			m.fact(CSATRatings, when(r.Scored), r.Scored, &r.Marks, markScored, 1, scoreValue(r.Score))
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
		s.Turn = Running{t.clock, t.opener.At, m.decided(t.opener.At, t.from)}
		m.judge(judgement{
			clock: t.clock, start: t.opener.At, stop: when(forever), ready: forever, from: t.from,
			booked: t.marks, mark: &t.opener.Marks, why: "runs",
		})
	}
	if m.runs() {
		s.Cycle = Running{Resolution, m.cycle.start, m.decided(m.cycle.start, m.cycle.from)}
		m.judge(judgement{
			clock: Resolution, start: m.cycle.start, stop: when(forever), ready: forever, from: m.cycle.from,
			booked: *m.cycle.marks, mark: m.cycle.marks, why: "runs",
		})
	}
	switch {
	case m.ph.excludedNow():
		m.out.Ended = m.ph.outside[len(m.ph.outside)-1].from
		s.Status = helpdesk.StatusExcluded
	case m.closed != nil:
		m.out.Ended = m.closed.At
	case s.Status == helpdesk.StatusClosed:
		// Closed while it was excluded: no fact, but an end, after all that runs.
		m.out.Ended = max(m.c.Row.Updated, m.lastDeadline())
	}
}

// lastDeadline is when the last of the running clocks passes its last limit.
func (m *measuring) lastDeadline() int64 {
	last := int64(0)
	for _, r := range []Running{m.out.State.Turn, m.out.State.Cycle} {
		if r.Start != 0 {
			last = max(last, m.deadline(r.Clock, BelowAverage, r.Start))
		}
	}
	return last
}

// decided is when it was last decided that a clock runs as it does.
func (m *measuring) decided(start, from int64) int64 {
	for _, s := range m.ph.undone {
		if s.from >= start {
			from = max(from, s.to)
		}
	}
	for _, it := range m.relabels {
		if it.Label == helpdesk.LabelChannel && it.At > start {
			from = max(from, it.At)
		}
	}
	return from
}

// runs reports whether the cycle's resolution clock is running.
func (m *measuring) runs() bool {
	return m.cycle.start != 0 && !m.cycle.dead && m.closed == nil && !m.ph.excludedNow()
}

// fact adds a fact, unless it is booked or before the floor.
func (m *measuring) fact(f *Family, at moment, ready int64, mark *Marks, flags Marks, value float64, extra ...string) {
	if *mark&flags != 0 || at.at < m.c.Floor {
		return
	}
	m.out.Facts = append(m.out.Facts, Fact{ // of its own values: those of facts that are not added cost nothing then
		Family: f, Extra: slices.Clone(extra), Value: value, At: at.at, Ready: ready, Labels: m.labels(at), mark: mark, flags: flags,
	})
}

func (m *measuring) agentFact(f *Family, agent string, at moment, ready int64, mark *Marks, flags Marks, value float64) {
	if agent == "" || *mark&flags != 0 || at.at < m.c.Floor {
		return
	}
	m.out.Facts = append(m.out.Facts, Fact{
		Family: f, Agent: agent, Value: value, At: at.at, Ready: ready, Labels: m.labels(at), mark: mark, flags: flags,
	})
}

// observe adds the observation of a duration, in calendar time and, for a
// source with a schedule, in business time.
func (m *measuring) observe(f, business *Family, start int64, stop moment, ready int64, mark *Marks, flags Marks) {
	m.fact(f, stop, ready, mark, flags, time.Duration(stop.at-start).Seconds())
	if m.p.Schedule != nil {
		m.fact(business, stop, ready, mark, flags, m.p.Schedule.Between(Time(start), Time(stop.at)).Seconds())
	}
}

// labels returns the labels that the conversation had at a moment: where the
// history tells of changes, the value of the last change before it, or what the
// first change after it replaced; else the newest row's.
func (m *measuring) labels(at moment) helpdesk.Labels {
	l := m.c.Row.Labels()
	for _, it := range slices.Backward(m.relabels) {
		if !at.follows(it) {
			l.Set(it.Label, it.From)
		}
	}
	for _, it := range m.relabels {
		if at.follows(it) {
			l.Set(it.Label, it.Value)
		}
	}
	return l
}
