//go:build requesttracker

package e2e

import (
	"strconv"
	"time"
)

// life follows one ticket through its rows.
type life struct {
	*truth
	ticket *ticket
	rows   []transaction

	startedBy string
	first     int64 // the first customer message; 0 before
	answered  bool  // the first one, by a reply
	inReply   bool  // the last public word of people is an agent's
	byBot     bool  // the last public word is the bot's
	replies   int

	clock string // of the open turn; "" when none is open
	turn  int64  // since when
	turns int

	cycle   int64 // since when the resolution clock runs; 0: it does not
	handle  int64 // since when an agent held it in this cycle; 0: none did
	owner   int
	closed  bool
	gone    bool
	unheard int64  // the last customer message since the close
	outcome string // of the last lasting close
}

func (l *life) live() {
	if l.owner = l.ticket.firstOwner(); l.owner != nobody {
		l.handle = l.rows[0].At // the row Create, which is a second later than the ticket's own stamp now and then
	}
	for i := range l.rows {
		x := &l.rows[i]
		switch {
		case x.excludes() != "":
			l.excluded(x)
		case x.Type == "Create" || x.Type == "Correspond":
			l.message(x)
		case x.closes():
			l.close(x)
		case x.reopens():
			l.reopen(x)
		case x.Type == "Set" && x.Field == "Owner":
			l.assign(x)
		case x.Type == "Set" && x.Field == "Queue" && l.owner == nobody:
			l.handoff(x, "team", "team")
		case x.Type == "CustomField" && x.Field == "CSAT" && x.Old == "":
			l.count(time.Unix(x.At, 0), "helpdesk_csat_ratings_total", "score", x.New)
		}
	}
	l.runs()
}

// fact adds one to a counter, or observes a value, at an instant. Pairs are
// labels beside the queue and the channel.
func (l *life) fact(at time.Time, add func(labels map[string]string), arrival bool, pairs ...string) {
	labels := l.ticket.labels(at)
	for i := 0; i < len(pairs); i += 2 {
		labels[pairs[i]] = pairs[i+1]
	}
	late := at.Before(l.start)
	if arrival {
		labels["arrival"] = map[bool]string{false: "live", true: "late"}[late]
	}
	if late {
		l.late++
	}
	add(labels)
}

func (l *life) count(at time.Time, name string, pairs ...string) {
	l.fact(at, func(labels map[string]string) { l.series[seriesKey(name, labels)]++ }, false, pairs...)
}

func (l *life) countArrival(at time.Time, name string, pairs ...string) {
	l.fact(at, func(labels map[string]string) { l.series[seriesKey(name, labels)]++ }, true, pairs...)
}

func (l *life) observe(x *transaction, name string, from int64) {
	l.fact(time.Unix(x.At, 0), func(labels map[string]string) {
		l.series[seriesKey(name+"_count", labels)]++
		l.series[seriesKey(name+"_sum", labels)] += x.since(from).Seconds()
	}, false)
}

// only drops the labels of the conversation from a series that has its own.
func only(add func(map[string]string), names ...string) func(map[string]string) {
	return func(labels map[string]string) {
		own := map[string]string{}
		for _, n := range names {
			own[n] = labels[n]
		}
		add(own)
	}
}

func (l *life) countAgent(x *transaction, name string) {
	l.fact(time.Unix(x.At, 0), only(func(labels map[string]string) { l.series[seriesKey(name, labels)]++ }, "agent"),
		false, "agent", strconv.Itoa(x.Creator))
}

func (l *life) message(x *transaction) {
	at := time.Unix(x.At, 0)
	l.count(at, "helpdesk_messages_total", "author", x.Author)
	if l.byBot = x.Author == "bot"; l.byBot {
		return // it answers nothing, and is no customer
	}
	if l.startedBy == "" {
		l.startedBy = x.Author
		l.countArrival(time.Unix(l.ticket.Created, 0), "helpdesk_conversations_opened_total", "started_by", x.Author)
	}
	if x.Author == "agent" {
		l.reply(x)
		return
	}
	l.inReply = false
	if l.first == 0 {
		l.first = x.At
	}
	if l.closed {
		l.unheard = x.At
		return
	}
	if l.cycle == 0 {
		l.cycle = x.At
	}
	l.ask(x.At)
}

func (l *life) ask(at int64) {
	if l.clock != "" {
		return
	}
	l.clock, l.turn = "next_response", at
	if l.startedBy == "customer" && l.turns == 0 {
		l.clock = "first_response"
	}
	l.turns++
}

func (l *life) reply(x *transaction) {
	if !l.inReply {
		l.inReply = true
		l.replies++
		l.countAgent(x, "helpdesk_agent_replies_total")
	}
	if l.startedBy == "customer" && !l.answered {
		l.answered = true
		l.observe(x, "helpdesk_first_response_seconds", l.first)
	}
	if l.clock != "" {
		l.judge(l.clock, l.turn, x.At, true)
		l.observe(x, "helpdesk_response_seconds", l.turn)
		l.clock = ""
	}
}

// judge counts one event a tier for a clock that ran from start to stop: met if
// it was stopped in time by what it waits for, missed if the limit passed before.
func (l *life) judge(clock string, start, stop int64, met bool) (allMissed bool) {
	for i, tier := range tiers {
		deadline := time.Unix(start, 0).Add(limits[i])
		result, at := "missed", deadline
		if allMissed = deadline.Before(time.Unix(stop, 0)); !allMissed {
			if !met {
				continue
			}
			result, at = "met", time.Unix(stop, 0)
		}
		l.countArrival(at, "helpdesk_sla_events_total", "clock", clock, "tier", tier, "result", result)
	}
	return allMissed
}

// drop ends the open turn without a reply.
func (l *life) drop(at int64) {
	if l.clock == "" {
		return
	}
	if !l.judge(l.clock, l.turn, at, false) {
		l.count(time.Unix(at, 0), "helpdesk_clocks_cancelled_total", "clock", l.clock)
	}
	l.clock = ""
}

func (l *life) close(x *transaction) {
	switch {
	case l.first == 0:
		l.outcome = "outbound"
	case l.replies == 0 && l.byBot && x.Author == "bot":
		l.outcome = "self_service"
	case l.replies == 0:
		l.outcome = "unanswered"
	case l.replies == 1:
		l.outcome = "one_touch"
	default:
		l.outcome = "multi_touch"
	}
	l.countArrival(time.Unix(x.At, 0), "helpdesk_conversations_closed_total", "outcome", l.outcome)
	closer := l.owner
	if x.Author == "agent" {
		closer = x.Creator
		l.countAgent(x, "helpdesk_agent_closed_total")
	}
	if l.first != 0 {
		l.observe(x, "helpdesk_resolution_seconds", l.first)
	}
	if l.handle != 0 {
		l.observe(x, "helpdesk_handle_seconds", l.handle)
		l.fact(time.Unix(x.At, 0), only(func(labels map[string]string) {
			l.series[seriesKey("helpdesk_agent_handle_seconds_count", labels)]++
			l.series[seriesKey("helpdesk_agent_handle_seconds_sum", labels)] += x.since(l.handle).Seconds()
		}, "agent"), false, "agent", strconv.Itoa(closer))
	}
	if l.cycle != 0 {
		l.judge("resolution", l.cycle, x.At, true)
	}
	l.drop(x.At)
	l.closed, l.cycle, l.handle, l.unheard = true, 0, 0, 0
}

// reopen starts a cycle with the message that the customer wrote since the
// close, else with the reopening itself.
func (l *life) reopen(x *transaction) {
	l.count(time.Unix(x.At, 0), "helpdesk_conversations_reopened_total", "outcome", l.outcome)
	l.closed = false
	from := x.At
	if l.unheard != 0 {
		from = l.unheard
		l.ask(from)
	}
	if l.first != 0 {
		l.cycle = from
	}
	if l.owner != nobody {
		l.handle = from
	}
}

func (l *life) excluded(x *transaction) {
	l.count(time.Unix(x.At, 0), "helpdesk_conversations_excluded_total", "reason", x.excludes())
	l.drop(x.At)
	if l.cycle != 0 {
		l.judge("resolution", l.cycle, x.At, false)
	}
	l.cycle, l.gone = 0, true
}

func (l *life) assign(x *transaction) {
	from, to := l.owner, number(x.New)
	l.owner = to
	switch {
	case to == nobody:
		l.handoff(x, "agent", "team")
	case from != nobody:
		l.handoff(x, "agent", "agent")
	case l.wasHeld(x):
		l.handoff(x, "team", "agent")
	}
	if to != nobody && l.handle == 0 && !l.closed {
		l.handle = x.At
	}
}

// wasHeld reports whether an agent had the ticket at some time before x.
func (l *life) wasHeld(x *transaction) bool {
	if l.ticket.firstOwner() != nobody {
		return true
	}
	for i := range l.rows {
		if r := &l.rows[i]; r.ID < x.ID && r.Type == "Set" && r.Field == "Owner" {
			return true
		}
	}
	return false
}

func (l *life) handoff(x *transaction, from, to string) {
	at := time.Unix(x.At, 0)
	pairs := []string{"from", from, "to", to}
	l.fact(at, only(func(labels map[string]string) { l.series[seriesKey("helpdesk_handoffs_total", labels)]++ }, "from", "to"), false, pairs...)
	l.fact(at, only(func(labels map[string]string) {
		l.series[seriesKey("helpdesk_handoff_seconds_count", labels)]++
		l.series[seriesKey("helpdesk_handoff_seconds_sum", labels)] += x.since(l.ticket.Created).Seconds()
	}, "from", "to"), false, pairs...)
}

// runs judges the clocks that still run, and shows the ticket in the queue.
func (l *life) runs() {
	if l.gone || l.closed {
		return
	}
	group := l.ticket.labels(l.now)
	gauge := func(name string, by float64, pairs ...string) {
		labels := map[string]string{"team": group["team"], "channel": group["channel"]}
		for i := 0; i < len(pairs); i += 2 {
			labels[pairs[i]] = pairs[i+1]
		}
		l.gauges[seriesKey(name, labels)] += by
	}
	status := map[string]string{"stalled": "on_hold"}[l.ticket.Status]
	if status == "" {
		status = l.ticket.Status
	}
	gauge("helpdesk_open_conversations", 1, "status", status)
	if l.ticket.Owner == nobody {
		gauge("helpdesk_unassigned_conversations", 1)
	} else {
		l.gauges[seriesKey("helpdesk_agent_open_conversations", map[string]string{"agent": strconv.Itoa(l.ticket.Owner)})]++
	}
	running := map[string]int64{"resolution": l.cycle}
	if l.clock != "" {
		running[l.clock] = l.turn
		if status != "on_hold" {
			gauge("helpdesk_waiting_conversations", 1)
			oldest := seriesKey("helpdesk_oldest_waiting_timestamp_seconds", group)
			if at, ok := l.gauges[oldest]; !ok || float64(l.turn) < at {
				l.gauges[oldest] = float64(l.turn)
			}
		}
	}
	for clock, since := range running {
		if since == 0 {
			continue
		}
		l.judge(clock, since, l.now.Unix(), false)
		for i, tier := range tiers {
			if time.Unix(since, 0).Add(limits[i]).Before(l.now) {
				gauge("helpdesk_conversations_past_tier", 1, "clock", clock, "tier", tier)
			}
		}
	}
}
