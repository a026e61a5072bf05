package simulator

import (
	"cmp"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// zdAudit is what somebody did to a ticket at once.
type zdAudit struct {
	id     int64
	at     time.Time
	ticket *zdTicket
	by     int64
	via    string
	cause  int64
	parts  []zdPart
}

// zdPart is a comment, or a field's new value.
type zdPart struct {
	id         int64
	message    *Message
	create     bool
	field      string
	value, was any
}

// Numbers of Zendesk's own.
const (
	zdSystem    = -1
	zdFirstRow  = 28_835_719_000_000
	zdPartsEach = 16 // at most, of a happening
	zdBrand     = 360_000_358_316
	zdForm      = 360_000_084_116
)

// zdTicket is what the dialect keeps of a ticket beside the desk's books.
type zdTicket struct {
	t         *Ticket
	state     State
	fresh     bool // still "new": no agent has touched it
	updated   time.Time
	generated time.Time // last changed in any way: the order of exports
	solved    time.Time
	first     time.Time // first solved
	replied   time.Time // first public reply of an agent
	replies   int
	reopens   int
	audits    []*zdAudit
	survey    time.Time // last changed
}

// catchUp reads the desk's log into audits.
func (z *zendesk) catchUp(b *Books) {
	for _, h := range b.Log[z.read:] {
		k := z.tickets[h.Ticket]
		if k == nil {
			k = &zdTicket{t: b.Ticket(h.Ticket), fresh: true}
			z.tickets[h.Ticket] = k
			i, _ := slices.BinarySearchFunc(z.order, h.Ticket, func(o *zdTicket, id int64) int { return cmp.Compare(o.t.ID, id) })
			z.order = slices.Insert(z.order, i, k)
		}
		parts := k.tell(h)
		if len(parts) == 0 {
			continue
		}
		for i := range parts {
			parts[i].id = zdFirstRow + h.ID*zdPartsEach + 1 + int64(i)
		}
		if last := k.joins(h); last != nil {
			last.parts = append(last.parts, parts...)
			continue
		}
		a := &zdAudit{
			id: zdFirstRow + h.ID*zdPartsEach, at: h.At, ticket: k, by: zdActor(k.t, h), via: zdVia(k.t, h), cause: h.Cause, parts: parts,
		}
		k.audits = append(k.audits, a)
		z.audits = append(z.audits, a)
	}
	z.read = len(b.Log)
}

// joins is the audit that a happening is a part of: what one person did at once
// is one update.
func (k *zdTicket) joins(h Happening) *zdAudit {
	if len(k.audits) == 0 {
		return nil
	}
	last := k.audits[len(k.audits)-1]
	if !last.at.Equal(h.At) || last.by != zdActor(k.t, h) {
		return nil
	}
	if last.cause == h.Cause || last.parts[0].create && h.What == Spoke && len(k.audits) == 1 {
		return last
	}
	return nil
}

// zdActor is the user who did it; triggers, automations and time are the system.
func zdActor(t *Ticket, h Happening) int64 {
	switch {
	case h.By != 0:
		return h.By
	case h.Actor == helpdesk.ActorCustomer:
		return t.Customer
	}
	return zdSystem
}

func zdVia(t *Ticket, h Happening) string {
	switch zdActor(t, h) {
	case zdSystem:
		return "rule"
	case t.Customer:
		return zdChannel(t)
	}
	return "web"
}

// tell applies a happening and returns what it did to the ticket.
func (k *zdTicket) tell(h Happening) []zdPart {
	before, was := k.status(), k.state
	k.state.apply(h)
	if h.What == Opened {
		k.updated, k.generated = h.At, h.At
		return []zdPart{
			{create: true, field: "requester_id", value: k.t.Customer}, {create: true, field: "subject", value: k.t.Subject},
			{create: true, field: "status", value: k.status()}, {create: true, field: "priority", value: k.state.Priority},
			{create: true, field: "brand_id", value: int64(zdBrand)}, {create: true, field: "ticket_form_id", value: int64(zdForm)},
		}
	}
	parts := k.did(h, was)
	if after := k.status(); after != before {
		parts = append(parts, zdPart{field: "status", value: after, was: before})
		k.moved(h, before, after)
	}
	if h.What == Merged {
		parts = append(parts, zdPart{field: "tags", value: []string{zdMergeTag}, was: []string{}})
	}
	if len(parts) > 0 || h.What == Touched {
		k.generated = h.At
		if h.What < SurveyMade { // the survey is not an update, but exported again
			k.updated = h.At
		}
	}
	return parts
}

const zdMergeTag = "closed_by_merge"

func (k *zdTicket) did(h Happening, was State) []zdPart {
	switch h.What {
	case Spoke:
		if h.Message.User != 0 {
			k.fresh = false
			if h.Message.Public {
				k.replies++
				if k.replied.IsZero() {
					k.replied = h.At
				}
			}
		}
		return []zdPart{{message: h.Message}}
	case Assigned:
		k.fresh = false
		return []zdPart{{field: "assignee_id", value: zdID(h.User), was: zdID(was.Agent)}}
	case Unassigned:
		return []zdPart{{field: "assignee_id", value: nil, was: zdID(was.Agent)}}
	case Teamed:
		return []zdPart{{field: "group_id", value: zdID(h.Team), was: zdID(was.Team)}}
	case Prioritised:
		return []zdPart{{field: "priority", value: h.Priority, was: was.Priority}}
	case SurveySent, SurveyScored:
		k.survey = h.At
		return []zdPart{{field: "satisfaction_score", value: zdScore(&k.state.Survey), was: zdScore(&was.Survey)}}
	case Closed, Reopened, Snoozed, Woken:
		k.fresh = false
	}
	return nil
}

func (k *zdTicket) moved(h Happening, before, after string) {
	switch {
	case after == "solved":
		k.solved = h.At
		if k.first.IsZero() {
			k.first = h.At
		}
	case before == "solved" && after != "closed" && after != "deleted":
		k.reopens++
	}
}

// status is the ticket's status: spam is deleted, what was merged away is
// closed, and a snooze is "hold".
func (k *zdTicket) status() string {
	s := &k.state
	switch {
	case s.MergedInto != 0:
		return "closed"
	case s.Deleted || !s.TrashedAt.IsZero() || s.Spam:
		return "deleted"
	case s.Status == helpdesk.StatusClosed:
		return "solved"
	case s.Status == helpdesk.StatusSnoozed:
		return "hold"
	case k.fresh:
		return "new"
	}
	return "open"
}

func zdID(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func zdScore(v *Survey) string {
	switch {
	case v.Score >= 4:
		return "good"
	case v.Score > 0:
		return "bad"
	case !v.Sent.IsZero():
		return "offered"
	}
	return "unoffered"
}
