package alert_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// TestListsThatHideTheLastMinute tells stories of a helpdesk whose lists hide
// what happened in the last minute, while a conversation that is fetched alone
// shows everything. Rounds are at 0 s, 30 s and so on; a chat that asks at
// 1 min 10 s is seen at 2 min 30 s, warned of at 4 min 55 s and due at 6 min 10 s.
func TestListsThatHideTheLastMinute(t *testing.T) {
	asks := func(w *world) { w.desk.asks("c", chat, w.at(mins+10*second)) }
	for _, tc := range []struct {
		name    string
		story   func(w *world)
		want    []string
		fetched []time.Duration
	}{
		{
			name: "nobody answers: told at the instants themselves, after a reading of the conversation", story: asks,
			want:    []string{"4m55s firing DueSoon c first_response", "6m10s firing Breached c first_response", "6m10s resolved DueSoon c first_response"},
			fetched: []time.Duration{4*mins + 55*second, 6*mins + 10*second},
		},
		{
			name:    "answered a moment before the deadline, which the lists show a minute later",
			story:   func(w *world) { asks(w); w.desk.replies("c", w.at(6*mins+9*second)) },
			want:    []string{"4m55s firing DueSoon c first_response", "6m10s resolved DueSoon c first_response"},
			fetched: []time.Duration{4*mins + 55*second, 6*mins + 10*second},
		},
		{
			name:    "answered before the warning, unseen by any list",
			story:   func(w *world) { asks(w); w.desk.replies("c", w.at(4*mins+50*second)) },
			fetched: []time.Duration{4*mins + 55*second},
		},
		{
			name:  "answered after the deadline: the lists resolve it",
			story: func(w *world) { asks(w); w.desk.replies("c", w.at(6*mins+20*second)) },
			want: []string{
				"4m55s firing DueSoon c first_response", "6m10s firing Breached c first_response", "6m10s resolved DueSoon c first_response",
				"7m30s resolved Breached c first_response",
			},
			fetched: []time.Duration{4*mins + 55*second, 6*mins + 10*second},
		},
		{
			name: "the conversation cannot be fetched at its deadline: it is after the next good round",
			story: func(w *world) {
				asks(w)
				w.until(6*mins + 9*second)
				w.desk.down = &rest.Error{Reason: rest.ReasonServer, Endpoint: "/tickets/{id}"}
				w.until(6*mins + 20*second)
				w.desk.down = nil
			},
			want: []string{
				"4m55s firing DueSoon c first_response", "6m30s firing Breached c first_response", "6m30s resolved DueSoon c first_response",
			},
			fetched: []time.Duration{4*mins + 55*second, 6*mins + 10*second, 6*mins + 30*second + 150*time.Millisecond},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in(t, func(w *world) {
				tc.story(w)
				w.until(15 * mins)
				var fetched []time.Duration
				for _, at := range w.desk.fetched {
					fetched = append(fetched, at.Sub(w.begun))
				}
				w.told(tc.want...)
				if diff := cmp.Diff(tc.fetched, fetched); diff != "" {
					t.Errorf("fetched (-want +got)\n%s", diff)
				}
			}, func(w *world) { w.desk.lag, w.desk.alone = mins, true })
		})
	}
}
