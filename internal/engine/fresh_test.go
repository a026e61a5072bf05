package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

const fresh = `helpdesk_source_fresh{source="desk"}`

// live reports whether anything of the queue is shown, and what fresh says.
func (d *desk) live() (shown bool, says float64) {
	d.t.Helper()
	return len(d.shown(kpi.LiveFamilies...)) > 0, d.shown(kpi.SourceFresh)[fresh]
}

func (d *desk) expectLive(want bool, when string) {
	d.t.Helper()
	shown, says := d.live()
	if shown != want || (says == 1) != want {
		d.t.Errorf("%s: live gauges shown: %v, fresh says %v; want %v", when, shown, says, want)
	}
}

func TestWhatCannotBeSeenIsNotShown(t *testing.T) {
	d := newDesk(t) // polled each minute
	d.expectLive(false, "before anything was read")
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer))
	d.expectLive(false, "after a page of the first sync")
	at := start.Add(time.Minute)
	if err := d.source.Book(engine.Round{Now: at, Watermark: at}); err != nil {
		t.Fatal(err)
	}
	d.now = at
	d.expectLive(false, "after a booking that was no good round")
	d.book(at)
	d.expectLive(true, "after the first good round")
	facts := d.shown(kpi.FactFamilies...)

	d.now = at.Add(3*time.Minute - time.Nanosecond)
	d.expectLive(true, "just under three intervals later")
	d.now = at.Add(3 * time.Minute)
	d.expectLive(false, "three intervals after the last good round")
	if diff := cmp.Diff(facts, d.shown(kpi.FactFamilies...)); diff != "" {
		t.Errorf("facts changed while the source was blind (-want +got):\n%s", diff)
	}
	if err := d.source.Book(engine.Round{Now: d.now, Watermark: at}); err != nil {
		t.Fatal(err)
	}
	d.expectLive(false, "after a round that failed")
	d.book(d.now)
	d.expectLive(true, "after the next good round")
}

func TestAnOldWatermarkIsBlindHoweverRecentTheRound(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.book(start.Add(time.Minute))
	mark := d.now
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{15*time.Minute - time.Nanosecond, true}, {15 * time.Minute, false}} {
		d.now = mark.Add(tt.after)
		if err := d.source.Book(engine.Round{Now: d.now, Watermark: mark, Good: d.now}); err != nil {
			t.Fatal(err)
		}
		d.expectLive(tt.want, "with a watermark of "+tt.after.String())
	}
}

func TestSlowRoundsMakeTheIntervalLonger(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.book(start.Add(time.Minute))
	d.source.SetInterval(4 * time.Minute)
	d.now = d.now.Add(12*time.Minute - time.Nanosecond)
	d.expectLive(true, "under three effective intervals")
	d.source.SetInterval(time.Second) // never under the configured one
	d.expectLive(false, "after the rounds were quick again")
}

func TestFreshnessIsKeptOverARestart(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.book(start.Add(time.Minute))
	before := d.shown(kpi.LiveFamilies...)
	d.now = d.now.Add(time.Minute)
	d.restart()
	d.expectLive(true, "one minute after the last good round")
	if diff := cmp.Diff(before, d.shown(kpi.LiveFamilies...)); diff != "" {
		t.Errorf("the queue changed with the restart (-want +got):\n%s", diff)
	}
	d.now = d.now.Add(2 * time.Minute)
	d.restart()
	d.expectLive(false, "three minutes after the last good round")
}

func TestTheEffectiveIntervalIsKeptOverARestart(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.source.SetInterval(4 * time.Minute)
	d.book(start.Add(time.Minute))
	d.now = d.now.Add(12*time.Minute - time.Nanosecond)
	d.restart()
	d.expectLive(true, "under three effective intervals")
	d.restart(func(d *desk) { d.opts.PollInterval = 5 * time.Minute })
	d.now = d.now.Add(time.Minute)
	d.expectLive(true, "under three of the interval that is configured now")
	d.restart(func(d *desk) { d.opts.PollInterval = time.Minute })
	d.expectLive(false, "after three of the rounds that there were")
}

func TestWhatIsForbiddenIsKeptOverARestart(t *testing.T) {
	d := newDesk(t, func(d *desk) {
		ratings := helpdesk.StreamProfile{Stream: helpdesk.StreamRatings, Gives: []helpdesk.Capability{helpdesk.CapCSAT}}
		d.opts.Profile.Streams = append(d.opts.Profile.Streams, ratings)
	})
	level := `helpdesk_source_capability{capability="csat",source="desk"}`
	expect := func(want float64, when string) {
		t.Helper()
		if got := d.shown(kpi.SourceCapability)[level]; got != want || d.source.Forbidden(helpdesk.StreamRatings) != (want == 0) {
			t.Errorf("%s: %s is %v, want %v", when, level, got, want)
		}
	}
	expect(2, "at first")
	d.source.SetForbidden(helpdesk.StreamRatings, true)
	d.book(start.Add(time.Minute))
	d.restart()
	expect(0, "forbidden before a restart")
	d.source.SetForbidden(helpdesk.StreamRatings, false)
	d.book(start.Add(2 * time.Minute))
	d.restart()
	expect(2, "allowed before a restart")
}

func TestAClockThatWasSetBackMakesNothingFresh(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.book(start.Add(day))
	d.now = d.now.Add(-3*time.Minute + time.Nanosecond)
	d.expectLive(true, "a little before the last good round")
	d.now = start
	d.expectLive(false, "a day before the last good round")
}

func TestZerosAreShownBeforeTheFirstFact(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamTeams, helpdesk.Team{ID: "t1", Name: "Returns", Channel: helpdesk.ChannelChat})
	d.tell(helpdesk.StreamTeams, helpdesk.Team{ID: "t2", Name: "Sales"}) // the directory does not tell its channel
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.book(start) // nothing has happened that could be booked
	got := d.shown(kpi.FactFamilies...)
	for k, v := range got {
		if v != 0 {
			t.Errorf("%s is %v before the first fact", k, v)
		}
	}
	children := map[string]int{}
	for k := range got {
		name, labels, _ := strings.Cut(k, "{")
		switch {
		case strings.Contains(labels, `channel="chat"`) && strings.Contains(labels, `team="Returns"`):
			children[name+" of a team"]++
		case strings.Contains(labels, `channel="email"`) && strings.Contains(labels, `team="Sales"`):
			children[name+" of a conversation"]++
		default:
			children[name]++
		}
	}
	want := map[string]int{"helpdesk_late_facts_total": 1, "helpdesk_handoffs_total": 9, "helpdesk_handoff_seconds_count": 9, "helpdesk_handoff_seconds_sum": 9}
	for _, of := range []string{" of a team", " of a conversation"} {
		for name, n := range map[string]int{
			"helpdesk_first_response_seconds": 1, "helpdesk_response_seconds": 1, "helpdesk_resolution_seconds": 1, "helpdesk_handle_seconds": 1,
		} {
			want[name+"_count"+of], want[name+"_sum"+of] = n, n
		}
		for name, n := range map[string]int{
			"helpdesk_sla_events_total": 3 * 4 * 2 * 2, "helpdesk_clocks_cancelled_total": 3, "helpdesk_conversations_opened_total": 2 * 2,
			"helpdesk_conversations_closed_total": 6 * 2, "helpdesk_conversations_reopened_total": 6, "helpdesk_conversations_excluded_total": 3,
			"helpdesk_messages_total": 3, "helpdesk_csat_ratings_total": 5, "helpdesk_csat_surveys_sent_total": 1,
		} {
			want[name+of] = n
		}
	}
	if diff := cmp.Diff(want, children); diff != "" {
		t.Errorf("series at 0 (-want +got):\n%s", diff)
	}
	live := d.shown(kpi.LiveFamilies...)
	zero := `helpdesk_open_conversations{channel="chat",source="desk",status="open",team="Returns"}`
	if v, ok := live[zero]; !ok || v != 0 {
		t.Errorf("%s is %v, %v; want 0", zero, v, ok)
	}
	for k := range live {
		if strings.HasPrefix(k, kpi.OldestWaiting.Name) {
			t.Errorf("%s is shown though nobody waits", k)
		}
	}
}

// The commit that exposes a group's zeros comes before the one with its first
// fact: a scrape in between sees where the counter began.
func TestZerosAreCommittedBeforeTheFirstFact(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
	d.tell(helpdesk.StreamMessages, says("1", start.Add(time.Second), helpdesk.AuthorCustomer))
	d.now = start.Add(time.Minute)
	d.book(d.now)
	opened := of(kpi.ConversationsOpened, "", "email", "started_by", "customer", "arrival", "live")
	if got := d.shown(kpi.ConversationsOpened)[opened]; got != 1 {
		t.Fatalf("%s is %v, want 1", opened, got)
	}
	d.now = d.now.Add(hour)
	d.book(d.now)
	if got := d.starts()[opened]; !got.Equal(start.Add(time.Minute)) {
		t.Errorf("its start is %s, want that of the commit that first exposed it", got)
	}
}
