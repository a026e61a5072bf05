package zendesk

import (
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Whatever happens between two pages, rounds and restarts, in any order: every
// ticket and every comment is read.
func TestEveryTicketAndCommentIsReadWhateverHappensBetweenThePages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		api := newFake(t)
		rows := rapid.SampledFrom([]int{1, 2, 3, exportPageSize}).Draw(rt, "rows of a page")
		start := func() *Collector {
			c := unlimited(api)
			c.perPage = rows
			return c
		}
		api.plain = rapid.Bool().Draw(rt, "the log does not say that it ends")
		api.lists["/users"] = []object{{"id": 11, "name": "Anna", "role": "agent"}}
		refuse := false
		api.before = func(r rest.Request) error {
			if refuse && r.Query.Get("cursor") != "" {
				return &rest.Error{Reason: rest.StatusReason(http.StatusBadRequest), Endpoint: r.Endpoint, Code: http.StatusBadRequest}
			}
			return nil
		}
		c := start()
		cursors := map[helpdesk.Stream][]byte{}
		tickets, comments, made := map[string]bool{}, map[string]bool{}, 0
		page := func(s helpdesk.Stream, long bool) bool {
			w := at(api.clock.Sub(now))
			w.Cursor, w.Long = cursors[s], long
			p, err := c.Read(t.Context(), s, w)
			if err != nil {
				return false // nothing was applied: the next round asks again
			}
			cursors[s] = p.Cursor
			for _, r := range p.Records {
				switch v := r.(type) {
				case helpdesk.Conversation:
					tickets[v.ID] = true
				case helpdesk.Message:
					comments[v.ID] = true
				}
			}
			return p.Done
		}
		streams := []helpdesk.Stream{helpdesk.StreamEvents, helpdesk.StreamConversations}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.IntRange(0, 6).Draw(rt, "step") {
			case 0:
				for range rapid.IntRange(1, 8).Draw(rt, "tickets of one second") {
					made++
					api.opened(made, api.clock)
				}
			case 1:
				if made > 0 {
					api.said(rapid.IntRange(1, made).Draw(rt, "ticket"), 11, api.clock)
				}
			case 2:
				api.clock = api.clock.Add(time.Duration(rapid.IntRange(0, 400).Draw(rt, "seconds")) * time.Second)
			case 3:
				refuse = rapid.Bool().Draw(rt, "cursors are refused")
				if rapid.Bool().Draw(rt, "restart") {
					c = start()
				}
			default:
				page(rapid.SampledFrom(streams).Draw(rt, "stream"), rapid.IntRange(0, 9).Draw(rt, "long") == 0)
			}
		}
		refuse = false
		for range 2 { // the walk that goes on, and one after what is withheld shows
			api.clock = api.clock.Add(10 * time.Minute)
			for _, s := range streams {
				for i := 0; !page(s, false); i++ {
					if i > 500 {
						rt.Fatalf("the walk over %s does not end", s)
					}
				}
			}
		}
		if len(tickets) != made || len(comments) != len(api.events) {
			rt.Fatalf("%d of %d tickets and %d of %d comments were read", len(tickets), made, len(comments), len(api.events))
		}
	})
}
