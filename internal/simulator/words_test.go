package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

func measured() truth.Options {
	return truth.Options{
		Source: "desk", PollInterval: 30 * time.Second,
		Policy: kpi.Policy{
			Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(), ReopenGrace: 30 * time.Minute, AbandonedAfter: day,
		},
	}
}

func minutely(until time.Duration) []truth.Step {
	var steps []truth.Step
	for at := opens; !at.After(opens.Add(until)); at = at.Add(time.Minute) {
		steps = append(steps, truth.Step{Now: at, Watermark: at})
	}
	return steps
}

// scripted is the script that several tests share: an answered question, a
// snooze, a merge and an outbound mail.
func scripted() []Scripted {
	return []Scripted{
		{Lines: []Line{
			Says(0, helpdesk.AuthorCustomer),
			Befalls(time.Second, Happening{What: Teamed, Team: TeamID(0)}),
			Says(5*time.Second, helpdesk.AuthorRule),
			Does(time.Hour, 0, Happening{What: Assigned, User: Agent(0)}),
			Replies(2*time.Hour, 0),
			Does(3*time.Hour, 0, Happening{What: Closed}),
			Befalls(3*time.Hour, Happening{What: SurveyMade, Survey: firstSurvey}),
			Befalls(5*time.Hour, Happening{What: SurveySent, Survey: firstSurvey}),
			Befalls(30*time.Hour, Happening{What: SurveyScored, Survey: firstSurvey, Score: 4}),
		}},
		{Channel: helpdesk.ChannelChat, Lines: []Line{
			Says(0, helpdesk.AuthorCustomer),
			Replies(time.Minute, 1),
			Does(2*time.Minute, 1, Happening{What: Snoozed, Until: opens.Add(time.Hour)}),
			Befalls(time.Hour, Happening{What: Woken}),
			Replies(61*time.Minute, 1),
			Does(62*time.Minute, 1, Happening{What: Closed}),
		}},
		{Lines: []Line{
			Says(0, helpdesk.AuthorCustomer),
			Does(10*time.Minute, 0, Happening{What: Merged, Into: FirstTicket}),
		}},
		{Outbound: true, Lines: []Line{
			Says(0, helpdesk.AuthorCampaign),
			Befalls(time.Minute, Happening{What: Closed}),
		}},
	}
}

func TestAScriptedDeskIsMeasuredToTheSecond(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted()})
	d.Advance(opens.Add(4 * day))
	v := d.Truth(measured(), minutely(4*24*time.Hour))
	unsourced := strings.NewReplacer("helpdesk_", "", `source="desk",`, "", `,source="desk"`, "")
	var got []string
	for _, k := range slices.Sorted(maps.Keys(v)) {
		if !strings.Contains(k, "sla_events") {
			got = append(got, fmt.Sprintf("%s %g", unsourced.Replace(k), v[k]))
		}
	}
	want := []string{
		`clocks_cancelled_total{channel="email",clock="first_response"} 1`,
		`conversations_closed_total{arrival="live",channel="chat",outcome="one_touch"} 1`,
		`conversations_closed_total{arrival="live",channel="email",outcome="one_touch"} 1`,
		`conversations_closed_total{arrival="live",channel="email",outcome="outbound"} 1`,
		`conversations_excluded_total{channel="email",reason="merged"} 1`,
		`conversations_opened_total{arrival="live",channel="chat",started_by="customer"} 1`,
		`conversations_opened_total{arrival="live",channel="email",started_by="agent"} 1`,
		`conversations_opened_total{arrival="live",channel="email",started_by="customer"} 2`,
		`csat_ratings_total{channel="email",score="4"} 1`,
		`csat_surveys_sent_total{channel="email"} 1`,
		`first_response_seconds_count{channel="chat"} 1`,
		`first_response_seconds_count{channel="email"} 1`,
		`first_response_seconds_sum{channel="chat"} 60`,
		`first_response_seconds_sum{channel="email"} 7200`,
		`handle_seconds_count{channel="email"} 1`,
		`handle_seconds_sum{channel="email"} 7200`,
		`messages_total{author="agent",channel="chat"} 2`,
		`messages_total{author="agent",channel="email"} 1`,
		`messages_total{author="bot",channel="email"} 2`,
		`messages_total{author="customer",channel="chat"} 1`,
		`messages_total{author="customer",channel="email"} 2`,
		`resolution_seconds_count{channel="chat"} 1`,
		`resolution_seconds_count{channel="email"} 1`,
		`resolution_seconds_sum{channel="chat"} 3720`,
		`resolution_seconds_sum{channel="email"} 10800`,
		`response_seconds_count{channel="chat"} 1`,
		`response_seconds_count{channel="email"} 1`,
		`response_seconds_sum{channel="chat"} 60`,
		`response_seconds_sum{channel="email"} 7200`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What the truth counts is what the log says, counted another way.
func TestTruthAgreesWithTheLog(t *testing.T) {
	d := lively(8)
	end := 8 * day
	d.Advance(opens.Add(end))
	v := d.Truth(measured(), []truth.Step{{Now: opens.Add(end), Watermark: opens.Add(end)}})
	sum := func(name string) (n int) {
		for k, x := range v {
			if strings.HasPrefix(k, name+"{") {
				n += int(x)
			}
		}
		return n
	}
	var messages, excluded, sent, scored int
	d.Read(func(b *Books) {
		for _, x := range b.Tickets {
			var s State
			wasExcluded := false
			for _, h := range x.Log {
				before, _ := s.Excluded()
				s.apply(h)
				after, _ := s.Excluded()
				if after != helpdesk.NotExcluded && !wasExcluded {
					wasExcluded = true
					excluded++
				}
				if before != helpdesk.NotExcluded {
					continue
				}
				switch {
				case h.What == Spoke && h.Message.Public:
					messages++
				case h.What == SurveySent:
					sent++
				case h.What == SurveyScored:
					scored++
				}
			}
		}
	})
	got := []int{
		sum("helpdesk_messages_total"), sum("helpdesk_conversations_excluded_total"),
		sum("helpdesk_csat_surveys_sent_total"), sum("helpdesk_csat_ratings_total"),
	}
	if diff := cmp.Diff([]int{messages, excluded, sent, scored}, got); diff != "" {
		t.Errorf("messages, excluded, sent, scored: -log +truth\n%s", diff)
	}
	for _, name := range []string{"one_touch", "multi_touch", "self_service", "abandoned", "unanswered", "outbound"} {
		found := false
		for k := range v {
			found = found || strings.Contains(k, `outcome="`+name+`"`)
		}
		if !found {
			t.Errorf("no conversation came out %s", name)
		}
	}
}

// A desk that is slow is not praised: its ratings are of the tier that it keeps nine
// times in ten on each clock, which is below what the demo promises.
func TestRatingsAreOfTheTierThatTheDeskKeeps(t *testing.T) {
	const objective = 0.9 // the demo's
	d := lively(1)
	end := opens.Add(28 * day)
	d.Advance(end)
	v := d.Truth(measured(), []truth.Step{{Now: end, Watermark: end}})
	sum := func(name string, labels ...string) (n float64) {
		for k, x := range v {
			if strings.HasPrefix(k, name+"{") && !slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(k, l) }) {
				n += x
			}
		}
		return n
	}
	keeps := func(tier kpi.Tier) bool {
		return !slices.ContainsFunc(kpi.Clocks[:], func(c kpi.Clock) bool {
			of := []string{fmt.Sprintf("clock=%q", c), fmt.Sprintf("tier=%q", tier)}
			return sum("helpdesk_sla_events_total", append(of, `result="met"`)...) < objective*sum("helpdesk_sla_events_total", of...)
		})
	}
	scores := 0.0
	for score := 1; score <= 5; score++ {
		scores += float64(score) * sum("helpdesk_csat_ratings_total", fmt.Sprintf(`score="%d"`, score))
	}
	mean := scores / sum("helpdesk_csat_ratings_total")
	for _, tier := range kpi.Tiers {
		if rated := mean >= kpi.CSATLimit(tier); keeps(tier) != rated {
			t.Errorf("the desk keeps %v: %t; ratings of %.2f are of it: %t", tier, keeps(tier), mean, rated)
		}
	}
}

func TestLiveTruthShowsTheQueue(t *testing.T) {
	d := New(Options{Start: opens, Script: scripted()})
	d.Advance(opens.Add(30 * time.Minute))
	want := truth.Values{
		`helpdesk_open_conversations{channel="email",source="desk",status="open"}`:                         1,
		`helpdesk_open_conversations{channel="chat",source="desk",status="snoozed"}`:                       1,
		`helpdesk_unassigned_conversations{channel="email",source="desk"}`:                                 1,
		`helpdesk_unassigned_conversations{channel="chat",source="desk"}`:                                  1,
		`helpdesk_waiting_conversations{channel="email",source="desk"}`:                                    1,
		`helpdesk_oldest_waiting_timestamp_seconds{channel="email",source="desk"}`:                         float64(opens.Unix()),
		`helpdesk_conversations_past_tier{channel="chat",clock="resolution",source="desk",tier="stellar"}`: 1,
	}
	if diff := cmp.Diff(want, d.LiveTruth(measured())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
