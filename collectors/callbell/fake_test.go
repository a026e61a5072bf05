package callbell

import (
	"context"
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

// began is when the stories of the tests begin, on the helpdesk's clock.
var began = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

// at is an instant of that day, "10:30" or "10:30:05".
func at(clock string) time.Time {
	layout := "15:04"
	if strings.Count(clock, ":") == 2 {
		layout = "15:04:05"
	}
	t, err := time.Parse(layout, clock)
	if err != nil {
		panic(err)
	}
	return time.Date(began.Year(), began.Month(), began.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// object is a JSON object of the vendor's.
type object = map[string]any

// paging is a generation of the vendor's pages.
type paging int

const (
	byToken  paging = iota
	byNumber        // with the number of pages
	untold          // by number, and without a word about more
)

// fakeAPI is a small Callbell: contacts in the order of the list, their messages
// with the newest first, and the calls that were made of it.
type fakeAPI struct {
	t        *testing.T
	contacts []object
	messages map[string][]object // by contact
	bots     map[string]object   // by contact
	raw      map[string]string   // by path: answered as it is
	failing  map[string]error    // by path
	paging   paging
	size     int                            // of a page
	bare     bool                           // rows of lists do not tell closedAt
	before   func(r rest.Request)           // called with each request
	answered func(r rest.Request, a object) // may change an answer
	calls    []rest.Request
}

func newFake(t *testing.T) *fakeAPI {
	return &fakeAPI{t: t, messages: map[string][]object{}, bots: map[string]object{}, raw: map[string]string{}, failing: map[string]error{}, size: pageSize}
}

// contact adds a contact at the front of the list, closed at an instant or "" for
// open, with its messages, the newest first.
func (f *fakeAPI) contact(uuid, closed string, messages ...object) object {
	o := object{"uuid": uuid, "createdAt": "2026-08-01T08:00:00Z", "closedAt": nil, "source": "whatsapp", "assignedUser": nil, "team": object{}}
	if closed != "" {
		o["closedAt"] = at(closed).Format(time.RFC3339)
	}
	f.contacts = slices.Insert(f.contacts, 0, o)
	f.messages[uuid] = messages
	return o
}

// said is a message at an instant.
func said(clock string, k kind) object {
	return object{"createdAt": at(clock).Format(time.RFC3339), "status": string(k), "text": "lorembrandt"}
}

// Do answers like the vendor, through JSON.
func (f *fakeAPI) Do(_ context.Context, r rest.Request, out any) error {
	f.calls = append(f.calls, r)
	if f.before != nil {
		f.before(r)
	}
	if err := f.failing[r.Path]; err != nil {
		return err
	}
	if s, found := f.raw[r.Path]; found {
		return json.Unmarshal([]byte(s), out)
	}
	a, err := f.answer(r)
	if err != nil {
		return err
	}
	if f.answered != nil {
		f.answered(r, a)
	}
	b, err := json.Marshal(a)
	if err != nil {
		f.t.Fatal(err)
	}
	return json.Unmarshal(b, out)
}

func (f *fakeAPI) answer(r rest.Request) (object, error) {
	switch r.Endpoint {
	case allContacts:
		rows := f.contacts
		if f.bare {
			rows = nil
			for _, o := range f.contacts {
				rows = append(rows, object{"uuid": o["uuid"], "createdAt": o["createdAt"], "source": o["source"]})
			}
		}
		return f.page("contacts", rows, r.Query), nil
	case oneContact:
		for _, o := range f.contacts {
			if r.Path == allContacts+"/"+o["uuid"].(string) {
				return object{"contact": []object{o}}, nil
			}
		}
	case contactBot:
		if b := f.bots[strings.TrimSuffix(strings.TrimPrefix(r.Path, allContacts+"/"), "/bot")]; b != nil {
			return object{"bot": b}, nil
		}
	case contactMessages:
		uuid := strings.TrimSuffix(strings.TrimPrefix(r.Path, allContacts+"/"), "/messages")
		if m, found := f.messages[uuid]; found {
			return f.page("messages", m, r.Query), nil
		}
	}
	return nil, collectortest.Failure(r, http.StatusNotFound)
}

func (f *fakeAPI) page(key string, rows []object, q url.Values) object {
	from := 0
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		from = (n - 1) * f.size
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(q.Get("after"), "token")); err == nil {
		from = n
	}
	from = min(from, len(rows))
	till := min(from+f.size, len(rows))
	a := object{key: slices.Clip(append([]object{}, rows[from:till]...))}
	pages := (len(rows) + f.size - 1) / f.size
	switch f.paging {
	case byToken:
		a["meta"] = object{"page": from/f.size + 1, "pages": pages, "next": nil}
		if till < len(rows) {
			a["meta"].(object)["next"] = fmt.Sprint("token", till)
		}
	case byNumber:
		a["meta"] = object{"page": from/f.size + 1, "pages": pages}
	}
	return a
}

// counted returns the calls since the last count, by endpoint.
func (f *fakeAPI) counted() map[string]int {
	n := map[string]int{}
	for _, r := range f.calls {
		n[r.Endpoint]++
	}
	f.calls = nil
	return n
}

// desk is a collector with what it remembers.
type desk struct {
	*fakeAPI
	c       *Collector
	memory  memories
	cursors map[helpdesk.Stream][]byte
	now     time.Time
}

func newDesk(t *testing.T, opts Options) *desk {
	d := &desk{fakeAPI: newFake(t), memory: memories{}, cursors: map[helpdesk.Stream][]byte{}, now: began}
	if opts.ReopenGrace == 0 {
		opts.ReopenGrace = 30 * time.Minute
	}
	d.c = New(d.fakeAPI, opts)
	d.c.Remember(d.memory)
	return d
}

// restart is another process with the same ledger.
func (d *desk) restart() {
	d.c = New(d.fakeAPI, d.c.opts)
	d.c.Remember(d.memory)
}

// walk reads a stream to its end, as the loop does.
func (d *desk) walk(s helpdesk.Stream, long bool) helpdesk.Page {
	d.t.Helper()
	var all helpdesk.Page
	for range 10_000 {
		p, err := d.c.Read(d.t.Context(), s, helpdesk.Walk{
			Cursor: d.cursors[s], Horizon: began.Add(-30 * 24 * time.Hour), Now: d.now, Long: long,
		})
		if err != nil {
			d.t.Fatal(err)
		}
		d.memory.apply(p)
		d.cursors[s] = p.Cursor
		all.Add(p)
		if p.Done {
			return all
		}
	}
	d.t.Fatal("the walk does not end")
	return all
}

// memories are a ledger of memos.
type memories map[string][]byte

func (m memories) Recall(keys ...string) (map[string][]byte, error) {
	values := map[string][]byte{}
	for _, k := range keys {
		if v := m[k]; v != nil {
			values[k] = v
		}
	}
	return values, nil
}

func (m memories) Memos(prefix string) ([]helpdesk.Memo, error) {
	var all []helpdesk.Memo
	for k, v := range m {
		if strings.HasPrefix(k, prefix) {
			all = append(all, helpdesk.Memo{Key: k, Value: v})
		}
	}
	return all, nil
}

func (m memories) apply(p helpdesk.Page) {
	for _, memo := range p.Memos {
		if memo.Value == nil {
			delete(m, memo.Key)
		} else {
			m[memo.Key] = memo.Value
		}
	}
}
