package intercom

import (
	"encoding/json"
	"errors"
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

// round is a walk over all that a round reads.
func round(t *testing.T, c *Collector, w helpdesk.Walk) ([]helpdesk.Page, []byte) {
	t.Helper()
	pages, cursor := collectortest.Walk(t, c, helpdesk.StreamConversations, w)
	collectortest.Walk(t, c, helpdesk.StreamAgents, helpdesk.Walk{Now: w.Now})
	return pages, cursor
}

// TestWhatARoundCosts holds the formula of the README.
func TestWhatARoundCosts(t *testing.T) {
	for _, c := range []struct{ history, open, changed, calls int }{
		{0, 0, 0, 3},
		{500, 100, 0, 3}, // an idle round, however much there is
		{500, 100, 1, 3 + 1},
		{200, 0, 75, 3 + 75},
		{200, 0, 76, 4 + 76},
		{0, 0, 150, 4 + 150},
		{0, 0, 300, 6 + 300},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			api := newFake(t)
			for v := 1; v <= c.history; v++ {
				o := ticked(v, ago(time.Hour+time.Duration(v)*time.Second))
				if v > c.open {
					o["state"] = "closed"
				}
				api.conversations = append(api.conversations, o)
			}
			c2 := New(api)
			_, cursor := round(t, c2, at(0))
			_, cursor = round(t, c2, next(10*time.Minute, cursor))
			for v := 1; v <= c.changed; v++ { // one each second
				api.conversations = append(api.conversations, ticked(9000+v, now.Add(11*time.Minute+time.Duration(v)*time.Second).Unix()))
			}
			if _, err := c2.Fetch(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			api.made()
			for _, calls := range []int{c.calls, 3} { // and nothing of it again in the next round
				pages, after := round(t, c2, next(20*time.Minute, cursor))
				if c.history == 0 && calls == c.calls && c.changed > 0 {
					calls++ // whose workspace it is is asked once a start
				}
				if n := api.made(); n != calls {
					t.Errorf("%d calls, want %d", n, calls)
				}
				if got := rows(pages); calls > 3 && len(got) != c.changed {
					t.Errorf("%d conversations, want %d", len(got), c.changed)
				}
				cursor = after
			}
		})
	}
}

// TestWhatASweepCosts holds the formula of the README.
func TestWhatASweepCosts(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 700; v++ {
		api.conversations = append(api.conversations, ticked(v, ago(2*time.Hour+time.Duration(v)*time.Second)))
	}
	c := New(api)
	_, cursor := round(t, c, at(0))
	api.made()
	w := next(30*time.Minute, cursor)
	w.Long = true
	round(t, c, w)
	compare(t, 3, api.made()) // nothing changed in the last hour
	collectortest.Walk(t, c, helpdesk.StreamTeams, at(0))
	collectortest.Walk(t, c, helpdesk.StreamOpen, at(0))
	compare(t, 1+5, api.made()) // 149 rows a page: each begins with the second of the last row
}

func TestTheFirstWalkBeginsAtTheHorizonAndTellsItsProgress(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 160; v++ { // one each 6 hours: 40 days
		api.conversations = append(api.conversations, ticked(v, ago(time.Duration(160-v)*6*time.Hour)))
	}
	c := New(api)
	pages, _ := collectortest.Walk(t, c, helpdesk.StreamConversations, at(0))
	compare(t, numbers(40, 160), rows(pages))
	var progress []string
	for _, p := range pages {
		progress = append(progress, fmt.Sprintf("%.2f", p.Progress))
	}
	compare(t, []string{"0.00", "1.00"}, progress)
}

func TestAWalkGoesOnAfterARestart(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 200; v++ {
		api.conversations = append(api.conversations, ticked(v, ago(time.Hour-time.Duration(v)*time.Second)))
	}
	p, err := New(api).Read(t.Context(), helpdesk.StreamConversations, at(0))
	if err != nil || p.Done {
		t.Fatal(p.Done, err)
	}
	api.made()
	pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, next(time.Minute, p.Cursor))
	compare(t, numbers(76, 200), rows(pages))
	compare(t, 2+125+1, api.made()) // two searches, and the workspace
}

func TestACursorThatCanNotBeReadBeginsAnew(t *testing.T) {
	for _, cursor := range []string{"", "x", "[]", `{"high":"x"}`, `{"walk":7}`} {
		api := newFake(t)
		api.conversations = []object{ticked(7, ago(time.Hour))}
		pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, next(0, []byte(cursor)))
		compare(t, []string{"7"}, rows(pages))
	}
}

func TestAConversationIsReadAgainWhenItChangedAndOnlyThen(t *testing.T) {
	api := newFake(t)
	api.conversations = []object{ticked(7, ago(time.Hour)), ticked(8, ago(time.Minute))}
	c := New(api)
	_, cursor := collectortest.Walk(t, c, helpdesk.StreamConversations, at(0))
	for _, step := range []struct {
		after   time.Duration
		changed int64
		want    []string
	}{
		{30 * time.Second, 0, nil},
		{60 * time.Second, ago(-50 * time.Second), []string{"7"}},
		{90 * time.Second, 0, nil},
		{120 * time.Second, ago(-120 * time.Second), []string{"7"}}, // in this very second: it may change once more
		{150 * time.Second, 0, []string{"7"}},
		{180 * time.Second, 0, nil},
	} {
		if step.changed != 0 {
			api.conversations[0]["updated_at"] = step.changed
		}
		var pages []helpdesk.Page
		pages, cursor = collectortest.Walk(t, New(api), helpdesk.StreamConversations, next(step.after, cursor))
		compare(t, step.want, rows(pages))
	}
}

func TestARowThatTheSearchShowsLateIsRead(t *testing.T) {
	api := newFake(t)
	api.conversations = []object{ticked(7, ago(time.Second))}
	c := New(api)
	_, cursor := collectortest.Walk(t, c, helpdesk.StreamConversations, at(0))
	api.conversations = append(api.conversations, ticked(8, ago(time.Minute)))
	pages, _ := collectortest.Walk(t, c, helpdesk.StreamConversations, next(30*time.Second, cursor))
	compare(t, true, slices.Contains(rows(pages), "8"))
}

func TestManyRowsOfOneSecondAreReadByTheCursor(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 400; v++ {
		api.conversations = append(api.conversations, ticked(v, ago(time.Hour)))
	}
	pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, at(0))
	compare(t, numbers(1, 400), rows(pages))
}

func TestRowsThatMoveWhilePagesAreReadTakeNoOtherOutOfThem(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 400; v++ {
		api.conversations = append(api.conversations, ticked(v, ago(time.Hour-time.Duration(v)*time.Second)))
	}
	searches := 0
	api.before = func(r rest.Request) error {
		if r.Path == searchPath {
			if searches++; searches > 1 && searches < 9 {
				for i := range 40 { // of those that were read already
					api.conversations[searches*40+i]["updated_at"] = ago(-time.Duration(searches) * time.Second)
				}
			}
		}
		return nil
	}
	pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, at(0))
	compare(t, numbers(1, 400), rows(pages))
}

// answers lets the search answer by pages of its own, in turn.
func answers(api *fakeAPI, pages ...string) {
	n := 0
	api.before = func(r rest.Request) error {
		if r.Path == searchPath {
			api.raw[searchPath] = pages[min(n, len(pages)-1)]
			n++
		}
		return nil
	}
}

func TestTheShapesOfTheNextPage(t *testing.T) {
	row := func(v int, updated int64) string { return fmt.Sprintf(`{"id":"%d","updated_at":%d}`, v, updated) }
	second := `{"conversations":[` + row(8, ago(time.Hour)) + `],"pages":{"type":"pages"}}`
	for _, c := range []struct {
		name, pages string
		want        []string
		asked       []string // the cursors
	}{
		{"absent", `{"type":"pages"}`, []string{"7"}, []string{""}},
		{"no pages", `null`, []string{"7"}, []string{""}},
		{"null", `{"next":null}`, []string{"7"}, []string{""}},
		{"empty", `{"next":""}`, []string{"7"}, []string{""}},
		{"an object", `{"next":{"per_page":150,"starting_after":"abc"}}`, []string{"7", "8"}, []string{"", "abc"}},
		{"an object without a cursor", `{"next":{"per_page":150,"starting_after":null}}`, []string{"7"}, []string{""}},
		{"an address, of which only the cursor is used", `{"next":"https://elsewhere.example/x?per_page=150&starting_after=abc"}`, []string{"7", "8"}, []string{"", "abc"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := newFake(t)
			api.conversations = []object{ticked(7, ago(time.Hour)), ticked(8, ago(time.Hour))}
			answers(api, `{"conversations":[`+row(7, ago(time.Hour))+`],"pages":`+c.pages+`}`, second)
			w := at(0)
			w.Horizon = now.Add(-time.Hour) // the rows are of the first second: there is no other place than the cursor
			pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, w)
			compare(t, c.want, rows(pages))
			compare(t, c.asked, cursors(api))
		})
	}
}

func TestPagesThatCanNotBeBelieved(t *testing.T) {
	row := fmt.Sprintf(`{"id":"7","updated_at":%d}`, ago(time.Hour))
	more := `"pages":{"next":{"starting_after":"abc"}}`
	for _, c := range []struct {
		name  string
		pages []string
	}{
		{"no list", []string{`{}`}},
		{"null", []string{`{"conversations":null}`}},
		{"an error with status 200", []string{`{"type":"error.list","errors":[]}`}},
		{"an address without a cursor", []string{`{"conversations":[],"pages":{"next":"https://api.intercom.io/x"}}`}},
		{"no address", []string{`{"conversations":[],"pages":{"next":"https://%zz"}}`}},
		{"neither", []string{`{"conversations":[],"pages":{"next":7}}`}},
		{"a page again and again", []string{`{"conversations":[` + row + `],` + more + `}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := newFake(t)
			api.conversations = []object{ticked(7, ago(time.Hour))}
			answers(api, c.pages...)
			w := at(0)
			w.Horizon = now.Add(-time.Hour)
			col := New(api)
			var err error
			for range 5 {
				var p helpdesk.Page
				if p, err = col.Read(t.Context(), helpdesk.StreamConversations, w); err != nil || p.Done {
					break
				}
				w.Cursor = p.Cursor
			}
			var e *rest.Error
			if !errors.As(err, &e) || e.Reason != rest.ReasonDecode {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnEmptyPageThatIsFollowedByOthersIsAskedForTwice(t *testing.T) {
	for _, s := range []helpdesk.Stream{helpdesk.StreamConversations, helpdesk.StreamOpen} {
		api := newFake(t)
		api.conversations = []object{ticked(7, ago(time.Hour))}
		row, err := json.Marshal(ticked(7, ago(time.Hour)))
		if err != nil {
			t.Fatal(err)
		}
		answers(api, `{"conversations":[],"pages":{"next":{"starting_after":"abc"}}}`, `{"conversations":[`+string(row)+`]}`)
		pages, _ := collectortest.Walk(t, New(api), s, at(0))
		compare(t, []string{"7"}, rows(pages))
		compare(t, []string{"", ""}, cursors(api))
	}
}

// cursors are those that the search was asked by.
func cursors(api *fakeAPI) (all []string) {
	for _, r := range api.calls {
		if q, ok := r.Body.(search); ok {
			all = append(all, q.Pagination.StartingAfter)
		}
	}
	return all
}

func TestASearchThatIsTooSlowIsAskedForLess(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 30; v++ {
		api.conversations = append(api.conversations, ticked(v, ago(time.Hour-time.Duration(v)*time.Second)))
	}
	c := New(api)
	var sizes []int
	fail := func(err error) {
		api.before = func(r rest.Request) error {
			if r.Path != searchPath {
				return nil
			}
			sizes = append(sizes, r.Body.(search).Pagination.PerPage)
			return err
		}
	}
	for _, reason := range []rest.Reason{rest.ReasonTimeout, rest.ReasonServer, rest.ReasonNetwork, rest.ReasonTimeout, rest.ReasonServer, rest.ReasonServer} {
		fail(&rest.Error{Reason: reason})
		if _, err := c.Read(t.Context(), helpdesk.StreamConversations, at(0)); err == nil {
			t.Fatal("no error")
		}
	}
	fail(nil)
	pages, _ := collectortest.Walk(t, c, helpdesk.StreamConversations, at(0))
	compare(t, numbers(1, 30), rows(pages))
	compare(t, []int{150, 75, 37, 37, 18, 10, 10, 20, 40}, sizes)
}

func TestRowsInAnotherOrderAreFollowedByTheCursor(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 3; v++ {
		api.conversations = append(api.conversations, ticked(v, ago(time.Duration(v)*time.Hour)))
	}
	row := func(v int) string {
		return fmt.Sprintf(`{"id":"%d","updated_at":%d}`, v, ago(time.Duration(v)*time.Hour))
	}
	answers(api, `{"conversations":[`+row(1)+`,`+row(2)+`],"pages":{"next":{"starting_after":"abc"}}}`, `{"conversations":[`+row(3)+`]}`)
	pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, at(0))
	compare(t, numbers(1, 3), rows(pages))
}

func TestAPageInAnotherOrderIsReadWhole(t *testing.T) {
	api := newFake(t)
	var page []string
	for v := 1; v <= 150; v++ { // the newest first
		api.conversations = append(api.conversations, ticked(v, ago(time.Duration(v)*time.Minute)))
		page = append(page, fmt.Sprintf(`{"id":"%d","updated_at":%d}`, v, ago(time.Duration(v)*time.Minute)))
	}
	answers(api, `{"conversations":[`+strings.Join(page, ",")+`],"pages":{}}`)
	pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, at(0))
	compare(t, numbers(1, 150), rows(pages))
	compare(t, 1, len(pages))
}

func TestACursorThatIsRefusedIsGivenUp(t *testing.T) {
	for _, code := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity} {
		for _, s := range []helpdesk.Stream{helpdesk.StreamConversations, helpdesk.StreamOpen} {
			api := newFake(t)
			for v := 1; v <= 200; v++ {
				api.conversations = append(api.conversations, ticked(v, ago(time.Hour)))
			}
			refuse := true
			api.before = func(r rest.Request) error {
				if q, ok := r.Body.(search); ok && refuse && q.Pagination.StartingAfter != "" {
					refuse = false
					return collectortest.Failure(r, code)
				}
				return nil
			}
			pages, _ := collectortest.Walk(t, New(api), s, at(0))
			compare(t, numbers(1, 200), rows(pages))
		}
	}
}

func TestAConversationThatCanNotBeReadNowIsWanted(t *testing.T) {
	api := newFake(t)
	api.conversations = []object{ticked(7, ago(time.Hour)), ticked(8, ago(time.Hour))}
	api.gone["/conversations/7"] = collectortest.Failure(rest.Request{}, http.StatusBadGateway)
	pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, at(0))
	compare(t, wholes(7), pages[0].Wants)
	compare(t, []string{"8"}, rows(pages))
	api.gone["/conversations/7"] = collectortest.Failure(rest.Request{}, http.StatusUnauthorized)
	if _, err := New(api).Read(t.Context(), helpdesk.StreamConversations, at(0)); err == nil {
		t.Error("a page was read with refused credentials")
	}
}

func TestARowWithoutATimeIsSkippedAndWantedByItsID(t *testing.T) {
	api := newFake(t)
	answers(api, `{"conversations":[{"id":"7","updated_at":"soon"}]}`)
	pages, _ := collectortest.Walk(t, New(api), helpdesk.StreamConversations, at(0))
	compare(t, wholes(7), pages[0].Wants)
	compare(t, "time", pages[0].Skipped[0].Reason)
}

func TestARowThatCouldNotBeReadIsReadAgainByTheNextSweepOnce(t *testing.T) {
	api := newFake(t)
	api.conversations = []object{ticked(7, ago(5*time.Hour)), ticked(8, ago(time.Hour))}
	answers(api, fmt.Sprintf(`{"conversations":[{"id":{}},{"id":"8","updated_at":%d}]}`, ago(time.Hour)))
	c := New(api)
	w := at(0)
	w.Horizon = now.Add(-6 * time.Hour)
	_, cursor := collectortest.Walk(t, c, helpdesk.StreamConversations, w)
	api.before = nil
	delete(api.raw, searchPath)
	for i, want := range [][]string{nil, {"7"}, nil} {
		w := next(time.Duration(i+1)*2*time.Hour, cursor)
		w.Horizon, w.Long = now.Add(-6*time.Hour), i > 0
		api.made()
		var pages []helpdesk.Page
		pages, cursor = collectortest.Walk(t, c, helpdesk.StreamConversations, w)
		compare(t, want, rows(pages))
	}
}

func TestDeletionsAreToldOnceEachWithTheirTime(t *testing.T) {
	api := newFake(t)
	api.deleted = []object{{"id": "1", "deleted_at": ago(time.Hour)}}
	var cursor []byte
	var got [][]string
	read := func(d time.Duration, long bool) {
		t.Helper()
		w := next(d, cursor)
		w.Long = long
		var pages []helpdesk.Page
		pages, cursor = collectortest.Walk(t, New(api), helpdesk.StreamConversations, w)
		got = append(got, collectortest.IDs(pages))
	}
	read(0, false) // what was gone before was never known
	compare(t, []string{searchPath}, api.paths())
	read(30*time.Second, false)
	api.deleted = append(api.deleted, object{"id": "2", "deleted_at": ago(-40 * time.Second)})
	read(60*time.Second, false)
	read(90*time.Second, false)
	api.deleted = append(api.deleted, object{"id": "3", "deleted_at": ago(-50 * time.Second)}) // shown late
	read(120*time.Second, false)
	read(150*time.Second, true)
	api.deleted = append(api.deleted, object{"id": "4", "deleted_at": ago(-time.Second)}) // shown very late
	read(10*time.Minute, false)
	read(11*time.Minute, true)
	read(12*time.Minute, true)
	compare(t, [][]string{nil, nil, {"deleted-2"}, nil, {"deleted-3"}, nil, nil, {"deleted-4"}, nil}, got)
}

func TestManyDeletionsAreReadBackToTheLastWalk(t *testing.T) {
	api := newFake(t)
	c := New(api)
	_, cursor := collectortest.Walk(t, c, helpdesk.StreamConversations, at(0))
	for v := 1; v <= 5000; v++ {
		api.deleted = append(api.deleted, object{"id": strconv.Itoa(v), "deleted_at": ago(time.Duration(v-130) * time.Minute)})
	}
	api.made()
	pages, _ := collectortest.Walk(t, c, helpdesk.StreamConversations, next(130*time.Minute, cursor))
	compare(t, 132, len(collectortest.IDs(pages))) // and those of two minutes before it
	compare(t, 3+1, api.made())
	for _, o := range api.deleted { // at once, as a bulk deletion is
		o["deleted_at"] = ago(-time.Hour)
	}
	pages, _ = collectortest.Walk(t, c, helpdesk.StreamConversations, next(130*time.Minute, cursor))
	compare(t, deletedPages*deletedSize, len(collectortest.IDs(pages)))
}

func TestDeletionsThatCanNotBeReadNowAreReadLater(t *testing.T) {
	api := newFake(t)
	_, cursor := collectortest.Walk(t, New(api), helpdesk.StreamConversations, at(0))
	api.deleted = []object{{"id": "2", "deleted_at": ago(-time.Minute)}}
	c := New(api)
	var got [][]string
	for i, code := range []int{http.StatusBadGateway, http.StatusForbidden, http.StatusOK, http.StatusOK} {
		delete(api.gone, deletedPath)
		if code != http.StatusOK {
			api.gone[deletedPath] = collectortest.Failure(rest.Request{}, code)
		}
		w := next(time.Duration(i+1)*time.Hour, cursor)
		w.Long = i == 3
		var pages []helpdesk.Page
		pages, cursor = collectortest.Walk(t, c, helpdesk.StreamConversations, w)
		got = append(got, collectortest.IDs(pages))
	}
	compare(t, [][]string{nil, nil, nil, {"deleted-2"}}, got) // who may not is asked again with a sweep
	var asked int
	for _, r := range api.calls {
		if r.Path == deletedPath {
			asked++
		}
	}
	compare(t, 3, asked)
}
