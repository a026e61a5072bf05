package collectors_test

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/callbell"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/freshdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/gorgias"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/groove"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/intercom"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/requesttracker"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/zendesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// teller is a vendor that tells the script, and where its numbers may be others.
type teller struct {
	new   func(api rest.Doer, base string) helpdesk.Collector
	serve func(*simulator.Desk) http.Handler
	login func(*http.Request)
	desk  simulator.Options
	// differs are families that show other numbers, each for want of a capability,
	// with what is different about them.
	differs []difference
}

type difference struct {
	family *kpi.Family
	wants  helpdesk.Capability
	is     string
}

// tellers has a line for each vendor that can be configured.
var tellers = map[string]teller{
	"callbell": {
		new: func(api rest.Doer, _ string) helpdesk.Collector {
			return callbell.New(api, callbell.Options{ReopenGrace: 30 * time.Minute})
		},
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Callbell(d, simulator.CallbellOptions{Limit: 1 << 30})
		},
		login: bearer,
		desk:  simulator.Options{Resolution: time.Second, Endless: 30 * time.Minute, Channels: simulator.CallbellChannels, FixedTeams: true},
		differs: []difference{
			{kpi.ClocksCancelled, helpdesk.CapExclusion, "keeps what is in the trash"},
			{kpi.ConversationsExcluded, helpdesk.CapExclusion, "counts a merge as a deletion, and no trash"},
			{kpi.OpenConversations, helpdesk.CapExclusion, "keeps what is in the trash"},
			{kpi.UnassignedConversations, helpdesk.CapExclusion, "keeps what is in the trash"},
			{kpi.WaitingConversations, helpdesk.CapExclusion, "keeps what is in the trash"},
			{kpi.PastTier, helpdesk.CapExclusion, "keeps what is in the trash"},
			{kpi.CSATRatings, helpdesk.CapCSAT, "shows none"},
			{kpi.CSATSurveysSent, helpdesk.CapCSAT, "shows none"},
			{kpi.FirstResponseSeconds, helpdesk.CapBots, "counts what a rule wrote for an answer"},
			{kpi.ResponseSeconds, helpdesk.CapBots, "counts what a rule wrote for an answer"},
			{kpi.Messages, helpdesk.CapBots, "counts what a rule wrote as an agent's"},
			{kpi.SLAEvents, helpdesk.CapBots, "counts what a rule wrote for an answer"},
			{kpi.HandleSeconds, helpdesk.CapHandle, "begins with the first answer"},
			{kpi.Handoffs, helpdesk.CapTeamHistory, "shows none"},
			{kpi.HandoffSeconds, helpdesk.CapTeamHistory, "shows none"},
			{kpi.LateFacts, helpdesk.CapExclusion, "counts a merge when the sweep misses what was merged away"},
		},
	},
	"freshdesk": {
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return freshdesk.New(api, freshdesk.Options{BaseURL: base})
		},
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Freshdesk(d, simulator.FreshdeskOptions{Credits: 1 << 30, Lists: 1 << 30})
		},
		login: basic,
		desk:  simulator.Options{Resolution: time.Second, FixedTeams: true},
		differs: []difference{
			{kpi.ConversationsClosed, helpdesk.CapExclusion, "counts a merge as a close"},
			{kpi.ConversationsExcluded, helpdesk.CapExclusion, "counts a merge as a close"},
			{kpi.ResolutionSeconds, helpdesk.CapExclusion, "counts a merge as a close"},
			{kpi.SLAEvents, helpdesk.CapExclusion, "counts a merge as a close"},
			{kpi.LateFacts, helpdesk.CapCSAT, "counts a rating that is read with the sweep"},
			{kpi.CSATSurveysSent, helpdesk.CapCSAT, "shows none"},
			{kpi.HandleSeconds, helpdesk.CapHandle, "shows none"},
			{kpi.Handoffs, helpdesk.CapTeamHistory, "shows none"},
			{kpi.HandoffSeconds, helpdesk.CapTeamHistory, "shows none"},
		},
	},
	"gorgias": {
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return gorgias.New(api, gorgias.Options{BaseURL: base})
		},
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Gorgias(d, simulator.GorgiasOptions{Bucket: 1 << 30, Window: time.Second})
		},
		login: basic,
		desk:  simulator.Options{FixedTeams: true},
		differs: []difference{
			{kpi.Handoffs, helpdesk.CapTeamHistory, "shows none"},
			{kpi.HandoffSeconds, helpdesk.CapTeamHistory, "shows none"},
		},
	},
	"groove": {
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return groove.New(api, groove.Options{BaseURL: base})
		},
		serve: func(d *simulator.Desk) http.Handler { return simulator.Groove(d, simulator.GrooveOptions{}) },
		login: bearer,
		desk:  simulator.Options{Resolution: time.Second, Feed: true},
		differs: []difference{
			{kpi.CSATRatings, helpdesk.CapCSAT, "knows three grades"},
			{kpi.CSATSurveysSent, helpdesk.CapCSAT, "shows none"},
		},
	},
	"intercom": {
		new: func(api rest.Doer, _ string) helpdesk.Collector { return intercom.New(api) },
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Intercom(d, simulator.IntercomOptions{Limit: 1 << 30, Window: time.Second})
		},
		login: bearer,
		desk:  simulator.Options{Resolution: time.Second, Feed: true},
		differs: []difference{
			{kpi.ConversationsExcluded, helpdesk.CapExclusion, "knows no spam and no trash"},
			{kpi.ClocksCancelled, helpdesk.CapExclusion, "goes on for spam and trash"},
			{kpi.SLAEvents, helpdesk.CapExclusion, "goes on for spam and trash"},
			{kpi.OpenConversations, helpdesk.CapExclusion, "shows spam and trash"},
			{kpi.UnassignedConversations, helpdesk.CapExclusion, "shows spam and trash"},
			{kpi.WaitingConversations, helpdesk.CapExclusion, "shows spam and trash"},
			{kpi.PastTier, helpdesk.CapExclusion, "shows spam and trash"},
		},
	},
	"requesttracker": {
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return requesttracker.New(api, requesttracker.Options{
				BaseURL: base, ChannelField: "Channel", CSATField: "CSAT", Bots: []string{"desk.bot", "assistant"},
			})
		},
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.RequestTracker(d, simulator.RequestTrackerOptions{HideComments: true})
		},
		login: func(r *http.Request) { r.Header.Set("Authorization", "token key") },
		desk:  simulator.Options{Resolution: time.Second, Feed: true},
		differs: []difference{
			{kpi.CSATSurveysSent, helpdesk.CapCSAT, "shows none"},
		},
	},
	"zendesk": {
		new: func(api rest.Doer, base string) helpdesk.Collector {
			return zendesk.New(api, zendesk.Options{BaseURL: base, Bots: []string{"Desk Bot", "Assistant"}, ExportCalls: 1 << 20})
		},
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Zendesk(d, simulator.ZendeskOptions{Limit: 1 << 20, ExportLimit: 1 << 20})
		},
		login: bearer,
		desk:  simulator.Options{Resolution: time.Second, Feed: true},
		differs: []difference{
			{kpi.CSATRatings, helpdesk.CapCSAT, "knows good and bad"},
			{kpi.ConversationsExcluded, helpdesk.CapExclusion, "calls spam deleted"},
		},
	},
}

func bearer(r *http.Request) { r.Header.Set("Authorization", "Bearer key") }
func basic(r *http.Request)  { r.SetBasicAuth("key", "X") }

const (
	minute = time.Minute
	hour   = time.Hour
)

func does(after time.Duration, agent int, what simulator.What) simulator.Line {
	return simulator.Does(after, agent, simulator.Happening{What: what})
}

func asks(at time.Duration) simulator.Line { return simulator.Says(at, helpdesk.AuthorCustomer) }

func takes(at time.Duration, agent int) simulator.Line {
	return simulator.Does(at, agent, simulator.Happening{What: simulator.Assigned, User: simulator.Agent(agent)})
}

func answers(at time.Duration, agent int) simulator.Line { return simulator.Replies(at, agent) }

func routed(at time.Duration, team int) simulator.Line {
	return simulator.Befalls(at, simulator.Happening{What: simulator.Teamed, Team: simulator.TeamID(team)})
}

func talk(lines ...simulator.Line) simulator.Scripted { return simulator.Scripted{Lines: lines} }

// stories are the conversations that every vendor tells. The first is open until
// the end: another one is merged into it.
func stories() []simulator.Scripted {
	bot := simulator.Happening{What: simulator.Spoke, Message: &simulator.Message{Author: helpdesk.AuthorBot, User: simulator.Agent(0) - 1, Public: true}}
	survey := func(at time.Duration, what simulator.What, score int) simulator.Line {
		h := simulator.Happening{What: what, Survey: 6_900_001, Score: score}
		if what == simulator.SurveyScored {
			return simulator.Line{After: at, Happening: simulator.Happening{What: what, Actor: helpdesk.ActorCustomer, Survey: h.Survey, Score: score}}
		}
		return simulator.Befalls(at, h)
	}
	return []simulator.Scripted{
		talk(asks(hour)), // nobody answers
		talk( // answered once, and rated
			asks(10*minute), takes(30*minute, 0), answers(hour, 0), does(61*minute, 0, simulator.Closed),
			survey(61*minute, simulator.SurveyMade, 0), survey(2*hour, simulator.SurveySent, 0), survey(3*hour, simulator.SurveyScored, 4),
		),
		talk( // answered more than once
			asks(15*minute), takes(20*minute, 0), answers(25*minute, 0), asks(2*hour), asks(150*minute), answers(5*hour, 0),
			does(5*hour+minute, 0, simulator.Closed),
		),
		talk(asks(20*minute), takes(3*hour, 1), does(4*hour, 1, simulator.Closed)), // closed without an answer
		talk( // reopened by the customer, long after it was closed
			asks(25*minute), takes(40*minute, 1), answers(45*minute, 1), does(50*minute, 1, simulator.Closed),
			asks(3*hour), simulator.Befalls(3*hour, simulator.Happening{What: simulator.Reopened}), answers(4*hour, 1), does(6*hour, 1, simulator.Closed),
		),
		talk( // reopened at once: the close did not last
			asks(35*minute), takes(50*minute, 1), answers(55*minute, 1), does(hour, 1, simulator.Closed),
			asks(75*minute), simulator.Befalls(75*minute, simulator.Happening{What: simulator.Reopened}), answers(2*hour, 1), does(3*hour, 1, simulator.Closed),
		),
		talk( // handed over, and snoozed
			asks(30*minute), takes(hour, 0), routed(2*hour, 0), does(2*hour, 0, simulator.Unassigned), routed(150*minute, 1), takes(3*hour, 1),
			answers(4*hour, 1), simulator.Does(250*minute, 1, simulator.Happening{What: simulator.Snoozed, Until: collectortest.Opens.Add(8 * hour)}),
			simulator.Befalls(8*hour, simulator.Happening{What: simulator.Woken}), answers(9*hour, 1), does(10*hour, 1, simulator.Closed),
		),
		talk(asks(40*minute), does(50*minute, 0, simulator.Spammed)),
		talk(asks(42*minute), does(52*minute, 0, simulator.Trashed)),
		talk(asks(90*minute), simulator.Does(2*hour, 0, simulator.Happening{What: simulator.Merged, Into: simulator.FirstTicket})),
		talk( // a rule and a bot answer before an agent does
			asks(45*minute), simulator.Says(45*minute+10*time.Second, helpdesk.AuthorRule), simulator.Befalls(46*minute, bot),
			takes(2*hour, 0), answers(2*hour+minute, 0), does(7*hour, 0, simulator.Closed),
		),
		{Outbound: true, Lines: []simulator.Line{ // the team writes first
			answers(hour, 0), asks(2 * hour), answers(150*minute, 0), does(3*hour, 0, simulator.Closed),
		}},
	}
}

func TestTheSameConversationsGiveTheSameNumbersInEveryDialect(t *testing.T) {
	if diff := cmp.Diff(collectors.Vendors(), slices.Sorted(maps.Keys(tellers))); diff != "" {
		t.Errorf("vendors (-configurable +told): give each a line in tellers\n%s", diff)
	}
	for name, v := range tellers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := collectortest.Read(t, collectortest.Vendor{
				New: v.new, Login: v.login, Secret: "key", Desk: v.desk,
				Dialect: func(d *simulator.Desk, _ func(*http.Request)) http.Handler { return v.serve(d) },
			}, stories(), 36*hour)
			if len(r.True) < 50 {
				t.Fatalf("the stories have only %d numbers", len(r.True))
			}
			others := map[string]bool{}
			for _, d := range v.differs {
				if level := r.Capabilities[d.wants]; level == helpdesk.Exact {
					t.Errorf("%s %s, although %s is exact", d.family.Name, d.is, d.wants)
				}
				others[d.family.Name] = false
			}
			for _, key := range slices.Sorted(maps.Keys(union(r))) {
				if math.Abs(r.True[key]-r.Got[key]) < 1e-6 {
					continue
				}
				family := familyOf(key)
				if _, named := others[family]; !named {
					t.Errorf("%s: %g, not %g", key, r.Got[key], r.True[key])
				}
				others[family] = true
			}
			for family, is := range others {
				if !is {
					t.Errorf("%s does not differ: it need not be named", family)
				}
			}
		})
	}
}

func union(r collectortest.Reading) map[string]float64 {
	all := maps.Clone(r.True)
	maps.Copy(all, r.Got)
	return all
}

// familyOf is the name of a series' family.
func familyOf(series string) string {
	name, _, _ := strings.Cut(series, "{")
	return strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count")
}
