package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// TestCountersOfOperationGoOnThroughAReload since their start timestamps do.
func TestCountersOfOperationGoOnThroughAReload(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.opts.LabelLimit = 1 })
	team := func(id, team string) { d.tell(helpdesk.StreamConversations, ofTeam(id, team, d.now)) }
	team("1", "a")
	team("2", "b")
	team("3", "c")
	d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer))
	d.book(start.Add(time.Hour))
	d.tell(helpdesk.StreamMessages, says("1", start.Add(time.Minute), helpdesk.AuthorAgent))
	closed := ofTeam("1", "a", start)
	closed.Status, closed.Updated = helpdesk.StatusClosed, start.Add(2*time.Minute)
	d.tell(helpdesk.StreamOpen, closed)
	if err := d.source.Corrected([]string{"1", "gone"}); err != nil {
		t.Fatal(err)
	}
	counters := func() map[string]float64 {
		n := d.shown(kpi.BehindWatermark, kpi.ReconcileCorrections, kpi.LabelsLimited)
		for k, v := range n {
			if v == 0 {
				delete(n, k)
			}
		}
		return n
	}
	want := map[string]float64{
		`helpdesk_behind_watermark_records_total{source="desk",stream="messages"}`: 1,
		`helpdesk_reconcile_corrections_total{kind="missed_update",source="desk"}`: 1,
		`helpdesk_reconcile_corrections_total{kind="missed_close",source="desk"}`:  1,
		`helpdesk_reconcile_corrections_total{kind="vanished",source="desk"}`:      1,
		`helpdesk_labels_limited_total{label="team",source="desk"}`:                2,
	}
	expect := func(when string) {
		t.Helper()
		if diff := cmp.Diff(want, counters()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	expect("before")
	d.reload(func(d *desk) { d.opts.PollInterval = 2 * time.Minute })
	expect("after a reload")
	d.now = d.now.Add(time.Minute)
	team("4", "b") // counted before
	team("5", "d")
	d.book(d.now)
	want[`helpdesk_labels_limited_total{label="team",source="desk"}`]++
	expect("after one more team")
	d.restart()
	want = map[string]float64{}
	expect("after a restart: they start with the process")
}
