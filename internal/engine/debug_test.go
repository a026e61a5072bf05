package engine_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

func TestDebug(t *testing.T) {
	r := rand.New(rand.NewPCG(46, 17))
	policy := testPolicy(r)
	all := truth.Random(r, truth.RandomOptions{Conversations: 40, Start: start, Grace: policy.ReopenGrace})
	for i := range all {
	  for seed := uint64(0); seed < 8; seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		convs := all[i : i+1]
		firstStart := start.Add(time.Duration(r.Int64N(int64(10 * 24 * time.Hour))))
		dims := []helpdesk.LabelName{helpdesk.LabelTeam}
		store := openStore(t)
		e := engine.New(engine.Options{Store: store, Labels: dims, Now: func() time.Time { return start }})
		s, err := e.Open(engine.SourceOptions{
			Name: "desk", Policy: &policy, Profile: exactProfile(), PollInterval: 30 * time.Second,
			Lookback: 30 * 24 * time.Hour, Book: true, Retention: 1000 * 24 * time.Hour, LabelLimit: 100,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Begin(firstStart)
		steps := randomSteps(r, firstStart, start.Add(30*24*time.Hour))
		tl := newTelling(t, r, s, convs)
		for _, step := range steps {
			tl.upTo(step.Watermark, step.Now)
			s.Book(engine.Round{Now: step.Now, Watermark: step.Watermark})
		}
		o := truth.Options{Source: "desk", Policy: policy, FirstStart: firstStart, Floor: firstStart.Add(-30 * 24 * time.Hour), PollInterval: 30 * time.Second, Labels: dims}
		want := truth.Counters(convs, o, steps)
		if diff := cmp.Diff(want, exposed(t, e), cmpopts.EquateApprox(1e-9, 1e-6)); diff != "" {
			recs := slices.Clone(convs[0].Records)
			slices.SortStableFunc(recs, func(a, b helpdesk.Record) int { return when(a).Compare(when(b)) })
			t.Errorf("conv %d grace %s %s\nrow %+v", i, policy.ReopenGrace, diff, convs[0].Row)
			for _, rec := range recs {
				t.Logf("%s %T %+v", when(rec).Format("02 15:04:05"), rec, rec)
			}
			break
		}
	  }
	}
}
