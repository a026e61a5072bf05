package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// liveShown are the live gauges that are shown, as the truth writes them: without
// those that are 0, and without agents.
func liveShown(d *desk) truth.Values {
	d.t.Helper()
	v := truth.Values{}
	for k, n := range d.nonzero(kpi.LiveFamilies...) {
		if !strings.HasPrefix(k, kpi.AgentOpen.Name) {
			v[k] = n
		}
	}
	return v
}

func gaugesOf(convs []truth.Conversation, d *desk) truth.Values {
	o := truth.Options{
		Source: "desk", Policy: d.policy, FirstStart: start, Floor: start, PollInterval: time.Minute, Labels: d.labels,
		Promise: func(c kpi.Clock, ch helpdesk.Channel) (kpi.Tier, bool) {
			p, ok := d.opts.Promised(ch, c)
			return p.Tier, ok
		},
	}
	v := truth.Gauges(convs, o, d.now)
	for k, n := range v {
		if n == 0 {
			delete(v, k)
		}
	}
	return v
}

// end is when the last of the conversations' records happened.
func end(convs []truth.Conversation) time.Time {
	last := start
	for _, c := range convs {
		for _, at := range append(recordTimes(c), c.Row.Updated) {
			if at.After(last) {
				last = at
			}
		}
	}
	return last
}

func recordTimes(c truth.Conversation) []time.Time {
	var at []time.Time
	for _, r := range c.Records {
		at = append(at, when(r))
	}
	return at
}

// withoutMoves drops the changes of channels: the truth keeps a clock that passed
// its limit on the former channel past it, the gauges judge it by the new one.
func withoutMoves(convs []truth.Conversation) []truth.Conversation {
	for i := range convs {
		c := &convs[i]
		kept := c.Records[:0]
		for _, r := range c.Records {
			if l, ok := r.(helpdesk.Relabel); !ok || l.Label != helpdesk.LabelChannel {
				kept = append(kept, r)
			}
		}
		c.Records = kept
	}
	return convs
}

func businessHours(t *testing.T) *kpi.Schedule {
	t.Helper()
	weekly := map[time.Weekday][]kpi.Interval{}
	for d := time.Monday; d <= time.Friday; d++ {
		weekly[d] = []kpi.Interval{{From: 9 * hour, To: 12 * hour}, {From: 13 * hour, To: 18 * hour}}
	}
	s, err := kpi.NewSchedule(kpi.Spec{Name: "support", Timezone: "America/Sao_Paulo", Weekly: weekly})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Nothing is read between the scrapes: the gauges move with the clock alone.
func TestLiveGaugesAreTheNaiveModelsAtAnyInstant(t *testing.T) {
	for seed := uint64(0); seed < 8; seed += sample.Every {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 3))
			policy := testPolicy(r)
			if r.IntN(3) == 0 {
				policy.Schedule, policy.BusinessTime = businessHours(t), true
			}
			convs := withoutMoves(truth.Random(r, truth.RandomOptions{Conversations: 100, Start: start, Grace: policy.ReopenGrace}))
			d := newDesk(t, func(d *desk) {
				d.policy = policy
				d.opts.PollInterval = 1000 * hour // fresh, whatever the instant
				d.opts.Promised = randomPromise(r)
			})
			tl := newTelling(t, r, d.source, convs)
			last := end(convs)
			tl.upTo(last, last)
			d.book(last)
			if n := len(liveShown(d)); n < 30 {
				t.Fatalf("only %d gauges are not 0: too little to learn from", n)
			}
			for range 40 {
				if diff := cmp.Diff(gaugesOf(convs, d), liveShown(d), cmpopts.EquateApprox(0, 1e-6)); diff != "" {
					t.Fatalf("%s after the last record (-model +engine):\n%s", d.now.Sub(last), diff)
				}
				if r.IntN(3) == 0 {
					d.now = aDeadline(r, d, convs)
					continue
				}
				gaps := []time.Duration{0, time.Nanosecond, time.Second, 5 * time.Minute, hour, 3 * hour, 20 * hour}
				d.now = d.now.Add(time.Duration(r.Int64N(int64(gaps[r.IntN(len(gaps))]) + 1)))
			}
		})
	}
}

// aDeadline is an instant after now at which a limit of some conversation's
// passes, or begins to be due, if its clock ran since the last thing that
// happened in it.
func aDeadline(r *rand.Rand, d *desk, convs []truth.Conversation) time.Time {
	for range 50 {
		c := convs[r.IntN(len(convs))]
		times := recordTimes(c)
		if len(times) == 0 {
			continue
		}
		limit := d.policy.TierLimits(kpi.Clocks[r.IntN(kpi.ClockCount)], c.Row.Labels.Channel).Of(kpi.Tiers[r.IntN(kpi.TierCount)])
		at := d.policy.Deadline(times[r.IntN(len(times))], limit).Add(-[]time.Duration{0, 15 * time.Minute, hour}[r.IntN(3)])
		if at.After(d.now) && at.Before(d.now.Add(5*day)) {
			return at
		}
	}
	return d.now.Add(time.Second)
}

// randomPromise promises some tier on some clocks and channels.
func randomPromise(r *rand.Rand) func(helpdesk.Channel, kpi.Clock) (engine.Promise, bool) {
	type key struct {
		ch helpdesk.Channel
		c  kpi.Clock
	}
	promised := map[key]engine.Promise{}
	for _, ch := range helpdesk.Channels {
		for _, c := range kpi.Clocks {
			if r.IntN(4) > 0 {
				promised[key{ch.Channel, c}] = engine.Promise{Tier: kpi.Tiers[r.IntN(kpi.TierCount)], Objective: 0.9}
			}
		}
	}
	return func(ch helpdesk.Channel, c kpi.Clock) (engine.Promise, bool) {
		p, ok := promised[key{ch, c}]
		return p, ok
	}
}

func TestSnoozedConversationsDoNotWaitButTheirClocksRun(t *testing.T) {
	d := newDesk(t)
	open := opened("1", start, helpdesk.ChannelChat)
	d.tell(helpdesk.StreamConversations, open)
	d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer))
	d.book(start.Add(2 * time.Minute))
	queue := func(status string, waiting map[string]float64) map[string]float64 {
		want := map[string]float64{
			of(kpi.OpenConversations, "", "chat", "status", status):                          1,
			of(kpi.UnassignedConversations, "", "chat"):                                      1,
			of(kpi.PastTier, "", "chat", "clock", "first_response", "tier", "stellar"):       1,
			of(kpi.DueConversations, "", "chat", "clock", "first_response", "within", "15m"): 1,
			of(kpi.DueConversations, "", "chat", "clock", "first_response", "within", "1h"):  1,
			of(kpi.DueConversations, "", "chat", "clock", "resolution", "within", "1h"):      1,
		}
		for k, v := range waiting {
			want[k] = v
		}
		return want
	}
	d.expect(queue("open", map[string]float64{
		of(kpi.WaitingConversations, "", "chat"): 1,
		of(kpi.OldestWaiting, "", "chat"):        float64(start.Unix()),
	}), kpi.LiveFamilies...)

	at := start.Add(150 * time.Second)
	d.now = at
	d.tell(helpdesk.StreamEvents, changes("1", at, helpdesk.ChangeStatus, helpdesk.StatusSnoozed))
	d.tell(helpdesk.StreamConversations, as(open, at, helpdesk.StatusSnoozed))
	d.book(start.Add(3 * time.Minute))
	d.expect(queue("snoozed", nil), kpi.LiveFamilies...)
}

func TestGaugesMoveWithTheClockBetweenPolls(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.opts.PollInterval = hour })
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer))
	d.book(start.Add(time.Minute))
	past := func(tier string) string {
		return of(kpi.PastTier, "", "email", "clock", "first_response", "tier", tier)
	}
	due := func(within string) string {
		return of(kpi.DueConversations, "", "email", "clock", "first_response", "within", within)
	}
	tests := []struct {
		after time.Duration
		want  [4]float64 // past stellar, past above_average, due in 15m, due in 1h
	}{
		{hour, [4]float64{0, 0, 0, 0}}, // at the limit itself the clock has not passed it
		{hour + time.Nanosecond, [4]float64{1, 0, 0, 0}},
		{3*hour - time.Nanosecond, [4]float64{1, 0, 0, 0}}, // blind: the last round is three intervals ago a minute later
	}
	for _, tt := range tests {
		d.now = start.Add(tt.after)
		got := d.shown(kpi.PastTier, kpi.DueConversations)
		if diff := cmp.Diff(tt.want, [4]float64{got[past("stellar")], got[past("above_average")], got[due("15m")], got[due("1h")]}); diff != "" {
			t.Errorf("%s after the message (-want +got):\n%s", tt.after, diff)
		}
	}
	d.book(start.Add(2 * hour))
	for _, tt := range []struct {
		after time.Duration
		want  [4]float64
	}{
		{3*hour - time.Nanosecond, [4]float64{1, 0, 0, 0}},
		{3 * hour, [4]float64{1, 0, 0, 1}},
		{4*hour - 15*time.Minute - time.Nanosecond, [4]float64{1, 0, 0, 1}},
		{4*hour - 15*time.Minute, [4]float64{1, 0, 1, 1}},
		{4 * hour, [4]float64{1, 0, 1, 1}},
		{4*hour + time.Nanosecond, [4]float64{1, 1, 0, 0}},
	} {
		d.now = start.Add(tt.after)
		got := d.shown(kpi.PastTier, kpi.DueConversations)
		if diff := cmp.Diff(tt.want, [4]float64{got[past("stellar")], got[past("above_average")], got[due("15m")], got[due("1h")]}); diff != "" {
			t.Errorf("%s after the message (-want +got):\n%s", tt.after, diff)
		}
	}
}
