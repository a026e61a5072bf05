package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// archive is a helpdesk with a past: its streams tell what happened since the
// horizon, the open set what is in a queue, and all else of a conversation only
// who asks for it.
type archive struct {
	*telling
	convs   map[string]truth.Conversation
	horizon time.Time
	whole   int // conversations that were asked for
}

// rowAt is a conversation's row as of an instant.
func (a *archive) rowAt(c truth.Conversation, now time.Time) (helpdesk.Conversation, bool) {
	if !c.Row.Updated.After(now) {
		return c.Row, true
	}
	first := firstRow(c)
	return first, !first.Updated.After(now)
}

// hide takes out of what the streams will tell all that is older than the
// horizon, but for the rows of the open set.
func (a *archive) hide(now time.Time) {
	kept := a.pending[:0]
	for _, p := range a.pending {
		row, isRow := p.record.(helpdesk.Conversation)
		if isRow {
			current, _ := a.rowAt(a.convs[row.ID], now)
			isRow = current.Updated.Equal(row.Updated) && current.Status.Live()
		}
		if !p.at.Before(a.horizon) || isRow {
			kept = append(kept, p)
		}
	}
	a.pending = kept
}

// serve answers everything that is wanted, with all that is known by now.
func (a *archive) serve(now time.Time) {
	a.t.Helper()
	for {
		wants, err := a.source.Wants(1000)
		if err != nil {
			a.t.Fatal(err)
		}
		if len(wants) == 0 {
			return
		}
		page := helpdesk.Page{Served: wants}
		for _, w := range wants {
			c := a.convs[w.ID]
			a.whole++
			if row, ok := a.rowAt(c, now); ok {
				page.Records = append(page.Records, row)
			}
			for _, r := range c.Records {
				if !when(r).After(now) {
					page.Records = append(page.Records, r)
				}
			}
		}
		if err := a.source.Fetched(page, now); err != nil {
			a.t.Fatal(err)
		}
	}
}

// past is a desk that has just begun to read an archive, and the bookings to come.
type past struct {
	*desk
	*archive
	convs []truth.Conversation
	steps []truth.Step
}

func newPast(t *testing.T, seed uint64, gather time.Duration) *past {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 23))
	policy := testPolicy(r)
	p := &past{convs: truth.Random(r, truth.RandomOptions{Conversations: 60, Start: start, Grace: policy.ReopenGrace})}
	firstStart := start.Add(8*day + time.Duration(r.Int64N(int64(7*day))))
	lookback := time.Duration(1 + r.Int64N(int64(5*day)))
	p.desk = newDesk(t, func(d *desk) {
		d.policy, d.now, d.together = policy, firstStart, gather
		d.opts.Lookback, d.opts.Book, d.opts.Retention = lookback, r.IntN(2) == 0, 1000*day
		if r.IntN(2) == 0 { // what was closed leaves the ledger, and may come back
			d.opts.Retention = 5*day + hour
		}
		d.opts.PollInterval = 30 * time.Second
	})
	p.archive = &archive{convs: map[string]truth.Conversation{}, horizon: firstStart.Add(-lookback)}
	for i := range p.convs {
		c := &p.convs[i]
		if first := firstRow(*c).Updated; c.Row.Created.IsZero() || c.Row.Created.After(first) {
			c.Row.Created = first // the first sync must know which began before the horizon
		}
		p.archive.convs[c.Row.ID] = *c
	}
	p.telling = newTelling(t, r, p.desk.source, p.convs)
	p.hide(firstStart)
	p.steps = randomSteps(r, firstStart, start.Add(60*day))
	return p
}

// read reads what a step shows, and books it, first what is wanted and then what
// the booking itself may want.
func (p *past) read(t *testing.T, step truth.Step) {
	t.Helper()
	p.upTo(step.Watermark, step.Now)
	book := engine.Round{Now: step.Now, Watermark: step.Watermark, UnlessWanted: true}
	for range 2 {
		err := p.desk.source.Book(book)
		if errors.Is(err, engine.ErrWanted) {
			p.serve(step.Now)
			err = p.desk.source.Book(engine.Round{Now: step.Now, Watermark: step.Watermark})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What a first sync finds, and what happens later in conversations that began
// before it, is what the naive model finds in the whole history since the floor.
func TestAFirstSyncOfAPastGivesTheNaiveModelsNumbers(t *testing.T) {
	for seed := uint64(0); seed < 40; seed += sample.Every {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			p := newPast(t, seed, gathers(seed))
			for _, step := range p.steps {
				p.read(t, step)
			}
			if p.whole == 0 {
				t.Error("nothing was read whole: too little to learn from")
			}
			o := truth.Options{
				Source: "desk", Policy: p.policy, FirstStart: p.now, Floor: p.now,
				PollInterval: 30 * time.Second, Labels: p.labels,
			}
			if p.opts.Book {
				o.Floor = p.horizon
			}
			want := truth.Counters(p.convs, o, p.steps)
			if diff := cmp.Diff(want, exposed(t, p.engine), cmpopts.EquateApprox(1e-9, 1e-6)); diff != "" {
				t.Errorf("numbers differ from the naive model (-model +engine):\n%s", diff)
			}
		})
	}
}
