package poll_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// vendor is a helpdesk with one clock stream, one that plans may forbid, and a
// directory. Nothing ever happens in it, unless a test says so.
type vendor struct {
	read  map[helpdesk.Stream]func(helpdesk.Walk) (helpdesk.Page, error)
	fetch func([]helpdesk.Want) (helpdesk.Page, error)
	asked []helpdesk.Stream
	known bool // its clock
}

func (v *vendor) Profile() helpdesk.Profile {
	return helpdesk.Profile{Vendor: "test", Streams: []helpdesk.StreamProfile{
		{Stream: helpdesk.StreamConversations, Clock: true},
		{Stream: helpdesk.StreamEvents, Clock: true, Gives: []helpdesk.Capability{helpdesk.CapReopen}},
		{Stream: helpdesk.StreamOpen, Every: helpdesk.EachReconcile},
		{Stream: helpdesk.StreamAgents, Every: helpdesk.EachReconcile},
		{Stream: helpdesk.StreamTeams, Every: helpdesk.EachReconcile},
	}, Capabilities: map[helpdesk.Capability]helpdesk.Level{helpdesk.CapReopen: helpdesk.Exact}}
}

func (v *vendor) Read(_ context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	v.asked = append(v.asked, s)
	if f := v.read[s]; f != nil {
		return f(w)
	}
	return helpdesk.Page{Done: true}, nil
}

func (v *vendor) Fetch(_ context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	if v.fetch == nil {
		return helpdesk.Page{Served: wants}, nil
	}
	return v.fetch(wants)
}

func (v *vendor) Skew() time.Duration      { return 0 }
func (v *vendor) SkewFloor() time.Duration { return 0 }
func (v *vendor) SkewKnown() bool          { return v.known }
func (v *vendor) Pace() time.Duration      { return 0 }

func failed(r rest.Reason) error { return &rest.Error{Reason: r, Endpoint: "/test"} }

func failing(r rest.Reason) func(helpdesk.Walk) (helpdesk.Page, error) {
	return func(helpdesk.Walk) (helpdesk.Page, error) { return helpdesk.Page{}, failed(r) }
}

// polled is a vendor that is polled every half minute, and its ledger.
type polled struct {
	*vendor
	source  *engine.Source
	poller  *poll.Poller
	commits int
	full    error // what commits fail with; nil: there is room
}

// counted is a store whose commits are counted, and may fail.
type counted struct {
	state.Store
	p *polled
}

func (c *counted) Update(fn func(state.Tx) error) error {
	if c.p.commits++; c.p.full != nil {
		return c.p.full
	}
	return c.Store.Update(fn)
}

func newPolled(t *testing.T) *polled {
	t.Helper()
	store, err := state.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	p := &polled{vendor: &vendor{read: map[helpdesk.Stream]func(helpdesk.Walk) (helpdesk.Page, error){}, known: true}}
	policy := kpi.Policy{Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(), ReopenGrace: 30 * time.Minute, AbandonedAfter: 24 * time.Hour}
	p.source, err = engine.New(engine.Options{Store: &counted{store, p}, Gather: engine.DefaultGather}).Open(engine.SourceOptions{
		Name: "desk", Policy: &policy, Profile: p.Profile(), PollInterval: 30 * time.Second,
		Lookback: 30 * 24 * time.Hour, Retention: 90 * 24 * time.Hour, LabelLimit: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.poller = poll.New(poll.Options{
		Ledger: p.source, Collector: p.vendor, API: p.vendor, Interval: 30 * time.Second, ReconcileInterval: time.Hour,
		Metrics: poll.NewMetrics(prometheus.NewRegistry()).Streams("desk", p.Profile()), Logger: slog.New(slog.DiscardHandler),
	})
	return p
}

func (p *polled) round(t *testing.T) { p.poller.Round(t.Context()) }

// opens lets a stream tell of conversations that began long ago: they are read
// whole, one by one.
func (p *polled) opens(ids ...string) {
	p.read[helpdesk.StreamOpen] = func(helpdesk.Walk) (helpdesk.Page, error) {
		page := helpdesk.Page{Done: true}
		for _, id := range ids {
			page.Records = append(page.Records, helpdesk.Conversation{
				ID: id, Created: time.Now().Add(-100 * 24 * time.Hour), Updated: time.Now().Add(-time.Hour), Status: helpdesk.StatusOpen, Messages: -1,
			})
		}
		return page, nil
	}
}

func (p *polled) left(t *testing.T) []string {
	t.Helper()
	wants, err := p.source.Wants(1000)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, w := range wants {
		ids = append(ids, w.ID)
	}
	return ids
}

func TestARoundThatHangsMakesNothingFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.round(t)
		if !p.source.Fresh(time.Now()) {
			t.Fatal("not fresh after a good round")
		}
		p.read[helpdesk.StreamConversations] = func(helpdesk.Walk) (helpdesk.Page, error) {
			time.Sleep(95 * time.Second)
			return helpdesk.Page{}, failed(rest.ReasonTimeout)
		}
		p.round(t)
		if p.source.Fresh(time.Now()) {
			t.Error("fresh though nothing was read for 95 s, three intervals and more")
		}
		// What a good round takes is another matter.
		p.read[helpdesk.StreamConversations] = func(helpdesk.Walk) (helpdesk.Page, error) {
			time.Sleep(95 * time.Second)
			return helpdesk.Page{Done: true}, nil
		}
		p.round(t)
		time.Sleep(3*95*time.Second - time.Second)
		if !p.source.Fresh(time.Now()) {
			t.Error("not fresh within three rounds of 95 s")
		}
	})
}

func TestALongFirstSyncMakesNothingFreshForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.read[helpdesk.StreamConversations] = func(helpdesk.Walk) (helpdesk.Page, error) {
			time.Sleep(3 * time.Hour)
			return helpdesk.Page{Done: true}, nil
		}
		p.round(t)
		p.read[helpdesk.StreamConversations] = failing(rest.ReasonServer)
		p.round(t)
		if p.source.Fresh(time.Now()) {
			t.Error("fresh though nothing was read for three hours: the first sync took so long, rounds do not")
		}
		p.read[helpdesk.StreamConversations] = nil
		p.round(t)
		if !p.source.Fresh(time.Now()) {
			t.Error("not fresh after a good round")
		}
	})
}

func TestConversationsThatCannotBeReadHoldNothingBack(t *testing.T) {
	bad := []string{"1", "2", "3", "4"} // first of all, whoever asks
	// The collector tries three, and gives up when all of them fail.
	fetch := func(wants []helpdesk.Want) (helpdesk.Page, error) {
		var page helpdesk.Page
		failures := 0
		for _, w := range wants {
			if !slices.Contains(bad, w.ID) {
				page.Served = append(page.Served, w)
			} else if failures++; failures == 3 {
				break
			}
		}
		if len(page.Served) == 0 {
			return page, failed(rest.ReasonServer)
		}
		return page, nil
	}
	var ids []string
	for i := range 40 {
		ids = append(ids, fmt.Sprint(i+1))
	}
	t.Run("in the first sync", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPolled(t)
			p.opens(ids...)
			p.fetch = fetch
			p.round(t)
			p.round(t)
			if diff := cmp.Diff(bad, p.left(t)); diff != "" {
				t.Errorf("wanted after two rounds (-want +got):\n%s", diff)
			}
			if !p.source.Synced() {
				t.Error("the first sync is not complete")
			}
		})
	})
	t.Run("later", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPolled(t)
			p.round(t)
			time.Sleep(2 * time.Hour)
			p.opens(ids...)
			p.fetch = fetch
			p.round(t) // the sweep
			p.round(t)
			p.round(t)
			if diff := cmp.Diff(bad, p.left(t)); diff != "" {
				t.Errorf("wanted after two rounds (-want +got):\n%s", diff)
			}
		})
	})
}

func TestAFirstSyncIsNotCompleteBeforeEverythingWasTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.opens("1", "2", "3", "4", "5", "6")
		calls := 0
		p.fetch = func(wants []helpdesk.Want) (helpdesk.Page, error) {
			calls++
			return helpdesk.Page{}, failed(rest.ReasonServer)
		}
		p.round(t)
		if p.source.Synced() || calls != 3 {
			t.Errorf("synced is %v after %d calls that failed, want false after 3", p.source.Synced(), calls)
		}
		if err := p.poller.Status().Stuck; err == nil {
			t.Error("the status does not tell why the first sync does not go on")
		}
		p.fetch = nil
		p.round(t)
		if left := p.left(t); !p.source.Synced() || len(left) > 0 {
			t.Errorf("synced is %v with %v left, want true with none", p.source.Synced(), left)
		}
	})
}

func TestAFirstSyncThatGoesOnAgainIsNotCalledStuck(t *testing.T) {
	const first, other = helpdesk.StreamConversations, helpdesk.StreamEvents
	for _, tc := range []struct {
		name    string
		refused []helpdesk.Stream // in the round before
		want    poll.Status       // while the second page of the first stream is read
	}{
		{"the stream that was refused answers", []helpdesk.Stream{first}, poll.Status{Rounds: 1}},
		{"another one was refused", []helpdesk.Stream{other}, poll.Status{
			Rounds: 1, Stuck: fmt.Errorf("read events: %w", failed(rest.ReasonForbidden)),
			Errors: map[helpdesk.Stream]error{other: failed(rest.ReasonForbidden)},
		}},
		{"both were refused, one answers", []helpdesk.Stream{first, other}, poll.Status{
			Rounds: 1, Stuck: errors.Join(fmt.Errorf("read conversations: %w", failed(rest.ReasonForbidden)), fmt.Errorf("read events: %w", failed(rest.ReasonForbidden))),
			Errors: map[helpdesk.Stream]error{other: failed(rest.ReasonForbidden)},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPolled(t)
				for _, s := range tc.refused {
					p.read[s] = failing(rest.ReasonForbidden)
				}
				p.round(t)
				pages := 0
				p.read[first] = func(helpdesk.Walk) (helpdesk.Page, error) {
					if pages++; pages == 2 {
						if diff := cmp.Diff(told(tc.want), told(p.poller.Status())); diff != "" {
							t.Errorf("status (-want +got):\n%s", diff)
						}
					}
					return helpdesk.Page{Done: pages == 2}, nil
				}
				p.round(t)
				if pages != 2 {
					t.Errorf("%d pages read, want 2", pages)
				}
			})
		})
	}
}

// told is a status in words.
func told(st poll.Status) string {
	return fmt.Sprintf("rounds %d, stuck: %v, failing: %v", st.Rounds, st.Stuck, st.Errors)
}

func TestAFirstSyncIsCompleteWithoutWhatIsForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.opens("1", "2", "3", "4", "5", "6")
		p.fetch = func([]helpdesk.Want) (helpdesk.Page, error) { return helpdesk.Page{}, failed(rest.ReasonForbidden) }
		p.round(t)
		if !p.source.Synced() {
			t.Error("the first sync waits for what the plan does not allow")
		}
	})
}

func TestAForbiddenStreamTakesNoPartAfterThreeRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.read[helpdesk.StreamEvents] = failing(rest.ReasonForbidden)
		var fresh []bool
		for range 4 {
			p.round(t)
			fresh = append(fresh, p.source.Fresh(time.Now()))
			time.Sleep(30 * time.Second)
		}
		if diff := cmp.Diff([]bool{false, false, true, true}, fresh); diff != "" {
			t.Errorf("fresh after each round (-want +got):\n%s", diff)
		}
		if at := p.source.Watermark(); time.Since(at) > time.Minute {
			t.Errorf("the watermark stands at %s", at)
		}
	})
}

func TestOneStreamThatFailsHoldsBackTheWatermarkAndNoOtherStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.round(t)
		mark := p.source.Watermark()
		p.read[helpdesk.StreamConversations] = failing(rest.ReasonServer)
		time.Sleep(30 * time.Second)
		p.asked = nil
		p.round(t)
		if !slices.Contains(p.asked, helpdesk.StreamEvents) {
			t.Errorf("asked for %v, want the events too", p.asked)
		}
		if got := p.source.Watermark(); !got.Equal(mark) {
			t.Errorf("the watermark moved from %s to %s", mark, got)
		}
		p.asked = nil
		p.read[helpdesk.StreamConversations] = failing(rest.ReasonAuth)
		p.round(t)
		if len(p.asked) != 1 {
			t.Errorf("asked for %v after refused credentials, want no more than the first", p.asked)
		}
	})
}

func TestAStartWaitsForTheHelpdesksClockOnAnyDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.known = false
		p.read[helpdesk.StreamAgents] = failing(rest.ReasonServer)
		p.read[helpdesk.StreamTeams] = failing(rest.ReasonServer)
		p.round(t)
		if p.source.Begun() {
			t.Error("begun without the helpdesk's clock")
		}
		p.read[helpdesk.StreamTeams] = func(helpdesk.Walk) (helpdesk.Page, error) {
			p.known = true
			return helpdesk.Page{Done: true}, nil
		}
		p.round(t)
		if !p.source.Begun() {
			t.Error("not begun though one directory told the clock")
		}
	})
}

func TestAPageThatIsNotStoredIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		var cursors []string
		pages := 0
		p.read[helpdesk.StreamConversations] = func(w helpdesk.Walk) (helpdesk.Page, error) {
			cursors = append(cursors, string(w.Cursor))
			if pages++; pages == 3 {
				return helpdesk.Page{}, failed(rest.ReasonDecode)
			}
			return helpdesk.Page{Cursor: []byte(fmt.Sprint("page ", pages)), Done: pages == 5}, nil
		}
		p.round(t)
		p.round(t)
		if diff := cmp.Diff([]string{"", "page 1", "page 2", "page 2", "page 4"}, cursors); diff != "" {
			t.Errorf("cursors (-want +got):\n%s", diff)
		}
		if !p.source.Synced() {
			t.Error("the first sync is not complete")
		}
	})
}

func TestARoundThatIsCancelledIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		p.read[helpdesk.StreamConversations] = func(helpdesk.Walk) (helpdesk.Page, error) {
			cancel(errors.New("the test is over"))
			return helpdesk.Page{}, &rest.Error{Reason: rest.ReasonTimeout, Endpoint: "/test", Err: ctx.Err()}
		}
		p.poller.Round(ctx)
		if st := p.poller.Status(); st.Rounds != 0 || len(st.Errors) > 0 || st.Stuck != nil {
			t.Errorf("status is %+v", st)
		}
	})
}
