package freshdesk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// motion is an account in motion: tickets begin, go on, and are set aside and
// taken back, also while they are paged, and lists show it late. It is a client.
type motion struct {
	t      *rapid.T
	clock  time.Time
	rows   []*moving
	said   int
	refuse bool // every second call
	calls  int
	wrote  map[string]bool // every message, by id, and every ticket that is set aside
}

// moving is a ticket.
type moving struct {
	id       int
	updated  time.Time
	shown    time.Time // when lists show it as it is; before, not at all
	list     string    // the filter that shows it
	messages []object
}

func (m *motion) begin(n int) {
	for range n {
		m.rows = append(m.rows, &moving{id: len(m.rows) + 1})
		m.say(m.rows[len(m.rows)-1])
	}
}

// any is a ticket, nil when there is none.
func (m *motion) any() *moving {
	if len(m.rows) == 0 {
		return nil
	}
	return m.rows[rapid.IntRange(0, len(m.rows)-1).Draw(m.t, "row")]
}

func (m *motion) touch(r *moving) {
	r.updated = m.clock.Truncate(time.Second)
	r.shown = m.clock.Add(rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, VisibilityLag - time.Second}).Draw(m.t, "late"))
}

func (m *motion) say(r *moving) {
	m.said++
	v := 1_000_000 + m.said
	r.messages = append(r.messages, object{"id": v, "created_at": m.clock.Format(time.RFC3339), "incoming": m.said%2 == 0, "source": 0})
	m.wrote[strconv.Itoa(v)] = true
	m.touch(r)
}

// move sets a ticket aside, or takes it back. Messages of a deleted one that were
// not read before nobody can read any more.
func (m *motion) move(r *moving, list string) {
	if r.list = list; list == "deleted" {
		for _, o := range r.messages {
			delete(m.wrote, fmt.Sprint(o["id"]))
		}
	}
	m.touch(r)
}

// Do answers like a client of the account.
func (m *motion) Do(_ context.Context, r rest.Request, out any) error {
	if m.calls++; m.refuse && m.calls%2 == 0 {
		return collectortest.Failure(r, http.StatusServiceUnavailable)
	}
	answer := []object{}
	switch r.Endpoint {
	case root + "/tickets/{id}":
		return m.answer(m.row(r).json(), out)
	case root + "/tickets":
		answer = m.page(r)
	case root + "/tickets/{id}/conversations":
		x := m.row(r)
		if answer = x.messages; x.list == "deleted" {
			return collectortest.Failure(r, http.StatusNotFound)
		}
	}
	return m.answer(answer, out)
}

func (m *motion) answer(v, out any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, out)
}

// row is the ticket that a path names.
func (m *motion) row(r rest.Request) *moving {
	n, _ := strconv.Atoi(strings.Split(r.Path, "/")[4]) // it is one of ours
	return m.rows[n-1]
}

func (x *moving) json() object {
	return object{
		"id": x.id, "status": 2, "source": 1, "created_at": "2026-09-01T08:00:00Z", "updated_at": x.updated.Format(time.RFC3339), "stats": object{},
		"spam": x.list == "spam", "deleted": x.list == "deleted",
	}
}

// page is one of a list: those updated longest ago first, of one second by id.
func (m *motion) page(r rest.Request) []object {
	var found []*moving
	for _, x := range m.rows {
		if x.list == r.Query.Get("filter") && !x.shown.After(m.clock) && x.updated.Format(time.RFC3339) >= r.Query.Get("updated_since") {
			found = append(found, x)
		}
	}
	slices.SortStableFunc(found, func(a, b *moving) int { return a.updated.Compare(b.updated) })
	n, _ := strconv.Atoi(r.Query.Get("page")) // the collector's own number
	rows := []object{}
	for _, x := range found[min((n-1)*pageSize, len(found)):min(n*pageSize, len(found))] {
		rows = append(rows, x.json())
	}
	return rows
}

func TestEveryMessageIsReadWhateverHappensBetweenThePages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &motion{t: rt, clock: opens.Add(time.Hour), wrote: map[string]bool{}}
		m.live(t)
	})
}

// live lets the account and a collector do anything in any order, then walks
// twice and checks that nothing was missed.
func (m *motion) live(t *testing.T) {
	seen := map[string]bool{}
	aside := map[string]helpdesk.Exclusion{}
	var cursor []byte
	var wants []helpdesk.Want
	c := New(m, Options{})
	page := func() bool {
		w := helpdesk.Walk{Cursor: cursor, Horizon: opens, Now: m.clock}
		w.Long = rapid.IntRange(0, 9).Draw(m.t, "long") == 0
		p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			return false // nothing was applied: the next round asks again
		}
		cursor = p.Cursor
		wants = append(wants, p.Wants...)
		if more, err := c.Fetch(t.Context(), wants); err == nil {
			p.Records = append(p.Records, more.Records...)
			wants = slices.DeleteFunc(wants, func(v helpdesk.Want) bool { return slices.Contains(more.Served, v) })
		}
		for _, r := range p.Records {
			switch r := r.(type) {
			case helpdesk.Message:
				seen[r.ID] = true
			case helpdesk.Conversation:
				aside[r.ID] = r.Excluded
			}
		}
		return p.Done
	}
	for range rapid.IntRange(1, 25).Draw(m.t, "steps") {
		switch rapid.IntRange(0, 8).Draw(m.t, "step") {
		case 0:
			m.begin(rapid.IntRange(1, 240).Draw(m.t, "burst"))
		case 1:
			m.begin(1)
		case 2, 3:
			if r := m.any(); r != nil && r.list != "deleted" {
				m.say(r)
			}
		case 4:
			if r := m.any(); r != nil {
				m.move(r, rapid.SampledFrom(filters[:]).Draw(m.t, "list"))
			}
		case 5:
			m.clock = m.clock.Add(time.Duration(rapid.IntRange(1, 400_000).Draw(m.t, "pass")) * time.Millisecond)
		case 6:
			m.refuse = rapid.IntRange(0, 2).Draw(m.t, "refuse") == 0
			if rapid.Bool().Draw(m.t, "restart") {
				c = New(m, Options{})
			}
		default:
			page()
		}
	}
	m.refuse = false
	for range 2 { // the walk that goes on, and one after the lag
		m.clock = m.clock.Add(11 * time.Minute)
		for i := 0; !page(); i++ {
			if i > 200 {
				m.t.Fatal("the walk does not end")
			}
		}
	}
	for id := range m.wrote {
		if !seen[id] {
			m.t.Fatalf("message %s was never read", id)
		}
	}
	for _, r := range m.rows {
		want := map[string]helpdesk.Exclusion{"deleted": helpdesk.ExcludedDeleted, "spam": helpdesk.ExcludedSpam}[r.list]
		if got := aside[strconv.Itoa(r.id)]; got != want {
			m.t.Fatalf("ticket %d is set aside as %v, not %v", r.id, got, want)
		}
	}
}
