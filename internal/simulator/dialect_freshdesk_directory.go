package simulator

import (
	"net/http"
	"time"
)

// agents is the directory of the team. Bots are none of it. With
// only=availability it tells who is there instead.
func (f *freshdesk) agents(b *Books, r *http.Request, h http.Header) (any, error) {
	var people []*User
	for i := range b.Users {
		if !b.Users[i].Bot {
			people = append(people, &b.Users[i])
		}
	}
	row := freshAgent
	if r.URL.Query().Get("only") == "availability" {
		row = freshAvailability
	}
	return freshPage(people, r, h, func(u *User) object { return row(b, u) })
}

// me is the agent whose key it is: one of the team that is no bot.
func (f *freshdesk) me(b *Books, _ *http.Request, _ http.Header) (any, error) {
	for i := range b.Users {
		if u := &b.Users[i]; !u.Bot {
			return freshAgent(b, u), nil
		}
	}
	return nil, freshNotFound
}

func freshAgent(b *Books, u *User) object {
	at := freshTime(joined(b, u))
	since := any(nil)
	if u.works(b.Now) {
		since = freshTime(b.Now.Truncate(time.Hour))
	}
	return object{
		"id": u.ID, "available": u.works(b.Now), "available_since": since, "occasional": false, "deactivated": false, "focus_mode": true,
		"type": "support_agent", "ticket_scope": 1, "signature": nil, "last_active_at": at, "created_at": at, "updated_at": at,
		"contact": object{
			"active": true, "email": userEmail(u), "name": u.Name, "job_title": nil, "language": "en", "last_login_at": nil, "mobile": nil,
			"phone": nil, "time_zone": "Lisbon", "created_at": at, "updated_at": at,
		},
	}
}

func freshAvailability(b *Books, u *User) object {
	return object{"agent_ref": u.ID, "channel_availability": []any{object{
		"channel": "Email queue", "available": u.works(b.Now), "logged_in": u.works(b.Now), "assignment_limit": 10, "current_assignment_load": 0,
		"round_robin_enabled": true, "pause_assignment": false, "status_id": 1, "availability_updated_at": freshTime(b.Now.Truncate(time.Hour)),
	}}}
}

func (f *freshdesk) groups(b *Books, r *http.Request, h http.Header) (any, error) {
	at := freshTime(b.Began.Add(-1000 * time.Hour))
	return freshPage(b.Teams, r, h, func(t Team) object {
		return object{
			"id": t.ID, "name": t.Name, "description": nil, "escalate_to": nil, "unassigned_for": nil, "business_hour_id": nil,
			"group_type": "support_agent_group", "created_at": at, "updated_at": at, "auto_ticket_assign": 1,
		}
	})
}

// ratings are the answers to surveys, oldest first: without created_since those
// of the last 30 days.
func (f *freshdesk) ratings(b *Books, r *http.Request, h http.Header) (any, error) {
	since := b.Now.AddDate(0, 0, -30)
	if s := r.URL.Query().Get("created_since"); s != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, s); err != nil {
			return nil, freshInvalid("created_since", "It should be in the combined date and time ISO8601 format")
		}
	}
	var found []freshRating
	for _, a := range f.answered {
		if !a.at.Before(since) {
			found = append(found, a)
		}
	}
	return freshPage(found, r, h, func(a freshRating) object {
		answer := map[int]int{1: -103, 2: -102, 3: 100, 4: 102, 5: 103}[a.score]
		return object{
			"id": a.id, "survey_id": freshSurvey, "user_id": a.requester, "agent_id": freshID(a.agent), "group_id": freshID(a.group),
			"feedback": plantedText, "ticket_id": a.ticket, "created_at": freshTime(a.at), "updated_at": freshTime(a.at),
			"ratings": object{"default_question": answer},
		}
	})
}

const freshSurvey = 67_000_084_490

func (f *freshdesk) surveys(b *Books, _ *http.Request, _ http.Header) (any, error) {
	at := freshTime(b.Began)
	return []any{object{
		"id": freshSurvey, "title": "Default Survey", "active": true, "created_at": at, "updated_at": at,
		"questions": []any{object{
			"id": "default_question", "label": "How was it?", "accepted_ratings": []int{103, 102, 100, -102, -103}, "default": true,
		}},
	}}, nil
}

func (f *freshdesk) nothing(*Books, *http.Request, http.Header) (any, error) { return []any{}, nil }

func (f *freshdesk) hours(b *Books, _ *http.Request, _ http.Header) (any, error) {
	at := freshTime(b.Began)
	day := object{"start_time": "8:00 am", "end_time": "8:00 pm"}
	return []any{object{
		"id": 1, "name": "Default", "description": "Default Business Calendar", "is_default": true, "time_zone": "Lisbon",
		"business_hours": object{"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day},
		"created_at":     at, "updated_at": at,
	}}, nil
}

// fields are the ticket's fields of one type: only that of the statuses has
// choices here.
func (f *freshdesk) fields(b *Books, r *http.Request, _ http.Header) (any, error) {
	if kind := r.URL.Query().Get("type"); kind != "" && kind != "default_status" {
		return []any{}, nil
	}
	at := freshTime(b.Began)
	return []any{object{
		"id": 1, "name": "status", "label": "Status", "type": "default_status", "default": true, "created_at": at, "updated_at": at,
		"choices": object{
			"2": []string{"Open", "Being Processed"}, "3": []string{"Pending", "Awaiting your Reply"},
			"4": []string{"Resolved", "This ticket has been Resolved"}, "5": []string{"Closed", "This ticket has been Closed"},
			"6": []string{"Waiting on Customer", "Awaiting your Reply"}, "7": []string{"Waiting on Third Party", "Being Processed"},
		},
	}}, nil
}
