package intercom

import (
	"cmp"
	"context"
	"encoding/base64"
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

// ago is an instant before now, as the vendor prints it.
func ago(d time.Duration) int64 { return now.Add(-d).Unix() }

// object is a JSON object of the vendor's.
type object map[string]any

// fakeAPI is a small Intercom: the search with its cursor, conversations with
// their parts, the directory, what was deleted, and the calls that were made of
// it.
type fakeAPI struct {
	t             *testing.T
	conversations []object // with their parts, which the search leaves out
	admins, teams []object
	deleted       []object
	gone          map[string]error  // by path
	raw           map[string]string // by path: answered as it is
	calls         []rest.Request
	// shown reports whether the search shows a conversation; nil: all of them.
	shown func(o object) bool
	// before is called with each request; an error of it is the answer.
	before func(r rest.Request) error
}

func newFake(t *testing.T) *fakeAPI {
	return &fakeAPI{t: t, gone: map[string]error{}, raw: map[string]string{}}
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
	a := f.answer(r)
	if a == nil {
		return collectortest.Failure(r, http.StatusNotFound)
	}
	b, err := json.Marshal(a)
	if err != nil {
		f.t.Fatal(err)
	}
	return json.Unmarshal(b, out)
}

func (f *fakeAPI) answer(r rest.Request) object {
	switch r.Endpoint {
	case searchPath:
		return f.search(r)
	case oneConversation:
		i := slices.IndexFunc(f.conversations, func(o object) bool { return "/conversations/"+fmt.Sprint(o["id"]) == r.Path })
		if i < 0 {
			return nil
		}
		return f.conversations[i]
	case "/admins":
		return object{"type": "admin.list", "admins": append([]object{}, f.admins...)}
	case "/teams":
		return object{"type": "team.list", "teams": append([]object{}, f.teams...)}
	case "/me":
		return object{"type": "admin", "id": "1", "app": object{"type": "app", "id_code": "abc", "region": "EU"}}
	case deletedPath:
		return f.listDeleted(r)
	default:
		return nil
	}
}

// search is one page: the cursor holds the place of the last row.
func (f *fakeAPI) search(r rest.Request) object {
	b, err := json.Marshal(r.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	var q struct {
		Query      asked
		Pagination pagination
		Sort       order
	}
	if err := json.Unmarshal(b, &q); err != nil || r.Method != http.MethodPost || q.Sort.Order != "ascending" {
		f.t.Fatalf("not a search, oldest first: %s %s", r.Method, b)
	}
	place := func(o object) string { return fmt.Sprintf("%012d %012s", o[q.Sort.Field], fmt.Sprint(o["id"])) }
	rows := slices.DeleteFunc(slices.Clone(f.conversations), func(o object) bool {
		return f.shown != nil && !f.shown(o) || !q.Query.matches(f.t, o)
	})
	slices.SortFunc(rows, func(a, b object) int { return cmp.Compare(place(a), place(b)) })
	total := len(rows)
	if after, err := base64.StdEncoding.DecodeString(q.Pagination.StartingAfter); err != nil {
		f.t.Fatal(err)
	} else if len(after) > 0 {
		rows = slices.DeleteFunc(rows, func(o object) bool { return place(o) <= string(after) })
	}
	pages := object{"type": "pages", "page": 1, "per_page": q.Pagination.PerPage}
	if len(rows) > q.Pagination.PerPage {
		rows = rows[:q.Pagination.PerPage]
		next := base64.StdEncoding.EncodeToString([]byte(place(rows[len(rows)-1])))
		pages["next"] = object{"per_page": q.Pagination.PerPage, "starting_after": next}
	}
	list := []object{}
	for _, o := range rows {
		shown := object{}
		for k, v := range o {
			if k != "conversation_parts" {
				shown[k] = v
			}
		}
		list = append(list, shown)
	}
	return object{"type": "conversation.list", "pages": pages, "total_count": total, "conversations": list}
}

// asked is a filter of a search.
type asked struct {
	Field, Operator string
	Value           json.RawMessage
}

func (q asked) matches(t *testing.T, o object) bool {
	switch q.Operator {
	case "AND":
		var all []asked
		if err := json.Unmarshal(q.Value, &all); err != nil {
			t.Fatal(err)
		}
		return !slices.ContainsFunc(all, func(x asked) bool { return !x.matches(t, o) })
	case ">":
		n, err := strconv.ParseInt(string(q.Value), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return o[q.Field].(int64) > n
	case "IN":
		return strings.Contains(string(q.Value), strconv.Quote(fmt.Sprint(o[q.Field])))
	default:
		t.Fatalf("operator %q", q.Operator)
		return false
	}
}

// listDeleted is a page by number, newest first.
func (f *fakeAPI) listDeleted(r rest.Request) object {
	if r.Header["Intercom-Version"] != "2.16" || r.Query.Get("order") != "desc" {
		f.t.Errorf("deleted ones asked for by %v %v", r.Header, r.Query)
	}
	page, _ := strconv.Atoi(r.Query.Get("page"))
	per, _ := strconv.Atoi(r.Query.Get("per_page"))
	rows := slices.Clone(f.deleted)
	slices.SortStableFunc(rows, func(a, b object) int { return cmp.Compare(b["deleted_at"].(int64), a["deleted_at"].(int64)) })
	from, till := min(len(rows), (page-1)*per), min(len(rows), page*per)
	pages := object{"type": "pages", "page": page, "per_page": per, "next": nil}
	if till < len(rows) {
		pages["next"] = fmt.Sprintf("https://api.intercom.io/conversations/deleted?per_page=%d&order=desc&page=%d", per, page+1)
	}
	return object{"type": "conversations.list", "pages": pages, "conversations": append([]object{}, rows[from:till]...)}
}

// made is how many calls were made since it was last asked, and forgets them.
func (f *fakeAPI) made() int {
	n := len(f.calls)
	f.calls = nil
	return n
}

// paths are those of the calls since they were last asked for, and forgets them.
func (f *fakeAPI) paths() []string {
	var all []string
	for _, r := range f.calls {
		all = append(all, r.Path)
	}
	f.calls = nil
	return all
}

// ticked is a conversation that was updated at a time, with parts.
func ticked(v int, updated int64, parts ...object) object {
	return object{
		"type": "conversation", "id": strconv.Itoa(v), "created_at": updated, "updated_at": updated, "state": "open", "open": true,
		"priority": "not_priority", "admin_assignee_id": nil, "team_assignee_id": nil,
		"source": object{
			"type": "email", "delivered_as": "customer_initiated", "author": object{"type": "user", "id": "c1"}, "body": "<p>Hi</p>",
		},
		"conversation_parts": object{
			"type": "conversation_part.list", "conversation_parts": append([]object{}, parts...), "total_count": len(parts),
		},
	}
}

// rows are the ids of conversations in pages, sorted, each once.
func rows(pages []helpdesk.Page) []string {
	var all []string
	for _, p := range pages {
		for _, r := range p.Records {
			if v, ok := r.(helpdesk.Conversation); ok {
				all = append(all, v.ID)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
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

// next is the walk after one that ended with a cursor.
func next(d time.Duration, cursor []byte) helpdesk.Walk {
	w := at(d)
	w.Cursor = cursor
	return w
}
