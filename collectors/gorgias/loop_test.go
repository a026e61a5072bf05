package gorgias

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func TestAListThatLoopsAtItsLastPageEnds(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 120; v++ {
				api.add(s.endpoint, s.row(v, ago(time.Duration(400-v)*time.Minute)))
			}
			api.answer = func(r rest.Request, a object) object {
				if meta := a["meta"].(object); meta["next_cursor"] == nil {
					meta["next_cursor"] = r.Query.Get("cursor")
				}
				return a
			}
			pages, _ := collectortest.Walk(t, New(api, Options{}), s.stream, at(0))
			if diff := cmp.Diff(numbers(1, 120), collectortest.IDs(pages)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := api.made(); n > 3 {
				t.Errorf("%d calls for two pages and one repetition", n)
			}
		})
	}
}

func TestAPageThatIsGivenTwiceLosesNothing(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 250; v++ {
				api.add(s.endpoint, s.row(v, ago(time.Duration(400-v)*time.Minute)))
			}
			var first object
			pages := 0
			api.answer = func(_ rest.Request, a object) object {
				if pages++; pages == 1 {
					first = a
				}
				if pages == 2 { // the rows of the first page, and the way on from the second
					return object{"data": first["data"], "meta": first["meta"].(object)}
				}
				return a
			}
			api.before = func(r rest.Request) error { return nil }
			got, err := collectLoop(t, New(api, Options{}), s.stream)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(numbers(1, 250), collectortest.IDs(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAVendorThatRepeatsFullPagesIsAnErrorNotAnEndlessWalk(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= 250; v++ {
				api.add(s.endpoint, s.row(v, ago(time.Duration(400-v)*time.Minute)))
			}
			var first object
			api.answer = func(_ rest.Request, a object) object {
				if first == nil {
					first = a
				}
				return first
			}
			_, err := collectLoop(t, New(api, Options{}), s.stream)
			var e *rest.Error
			if !errors.As(err, &e) || e.Reason != rest.ReasonDecode {
				t.Fatalf("error %v, want one of decoding", err)
			}
			if n := api.made(); n > 6 {
				t.Errorf("%d calls before giving up", n)
			}
		})
	}
}

// collectLoop reads a walk until it is done or fails.
func collectLoop(t *testing.T, c *Collector, s helpdesk.Stream) ([]helpdesk.Page, error) {
	t.Helper()
	var pages []helpdesk.Page
	w := at(0)
	for range 50 {
		p, err := c.Read(t.Context(), s, w)
		if err != nil {
			return pages, err
		}
		pages = append(pages, p)
		w.Cursor = p.Cursor
		if p.Done {
			return pages, nil
		}
	}
	t.Fatal("the walk does not end")
	return nil, nil
}

func TestPagesThatTakeTurnsAreNoEndlessWalk(t *testing.T) {
	for _, s := range clockStreams {
		for name, age := range map[string]time.Duration{"of one instant": 0, "of many": time.Minute} {
			t.Run(string(s.stream)+", rows "+name, func(t *testing.T) {
				api := newFake(t)
				for v := 1; v <= 350; v++ {
					api.add(s.endpoint, s.row(v, ago(time.Hour+time.Duration(400-v)*age)))
				}
				answers, n := []object{}, 0
				api.answer = func(_ rest.Request, a object) object {
					if n++; n <= 2 { // page 1 leads to page 2, and page 2 back to page 1
						answers = append(answers, a)
					}
					return answers[(n-1)%2]
				}
				if _, err := collectLoop(t, New(api, Options{}), s.stream); err == nil {
					t.Error("no error")
				}
				if calls := api.made(); calls > 2*(2+maxStalls) { // with one restart
					t.Errorf("%d calls before giving up", calls)
				}
			})
		}
	}
}
