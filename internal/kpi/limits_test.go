package kpi_test

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestLimitsFollowTheChannel(t *testing.T) {
	runStories(t, []story{
		{
			name:  "the limits of a new channel hold from the change on: what is over then is missed then",
			lines: "0h customer, 10m channel email chat, 12m agent ann, 13m closed by ann",
			facts: `
				0s messages_total customer
				0s conversations_opened_total customer
				10m [chat] sla_events_total first_response missed: stellar above_average average
				10m [chat] sla_events_total resolution missed: stellar
				12m [chat] messages_total agent
				12m [chat] agent_replies_total of ann
				12m [chat] first_response_seconds 12m
				12m [chat] sla_events_total first_response met: below_average
				12m [chat] response_seconds 12m
				13m (from 43m) [chat] conversations_closed_total one_touch
				13m (from 43m) [chat] agent_closed_total of ann
				13m (from 43m) [chat] resolution_seconds 13m
				13m (from 43m) [chat] sla_events_total resolution met: above_average average below_average`,
		},
		{
			name:  "a limit that was passed before the change stays passed",
			lines: "0h customer, 10m channel chat email, 12m agent ann, 13m closed by ann",
			facts: `
				0s [chat] messages_total customer
				0s [chat] conversations_opened_total customer
				1m [chat] sla_events_total first_response missed: stellar
				5m [chat] sla_events_total first_response missed: above_average
				12m messages_total agent
				12m agent_replies_total of ann
				12m first_response_seconds 12m
				12m sla_events_total first_response met: average below_average
				12m response_seconds 12m
				13m (from 43m) conversations_closed_total one_touch
				13m (from 43m) agent_closed_total of ann
				13m (from 43m) resolution_seconds 13m
				13m (from 43m) sla_events_total resolution met: stellar above_average average below_average`,
		},
	})
}

func TestBusinessTime(t *testing.T) {
	office := schedule(t, hours(t, "UTC", map[string][]string{"mon-fri": {"09:00-17:00"}}))
	runStories(t, []story{
		{
			name:   "a source with a schedule has each duration twice; its limits run in calendar time unless it promises business time",
			lines:  "8h customer, 10h agent ann, 11h closed by ann",
			policy: func(p *kpi.Policy) { p.Schedule = office },
			facts: `
				0s (from 8h) conversations_opened_total customer
				8h messages_total customer
				9h sla_events_total first_response missed: stellar
				10h messages_total agent
				10h agent_replies_total of ann
				10h first_response_seconds 2h
				10h first_response_business_seconds 1h
				10h sla_events_total first_response met: above_average average below_average
				10h response_seconds 2h
				10h response_business_seconds 1h
				11h (from 11h30m) conversations_closed_total one_touch
				11h (from 11h30m) agent_closed_total of ann
				11h (from 11h30m) resolution_seconds 3h
				11h (from 11h30m) resolution_business_seconds 2h
				11h (from 11h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:   "in business time the clock of a question on Monday evening runs from Tuesday morning on",
			lines:  "18h customer, 33h30m agent ann, 34h closed by ann",
			policy: func(p *kpi.Policy) { p.Schedule, p.BusinessTime = office, true },
			facts: `
				0s (from 18h) conversations_opened_total customer
				18h messages_total customer
				33h30m messages_total agent
				33h30m agent_replies_total of ann
				33h30m first_response_seconds 15h30m
				33h30m first_response_business_seconds 30m
				33h30m sla_events_total first_response met: stellar above_average average below_average
				33h30m response_seconds 15h30m
				33h30m response_business_seconds 30m
				34h (from 34h30m) conversations_closed_total one_touch
				34h (from 34h30m) agent_closed_total of ann
				34h (from 34h30m) resolution_seconds 16h
				34h (from 34h30m) resolution_business_seconds 1h
				34h (from 34h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
		{
			name:   "what was answered while the office was closed took no time",
			lines:  "18h customer, 19h agent ann, 20h closed by ann",
			policy: func(p *kpi.Policy) { p.Schedule, p.BusinessTime = office, true },
			facts: `
				0s (from 18h) conversations_opened_total customer
				18h messages_total customer
				19h messages_total agent
				19h agent_replies_total of ann
				19h first_response_seconds 1h
				19h first_response_business_seconds 0s
				19h sla_events_total first_response met: stellar above_average average below_average
				19h response_seconds 1h
				19h response_business_seconds 0s
				20h (from 20h30m) conversations_closed_total one_touch
				20h (from 20h30m) agent_closed_total of ann
				20h (from 20h30m) resolution_seconds 2h
				20h (from 20h30m) resolution_business_seconds 0s
				20h (from 20h30m) sla_events_total resolution met: stellar above_average average below_average`,
		},
	})
}

func TestLimitsOfAPolicy(t *testing.T) {
	p := policy()
	p.Classes[helpdesk.ChannelWhatsApp] = helpdesk.ClassEmail
	for _, tc := range []struct {
		name    string
		channel helpdesk.Channel
		clock   kpi.Clock
		tier    kpi.Tier
		want    time.Duration
	}{
		{"e-mail, first response, stellar", helpdesk.ChannelEmail, kpi.FirstResponse, kpi.Stellar, time.Hour},
		{"chat, next response, above average", helpdesk.ChannelChat, kpi.NextResponse, kpi.AboveAverage, 5 * time.Minute},
		{"a review, first response, stellar", helpdesk.ChannelReview, kpi.FirstResponse, kpi.Stellar, 15 * time.Minute},
		{"chat, resolution, below average", helpdesk.ChannelChat, kpi.Resolution, kpi.BelowAverage, 3 * time.Hour},
		{"a channel whose class the configuration overrides", helpdesk.ChannelWhatsApp, kpi.FirstResponse, kpi.Stellar, time.Hour},
		{"a channel that nobody knows has the limits of e-mail", "pigeon", kpi.FirstResponse, kpi.Average, 24 * time.Hour},
	} {
		if got := p.TierLimits(tc.clock, tc.channel).Of(tc.tier); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	start := monday
	if !p.Met(start, start.Add(time.Hour), time.Hour) || p.Met(start, start.Add(time.Hour+1), time.Hour) {
		t.Error("the limit itself is met, a nanosecond more is not")
	}
}
