package kpi

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// judgement is one clock instance that is held against the limits.
type judgement struct {
	clock  Clock
	start  int64
	stop   moment // forever while it runs
	ready  int64  // when what stopped it could first be booked
	from   int64  // nothing of it could be booked before
	met    bool   // stopped by what it waited for: a reply, a close
	booked Marks  // the tiers that are booked already
	mark   *Marks // where the booking is marked
	why    string
}

// judge books one event per tier, at the stop or at the deadline, whichever
// comes first. A reply at the deadline itself meets it; what ends a clock without
// a reply must come before. It reports whether the last limit had passed by then.
func (m *measuring) judge(j judgement) (passed bool) {
	if j.booked&tierMarks == tierMarks && !m.explain {
		return true // nothing is left to judge, nor to cancel
	}
	t := Trace{Clock: j.clock, Start: j.start, Why: j.why, Ready: j.ready}
	if j.stop.at != forever {
		t.Stop = j.stop.at
	}
	for i, tier := range Tiers {
		passed = false
		d := m.deadline(j.clock, tier, j.start)
		flag := markTier << i
		t.Deadlines[i] = d
		switch {
		case d < j.stop.at, d == j.stop.at && !j.met:
			passed = true
			t.Result[i] = ResultMissed
			if j.booked&flag == 0 {
				ready := max(m.ph.ready(d), j.from)
				if d == j.stop.at {
					ready = max(ready, j.ready) // what ended it may yet be taken back
				}
				m.sla(j, tier, ResultMissed, when(d), ready, flag)
			}
		case j.met:
			t.Result[i] = ResultMet
			if j.booked&flag == 0 {
				m.sla(j, tier, ResultMet, j.stop, j.ready, flag)
			}
		default:
			t.Result[i] = "cancelled"
		}
	}
	if m.explain {
		m.out.Clocks = append(m.out.Clocks, t)
	}
	return passed
}

func (m *measuring) sla(j judgement, tier Tier, result string, at moment, ready int64, flag Marks) {
	m.fact(SLAEvents, at, ready, j.mark, flag, 1, j.clock.String(), tier.String(), result)
}

// deadline is when a clock passes a tier's limit. The limit is that of the
// channel: where the channel changes while the clock runs, the new limit holds
// from then on.
func (m *measuring) deadline(c Clock, t Tier, start int64) int64 {
	limit := func(ch helpdesk.Channel) int64 {
		return m.p.Deadline(Time(start), m.p.TierLimits(c, ch).Of(t)).UnixNano()
	}
	d := limit(m.labels(when(start)).Channel)
	for _, it := range m.relabels {
		if it.Label != helpdesk.LabelChannel || it.At <= start {
			continue
		}
		if it.At > d {
			break
		}
		d = max(it.At, limit(helpdesk.Channel(it.Value)))
	}
	return d
}
