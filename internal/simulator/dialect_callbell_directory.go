package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func (c *callbell) me(*Books, *http.Request) (any, error) {
	return object{"status": "ok", "user_email": "owner@desk.example", "user_name": "Owner", "api_key": c.o.Key}, nil
}

// bot is the last flow of a contact. It begins when a bot writes or takes the
// contact, and ends when an agent does, when the bot leaves it, or with the close.
func (c *callbell) bot(b *Books, r *http.Request) (any, error) {
	t := c.ticket(b, r)
	if t == nil {
		return nil, errNotFound
	}
	var began time.Time
	runs := false
	for _, h := range t.Log {
		switch {
		case botDoes(b, h) && !runs:
			began, runs = h.At, true
		case h.What == Closed, h.What == Unassigned, h.What == Assigned && !botDoes(b, h),
			h.What == Spoke && h.Message.Public && h.Message.Author == helpdesk.AuthorAgent:
			runs = false
		}
	}
	if began.IsZero() {
		return nil, errNotFound // it never met one
	}
	status := "ended"
	if runs {
		status = "in_progress"
	}
	return object{"bot": object{
		"uuid": fmt.Sprintf("%032x", b.Bot()), "name": b.User(b.Bot()).Name, "status": status, "conversationStartedAt": plainTime(began),
		"version": 1, "latestBotVersion": true,
	}}, nil
}

func botDoes(b *Books, h Happening) bool {
	switch h.What {
	case Spoke:
		return h.Message.Author == helpdesk.AuthorBot
	case Assigned:
		return b.User(h.User).Bot
	}
	return false
}

func (c *callbell) channels(b *Books, _ *http.Request) (any, error) {
	return object{"channels": []any{object{
		"uuid": "7c996996fea947f4a1d5a11e7fac84db", "title": "phone_number_1", "type": "whatsapp", "main": true, "discardedAt": false,
	}}, "meta": onePage}, nil
}

// onePage is the meta of lists that never had another.
var onePage = object{"page": 1, "pages": 1}

func (c *callbell) teams(b *Books, _ *http.Request) (any, error) {
	rows := []any{}
	for i := range b.Teams {
		rows = append(rows, callbellTeam(b, &b.Teams[i]))
	}
	return object{"teams": rows, "meta": onePage}, nil
}

func callbellTeam(b *Books, t *Team) object {
	return object{
		"uuid": fmt.Sprintf("%032x", t.ID), "name": t.Name, "createdAt": plainTime(b.Began), "default": t.ID == firstTeam,
		"members": len(callbellMembers(b, t.ID)),
	}
}

// callbellMembers are the agents of a team. The first agent is in every team.
func callbellMembers(b *Books, team int64) []*User {
	var all []*User
	for i := range b.Users {
		if u := &b.Users[i]; !u.Bot && (u.Team == team || u.ID == Agent(0)) {
			all = append(all, u)
		}
	}
	return all
}

func (c *callbell) members(b *Books, r *http.Request) (any, error) {
	team, err := strconv.ParseInt(r.PathValue("uuid"), 16, 64)
	if err != nil || b.Team(team) == nil {
		return nil, errNotFound
	}
	rows := []any{}
	for _, u := range callbellMembers(b, team) {
		rows = append(rows, object{
			"email": callbellEmail(u), "name": u.Name, "available": u.works(b.Now), "lastUpdatedAt": plainTime(u.since(b.Now)),
		})
	}
	return object{"users": rows, "meta": onePage}, nil
}

// since is when a user came or left last, before an instant.
func (u *User) since(now time.Time) time.Time {
	at := now.Truncate(time.Hour)
	for range 24 * 7 {
		if u.works(at.Add(-time.Hour)) != u.works(now) {
			break
		}
		at = at.Add(-time.Hour)
	}
	return at
}

// callbellEmail is how the vendor names an agent.
func callbellEmail(u *User) string {
	return strings.ToLower(strings.ReplaceAll(u.Name, " ", ".")) + "@desk.example"
}

func (c *callbell) customStatuses(b *Books, _ *http.Request) (any, error) {
	return object{"customStatuses": []any{object{
		"name": "In meeting", "createdAt": blankTime(b.Began), "updatedAt": blankTime(b.Began), "emoji": "💬",
		"id": "25003aa2-d2b0-4089-852a-3e216e0a7495",
	}}, "meta": onePage}, nil
}

func (c *callbell) funnels(b *Books, _ *http.Request) (any, error) {
	return object{"funnels": []any{object{
		"position": 1, "name": "Interest", "emoji": "👁️", "createdAt": blankTime(b.Began), "uuid": "1cd7845e-6b93-453d-b015-9dce35d16f39",
	}}}, nil
}

func (c *callbell) plan(b *Books, _ *http.Request) (any, error) {
	teams := []any{}
	for i := range b.Teams {
		teams = append(teams, callbellTeam(b, &b.Teams[i]))
	}
	return object{"plan": "business_plus", "includedChannels": 3, "licenses": len(b.Users), "activeUsers": len(b.Users), "teams": teams}, nil
}
