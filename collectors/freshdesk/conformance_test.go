package freshdesk_test

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/freshdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

const conformanceKey = "hunter2-freshdesk-key"

func TestConformance(t *testing.T) {
	mix := simulator.DefaultMix()
	// Bots have no mark, and of what is closed and reopened between two rounds no
	// stamp is left.
	mix.Greeting, mix.BotAnswers = 0, 0
	collectortest.Run(t, collectortest.Vendor{
		New: func(api rest.Doer, base string) helpdesk.Collector {
			return freshdesk.New(api, freshdesk.Options{BaseURL: base})
		},
		Dialect: func(d *simulator.Desk, before func(*http.Request)) http.Handler {
			return simulator.Freshdesk(d, simulator.FreshdeskOptions{
				APIKey: conformanceKey, Credits: 1 << 30, Lists: 1 << 30, BeforeEach: before,
			})
		},
		Login:   func(r *http.Request) { r.SetBasicAuth(conformanceKey, "X") },
		Secret:  conformanceKey,
		Desk:    simulator.Options{FixedTeams: true, Resolution: time.Second, Mix: &mix},
		Tell:    tell,
		Witness: newWitness,
		Lists: map[helpdesk.Stream]string{
			helpdesk.StreamConversations: "/api/v2/tickets?all", helpdesk.StreamRatings: "/api/v2/surveys/satisfaction_ratings",
			helpdesk.StreamAgents: "/api/v2/agents", helpdesk.StreamTeams: "/api/v2/groups", helpdesk.StreamOpen: "/api/v2/search/tickets",
		},
		List: func(r *http.Request) string {
			if r.URL.Path == "/api/v2/tickets" {
				return r.URL.Path + "?" + cmp.Or(r.URL.Query().Get("filter"), "all")
			}
			return r.URL.Path
		},
		Conversation: func(id int64) string { return "/api/v2/tickets/" + strconv.FormatInt(id, 10) },
		Single:       func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/conversations") },
		Optional: []collectortest.Field{
			{Path: "/api/v2/tickets", Name: "priority"}, {Path: "/api/v2/tickets", Name: "due_by"}, {Path: "/api/v2/tickets", Name: "tags"},
			{Path: "/api/v2/agents", Name: "contact"}, {Path: "/api/v2/groups", Name: "business_hour_id"},
		},
		Unknown:  []collectortest.Field{{Path: "/api/v2/tickets", Name: "priority"}},
		Numbered: true,
		PageSize: 100,
		Extra:    8,
		Idle:     2,
		Each:     1,
	})
}

// tell puts a conversation as Freshdesk can tell it: of a close the agent who
// had it, of changes of labels and holders nothing, of a merge a close, no
// delivery and no sending of surveys.
func tell(c truth.Conversation) truth.Conversation {
	row := &c.Row
	row.Labels.Channel = channelOf(row.Labels.Channel)
	if row.Labels.Priority == "normal" {
		row.Labels.Priority = "medium"
	}
	row.Status = pending(row.Status)
	if row.Excluded == helpdesk.ExcludedMerged {
		row.Status, row.Closed, row.Excluded, row.ExcludedAt = helpdesk.StatusClosed, row.ExcludedAt, helpdesk.NotExcluded, time.Time{}
	}
	row.Messages = -1
	var records []helpdesk.Record
	holder := ""
	for _, r := range c.Records {
		switch r := r.(type) {
		case helpdesk.Message:
			r.Undelivered = false
			if r.Author == helpdesk.AuthorCampaign {
				r.Author = helpdesk.AuthorAgent
			}
			records = append(records, r)
		case helpdesk.StatusChange:
			records = append(records, changeOf(r, holder))
		case helpdesk.Assignment:
			holder = r.Agent
		case helpdesk.Rating:
			r.Sent = time.Time{}
			if r.Score != 0 {
				records = append(records, r)
			}
		}
	}
	c.Records = records
	return c
}

func changeOf(r helpdesk.StatusChange, holder string) helpdesk.StatusChange {
	if r.Excluded == helpdesk.ExcludedMerged {
		r.Change, r.To, r.Excluded = helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.NotExcluded
	}
	r.To, r.Cause = pending(r.To), ""
	r.By, r.Agent = helpdesk.ActorUnknown, ""
	if r.Change == helpdesk.ChangeClosed && holder != "" {
		r.By, r.Agent = helpdesk.ActorAgent, holder
	}
	return r
}

func pending(s helpdesk.Status) helpdesk.Status {
	if s == helpdesk.StatusSnoozed {
		return helpdesk.StatusPending
	}
	return s
}

// channelOf is what the source of a ticket tells.
func channelOf(c helpdesk.Channel) helpdesk.Channel {
	switch c {
	case helpdesk.ChannelEmail, helpdesk.ChannelContactForm, helpdesk.ChannelPhone, helpdesk.ChannelTwitter,
		helpdesk.ChannelFacebook, helpdesk.ChannelChat:
		return c
	default:
		return helpdesk.ChannelOther
	}
}
