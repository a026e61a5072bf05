package groove

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// motion is an account in motion: conversations begin and go on, also while they
// are paged, and show late. Cursors are places, so that a row that changes moves
// the others.
type motion struct {
	t       *rapid.T
	clock   time.Time
	rows    []*moving
	hidden  []hiddenEntry
	entries int
	wrote   map[string]bool // every entry, by id
	refuse  bool            // cursors
}

type moving struct {
	number  int
	updated time.Time
	entries []string // in the vendor's JSON
}

// hiddenEntry is one that does not show yet, with the update that it makes.
type hiddenEntry struct {
	row  *moving
	at   time.Time
	from time.Time
	json string
}

func (m *motion) pass(by time.Duration) {
	m.clock = m.clock.Add(by)
	m.hidden = slices.DeleteFunc(m.hidden, func(h hiddenEntry) bool {
		if h.from.After(m.clock) {
			return false
		}
		if h.at.After(h.row.updated) {
			h.row.updated = h.at
		}
		h.row.entries = append(h.row.entries, h.json)
		return true
	})
}

func (m *motion) begin(n int) {
	for range n {
		m.rows = append(m.rows, &moving{number: len(m.rows) + 1})
		m.say(m.rows[len(m.rows)-1])
	}
}

// goOn adds an entry to a conversation.
func (m *motion) goOn() {
	if len(m.rows) > 0 {
		m.say(m.rows[rapid.IntRange(0, len(m.rows)-1).Draw(m.t, "row")])
	}
}

func (m *motion) say(row *moving) {
	m.entries++
	id := fmt.Sprintf("evt_%010d", m.entries)
	m.wrote[id] = true
	at := m.clock.Truncate(time.Second)
	late := rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, VisibilityLag}).Draw(m.t, "late")
	m.hidden = append(m.hidden, hiddenEntry{row: row, at: at, from: m.clock.Add(late), json: fmt.Sprintf(
		`{"id":"%s","createdAt":"%s","change":{"__typename":"EmailMessage","author":{"__typename":"Contact"}}}`, id, at.Format(time.RFC3339))})
	m.pass(0)
}

// answer is the API: all conversations newest first, nothing in spam or trash.
func (m *motion) answer(q asked) string {
	after, _ := q.Variables["after"].(string)
	if m.refuse && after != "" {
		return `{"errors":[{"message":"Invalid cursor"}]}`
	}
	switch {
	case q.operation == "schema":
		return noSchema
	case q.operation == opHistory:
		number, _ := strconv.Atoi(strings.TrimPrefix(fmt.Sprint(q.Variables["id"]), "cnv_"))
		return `{"data":{"events":` + listed(m.rows[number-1].entries, after) + `}}`
	case strings.Contains(q.Query, "spam: "):
		return `{"data":{"conversations":` + listed(m.list(), after) + `,"spam":` + emptyList + `,"deleted":` + emptyList + `}}`
	case strings.Contains(q.Query, "filter: {state: "):
		return `{"data":{"conversations":` + emptyList + `}}`
	default:
		return `{"data":{"conversations":` + listed(m.list(), after) + `}}`
	}
}

func (m *motion) list() (rows []string) {
	var shown []*moving
	for _, r := range m.rows {
		if len(r.entries) > 0 {
			shown = append(shown, r)
		}
	}
	slices.SortStableFunc(shown, func(a, b *moving) int { return b.updated.Compare(a.updated) })
	for _, r := range shown {
		rows = append(rows, fmt.Sprintf(`{"id":"cnv_%d","number":%[1]d,"state":"OPENED","createdAt":"2026-09-01T08:00:00Z","updatedAt":"%s"}`,
			r.number, r.updated.Format(time.RFC3339)))
	}
	return rows
}

// listed is a page of a list, from the place that the cursor names.
func listed(rows []string, after string) string {
	from, _ := strconv.Atoi(after)
	from = min(from, len(rows))
	to := min(from+pageSize, len(rows))
	return fmt.Sprintf(`{"nodes":[%s],"pageInfo":{"hasNextPage":%t,"endCursor":"%d"}}`, strings.Join(rows[from:to], ","), to < len(rows), to)
}

func TestEveryEntryIsReadWhateverHappensBetweenThePages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &motion{t: rt, clock: deskOpens.Add(time.Hour), wrote: map[string]bool{}}
		m.live(t)
	})
}

// live lets the account and a collector do anything in any order, then walks
// twice and checks that nothing was missed.
func (m *motion) live(t *testing.T) {
	seen := map[string]bool{}
	var cursor []byte
	api := &fakeAPI{t: t, answer: m.answer}
	c := New(api, Options{})
	page := func() bool {
		w := helpdesk.Walk{Cursor: cursor, Horizon: deskOpens, Now: m.clock}
		w.Long = rapid.IntRange(0, 9).Draw(m.t, "long") == 0
		p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			return false // nothing was applied: the next round asks again
		}
		cursor = p.Cursor
		for _, r := range p.Records {
			if s, ok := r.(helpdesk.Message); ok {
				seen[s.ID] = true
			}
		}
		return p.Done
	}
	for range rapid.IntRange(1, 25).Draw(m.t, "steps") {
		switch rapid.IntRange(0, 6).Draw(m.t, "step") {
		case 0:
			m.begin(rapid.IntRange(1, 120).Draw(m.t, "burst"))
		case 1:
			m.begin(1)
		case 2:
			m.goOn()
		case 3:
			m.pass(time.Duration(rapid.IntRange(1, 400_000).Draw(m.t, "pass")) * time.Millisecond)
		case 4:
			m.refuse = rapid.Bool().Draw(m.t, "refuse")
			if rapid.Bool().Draw(m.t, "restart") {
				c = New(api, Options{})
			}
		default:
			page()
		}
	}
	m.refuse = false
	for range 2 { // the walk that goes on, and one after the lag
		m.pass(11 * time.Minute)
		for i := 0; !page(); i++ {
			if i > 200 {
				m.t.Fatal("the walk does not end")
			}
		}
	}
	for id := range m.wrote {
		if !seen[id] {
			m.t.Fatalf("%s was never read", id)
		}
	}
}
