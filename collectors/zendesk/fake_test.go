package zendesk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// now is the helpdesk's clock of the tests.
var now = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// object is a JSON object of the vendor's.
type object map[string]any

// fakeAPI is a small Zendesk: two exports that hide the last minute, lists that
// page by a cursor, single tickets with their audits, and the calls that were made.
type fakeAPI struct {
	t       *testing.T
	clock   time.Time
	perPage int                 // of exports and lists; their largest when 0
	tickets []object            // with generated_timestamp
	events  []object            // the log, with timestamp
	audits  map[string][]object // by ticket
	lists   map[string][]object // by path
	fail    map[string]int      // HTTP status by path
	raw     map[string]string   // by path: answered as it is
	plain   bool                // the log does not say whether a page is the last
	calls   []rest.Request
	// before is called with each request; an error of it is the answer.
	before func(r rest.Request) error
}

func newFake(t *testing.T) *fakeAPI {
	return &fakeAPI{t: t, clock: now, audits: map[string][]object{}, lists: map[string][]object{}, fail: map[string]int{}, raw: map[string]string{}}
}

// Do answers like the vendor, through JSON.
func (f *fakeAPI) Do(_ context.Context, r rest.Request, out any) error {
	f.calls = append(f.calls, r)
	if f.before != nil {
		if err := f.before(r); err != nil {
			return err
		}
	}
	path := strings.TrimPrefix(r.Path, root)
	if code := f.fail[path]; code != 0 {
		return collectortest.Failure(r, code)
	}
	if s, found := f.raw[path]; found {
		return json.Unmarshal([]byte(s), out)
	}
	answer, code := f.answer(path, r)
	if code != http.StatusOK {
		return collectortest.Failure(r, code)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		f.t.Fatal(err)
	}
	return json.Unmarshal(b, out)
}

func (f *fakeAPI) answer(path string, r rest.Request) (object, int) {
	switch {
	case path == ticketExport:
		return f.export(r)
	case path == ticketLog:
		return f.log(r)
	case path == manyTickets:
		var rows []object
		for _, v := range strings.Split(r.Query.Get("ids"), ",") {
			if o := f.ticket(v); o != nil && o["status"] != "deleted" {
				rows = append(rows, o)
			}
		}
		return object{"tickets": slices.Clip(append([]object{}, rows...))}, http.StatusOK
	case path == "/tickets":
		rows := slices.DeleteFunc(slices.Clone(f.tickets), func(o object) bool { return o["status"] == "deleted" })
		slices.SortStableFunc(rows, func(a, b object) int {
			return cmp.Compare(statuses[a["status"].(string)], statuses[b["status"].(string)])
		})
		return f.list(r, "tickets", rows), http.StatusOK
	case r.Endpoint == oneTicket, r.Endpoint == ticketAudit:
		v := strings.Split(path, "/")[2]
		o := f.ticket(v)
		if o == nil || o["status"] == "deleted" {
			return nil, http.StatusNotFound
		}
		if r.Endpoint == oneTicket {
			return object{"ticket": o}, http.StatusOK
		}
		return f.list(r, "audits", f.audits[v]), http.StatusOK
	}
	key := strings.TrimPrefix(path, "/")
	if path == availabilityList {
		key = "data"
	}
	return f.list(r, key, f.lists[path]), http.StatusOK
}

func (f *fakeAPI) ticket(v string) object {
	for _, o := range f.tickets {
		if fmt.Sprint(o["id"]) == v {
			return o
		}
	}
	return nil
}

func (f *fakeAPI) size(r rest.Request, key string) int {
	n, _ := strconv.Atoi(r.Query.Get(key))
	if f.perPage > 0 {
		n = min(n, f.perPage)
	}
	return n
}

// started is where an export begins; it is refused within the last minute.
func (f *fakeAPI) started(r rest.Request) (int64, bool) {
	from, err := strconv.ParseInt(r.Query.Get("start_time"), 10, 64)
	return from, err == nil && from <= f.clock.Add(-VisibilityLag).Unix()
}

func (f *fakeAPI) shown(o object, key string) bool {
	return o[key].(int64) <= f.clock.Add(-VisibilityLag).Unix()
}

// export is a page by time, then id: the cursor is that of the last row.
func (f *fakeAPI) export(r rest.Request) (object, int) {
	order := func(o object) string { return fmt.Sprintf("%012d/%012d", o["generated_timestamp"], o["id"]) }
	after := r.Query.Get("cursor")
	if after == "" {
		from, ok := f.started(r)
		if !ok {
			return nil, http.StatusUnprocessableEntity
		}
		after = fmt.Sprintf("%012d/", from)
	}
	rows := []object{}
	for _, o := range f.tickets {
		if f.shown(o, "generated_timestamp") && order(o) > after {
			rows = append(rows, o)
		}
	}
	slices.SortFunc(rows, func(a, b object) int { return cmp.Compare(order(a), order(b)) })
	n := f.size(r, "per_page")
	page := object{"tickets": rows[:min(n, len(rows))], "after_cursor": nil, "end_of_stream": len(rows) <= n}
	if len(rows) > 0 {
		page["after_cursor"] = order(rows[min(n, len(rows))-1])
	}
	return page, http.StatusOK
}

// log is a page by time: none is cut within a second.
func (f *fakeAPI) log(r rest.Request) (object, int) {
	from, ok := f.started(r)
	if !ok {
		return nil, http.StatusUnprocessableEntity
	}
	rows, end, more := []object{}, from, false
	for _, o := range f.events {
		at := o["timestamp"].(int64)
		if !f.shown(o, "timestamp") || at < from {
			continue
		}
		if len(rows) >= f.size(r, "per_page") && at != end {
			more = true
			break
		}
		rows, end = append(rows, o), at
	}
	page := object{"ticket_events": rows, "count": len(rows), "end_time": end, "end_of_stream": !more}
	if f.plain {
		delete(page, "end_of_stream")
	}
	return page, http.StatusOK
}

// list is a page by a cursor; links.next is there on the last page too.
func (f *fakeAPI) list(r rest.Request, key string, rows []object) object {
	first, _ := strconv.Atoi(r.Query.Get("page[after]"))
	last := min(first+f.size(r, "page[size]"), len(rows))
	return object{
		key: append([]object{}, rows[min(first, last):last]...), "links": object{"next": "https://elsewhere.example"},
		"meta": object{"has_more": last < len(rows), "after_cursor": strconv.Itoa(last)},
	}
}

// paths are those that were called since they were last asked for.
func (f *fakeAPI) paths() []string {
	var all []string
	for _, r := range f.calls {
		all = append(all, strings.TrimPrefix(r.Path, root))
	}
	f.calls = nil
	return all
}

// opened adds a ticket of a customer's with the update that creates it.
func (f *fakeAPI) opened(v int, at time.Time) {
	f.tickets = append(f.tickets, object{
		"id": v, "status": "new", "via": object{"channel": "email"}, "requester_id": 900 + v, "submitter_id": 900 + v, "group_id": nil, "tags": []string{},
		"created_at": at.Format(time.RFC3339), "updated_at": at.Format(time.RFC3339), "generated_timestamp": at.Unix(),
	})
	f.did(v, at, 900+v, object{"event_type": "Create", "status": "new"}, object{"event_type": "Create", "requester_id": 900 + v},
		object{"event_type": "Comment", "author_id": 900 + v, "public": true})
}

// said adds an agent's or a customer's comment.
func (f *fakeAPI) said(v, author int, at time.Time) {
	f.did(v, at, author, object{"event_type": "Comment", "author_id": author, "public": true})
}

// did adds an update, to the log and to the ticket's audits.
func (f *fakeAPI) did(v int, at time.Time, by int, children ...object) {
	n := len(f.events) + 1
	var parts []object
	for i, c := range children {
		c["id"] = 1000*n + i + 1
		part := object{"id": c["id"], "type": c["event_type"], "author_id": c["author_id"], "public": c["public"], "previous_value": c["previous_value"]}
		for _, name := range []string{fieldStatus, fieldRequester, fieldGroup, fieldAssignee} {
			if value, named := c[name]; named {
				part["field_name"], part["value"] = name, value
			}
		}
		parts = append(parts, part)
	}
	f.events = append(f.events, object{
		"id": 1000 * n, "ticket_id": v, "timestamp": at.Unix(), "created_at": at.Format(time.RFC3339), "updater_id": by, "via": "Mail", "child_events": children,
	})
	slices.SortStableFunc(f.events, func(a, b object) int { return cmp.Compare(a["timestamp"].(int64), b["timestamp"].(int64)) })
	key := strconv.Itoa(v)
	f.audits[key] = append(f.audits[key], object{"id": 1000 * n, "ticket_id": v, "created_at": at.Format(time.RFC3339), "author_id": by, "events": parts})
	if o := f.ticket(key); o != nil {
		o["updated_at"], o["generated_timestamp"] = at.Format(time.RFC3339), at.Unix()
	}
}

// at is a walk some time after now, of an account with 30 days of history.
func at(d time.Duration) helpdesk.Walk {
	return helpdesk.Walk{Horizon: now.Add(-30 * 24 * time.Hour), Now: now.Add(d)}
}

// unlimited is a collector that may ask as often as it likes.
func unlimited(api rest.Doer, bots ...string) *Collector {
	return New(api, Options{BaseURL: "https://acme.zendesk.com", Bots: bots, ExportCalls: 1 << 20})
}
