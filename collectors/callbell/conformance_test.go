package callbell_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/callbell"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

const conformanceKey = "hunter2-callbell-key"

// mix is a desk as Callbell has it: nothing is snoozed, merged or trashed, nobody
// asks for ratings, and rules do not write. Nothing is reopened either: a
// reopening wipes the close before it, so that what is told depends on who looked
// when. Reopenings have tests of their own, with an exporter that looks in time.
func mix() *simulator.Mix {
	m := simulator.DefaultMix()
	m.Snooze, m.Merge, m.Trash, m.Delete, m.Unspam, m.Survey, m.Acknowledge = 0, 0, 0, 0, 0, 0, 0
	m.Known, m.Reached, m.Return, m.Slip = 0, 0, 0, 0
	return &m
}

func TestConformance(t *testing.T) {
	collectortest.Run(t, collectortest.Vendor{
		New: func(api rest.Doer, _ string) helpdesk.Collector {
			return callbell.New(api, callbell.Options{ReopenGrace: 30 * time.Minute})
		},
		Dialect: func(d *simulator.Desk, before func(*http.Request)) http.Handler {
			return simulator.Callbell(d, simulator.CallbellOptions{Key: conformanceKey, Limit: 1 << 30, BeforeEach: before})
		},
		Login:  func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+conformanceKey) },
		Secret: conformanceKey,
		Desk: simulator.Options{
			Resolution: time.Second, Mix: mix(), Endless: 30 * time.Minute, Channels: simulator.CallbellChannels, FixedTeams: true,
		},
		Tell:      tell,
		Estimated: []*kpi.Family{kpi.HandleSeconds},
		Lists: map[helpdesk.Stream]string{
			helpdesk.StreamConversations: "/v1/contacts", helpdesk.StreamOpen: "/v1/contacts",
			helpdesk.StreamTeams: "/v1/teams", helpdesk.StreamAgents: "/v1/teams",
		},
		Search:       "/v1/contacts",
		Conversation: func(id int64) string { return "/v1/contacts/" + simulator.CallbellUUID(id) },
		Single:       func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/messages") },
		Optional: []collectortest.Field{
			{Path: "/v1/contacts", Name: "funnelId"}, {Path: "/v1/contacts", Name: "avatarUrl"}, {Path: "/v1/contacts", Name: "name"},
			{Path: "/v1/contacts", Name: "phoneNumber"}, {Path: "/v1/contacts", Name: "tags"}, {Path: "/v1/contacts", Name: "customFields"},
			{Path: "/v1/contacts", Name: "text"}, {Path: "/v1/contacts", Name: "channel"},
		},
		Unknown: []collectortest.Field{
			{Path: "/v1/contacts", Name: "funnelId"}, {Path: "/v1/teams", Name: "default"},
		},
		Nameless: true,
		PageSize: 20,
		Idle:     5, // the messages of three contacts, the members of two more teams
		OpenRows: true,
		Extra:    10,
		Each:     1,
	})
}

// tell puts a conversation as Callbell can tell it: whatever the account sent
// looks like an agent's, nobody knows who closed, and no delivery is told.
func tell(c truth.Conversation) truth.Conversation {
	c.Records = slices.DeleteFunc(c.Records, func(r helpdesk.Record) bool {
		a, ok := r.(helpdesk.Assignment)
		return ok && a.To == helpdesk.HolderBot
	})
	for i, r := range c.Records {
		switch r := r.(type) {
		case helpdesk.Message:
			r.Undelivered = false
			if r.Author != helpdesk.AuthorCustomer {
				r.Author = helpdesk.AuthorAgent
			}
			c.Records[i] = r
		case helpdesk.StatusChange:
			r.By = helpdesk.ActorUnknown
			c.Records[i] = r
		}
	}
	return c
}
