package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// A change of labels that the row tells before the events do makes facts wait for
// the round after: that wait alone makes none late.
func TestWaitingForLabelsMakesNothingLateUnlessItIsLong(t *testing.T) {
	const minute = time.Minute
	for _, tc := range []struct {
		name   string
		asked  time.Duration   // before the round that reaches it
		rounds []time.Duration // after that one
		late   float64         // of two facts: a message, and a conversation that was opened
	}{
		{"reached in time, and booked in the round after", 13 * minute, []time.Duration{4 * minute}, 0},
		{"reached in time, and booked after two more rounds", 13 * minute, []time.Duration{0, 4 * minute}, 0},
		{"reached late", 16 * minute, []time.Duration{4 * minute}, 2},
		{"reached in time, and nothing could be read for long", 2 * minute, []time.Duration{16 * minute}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(t)
			reached := start.Add(hour)
			at, moved := reached.Add(-tc.asked), reached.Add(-time.Second)
			asked := opened("c", at, helpdesk.ChannelEmail)
			asked.Updated = moved
			d.now = reached
			d.tell(helpdesk.StreamMessages, says("c", at, helpdesk.AuthorCustomer))
			d.tell(helpdesk.StreamConversations, asked)
			d.reach(reached, moved.Add(-time.Second))
			for _, after := range tc.rounds {
				if n := d.sum(kpi.Messages); n != 0 {
					t.Fatalf("%v messages are booked before their labels are known", n)
				}
				mark := reached.Add(after)
				if after == 0 {
					mark = moved.Add(-time.Second)
				}
				d.reach(reached.Add(after), mark)
			}
			got := map[string]float64{"messages": d.sum(kpi.Messages), "late": d.sum(kpi.LateFacts)}
			if diff := cmp.Diff(map[string]float64{"messages": 1, "late": tc.late}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// reach ends a good round that has read everything up to a watermark.
func (d *desk) reach(now, mark time.Time) {
	d.t.Helper()
	d.now = now
	if err := d.source.Book(engine.Round{Now: now, Watermark: mark, Good: now}); err != nil {
		d.t.Fatal(err)
	}
}

// sum adds all series of a family.
func (d *desk) sum(f *kpi.Family) (sum float64) {
	d.t.Helper()
	for _, n := range d.shown(f) {
		sum += n
	}
	return sum
}
