package gorgias

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
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

// ago is an instant before now, as the vendor prints it.
func ago(d time.Duration) string { return now.Add(-d).Format("2006-01-02T15:04:05.000000+00:00") }

// object is a JSON object of the vendor's.
type object map[string]any

// fakeAPI is a small Gorgias: lists with keyset cursors in both orders, single
// things, views, and the calls that were made of it.
type fakeAPI struct {
	t     *testing.T
	lists map[string][]object // by endpoint
	gone  map[string]error    // by path
	raw   map[string]string   // by path: answered as it is
	calls []rest.Request
	// before is called with each request; an error of it is the answer.
	before func(r rest.Request) error
	// answer may change an answer of a list before it is given.
	answer func(r rest.Request, a object) object
}

func newFake(t *testing.T) *fakeAPI {
	return &fakeAPI{t: t, lists: map[string][]object{}, gone: map[string]error{}, raw: map[string]string{}}
}

func (f *fakeAPI) add(endpoint string, rows ...object) {
	f.lists[endpoint] = append(f.lists[endpoint], rows...)
}

// Do answers like the vendor, through JSON.
func (f *fakeAPI) Do(_ context.Context, r rest.Request, out any) error {
	f.calls = append(f.calls, r)
	if f.before != nil {
		if err := f.before(r); err != nil {
			return err
		}
	}
	if err := f.gone[r.Path]; err != nil {
		return err
	}
	if s, found := f.raw[r.Path]; found {
		return json.Unmarshal([]byte(s), out)
	}
	var a any
	switch {
	case r.Endpoint == viewItems:
		a = f.view(r)
	case strings.HasSuffix(r.Endpoint, "{id}"):
		one := f.one(r)
		if one == nil {
			return collectortest.Failure(r, http.StatusNotFound)
		}
		a = one
	default:
		list := f.list(r)
		if f.answer != nil {
			list = f.answer(r, list)
		}
		a = list
	}
	b, err := json.Marshal(a)
	if err != nil {
		f.t.Fatal(err)
	}
	return json.Unmarshal(b, out)
}

func (f *fakeAPI) one(r rest.Request) object {
	endpoint := strings.TrimSuffix(r.Endpoint, "/{id}")
	for _, o := range f.lists[endpoint] {
		if fmt.Sprint(o["id"]) == r.Path[strings.LastIndex(r.Path, "/")+1:] {
			return o
		}
	}
	return nil
}

// list is one page by keyset: the cursor names the last row that was given.
func (f *fakeAPI) list(r rest.Request) object {
	field, dir, _ := strings.Cut(r.Query.Get("order_by"), ":")
	rows := slices.DeleteFunc(append([]object{}, f.lists[r.Endpoint]...), func(o object) bool { return !matches(o, r.Query) })
	page, next := keyset(rows, field, dir == "desc", r.Query)
	meta := object{"prev_cursor": nil, "next_cursor": nil}
	if next != "" {
		meta["next_cursor"] = next
	}
	return object{"object": "list", "data": page, "meta": meta}
}

func matches(o object, q url.Values) bool {
	if from := q.Get("created_datetime[gte]"); from != "" {
		since, _ := parseTime(from)
		if at, _ := parseTime(fmt.Sprint(o["created_datetime"])); at.Before(since) {
			return false
		}
	}
	if types := q["types"]; types != nil && !slices.Contains(types, fmt.Sprint(o["type"])) {
		return false
	}
	if v := q.Get("object_id"); v != "" && (fmt.Sprint(o["object_id"]) != v || fmt.Sprint(o["object_type"]) != q.Get("object_type")) {
		return false
	}
	return true
}

func (f *fakeAPI) view(r rest.Request) object {
	b, _ := json.Marshal(r.Body)
	var body struct {
		View struct{ Filters, Type string }
	}
	if err := json.Unmarshal(b, &body); err != nil || body.View.Type != "ticket-list" || r.Method != http.MethodPut {
		f.t.Errorf("not an ad-hoc view: %s %s", r.Method, b)
	}
	open := body.View.Filters == `eq(ticket.status, "open")`
	rows := slices.DeleteFunc(append([]object{}, f.lists["/api/tickets"]...), func(o object) bool {
		return open != (o["status"] == "open") || !open && o["snooze_datetime"] == nil
	})
	page, next := keyset(rows, "created_datetime", false, r.Query)
	meta := object{"next_items": nil, "prev_items": nil, "current_cursor": nil}
	if next != "" {
		last := page[len(page)-1]
		meta["next_items"] = fmt.Sprintf("https://elsewhere.example/api/views/0/items/?direction=next&ignored_item=%v&cursor=%s",
			last["id"], url.QueryEscape(next))
	}
	return object{"data": page, "meta": meta}
}

// keyset cuts a page out of rows.
func keyset(rows []object, field string, desc bool, q url.Values) (page []object, next string) {
	order := func(a, b object) int {
		if c := strings.Compare(fmt.Sprint(a[field]), fmt.Sprint(b[field])); c != 0 {
			return c
		}
		return cmp.Compare(number(a), number(b))
	}
	slices.SortFunc(rows, func(a, b object) int {
		if desc {
			return order(b, a)
		}
		return order(a, b)
	})
	if s := q.Get("cursor"); s != "" {
		b, _ := base64.StdEncoding.DecodeString(s)
		var at object
		_ = json.Unmarshal(b, &at)
		rows = slices.DeleteFunc(rows, func(o object) bool {
			c := order(o, at)
			return desc && c >= 0 || !desc && c <= 0
		})
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	if len(rows) <= limit {
		return rows, ""
	}
	rows = rows[:limit]
	last := rows[limit-1]
	b, _ := json.Marshal(object{field: last[field], "id": last["id"]})
	return rows, base64.StdEncoding.EncodeToString(b)
}

func number(o object) float64 {
	switch v := o["id"].(type) {
	case int:
		return float64(v)
	case float64:
		return v
	default:
		return 0
	}
}

// made is how many calls were made since it was last asked, and forgets them.
func (f *fakeAPI) made() int {
	n := len(f.calls)
	f.calls = nil
	return n
}

func ticketRow(v int, updated string) object {
	return object{
		"id": v, "status": "open", "priority": "normal", "channel": "email", "via": "email", "from_agent": false,
		"messages_count": 1, "spam": false, "created_datetime": updated, "updated_datetime": updated,
	}
}

func messageRow(v, ticket int, created string) object {
	return object{
		"id": v, "ticket_id": ticket, "public": true, "channel": "email", "via": "email", "from_agent": false,
		"sender": object{"id": 9}, "created_datetime": created,
	}
}

func eventRow(v int, kind string, ticket int, created string) object {
	return object{
		"id": v, "context": "c-" + strconv.Itoa(v), "created_datetime": created, "data": nil,
		"object_id": ticket, "object_type": "Ticket", "type": kind, "user_id": nil,
	}
}

// numbers are first to last as ids, sorted as words.
func numbers(first, last int) []string {
	var all []string
	for v := first; v <= last; v++ {
		all = append(all, strconv.Itoa(v))
	}
	slices.Sort(all)
	return all
}

func at(d time.Duration) helpdesk.Walk {
	return helpdesk.Walk{Horizon: now.Add(-30 * 24 * time.Hour), Now: now.Add(d)}
}
