package alert_test

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	chat  = helpdesk.ChannelChat
	email = helpdesk.ChannelEmail
)

// TestWhatIsPushed tells stories of conversations and what people are told.
// Rounds are at 0 s, 30 s and so on; a chat that asks at 1 min is warned of at
// 4 min 45 s and due at 6 min.
func TestWhatIsPushed(t *testing.T) {
	asks := func(w *world) { w.desk.asks("c", chat, w.at(mins)) }
	for _, tc := range []struct {
		name      string
		story     func(w *world)
		until     time.Duration
		want      []string
		configure func(*world)
	}{
		{name: "nobody asks", story: func(*world) {}, until: hour},
		{
			name: "nobody answers", story: asks, until: 2 * hour,
			want: []string{"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response"},
		},
		{
			name: "answered in time: at the last instant before the deadline, which no round has seen", until: 15 * mins,
			story: func(w *world) { asks(w); w.desk.replies("c", w.at(6*mins-time.Millisecond)) },
			want:  []string{"4m45s firing DueSoon c first_response", "6m0s resolved DueSoon c first_response"},
		},
		{
			name: "answered at the deadline itself", until: 15 * mins,
			story: func(w *world) { asks(w); w.desk.replies("c", w.at(6*mins)) },
			want:  []string{"4m45s firing DueSoon c first_response", "6m0s resolved DueSoon c first_response"},
		},
		{
			name: "answered before the warning, unseen by any round", until: 15 * mins,
			story: func(w *world) { asks(w); w.desk.replies("c", w.at(4*mins+40*second)) },
		},
		{
			name: "answered after the warning: the next round resolves it", until: 15 * mins,
			story: func(w *world) { asks(w); w.desk.replies("c", w.at(5*mins+10*second)) },
			want:  []string{"4m45s firing DueSoon c first_response", "5m30s resolved DueSoon c first_response"},
		},
		{
			name: "answered too late", until: 15 * mins,
			story: func(w *world) { asks(w); w.desk.replies("c", w.at(10*mins+10*second)) },
			want: []string{
				"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response",
				"10m30s resolved Breached c first_response",
			},
		},
		{
			name: "answered in time, but the helpdesk hides it beyond the deadline: resolved at once when it is seen", until: 15 * mins,
			configure: func(w *world) { w.desk.lag = 40 * second },
			story:     func(w *world) { asks(w); w.desk.replies("c", w.at(6*mins-second)) },
			want: []string{
				"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response",
				"7m0s resolved Breached c first_response",
			},
		},
		{
			name: "a later question has a clock of its own", until: 12 * mins,
			story: func(w *world) {
				asks(w)
				w.desk.replies("c", w.at(2*mins))
				w.desk.says("c", helpdesk.AuthorCustomer, w.at(3*mins))
			},
			want: []string{"6m45s firing DueSoon c next_response", "8m0s firing Breached c next_response", "8m0s resolved DueSoon c next_response"},
		},
		{
			name: "a close in its grace stops the clocks for now", until: 15 * mins,
			story: func(w *world) { asks(w); w.desk.sets("c", helpdesk.ChangeClosed, helpdesk.StatusClosed, w.at(2*mins)) },
		},
		{
			name: "a reopening within the grace brings back what had passed meanwhile", until: 20 * mins,
			story: func(w *world) {
				asks(w)
				w.desk.sets("c", helpdesk.ChangeClosed, helpdesk.StatusClosed, w.at(2*mins))
				w.desk.sets("c", helpdesk.ChangeReopened, helpdesk.StatusOpen, w.at(10*mins+10*second))
			},
			want: []string{"10m30s firing Breached c first_response"},
		},
		{
			name: "a close resolves what is breached, a reopening in its grace pushes it again", until: 20 * mins,
			story: func(w *world) {
				asks(w)
				w.desk.sets("c", helpdesk.ChangeClosed, helpdesk.StatusClosed, w.at(7*mins+10*second))
				w.desk.sets("c", helpdesk.ChangeReopened, helpdesk.StatusOpen, w.at(10*mins+10*second))
			},
			want: []string{
				"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response",
				"7m30s resolved Breached c first_response", "10m30s firing Breached c first_response",
			},
		},
		{
			name: "spam is resolved", until: 20 * mins,
			story: func(w *world) {
				asks(w)
				w.desk.sets("c", helpdesk.ChangeExcluded, helpdesk.StatusExcluded, w.at(7*mins+10*second))
			},
			want: []string{
				"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response",
				"7m30s resolved Breached c first_response",
			},
		},
		{
			name: "snoozed and on hold, the clocks run", until: 10 * mins,
			story: func(w *world) {
				asks(w)
				w.desk.sets("c", helpdesk.ChangeStatus, helpdesk.StatusSnoozed, w.at(2*mins))
				w.desk.sets("c", helpdesk.ChangeStatus, helpdesk.StatusOnHold, w.at(3*mins))
			},
			want: []string{"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response"},
		},
		{
			name: "the labels stay those of the first push", until: 12 * mins,
			story: func(w *world) {
				asks(w)
				w.desk.row("c", chat, "Support", helpdesk.StatusOpen, w.at(7*mins))
				w.desk.replies("c", w.at(8*mins+10*second))
			},
			want: []string{
				"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response",
				"8m30s resolved Breached c first_response",
			},
		},
		{
			name: "nothing is promised on the channel other", until: 5 * hour,
			story: func(w *world) { w.desk.asks("c", helpdesk.ChannelOther, w.at(mins)) },
		},
		{
			name: "unless the promise names it", until: 5 * hour, configure: func(w *world) {
				w.promised = func(_ helpdesk.Channel, c kpi.Clock) (p promiseOf, ok bool) { return responses(chat, c) }
			},
			story: func(w *world) { w.desk.asks("c", helpdesk.ChannelOther, w.at(mins)) },
			want:  []string{"3h46m0s firing DueSoon c first_response", "4h1m0s firing Breached c first_response", "4h1m0s resolved DueSoon c first_response"},
		},
		{
			name: "the resolution is a clock like the others", until: 35 * mins, configure: func(w *world) {
				w.promised = func(ch helpdesk.Channel, c kpi.Clock) (promiseOf, bool) {
					p, _ := promise(ch, c)
					return p, c == kpi.Resolution
				}
			},
			story: func(w *world) {
				asks(w)
				w.desk.sets("c", helpdesk.ChangeClosed, helpdesk.StatusClosed, w.at(31*mins-second))
			},
			want: []string{"23m30s firing DueSoon c resolution", "31m0s resolved DueSoon c resolution"},
		},
		{
			name: "no warning where a quarter of the limit is below two rounds", until: 3 * mins, configure: func(w *world) {
				w.promised = func(helpdesk.Channel, kpi.Clock) (promiseOf, bool) { return promiseOf{Tier: kpi.Stellar}, true }
			},
			story: asks,
			want:  []string{"2m0s firing Breached c first_response"},
		},
		{
			name: "no warnings at all", until: 5 * hour, configure: func(w *world) { w.alerting.WarnBefore = 0 },
			story: func(w *world) { w.desk.asks("c", email, w.at(mins)) },
			want:  []string{"4h1m0s firing Breached c first_response"},
		},
		{
			name: "blind at the deadline: nothing is known, and nothing pushed until it is", until: 20 * mins,
			story: func(w *world) {
				asks(w)
				w.desk.asks("answered", chat, w.at(mins+second))
				w.desk.replies("answered", w.at(5*mins))
				w.until(4*mins + 50*second)
				w.desk.down = &rest.Error{Reason: rest.ReasonServer, Endpoint: "/messages"}
				w.until(9*mins + 10*second)
				w.desk.down = nil
			},
			want: []string{
				"4m45s firing DueSoon c first_response", "4m46s firing DueSoon answered first_response",
				"9m30s firing Breached c first_response", "9m30s resolved DueSoon c first_response", "9m30s resolved DueSoon answered first_response",
			},
		},
		{
			name: "known breaches stay while it is blind", until: 2 * hour,
			story: func(w *world) {
				asks(w)
				w.until(7 * mins)
				w.desk.down = &rest.Error{Reason: rest.ReasonNetwork, Endpoint: "/messages"}
			},
			want: []string{"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.configure == nil {
				tc.configure = func(*world) {}
			}
			in(t, func(w *world) {
				tc.story(w)
				w.until(tc.until)
				w.told(tc.want...)
			}, tc.configure)
		})
	}
}
