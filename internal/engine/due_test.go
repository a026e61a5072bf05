package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// The helpdesk's own due times are kept as last told, and change no number.
func TestFailure22TheHelpdesksOwnDueTimesAreKeptAndNotCounted(t *testing.T) {
	measured := func(dues ...helpdesk.Due) (map[string]float64, kpi.Due) {
		d := newDesk(t)
		row := opened("1", start.Add(time.Minute), helpdesk.ChannelEmail)
		d.tell(helpdesk.StreamConversations, row)
		d.tell(helpdesk.StreamMessages, says("1", start.Add(time.Minute), helpdesk.AuthorCustomer))
		d.book(start.Add(2 * time.Minute))
		for _, due := range dues {
			row.Due = due
			d.tell(helpdesk.StreamConversations, row)
			d.book(d.now.Add(time.Minute))
		}
		d.restart()
		d.book(start.Add(2 * hour))
		c, _, ok, err := d.source.Explain("1")
		if err != nil || !ok {
			t.Fatalf("not explained: %t, %v", ok, err)
		}
		return d.shown(append([]*kpi.Family{kpi.BehindWatermark, kpi.PastTier, kpi.DueConversations}, kpi.FactFamilies...)...), c.Row.Due
	}
	first, all := helpdesk.Due{FirstResponse: start.Add(hour)}, helpdesk.Due{FirstResponse: start.Add(hour), NextResponse: start.Add(3 * hour), Resolution: start.Add(8 * hour)}
	without, none := measured()
	if none != (kpi.Due{}) {
		t.Errorf("due times out of nothing: %v", none)
	}
	with, due := measured(first, all, helpdesk.Due{})
	if want := (kpi.Due{FirstResponse: all.FirstResponse.UnixNano(), NextResponse: all.NextResponse.UnixNano(), Resolution: all.Resolution.UnixNano()}); due != want {
		t.Errorf("due %v, want %v: those told last, which a reading without them does not take away", due, want)
	}
	if diff := cmp.Diff(without, with); diff != "" {
		t.Errorf("numbers without due times, and with (-want +got):\n%s", diff)
	}
}
