package engine_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// busy is a desk with an answered and an open conversation by email, and one by
// chat, whose facts up to now are booked.
func busy(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t, func(d *desk) { d.opts.PollInterval = 100 * day })
	d.tell(helpdesk.StreamConversations, opened("answered", start, helpdesk.ChannelEmail), opened("open", start, helpdesk.ChannelEmail),
		opened("chat", start, helpdesk.ChannelChat))
	d.tell(helpdesk.StreamMessages, says("answered", start, helpdesk.AuthorCustomer), says("answered", start.Add(2*hour), helpdesk.AuthorAgent),
		says("open", start, helpdesk.AuthorCustomer), says("chat", start, helpdesk.AuthorCustomer))
	d.book(start.Add(3 * hour))
	return d
}

func firstResponse(d *desk, ch helpdesk.Channel, tier, result string) float64 {
	d.t.Helper()
	n := 0.0
	for _, arrival := range kpi.Arrivals {
		n += d.shown(kpi.SLAEvents)[of(kpi.SLAEvents, "", ch, "clock", "first_response", "tier", tier, "result", result, "arrival", arrival)]
	}
	return n
}

func TestChangedLimitsStartTheirFamiliesAtZeroAndNothingIsBookedTwice(t *testing.T) {
	d := busy(t)
	before, starts := d.shown(kpi.FactFamilies...), d.starts()
	if got := firstResponse(d, "email", "stellar", "missed"); got != 2 {
		t.Fatalf("%v first responses missed an hour, want 2", got)
	}
	d.now = d.now.Add(time.Minute)
	d.restart(func(d *desk) {
		d.policy.Limits = kpi.DefaultLimits()
		d.policy.Limits[kpi.FirstResponse][helpdesk.ClassEmail] = kpi.TierLimits{2 * hour, 6 * hour, 24 * hour, 72 * hour}
	})
	after, restarted := d.shown(kpi.FactFamilies...), d.starts()
	affected := func(k string) bool {
		return strings.Contains(k, `channel="email"`) && (strings.HasPrefix(k, kpi.SLAEvents.Name) && strings.Contains(k, `clock="first_response"`) ||
			strings.HasPrefix(k, kpi.FirstResponseSeconds.Name) || strings.HasPrefix(k, kpi.ResponseSeconds.Name))
	}
	want := maps.Clone(before)
	for k := range want {
		if affected(k) {
			want[k] = 0
		}
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	for k, was := range starts {
		switch is := restarted[k]; {
		case affected(k) && !is.Equal(d.now):
			t.Errorf("%s starts at %s, want the restart", k, is)
		case !affected(k) && !is.Equal(was):
			t.Errorf("%s starts at %s, want %s as before", k, is, was)
		}
	}

	// The running clock takes the new limits; what is booked stays booked.
	d.book(start.Add(7 * hour))
	for result, want := range map[string][2]float64{"missed": {0, 1}, "met": {0, 0}} {
		got := [2]float64{firstResponse(d, "email", "stellar", result), firstResponse(d, "email", "above_average", result)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s under the new limits, stellar and above_average (-want +got):\n%s", result, diff)
		}
	}
	// Another restart with the same configuration changes nothing.
	values, times := d.shown(kpi.FactFamilies...), d.starts()
	d.now = d.now.Add(time.Minute)
	d.restart()
	if diff := cmp.Diff(values, d.shown(kpi.FactFamilies...)) + cmp.Diff(times, d.starts()); diff != "" {
		t.Errorf("a restart without a change (-want +got):\n%s", diff)
	}
}

func TestChangedLimitsChangeTheBuckets(t *testing.T) {
	d := busy(t)
	d.restart(func(d *desk) {
		d.policy.Limits = kpi.DefaultLimits()
		d.policy.Limits[kpi.FirstResponse][helpdesk.ClassEmail] = kpi.TierLimits{7 * time.Minute, 6 * hour, 24 * hour, 72 * hour}
	})
	for _, mf := range d.gather() {
		if mf.GetName() != kpi.FirstResponseSeconds.Name {
			continue
		}
		for _, m := range mf.GetMetric() {
			has := map[float64]bool{}
			for _, b := range m.GetHistogram().GetBucket() {
				has[b.GetUpperBound()] = true
			}
			email := strings.Contains(exposedLabels(m), `channel="email"`)
			if has[420] != email || has[21600] != email {
				t.Errorf("%s: buckets at 7 min and 6 h are %v and %v, want %v", exposedLabels(m), has[420], has[21600], email)
			}
		}
	}
}

func TestChangedLabelsStartConversationFamiliesAtZeroAndNothingIsBookedTwice(t *testing.T) {
	d := busy(t)
	d.now = d.now.Add(time.Minute)
	d.restart(func(d *desk) { d.labels = []helpdesk.LabelName{helpdesk.LabelTeam, helpdesk.LabelPriority} })
	d.book(d.now)
	for k, v := range d.shown(kpi.FactFamilies...) {
		if v != 0 && !strings.HasPrefix(k, kpi.LateFacts.Name) {
			t.Errorf("%s is %v under the new labels", k, v)
		}
	}
	want := map[string]float64{
		`helpdesk_open_conversations{channel="chat",priority="",source="desk",status="open",team="Sales"}`:  1,
		`helpdesk_open_conversations{channel="email",priority="",source="desk",status="open",team="Sales"}`: 2,
	}
	d.expect(want, kpi.OpenConversations)
	for k, at := range d.starts() {
		if strings.Contains(k, "channel=") && !at.Equal(d.now) {
			t.Errorf("%s starts at %s, want the change", k, at)
		}
	}
	// Back again: what was counted before the first change is gone for good.
	d.now = d.now.Add(time.Minute)
	d.restart(func(d *desk) { d.labels = []helpdesk.LabelName{helpdesk.LabelTeam} })
	d.book(d.now)
	if got := firstResponse(d, "email", "stellar", "missed"); got != 0 {
		t.Errorf("%v events came back with the former labels", got)
	}
	d.book(start.Add(5 * hour))
	if got := firstResponse(d, "email", "above_average", "missed"); got != 1 {
		t.Errorf("%v first responses missed four hours, want the open one", got)
	}
}

// A kill between the start with new labels and its first booking must not leave
// a queue with the former labels behind.
func TestARestartRightAfterChangedLabelsShowsNoFormerQueue(t *testing.T) {
	d := busy(t)
	d.now = d.now.Add(time.Minute)
	d.restart(func(d *desk) { d.labels = []helpdesk.LabelName{helpdesk.LabelTeam, helpdesk.LabelPriority} })
	d.restart()
	for k := range d.shown(kpi.LiveFamilies...) {
		if !strings.Contains(k, "priority=") && !strings.HasPrefix(k, kpi.AgentOpen.Name) {
			t.Errorf("%s has the former labels", k)
		}
	}
	d.book(d.now)
	d.expect(map[string]float64{
		`helpdesk_open_conversations{channel="chat",priority="",source="desk",status="open",team="Sales"}`:  1,
		`helpdesk_open_conversations{channel="email",priority="",source="desk",status="open",team="Sales"}`: 2,
	}, kpi.OpenConversations)
}

// What leaves the queue in the first booking after a change of labels must not
// come back as a ghost with the next start.
func TestAConversationThatClosesRightAfterChangedLabelsStaysClosed(t *testing.T) {
	d := busy(t)
	d.now = d.now.Add(time.Minute)
	d.restart(func(d *desk) { d.labels = nil })
	d.tell(helpdesk.StreamEvents, changes("open", d.now, helpdesk.ChangeClosed, helpdesk.StatusClosed))
	d.tell(helpdesk.StreamConversations, as(opened("open", start, helpdesk.ChannelEmail), d.now, helpdesk.StatusClosed))
	d.book(d.now)
	want := map[string]float64{
		`helpdesk_open_conversations{channel="chat",source="desk",status="open"}`:  1,
		`helpdesk_open_conversations{channel="email",source="desk",status="open"}`: 1,
	}
	d.expect(want, kpi.OpenConversations)
	d.restart()
	d.expect(want, kpi.OpenConversations)
}

// A clock that runs, and a close in its grace, were to be looked at when the
// former configuration would have had something to book.
func TestRunningClocksAreDueUnderTheNewConfiguration(t *testing.T) {
	office, err := kpi.NewSchedule(kpi.Spec{Timezone: "UTC", Weekly: map[time.Weekday][]kpi.Interval{start.Weekday(): {{From: 0, To: day}}}})
	if err != nil {
		t.Fatal(err)
	}
	never, err := kpi.NewSchedule(kpi.Spec{Timezone: "UTC", Weekly: map[time.Weekday][]kpi.Interval{start.Weekday() + 1: {{From: 0, To: day}}}})
	if err != nil {
		t.Fatal(err)
	}
	missed := of(kpi.SLAEvents, "", "email", "clock", "first_response", "tier", "stellar", "result", "missed", "arrival", "live")
	closed := of(kpi.ConversationsClosed, "", "email", "outcome", "unanswered", "arrival", "live")
	for name, tc := range map[string]struct {
		was, is func(*kpi.Policy)
		at      time.Duration
		want    string
	}{
		"a shorter limit": {
			func(*kpi.Policy) {},
			func(p *kpi.Policy) {
				p.Limits = kpi.DefaultLimits()
				p.Limits[kpi.FirstResponse][helpdesk.ClassEmail] = kpi.TierLimits{10 * time.Minute, 6 * hour, 24 * hour, 72 * hour}
			},
			10 * time.Minute, missed,
		},
		"another class": {
			func(*kpi.Policy) {},
			func(p *kpi.Policy) {
				p.Classes = kpi.DefaultClasses()
				p.Classes[helpdesk.ChannelEmail] = helpdesk.ClassSocial
			},
			15 * time.Minute, missed,
		},
		"calendar instead of business time": {
			func(p *kpi.Policy) { p.Schedule, p.BusinessTime = never, true },
			func(p *kpi.Policy) { p.Schedule, p.BusinessTime = never, false },
			hour, missed,
		},
		"other support hours": {
			func(p *kpi.Policy) { p.Schedule, p.BusinessTime = never, true },
			func(p *kpi.Policy) { p.Schedule, p.BusinessTime = office, true },
			hour, missed,
		},
		"a shorter grace": {
			func(*kpi.Policy) {},
			func(p *kpi.Policy) { p.ReopenGrace = 2 * time.Minute },
			3 * time.Minute, closed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(d *desk) { tc.was(&d.policy) })
			d.now = start.Add(time.Minute)
			d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail), as(opened("2", start, helpdesk.ChannelEmail), d.now, helpdesk.StatusClosed))
			d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer), says("2", start, helpdesk.AuthorCustomer))
			d.tell(helpdesk.StreamEvents, changes("2", d.now, helpdesk.ChangeClosed, helpdesk.StatusClosed))
			d.book(d.now)
			d.restart(func(d *desk) { tc.is(&d.policy) })
			d.book(start.Add(tc.at).Add(-time.Nanosecond))
			if got := d.shown(kpi.SLAEvents, kpi.ConversationsClosed)[tc.want]; got != 0 {
				t.Errorf("%s is %v before its time", tc.want, got)
			}
			d.book(start.Add(tc.at))
			if got := d.shown(kpi.SLAEvents, kpi.ConversationsClosed)[tc.want]; got != 1 {
				t.Errorf("%s is %v, want 1", tc.want, got)
			}
		})
	}
}

// The names that a former configuration allowed are on no page any more.
func TestAgentsThatAreNamedInAnotherWayStartAtZero(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.opts.Agents, d.opts.LabelLimit = engine.AgentsByName, 1 })
	d.tell(helpdesk.StreamAgents, helpdesk.Agent{ID: "a1", Name: "Ann"})
	c := opened("1", start, helpdesk.ChannelEmail)
	c.Agent = "a1"
	d.tell(helpdesk.StreamConversations, c)
	answer := func(at time.Time) helpdesk.Message {
		m := says("1", at, helpdesk.AuthorAgent)
		m.Agent = "a1"
		return m
	}
	d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer), answer(start.Add(time.Minute)))
	d.book(start.Add(2 * time.Minute))
	families := []*kpi.Family{kpi.AgentReplies, kpi.AgentOpen}
	d.expect(map[string]float64{
		`helpdesk_agent_open_conversations{agent="Ann",source="desk"}`: 1, `helpdesk_agent_replies_total{agent="Ann",source="desk"}`: 1,
	}, families...)
	d.restart(func(d *desk) { d.opts.Agents = engine.AgentsByID })
	d.book(start.Add(3 * time.Minute))
	d.expect(map[string]float64{`helpdesk_agent_open_conversations{agent="a1",source="desk"}`: 1}, families...)
	d.tell(helpdesk.StreamMessages, says("1", start.Add(4*time.Minute), helpdesk.AuthorCustomer), answer(start.Add(5*time.Minute)))
	d.book(start.Add(5 * time.Minute))
	want := map[string]float64{
		`helpdesk_agent_open_conversations{agent="a1",source="desk"}`: 1, `helpdesk_agent_replies_total{agent="a1",source="desk"}`: 1,
	}
	d.expect(want, families...)
	d.restart()
	d.expect(want, families...)
}
