package kpi

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// assign follows who holds the conversation: for handle time, hand-offs and
// load.
func (m *measuring) assign(it *Item) {
	if m.handedOver(it) {
		m.handoff(it, m.holder, it.Holder)
	}
	if it.Holder == helpdesk.HolderAgent {
		switch {
		case m.closed == nil && m.cycle.handle == 0:
			m.cycle.handle = it.At
		case m.closed != nil && m.unheard.message != nil && m.unheard.assigned == 0:
			m.unheard.assigned = it.At
		}
	}
	m.holder, m.agent = it.Holder, it.Agent
	if it.Holder == helpdesk.HolderAgent || it.Holder == helpdesk.HolderBot {
		m.held = true
	}
}

// handedOver reports whether an assignment takes the conversation from one
// holder to another. The first time that somebody takes it out of a team's
// queue is a first assignment, no hand-off.
func (m *measuring) handedOver(it *Item) bool {
	from, to := m.holder, it.Holder
	switch {
	case from == helpdesk.HolderNobody, to == helpdesk.HolderNobody:
		return false
	case from == helpdesk.HolderTeam:
		return to != helpdesk.HolderTeam && m.held
	case from == to:
		return it.Agent != m.agent
	}
	return true
}

// relabel is a hand-off where a team's queue holds the conversation.
func (m *measuring) relabel(it *Item) {
	if it.Label != helpdesk.LabelTeam || it.From == "" || it.Value == "" || it.From == it.Value {
		return
	}
	if m.holder == helpdesk.HolderTeam || m.holder == helpdesk.HolderNobody {
		m.handoff(it, helpdesk.HolderTeam, helpdesk.HolderTeam)
	}
}

func (m *measuring) handoff(it *Item, from, to helpdesk.Holder) {
	if m.outside {
		return
	}
	m.fact(Handoffs, on(it), it.At, &it.Marks, markHandoff, 1, from.String(), to.String())
	m.fact(HandoffSeconds, on(it), it.At, &it.Marks, markHandoff, time.Duration(it.At-m.opening().at).Seconds(), from.String(), to.String())
}
