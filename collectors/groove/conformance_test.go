package groove_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/groove"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

const conformanceToken = "hunter2-groove-token"

func TestConformance(t *testing.T) {
	collectortest.Run(t, conformance(simulator.GrooveOptions{}))
}

func TestConformanceInTheSchemaOf2020(t *testing.T) {
	collectortest.Run(t, conformance(simulator.GrooveOptions{Old: true}))
}

func conformance(o simulator.GrooveOptions) collectortest.Vendor {
	mix := simulator.DefaultMix()
	mix.Outbound, mix.Greeting, mix.BotAnswers = 0, 0, 0 // there are no bots and no campaigns
	return collectortest.Vendor{
		New: func(api rest.Doer, base string) helpdesk.Collector {
			return groove.New(api, groove.Options{BaseURL: base})
		},
		Dialect: func(d *simulator.Desk, before func(*http.Request)) http.Handler {
			o := o // worlds are made in parallel
			o.Token, o.BeforeEach = conformanceToken, before
			return simulator.Groove(d, o)
		},
		Login:    func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+conformanceToken) },
		Secret:   conformanceToken,
		Linkless: true,
		Desk: simulator.Options{Feed: true, Resolution: time.Second, Mix: &mix, Channels: []helpdesk.Channel{
			helpdesk.ChannelEmail, helpdesk.ChannelFacebook, helpdesk.ChannelTwitter, helpdesk.ChannelTwitterDM, helpdesk.ChannelContactForm,
		}},
		Tell:    tell,
		Forgets: true,
		List:    listOf,
		Lists: map[helpdesk.Stream]string{
			helpdesk.StreamConversations: "conversations", helpdesk.StreamOpen: "open", helpdesk.StreamAgents: "agents", helpdesk.StreamTeams: "teams",
		},
		Conversation: func(id int64) string { return "single/" + strconv.FormatInt(id, 10) },
		Single:       func(r *http.Request) bool { return listOf(r) == "history" },
		PageSize:     50,
		Each:         1,
		Extra:        2,
	}
}

// listOf names what a request asks for: all go to one path.
func listOf(r *http.Request) string {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	var q struct {
		Query     string
		Variables struct{ Number int64 }
	}
	if json.Unmarshal(b, &q) != nil {
		return ""
	}
	for _, name := range []string{"state: UNREAD", "state: OPENED", "state: SNOOZED"} {
		if strings.Contains(q.Query, name) {
			return "open"
		}
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(q.Query, "query "), "(")
	switch name = strings.ToLower(name); name {
	case "events", "changes":
		return "history"
	case "conversation":
		return "single/" + strconv.FormatInt(q.Variables.Number, 10)
	}
	return name
}

// tell puts a conversation as Groove can tell it: three grades, no sending of
// surveys, no failed deliveries, no bots, and nothing of what belongs together.
func tell(c truth.Conversation) truth.Conversation {
	team := ""
	for i, r := range c.Records {
		switch r := r.(type) {
		case helpdesk.Message:
			r.Undelivered = false
			if r.Author == helpdesk.AuthorBot || r.Author == helpdesk.AuthorCampaign {
				r.Author = helpdesk.AuthorRule
			}
			c.Records[i] = r
		case helpdesk.StatusChange:
			r.Cause = ""
			c.Records[i] = r
		case helpdesk.Relabel:
			if r.Label == helpdesk.LabelTeam {
				team = r.To
			}
		case helpdesk.Assignment:
			if r.To == helpdesk.HolderBot {
				if r.To, r.Agent = helpdesk.HolderNobody, ""; team != "" {
					r.To = helpdesk.HolderTeam
				}
			}
			c.Records[i] = r
		case helpdesk.Rating:
			r.Sent = time.Time{}
			switch r.Score {
			case 4:
				r.Score = 5
			case 2:
				r.Score = 1
			}
			c.Records[i] = r
		}
	}
	return c
}
