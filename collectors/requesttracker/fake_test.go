package requesttracker

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const fakeBase = "https://rt.example.test"

// monday is where the fake's time begins.
var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// fakeRT answers like RT 5.0.3 does for an account without SuperUser: it cuts
// pages before it removes hidden rows, tells no total of transactions, leaves
// deleted and merged tickets out of searches, and writes numbers as strings.
type fakeRT struct {
	t       *testing.T
	users   []fakeUser
	queues  []fakeQueue
	tickets map[int]*fakeTicket
	txs     []fakeTx // by ascending id
	hidden  map[int]bool
	fail    func(rest.Request) error
	// noOwnRows is set where the account may not see what was merged away.
	noOwnRows bool
	calls     []string
}

type fakeUser struct {
	id         int
	name, real string
	privileged bool
}

type fakeQueue struct {
	id              int
	name, lifecycle string
	disabled        int
}

type fakeTicket struct {
	id, owner, creator, queue int
	requestors                []int
	kind, status              string
	created, updated          time.Time
	resolved                  time.Time
	into                      int // merged into
	forbidden                 bool
	fields                    map[string]string
}

type fakeTx struct {
	id, ticket, by       int
	kind, field, old, to string
	at                   time.Time
}

var fieldIDs = map[string]string{"Channel": "2", "CSAT": "3"}

func newFake(t *testing.T) *fakeRT {
	return &fakeRT{
		t: t,
		users: []fakeUser{
			{1, "RT_System", "The RT System itself", false}, {6, "Nobody", "Nobody in particular", false},
			{29, "alice", "Alice Agent", true}, {31, "bob", "Bob Agent", true}, {33, "helper-bot", "Helper", true},
			{39, "carol@customer.test", "Carol", false}, {40, "cc@customer.test", "", false},
		},
		queues:  []fakeQueue{{1, "General", "default", 0}, {2, "___Approvals", "approvals", 2}, {3, "Billing", "default", 0}, {4, "Vendor", "custom", 0}, {5, "Old", "default", 1}},
		tickets: map[int]*fakeTicket{},
		hidden:  map[int]bool{},
	}
}

// ticket adds a ticket that carol opened, and its first transaction.
func (f *fakeRT) ticket(id int, at time.Time) *fakeTicket {
	t := &fakeTicket{
		id: id, owner: 6, creator: 39, queue: 1, requestors: []int{39}, kind: "ticket", status: "new",
		created: at, updated: at, fields: map[string]string{},
	}
	f.tickets[id] = t
	f.add(id, 39, "Create", at)
	return t
}

// add adds a transaction "Type", "Type Field" or "Type Field old new" and
// returns its id. Ids grow by two: other records take numbers too.
func (f *fakeRT) add(ticket, by int, what string, at time.Time) int {
	x := fakeTx{id: 2, ticket: ticket, by: by, at: at}
	if n := len(f.txs); n > 0 {
		x.id = f.txs[n-1].id + 2
	}
	parts := strings.SplitN(what, "|", 4)
	x.kind = parts[0]
	if len(parts) == 4 {
		x.field, x.old, x.to = parts[1], parts[2], parts[3]
	}
	if t := f.tickets[ticket]; t.updated.Before(at) {
		t.updated = at
	}
	f.txs = append(f.txs, x)
	return x.id
}

// count returns how many calls there were since the last count, by endpoint.
func (f *fakeRT) count() map[string]int {
	n := map[string]int{}
	for _, c := range f.calls {
		n[c]++
	}
	f.calls = nil
	return n
}

// Do implements rest.Doer.
func (f *fakeRT) Do(_ context.Context, r rest.Request, out any) error {
	f.t.Helper()
	f.calls = append(f.calls, strings.TrimPrefix(r.Endpoint, api))
	if f.fail != nil {
		if err := f.fail(r); err != nil {
			return err
		}
	}
	answer, reason := f.answer(r)
	if reason != "" {
		return &rest.Error{Reason: reason, Endpoint: r.Endpoint}
	}
	b, err := json.Marshal(answer)
	if err != nil {
		f.t.Fatal(err)
	}
	if json.Unmarshal(b, out) != nil {
		return &rest.Error{Reason: rest.ReasonDecode, Endpoint: r.Endpoint}
	}
	return nil
}

func (f *fakeRT) answer(r rest.Request) (any, rest.Reason) {
	path := strings.TrimPrefix(r.Path, api)
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch strings.TrimPrefix(r.Endpoint, api) {
	case "/transactions":
		return f.transactions(r), ""
	case "/tickets":
		return f.search(r), ""
	case "/ticket/{id}":
		return f.single(last)
	case "/user/{id}":
		for _, u := range f.users {
			if last == strconv.Itoa(u.id) || last == u.name {
				link := map[string]any{"ref": "self", "type": "user", "id": u.id}
				return map[string]any{"Name": u.name, "RealName": u.real, "Privileged": map[bool]int{true: 1}[u.privileged], "_hyperlinks": []any{link}}, ""
			}
		}
		return nil, rest.ReasonGone
	case "/queues/all":
		var items []any
		for _, q := range f.queues {
			items = append(items, map[string]any{"id": strconv.Itoa(q.id), "Name": q.name, "Lifecycle": q.lifecycle, "Disabled": strconv.Itoa(q.disabled)})
		}
		return f.page(items, r, true), ""
	case "/groups":
		return f.page([]any{map[string]any{"type": "group", "id": "4", "Name": "Privileged"}}, r, true), ""
	case "/group/{id}/members":
		return nil, rest.ReasonForbidden
	}
	return nil, rest.ReasonGone
}

var (
	reFrom   = regexp.MustCompile(`\bid >= (\d+)`)
	reBelow  = regexp.MustCompile(`\bid < (\d+)`)
	reAbove  = regexp.MustCompile(`\bid > (\d+)`)
	reID     = regexp.MustCompile(`\bid = (\d+)`)
	reObject = regexp.MustCompile(`\bObjectId = (\d+)`)
	reStatus = regexp.MustCompile(`Status = '([^_'][^']*)'`)
	reCycle  = regexp.MustCompile(`Lifecycle = '([^']*)'`)
)

func numbers(re *regexp.Regexp, sql string) []int {
	var out []int
	for _, m := range re.FindAllStringSubmatch(sql, -1) {
		n, _ := strconv.Atoi(m[1])
		out = append(out, n)
	}
	return out
}

func (f *fakeRT) transactions(r rest.Request) any {
	f.t.Helper()
	sql := r.Query.Get("query")
	if r.Query.Get("orderby") != "id" || r.Query.Get("order") != "DESC" || !strings.HasPrefix(sql, "ObjectType='RT::Ticket'") {
		f.t.Errorf("unexpected search of transactions: %v", r.Query)
	}
	from, below, only, objects := numbers(reFrom, sql), numbers(reBelow, sql), numbers(reID, sql), numbers(reObject, sql)
	var items []any
	for _, x := range slices.Backward(f.txs) {
		if len(from) > 0 && x.id < from[0] || len(below) > 0 && x.id >= below[0] ||
			len(only) > 0 && !slices.Contains(only, x.id) || len(objects) > 0 && !slices.Contains(objects, x.ticket) {
			continue
		}
		if strings.Contains(sql, "Type='") && strings.Contains(sql, " Type=") || strings.Contains(sql, "(Type=") {
			if !strings.Contains(sql, "Type='"+x.kind+"'") || x.kind == "Set" && !strings.Contains(sql, "Field='"+x.field+"'") {
				continue
			}
		}
		items = append(items, map[string]any{
			"type": "transaction", "id": strconv.Itoa(x.id), "ObjectId": strconv.Itoa(x.ticket), "Type": x.kind, "Field": x.field,
			"OldValue": x.old, "NewValue": x.to, "Created": x.at.Format(time.RFC3339), "Creator": f.ref(x.by, true),
		})
	}
	p := f.page(items, r, false)
	p["items"] = slices.DeleteFunc(p["items"].([]any), func(v any) bool {
		id, _ := strconv.Atoi(v.(map[string]any)["id"].(string))
		return f.hidden[id]
	})
	return p
}

func (f *fakeRT) page(items []any, r rest.Request, total bool) map[string]any {
	per, _ := strconv.Atoi(r.Query.Get("per_page"))
	n, _ := strconv.Atoi(r.Query.Get("page"))
	if per = min(per, 100); per == 0 {
		per = 20
	}
	n = max(n, 1)
	p := map[string]any{"page": n, "per_page": per, "total": nil}
	if total {
		p["total"] = len(items)
	}
	lo := min((n-1)*per, len(items))
	p["items"] = append([]any{}, items[lo:min(lo+per, len(items))]...)
	return p
}

func (f *fakeRT) ref(user int, expanded bool) any {
	for _, u := range f.users {
		if u.id == user {
			r := map[string]any{"type": "user", "id": u.name, "_url": fakeBase + "/REST/2.0/user/" + u.name}
			if expanded {
				r["id"] = u.id
			}
			return r
		}
	}
	f.t.Fatalf("no user %d", user)
	return nil
}

func (f *fakeRT) row(t *fakeTicket, expanded bool) map[string]any {
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return "1970-01-01T00:00:00Z"
		}
		return at.Format(time.RFC3339)
	}
	queue := map[string]any{"type": "queue", "id": strconv.Itoa(t.queue)}
	for _, q := range f.queues {
		if q.id == t.queue && expanded {
			queue["Name"], queue["Lifecycle"] = q.name, q.lifecycle
		}
	}
	requestors := []any{}
	for _, u := range t.requestors {
		requestors = append(requestors, f.ref(u, expanded))
	}
	fields := []any{}
	for name, id := range fieldIDs {
		values := []string{}
		if v := t.fields[name]; v != "" {
			values = append(values, v)
		}
		fields = append(fields, map[string]any{"id": id, "type": "customfield", "name": name, "values": values})
	}
	var id any = t.id
	if expanded {
		id = strconv.Itoa(t.id)
	}
	return map[string]any{
		"id": id, "type": "ticket", "Type": t.kind, "Status": t.status, "Priority": "0", "Queue": queue, "Owner": f.ref(t.owner, expanded),
		"Creator": f.ref(t.creator, expanded), "Requestor": requestors, "CustomFields": fields,
		"Created": stamp(t.created), "LastUpdated": stamp(t.updated), "Resolved": stamp(t.resolved),
	}
}

func (f *fakeRT) lifecycle(t *fakeTicket) string {
	for _, q := range f.queues {
		if q.id == t.queue {
			return q.lifecycle
		}
	}
	return ""
}

var fakeActive = map[string]bool{"new": true, "open": true, "stalled": true, "waiting vendor": true}

func (f *fakeRT) search(r rest.Request) any {
	sql := r.Query.Get("query")
	above, only := numbers(reAbove, sql), numbers(reID, sql)
	status, cycle := reStatus.FindStringSubmatch(sql), reCycle.FindStringSubmatch(sql)
	var ids []int
	for id := range f.tickets {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	items := []any{}
	for _, id := range ids {
		t := f.tickets[id]
		switch {
		case t.status == "deleted", t.into != 0 && (!strings.Contains(sql, "EffectiveId") || f.noOwnRows), t.kind != "ticket", t.forbidden:
		case len(above) > 0 && id <= above[0], len(only) > 0 && !slices.Contains(only, id):
		case status != nil && t.status != status[1], cycle != nil && f.lifecycle(t) != cycle[1]:
		case strings.Contains(sql, "'__Active__'") && !fakeActive[t.status]:
		case strings.Contains(sql, "'__Inactive__'") && fakeActive[t.status]:
		default:
			items = append(items, f.row(t, true))
		}
	}
	return f.page(items, r, true)
}

func (f *fakeRT) single(last string) (any, rest.Reason) {
	id, _ := strconv.Atoi(last)
	t := f.tickets[id]
	switch {
	case t == nil:
		return nil, rest.ReasonGone
	case t.forbidden:
		return nil, rest.ReasonForbidden
	case t.into != 0:
		return f.row(f.tickets[t.into], false), ""
	}
	return f.row(t, false), ""
}

func (f *fakeRT) collector(o Options) *Collector {
	o.BaseURL = fakeBase
	return New(f, o)
}

// errServer is RT's answer of 500.
func errServer(r rest.Request) error {
	return &rest.Error{Reason: rest.ReasonServer, Endpoint: r.Endpoint, Code: 500, Err: fmt.Errorf("internal server error")}
}
