package kpi

import (
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func (m *measuring) message(it *Item) {
	if !it.Public {
		return
	}
	m.fact(Messages, on(it), it.At, &it.Marks, markCounted, 1, authorValue[it.Author])
	if m.left(it) {
		return
	}
	m.begin(it)
	switch {
	case it.Author == helpdesk.AuthorCustomer:
		m.customer(it)
	case m.replies(it):
		m.reply(it)
	}
	m.lastPublic = it
}

// left reports whether a message is part of another conversation now, and does
// nothing here. In a conversation that was merged away, it did what it did.
func (m *measuring) left(it *Item) bool { return it.Moved && !m.ph.merged }

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
	if at.at == 0 {
		return // nothing tells when
	}
	m.fact(ConversationsOpened, at, max(at.at, known), &m.c.Marks, markOpened, 1, by)
}

// opening is when the conversation was opened: created, or its earliest item
// where the vendor's stamp is missing or later. Where they are of one instant
// it is the item: an opening's labels are those before anything was changed.
func (m *measuring) opening() moment {
	at := m.c.Row.Created
	for i := range m.c.Items {
		if it := &m.c.Items[i]; !it.Assumed {
			if at == 0 || it.At <= at {
				return on(it)
			}
			break
		}
	}
	return when(at)
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
		m.firstReplied = it.From != "" && it.Marks&markResponse != 0 // where it came from
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
		if it.From == m.turn.opener.From || it.From == "" {
			m.turn.marks |= it.Marks
		}
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
		if m.runMarks()&markReply == 0 {
			m.agentFact(AgentReplies, it.Agent, on(it), it.At, &it.Marks, markReply, 1)
		}
	}
	if it.Author == helpdesk.AuthorAgent && !m.humanReplied {
		m.humanReplied = true
		m.humanReplies++
	}
	if m.byCustomer && m.first != 0 && !m.firstReplied {
		m.firstReplied = true
		m.observe(FirstResponseSeconds, FirstResponseBusinessSeconds, m.first, on(it), it.At, &m.c.Marks, markFirstResponse)
	}
	if m.closed != nil {
		if m.unheard.message != nil && m.unheard.reply == nil {
			m.unheard.reply = it
		}
		return
	}
	m.answer(it)
}

// runMarks are the marks of all replies of the run that begins at this step:
// several in a row are one reply, booked once, whichever began the run then.
func (m *measuring) runMarks() Marks {
	var marks Marks
	for _, it := range m.ph.steps[m.step:] {
		if it.Kind != ItemMessage || !it.Public || m.left(it) {
			continue
		}
		if it.Author == helpdesk.AuthorCustomer {
			break
		}
		marks |= it.Marks
	}
	return marks
}

// answer ends the open turn with a reply.
func (m *measuring) answer(it *Item) {
	t := &m.turn
	if t.opener == nil {
		return
	}
	ready := max(m.ph.readyItem(it), t.from)
	m.judge(judgement{
		clock: t.clock, start: t.opener.At, stop: on(it), ready: ready, met: true, from: t.from,
		booked: t.marks, mark: &t.opener.Marks, why: "reply",
	})
	if t.marks&markResponse == 0 {
		m.observe(ResponseSeconds, ResponseBusinessSeconds, t.opener.At, on(it), ready, &t.opener.Marks, markResponse)
	}
	m.turn = turn{}
}

// drop ends the open turn without a reply.
func (m *measuring) drop(by *Item, ready int64, why string) {
	t := &m.turn
	if t.opener == nil {
		return
	}
	passed := m.judge(judgement{
		clock: t.clock, start: t.opener.At, stop: on(by), ready: ready, from: t.from,
		booked: t.marks, mark: &t.opener.Marks, why: why,
	})
	if !passed && t.marks&markCancelled == 0 {
		m.fact(ClocksCancelled, on(by), max(ready, t.from), &t.opener.Marks, markCancelled, 1, t.clock.String())
	}
	m.turn = turn{}
}
