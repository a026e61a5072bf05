package engine_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// exactProfile is a vendor that can tell everything.
func exactProfile() helpdesk.Profile {
	p := helpdesk.Profile{Vendor: "perfect", Capabilities: map[helpdesk.Capability]helpdesk.Level{}}
	for _, c := range helpdesk.Capabilities {
		p.Capabilities[c] = helpdesk.Exact
	}
	for _, s := range []helpdesk.Stream{helpdesk.StreamEvents, helpdesk.StreamMessages, helpdesk.StreamConversations} {
		p.Streams = append(p.Streams, helpdesk.StreamProfile{Stream: s, Clock: true})
	}
	return p
}

func testPolicy(r *rand.Rand) kpi.Policy {
	p := kpi.Policy{
		Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(),
		ReopenGrace: 30 * time.Minute, AbandonedAfter: 24 * time.Hour, CountBotReplies: r.IntN(3) == 0,
	}
	if r.IntN(4) == 0 {
		p.ReopenGrace = 0
	}
	return p
}

// telling feeds the conversations to a source as a program would learn of them:
// in pages of any size and order, with repetitions, everything up to a
// watermark before that is booked, and some of what came after.
type telling struct {
	t       *testing.T
	r       *rand.Rand
	source  *engine.Source
	pending []told
	done    []helpdesk.Record
}

// told is a record and when the helpdesk first showed it.
type told struct {
	at     time.Time
	record helpdesk.Record
}

func newTelling(t *testing.T, r *rand.Rand, s *engine.Source, convs []truth.Conversation) *telling {
	tl := &telling{t: t, r: r, source: s}
	for _, c := range convs {
		first := firstRow(c)
		tl.pending = append(tl.pending, told{first.Updated, first})
		for _, rec := range c.Records {
			if r, ok := rec.(helpdesk.Rating); ok && !r.Scored.IsZero() {
				sent := r
				sent.Scored, sent.Score = time.Time{}, 0
				tl.pending = append(tl.pending, told{r.Sent, sent})
			}
			tl.pending = append(tl.pending, told{when(rec), rec})
		}
		// A row is at least as new as what happened up to its stamp.
		tl.pending = append(tl.pending, told{c.Row.Updated, c.Row})
	}
	slices.SortStableFunc(tl.pending, func(a, b told) int { return a.at.Compare(b.at) })
	return tl
}

func when(r helpdesk.Record) time.Time {
	switch r := r.(type) {
	case helpdesk.Message:
		return r.At
	case helpdesk.StatusChange:
		return r.At
	case helpdesk.Assignment:
		return r.At
	case helpdesk.Relabel:
		return r.At
	case helpdesk.Rating:
		if r.Scored.IsZero() {
			return r.Sent
		}
		return r.Scored
	}
	return time.Time{}
}

// firstRow is what the row was when the conversation began.
func firstRow(c truth.Conversation) helpdesk.Conversation {
	row := c.Row
	row.Status, row.Excluded, row.ExcludedAt, row.Closed, row.Agent = helpdesk.StatusOpen, helpdesk.NotExcluded, time.Time{}, time.Time{}, ""
	row.Updated = c.Row.Updated
	var relabels []helpdesk.Relabel
	for _, rec := range c.Records {
		at := when(rec)
		if r, ok := rec.(helpdesk.Rating); ok {
			at = r.Sent
		}
		if at.Before(row.Updated) {
			row.Updated = at
		}
		if r, ok := rec.(helpdesk.Relabel); ok {
			relabels = append(relabels, r)
		}
	}
	slices.SortFunc(relabels, func(a, b helpdesk.Relabel) int {
		return -strings.Compare(fmt.Sprint(a.At.UnixNano(), a.ID), fmt.Sprint(b.At.UnixNano(), b.ID))
	})
	for _, r := range relabels {
		row.Labels.Set(r.Label, r.From)
	}
	row.Updated = row.Updated.Add(-time.Nanosecond)
	return row
}

// upTo tells everything up to the watermark, and some of what is known by now.
func (tl *telling) upTo(watermark, now time.Time) {
	tl.t.Helper()
	n := 0
	for n < len(tl.pending) && !tl.pending[n].at.After(watermark) {
		n++
	}
	for n < len(tl.pending) && !tl.pending[n].at.After(now) && tl.r.IntN(3) > 0 {
		n++
	}
	var batch []helpdesk.Record
	for _, p := range tl.pending[:n] {
		batch = append(batch, p.record)
	}
	tl.pending = tl.pending[n:]
	tl.done = append(tl.done, batch...)
	for range tl.r.IntN(20) {
		if len(tl.done) > 0 {
			batch = append(batch, tl.done[tl.r.IntN(len(tl.done))])
		}
	}
	tl.r.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	for len(batch) > 0 {
		size := min(len(batch), 1+tl.r.IntN(200))
		err := tl.source.Apply(helpdesk.StreamMessages, helpdesk.Page{Records: batch[:size]}, engine.StreamState{}, now)
		if err != nil {
			tl.t.Fatal(err)
		}
		batch = batch[size:]
	}
}

// randomSteps are bookings as a program would make them: mostly every few
// minutes, now and then after an outage, until nothing runs any more.
func randomSteps(r *rand.Rand, from, to time.Time) []truth.Step {
	gaps := []time.Duration{30 * time.Second, 10 * time.Minute, time.Hour, 5 * time.Hour, 26 * time.Hour}
	lags := []time.Duration{0, 2 * time.Second, time.Minute, 20 * time.Minute}
	var steps []truth.Step
	mark := from
	for mark.Before(to) {
		mark = mark.Add(time.Duration(1 + r.Int64N(int64(gaps[r.IntN(len(gaps))]))))
		steps = append(steps, truth.Step{Watermark: mark, Now: mark.Add(lags[r.IntN(len(lags))])})
	}
	return steps
}

// exposed reads the facts' series of a collector as the truth writes them.
func exposed(t *testing.T, c prometheus.Collector) truth.Values {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := truth.Values{}
	facts := map[string]bool{}
	for _, f := range kpi.FactFamilies {
		facts[f.Name] = f.Scope != kpi.ScopeAgent
	}
	for _, mf := range families {
		if !facts[mf.GetName()] {
			continue
		}
		for _, m := range mf.GetMetric() {
			labels := exposedLabels(m)
			switch {
			case m.Counter != nil && m.Counter.GetValue() != 0:
				out[mf.GetName()+labels] = m.Counter.GetValue()
			case m.Histogram != nil && m.Histogram.GetSampleCount() != 0:
				out[mf.GetName()+"_count"+labels] = float64(m.Histogram.GetSampleCount())
				out[mf.GetName()+"_sum"+labels] = m.Histogram.GetSampleSum()
			}
		}
	}
	return out
}

func exposedLabels(m *dto.Metric) string {
	var pairs []string
	for _, l := range m.GetLabel() {
		pairs = append(pairs, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
	}
	slices.Sort(pairs)
	return "{" + strings.Join(pairs, ",") + "}"
}

func openStore(t *testing.T) *state.Bolt {
	t.Helper()
	store, err := state.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// gathers lets every other of the seeds that are tried gather what it reads.
func gathers(seed uint64) time.Duration { return time.Duration(seed/sample.Every%2) * time.Hour }

// The result depends only on the set of records: however they are permuted,
// repeated and split into pages, it is what the naive model finds in the whole
// history, live and late included.
func TestAnyOrderOfRecordsGivesTheNaiveModelsNumbers(t *testing.T) {
	for seed := uint64(0); seed < 60; seed += sample.Every {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 17))
			policy := testPolicy(r)
			if r.IntN(3) == 0 {
				policy.Schedule, policy.BusinessTime = businessHours(t), r.IntN(2) == 0
			}
			convs := truth.Random(r, truth.RandomOptions{Conversations: 40, Start: start, Grace: policy.ReopenGrace})
			firstStart := start.Add(time.Duration(r.Int64N(int64(10 * 24 * time.Hour))))
			book := r.IntN(2) == 0
			dims := []helpdesk.LabelName{helpdesk.LabelTeam}
			e := engine.New(engine.Options{Store: openStore(t), Labels: dims, Now: func() time.Time { return start }, Gather: gathers(seed)})
			s, err := e.Open(engine.SourceOptions{
				Name: "desk", Policy: &policy, Profile: exactProfile(), PollInterval: 30 * time.Second,
				Lookback: 30 * 24 * time.Hour, Book: book, Retention: 1000 * 24 * time.Hour, LabelLimit: 100,
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Begin(firstStart); err != nil {
				t.Fatal(err)
			}
			steps := randomSteps(r, firstStart, start.Add(60*24*time.Hour))
			tl := newTelling(t, r, s, convs)
			for _, step := range steps {
				tl.upTo(step.Watermark, step.Now)
				if err := s.Book(engine.Round{Now: step.Now, Watermark: step.Watermark}); err != nil {
					t.Fatal(err)
				}
			}
			o := truth.Options{
				Source: "desk", Policy: policy, FirstStart: firstStart, Floor: firstStart,
				PollInterval: 30 * time.Second, Labels: dims,
			}
			if book {
				o.Floor = firstStart.Add(-30 * 24 * time.Hour)
			}
			want := truth.Counters(convs, o, steps)
			if diff := cmp.Diff(want, exposed(t, e), cmpopts.EquateApprox(1e-9, 1e-6)); diff != "" {
				t.Errorf("numbers differ from the naive model (-model +engine):\n%s", diff)
			}
		})
	}
}
