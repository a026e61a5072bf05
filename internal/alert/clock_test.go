package alert

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// TestTheClockWasSetBack by two days since alerts were made, which bubbles of
// time cannot do.
func TestTheClockWasSetBack(t *testing.T) {
	now := time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)
	ahead := now.Add(48 * time.Hour)
	breach := record{Labels: map[string]string{labelAlert: kpi.AlertBreached, labelChannel: "chat"}, StartsAt: ahead.UnixNano(), Made: ahead.UnixNano()}

	t.Run("what fires ends after it starts: Alertmanager refuses anything else", func(t *testing.T) {
		got := (&message{record: breach}).wire(now)
		if !got.StartsAt.Equal(ahead) || got.EndsAt.Sub(ahead) < time.Hour {
			t.Errorf("from %s to %s", got.StartsAt, got.EndsAt)
		}
	})
	t.Run("the limit of a minute is free after a minute", func(t *testing.T) {
		w := &watch{p: &Pusher{opts: Options{Alerting: config.Alerting{Burst: 1}}}, budgets: map[budgetKey]*budget{}}
		w.recall(map[string]record{"a": breach}, now)
		b := w.budgets[budgetKey{"chat", breached}]
		if b.take(now.Add(time.Second)) || !b.take(now.Add(time.Minute)) {
			t.Errorf("it is free at %s", b.free())
		}
	})
}
