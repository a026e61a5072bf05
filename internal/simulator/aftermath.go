package simulator

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func (d *Desk) close(t *Ticket, actor helpdesk.Actor, by int64) { d.closeAs(t, actor, by, 0) }

// closeAs closes what is not closed, as part of an action where cause is not 0.
func (d *Desk) closeAs(t *Ticket, actor helpdesk.Actor, by, cause int64) {
	if !d.live(t) {
		return
	}
	d.happen(t, Happening{What: Closed, Actor: actor, By: by, Cause: cause})
	d.after(d.between(100*time.Millisecond, 1500*time.Millisecond), func() { d.touch(t) })
	if t.Now().Survey.ID == 0 && !t.Now().LastReceived.IsZero() && d.likely(d.mix.Survey) {
		d.survey(t)
	}
	switch {
	case d.likely(d.mix.Return):
		wait := d.between(time.Minute, 28*time.Minute)
		if d.likely(0.6) {
			wait = d.between(40*time.Minute, 70*time.Hour)
		}
		d.after(wait, func() { d.customerWrites(t) })
	case actor == helpdesk.ActorAgent && d.likely(d.mix.Slip):
		d.slip(t, by)
	}
}

// slip undoes a close by mistake a little later, and does it right later still.
func (d *Desk) slip(t *Ticket, agent int64) {
	d.after(d.between(5*time.Second, 20*time.Minute), func() {
		s := t.Now()
		if x, _ := s.Excluded(); s.Status != helpdesk.StatusClosed || x != helpdesk.NotExcluded {
			return
		}
		d.happen(t, Happening{What: Reopened, Actor: helpdesk.ActorAgent, By: agent})
		d.after(d.around(15*time.Minute), func() { d.answer(t, agent) })
	})
}

// survey asks for an opinion: made now, sent hours later, perhaps answered days
// after that.
func (d *Desk) survey(t *Ticket) {
	d.surveys++
	id := firstSurvey + d.surveys - 1
	send := 2 * time.Hour
	d.happen(t, Happening{What: SurveyMade, Actor: helpdesk.ActorAutomation, Survey: id, Until: d.books.Now.Add(send)})
	d.after(send, func() {
		s := t.Now()
		if x, _ := s.Excluded(); s.Status != helpdesk.StatusClosed || x != helpdesk.NotExcluded {
			return
		}
		d.happen(t, Happening{What: SurveySent, Actor: helpdesk.ActorAutomation, Survey: id})
		if !d.likely(d.mix.Scored) {
			return
		}
		// On the mean 3.9, as below_average as the desk's clocks are.
		score := []int{5, 5, 5, 5, 5, 4, 4, 3, 2, 1}[d.rnd.IntN(10)]
		d.after(d.around(9*time.Hour), func() {
			if x, _ := t.now.Excluded(); x == helpdesk.NotExcluded {
				d.happen(t, Happening{What: SurveyScored, Actor: helpdesk.ActorCustomer, Survey: id, Score: score})
			}
		})
	})
}

// perhapsSetAside lets few conversations leave the queues without a close.
func (d *Desk) perhapsSetAside(t *Ticket) {
	by := firstUser + 2 + int64(d.rnd.IntN(len(agentNames)))
	switch {
	case d.likely(d.mix.Spam):
		d.setAside(t, d.around(10*time.Minute), Happening{What: Spammed, Actor: helpdesk.ActorAgent, By: by}, Unspammed, d.mix.Unspam)
	case d.likely(d.mix.Trash):
		d.setAside(t, d.around(2*time.Hour), Happening{What: Trashed, Actor: helpdesk.ActorAgent, By: by}, Untrashed, d.mix.Untrash)
	case d.likely(d.mix.Merge):
		d.after(d.around(30*time.Minute), func() { d.merge(t, by) })
	case d.likely(d.mix.Delete):
		d.setAside(t, d.around(6*time.Hour), Happening{What: Deleted, Actor: helpdesk.ActorAgent, By: by}, 0, 0)
	}
}

// setAside excludes a conversation, and now and then takes it back.
func (d *Desk) setAside(t *Ticket, wait time.Duration, h Happening, undo What, likely float64) {
	d.after(wait, func() {
		s := t.Now()
		if x, _ := s.Excluded(); x != helpdesk.NotExcluded || d.o.Endless > 0 && !s.Status.Live() {
			return
		}
		d.happen(t, h)
		if !d.likely(likely) {
			return
		}
		d.after(d.around(40*time.Minute), func() {
			d.happen(t, Happening{What: undo, Actor: helpdesk.ActorAgent, By: h.By})
			d.after(d.patience(t), func() { d.customerWrites(t) })
		})
	})
}

// merge merges a conversation into an older one that is still open.
func (d *Desk) merge(t *Ticket, by int64) {
	if !d.live(t) {
		return
	}
	for i := len(d.books.Tickets) - 1; i >= 0; i-- {
		if into := d.books.Tickets[i]; into.ID < t.ID && len(into.Log) > 0 && d.live(into) {
			d.happen(t, Happening{What: Merged, Actor: helpdesk.ActorAgent, By: by, Into: into.ID})
			return
		}
	}
}
