package freshdesk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// waiting is a script of tickets that nobody answers, so many on each day.
func waiting(days ...int) []simulator.Scripted {
	var script []simulator.Scripted
	for day, n := range days {
		for i := range n {
			at := time.Duration(day)*24*time.Hour + time.Duration(i)*time.Second
			script = append(script, simulator.Scripted{Lines: []simulator.Line{simulator.Says(at, helpdesk.AuthorCustomer)}})
		}
	}
	return script
}

func TestEveryTicketInAQueueIsFoundHoweverOld(t *testing.T) {
	for name, tc := range map[string]struct {
		script []simulator.Scripted
		calls  int // searches
	}{
		"none":                                 {nil, 4}, // one a status
		"one page":                             {waiting(20), 4},
		"what a search shows":                  {waiting(150, 150), 3 + 10},
		"more than a search shows, over weeks": {waiting(70, 0, 0, 90, 80, 0, 0, 0, 90, 60), 0},
	} {
		t.Run(name, func(t *testing.T) {
			script := append(tc.script, simulator.Scripted{Lines: []simulator.Line{
				simulator.Says(0, helpdesk.AuthorCustomer), simulator.Does(time.Hour, 0, simulator.Happening{What: simulator.Closed}),
			}})
			d := newDesk(simulator.Options{Script: script}, simulator.FreshdeskOptions{})
			d.Advance(opens.AddDate(0, 0, 20))
			w := helpdesk.Walk{Horizon: opens.AddDate(0, 0, 19), Now: d.Now()}
			records, cursor := walkOver(t, New(d, Options{}), helpdesk.StreamOpen, w)
			found := map[string]bool{}
			for _, r := range records {
				found[r.(helpdesk.Conversation).ID] = true
			}
			for i := range tc.script {
				if id := fmt.Sprint(simulator.FirstTicket + i); !found[id] {
					t.Errorf("%s was not found", id)
				}
			}
			if len(found) != len(tc.script) {
				t.Errorf("found %d, not %d", len(found), len(tc.script))
			}
			searches := 0
			for _, call := range d.calls {
				if strings.HasSuffix(call, "/search/tickets") {
					searches++
				}
			}
			if tc.calls > 0 && searches != tc.calls {
				t.Errorf("%d searches, not %d", searches, tc.calls)
			}
			w.Cursor = cursor
			if again, _ := walkOver(t, New(d, Options{}), helpdesk.StreamOpen, w); len(again) != len(records) {
				t.Errorf("the next walk found %d rows, not %d", len(again), len(records))
			}
		})
	}
}

func TestMoreOpenTicketsOfOneDayAndPriorityThanASearchShowsAreSaidToBeMissing(t *testing.T) {
	d := newDesk(simulator.Options{Script: waiting(310)}, simulator.FreshdeskOptions{})
	d.Advance(opens.AddDate(0, 0, 1))
	c, w := New(d, Options{}), helpdesk.Walk{Horizon: opens, Now: d.Now()}
	found, skipped := 0, []string{}
	for {
		p, err := c.Read(t.Context(), helpdesk.StreamOpen, w)
		if err != nil {
			t.Fatal(err)
		}
		found += len(p.Records)
		for _, s := range p.Skipped {
			skipped = append(skipped, s.Err.Error())
		}
		if w.Cursor = p.Cursor; p.Done {
			break
		}
	}
	if found != 300 {
		t.Errorf("found %d", found)
	}
	compare(t, []string{"open tickets, status:2 AND created_at:>'2026-09-01' AND created_at:<'2026-09-01' AND priority:2: 310, more than the 300 that a search shows"}, skipped)
}

func TestASearchThatOverlooksTheDaysEnds(t *testing.T) {
	d := newDesk(simulator.Options{Script: waiting(310)}, simulator.FreshdeskOptions{})
	d.Advance(opens.AddDate(0, 0, 1))
	d.before = func(r rest.Request) error {
		if q, _, cut := strings.Cut(r.Query.Get("query"), " AND"); cut {
			r.Query.Set("query", q+`"`)
		}
		return nil
	}
	c, w := New(d, Options{}), helpdesk.Walk{Horizon: opens, Now: d.Now()}
	for calls := 1; ; calls++ {
		p, err := c.Read(t.Context(), helpdesk.StreamOpen, w)
		if err != nil {
			t.Fatal(err)
		}
		if w.Cursor = p.Cursor; p.Done {
			compare(t, maxSearches, calls)
			return
		}
	}
}

func TestTheStatusesOfAQueue(t *testing.T) {
	own := names{statuses: map[code]string{2: "open", 3: "pending", 4: "resolved", 5: "closed", 8: "in the workshop"}}
	compare(t, []code{2, 3, 8}, own.live())
	compare(t, []code{2, 3, 6, 7}, names{}.live())
}
