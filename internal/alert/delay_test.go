package alert_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// TestReadingsAreSharedByAllThatIsDueTogether has 100 and 1,000 deadlines in a
// minute, at 50 ms an API call: what it costs the helpdesk, and how long the
// alerts take by the bubble's clock, in which the program itself takes no time.
func TestReadingsAreSharedByAllThatIsDueTogether(t *testing.T) {
	for _, n := range []int{100, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			in(t, func(w *world) {
				w.ams[0].latency = 50 * time.Millisecond
				for i := range n {
					w.desk.asks(fmt.Sprintf("c%04d", i), chat, w.at(mins+time.Duration(i)*mins/time.Duration(n)))
				}
				w.until(5*mins + 59*second)
				before := len(w.desk.calls)
				w.until(7*mins + second)
				calls := map[helpdesk.Stream]int{}
				for _, c := range w.desk.calls[before:] {
					calls[c.stream]++
				}
				if calls[helpdesk.StreamMessages] > min(n, 153)+3 || calls[helpdesk.StreamEvents] > 3 || calls[helpdesk.StreamConversations] > 3 {
					t.Errorf("calls in the minute of the deadlines: %v", calls)
				}
				_, delays := w.pushed()
				if delays.GetSampleCount() != uint64(n) {
					t.Errorf("%d delays were measured", delays.GetSampleCount())
				}
				for _, b := range delays.GetBucket() {
					if b.GetUpperBound() == 1 && b.GetCumulativeCount() != uint64(n) {
						t.Errorf("%d of %d alerts took more than a second", uint64(n)-b.GetCumulativeCount(), n)
					}
				}
			}, func(w *world) { w.alerting.Burst, w.alerting.WarnBefore = 0, 0 })
		})
	}
}

// TestTheDelayIsMeasuredOnce of each breach, when the first Alertmanager has it.
func TestTheDelayIsMeasuredOnce(t *testing.T) {
	in(t, func(w *world) {
		if results, delays := w.pushed(); len(results) != 0 || delays != nil {
			t.Error("there is something before anything")
		}
		w.metrics.Source("shop")
		if results, delays := w.pushed(); len(results) != 3 || results["accepted"] != 0 || delays.GetSampleCount() != 0 {
			t.Errorf("not at 0: %v", results)
		}
		w.ams[0].down, w.ams[1].down = true, true
		w.desk.asks("c", chat, w.at(mins))
		w.until(7 * mins)
		w.restart(second)
		w.until(10 * mins)
		w.ams[0].down = false
		w.until(11 * mins)
		w.restart(second)
		w.ams[1].down = false
		w.until(30 * mins)
		_, delays := w.pushed()
		if sum := delays.GetSampleSum(); delays.GetSampleCount() != 1 || sum < 240 || sum > 270 {
			t.Errorf("%d delays, of %g s; want one, of the four minutes until it was back and its next attempt", delays.GetSampleCount(), sum)
		}
	}, func(w *world) { w.ams = append(w.ams, newAlertmanager(w.t, w.turn)) })
}
