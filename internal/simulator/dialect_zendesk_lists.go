package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// zdList is a page of a list by a cursor. links.next is there on the last page
// too.
func zdList(r *http.Request, path, key string, rows []object) (any, error) {
	q := r.URL.Query()
	size, err := strconv.Atoi(q.Get("page[size]"))
	if err != nil || size < 1 || size > zdMostRows {
		size = zdMostRows
	}
	from := 0
	if after := q.Get("page[after]"); after != "" {
		place, err := parseZdPlace(after)
		if err != nil {
			return nil, err
		}
		for from < len(rows) && rows[from]["id"] != place.id {
			from++
		}
		from = min(from+1, len(rows))
	}
	rows = rows[from:]
	more := len(rows) > size
	rows = rows[:min(size, len(rows))]
	meta, links := object{"has_more": more, "after_cursor": nil, "before_cursor": nil}, object{"prev": nil, "next": nil}
	if len(rows) > 0 {
		last := zdPlace{id: rows[len(rows)-1]["id"].(int64)}.String()
		meta["after_cursor"], links["next"] = last, zdURL(r, path+".json?page%5Bafter%5D="+last)
	}
	return object{key: rows, "meta": meta, "links": links}, nil
}

// listed are the tickets that lists show: what is deleted is in exports only.
func (z *zendesk) listed() []*zdTicket {
	var out []*zdTicket
	for _, k := range z.order {
		if k.status() != "deleted" {
			out = append(out, k)
		}
	}
	return out
}

func (z *zendesk) list(_ *Books, r *http.Request) (any, error) {
	shown := z.listed()
	switch r.URL.Query().Get("sort") {
	case "-updated_at":
		slices.SortStableFunc(shown, func(x, y *zdTicket) int { return y.updated.Compare(x.updated) })
	case "updated_at":
		slices.SortStableFunc(shown, func(x, y *zdTicket) int { return x.updated.Compare(y.updated) })
	case "-id":
		slices.Reverse(shown)
	case "status":
		slices.SortStableFunc(shown, func(x, y *zdTicket) int {
			return slices.Index(zdStatuses, x.status()) - slices.Index(zdStatuses, y.status())
		})
	}
	return zdList(r, "/tickets", "tickets", z.rows(r, shown))
}

// zdStatuses are the statuses in the order of lists.
var zdStatuses = []string{"new", "open", "pending", "hold", "solved", "closed"}

func (z *zendesk) showMany(_ *Books, r *http.Request) (any, error) {
	wanted := strings.Split(r.URL.Query().Get("ids"), ",")
	if len(wanted) > zdMostRows {
		return nil, zdInvalid(http.StatusBadRequest, "TooManyValues", "ids has too many values")
	}
	var shown []*zdTicket
	for _, k := range z.listed() {
		if slices.Contains(wanted, number(k.t.ID)) {
			shown = append(shown, k)
		}
	}
	return object{"tickets": z.rows(r, shown), "count": len(shown), "next_page": nil, "previous_page": nil}, nil
}

// one is the ticket of a path: what is deleted has no page.
func (z *zendesk) one(r *http.Request) (*zdTicket, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	k := z.tickets[id]
	if err != nil || k == nil || k.status() == "deleted" {
		return nil, zdNotFound
	}
	return k, nil
}

func (z *zendesk) show(_ *Books, r *http.Request) (any, error) {
	k, err := z.one(r)
	if err != nil {
		return nil, err
	}
	return object{"ticket": z.rows(r, []*zdTicket{k})[0]}, nil
}

func (z *zendesk) ticketAudits(_ *Books, r *http.Request) (any, error) {
	k, err := z.one(r)
	if err != nil {
		return nil, err
	}
	rows := []object{}
	for _, a := range k.audits {
		rows = append(rows, a.audit())
	}
	return zdList(r, "/tickets/"+r.PathValue("id")+"/audits", "audits", rows)
}

// audit is an audit as the ticket's own list has it: values of changes are
// strings, ids too.
func (a *zdAudit) audit() object {
	events := []object{}
	for _, p := range a.parts {
		if p.message != nil {
			events = append(events, a.comment(p, object{}))
			if via := zdCommentVia(a, p); via != a.via {
				events[len(events)-1]["via"] = zdViaObject(via)
			}
			continue
		}
		e := object{"id": p.id, "type": "Change", "field_name": p.field, "value": zdValue(p.value), "previous_value": zdValue(p.was)}
		if p.create {
			e["type"] = "Create"
			delete(e, "previous_value")
		}
		events = append(events, e)
	}
	return object{
		"id": a.id, "ticket_id": a.ticket.t.ID, "created_at": rtTime(a.at), "author_id": a.by, "via": zdViaObject(a.via),
		"metadata": object{"system": object{"client": plantedText, "ip_address": "192.0.2.1"}, "custom": object{}}, "events": events,
	}
}

func zdValue(v any) any {
	if n, ok := v.(int64); ok {
		return number(n)
	}
	return v
}

func (z *zendesk) ticketComments(_ *Books, r *http.Request) (any, error) {
	k, err := z.one(r)
	if err != nil {
		return nil, err
	}
	rows := []object{}
	for _, a := range k.audits {
		for _, p := range a.parts {
			if p.message != nil {
				rows = append(rows, a.comment(p, object{
					"via": zdViaObject(zdCommentVia(a, p)), "created_at": rtTime(a.at), "metadata": object{"system": object{}, "custom": object{}},
				}))
			}
		}
	}
	return zdList(r, "/tickets/"+r.PathValue("id")+"/comments", "comments", rows)
}

// ratings are the surveys that were sent, by their creation.
func (z *zendesk) ratings(b *Books, r *http.Request) (any, error) {
	q := r.URL.Query()
	from, till := time.Time{}, b.Now
	if q.Get("start_time") != "" {
		var err error
		if from, err = z.startTime(b, q); err != nil {
			return nil, err
		}
	}
	if n, err := strconv.ParseInt(q.Get("end_time"), 10, 64); err == nil {
		till = time.Unix(n, 0)
	}
	rows := []object{}
	for _, k := range z.order {
		v := &k.state.Survey
		if v.Sent.IsZero() || v.Sent.Before(from) || v.Sent.After(till) {
			continue
		}
		rows = append(rows, object{
			"id": v.ID, "url": zdURL(r, "/satisfaction_ratings/"+number(v.ID)+".json"), "score": zdScore(v), "comment": plantedText,
			"reason": "No reason provided", "reason_id": nil, "reason_code": 0, "ticket_id": k.t.ID, "assignee_id": zdID(k.state.Agent),
			"group_id": zdID(k.state.Team), "requester_id": k.t.Customer, "created_at": rtTime(v.Sent), "updated_at": rtTime(k.survey),
		})
	}
	slices.SortStableFunc(rows, func(x, y object) int { return strings.Compare(x["created_at"].(string), y["created_at"].(string)) })
	return zdList(r, "/satisfaction_ratings", "satisfaction_ratings", rows)
}

// users are agents and administrators where roles are asked for, else customers
// too.
func (z *zendesk) users(b *Books, r *http.Request) (any, error) {
	rows := []object{}
	for i := range b.Users {
		rows = append(rows, zdUser(r, b.Users[i].ID, b.Users[i].Name, userEmail(&b.Users[i]), "agent", joined(b, &b.Users[i])))
	}
	if len(r.URL.Query()["role[]"]) == 0 && r.URL.Query().Get("role") == "" {
		for i := range b.Customers {
			c := &b.Customers[i]
			rows = append(rows, zdUser(r, c.ID, c.First+" "+c.Last, c.Email, "end-user", b.Began))
		}
	}
	return zdList(r, "/users", "users", rows)
}

// zdAdministrator is whose credentials are let in.
const zdAdministrator = 360_000_000_001

func (z *zendesk) user(b *Books, r *http.Request) (any, error) {
	if r.PathValue("id") == "me" {
		return object{"user": zdUser(r, zdAdministrator, "Exporter", "exporter@desk.example", "admin", b.Began)}, nil
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // 0 is nobody
	if u := b.User(id); u != nil {
		return object{"user": zdUser(r, u.ID, u.Name, userEmail(u), "agent", joined(b, u))}, nil
	}
	if c := b.Customer(id); c != nil {
		return object{"user": zdUser(r, c.ID, c.First+" "+c.Last, c.Email, "end-user", b.Began)}, nil
	}
	return nil, zdNotFound
}

func zdUser(r *http.Request, id int64, name, email, role string, created time.Time) object {
	return object{
		"id": id, "url": zdURL(r, "/users/"+number(id)+".json"), "name": name, "email": email, "role": role, "role_type": nil,
		"custom_role_id": nil, "active": true, "suspended": false, "default_group_id": nil, "organization_id": nil, "tags": []string{},
		"created_at": rtTime(created), "updated_at": rtTime(created), "last_login_at": nil, "shared_agent": false, "restricted_agent": false,
	}
}

func (z *zendesk) groups(b *Books, r *http.Request) (any, error) {
	rows := []object{}
	for _, t := range b.Teams {
		rows = append(rows, object{
			"id": t.ID, "url": zdURL(r, "/groups/"+number(t.ID)+".json"), "name": t.Name, "description": "", "default": t.ID == firstTeam,
			"deleted": false, "is_public": true, "created_at": rtTime(b.Began), "updated_at": rtTime(b.Began),
		})
	}
	return zdList(r, "/groups", "groups", rows)
}

func (z *zendesk) brands(_ *Books, r *http.Request) (any, error) {
	return zdList(r, "/brands", "brands", []object{{"id": int64(zdBrand), "name": zdBrandName, "active": true, "default": true}})
}

// zdBrandName is the account's only brand.
const zdBrandName = "Acme"

func (z *zendesk) schedules(b *Books, _ *http.Request) (any, error) {
	days := []object{}
	for day := 1; day <= 5; day++ {
		days = append(days, object{"start_time": (24*day + 9) * 60, "end_time": (24*day + 17) * 60})
	}
	return object{"schedules": []object{{
		"id": 29006094707860, "name": "Office", "time_zone": "Berlin", "intervals": days, "created_at": rtTime(b.Began), "updated_at": rtTime(b.Began),
	}}}, nil
}

// availabilities are where agents are: online in their shift.
func (z *zendesk) availabilities(b *Books, _ *http.Request) (any, error) {
	load := map[int64]int{}
	for _, k := range z.order {
		if s := &k.state; s.Status.Live() && k.status() != "deleted" {
			load[s.Agent]++
		}
	}
	data, included := []object{}, []object{}
	for i := range b.Users {
		u, state := &b.Users[i], "offline"
		if u.Bot {
			continue
		}
		if u.works(b.Now) {
			state = "online"
		}
		data = append(data, object{"id": number(u.ID), "type": "agent_availabilities", "attributes": object{
			"agent_id": u.ID, "group_ids": []int64{u.Team}, "skills": []any{}, "version": 1,
			"agent_status": object{"id": 1, "name": state, "reason": "UNKNOWN", "updated_at": rtTime(b.Began)},
		}})
		included = append(included, object{
			"id": "agent_availabilities|" + number(u.ID) + "|channels|support", "type": "channels", "attributes": object{
				"name": "support", "status": state, "updated_at": rtTime(b.Began), "work_item_count": load[u.ID], "max_capacity": 20,
			},
		})
	}
	return object{
		"data": data, "included": included, "links": object{"prev": nil, "next": nil},
		"meta": object{"has_more": false, "after_cursor": nil, "before_cursor": nil},
	}, nil
}
