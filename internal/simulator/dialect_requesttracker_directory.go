package simulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// version is that of the RT whose answers were recorded.
func (rt *requestTracker) version(*Books, *http.Request) (any, error) {
	return object{"Version": "5.0.3"}, nil
}

// rtUser is an account: an agent, a bot, a customer, or one of RT's own.
type rtUser struct {
	id         int64
	name, real string
	email      any
	privileged int
}

// account returns a user by number; ok is false when there is none.
func (rt *requestTracker) account(b *Books, id int64) (u rtUser, ok bool) {
	switch id {
	case rtSystem:
		return rtUser{id: id, name: "RT_System", real: "The RT System itself"}, true
	case rtNobody:
		return rtUser{id: id, name: "Nobody", real: "Nobody in particular", email: ""}, true
	case rtOutreach:
		return rtUser{id: id, name: "outreach", real: "Outreach", email: "outreach@desk.example", privileged: 1}, true
	}
	if u := b.User(id); u != nil {
		return rtUser{id: id, name: RTName(u.Name), real: u.Name, email: userEmail(u), privileged: 1}, true
	}
	if c := b.Customer(id); c != nil {
		return rtUser{id: id, name: c.Email, real: c.First + " " + c.Last, email: c.Email}, true
	}
	return rtUser{}, false
}

// RTName is the user name of an agent or a bot in RT.
func RTName(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", ".") }

// numbers lists all accounts.
func (rt *requestTracker) numbers(b *Books) []int64 {
	ids := []int64{rtSystem, rtNobody, rtOutreach}
	for _, u := range b.Users {
		ids = append(ids, u.ID)
	}
	for _, c := range b.Customers {
		ids = append(ids, c.ID)
	}
	return ids
}

// userRef links to a user: by name, and by number when fields[…]=id asks.
func (rt *requestTracker) userRef(b *Books, r *http.Request, id int64) rtRef {
	u, _ := rt.account(b, id)
	return rtRef{
		link: object{"type": "user", "id": u.name, "_url": rtURL(r, "user", u.name)},
		more: object{"id": u.id, "Name": u.name, "RealName": u.real}, // Privileged is "" there
	}
}

// user is one account, by number or by name.
func (rt *requestTracker) user(b *Books, r *http.Request) (any, error) {
	key := r.PathValue("id")
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		for _, n := range rt.numbers(b) {
			if u, _ := rt.account(b, n); strings.EqualFold(u.name, key) {
				id = n
			}
		}
	}
	u, ok := rt.account(b, id)
	if !ok {
		return nil, rtNotFound
	}
	return object{
		"Name": u.name, "RealName": u.real, "EmailAddress": u.email, "Privileged": u.privileged,
		"_hyperlinks": []any{object{"ref": "self", "type": "user", "id": u.id, "_url": rtURL(r, "user", number(u.id))}},
	}, nil
}

// users lists all accounts but RT's own.
func (rt *requestTracker) users(b *Books, r *http.Request) (any, error) {
	q, p := r.URL.Query(), rtPaging(r.URL.Query())
	ids := rt.numbers(b)[2:]
	items := []any{}
	from, to := p.cut(len(ids))
	for _, id := range ids[from:to] {
		u, _ := rt.account(b, id)
		row := rtRow{"type": "user", "id": u.name, "_url": rtURL(r, "user", u.name), "Name": u.name, "RealName": u.real}
		items = append(items, row.choose(q))
	}
	return rtList(r, p, items, len(ids)), nil
}

// rtQueue is a team's queue; tickets of no team are in the first one.
func rtQueue(team int64) int64 {
	if team == 0 {
		return 1
	}
	return team - firstTeam + 3
}

// GeneralQueue is the name of the queue of tickets without a team.
const GeneralQueue = "General"

func rtQueueName(team int64) string {
	if team == 0 {
		return GeneralQueue
	}
	return teamNames[(team-firstTeam)%int64(len(teamNames))]
}

func (rt *requestTracker) queueRef(r *http.Request, team int64) rtRef {
	id := number(rtQueue(team))
	return rtRef{
		link: object{"type": "queue", "id": id, "_url": rtURL(r, "queue", id)},
		more: object{"Name": rtQueueName(team), "Lifecycle": "default", "id": id},
	}
}

// queues lists the queues, disabled ones when find_disabled_rows asks: the
// queue of approvals always is.
func (rt *requestTracker) queues(b *Books, r *http.Request) (any, error) {
	q, p := r.URL.Query(), rtPaging(r.URL.Query())
	row := func(id int64, name, lifecycle, disabled string) rtRow {
		return rtRow{
			"type": "queue", "id": number(id), "_url": rtURL(r, "queue", number(id)), "Name": name,
			"Description": "", "Lifecycle": lifecycle, "SLADisabled": "0", "Disabled": disabled,
		}
	}
	rows := []rtRow{row(1, GeneralQueue, "default", "0")}
	if q.Get("find_disabled_rows") == "1" {
		rows = append(rows, row(2, "___Approvals", "approvals", "2"))
	}
	for _, t := range b.Teams {
		rows = append(rows, row(rtQueue(t.ID), t.Name, "default", "0"))
	}
	slices.SortFunc(rows, func(a, b rtRow) int { return cmp.Compare(a["Name"].(string), b["Name"].(string)) })
	items := []any{}
	from, to := p.cut(len(rows))
	for _, row := range rows[from:to] {
		items = append(items, row.choose(q))
	}
	return rtList(r, p, items, len(rows)), nil
}

// Groups of RT.
var rtGroups = []struct {
	id           int64
	name, domain string
}{
	{3, "Everyone", "SystemInternal"}, {4, "Privileged", "SystemInternal"}, {5, "Unprivileged", "SystemInternal"},
	{27, "Agents", "UserDefined"}, {28, "Readers", "UserDefined"},
}

func (rt *requestTracker) groups(_ *Books, r *http.Request) (any, error) {
	q, p := r.URL.Query(), rtPaging(r.URL.Query())
	var rows []rtRow
	for _, g := range rtGroups {
		if strings.Contains(q.Get("query"), `"`+g.domain+`"`) {
			rows = append(rows, rtRow{
				"type": "group", "id": number(g.id), "_url": rtURL(r, "group", number(g.id)),
				"Name": g.name, "Domain": g.domain, "Description": "",
			})
		}
	}
	items := []any{}
	from, to := p.cut(len(rows))
	for _, row := range rows[from:to] {
		items = append(items, row.choose(q))
	}
	return rtList(r, p, items, len(rows)), nil
}

// members of the system group of privileged users, for who may see them.
func (rt *requestTracker) members(b *Books, r *http.Request) (any, error) {
	if !rt.o.Members {
		return nil, rtForbidden
	}
	p, items := rtPaging(r.URL.Query()), []any{}
	var ids []int64
	if r.PathValue("id") == "4" {
		for _, u := range b.Users {
			ids = append(ids, u.ID)
		}
		ids = append(ids, rtOutreach)
	}
	from, to := p.cut(len(ids))
	for _, id := range ids[from:to] {
		items = append(items, object{"type": "user", "id": id, "_url": rtURL(r, "user", number(id))})
	}
	o := rtList(r, p, items, len(ids))
	delete(o, "pages") // recorded so
	return o, nil
}

// rtCustomFields are the custom fields of tickets.
var rtCustomFields = []struct {
	id         int64
	name, kind string
}{{rtChannelField, "Channel", "Select"}, {rtCSATField, "CSAT", "Select"}, {4, "Tags", "Freeform"}}

func (rt *requestTracker) customFields(_ *Books, r *http.Request) (any, error) {
	q, p := r.URL.Query(), rtPaging(r.URL.Query())
	items := []any{}
	from, to := p.cut(len(rtCustomFields))
	for _, f := range rtCustomFields[from:to] {
		row := rtRow{
			"type": "customfield", "id": number(f.id), "_url": rtURL(r, "customfield", number(f.id)), "Name": f.name,
			"Type": f.kind, "MaxValues": "1", "LookupType": "RT::Queue-RT::Ticket",
		}
		items = append(items, row.choose(q))
	}
	return rtList(r, p, items, len(rtCustomFields)), nil
}
