package collectortest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// same compares what the exporter shows with the desk's truth: all counters
// and, where the source is fresh, the live gauges.
func (w *world) same() {
	w.t.Helper()
	w.synced()
	w.sameCounters()
	w.sameGauges()
}

func (w *world) truthOptions() truth.Options {
	return truth.Options{
		Source: "desk", Policy: w.policy, Floor: w.floor, FirstStart: w.firstStart, PollInterval: interval, Labels: w.labels(),
		Promise: func(kpi.Clock, helpdesk.Channel) (kpi.Tier, bool) { return kpi.AboveAverage, true },
	}
}

func (w *world) sameCounters() {
	w.t.Helper()
	want := w.truth()
	got := w.told(w.exposed(factNames()))
	if len(want) < 5 {
		w.t.Errorf("the desk has so little to tell that nothing is proved: %v", want)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 1e-5)); diff != "" {
		w.t.Errorf("counters (-truth +exporter):\n%s", diff)
	}
}

// truth is what the counters should be after the bookings that were made.
func (w *world) truth() truth.Values {
	return w.told(truth.Counters(w.conversations(), w.truthOptions(), w.steps))
}

func (w *world) sameGauges() {
	w.t.Helper()
	want := nonzero(truth.Gauges(w.conversations(), w.truthOptions(), w.desk.Now()))
	names := map[string]bool{}
	for _, f := range []*kpi.Family{
		kpi.OpenConversations, kpi.UnassignedConversations, kpi.WaitingConversations, kpi.OldestWaiting, kpi.PastTier, kpi.DueConversations,
	} {
		names[f.Name] = true
	}
	if diff := cmp.Diff(want, w.exposed(names), cmpopts.EquateApprox(0, 1e-3)); diff != "" {
		w.t.Errorf("live gauges (-truth +exporter):\n%s", diff)
	}
}

func factNames() map[string]bool {
	names := map[string]bool{}
	for _, f := range kpi.FactFamilies {
		names[f.Name] = f.Scope != kpi.ScopeAgent
	}
	return names
}

// told leaves out the families that the vendor cannot tell, and late facts, which
// are of all families, with them. Surveys are none of those: Tell takes them out of
// the truth.
func (w *world) told(all truth.Values) truth.Values {
	out := nonzero(all)
	missing := map[string]bool{}
	for _, f := range kpi.FactFamilies {
		if slices.Contains(w.v.Estimated, f) || f.Scope != kpi.ScopeAgent && !f.Told(w.alive.profile, w.alive.profile.Capabilities) {
			missing[f.Name] = true
			missing[kpi.LateFacts.Name] = missing[kpi.LateFacts.Name] || f != kpi.CSATSurveysSent
		}
	}
	for key := range all {
		name, _, _ := strings.Cut(key, "{")
		if missing[strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count")] {
			delete(out, key)
		}
	}
	return out
}

func nonzero(v truth.Values) truth.Values {
	out := truth.Values{}
	for k, n := range v {
		if n != 0 {
			out[k] = n
		}
	}
	return out
}

// exposed reads series as the truth writes them; those at 0 are left out.
func (w *world) exposed(names map[string]bool) truth.Values {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	out := truth.Values{}
	for _, mf := range families {
		if !names[mf.GetName()] {
			continue
		}
		for _, m := range mf.GetMetric() {
			labels := labelsOf(m)
			switch {
			case m.Histogram != nil:
				out[mf.GetName()+"_count"+labels] = float64(m.Histogram.GetSampleCount())
				out[mf.GetName()+"_sum"+labels] = m.Histogram.GetSampleSum()
			case m.Gauge != nil:
				out[mf.GetName()+labels] = m.Gauge.GetValue()
			default:
				out[mf.GetName()+labels] = m.Counter.GetValue()
			}
		}
	}
	return nonzero(out)
}

// value is one series.
func (w *world) value(f *kpi.Family, labels ...string) float64 {
	w.t.Helper()
	sum := 0.0
	for key, n := range w.exposed(map[string]bool{f.Name: true}) {
		if matches(key, labels...) {
			sum += n
		}
	}
	return sum
}

func labelsOf(m *dto.Metric) string {
	var pairs []string
	for _, l := range m.GetLabel() {
		pairs = append(pairs, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
	}
	slices.Sort(pairs)
	return "{" + strings.Join(pairs, ",") + "}"
}

func matches(key string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(key, p) })
}

// shows reports whether a family has any series, at 0 or not.
func (w *world) shows(f *kpi.Family) bool {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.ContainsFunc(families, func(mf *dto.MetricFamily) bool { return mf.GetName() == f.Name })
}

// unchanged compares the counters with what they were.
func (w *world) unchanged(before truth.Values) {
	w.t.Helper()
	if diff := cmp.Diff(before, w.exposed(factNames())); diff != "" {
		w.t.Errorf("counters changed (-before +after):\n%s", diff)
	}
}
