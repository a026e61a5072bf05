package truth

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestWhatAWatermarkBooks(t *testing.T) {
	const families = "sla_events_total response_seconds conversations_closed_total clocks_cancelled_total"
	tests := []struct {
		name      string
		story     string
		watermark time.Duration
		want      string
	}{
		{
			name: "a deadline is booked when it passes, not when somebody replies", story: "0h customer, 9h agent", watermark: time.Hour,
			want: `sla_events_total{arrival="live",clock="first_response",result="missed",tier="stellar"} 1`,
		},
		{
			name: "nothing is booked of a close in its grace", story: "0h customer, 50m closed agent", watermark: 79 * time.Minute, want: ``,
		},
		{
			name: "a close is booked when its grace is over", story: "0h customer, 50m closed agent", watermark: 80 * time.Minute,
			want: `
				clocks_cancelled_total{clock="first_response"} 1
				conversations_closed_total{arrival="live",outcome="unanswered"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="above_average"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="average"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="below_average"} 1
				sla_events_total{arrival="live",clock="resolution",result="met",tier="stellar"} 1`,
		},
		{
			name: "a limit that passed in the grace waits for the reopening", story: "0h customer, 50m closed agent, 75m reopened", watermark: 74 * time.Minute, want: ``,
		},
		{
			name: "a limit that passed in the grace is booked missed at the reopening", story: "0h customer, 50m closed agent, 75m reopened", watermark: 75 * time.Minute,
			want: `sla_events_total{arrival="live",clock="first_response",result="missed",tier="stellar"} 1`,
		},
		{
			name: "a reply that comes in the grace waits for the reopening", story: "0h customer, 30m closed agent, 40m agent, 50m reopened", watermark: 49 * time.Minute, want: ``,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			now := start.Add(tc.watermark)
			v := Counters([]Conversation{script(t, row(), tc.story)}, defaultOptions(), []Step{{Now: now.Add(time.Second), Watermark: now}})
			equal(t, lines(v, families), tc.want)
		})
	}
}

func TestLateFacts(t *testing.T) {
	story := script(t, row(), "0h customer, 30m agent")
	o := defaultOptions()
	const families = "conversations_opened_total late_facts_total messages_total"

	t.Run("more than a quarter of an hour after it could be booked", func(t *testing.T) {
		v := Counters([]Conversation{story}, o, []Step{{Now: start.Add(40 * time.Minute), Watermark: start.Add(40 * time.Minute)}})
		equal(t, lines(v, families), `
			conversations_opened_total{arrival="late",started_by="customer"} 1
			late_facts_total{} 2
			messages_total{author="agent"} 1
			messages_total{author="customer"} 1`)
	})
	t.Run("from before the first start", func(t *testing.T) {
		o := o
		o.FirstStart = start.Add(time.Minute)
		now := start.Add(10 * time.Minute)
		v := Counters([]Conversation{story}, o, []Step{{Now: now, Watermark: now}})
		equal(t, lines(v, families), `
			conversations_opened_total{arrival="late",started_by="customer"} 1
			late_facts_total{} 2
			messages_total{author="customer"} 1`)
	})
	t.Run("from before the floor they do not count", func(t *testing.T) {
		o := o
		o.Floor = start.Add(time.Minute)
		v := Counters([]Conversation{story}, o, everyTenMinutes(time.Hour))
		equal(t, lines(v, families), `messages_total{author="agent"} 1`)
	})
}

func TestLabelsAreThoseOfTheFactsOwnTime(t *testing.T) {
	r := row()
	r.Labels.Team = "Returns"
	v := Counters([]Conversation{script(t, r, "0h customer, 10m relabel team Sales Support, 20m agent, 30m relabel team Support Returns, 40m customer")},
		defaultOptions(), everyTenMinutes(time.Hour))
	equal(t, lines(v, "messages_total conversations_opened_total"), `
		conversations_opened_total{arrival="live",started_by="customer",team="Sales"} 1
		messages_total{author="agent",team="Support"} 1
		messages_total{author="customer",team="Returns"} 1
		messages_total{author="customer",team="Sales"} 1`)
	v = Counters([]Conversation{script(t, r, "0m customer, 0m relabel team Sales Support, 240m closed agent, 240m relabel team Support Returns")},
		defaultOptions(), everyTenMinutes(24*time.Hour))
	equal(t, lines(v, "conversations_opened_total conversations_closed_total sla_events_total"), `
		conversations_closed_total{arrival="live",outcome="unanswered",team="Support"} 1
		conversations_opened_total{arrival="live",started_by="customer",team="Sales"} 1
		sla_events_total{arrival="live",clock="first_response",result="missed",team="Returns",tier="above_average"} 1
		sla_events_total{arrival="live",clock="first_response",result="missed",team="Support",tier="stellar"} 1
		sla_events_total{arrival="live",clock="resolution",result="met",team="Support",tier="above_average"} 1
		sla_events_total{arrival="live",clock="resolution",result="met",team="Support",tier="average"} 1
		sla_events_total{arrival="live",clock="resolution",result="met",team="Support",tier="below_average"} 1
		sla_events_total{arrival="live",clock="resolution",result="met",team="Support",tier="stellar"} 1`)
}

func TestRatingsCountOnceAtTheirFirstScore(t *testing.T) {
	c := script(t, row(), "0h customer")
	sent := helpdesk.Rating{ID: "s", Conversation: "7", Sent: start.Add(time.Hour)}
	scored := sent
	scored.Scored, scored.Score = start.Add(2*time.Hour), 4
	changed := sent
	changed.Scored, changed.Score = start.Add(3*time.Hour), 1
	c.Records = append(c.Records, changed, scored, sent, sent)
	v := Counters([]Conversation{c}, defaultOptions(), everyTenMinutes(24*time.Hour))
	equal(t, lines(v, "csat_ratings_total csat_surveys_sent_total"), `
		csat_ratings_total{score="4"} 1
		csat_surveys_sent_total{} 1`)
}

func TestAMovedMessageCountsOnce(t *testing.T) {
	a, b := script(t, row(), "0h customer"), script(t, row(), "0h customer")
	v := Counters([]Conversation{a, b}, defaultOptions(), everyTenMinutes(time.Hour))
	equal(t, lines(v, "messages_total"), `messages_total{author="customer"} 1`)
}

func TestBusinessTime(t *testing.T) {
	office, err := kpi.NewSchedule(kpi.Spec{
		Timezone: "UTC", Weekly: map[time.Weekday][]kpi.Interval{time.Monday: {{From: 9 * time.Hour, To: 17 * time.Hour}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := defaultOptions()
	o.Policy.Schedule = office
	story := []Conversation{script(t, row(), "0h customer, 150m agent")} // 08:00 to 10:30, of which 90 minutes are open
	const families = "response_seconds response_business_seconds sla_events_total"
	steps := everyTenMinutes(3 * time.Hour)

	t.Run("limits in calendar time", func(t *testing.T) {
		equal(t, lines(Counters(story, o, steps), families), `
			response_business_seconds_count{} 1
			response_business_seconds_sum{} 5400
			response_seconds_count{} 1
			response_seconds_sum{} 9000
			sla_events_total{arrival="live",clock="first_response",result="met",tier="above_average"} 1
			sla_events_total{arrival="live",clock="first_response",result="met",tier="average"} 1
			sla_events_total{arrival="live",clock="first_response",result="met",tier="below_average"} 1
			sla_events_total{arrival="live",clock="first_response",result="missed",tier="stellar"} 1`)
	})
	t.Run("limits in business time are booked when business time has passed", func(t *testing.T) {
		o := o
		o.Policy.BusinessTime = true
		equal(t, lines(Counters(story, o, everyTenMinutes(119*time.Minute)), families), ``)
		equal(t, lines(Counters(story, o, everyTenMinutes(2*time.Hour)), families), `
			sla_events_total{arrival="live",clock="first_response",result="missed",tier="stellar"} 1`)
	})
}

func TestGauges(t *testing.T) {
	waiting := script(t, row(), "0h customer, 10m agent, 20m customer")
	snoozed := script(t, row(), "0h customer, 30m status snoozed")
	snoozed.Row.Status, snoozed.Row.Agent = helpdesk.StatusSnoozed, "ann"
	inGrace := script(t, row(), "0h customer, 90m closed agent")
	inGrace.Row.Status = helpdesk.StatusClosed
	o := defaultOptions()
	o.Promise = func(kpi.Clock, helpdesk.Channel) (kpi.Tier, bool) { return kpi.AboveAverage, true }
	v := Gauges([]Conversation{waiting, snoozed, inGrace}, o, start.Add(3*time.Hour+30*time.Minute))
	equal(t, lines(v, "open_conversations unassigned_conversations waiting_conversations oldest_waiting_timestamp_seconds conversations_past_tier conversations_due"), `
		conversations_due{clock="first_response",within="1h"} 1
		conversations_due{clock="next_response",within="1h"} 1
		conversations_past_tier{clock="first_response",tier="stellar"} 1
		conversations_past_tier{clock="next_response",tier="stellar"} 1
		oldest_waiting_timestamp_seconds{} 1.7724396e+09
		open_conversations{status="open"} 1
		open_conversations{status="snoozed"} 1
		unassigned_conversations{} 1
		waiting_conversations{} 1`)
}
