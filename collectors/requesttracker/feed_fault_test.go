package requesttracker

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// lying is a Request Tracker, or a proxy before it, that answers some searches
// of transactions with something else than what was asked for.
type lying struct {
	*fakeRT
	calls int
	lie   func(call int) string // "empty", "stale": the answer before; "": the truth
	last  []byte
}

func (l *lying) Do(ctx context.Context, r rest.Request, out any) error {
	if r.Endpoint != api+"/transactions" {
		return l.fakeRT.Do(ctx, r, out)
	}
	l.calls++
	lie := l.lie(l.calls)
	switch {
	case lie == "empty":
		return json.Unmarshal([]byte(`{"items":[],"total":null}`), out)
	case lie == "stale" && l.last != nil:
		return json.Unmarshal(l.last, out)
	}
	answer, _ := l.answer(r)
	l.last, _ = json.Marshal(answer)
	return json.Unmarshal(l.last, out)
}

// walkOn walks the feed to its end, past errors, and returns its pages.
func walkOn(t *testing.T, c *Collector, w helpdesk.Walk) []helpdesk.Page {
	t.Helper()
	var pages []helpdesk.Page
	for range 200 {
		page, err := c.Read(t.Context(), helpdesk.StreamEvents, w)
		if err != nil {
			continue
		}
		pages = append(pages, page)
		if w.Cursor = page.Cursor; page.Done {
			return pages
		}
	}
	t.Fatal("the walk does not end")
	return nil
}

func TestOneWrongAnswerLosesNothingAndHoldsNothingUp(t *testing.T) {
	for _, lie := range []string{"empty", "stale"} {
		for _, times := range []int{1, 3} {
			for call := 1; call <= 6; call++ {
				t.Run(fmt.Sprintf("%s, %d times from call %d on", lie, times, call), func(t *testing.T) {
					f := newFake(t)
					for i := range 120 {
						f.ticket(i+1, monday)
					}
					l := &lying{fakeRT: f, lie: func(int) string { return "" }}
					c := New(l, Options{})
					w := week
					w.Cursor = lastCursor(walkOn(t, c, w))
					var want []int
					for i := range 450 {
						want = append(want, f.add(i%120+1, 39, "Correspond", monday.Add(time.Hour)))
					}
					l.calls, l.lie = 0, func(n int) string {
						if n >= call && n < call+times {
							return lie
						}
						return ""
					}
					pages := walkOn(t, c, w)
					if times > 1 { // what looks right again and again is put right with the sweep
						w.Cursor, w.Long = lastCursor(pages), true
						pages = append(pages, walkOn(t, c, w)...)
					}
					got := slices.Compact(events(pages))
					if d := cmp.Diff(want, slices.DeleteFunc(got, func(id int) bool { return id < want[0] })); d != "" {
						t.Errorf("events (-want +got):\n%s", d)
					}
					w.Cursor, w.Long = lastCursor(pages), false
					for range times {
						w.Cursor = lastCursor(walkOn(t, c, w))
					}
					l.calls = 1000
					if walkOn(t, c, w); l.calls != 1001 {
						t.Errorf("an idle round afterwards takes %d calls", l.calls-1000)
					}
				})
			}
		}
	}
}

func TestAnAnswerThatIsEmptyAgainAndAgainDoesNotLeadAstray(t *testing.T) {
	f := newFake(t)
	f.ticket(1, monday)
	l := &lying{fakeRT: f, lie: func(int) string { return "" }}
	c := New(l, Options{})
	w := week
	w.Cursor = lastCursor(walkOn(t, c, w))
	seen := f.add(1, 39, "Correspond", monday)
	l.calls, l.lie = 0, func(n int) string {
		if n == 1 || n == 2 { // and what was known is visible
			return "empty"
		}
		return ""
	}
	if d := cmp.Diff([]int{seen}, events(walkOn(t, c, w))); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}
