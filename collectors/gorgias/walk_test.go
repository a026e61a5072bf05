package gorgias

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// clockStreams are the streams of every round, with how a row of each is made.
var clockStreams = []struct {
	stream   helpdesk.Stream
	endpoint string
	row      func(v int, at string) object
}{
	{helpdesk.StreamEvents, "/api/events", func(v int, at string) object { return eventRow(v, "ticket-closed", 7, at) }},
	{helpdesk.StreamMessages, "/api/messages", func(v int, at string) object { return messageRow(v, 7, at) }},
	{helpdesk.StreamConversations, "/api/tickets", ticketRow},
}

func TestCallsOfAWalkGrowWithWhatChanged(t *testing.T) {
	// A busy desk has more rows in the overlap than a page holds; on a quiet one
	// the newest row is an hour old.
	for _, desk := range []struct {
		name    string
		history func(i int) time.Duration // the age of the row i, of 400
		calls   map[int]int               // by how many rows are new
	}{
		{"quiet", func(i int) time.Duration { return time.Hour + time.Duration(i)*time.Minute },
			map[int]int{0: 1, 1: 1, 50: 1, 99: 1, 101: 2, 250: 3}},
		{"busy", func(i int) time.Duration { return 10*time.Second + time.Duration(i)*500*time.Millisecond },
			map[int]int{0: 1, 1: 1, 50: 1, 99: 2, 100: 2, 101: 2, 250: 3}},
		{"at one instant", func(int) time.Duration { return time.Hour },
			map[int]int{0: 1, 1: 1, 50: 1, 99: 1, 101: 2, 250: 3}},
	} {
		for _, s := range clockStreams {
			for n, want := range desk.calls {
				t.Run(fmt.Sprintf("%s desk, %s, %d new", desk.name, s.stream, n), func(t *testing.T) {
					api := newFake(t)
					for i := range 400 {
						api.add(s.endpoint, s.row(1000-i, ago(desk.history(i))))
					}
					c := New(api, Options{})
					_, cursor := collectortest.Walk(t, c, s.stream, at(0))
					api.made()

					for i := range n {
						api.add(s.endpoint, s.row(2001+i, ago(-time.Duration(i+1)*10*time.Millisecond)))
					}
					w := at(30 * time.Second)
					w.Cursor = cursor
					pages, cursor := collectortest.Walk(t, c, s.stream, w)
					if got := api.made(); got != want {
						t.Errorf("%d calls for %d new rows, want %d", got, n, want)
					}
					got := strings.Join(collectortest.IDs(pages), " ")
					for i := range n {
						if v := fmt.Sprint(2001 + i); !strings.Contains(got, v) {
							t.Fatalf("row %s is missing", v)
						}
					}

					w = at(60 * time.Second)
					w.Cursor = cursor
					collectortest.Walk(t, c, s.stream, w)
					if got := api.made(); got != 1 {
						t.Errorf("%d calls for the idle walk after it, want 1", got)
					}
				})
			}
		}
	}
}

func TestIdleWalksStayAtOneCallForEver(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for i := range 250 {
				api.add(s.endpoint, s.row(i+1, ago(0))) // all in the instant of the first walk
			}
			c := New(api, Options{})
			_, cursor := collectortest.Walk(t, c, s.stream, at(0))
			var calls []int
			for round := range 6 {
				api.made()
				w := at(time.Duration(round+1) * 30 * time.Second)
				w.Cursor = cursor
				_, cursor = collectortest.Walk(t, c, s.stream, w)
				calls = append(calls, api.made())
			}
			// What was read in its own instant may not have been visible as a
			// whole: it is read once more, and never again.
			if diff := cmp.Diff([]int{3, 1, 1, 1, 1, 1}, calls); diff != "" {
				t.Errorf("calls by round (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAFirstWalkReadsBackToTheHorizon(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for i := 1; i <= 250; i++ {
				api.add(s.endpoint, s.row(i, ago(time.Duration(250-i)*time.Hour)))
			}
			w := at(0)
			w.Horizon = now.Add(-150 * time.Hour)
			pages, _ := collectortest.Walk(t, New(api, Options{}), s.stream, w)
			if diff := cmp.Diff(numbers(100, 250), collectortest.IDs(pages)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var progress []float64
			for _, p := range pages {
				progress = append(progress, p.Progress)
			}
			if len(progress) != 2 || progress[0] < 0.6 || progress[0] > 0.7 || progress[1] != 1 {
				t.Errorf("progress %v, want about 0.66, then 1", progress)
			}
		})
	}
}

func TestRowsOfOneInstantAreNotLostAtAPageEdge(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 350; v++ {
				age := time.Hour
				if v <= 50 {
					age = 2 * time.Hour
				}
				api.add(s.endpoint, s.row(v, ago(age)))
			}
			pages, _ := collectortest.Walk(t, New(api, Options{}), s.stream, at(0))
			if diff := cmp.Diff(numbers(1, 350), collectortest.IDs(pages)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestARowThatBecomesVisibleLateIsRead(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 300; v++ { // a burst just before the walk
				api.add(s.endpoint, s.row(v, ago(time.Duration(300-v)*5*time.Millisecond)))
			}
			c := New(api, Options{})
			_, cursor := collectortest.Walk(t, c, s.stream, at(0))
			api.add(s.endpoint, s.row(301, ago(1490*time.Millisecond))) // within the visibility lag
			w := at(30 * time.Second)
			w.Cursor = cursor
			pages, _ := collectortest.Walk(t, c, s.stream, w)
			if !strings.Contains(strings.Join(collectortest.IDs(pages), " "), "301") {
				t.Error("the late row is missing")
			}
		})
	}
}

func TestLongWalksReadNinetyMinutesAgain(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 400; v++ { // one every 20 s
				api.add(s.endpoint, s.row(v, ago(time.Duration(401-v)*20*time.Second)))
			}
			c := New(api, Options{})
			_, cursor := collectortest.Walk(t, c, s.stream, at(0))
			w := at(30 * time.Second)
			w.Cursor, w.Long = cursor, true
			pages, _ := collectortest.Walk(t, c, s.stream, w)
			got := strings.Join(collectortest.IDs(pages), " ")
			if !strings.Contains(got, "131") {
				t.Error("a row of 90 minutes ago was not read again")
			}
			if len(pages) != 3 {
				t.Errorf("%d pages for 270 rows, want 3", len(pages))
			}
		})
	}
}

func TestATicketThatJumpsToTheFrontWhileItIsPagedIsReadByTheNextWalk(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 250; v++ {
		api.add("/api/tickets", ticketRow(v, ago(time.Duration(300-v)*time.Minute)))
	}
	c := New(api, Options{})
	api.before = func(r rest.Request) error {
		if r.Query.Get("cursor") != "" { // before the second page: ticket 1 is updated
			api.lists["/api/tickets"][0]["updated_datetime"] = ago(-time.Second)
			api.lists["/api/tickets"][0]["priority"] = "high"
		}
		return nil
	}
	pages, cursor := collectortest.Walk(t, c, helpdesk.StreamConversations, at(0))
	if diff := cmp.Diff(numbers(2, 250), collectortest.IDs(pages)); diff != "" {
		t.Errorf("first walk (-want +got):\n%s", diff)
	}
	w := at(30 * time.Second)
	w.Cursor = cursor
	pages, _ = collectortest.Walk(t, c, helpdesk.StreamConversations, w)
	first := pages[0].Records[0].(helpdesk.Conversation)
	if first.ID != "1" || first.Labels.Priority != "high" {
		t.Errorf("the next walk begins with %s %s, want the updated ticket 1", first.ID, first.Labels.Priority)
	}
}

func TestAWalkResumesInItsMiddleAfterARestart(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 350; v++ {
				api.add(s.endpoint, s.row(v, ago(time.Duration(400-v)*time.Minute)))
			}
			p1, err := New(api, Options{}).Read(t.Context(), s.stream, at(0))
			if err != nil || p1.Done {
				t.Fatalf("first page: done %v, %v", p1.Done, err)
			}
			// The process ends; a new one goes on an hour later.
			api.add(s.endpoint, s.row(351, ago(-time.Minute)))
			w := at(time.Hour)
			w.Cursor = p1.Cursor
			c := New(api, Options{})
			rest, cursor := collectortest.Walk(t, c, s.stream, w)
			if len(rest) != 3 {
				t.Errorf("%d pages after the restart, want 3: nothing is read twice", len(rest))
			}
			w.Cursor = cursor
			next, _ := collectortest.Walk(t, c, s.stream, w)
			all := append(append([]helpdesk.Page{p1}, rest...), next...)
			if diff := cmp.Diff(numbers(1, 351), collectortest.IDs(all)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestARefusedCursorBeginsTheWalkAgainOnce(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 350; v++ {
				api.add(s.endpoint, s.row(v, ago(time.Duration(400-v)*time.Minute)))
			}
			c := New(api, Options{})
			p1, err := c.Read(t.Context(), s.stream, at(0))
			if err != nil {
				t.Fatal(err)
			}
			old := api.calls[len(api.calls)-1]
			refuse := true
			api.before = func(r rest.Request) error {
				if refuse && r.Query.Get("cursor") != "" {
					return collectortest.Failure(r, http.StatusBadRequest)
				}
				return nil
			}
			w := at(time.Hour)
			w.Cursor = p1.Cursor
			p2, err := c.Read(t.Context(), s.stream, w)
			if err != nil || p2.Done {
				t.Fatalf("after a refused cursor of %v: done %v, %v", old.Query, p2.Done, err)
			}
			w.Cursor = p2.Cursor
			if _, err := c.Read(t.Context(), s.stream, w); err == nil {
				t.Fatal("a vendor that refuses every cursor must be an error, not an endless walk")
			}
			refuse = false
			pages, _ := collectortest.Walk(t, c, s.stream, w)
			if diff := cmp.Diff(numbers(1, 350), collectortest.IDs(append(pages, p1, p2))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOtherFailuresOfAPageAreErrorsAndMoveNothing(t *testing.T) {
	for _, s := range clockStreams {
		for _, code := range []int{401, 403, 429, 500, 503} {
			t.Run(fmt.Sprintf("%s %d", s.stream, code), func(t *testing.T) {
				api := newFake(t)
				for v := 1; v <= 150; v++ {
					api.add(s.endpoint, s.row(v, ago(time.Duration(400-v)*time.Minute)))
				}
				c := New(api, Options{})
				p, err := c.Read(t.Context(), s.stream, at(0))
				if err != nil {
					t.Fatal(err)
				}
				api.made()
				api.before = func(r rest.Request) error { return collectortest.Failure(r, code) }
				w := at(0)
				w.Cursor = p.Cursor
				if got, err := c.Read(t.Context(), s.stream, w); err == nil || got.Cursor != nil || got.Records != nil {
					t.Errorf("page %+v, error %v: want only an error", got, err)
				}
				if n := api.made(); n != 1 {
					t.Errorf("%d calls, want 1", n)
				}
			})
		}
	}
}

func TestAnUnreadableCursorIsAsGoodAsNone(t *testing.T) {
	for _, s := range clockStreams {
		for _, cursor := range []string{"", "{", "null", `{"v":2,"s":{"base":1}}`, `{"v":1,"s":[]}`} {
			api := newFake(t)
			api.add(s.endpoint, s.row(1, ago(time.Hour)))
			w := at(0)
			w.Cursor = []byte(cursor)
			p, err := New(api, Options{}).Read(t.Context(), s.stream, w)
			if err != nil || !p.Done || len(p.Records) != 1 {
				t.Errorf("%s with cursor %q: %d records, done %v, %v", s.stream, cursor, len(p.Records), p.Done, err)
			}
		}
	}
}

func TestAnAnswerWithoutRowsIsAnErrorNotAnEmptyDesk(t *testing.T) {
	for _, stream := range New(newFake(t), Options{}).Profile().Streams {
		for _, answer := range []string{`{}`, `{"data":null,"meta":{}}`, `{"error":{"msg":"x"}}`} {
			api := newFake(t)
			api.before = func(r rest.Request) error { api.raw[r.Path] = answer; return nil }
			if _, err := New(api, Options{}).Read(t.Context(), stream.Stream, at(0)); err == nil {
				t.Errorf("%s: %s was taken for an empty list", stream.Stream, answer)
			}
		}
	}
}

func TestAnEmptyAnswerMovesNothing(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 120; v++ {
				api.add(s.endpoint, s.row(v, ago(time.Duration(120-v)*time.Millisecond)))
			}
			c := New(api, Options{})
			_, cursor := collectortest.Walk(t, c, s.stream, at(0))
			kept := api.lists[s.endpoint]
			api.lists[s.endpoint] = nil // a hiccup
			w := at(30 * time.Second)
			w.Cursor = cursor
			_, cursor = collectortest.Walk(t, c, s.stream, w)
			api.lists[s.endpoint] = append(kept, s.row(121, ago(110*time.Millisecond)))
			w = at(60 * time.Second)
			w.Cursor = cursor
			pages, _ := collectortest.Walk(t, c, s.stream, w)
			if !strings.Contains(strings.Join(collectortest.IDs(pages), " "), "121") {
				t.Error("the row that was not visible before the hiccup is missing")
			}
		})
	}
}

func TestAPageThatComesWithoutItsRowsIsAskedForAgain(t *testing.T) {
	for _, s := range clockStreams {
		for call := 1; call <= 2; call++ { // of three
			t.Run(fmt.Sprintf("%s, call %d", s.stream, call), func(t *testing.T) {
				api := newFake(t)
				for v := 1; v <= 250; v++ {
					api.add(s.endpoint, s.row(v, ago(time.Duration(250-v)*time.Second)))
				}
				lists := 0
				api.answer = func(_ rest.Request, a object) object {
					if lists++; lists == call {
						a["data"] = []object{}
					}
					return a
				}
				pages, _ := collectortest.Walk(t, New(api, Options{}), s.stream, at(0))
				if got := len(collectortest.IDs(pages)); got != 250 {
					t.Errorf("%d of 250 rows were read", got)
				}
			})
		}
	}
}

func TestWithoutAClockWalksAreStillShortAndLoseNothing(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 150; v++ {
				api.add(s.endpoint, s.row(v, ago(time.Duration(200-v)*time.Minute)))
			}
			c := New(api, Options{})
			w := helpdesk.Walk{Horizon: now.Add(-30 * 24 * time.Hour)}
			_, w.Cursor = collectortest.Walk(t, c, s.stream, w)
			api.made()
			api.add(s.endpoint, s.row(151, ago(50*time.Minute+time.Second)))
			pages, _ := collectortest.Walk(t, c, s.stream, w)
			if n := api.made(); n != 1 || !strings.Contains(strings.Join(collectortest.IDs(pages), " "), "151") {
				t.Errorf("%d calls, rows %v", n, collectortest.IDs(pages))
			}
		})
	}
}
