package groove

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// deskAPI is the simulated helpdesk without a network. It remembers the names of
// the questions, and may answer one by itself.
type deskAPI struct {
	t    *testing.T
	h    http.Handler
	made []string
	// instead is an answer to give in the desk's place, "" for the desk's own.
	instead func(operation string, body []byte) string
}

func (d *deskAPI) Do(ctx context.Context, r rest.Request, out any) error {
	b, err := json.Marshal(r.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	operation := r.Endpoint[len(apiPath)+1:]
	d.made = append(d.made, operation)
	if d.instead != nil {
		if s := d.instead(operation, b); s != "" {
			return json.Unmarshal([]byte(s), out)
		}
	}
	req := httptest.NewRequestWithContext(ctx, r.Method, r.Path, bytes.NewReader(b))
	req.Header.Set("Authorization", "Bearer key")
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, simulator.AsList(req, operation))
	return json.Unmarshal(w.Body.Bytes(), out)
}

// calls are how often each question was asked since this was last asked.
func (d *deskAPI) calls() map[string]int {
	n := map[string]int{}
	for _, name := range d.made {
		n[name]++
	}
	d.made = nil
	return n
}

var deskOpens = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

// newDesk is a desk with one conversation that lives, and others in which a
// customer wrote once, a minute apart.
func newDesk(others int) *simulator.Desk {
	agent := simulator.Agent(0)
	script := []simulator.Scripted{{Lines: []simulator.Line{
		simulator.Says(0, helpdesk.AuthorCustomer),
		simulator.Befalls(time.Minute, simulator.Happening{What: simulator.Teamed, Team: simulator.TeamID(0)}),
		simulator.Does(2*time.Minute, 0, simulator.Happening{What: simulator.Assigned, User: agent}),
		simulator.Replies(3*time.Minute, 0),
		simulator.Does(4*time.Minute, 0, simulator.Happening{What: simulator.Snoozed, Until: deskOpens.Add(20 * time.Minute)}),
		simulator.Befalls(20*time.Minute, simulator.Happening{What: simulator.Woken}),
		simulator.Does(21*time.Minute, 0, simulator.Happening{What: simulator.Closed}),
	}}}
	for i := range others {
		script = append(script, simulator.Scripted{Lines: []simulator.Line{simulator.Says(time.Duration(i)*time.Minute, helpdesk.AuthorCustomer)}})
	}
	d := simulator.New(simulator.Options{Start: deskOpens, Resolution: time.Second, Feed: true, Script: script})
	d.Advance(deskOpens.Add(24 * time.Hour))
	return d
}

func newDeskAPI(t *testing.T, d *simulator.Desk, o simulator.GrooveOptions) *deskAPI {
	return &deskAPI{t: t, h: simulator.Groove(d, o)}
}

// walk reads a stream to the end of one walk, each page with a collector of its
// own where again makes one.
func walk(t *testing.T, c *Collector, d *simulator.Desk, s helpdesk.Stream, w helpdesk.Walk) (pages []helpdesk.Page, cursor []byte) {
	t.Helper()
	w.Horizon = deskOpens.Add(-24 * time.Hour)
	for {
		w.Now = d.Now()
		p, err := c.Read(t.Context(), s, w)
		if err != nil {
			t.Fatalf("page %d of %s: %v", len(pages)+1, s, err)
		}
		pages = append(pages, p)
		if len(pages) > 100 {
			t.Fatalf("the walk over %s does not end", s)
		}
		w.Cursor = p.Cursor
		if p.Done {
			return pages, p.Cursor
		}
	}
}

// ticket is the id of the n-th conversation of a desk.
func ticket(n int) string { return strconv.Itoa(simulator.FirstTicket + n) }

// rows are the ids of the conversations in pages, in order.
func rows(pages []helpdesk.Page) (ids []string) {
	for _, p := range pages {
		for _, r := range p.Records {
			if c, ok := r.(helpdesk.Conversation); ok {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}
