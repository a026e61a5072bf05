package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// durable is what of an exposition survives a restart: everything but exemplars
// and what starts with the process.
func durable(d *desk) map[string]*dto.Metric {
	d.t.Helper()
	operational := map[string]bool{kpi.BehindWatermark.Name: true, kpi.ReconcileCorrections.Name: true, kpi.LabelsLimited.Name: true}
	out := map[string]*dto.Metric{}
	for _, mf := range d.gather() {
		for _, m := range mf.GetMetric() {
			if operational[mf.GetName()] {
				continue
			}
			m = proto.Clone(m).(*dto.Metric)
			if h := m.Histogram; h != nil {
				h.Exemplars = nil
				buckets := h.Bucket[:0]
				for _, b := range h.Bucket {
					b.Exemplar = nil
					if b.GetUpperBound() < 1e300 { // the last one is there only for its exemplar
						buckets = append(buckets, b)
					}
				}
				h.Bucket = buckets
			}
			out[mf.GetName()+exposedLabels(m)] = m
		}
	}
	return out
}

func TestARestartIsInvisible(t *testing.T) {
	for seed := uint64(0); seed < 4; seed += sample.Every {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 11))
			convs := truth.Random(r, truth.RandomOptions{Conversations: 60, Start: start, Grace: 30 * time.Minute})
			d := newDesk(t, func(d *desk) {
				d.opts.PollInterval, d.opts.Agents, d.opts.LabelLimit = 100*day, engine.AgentsByID, 2
				d.labels = []helpdesk.LabelName{helpdesk.LabelTeam, helpdesk.LabelPriority}
			})
			tl := newTelling(t, r, d.source, convs)
			restarts := 0
			for _, step := range randomSteps(r, start, start.Add(15*day)) {
				tl.upTo(step.Watermark, step.Now)
				d.now = step.Now
				if err := d.source.Book(engine.Round{Now: step.Now, Watermark: step.Watermark, Good: step.Now}); err != nil {
					t.Fatal(err)
				}
				if r.IntN(30) > 0 {
					continue
				}
				want := durable(d)
				if len(want) < 200 {
					t.Fatalf("only %d series: too little to learn from", len(want))
				}
				d.now = d.now.Add(time.Second) // a start of now would show
				d.restart()
				tl.source = d.source
				d.now = step.Now
				restarts++
				got := durable(d)
				if maps.EqualFunc(want, got, func(a, b *dto.Metric) bool { return proto.Equal(a, b) }) {
					continue
				}
				t.Fatalf("at %s (-before +after):\n%s", d.now.Sub(start), cmp.Diff(want, got, cmp.Comparer(proto.Equal)))
			}
			if restarts == 0 {
				t.Error("there was no restart")
			}
		})
	}
}

// What is in no commit is on no scrape: a store that fails shows what it showed.
func TestAFailedCommitShowsNothing(t *testing.T) {
	d := busy(t)
	want := durable(d)
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(time.Minute)
	page := helpdesk.Page{Records: []helpdesk.Record{
		opened("new", d.now, helpdesk.ChannelPhone), says("new", d.now, helpdesk.AuthorCustomer), says("open", d.now, helpdesk.AuthorAgent),
	}}
	if err := d.source.Apply(helpdesk.StreamMessages, page, engine.StreamState{}, d.now); err == nil {
		t.Fatal("a closed store took a page")
	}
	if err := d.source.Book(engine.Round{Now: d.now, Watermark: d.now, Good: d.now}); err == nil {
		t.Fatal("a closed store took a booking")
	}
	d.now = d.now.Add(-time.Minute)
	if diff := cmp.Diff(want, durable(d), cmp.Comparer(proto.Equal)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}
