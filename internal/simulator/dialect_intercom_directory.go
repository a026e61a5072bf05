package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

func (ic *intercom) me(b *Books, _ *http.Request) (any, error) {
	return object{
		"type": "admin", "id": number(b.Users[len(b.Users)-1].ID), "email": "api@desk.example", "name": "API", "email_verified": true,
		"app": object{
			"type": "app", "id_code": "h64a47v4", "name": "Desk", "created_at": b.Began.Unix(), "secure": false,
			"identity_verification": false, "timezone": "America/Los_Angeles", "region": "US",
		},
		"avatar": object{"type": "avatar", "image_url": nil}, "has_inbox_seat": true,
	}, nil
}

// admins are the teammates, away outside of their shifts, and the bot, which has
// no seat.
func (ic *intercom) admins(b *Books, _ *http.Request) (any, error) {
	rows := []object{icAdmin(intercomOperator, "Fin", "operator+h64a47v4@intercom.io", false, false, nil)}
	for i := range b.Users {
		u := &b.Users[i]
		if u.Bot {
			rows = append(rows, icAdmin(u.ID, u.Name, "operator+h64a47v4@intercom.io", false, false, nil))
			continue
		}
		rows = append(rows, icAdmin(u.ID, u.Name, userEmail(u), true, !u.works(b.Now), []int64{u.Team}))
	}
	return object{"type": "admin.list", "admins": rows}, nil
}

func icAdmin(id int64, name, email string, seat, away bool, teams []int64) object {
	if teams == nil {
		teams = []int64{}
	}
	return object{
		"type": "admin", "email": email, "id": number(id), "name": name, "away_mode_enabled": away, "away_mode_reassign": false,
		"has_inbox_seat": seat, "team_ids": teams, "team_priority_level": object{},
	}
}

func (ic *intercom) teams(b *Books, _ *http.Request) (any, error) {
	rows := []object{}
	for i := range b.Teams {
		rows = append(rows, icTeam(b, &b.Teams[i]))
	}
	return object{"type": "team.list", "teams": rows}, nil
}

func (ic *intercom) team(b *Books, r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil || b.Team(id) == nil {
		return nil, icNotFound
	}
	return icTeam(b, b.Team(id)), nil
}

func icTeam(b *Books, t *Team) object {
	members := []int64{}
	for _, u := range b.Users {
		if u.Team == t.ID && !u.Bot {
			members = append(members, u.ID)
		}
	}
	return object{
		"type": "team", "id": number(t.ID), "name": t.Name, "admin_ids": members, "assignment_limit": 10, "distribution_method": "round_robin",
	}
}

// officeHours are those of the desk, since version 2.16: nine to five from Monday
// to Friday, in minutes of the week.
func (ic *intercom) officeHours(b *Books, r *http.Request) (any, error) {
	if !newShape(r) {
		return nil, icNotFound
	}
	var open []object
	for day := range 5 {
		open = append(open, object{"start_minute": day*24*60 + 9*60, "end_minute": day*24*60 + 17*60, "day_of_week": day})
	}
	return object{"type": "office_hours_schedule.list", "data": []object{{
		"type": "office_hours_schedule", "id": "123", "name": "Office", "time_zone_name": "Etc/UTC", "time_intervals": open,
		"twenty_four_seven": false, "created_at": b.Began.Unix(), "updated_at": b.Began.Unix(),
	}}}, nil
}

// deleted is the list of deleted conversations, since version 2.16: the newest
// first, in pages of a number.
func (ic *intercom) deleted(b *Books, r *http.Request) (any, error) {
	if !newShape(r) {
		return nil, icNotFound
	}
	q := r.URL.Query()
	page, per := 1, intercomPage
	for name, v := range map[string]*int{"page": &page, "per_page": &per} {
		if s := q.Get(name); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 || name == "per_page" && n > 60 {
				return nil, icInvalid(name + " is not valid")
			}
			*v = n
		}
	}
	var gone []*Ticket
	for _, t := range b.Tickets {
		if t.now.Deleted {
			gone = append(gone, t)
		}
	}
	slices.SortStableFunc(gone, func(a, b *Ticket) int { return b.now.GoneAt.Compare(a.now.GoneAt) })
	rows := []object{}
	for _, t := range gone[min(len(gone), (page-1)*per):min(len(gone), page*per)] {
		rows = append(rows, object{"type": "conversation", "id": number(t.ID), "metrics_retained": true, "deleted_at": t.now.GoneAt.Unix()})
	}
	pages := object{"type": "pages", "next": nil, "page": page, "per_page": per, "total_pages": (len(gone) + per - 1) / per}
	if page*per < len(gone) {
		pages["next"] = fmt.Sprintf("https://%s/conversations/deleted?per_page=%d&order=desc&page=%d", r.Host, per, page+1)
	}
	return object{"type": "conversations.list", "total_count": len(gone), "pages": pages, "conversations": rows}, nil
}
