package freshdesk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// opens is when the simulated desks of these tests open.
var opens = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

// desk is a simulated account, and the calls that were made of it.
type desk struct {
	*simulator.Desk
	api     http.Handler
	calls   []string
	credits int // that the calls were said to cost
	// before is called with each request; an error of it is the answer.
	before func(r rest.Request) error
	// rows, if any, is the answer to every request but those for messages.
	rows []byte
	// empty says which lists come without their rows.
	empty func(r rest.Request) bool
}

func newDesk(o simulator.Options, f simulator.FreshdeskOptions) *desk {
	o.Start, o.Resolution, o.FixedTeams = opens, time.Second, true
	f.Credits, f.Lists = 1<<20, 1<<20
	d := &desk{Desk: simulator.New(o)}
	d.api = simulator.Freshdesk(d.Desk, f)
	return d
}

// Do answers like a client that is connected to the desk.
func (d *desk) Do(_ context.Context, r rest.Request, out any) error {
	call := r.Endpoint
	if r.Endpoint == root+"/tickets" {
		q := r.Query
		call = fmt.Sprintf("tickets %q since %s page %s", q.Get("filter"), q.Get("updated_since"), q.Get("page"))
	}
	d.calls = append(d.calls, call)
	d.credits += max(r.Cost, 1)
	if d.before != nil {
		if err := d.before(r); err != nil {
			return err
		}
	}
	if d.rows != nil && r.Endpoint != root+"/tickets/{id}/conversations" {
		return json.Unmarshal(d.rows, out)
	}
	q := httptest.NewRequest(http.MethodGet, r.Path+"?"+r.Query.Encode(), nil)
	q.SetBasicAuth("key", "X")
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, q)
	if w.Code != http.StatusOK {
		return collectortest.Failure(r, w.Code)
	}
	if r.Heard != nil {
		r.Heard(w.Header())
	}
	if d.empty != nil && d.empty(r) {
		return json.Unmarshal([]byte("[]"), out)
	}
	return json.Unmarshal(w.Body.Bytes(), out)
}

// walkOver reads a stream to the end of a walk, from a cursor on.
func walkOver(t *testing.T, c *Collector, s helpdesk.Stream, w helpdesk.Walk) (records []helpdesk.Record, cursor []byte) {
	t.Helper()
	for range 5000 {
		p, err := c.Read(t.Context(), s, w)
		if err != nil {
			t.Fatal(err)
		}
		for _, skip := range p.Skipped {
			t.Errorf("skipped: %v", skip.Err)
		}
		records = append(records, p.Records...)
		w.Cursor = p.Cursor
		if p.Done {
			return records, p.Cursor
		}
	}
	t.Fatal("the walk has no end")
	return nil, nil
}

// tally counts records, and keeps the newest row of each ticket and the ids of
// all messages.
type tally struct {
	rows     map[string]helpdesk.Conversation
	messages map[string]map[string]bool
	closes   map[string]map[time.Time]bool
}

func newTally() *tally {
	return &tally{map[string]helpdesk.Conversation{}, map[string]map[string]bool{}, map[string]map[time.Time]bool{}}
}

func (n *tally) add(records []helpdesk.Record) {
	for _, r := range records {
		switch r := r.(type) {
		case helpdesk.Conversation:
			if !r.Updated.Before(n.rows[r.ID].Updated) {
				n.rows[r.ID] = r
			}
		case helpdesk.Message:
			if n.messages[r.Conversation] == nil {
				n.messages[r.Conversation] = map[string]bool{}
			}
			n.messages[r.Conversation][r.ID] = true
		case helpdesk.StatusChange:
			if n.closes[r.Conversation] == nil {
				n.closes[r.Conversation] = map[time.Time]bool{}
			}
			if r.Change == helpdesk.ChangeClosed {
				n.closes[r.Conversation][r.At] = true
			}
		}
	}
}
