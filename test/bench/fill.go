package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// population is what a ledger is filled with: conversations, of which the newest
// are open. The newest 500 have the same lives whatever the size is: how old a
// conversation is decides what is counted of it, and which deadlines it still has.
// The others are spread evenly over the retention.
type population struct {
	tracked, open int
}

const (
	sourceName = "shop"
	retention  = 90 * 24 * time.Hour
	// pageOf is how many conversations a page of the filling has: more than a
	// vendor's, so that it does not take hours.
	pageOf = 5000
	// newest is how many conversations came a few minutes apart in the end, as
	// they do at a desk that has 300 a day.
	newest = 500
	apart  = 5 * time.Minute
)

// began is when a conversation of a population that ends now began.
func (p population) began(i int, now time.Time) time.Time {
	end := now.Add(-time.Hour)
	late := min(newest, p.tracked)
	if left := p.tracked - i; left <= late {
		return end.Add(-time.Duration(left) * apart)
	}
	begun := now.Add(-retention + 2*time.Hour)
	step := end.Add(-time.Duration(late)*apart).Sub(begun) / time.Duration(p.tracked-late)
	return begun.Add(time.Duration(i) * step)
}

// policy is that of a configuration that says nothing of tiers.
func policy() *kpi.Policy {
	return &kpi.Policy{Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(), ReopenGrace: 30 * time.Minute, AbandonedAfter: 24 * time.Hour}
}

// profile is that of a vendor that tells everything, in a single feed.
func profile() helpdesk.Profile {
	p := helpdesk.Profile{
		Vendor: "zendesk",
		Streams: []helpdesk.StreamProfile{
			{Stream: helpdesk.StreamConversations, Clock: true, Replies: true, Closes: true},
		},
		Capabilities: map[helpdesk.Capability]helpdesk.Level{},
	}
	for _, c := range helpdesk.Capabilities {
		p.Capabilities[c] = helpdesk.Exact
	}
	return p
}

// desk is an engine with one source over a ledger.
type desk struct {
	store  state.Store
	engine *engine.Engine
	source *engine.Source
	now    time.Time
}

// openDesk opens a ledger, new or filled, with a source whose clock stands at now.
func openDesk(path string, now time.Time) (*desk, error) {
	store, err := state.OpenBolt(path)
	if err != nil {
		return nil, err
	}
	return openOn(store, now)
}

// openOn is openDesk on any ledger, which it closes if it fails.
func openOn(store state.Store, now time.Time) (*desk, error) {
	var err error
	d := &desk{store: store, now: now}
	d.engine = engine.New(engine.Options{Store: store, Labels: []helpdesk.LabelName{helpdesk.LabelTeam}, Now: func() time.Time { return d.now }, Gather: engine.DefaultGather})
	d.source, err = d.engine.Open(engine.SourceOptions{
		Name: sourceName, Policy: policy(), Profile: profile(), PollInterval: 30 * time.Second,
		Lookback: retention - time.Hour, Book: true, Retention: retention, LabelLimit: 100,
		Promised: func(helpdesk.Channel, kpi.Clock) (engine.Promise, bool) {
			return engine.Promise{Tier: kpi.AboveAverage, Objective: 0.9}, true
		},
	})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return d, nil
}

// fill tells the desk a population, booked up to now.
func (d *desk) fill(p population) error {
	if err := d.source.Begin(d.now); err != nil {
		return err
	}
	for from := 0; from < p.tracked; from += pageOf {
		var records []helpdesk.Record
		for i := from; i < min(from+pageOf, p.tracked); i++ {
			records = append(records, life(i, p.began(i, d.now), i >= p.tracked-p.open)...)
		}
		if err := d.apply(records); err != nil {
			return err
		}
		if err := d.book(); err != nil {
			return err
		}
	}
	return nil
}

func (d *desk) apply(records []helpdesk.Record) error {
	return d.source.Apply(helpdesk.StreamConversations, helpdesk.Page{Records: records},
		engine.StreamState{Cursor: []byte(`{"v":1}`), Watermark: d.now.UnixNano(), Success: d.now.UnixNano()}, d.now)
}

// commit stores records by themselves.
func (d *desk) commit(records []helpdesk.Record) error {
	return errors.Join(d.apply(records), d.source.Flush())
}

func (d *desk) book() error {
	return d.source.Book(engine.Round{Now: d.now, Watermark: d.now, Good: d.now})
}

// 3 channels and 20 teams: 60 groups of conversations, which have 10,000 series.
var channels = []helpdesk.Channel{helpdesk.ChannelEmail, helpdesk.ChannelChat, helpdesk.ChannelWhatsApp}

const teams = 20

func conversationID(i int) string { return strconv.Itoa(1_000_000 + i) }

// life is what a helpdesk tells of one conversation: two questions, two
// answers, an assignment, and the close unless it is open.
func life(i int, at time.Time, open bool) []helpdesk.Record {
	id, agent := conversationID(i), strconv.Itoa(360_001_234_000+i%40)
	row := helpdesk.Conversation{
		ID: id, Created: at, Updated: at.Add(40 * time.Minute), Status: helpdesk.StatusClosed, Closed: at.Add(40 * time.Minute), Agent: agent,
		URL:    "https://acme.zendesk.com/agent/tickets/" + id,
		Labels: helpdesk.Labels{Channel: channels[i%len(channels)], Team: "Team " + strconv.Itoa(i%teams), Priority: "normal", Brand: "Acme", Language: "en"},
	}
	if open {
		row.Status, row.Closed, row.Updated = helpdesk.StatusOpen, time.Time{}, at.Add(20*time.Minute)
	}
	key := func(n int, after time.Duration) helpdesk.Key {
		return helpdesk.Key{ID: strconv.Itoa(5_000_000_000_000 + 10*i + n), At: at.Add(after), Seq: uint64(10*i + n)}
	}
	records := []helpdesk.Record{
		row,
		helpdesk.Message{Key: key(0, 0), Conversation: id, Author: helpdesk.AuthorCustomer, Public: true},
		helpdesk.Assignment{Key: key(1, time.Minute), Conversation: id, To: helpdesk.HolderAgent, Agent: agent},
		helpdesk.Message{Key: key(2, 10*time.Minute), Conversation: id, Author: helpdesk.AuthorAgent, Agent: agent, Public: true},
		helpdesk.Message{Key: key(3, 20*time.Minute), Conversation: id, Author: helpdesk.AuthorCustomer, Public: true},
	}
	if open {
		return records
	}
	return append(records,
		helpdesk.Message{Key: key(4, 30*time.Minute), Conversation: id, Author: helpdesk.AuthorAgent, Agent: agent, Public: true},
		helpdesk.StatusChange{Key: key(5, 40*time.Minute), Conversation: id, Change: helpdesk.ChangeClosed, By: helpdesk.ActorAgent, Agent: agent},
	)
}

// copyFile copies a ledger that nobody has open.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
