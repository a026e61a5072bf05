package kpi

import (
	"cmp"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func (m *measuring) status(it *Item) {
	switch it.Change {
	case helpdesk.ChangeClosed:
		m.close(it)
	case helpdesk.ChangeReopened:
		m.reopen(it)
	case helpdesk.ChangeExcluded:
		m.exclude(it)
	case helpdesk.ChangeRestored:
		m.outside = false
		m.now, m.nowAt = cmp.Or(it.To, helpdesk.StatusOpen), it.At
	case helpdesk.ChangeStatus:
		m.now, m.nowAt = it.To, it.At
	}
}

// close is a lasting close, as far as is known: what depends on it is ready
// when it has lasted the grace.
func (m *measuring) close(it *Item) {
	ready := it.At + int64(m.p.ReopenGrace)
	if it.Assumed && !it.kept() {
		ready = max(ready, m.c.Row.Updated)
	}
	outcome := m.outcome(it)
	m.silent(ready)
	m.fact(ConversationsClosed, on(it), ready, &it.Marks, markClosed, 1, string(outcome))
	closer := ""
	if it.byAgent() {
		closer = it.Agent
	}
	agent := closer
	if agent == "" && m.holder == helpdesk.HolderAgent {
		agent = m.agent
	}
	m.agentFact(AgentClosed, closer, on(it), ready, &it.Marks, markClosed, 1)
	if m.first != 0 {
		m.observe(ResolutionSeconds, ResolutionBusinessSeconds, m.first, on(it), ready, &it.Marks, markResolution)
	}
	if m.cycle.handle != 0 {
		seconds := time.Duration(it.At - m.cycle.handle).Seconds()
		m.fact(HandleSeconds, on(it), ready, &it.Marks, markHandle, seconds)
		m.agentFact(AgentHandleSeconds, agent, on(it), ready, &it.Marks, markHandle, seconds)
	}
	if m.cycle.start != 0 && !m.cycle.dead {
		m.judge(judgement{
			clock: Resolution, start: m.cycle.start, stop: on(it), ready: ready, met: true, from: m.cycle.from,
			booked: *m.cycle.marks, mark: m.cycle.marks, why: "close",
		})
	}
	m.drop(it, ready, "close")
	m.closed, m.last = it, lastClose{outcome, ready}
	m.unheard = unheard{}
	m.now, m.nowAt = helpdesk.StatusClosed, it.At
}

// byAgent reports whether an agent closed; where nobody tells who did, one is
// assumed. A bot's close carries the bot's id, which is no agent's.
func (it *Item) byAgent() bool {
	return it.By == helpdesk.ActorAgent || it.By == helpdesk.ActorUnknown
}

// outcome is how a lasting close ended the conversation: the first that matches.
func (m *measuring) outcome(it *Item) Outcome {
	agentClosed := it.byAgent()
	switch {
	case m.first == 0:
		return Outbound
	case m.humanReplies == 0:
		bot := m.lastPublic != nil && m.lastPublic.Author == helpdesk.AuthorBot
		realtime := m.p.Class(m.labels(on(it)).Channel) == helpdesk.ClassRealtime
		waiting := m.turn.opener != nil && (m.now == 0 || m.now.Waits())
		switch {
		case m.c.Row.Automated, bot && !agentClosed:
			return SelfService
		case realtime && waiting && !agentClosed:
			return Abandoned
		}
		return Unanswered
	case !agentClosed && m.lastPublic.Author == helpdesk.AuthorAgent && it.At-m.lastPublic.At >= int64(m.p.AbandonedAfter):
		return Abandoned
	case m.humanReplies == 1:
		return OneTouch
	}
	return MultiTouch
}

// reopen starts a new cycle: at the customer's message that reopened the
// conversation, else at the event.
func (m *measuring) reopen(it *Item) {
	if m.closed == nil {
		m.now, m.nowAt = cmp.Or(it.To, helpdesk.StatusOpen), it.At
		return
	}
	ready := max(it.At, m.last.ready)
	m.fact(ConversationsReopened, on(it), ready, &it.Marks, markReopened, 1, string(m.last.outcome))
	start, handle := it.At, int64(0)
	if m.holder == helpdesk.HolderAgent {
		handle = it.At
	}
	u := m.unheard
	if u.message != nil {
		start, handle = u.message.At, u.assigned
		if u.held {
			handle = start
		}
	}
	m.closed = nil
	m.now, m.nowAt = cmp.Or(it.To, helpdesk.StatusOpen), it.At
	m.cycle = cycle{marks: &it.Marks, from: it.At, handle: handle}
	if m.first != 0 {
		m.cycle.start = start
	}
	if u.message != nil {
		m.ask(u.message, it.At)
		if u.reply != nil {
			m.answer(u.reply)
		}
	}
}

func (m *measuring) exclude(it *Item) {
	ready := it.At
	if it.Assumed && !it.kept() {
		ready = max(ready, m.c.Row.Updated)
	}
	m.silent(ready)
	if !m.excludedBefore() {
		m.fact(ConversationsExcluded, on(it), ready, &it.Marks, markExcluded, 1, it.Excluded.String())
	}
	m.drop(it, ready, "excluded")
	m.unheard, m.outside = unheard{}, true
	if m.cycle.start != 0 && !m.cycle.dead && m.closed == nil {
		m.judge(judgement{
			clock: Resolution, start: m.cycle.start, stop: on(it), ready: ready, from: m.cycle.from,
			booked: *m.cycle.marks, mark: m.cycle.marks, why: "excluded",
		})
		m.cycle.dead = true
	}
	m.now, m.nowAt = helpdesk.StatusExcluded, it.At
}

// excludedBefore reports whether an exclusion was booked already: a
// conversation counts as excluded once.
func (m *measuring) excludedBefore() bool {
	if m.excluded {
		return true
	}
	m.excluded = true
	for i := range m.c.Items {
		if it := &m.c.Items[i]; it.Kind == ItemStatus && it.Marks&markExcluded != 0 {
			return true
		}
	}
	return false
}
