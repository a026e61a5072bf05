package collectortest

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// Reading is what an exporter shows after scripted conversations that it has
// read as they went on, and what is true of them, whoever tells it.
type Reading struct {
	Got, True    truth.Values
	Capabilities map[helpdesk.Capability]helpdesk.Level
}

// Read reads a desk with nothing but a script until its clock has passed a time.
// The numbers are of all channels, teams and statuses together, which each vendor
// calls by its own names; one channel's limits hold for all.
func Read(t *testing.T, v Vendor, script []simulator.Scripted, till time.Duration) Reading {
	t.Helper()
	w := newWorld(t, v, setup{script: script, history: time.Minute, book: true, alike: true})
	w.round()
	for w.desk.Now().Before(w.setup.start.Add(till)) {
		w.rounds(1, 5*time.Minute)
	}
	w.settle()
	w.synced()
	live := map[string]bool{}
	for _, f := range []*kpi.Family{kpi.OpenConversations, kpi.UnassignedConversations, kpi.WaitingConversations, kpi.PastTier} {
		live[f.Name] = true
	}
	got := w.exposed(factNames())
	maps.Copy(got, w.exposed(live))
	want := truth.Counters(w.desk.Conversations(), w.truthOptions(), w.steps)
	for k, n := range truth.Gauges(w.desk.Conversations(), w.truthOptions(), w.desk.Now()) {
		if name, _, _ := strings.Cut(k, "{"); live[name] {
			want[k] = n
		}
	}
	return Reading{Got: nonzero(summed(got)), True: nonzero(summed(want)), Capabilities: w.alive.profile.Capabilities}
}

// summed adds up what differs in a vendor's names alone.
func summed(all truth.Values) truth.Values {
	out := truth.Values{}
	for key, n := range all {
		name, labels, _ := strings.Cut(strings.TrimSuffix(key, "}"), "{")
		kept := slices.DeleteFunc(strings.Split(labels, ","), func(l string) bool {
			label, _, _ := strings.Cut(l, "=")
			return slices.Contains([]string{"channel", "team", "status", "source"}, label)
		})
		out[name+"{"+strings.Join(kept, ",")+"}"] += n
	}
	return out
}

// alike are the classes of channels where each is of the same.
func alike() map[helpdesk.Channel]helpdesk.Class {
	all := kpi.DefaultClasses()
	for c := range all {
		all[c] = helpdesk.ClassEmail
	}
	return all
}
