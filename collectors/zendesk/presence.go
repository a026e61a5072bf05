package zendesk

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const availabilityList = "/agent_availabilities"

// readAvailability reads the next page of who is there, in the shape of JSON:API:
// agents, and beside them their channels. Where the account has no such list,
// nobody's presence is known, and it is not asked for until the next sweep.
// https://developer.zendesk.com/api-reference/agent-availability/agent-availability-api/
func (c *Collector) readAvailability(ctx context.Context, after string) (helpdesk.Page, string, error) {
	var page helpdesk.Page
	q := url.Values{"include": {"channels"}}
	answer, err := c.listPage(ctx, availabilityList, availabilityList, after, q, rest.Background)
	if c.dir.apart = absent(err); c.dir.apart {
		return page, "", nil
	}
	if err != nil {
		return page, "", err
	}
	rows, next, err := answer.rows(availabilityList, "data", after)
	if err != nil {
		return page, "", err
	}
	channels := channelsOf(answer["included"])
	for _, raw := range rows {
		var row struct {
			Attributes availability `json:"attributes"`
		}
		if !lenient.Decode[id]("availability", raw, &row, &page) {
			continue
		}
		a := &row.Attributes
		if a.Agent == "" {
			lenient.Skip(&page, "id", "availability", a.Agent)
			continue
		}
		g := helpdesk.Agent{ID: string(a.Agent)}
		if g.Presence, g.Since = a.presence(channels[string(a.Agent)]); g.Presence != helpdesk.PresenceUnknown {
			page.Records = append(page.Records, g)
		}
	}
	return page, next, nil
}

// channelsOf are the channels of agents, by agent: the id of a row is
// "agent_availabilities|10011|channels|support".
func channelsOf(raw json.RawMessage) map[string][]channelAvailability {
	var rows []struct {
		ID         text                       `json:"id"`
		Attributes maybe[channelAvailability] `json:"attributes"`
	}
	all := map[string][]channelAvailability{}
	if len(raw) == 0 || lenient.Unmarshal(raw, &rows) != nil {
		return all
	}
	for _, r := range rows {
		if parts := strings.Split(string(r.ID), "|"); len(parts) == 4 && r.Attributes.OK {
			all[parts[1]] = append(all[parts[1]], r.Attributes.V)
		}
	}
	return all
}

// presence by the channels of an agent: who is online on any of them is there
// since the first, who is away on any is away. Without channels, by the unified
// status, whose names an account may add to: what is neither online nor offline
// is away.
func (a *availability) presence(channels []channelAvailability) (p helpdesk.Presence, since time.Time) {
	var first, last time.Time
	for _, ch := range channels {
		here := presenceOf(ch.Status)
		if here == helpdesk.PresenceUnknown {
			continue
		}
		at := ch.Updated.Time
		if here == helpdesk.Online && !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
		if p == helpdesk.PresenceUnknown || here < p {
			p = here
		}
		if at.After(last) {
			last = at
		}
	}
	switch p {
	case helpdesk.PresenceUnknown:
		return presenceOf(a.Status.V.Name), a.Status.V.Updated.Time
	case helpdesk.Online:
		return p, first
	default:
		return p, last
	}
}

func presenceOf(status text) helpdesk.Presence {
	switch strings.ToLower(string(status)) {
	case "":
		return helpdesk.PresenceUnknown
	case "online":
		return helpdesk.Online
	case "offline":
		return helpdesk.Offline
	default:
		return helpdesk.Away
	}
}
