package alert_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// kinds counts notifications by what fires.
func kinds(told []string) map[string]int {
	n := map[string]int{}
	for _, line := range told {
		f := strings.Fields(line)
		n[f[1]+" "+f[2]]++
	}
	return n
}

func TestAStormIsBounded(t *testing.T) {
	in(t, func(w *world) {
		for i := range 50 {
			w.desk.asks(fmt.Sprintf("c%02d", i), chat, w.at(mins+time.Duration(i)*time.Second))
			w.desk.asks(fmt.Sprintf("s%02d", i), helpdesk.ChannelSMS, w.at(mins))
		}
		w.until(8 * mins)
		// 50 on each channel, 10 a minute: there are warnings at 4:45, 5:45 and, of
		// those that are due after it, 6:45.
		want := map[string]int{
			"firing DueSoon": 44, "resolved DueSoon": 44, "firing Breached": 20, "firing ConversationsBreached": 2,
		}
		if diff := cmp.Diff(want, kinds(w.ams[0].told)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		summaries := []string{"ConversationsBreached chat first_response ×40", "ConversationsBreached sms first_response ×40"}
		if diff := cmp.Diff(summaries, w.ams[0].firing()[20:]); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}

		w.restart(0)
		w.until(9 * mins)
		if diff := cmp.Diff(want, kinds(w.ams[0].told)); diff != "" {
			t.Errorf("after a restart (-want +got)\n%s", diff)
		}

		for i := range 50 {
			if i != 30 {
				w.desk.replies(fmt.Sprintf("c%02d", i), w.at(10*mins))
				w.desk.replies(fmt.Sprintf("s%02d", i), w.at(10*mins))
			}
		}
		w.until(11 * mins)
		left := []string{"ConversationsBreached chat first_response ×1", "ConversationsBreached sms first_response ×1"}
		if diff := cmp.Diff(left, w.ams[0].firing()); diff != "" {
			t.Errorf("after all replies but one (-want +got)\n%s", diff)
		}
		w.desk.replies("c30", w.at(12*mins))
		w.desk.replies("s30", w.at(12*mins))
		w.until(13 * mins)
		if firing := w.ams[0].firing(); len(firing) > 0 {
			t.Errorf("after all replies %v fires", firing)
		}
	})
}

func TestNoBurstLimit(t *testing.T) {
	in(t, func(w *world) {
		for i := range 300 {
			w.desk.asks(fmt.Sprintf("c%03d", i), chat, w.at(mins))
		}
		w.until(7 * mins)
		want := map[string]int{"firing DueSoon": 300, "resolved DueSoon": 300, "firing Breached": 300}
		if diff := cmp.Diff(want, kinds(w.ams[0].told)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if w.ams[0].longest > 200 {
			t.Errorf("%d alerts in one request", w.ams[0].longest)
		}
	}, func(w *world) { w.alerting.Burst = 0 })
}

// TestWarningsWaitForRoom in the minutes that are left before their deadlines.
func TestWarningsWaitForRoom(t *testing.T) {
	in(t, func(w *world) {
		for i := range 25 {
			w.desk.asks(fmt.Sprintf("c%02d", i), email, w.at(mins))
		}
		w.until(3*hour + 50*mins)
		var at []string
		for _, line := range w.ams[0].told {
			at = append(at, strings.Fields(line)[0])
		}
		slices.Sort(at)
		var want []string
		for _, n := range []struct {
			at string
			n  int
		}{{"3h46m0s", 10}, {"3h47m0s", 10}, {"3h48m0s", 5}} {
			want = append(want, slices.Repeat([]string{n.at}, n.n)...)
		}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestWhatIsPastItsDeadlineWhenFirstSeenIsOneSummary(t *testing.T) {
	past := func(w *world, n int, at time.Duration) {
		for i := range n {
			w.desk.asks(fmt.Sprintf("old%d", i), chat, w.at(at))
		}
	}
	for _, tc := range []struct {
		name  string
		story func(w *world)
		until time.Duration
		want  []string
	}{
		{
			"in the first sync", func(w *world) { past(w, 3, -5*mins-time.Second) }, 2 * mins,
			[]string{"0s firing ConversationsBreached chat first_response ×3"},
		},
		{
			"imported later", func(w *world) {
				w.until(10 * mins)
				for i := range 3 {
					id := fmt.Sprintf("c%d", i)
					w.desk.asks(id, chat, w.at(2*mins))
				}
				for i := range w.desk.events {
					w.desk.events[i].at = w.at(10*mins + second) // it is seen only now
				}
			},
			12 * mins, []string{"10m30s firing ConversationsBreached chat first_response ×3"},
		},
		{
			"after an outage", func(w *world) {
				w.until(10*mins + 10*second)
				w.desk.down = &rest.Error{Reason: rest.ReasonServer, Endpoint: "/messages"}
				past(w, 20, 11*mins)
				w.until(30*mins + 10*second)
				w.desk.down = nil
			},
			32 * mins, []string{"30m30s firing ConversationsBreached chat first_response ×20"},
		},
		{
			"but what one round could not see earlier is pushed by itself", func(w *world) {
				w.until(10 * mins)
				past(w, 1, 5*mins+1*second)
				for i := range w.desk.events {
					w.desk.events[i].at = w.at(10*mins + second)
				}
			},
			12 * mins, []string{"10m30s firing Breached old0 first_response"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				tc.story(w)
				w.until(tc.until)
				w.told(tc.want...)
			})
		})
	}
}

func TestAShortOutageOfKnownConversationsIsPushedOneByOne(t *testing.T) {
	in(t, func(w *world) {
		for i := range 12 {
			w.desk.asks(fmt.Sprintf("c%02d", i), chat, w.at(mins))
		}
		w.until(2 * mins)
		w.desk.down = &rest.Error{Reason: rest.ReasonServer, Endpoint: "/messages"}
		w.until(9*mins + 10*second)
		w.desk.down = nil
		w.until(10 * mins)
		want := map[string]int{"firing Breached": 10, "firing ConversationsBreached": 1}
		if diff := cmp.Diff(want, kinds(w.ams[0].told)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
