package intercom_test

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/intercom"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

const conformanceToken = "hunter2-intercom-token"

func TestConformance(t *testing.T) {
	mix := simulator.DefaultMix()
	// What Intercom does not have: spam, a bin, and news of what was not delivered.
	mix.Spam, mix.Trash, mix.Undelivered = 0, 0, 0
	mix.Delete = 0 // it leaves no trace: told by scripts, of what was read before
	collectortest.Run(t, collectortest.Vendor{
		New: func(api rest.Doer, _ string) helpdesk.Collector { return intercom.New(api) },
		Dialect: func(d *simulator.Desk, before func(*http.Request)) http.Handler {
			return simulator.Intercom(d, simulator.IntercomOptions{
				Token: conformanceToken, Limit: 1 << 30, Window: time.Second, BeforeEach: before,
			})
		},
		Login:    func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+conformanceToken) },
		Secret:   conformanceToken,
		Linkless: true,
		Desk: simulator.Options{Feed: true, Resolution: time.Second, Mix: &mix, Channels: []helpdesk.Channel{
			helpdesk.ChannelEmail, helpdesk.ChannelChat, helpdesk.ChannelWhatsApp, helpdesk.ChannelMessenger,
			helpdesk.ChannelInstagramDM, helpdesk.ChannelSMS, helpdesk.ChannelPhone,
		}},
		Tell: tell,
		Lists: map[helpdesk.Stream]string{
			helpdesk.StreamConversations: "/conversations/search", helpdesk.StreamAgents: "/admins", helpdesk.StreamTeams: "/teams",
			helpdesk.StreamOpen: openSet,
		},
		List:         list,
		Conversation: func(id int64) string { return "/conversations/" + strconv.FormatInt(id, 10) },
		Optional: []collectortest.Field{
			{Path: "/conversations/search", Name: "waiting_since"}, {Path: "/conversations/search", Name: "statistics"},
			{Path: "/conversations/search", Name: "source"}, {Path: "/conversations/search", Name: "tags"},
			{Path: "/conversations/search", Name: "title"}, {Path: "/admins", Name: "team_ids"}, {Path: "/teams", Name: "admin_ids"},
		},
		Unknown: []collectortest.Field{
			{Path: "/conversations/search", Name: "state"}, {Path: "/conversations/search", Name: "priority"},
		},
		PageSize: 150,
		Extra:    5,
		Idle:     1, // the list of what was deleted
		Each:     1,
	})
}

// openSet stands for the search for what is open: it has the path of the search
// for what changed.
const openSet = "/conversations/search?open"

// list tells the two searches apart.
func list(r *http.Request) string {
	if r.URL.Path != "/conversations/search" {
		return r.URL.Path
	}
	body, _ := io.ReadAll(r.Body) // what is missing does not name the open set
	r.Body = io.NopCloser(bytes.NewReader(body))
	if bytes.Contains(body, []byte(`"snoozed"`)) {
		return openSet
	}
	return r.URL.Path
}

// tell puts a conversation as Intercom can tell it: rules are the workspace's
// bot, and priorities are two.
func tell(c truth.Conversation) truth.Conversation {
	for i, r := range c.Records {
		if m, ok := r.(helpdesk.Message); ok && m.Author == helpdesk.AuthorRule {
			m.Author = helpdesk.AuthorBot
			c.Records[i] = m
		}
	}
	return c
}
