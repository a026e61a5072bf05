package freshdesk

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// mix is a desk's without what Freshdesk cannot tell: bots that talk.
func mix() *simulator.Mix {
	m := simulator.DefaultMix()
	m.Greeting, m.BotAnswers = 0, 0
	return &m
}

func since(days int) helpdesk.Walk {
	return helpdesk.Walk{Horizon: opens.AddDate(0, 0, -days), Now: opens.AddDate(0, 0, 1)}
}

// matches compares what was read with the desk's own books: every ticket's
// newest row, and all of its messages.
func matches(t *testing.T, d *desk, got *tally) {
	t.Helper()
	var wrong []string
	d.Read(func(b *simulator.Books) {
		for _, k := range b.Tickets {
			id := fmt.Sprint(k.ID)
			s := k.Now()
			if s.Created.IsZero() || s.Deleted && b.Now.Sub(s.GoneAt) > 30*24*time.Hour {
				continue
			}
			row, found := got.rows[id]
			excluded, _ := s.Excluded()
			if excluded == helpdesk.ExcludedMerged {
				excluded = helpdesk.NotExcluded // it looks closed
			}
			said := s.Messages
			if s.MergedInto != 0 {
				said++ // the note that says so
			}
			switch {
			case !found:
				wrong = append(wrong, id+" was not read")
			case row.Excluded != excluded:
				wrong = append(wrong, fmt.Sprintf("%s is set aside as %v, not %v", id, row.Excluded, excluded))
			case excluded != helpdesk.ExcludedDeleted && len(got.messages[id]) != said:
				wrong = append(wrong, fmt.Sprintf("%s has %d messages, not %d", id, len(got.messages[id]), said))
			case excluded == helpdesk.NotExcluded && row.Agent != idOf(s.Agent):
				wrong = append(wrong, fmt.Sprintf("%s has agent %s, not %d", id, row.Agent, s.Agent))
			}
		}
	})
	if len(wrong) > 0 {
		t.Errorf("%d tickets are wrong:\n%s", len(wrong), strings.Join(wrong[:min(20, len(wrong))], "\n"))
	}
}

func idOf(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func TestAFirstWalkReadsEveryTicketWithAllOfItsMessages(t *testing.T) {
	d := newDesk(simulator.Options{Seed: 3, Rate: 60, Mix: mix()}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(24 * time.Hour))
	c := New(d, Options{BaseURL: base})
	got := newTally()
	records, _ := walkOver(t, c, helpdesk.StreamConversations, since(1))
	got.add(records)
	matches(t, d, got)
	if len(got.rows) < 500 {
		t.Errorf("only %d tickets", len(got.rows))
	}
}

func TestATicketThatIsUpdatedWhileListsArePagedMovesNoOtherOutOfThem(t *testing.T) {
	var d *desk
	moving := true
	d = newDesk(simulator.Options{Seed: 5, Rate: 60, Mix: mix()}, simulator.FreshdeskOptions{BeforeEach: func(r *http.Request) {
		if moving && strings.HasSuffix(r.URL.Path, "/tickets") {
			d.Advance(d.Now().Add(3 * time.Minute))
		}
	}})
	d.Advance(opens.Add(24 * time.Hour))
	c := New(d, Options{BaseURL: base})
	got := newTally()
	w := since(1)
	for range 2 { // the second walk only sees what came behind the first
		var records []helpdesk.Record
		records, w.Cursor = walkOver(t, c, helpdesk.StreamConversations, w)
		got.add(records)
		moving = false
	}
	matches(t, d, got)
}

func TestRoundsReadWhatChangedAndNothingElse(t *testing.T) {
	d := newDesk(simulator.Options{Seed: 7, Rate: 30, Mix: mix()}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(12 * time.Hour))
	c := New(d, Options{BaseURL: base})
	got := newTally()
	w := since(1)
	records, cursor := walkOver(t, c, helpdesk.StreamConversations, w)
	got.add(records)
	for at := opens.Add(12 * time.Hour); at.Before(opens.Add(16 * time.Hour)); at = at.Add(time.Minute) {
		before := map[string]time.Time{}
		for id, row := range got.rows {
			before[id] = row.Updated
		}
		d.Advance(at)
		d.calls = nil
		w.Cursor = cursor
		records, cursor = walkOver(t, c, helpdesk.StreamConversations, w)
		got.add(records)
		changed := map[string]bool{}
		for _, r := range records {
			if row, ok := r.(helpdesk.Conversation); ok {
				changed[row.ID] = true
				if row.Updated.Equal(before[row.ID]) && row.Excluded == helpdesk.NotExcluded {
					t.Errorf("%s was read again", row.ID)
				}
			}
		}
		// Three lists, and the messages of each ticket with news.
		if most := len(filters) + len(changed); len(d.calls) > most {
			t.Fatalf("%d calls for %d tickets with news: %v", len(d.calls), len(changed), d.calls)
		}
	}
	matches(t, d, got)
}

// aRound reads every stream of every round to its end, and tells the records of
// the clocks.
func aRound(t *testing.T, c *Collector, cursors map[helpdesk.Stream][]byte) (records []helpdesk.Record) {
	t.Helper()
	for _, sp := range c.Profile().Streams {
		if sp.Every != helpdesk.EachRound {
			continue
		}
		w := since(1)
		w.Cursor = cursors[sp.Stream]
		part, cursor := walkOver(t, c, sp.Stream, w)
		cursors[sp.Stream] = cursor
		if sp.Clock {
			records = append(records, part...)
		}
	}
	return records
}

func TestAnIdleRoundIsFourCallsAndSixCredits(t *testing.T) {
	d := newDesk(simulator.Options{Script: []simulator.Scripted{{Lines: []simulator.Line{simulator.Says(0, helpdesk.AuthorCustomer)}}}},
		simulator.FreshdeskOptions{})
	d.Advance(opens.Add(time.Hour))
	c, cursors := New(d, Options{BaseURL: base}), map[helpdesk.Stream][]byte{}
	aRound(t, c, cursors)
	for range 3 {
		d.calls, d.credits = nil, 0
		compare(t, []helpdesk.Record(nil), aRound(t, c, cursors))
		compare(t, []string{
			`tickets "deleted" since 2026-08-31T08:00:00Z page 1`,
			`tickets "spam" since 2026-08-31T08:00:00Z page 1`,
			`tickets "" since 2026-09-01T08:00:01Z page 1`,
			"/api/v2/agents",
		}, d.calls)
		compare(t, 6, d.credits)
	}
}

func TestAfterABurstNoMoreThanThreeListsOfTicketsAreReadInAnIdleRound(t *testing.T) {
	var script []simulator.Scripted
	for i := range 300 {
		at := time.Hour + time.Duration(i)*time.Second/2
		script = append(script, simulator.Scripted{Lines: []simulator.Line{simulator.Says(at, helpdesk.AuthorCustomer)}})
	}
	d := newDesk(simulator.Options{Script: script}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(2 * time.Hour))
	c, w := New(d, Options{}), since(1)
	_, w.Cursor = walkOver(t, c, helpdesk.StreamConversations, w)
	for range 3 {
		d.calls = nil
		records, cursor := walkOver(t, c, helpdesk.StreamConversations, w)
		compare(t, []helpdesk.Record(nil), records)
		if w.Cursor = cursor; len(d.calls) != len(filters) {
			t.Errorf("%d calls: %v", len(d.calls), d.calls)
		}
	}
	d.calls, w.Long = nil, true
	if records, _ := walkOver(t, c, helpdesk.StreamConversations, w); len(records) > 0 || len(d.calls) < 5 {
		t.Errorf("%d records and %d calls with the sweep: all of the burst is known", len(records), len(d.calls))
	}
}

func TestAWindowKeepsItsBeginningWhileItsTicketsShareASecond(t *testing.T) {
	var script []simulator.Scripted
	for range 250 {
		script = append(script, simulator.Scripted{Lines: []simulator.Line{simulator.Says(time.Hour, helpdesk.AuthorCustomer)}})
	}
	script = append(script, simulator.Scripted{Lines: []simulator.Line{simulator.Says(2*time.Hour, helpdesk.AuthorCustomer)}})
	d := newDesk(simulator.Options{Script: script}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(3 * time.Hour))
	got := newTally()
	records, _ := walkOver(t, New(d, Options{}), helpdesk.StreamConversations, since(1))
	got.add(records)
	matches(t, d, got)
	var lists []string
	for _, call := range d.calls {
		if strings.HasPrefix(call, `tickets ""`) {
			lists = append(lists, call)
		}
	}
	compare(t, []string{
		`tickets "" since 2026-08-31T08:00:00Z page 1`,
		`tickets "" since 2026-09-01T08:59:59Z page 1`,
		`tickets "" since 2026-09-01T08:59:59Z page 2`,
		`tickets "" since 2026-09-01T08:59:59Z page 3`, // with a younger one; again, until all are known
		`tickets "" since 2026-09-01T08:59:59Z page 1`,
		`tickets "" since 2026-09-01T08:59:59Z page 2`,
		`tickets "" since 2026-09-01T08:59:59Z page 3`,
	}, lists)
}

// The list shows a month without updated_since, and 300 pages: here three. What is
// included costs, and other resources refuse it. The share of the limit is kept in
// TestAFirstSyncOf100000TicketsIsNeverRefused.
func TestFailure18ManyTicketsOfManyMonthsAreReadBeyondTheLastPage(t *testing.T) {
	var script []simulator.Scripted
	for i := range 700 {
		at := time.Duration(i) * 3 * time.Hour
		script = append(script, simulator.Scripted{Lines: []simulator.Line{simulator.Says(at, helpdesk.AuthorCustomer)}})
	}
	d := newDesk(simulator.Options{Script: script}, simulator.FreshdeskOptions{Pages: 3})
	d.Advance(opens.AddDate(0, 0, 90))
	d.before = func(r rest.Request) error {
		include := map[string]bool{root + "/tickets": r.Query.Get("filter") == "", root + "/tickets/{id}": true}[r.Endpoint]
		if got := r.Query.Get("include"); include != (got == "stats") || !include && got != "" {
			t.Errorf("%s includes %q", r.Endpoint, got)
		}
		if r.Endpoint == root+"/tickets" && r.Query.Get("updated_since") == "" {
			t.Error("a list of tickets of the last month")
		}
		return nil
	}
	got := newTally()
	c := New(d, Options{})
	for _, sp := range c.Profile().Streams {
		records, _ := walkOver(t, c, sp.Stream, helpdesk.Walk{Horizon: opens, Now: d.Now()})
		if sp.Clock {
			got.add(records)
		}
	}
	matches(t, d, got)
	compare(t, len(script), len(got.rows))
}

func TestMoreTicketsOfOneSecondThanTheLastPageHoldsAreSaidToBeMissing(t *testing.T) {
	pos := position{List: len(filters) - 1, Since: 1000, Page: lastPage}
	done, ok := pos.pass(1001, true, helpdesk.Walk{})
	if done || ok {
		t.Errorf("done %v, ok %v", done, ok)
	}
	compare(t, position{List: len(filters) - 1, Since: 1001, Page: 1}, pos)
}

func TestAWalkGoesOnAfterARestart(t *testing.T) {
	d := newDesk(simulator.Options{Seed: 9, Rate: 60, Mix: mix()}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(12 * time.Hour))
	got := newTally()
	w := since(1)
	pages := 0
	for {
		p, err := New(d, Options{}).Read(t.Context(), helpdesk.StreamConversations, w) // nothing is remembered
		if err != nil {
			t.Fatal(err)
		}
		got.add(p.Records)
		if pages++; p.Done {
			break
		}
		w.Cursor = p.Cursor
	}
	if pages < 5 {
		t.Errorf("only %d pages", pages)
	}
	matches(t, d, got)
}

func TestRatingsAreReadOnceAndOlderOnesThanAMonthToo(t *testing.T) {
	d := newDesk(simulator.Options{Seed: 13, Rate: 5, Mix: mix()}, simulator.FreshdeskOptions{})
	d.Advance(opens.AddDate(0, 0, 45))
	want := map[string]int{}
	d.Read(func(b *simulator.Books) {
		for _, k := range b.Tickets {
			if v := k.Now().Survey; v.Score != 0 {
				want[fmt.Sprint(v.ID)] = v.Score
			}
		}
	})
	records, cursor := walkOver(t, New(d, Options{}), helpdesk.StreamRatings, since(1))
	got := map[string]int{}
	for _, r := range records {
		got[r.(helpdesk.Rating).ID] = r.(helpdesk.Rating).Score
	}
	compare(t, want, got)
	d.calls = nil
	w := since(1)
	w.Cursor = cursor
	again, _ := walkOver(t, New(d, Options{}), helpdesk.StreamRatings, w)
	if len(d.calls) != 1 || len(again) > len(records)/10 {
		t.Errorf("%d calls and %d ratings for nothing new", len(d.calls), len(again))
	}
}

func TestTheDirectories(t *testing.T) {
	d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{NotAdmin: true})
	c := New(d, Options{BaseURL: base + "/api/v2/"})
	c.root = root // the client of this test has the host alone
	agents, _ := walkOver(t, c, helpdesk.StreamAgents, since(1))
	teams, _ := walkOver(t, c, helpdesk.StreamTeams, since(1))
	var names []string
	for _, r := range slices.Concat(agents, teams) {
		switch r := r.(type) {
		case helpdesk.Agent:
			if r.Name != "" { // else it tells presence alone
				names = append(names, r.Name)
			}
		case helpdesk.Team:
			names = append(names, r.Name)
		}
	}
	slices.SortFunc(names, cmp.Compare[string])
	compare(t, []string{
		"Ada Lindqvist", "Ben Okafor", "Cora Mendes", "Dan Petrov", "Eva Sato", "Finn Castell", "Gil Moreau", "Hana Weiss",
		"Returns", "Social", "Support",
	}, names)
}

func TestTheAddressMayHoldThePathOfTheAPI(t *testing.T) {
	for url, want := range map[string][2]string{
		"https://acme.freshdesk.com":         {"https://acme.freshdesk.com", "/api/v2"},
		"https://acme.freshdesk.com/":        {"https://acme.freshdesk.com", "/api/v2"},
		"https://acme.freshdesk.com/api/v2":  {"https://acme.freshdesk.com", ""},
		"https://acme.freshdesk.com/api/v2/": {"https://acme.freshdesk.com", ""},
		"":                                   {"", "/api/v2"},
	} {
		c := New(nil, Options{BaseURL: url})
		compare(t, want, [2]string{c.base, c.root})
	}
}
