package engine_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state/statetest"
)

// specimen is the ledger of a desk that has something in every table of the
// engine's, and the desk.
func specimen(t testing.TB) (statetest.Memory, *desk) {
	d := newDesk(t, func(d *desk) { d.opts.Agents = engine.AgentsByID })
	open, solved := opened("1", start, helpdesk.ChannelEmail), as(opened("2", start, helpdesk.ChannelChat), start.Add(hour), helpdesk.StatusClosed)
	open.Labels.Team = "Support"
	d.tell(helpdesk.StreamAgents, helpdesk.Agent{ID: "a1", Name: "Ada", Presence: helpdesk.Online}, helpdesk.Team{ID: "t1", Name: "Support"})
	d.tell(helpdesk.StreamConversations, open, solved, opened("4", start, helpdesk.ChannelEmail))
	answer := says("2", start.Add(time.Minute), helpdesk.AuthorAgent)
	answer.Agent = "a1"
	d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer), says("2", start, helpdesk.AuthorCustomer), answer)
	d.tell(helpdesk.StreamEvents, changes("2", start.Add(hour), helpdesk.ChangeClosed, helpdesk.StatusClosed),
		helpdesk.Rating{ID: "9", Conversation: "2", Sent: start.Add(hour), Scored: start.Add(hour), Score: 5})
	page := helpdesk.Page{
		Wants: []helpdesk.Want{{Kind: helpdesk.WantConversation, ID: "3"}}, Memos: []helpdesk.Memo{{Key: "m", Value: []byte("x")}},
	}
	if err := d.source.Apply(helpdesk.StreamConversations, page, engine.StreamState{Cursor: []byte("c"), Watermark: start.UnixNano()}, d.now); err != nil {
		t.Fatal(err)
	}
	d.book(start.Add(2 * hour))
	all, err := statetest.Copy(d.store, "desk")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range state.Tables {
		if len(all[table]) == 0 && table != state.TableAlerts {
			t.Errorf("the specimen has nothing in %s", table)
		}
	}
	return all, d
}

// FuzzAnyEntryOfTheLedger puts any bytes in the place of any entry, or beside the
// others, as only another program or a mistake of ours could: a store checks
// what it has written. What makes no sense is refused by name, at the start or
// when it is met, and nothing panics.
func FuzzAnyEntryOfTheLedger(f *testing.F) {
	all, d := specimen(f)
	for i, table := range state.Tables {
		for _, k := range slices.Sorted(maps.Keys(all[table])) {
			v := all[table][k]
			f.Add(uint8(i), []byte(k), v[:len(v)/2])
			f.Add(uint8(i), []byte(k)[:(len(k)+1)/2], v)
			break
		}
	}
	f.Fuzz(func(t *testing.T, table uint8, key, value []byte) {
		if len(key) == 0 {
			return // no store has such a key
		}
		ledger := all.With(state.Tables[int(table)%len(state.Tables)], key, value)
		before := ledger.Clone()
		e := engine.New(engine.Options{Store: ledger, Labels: d.labels, Counts: engine.NewCounts(), Now: func() time.Time { return d.now }})
		source, err := e.Open(d.opts)
		if err != nil {
			refused(t, err)
			if diff := cmp.Diff(before, ledger); diff != "" {
				t.Errorf("a ledger that was refused was changed:\n%s", diff)
			}
			return
		}
		now := d.now.Add(48 * hour)
		if _, err := source.Wants(10); err != nil {
			refused(t, err)
		}
		for _, r := range []helpdesk.Record{
			says("1", d.now, helpdesk.AuthorAgent), as(opened("4", start, helpdesk.ChannelEmail), d.now, helpdesk.StatusClosed),
			helpdesk.Agent{ID: "a1", Name: "Ada"},
		} {
			if err := source.Apply(helpdesk.StreamMessages, helpdesk.Page{Records: []helpdesk.Record{r}}, engine.StreamState{Watermark: now.UnixNano()}, now); err != nil {
				refused(t, err)
			}
		}
		if err := source.Book(engine.Round{Now: now, Watermark: now, Good: now}); err != nil {
			refused(t, err)
		}
		reg := prometheus.NewPedanticRegistry()
		if err := reg.Register(e); err != nil {
			t.Fatal(err)
		}
		if _, err := reg.Gather(); err != nil {
			t.Errorf("what was taken cannot be scraped: %v", err)
		}
	})
}

// refused fails the test if an error is not that of a damaged ledger.
func refused(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, state.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}
