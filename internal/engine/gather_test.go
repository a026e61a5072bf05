package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
)

// After any booking the ledger holds what it holds where each page
// was stored by itself, and as much is shown.
func TestPagesThatAreStoredTogetherChangeNothing(t *testing.T) {
	for seed := uint64(100); seed < 106; seed += sample.Every {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			apart, together := newPast(t, seed, 0), newPast(t, seed, hour)
			for i, step := range apart.steps {
				apart.read(t, step)
				together.read(t, step)
				if i%10 != 0 && i != len(apart.steps)-1 {
					continue
				}
				if a, b := apart.contents(), together.contents(); !reflect.DeepEqual(a, b) {
					t.Fatalf("the ledger after step %d (-apart +together):\n%s", i, cmp.Diff(a, b))
				}
				if a, b := exposed(t, apart.engine), exposed(t, together.engine); !maps.Equal(a, b) {
					t.Fatalf("shown after step %d (-apart +together):\n%s", i, cmp.Diff(a, b))
				}
			}
			if apart.whole == 0 {
				t.Error("nothing was wanted: too little to learn from")
			}
		})
	}
}

// gathering is a desk that gathers, counts its commits, and fails those that it
// is told to.
type gathering struct {
	*desk
	commits int
	fail    error
}

func newGathering(t *testing.T) *gathering {
	t.Helper()
	g := &gathering{}
	g.desk = newDesk(t, func(d *desk) {
		d.together = time.Second
		d.commit = func() error { g.commits++; return g.fail }
	})
	g.read(t, helpdesk.StreamConversations, "0", opened("known", g.now, helpdesk.ChannelEmail))
	g.book(t)
	g.commits = 0
	return g
}

func (g *gathering) read(t *testing.T, s helpdesk.Stream, cursor string, records ...helpdesk.Record) {
	t.Helper()
	if err := g.source.Apply(s, helpdesk.Page{Records: records}, engine.StreamState{Cursor: []byte(cursor)}, g.now); err != nil {
		t.Fatal(err)
	}
}

func (g *gathering) book(t *testing.T) {
	t.Helper()
	if err := g.source.Book(engine.Round{Now: g.now, Watermark: g.now, Good: g.now}); err != nil {
		t.Fatal(err)
	}
}

// Pages and their booking are one commit, unless they show what is to be known
// before it is counted.
func TestCommitsOfARound(t *testing.T) {
	reply := func(g *gathering) helpdesk.Record { return says("known", g.now, helpdesk.AuthorCustomer) }
	for name, tc := range map[string]struct {
		read func(t *testing.T, g *gathering)
		want int
	}{
		"nothing": {func(*testing.T, *gathering) {}, 1},
		"empty pages": {func(t *testing.T, g *gathering) {
			g.read(t, helpdesk.StreamEvents, "1")
			g.read(t, helpdesk.StreamMessages, "1")
		}, 1},
		"news": {func(t *testing.T, g *gathering) {
			g.read(t, helpdesk.StreamMessages, "1", reply(g))
			g.read(t, helpdesk.StreamConversations, "1", opened("new", g.now, helpdesk.ChannelEmail))
		}, 1},
		"a new series, its zero, its value": {func(t *testing.T, g *gathering) {
			g.read(t, helpdesk.StreamConversations, "1", opened("new", g.now, helpdesk.ChannelPhone))
		}, 3},
		"a name, and what is called by it": {func(t *testing.T, g *gathering) {
			g.read(t, helpdesk.StreamMessages, "1", helpdesk.Agent{ID: "7", Name: "Ada"}, reply(g))
		}, 2},
		"longer than they may wait": {func(t *testing.T, g *gathering) {
			for range 4 { // at 0 s, and at 0.6 s, at 1.2 s with all before, and at 1.8 s
				g.read(t, helpdesk.StreamMessages, "1", reply(g))
				g.now = g.now.Add(600 * time.Millisecond)
			}
		}, 2},
		"a helpdesk whose clock goes back and forth": {func(t *testing.T, g *gathering) {
			for _, off := range []time.Duration{0, time.Minute, -time.Minute} {
				page := helpdesk.Page{Records: []helpdesk.Record{reply(g)}}
				if err := g.source.Apply(helpdesk.StreamMessages, page, engine.StreamState{}, g.now.Add(off)); err != nil {
					t.Fatal(err)
				}
			}
		}, 1},
		"more records than may wait": {func(t *testing.T, g *gathering) {
			for range 5 {
				var records []helpdesk.Record
				for range 1200 {
					records = append(records, reply(g))
				}
				g.read(t, helpdesk.StreamMessages, "1", records...) // the fourth is above 4,000
			}
		}, 2},
		"what is wanted": {func(t *testing.T, g *gathering) {
			page := helpdesk.Page{Wants: []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "known"}}}
			if err := g.source.Apply(helpdesk.StreamEvents, page, engine.StreamState{}, g.now); err != nil {
				t.Fatal(err)
			}
			if err := g.source.Book(engine.Round{Now: g.now, Watermark: g.now, UnlessWanted: true}); !errors.Is(err, engine.ErrWanted) {
				t.Fatalf("booked before what is wanted was fetched: %v", err)
			}
			page = helpdesk.Page{Served: page.Wants, Records: []helpdesk.Record{reply(g)}}
			if err := g.source.Fetched(page, g.now); err != nil {
				t.Fatal(err)
			}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGathering(t)
			g.now = g.now.Add(time.Minute)
			tc.read(t, g)
			g.book(t)
			if g.commits != tc.want {
				t.Errorf("%d commits, want %d", g.commits, tc.want)
			}
		})
	}
}

// The first scrape of a new series shows it at 0, also where what it counts was
// gathered with it.
func TestANewSeriesIsSeenAtZeroBeforeWhatWasGatheredIsCounted(t *testing.T) {
	g := newGathering(t)
	name := `helpdesk_conversations_opened_total{arrival="live",channel="phone",source="desk",started_by="customer",team="Sales"}`
	g.now = g.now.Add(time.Minute)
	var seen []string
	g.desk.commit = func() error {
		v, there := g.shown(kpi.ConversationsOpened)[name]
		seen = append(seen, fmt.Sprint(v, there))
		return nil
	}
	g.read(t, helpdesk.StreamConversations, "1", opened("new", g.now, helpdesk.ChannelPhone), says("new", g.now, helpdesk.AuthorCustomer))
	g.book(t)
	v, there := g.shown(kpi.ConversationsOpened)[name]
	seen = append(seen, fmt.Sprint(v, there))
	if diff := cmp.Diff([]string{"0 false", "0 false", "0 true", "1 true"}, seen); diff != "" {
		t.Errorf("before the commits of the pages, of the zeros and of the facts, and at the end (-want +got):\n%s", diff)
	}
}

// What was gathered and cannot be stored is lost as a whole: positions and memos
// are those of the ledger again, and what is read anew is counted once.
func TestWhatWasGatheredIsLostAsAWhole(t *testing.T) {
	full := errors.New("no space left")
	for name, store := range map[string]func(g *gathering) error{
		"a booking": func(g *gathering) error {
			return g.source.Book(engine.Round{Now: g.now, Watermark: g.now, Good: g.now})
		},
		"a flush": func(g *gathering) error { return g.source.Flush() },
		"wants":   func(g *gathering) error { _, err := g.source.Wants(10); return err },
		"memos":   func(g *gathering) error { _, err := g.source.Memos("a"); return err },
		"a sweep": func(g *gathering) error { _, err := g.source.Missing(nil, g.now); return err },
		"another page": func(g *gathering) error {
			g.now = g.now.Add(time.Minute)
			return g.source.Apply(helpdesk.StreamEvents, helpdesk.Page{}, engine.StreamState{}, g.now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGathering(t)
			g.now = g.now.Add(time.Minute)
			before, shown := g.contents(), g.shown(kpi.ConversationsOpened)
			read := func() {
				g.read(t, helpdesk.StreamConversations, "1", opened("new", g.now, helpdesk.ChannelEmail), says("new", g.now, helpdesk.AuthorCustomer))
				page := helpdesk.Page{Memos: []helpdesk.Memo{{Key: "a", Value: []byte("b")}}}
				if err := g.source.Apply(helpdesk.StreamMessages, page, engine.StreamState{Cursor: []byte("1")}, g.now); err != nil {
					t.Fatal(err)
				}
			}
			read()
			if v, err := g.source.Recall("a"); string(v["a"]) != "b" || err != nil {
				t.Fatalf("what is gathered is not remembered: %q %v", v, err)
			}
			if c := g.source.Stream(helpdesk.StreamConversations).Cursor; string(c) != "1" {
				t.Fatalf("the stream stands at %q", c)
			}
			g.fail = full
			if err := store(g); !errors.Is(err, full) {
				t.Fatalf("stored on a full disk: %v", err)
			}
			g.fail = nil
			if g.source.Lost() != 1 {
				t.Errorf("lost %d times, want 1", g.source.Lost())
			}
			if v, err := g.source.Recall("a"); len(v) > 0 || err != nil {
				t.Errorf("what was lost is remembered: %q %v", v, err)
			}
			for stream, want := range map[helpdesk.Stream]string{helpdesk.StreamConversations: "0", helpdesk.StreamMessages: ""} {
				if c := g.source.Stream(stream).Cursor; string(c) != want {
					t.Errorf("%s stands at %q, want %q", stream, c, want)
				}
			}
			if diff := cmp.Diff(before, g.contents()); diff != "" {
				t.Errorf("the ledger (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(shown, g.shown(kpi.ConversationsOpened)); diff != "" {
				t.Errorf("shown (-before +after):\n%s", diff)
			}
			read()
			g.book(t)
			opened := `helpdesk_conversations_opened_total{arrival="live",channel="email",source="desk",started_by="customer",team="Sales"}`
			if got := g.shown(kpi.ConversationsOpened)[opened]; got != shown[opened]+1 {
				t.Errorf("opened: %v, want one more than %v", got, shown[opened])
			}
		})
	}
}
