package gorgias_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/gorgias"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

const conformanceKey = "hunter2-gorgias-key"

func TestConformance(t *testing.T) {
	collectortest.Run(t, collectortest.Vendor{
		New: func(api rest.Doer, base string) helpdesk.Collector {
			return gorgias.New(api, gorgias.Options{BaseURL: base})
		},
		Dialect: func(d *simulator.Desk, before func(*http.Request)) http.Handler {
			return simulator.Gorgias(d, simulator.GorgiasOptions{
				Username: "bot@desk.example", Password: conformanceKey, Bucket: 1 << 30, Window: time.Second, BeforeEach: before,
			})
		},
		Login:   func(r *http.Request) { r.SetBasicAuth("bot@desk.example", conformanceKey) },
		Secret:  conformanceKey,
		Desk:    simulator.Options{FixedTeams: true},
		Tell:    tell,
		Forgets: true,
		Lists: map[helpdesk.Stream]string{
			helpdesk.StreamEvents: "/api/events", helpdesk.StreamMessages: "/api/messages", helpdesk.StreamConversations: "/api/tickets",
			helpdesk.StreamRatings: "/api/satisfaction-surveys", helpdesk.StreamAgents: "/api/users", helpdesk.StreamTeams: "/api/teams",
			helpdesk.StreamOpen: "/api/views",
		},
		Conversation: func(id int64) string { return "/api/tickets/" + strconv.FormatInt(id, 10) },
		Single:       func(r *http.Request) bool { return r.URL.Query().Has("object_id") },
		Optional: []collectortest.Field{
			{Path: "/api/tickets", Name: "language"}, {Path: "/api/tickets", Name: "tags"}, {Path: "/api/tickets", Name: "integrations"},
			{Path: "/api/tickets", Name: "from_agent"}, {Path: "/api/tickets", Name: "messages_count"}, {Path: "/api/tickets", Name: "priority"},
			{Path: "/api/tickets", Name: "customer"}, {Path: "/api/tickets", Name: "subject"}, {Path: "/api/tickets", Name: "via"},
			{Path: "/api/messages", Name: "sent_datetime"}, {Path: "/api/messages", Name: "receiver"}, {Path: "/api/messages", Name: "subject"},
			{Path: "/api/events", Name: "data"}, {Path: "/api/events", Name: "uri"}, {Path: "/api/users", Name: "timezone"},
			{Path: "/api/teams", Name: "members"},
		},
		Unknown: []collectortest.Field{
			{Path: "/api/tickets", Name: "via"}, {Path: "/api/tickets", Name: "priority"}, {Path: "/api/messages", Name: "via"},
			{Path: "/api/messages", Name: "channel"},
		},
		PageSize: 100,
		Extra:    2,
	})
}

// tell puts a conversation as Gorgias can tell it: an assignment does not say
// to whom, so that a bot's looks like an agent's.
func tell(c truth.Conversation) truth.Conversation {
	for i, r := range c.Records {
		if a, ok := r.(helpdesk.Assignment); ok && a.To == helpdesk.HolderBot {
			a.To = helpdesk.HolderAgent
			c.Records[i] = a
		}
	}
	return c
}
