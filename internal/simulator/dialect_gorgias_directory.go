package simulator

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

func splitName(name string) (first, last string) {
	first, last, _ = strings.Cut(name, " ")
	return first, last
}

func userEmail(u *User) string {
	return strings.ReplaceAll(strings.ToLower(u.Name), " ", ".") + "@desk.example"
}

func personObject(c *Customer) object {
	return object{
		"id": c.ID, "email": c.Email, "name": c.First + " " + c.Last, "firstname": c.First, "lastname": c.Last,
		"meta": object{"name_set_via": "email"},
	}
}

func customerObject(c *Customer) object { return personObject(c) }

func assigneeObject(u *User) any {
	if u == nil {
		return nil
	}
	first, last := splitName(u.Name)
	return object{
		"id": u.ID, "email": userEmail(u), "name": u.Name, "firstname": first, "lastname": last,
		"meta": object{"name_set_via": "agent"}, "bio": nil,
	}
}

func teamObject(t *Team) any {
	if t == nil {
		return nil
	}
	return object{"id": t.ID, "name": t.Name, "decoration": object{}}
}

func (g *gorgias) userObject(b *Books, r *http.Request, u *User) object {
	role, zone := "agent", any("Europe/Lisbon")
	if u.Bot {
		role, zone = "bot", nil
	}
	first, last := splitName(u.Name)
	return object{
		"id": u.ID, "active": true, "bio": nil, "created_datetime": stamp(joined(b, u)), "country": nil,
		"deactivated_datetime": nil, "email": userEmail(u), "external_id": nil, "firstname": first, "has_password": false,
		"has_2fa_enabled": false, "lastname": last, "language": nil, "meta": object{}, "name": u.Name,
		"role": object{"name": role}, "timezone": zone, "updated_datetime": stamp(joined(b, u)), "client_id": nil,
		"uri": fmt.Sprintf("https://%s/api/users/%d/", r.Host, u.ID),
	}
}

// joined is when a user was added to the account, before the desk opened.
func joined(b *Books, u *User) time.Time {
	return b.Began.Add(-1000 * time.Hour).Add(time.Duration(u.ID-firstUser) * time.Minute)
}

func (g *gorgias) users(b *Books, r *http.Request) (any, error) {
	req, err := listRequest(r.URL.Query(), "created_datetime", "name", "id")
	if err != nil {
		return nil, err
	}
	users := slices.Clone(b.Users)
	slices.SortFunc(users, func(x, y User) int {
		if req.field == "name" {
			return cmp.Compare(x.Name, y.Name)
		}
		return cmp.Compare(x.ID, y.ID)
	})
	l := listing{
		n:     len(users),
		key:   func(i int) (time.Time, int64) { return b.Began.Add(time.Duration(i) * time.Microsecond), int64(i) },
		shows: func(int) bool { return true },
		row:   func(i int) any { return g.userObject(b, r, &users[i]) },
	}
	rows, prev, next := l.page(req)
	return list(r, rows, prev, next, true), nil
}

// user is one user; 0 is who asks.
func (g *gorgias) user(b *Books, r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	if id == 0 {
		id = Agent(0)
	}
	if u := b.User(id); u != nil {
		return g.userObject(b, r, u), nil
	}
	return nil, errNotFound
}

func (g *gorgias) teams(b *Books, r *http.Request) (any, error) {
	req, err := listRequest(r.URL.Query(), "created_datetime", "name")
	if err != nil {
		return nil, err
	}
	l := listing{
		n:     len(b.Teams),
		key:   func(i int) (time.Time, int64) { return b.Began.Add(time.Duration(i) * time.Microsecond), int64(i) },
		shows: func(int) bool { return true },
		row:   func(i int) any { return g.teamRow(b, &b.Teams[i]) },
	}
	rows, prev, next := l.page(req)
	return list(r, rows, prev, next, false), nil
}

func (g *gorgias) teamRow(b *Books, t *Team) object {
	members := []any{}
	for i := range b.Users {
		if u := &b.Users[i]; u.Team == t.ID {
			members = append(members, object{"id": u.ID, "name": u.Name, "email": userEmail(u), "meta": object{}})
		}
	}
	return object{
		"id": t.ID, "uri": fmt.Sprintf("/api/teams/%d/", t.ID), "name": t.Name, "description": nil, "decoration": object{},
		"members": members, "created_datetime": stamp(b.Began.Add(-1000 * time.Hour)),
	}
}

func (g *gorgias) account(b *Books, r *http.Request) (any, error) {
	domain, _, _ := strings.Cut(r.Host, ".")
	return object{
		"domain": domain, "created_datetime": stamp(b.Began.Add(-1000 * time.Hour)), "deactivated_datetime": nil,
		"status": object{"status": "active"}, "settings": []any{},
	}, nil
}

func (g *gorgias) settings(*Books, *http.Request) (any, error) {
	return object{"data": []any{
		object{"id": 158_892, "type": "business-hours", "data": object{
			"timezone": "UTC", "business_hours": []any{object{"days": "1,2,3,4,5", "from_time": "08:00", "to_time": "20:00"}},
		}},
		object{"id": 158_893, "type": "ticket-assignment", "data": object{
			"unassign_on_reply": false, "assignment_channels": []string{"chat"}, "auto_assign_to_teams": false,
			"max_user_chat_ticket": 3, "max_user_non_chat_ticket": 4,
		}},
	}}, nil
}
