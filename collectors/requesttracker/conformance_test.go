package requesttracker_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/requesttracker"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

const conformanceToken = "1-14-hunter2"

func TestConformance(t *testing.T) {
	mix := simulator.DefaultMix()
	mix.Merge = 0.03 // twice the usual: what was merged away takes searches of its own
	collectortest.Run(t, collectortest.Vendor{
		New: func(api rest.Doer, base string) helpdesk.Collector {
			return requesttracker.New(api, requesttracker.Options{
				BaseURL: base, ChannelField: "Channel", CSATField: "CSAT", Bots: []string{"desk.bot", "assistant"},
			})
		},
		Dialect: func(d *simulator.Desk, before func(*http.Request)) http.Handler {
			return simulator.RequestTracker(d, simulator.RequestTrackerOptions{
				Token: conformanceToken, HideComments: true, BeforeEach: before,
			})
		},
		Login:  func(r *http.Request) { r.Header.Set("Authorization", "token "+conformanceToken) },
		Secret: conformanceToken,
		Desk:   simulator.Options{Feed: true, Resolution: time.Second, Mix: &mix},
		Tell:   tell,
		Lists: map[helpdesk.Stream]string{
			helpdesk.StreamEvents: "/REST/2.0/transactions", helpdesk.StreamTeams: "/REST/2.0/queues",
			helpdesk.StreamAgents: "/REST/2.0/group", helpdesk.StreamOpen: "/REST/2.0/tickets",
		},
		Search:       "/REST/2.0/tickets",
		Conversation: func(id int64) string { return "/REST/2.0/ticket/" + strconv.FormatInt(id, 10) },
		Single:       func(r *http.Request) bool { return strings.Contains(r.URL.Query().Get("query"), "ObjectId") },
		Optional: []collectortest.Field{
			{Path: "/REST/2.0/tickets", Name: "Priority"}, {Path: "/REST/2.0/tickets", Name: "Resolved"},
			{Path: "/REST/2.0/queues", Name: "Disabled"}, {Path: "/REST/2.0/group", Name: "Name"},
		},
		Unknown: []collectortest.Field{
			{Path: "/REST/2.0/tickets", Name: "Status"}, {Path: "/REST/2.0/queues", Name: "Lifecycle"},
		},
		Numbered: true,
		PageSize: 100,
		Extra:    14,
	})
}

// tell puts a conversation as RT can tell it: every ticket is in a queue, a
// snooze is "stalled", a campaign is sent with an agent's account, deliveries
// and the sending of surveys are not told.
func tell(c truth.Conversation) truth.Conversation {
	queue := func(team string) string {
		if team == "" {
			return simulator.GeneralQueue
		}
		return team
	}
	stalled := func(s helpdesk.Status) helpdesk.Status {
		if s == helpdesk.StatusSnoozed {
			return helpdesk.StatusOnHold
		}
		return s
	}
	c.Row.Labels.Team, c.Row.Status = queue(c.Row.Labels.Team), stalled(c.Row.Status)
	spoken, moved := 0, false
	for i, r := range c.Records {
		switch r := r.(type) {
		case helpdesk.Message:
			r.Undelivered = false
			if r.Author == helpdesk.AuthorCampaign {
				r.Author = helpdesk.AuthorAgent
			}
			if r.Public {
				spoken++
			}
			c.Records[i] = r
		case helpdesk.StatusChange:
			moved = true
			r.To, r.Cause = stalled(r.To), ""
			c.Records[i] = r
		case helpdesk.Assignment:
			if r.To == helpdesk.HolderNobody {
				r.To = helpdesk.HolderTeam
			}
			c.Records[i] = r
		case helpdesk.Relabel:
			if r.Label == helpdesk.LabelTeam {
				r.From, r.To = queue(r.From), queue(r.To)
			}
			c.Records[i] = r
		case helpdesk.Rating:
			r.Sent = time.Time{}
			c.Records[i] = r
		}
	}
	if c.Row.Status == helpdesk.StatusOpen && spoken == 1 && !moved {
		c.Row.Status = helpdesk.StatusNew
	}
	return c
}
