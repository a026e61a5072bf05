package zendesk_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/zendesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

const conformanceToken = "hunter2hunter2"

func TestConformance(t *testing.T) {
	collectortest.Run(t, collectortest.Vendor{
		New: func(api rest.Doer, base string) helpdesk.Collector {
			return zendesk.New(api, zendesk.Options{BaseURL: base, Bots: []string{"Desk Bot", "Assistant"}, ExportCalls: 1 << 20})
		},
		Dialect: func(d *simulator.Desk, before func(*http.Request)) http.Handler {
			return simulator.Zendesk(d, simulator.ZendeskOptions{
				Token: conformanceToken, Limit: 1 << 20, ExportLimit: 1 << 20, ExportPage: 700, BeforeEach: before,
			})
		},
		Login:  func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+conformanceToken) },
		Secret: conformanceToken,
		Desk:   simulator.Options{Feed: true, Resolution: time.Second, Channels: channels},
		Tell:   tell,
		Lists: map[helpdesk.Stream]string{
			helpdesk.StreamEvents:        "/api/v2/incremental/ticket_events",
			helpdesk.StreamConversations: "/api/v2/incremental/tickets/cursor",
			helpdesk.StreamRatings:       "/api/v2/satisfaction_ratings",
			helpdesk.StreamAgents:        "/api/v2/users",
			helpdesk.StreamTeams:         "/api/v2/groups",
			helpdesk.StreamOpen:          "/api/v2/tickets",
		},
		List: func(r *http.Request) string {
			if r.URL.Path == "/api/v2/agent_availabilities" {
				return "/api/v2/users" // both are of the agents
			}
			return r.URL.Path
		},
		Conversation: func(id int64) string { return "/api/v2/tickets/" + strconv.FormatInt(id, 10) },
		PageSize:     700,
		Extra:        4,
	})
}

// channels are those that Zendesk names.
var channels = []helpdesk.Channel{
	helpdesk.ChannelEmail, helpdesk.ChannelContactForm, helpdesk.ChannelHelpCenter, helpdesk.ChannelAPI, helpdesk.ChannelFacebook,
	helpdesk.ChannelTwitter, helpdesk.ChannelChat, helpdesk.ChannelPhone, helpdesk.ChannelSMS, helpdesk.ChannelWhatsApp,
	helpdesk.ChannelInstagramDM,
}

// tell puts a conversation as Zendesk can tell it: nobody has touched what is
// new, a snooze is "hold", spam is deleted, a campaign is a trigger's, answers
// to the survey are good or bad, and deliveries are not told.
func tell(c truth.Conversation) truth.Conversation {
	held := func(s helpdesk.Status) helpdesk.Status {
		if s == helpdesk.StatusSnoozed {
			return helpdesk.StatusOnHold
		}
		return s
	}
	deleted := func(x helpdesk.Exclusion) helpdesk.Exclusion {
		if x == helpdesk.ExcludedSpam {
			return helpdesk.ExcludedDeleted
		}
		return x
	}
	c.Row.Status, c.Row.Excluded = held(c.Row.Status), deleted(c.Row.Excluded)
	touched := false
	for i, r := range c.Records {
		switch r := r.(type) {
		case helpdesk.Message:
			r.Undelivered = false
			if r.Author == helpdesk.AuthorCampaign {
				r.Author = helpdesk.AuthorRule
			}
			touched = touched || r.Agent != ""
			c.Records[i] = r
		case helpdesk.StatusChange:
			touched = touched || r.Excluded == helpdesk.NotExcluded && r.Change != helpdesk.ChangeRestored
			r.To, r.Excluded, r.Cause = held(r.To), deleted(r.Excluded), ""
			c.Records[i] = r
		case helpdesk.Assignment:
			touched = touched || r.Agent != ""
			if r.To == helpdesk.HolderNobody {
				r.To = helpdesk.HolderTeam
			}
			c.Records[i] = r
		case helpdesk.Rating:
			switch {
			case r.Score >= 4:
				r.Score = 5
			case r.Score > 0:
				r.Score = 1
			}
			c.Records[i] = r
		}
	}
	if c.Row.Status == helpdesk.StatusOpen && !touched {
		c.Row.Status = helpdesk.StatusNew
	}
	return c
}
