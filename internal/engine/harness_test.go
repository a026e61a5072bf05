package engine_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

const hour, day = time.Hour, 24 * time.Hour

// desk is an engine with one source over a ledger on disk. Its clock is both the
// machine's and the helpdesk's.
type desk struct {
	t        testing.TB
	path     string
	now      time.Time
	policy   kpi.Policy
	labels   []helpdesk.LabelName
	opts     engine.SourceOptions
	counts   *engine.Counts // of the program that runs
	together time.Duration  // how long what is read may wait, see [engine.Options]
	commit   func() error   // called before each; nil: nobody is

	store  *state.Bolt
	engine *engine.Engine
	source *engine.Source
}

// newDesk opens a desk that is measured since start, counts nothing from before
// it, and promises the second-best tier of everything.
func newDesk(t testing.TB, configure ...func(*desk)) *desk {
	t.Helper()
	d := &desk{
		t: t, path: filepath.Join(t.TempDir(), "ledger.db"), now: start,
		policy: kpi.Policy{Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(), ReopenGrace: 30 * time.Minute, AbandonedAfter: day},
		labels: []helpdesk.LabelName{helpdesk.LabelTeam},
		opts: engine.SourceOptions{
			Name: "desk", Profile: exactProfile(), PollInterval: time.Minute, Lookback: 30 * day, Retention: 90 * day, LabelLimit: 100,
			Promised: func(helpdesk.Channel, kpi.Clock) (engine.Promise, bool) {
				return engine.Promise{Tier: kpi.AboveAverage, Objective: 0.9}, true
			},
		},
	}
	d.counts = engine.NewCounts()
	for _, c := range configure {
		c(d)
	}
	d.open()
	if err := d.source.Begin(d.now); err != nil {
		t.Fatal(err)
	}
	return d
}

// announced is a store that tells of a commit before it is made.
type announced struct {
	state.Store
	d *desk
}

// Update implements state.Store.
func (a *announced) Update(fn func(state.Tx) error) error {
	if a.d.commit != nil {
		if err := a.d.commit(); err != nil {
			return err
		}
	}
	return a.Store.Update(fn)
}

// contents is all that the ledger holds, maps in no order.
func (d *desk) contents() map[string]any {
	d.t.Helper()
	all := map[string]any{}
	err := d.store.View(func(tx state.Tx) error {
		for _, table := range state.Tables {
			err := tx.Scan("desk", table, nil, func(k, v []byte) (bool, error) {
				var value any = string(v)
				if table == state.TableMeta || table == state.TableSeries {
					if err := cbor.Unmarshal(v, &value); err != nil {
						return false, err
					}
				}
				all[fmt.Sprintf("%s %q", table, k)] = value
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

func (d *desk) open() {
	d.t.Helper()
	var err error
	if d.store, err = state.OpenBolt(d.path); err != nil {
		d.t.Fatal(err)
	}
	store := d.store
	d.t.Cleanup(func() { store.Close() })
	d.engine = engine.New(engine.Options{
		Store: &announced{store, d}, Labels: d.labels, Counts: d.counts, Now: func() time.Time { return d.now }, Gather: d.together,
	})
	d.opts.Policy = &d.policy
	if d.source, err = d.engine.Open(d.opts); err != nil {
		d.t.Fatal(err)
	}
}

// restart ends the program and starts it again, perhaps with another configuration.
func (d *desk) restart(configure ...func(*desk)) {
	d.t.Helper()
	d.counts = engine.NewCounts()
	d.reload(configure...)
}

// reload opens the ledger with another configuration in the same program.
func (d *desk) reload(configure ...func(*desk)) {
	d.t.Helper()
	if err := d.store.Close(); err != nil {
		d.t.Fatal(err)
	}
	for _, c := range configure {
		c(d)
	}
	d.open()
}

// tell lets a stream tell records, in one page.
func (d *desk) tell(stream helpdesk.Stream, records ...helpdesk.Record) {
	d.t.Helper()
	position := engine.StreamState{Watermark: d.now.UnixNano(), Success: d.now.UnixNano()}
	if err := d.source.Apply(stream, helpdesk.Page{Records: records}, position, d.now); err != nil {
		d.t.Fatal(err)
	}
}

// book moves the clock to an instant up to which everything has been told, and
// ends a good round there.
func (d *desk) book(at time.Time) {
	d.t.Helper()
	d.now = at
	if err := d.source.Book(engine.Round{Now: at, Watermark: at, Good: at}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) gather() []*dto.MetricFamily {
	d.t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(d.engine)
	families, err := reg.Gather()
	if err != nil {
		d.t.Fatal(err)
	}
	return families
}

// shown are the values of all series of some families, zeros included:
// histograms by their _count and _sum. No family means all.
func (d *desk) shown(families ...*kpi.Family) map[string]float64 {
	d.t.Helper()
	out := map[string]float64{}
	for _, mf := range d.gather() {
		if len(families) > 0 && !slices.ContainsFunc(families, func(f *kpi.Family) bool { return f.Name == mf.GetName() }) {
			continue
		}
		for _, m := range mf.GetMetric() {
			name, labels := mf.GetName(), exposedLabels(m)
			switch {
			case m.Counter != nil:
				out[name+labels] = m.Counter.GetValue()
			case m.Gauge != nil:
				out[name+labels] = m.Gauge.GetValue()
			case m.Histogram != nil:
				out[name+"_count"+labels] = float64(m.Histogram.GetSampleCount())
				out[name+"_sum"+labels] = m.Histogram.GetSampleSum()
			case m.Summary != nil:
				out[name+"_count"+labels] = float64(m.Summary.GetSampleCount())
				out[name+"_sum"+labels] = m.Summary.GetSampleSum()
			}
		}
	}
	return out
}

// nonzero are the shown values that are not 0, without what the configuration
// and the position tell.
func (d *desk) nonzero(families ...*kpi.Family) map[string]float64 {
	d.t.Helper()
	if len(families) == 0 {
		families = slices.Concat(kpi.FactFamilies, kpi.LiveFamilies)
	}
	out := d.shown(families...)
	for k, v := range out {
		if v == 0 {
			delete(out, k)
		}
	}
	return out
}

func (d *desk) expect(want map[string]float64, families ...*kpi.Family) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.nonzero(families...)); diff != "" {
		d.t.Errorf("at %s (-want +got):\n%s", d.now.Sub(start), diff)
	}
}

// starts are the start timestamps of all series of facts.
func (d *desk) starts() map[string]time.Time {
	d.t.Helper()
	out := map[string]time.Time{}
	facts := map[string]bool{}
	for _, f := range kpi.FactFamilies {
		facts[f.Name] = true
	}
	for _, mf := range d.gather() {
		for _, m := range mf.GetMetric() {
			created := m.GetCounter().GetCreatedTimestamp()
			if m.Histogram != nil {
				created = m.GetHistogram().GetCreatedTimestamp()
			}
			if facts[mf.GetName()] {
				out[mf.GetName()+exposedLabels(m)] = created.AsTime()
			}
		}
	}
	return out
}

// Records in short. Conversations are on a channel, of the team Sales.

func opened(id string, at time.Time, ch helpdesk.Channel) helpdesk.Conversation {
	return helpdesk.Conversation{
		ID: id, Created: at, Updated: at, Status: helpdesk.StatusOpen, Messages: -1,
		Labels: helpdesk.Labels{Channel: ch, Team: "Sales"},
	}
}

// as is a later version of a row.
func as(c helpdesk.Conversation, at time.Time, s helpdesk.Status) helpdesk.Conversation {
	c.Updated, c.Status = at, s
	return c
}

func says(conversation string, at time.Time, by helpdesk.Author) helpdesk.Message {
	return helpdesk.Message{
		Key:          helpdesk.Key{ID: fmt.Sprintf("m-%s-%d-%d", conversation, at.UnixNano(), by), At: at, Lane: helpdesk.LaneMessages},
		Conversation: conversation, Author: by, Public: true,
	}
}

func changes(conversation string, at time.Time, c helpdesk.Change, to helpdesk.Status) helpdesk.StatusChange {
	return helpdesk.StatusChange{
		Key:          helpdesk.Key{ID: fmt.Sprintf("s-%s-%d-%d", conversation, at.UnixNano(), c), At: at, Lane: helpdesk.LaneEvents},
		Conversation: conversation, Change: c, To: to, By: helpdesk.ActorAgent, Agent: "a1",
	}
}

// of writes a series of a conversation of the desk's, as shown writes them.
func of(f *kpi.Family, suffix string, ch helpdesk.Channel, pairs ...string) string {
	labels := []string{`source="desk"`, fmt.Sprintf("channel=%q", string(ch)), `team="Sales"`}
	for i := 0; i < len(pairs); i += 2 {
		labels = append(labels, fmt.Sprintf("%s=%q", pairs[i], pairs[i+1]))
	}
	slices.Sort(labels)
	return f.Name + suffix + "{" + strings.Join(labels, ",") + "}"
}
