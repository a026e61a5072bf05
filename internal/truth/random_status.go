package truth

import (
	"fmt"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

var randomActors = []helpdesk.Actor{
	helpdesk.ActorUnknown, helpdesk.ActorAgent, helpdesk.ActorAutomation, helpdesk.ActorCustomer,
}

// change tells a change of the status.
func (t *teller) change(c helpdesk.Change, to helpdesk.Status) helpdesk.StatusChange {
	s := helpdesk.StatusChange{
		Key: t.key(helpdesk.LaneEvents), Conversation: t.row.ID, Change: c, To: to, By: pick(t.r, randomActors),
	}
	if s.By == helpdesk.ActorAgent {
		s.Agent = pick(t.r, randomAgents)
	}
	return s
}

func (t *teller) newCause() string {
	if !t.cause {
		return ""
	}
	return fmt.Sprintf("%s-cause-%d", t.row.ID, t.seq)
}

// close closes the conversation; now and then the row alone tells it, and
// nothing more happens.
func (t *teller) close() {
	t.row.Status, t.row.Closed = helpdesk.StatusClosed, t.now
	if t.r.IntN(12) == 0 {
		t.mute = true
		return
	}
	c := t.change(helpdesk.ChangeClosed, helpdesk.StatusClosed)
	c.Cause = t.newCause()
	t.add(c)
}

func (t *teller) reopen() {
	t.row.Status = helpdesk.StatusOpen
	if t.r.IntN(5) == 0 {
		t.row.Status = helpdesk.StatusPending
	}
	c := t.change(helpdesk.ChangeReopened, t.row.Status)
	c.Cause = t.newCause()
	t.add(c)
}

// snooze puts the conversation to sleep: some vendors tell a close with it,
// with the same cause. One that snoozes what is closed keeps it closed unless
// it comes in the grace.
func (t *teller) snooze() {
	t.row.Status = helpdesk.StatusSnoozed
	c := t.change(helpdesk.ChangeStatus, helpdesk.StatusSnoozed)
	c.Cause = t.newCause()
	t.add(c)
	if c.Cause != "" {
		e := t.change(helpdesk.ChangeClosed, helpdesk.StatusClosed)
		e.Cause = c.Cause
		t.add(e)
	}
}

func (t *teller) wake() {
	t.row.Status = helpdesk.StatusOpen
	c := t.change(helpdesk.ChangeStatus, helpdesk.StatusOpen)
	c.Cause = t.newCause()
	if c.Cause != "" {
		e := t.change(helpdesk.ChangeReopened, helpdesk.StatusOpen)
		e.Cause = c.Cause
		t.add(e)
	}
	t.add(c)
}

// park moves the conversation between the live queues.
func (t *teller) park() {
	t.row.Status = pick(t.r, []helpdesk.Status{helpdesk.StatusOpen, helpdesk.StatusPending, helpdesk.StatusOnHold})
	t.add(t.change(helpdesk.ChangeStatus, t.row.Status))
}

func (t *teller) exclude() {
	if t.row.Status == helpdesk.StatusExcluded {
		return
	}
	t.before, t.row.Status = t.row.Status, helpdesk.StatusExcluded
	t.row.Excluded = pick(t.r, helpdesk.Exclusions)
	t.row.ExcludedAt = t.now
	if t.r.IntN(6) == 0 { // the row alone tells it, perhaps without the instant
		t.mute = true
		if t.r.IntN(2) == 0 {
			t.row.ExcludedAt = time.Time{}
		}
		return
	}
	c := t.change(helpdesk.ChangeExcluded, helpdesk.StatusExcluded)
	c.Excluded = t.row.Excluded
	t.add(c)
}

// restore puts the conversation back into the status it had.
func (t *teller) restore() {
	t.row.Status, t.row.Excluded = t.before, helpdesk.NotExcluded
	t.row.ExcludedAt = time.Time{}
	c := t.change(helpdesk.ChangeRestored, 0)
	if t.before.Live() {
		c.To = t.before
	}
	t.add(c)
}

// meanwhile closes or reopens what is excluded: nobody measures it, but it is
// the status to which the conversation is restored.
func (t *teller) meanwhile() {
	if t.before == helpdesk.StatusClosed {
		t.before = helpdesk.StatusOpen
		t.add(t.change(helpdesk.ChangeReopened, helpdesk.StatusOpen))
		return
	}
	t.before, t.row.Closed = helpdesk.StatusClosed, t.now
	t.add(t.change(helpdesk.ChangeClosed, helpdesk.StatusClosed))
}

// misfit tells what does not suit the state: a second close, a reopening of
// what is open, a snooze of what is closed.
func (t *teller) misfit() {
	if t.row.Status == helpdesk.StatusExcluded {
		return
	}
	switch {
	case t.row.Status == helpdesk.StatusClosed && t.r.IntN(2) == 0:
		t.snooze()
	case t.row.Status == helpdesk.StatusClosed:
		t.add(t.change(helpdesk.ChangeClosed, helpdesk.StatusClosed))
	default:
		t.reopen()
	}
}
