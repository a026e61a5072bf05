package poll_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
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

const (
	interval = 30 * time.Second
	latency  = 50 * time.Millisecond
)

// desk is a helpdesk without conversations that notes its calls.
type desk struct {
	streams []helpdesk.StreamProfile
	begun   time.Time
	pace    time.Duration
	alone   bool // its lists hide what is new

	mu    sync.Mutex
	calls []string
	pages int // of the list of agents
	fail  error
	clock time.Duration // the desk's less ours
	skew  time.Duration // that its answers have told
}

func (d *desk) Profile() helpdesk.Profile {
	return helpdesk.Profile{Vendor: "fake", Streams: d.streams, VisibilityLag: time.Second, Alone: d.alone}
}

func (d *desk) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	d.note(fmt.Sprintf("%s %s", time.Since(d.begun), s))
	time.Sleep(latency)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return helpdesk.Page{}, d.fail
	}
	d.skew = d.clock
	if s != helpdesk.StreamAgents {
		return helpdesk.Page{Done: true}, nil
	}
	n := len(w.Cursor) + 1
	if n == d.pages {
		return helpdesk.Page{Done: true}, nil
	}
	return helpdesk.Page{Cursor: make([]byte, n)}, nil
}

func (d *desk) note(call string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, call)
}

// answer sets how the desk answers from now on: with an error, or with so many
// pages of agents.
func (d *desk) answer(pages int, fail error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pages, d.fail = pages, fail
}

// Fetch serves two wants at a time.
func (d *desk) Fetch(_ context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	page := helpdesk.Page{Served: wants[:min(2, len(wants))]}
	call := time.Since(d.begun).String()
	for _, w := range page.Served {
		call += " " + w.ID
		page.Records = append(page.Records, helpdesk.Conversation{
			ID: w.ID, Created: time.Now(), Updated: time.Now(), Status: helpdesk.StatusOpen, Labels: helpdesk.Labels{Channel: helpdesk.ChannelChat}, Messages: -1,
		})
	}
	d.note(call)
	time.Sleep(latency)
	d.mu.Lock()
	defer d.mu.Unlock()
	return page, d.fail
}

func (d *desk) SkewFloor() time.Duration { return d.Skew() }
func (d *desk) SkewKnown() bool          { return true }
func (d *desk) Pace() time.Duration      { return d.pace }

func (d *desk) Skew() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.skew
}

// set lets the desk's clock be so far ahead of ours.
func (d *desk) set(clock time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = clock
}

// since lists the calls that began after so long.
func (d *desk) since(from time.Duration) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.calls, func(c string) bool {
		var at string
		_, _ = fmt.Sscan(c, &at)
		t, _ := time.ParseDuration(at)
		return t >= from
	})
	if i < 0 {
		return nil
	}
	return slices.Clone(d.calls[i:])
}

// each lists clock streams of which each shows something of its own.
func each() []helpdesk.StreamProfile {
	return []helpdesk.StreamProfile{
		{Stream: helpdesk.StreamEvents, Clock: true, Closes: true},
		{Stream: helpdesk.StreamMessages, Clock: true, Replies: true},
		{Stream: helpdesk.StreamConversations, Clock: true},
	}
}

// run polls a desk in a bubble, from a first round at 0 s on, while the story
// is told.
func run(t *testing.T, d *desk, story func(p *poll.Poller)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store, err := state.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		s, err := engine.New(engine.Options{Store: store}).Open(engine.SourceOptions{
			Name: "desk", Policy: &kpi.Policy{Limits: kpi.DefaultLimits()}, Profile: d.Profile(), PollInterval: interval, LabelLimit: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		d.begun = time.Now()
		p := poll.New(poll.Options{
			Ledger: s, Collector: d, API: d, Interval: interval, ReconcileInterval: time.Hour,
			Metrics: poll.NewMetrics(prometheus.NewRegistry()).Source("desk"), Logger: slog.New(slog.DiscardHandler),
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { p.Run(ctx); close(done) }()
		story(p)
		cancel()
		<-done
	})
}

func TestAReadingAtOnce(t *testing.T) {
	one := []helpdesk.StreamProfile{{Stream: helpdesk.StreamEvents, Clock: true, Replies: true, Closes: true}}
	plain := []helpdesk.StreamProfile{{Stream: helpdesk.StreamEvents, Clock: true}, {Stream: helpdesk.StreamMessages, Clock: true}}
	for _, tc := range []struct {
		name string
		desk *desk
		need poll.Need
		want []string
	}{
		{"replies", &desk{streams: each()}, poll.Need{Replies: true}, []string{"10s messages"}},
		{"closes", &desk{streams: each()}, poll.Need{Closes: true}, []string{"10s events"}},
		{"both", &desk{streams: each()}, poll.Need{Replies: true, Closes: true}, []string{"10s events", "10.05s messages"}},
		{"one stream shows both", &desk{streams: one}, poll.Need{Replies: true, Closes: true}, []string{"10s events"}},
		{"no stream is known to show it alone", &desk{streams: plain}, poll.Need{Replies: true}, []string{"10s events", "10.05s messages"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run(t, tc.desk, func(p *poll.Poller) {
				var told atomic.Int64
				p.OnBooked(func() { told.Add(1) })
				time.Sleep(10 * time.Second)
				before := p.Reading()
				p.Refresh(tc.need)
				time.Sleep(time.Second)
				if diff := cmp.Diff(tc.want, tc.desk.since(10*time.Second)); diff != "" {
					t.Errorf("calls (-want +got)\n%s", diff)
				}
				after, at := p.Reading(), tc.desk.begun.Add(10*time.Second)
				if moved := !after.Replies.Before(at); moved != tc.need.Replies && len(tc.desk.streams) == 3 || after.Replies.Before(before.Replies) {
					t.Errorf("replies are read up to %s", after.Replies)
				}
				if moved := !after.Closes.Before(at); moved != tc.need.Closes && len(tc.desk.streams) == 3 || after.Closes.Before(before.Closes) {
					t.Errorf("closes are read up to %s", after.Closes)
				}
				if n := told.Load(); n != 2 {
					t.Errorf("told %d times of bookings, want 2: the round's and the reading's", n)
				}
			})
		})
	}
}

func TestReadingsAreShared(t *testing.T) {
	for _, tc := range []struct {
		name string
		pace time.Duration
		want []string
	}{
		{"twice a second and a half at most", 0, []string{"10s messages", "10.4s messages", "10.8s messages", "11.2s messages"}},
		{"three quarters of a tight quota", 750 * time.Millisecond, []string{"10s messages", "11s messages", "12s messages"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := &desk{streams: each(), pace: tc.pace}
			run(t, d, func(p *poll.Poller) {
				time.Sleep(10 * time.Second)
				for range 100 {
					p.Refresh(poll.Need{Replies: true})
					time.Sleep(12 * time.Millisecond)
				}
				time.Sleep(time.Second)
				if diff := cmp.Diff(tc.want, d.since(10*time.Second)); diff != "" {
					t.Errorf("calls (-want +got)\n%s", diff)
				}
			})
		})
	}
}

func TestASweepMakesRoomForAReading(t *testing.T) {
	d := &desk{streams: append(each(), helpdesk.StreamProfile{Stream: helpdesk.StreamAgents, Every: helpdesk.EachReconcile}), pages: 100}
	run(t, d, func(p *poll.Poller) {
		// The sweep of the first sync takes 5 s; that of an hour later as well.
		time.Sleep(time.Hour + 10*time.Second)
		d.answer(300, nil)
		time.Sleep(time.Hour + 2*time.Second)
		asked := time.Since(d.begun)
		p.Refresh(poll.Need{Replies: true})
		time.Sleep(time.Second)
		calls := d.since(asked)
		i := slices.IndexFunc(calls, func(c string) bool { return !isAgents(c) })
		if i < 0 || i > 2 || !isAgents(calls[i+1]) {
			t.Errorf("the reading did not come between the sweep's pages: %v", calls[:min(5, len(calls))])
		}
	})
}

func isAgents(call string) bool {
	var at, stream string
	_, _ = fmt.Sscan(call, &at, &stream)
	return stream == string(helpdesk.StreamAgents)
}

func TestABlindSourceIsNotAskedBetweenRounds(t *testing.T) {
	d := &desk{streams: each()}
	run(t, d, func(p *poll.Poller) {
		time.Sleep(10 * time.Second)
		d.answer(0, &rest.Error{Reason: rest.ReasonServer, Endpoint: "/messages"})
		for range 10 {
			p.Refresh(poll.Need{Replies: true})
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff([]string{"10s messages"}, d.since(10*time.Second)); diff != "" {
			t.Errorf("calls while it cannot be read (-want +got)\n%s", diff)
		}
		if read := p.Reading().Replies; read.After(d.begun.Add(time.Second)) {
			t.Errorf("replies are read up to %s", read)
		}
		d.answer(0, nil)
		time.Sleep(15 * time.Second) // a round at 30 s
		if read := p.Reading().Replies; read.Before(d.begun.Add(30 * time.Second)) {
			t.Errorf("after a good round replies are read up to %s", read)
		}
		p.Refresh(poll.Need{Replies: true})
		time.Sleep(time.Second)
		if n := len(d.since(35 * time.Second)); n != 1 {
			t.Errorf("%d calls, want one: the next round was good", n)
		}
	})
}

// TestAReadingIsNotLaterThanTheHelpdesksClock where ours is fast, which only the
// answer tells: what is due in those ten minutes would be taken for unanswered.
func TestAReadingIsNotLaterThanTheHelpdesksClock(t *testing.T) {
	d := &desk{streams: []helpdesk.StreamProfile{{Stream: helpdesk.StreamMessages, Clock: true, Replies: true}}, clock: -10 * time.Minute}
	run(t, d, func(p *poll.Poller) {
		for _, tc := range []struct {
			name  string
			clock time.Duration
			ask   time.Duration // zero: the first round tells
			want  time.Duration // of the helpdesk's clock, since the beginning
		}{
			{"at the first answer", -10 * time.Minute, 0, -10 * time.Minute},
			{"when our clock is set forward", -20 * time.Minute, 10 * time.Second, 10*time.Second - 20*time.Minute},
			{"when it is set back, in no hurry", 20 * time.Minute, 20 * time.Second, 20*time.Second - 20*time.Minute},
			{"and after that", 20 * time.Minute, 25 * time.Second, 25*time.Second + 20*time.Minute},
		} {
			if tc.ask > 0 {
				time.Sleep(time.Until(d.begun.Add(tc.ask)))
				d.set(tc.clock)
				p.Refresh(poll.Need{Replies: true})
			}
			time.Sleep(time.Second)
			if read, want := p.Reading().Replies, d.begun.Add(tc.want); !read.Equal(want) {
				t.Errorf("%s: replies are read up to %s, want %s", tc.name, read, want)
			}
		}
	})
}
