package collectors_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// told is a vendor whose desk has told the stories.
type told struct {
	teller
	api  rest.Doer
	base string
	walk helpdesk.Walk
}

func newTold(f *testing.F, v teller) told {
	o := v.desk
	o.Seed, o.Start, o.Script = 1, collectortest.Opens, stories()
	desk := simulator.New(o)
	now := collectortest.Opens.Add(12 * hour)
	desk.Advance(now)
	server := httptest.NewServer(v.serve(desk))
	f.Cleanup(server.Close)
	api, err := rest.New(rest.Options{BaseURL: server.URL, Transport: loggedIn{v.login}, Rand: func() float64 { return 0 }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(api.Close)
	return told{v, api, server.URL, helpdesk.Walk{Now: now, Horizon: collectortest.Opens}}
}

type loggedIn struct{ login func(*http.Request) }

func (l loggedIn) RoundTrip(r *http.Request) (*http.Response, error) {
	l.login(r)
	return http.DefaultTransport.RoundTrip(r)
}

// read reads a page of a stream with a new collector, which is what a restart is.
func (v told) read(t testing.TB, stream helpdesk.Stream, cursor []byte) (helpdesk.Page, error) {
	c := v.new(v.api, v.base)
	if r, ok := c.(helpdesk.Rememberer); ok {
		r.Remember(nothing{})
	}
	w := v.walk
	w.Cursor = cursor
	return c.Read(t.Context(), stream, w)
}

// nothing is the memory of a collector that remembers nothing.
type nothing struct{}

func (nothing) Recall(...string) (map[string][]byte, error) { return nil, nil }
func (nothing) Memos(string) ([]helpdesk.Memo, error)       { return nil, nil }

// FuzzCursors starts every collector from any cursor, as another version of the
// program may have left it: nothing panics, what is read has ids, and the
// walk either fails or goes on from a cursor that the next one can use.
func FuzzCursors(f *testing.F) {
	vendors := collectors.Vendors()
	desks := map[string]told{}
	for i, name := range vendors {
		v := newTold(f, tellers[name])
		desks[name] = v
		for j, s := range v.new(v.api, v.base).Profile().Streams {
			page, err := v.read(f, s.Stream, nil)
			if err != nil {
				f.Fatalf("%s, %s: %v", name, s.Stream, err)
			}
			f.Add(uint8(i), uint8(j), page.Cursor)
			f.Add(uint8(i), uint8(j), []byte(`{"v":1,"s":{"high":-1,"from":-1,"page":"x","walk":{"from":0,"page":"y"},"known":[{"i":"","t":0}]}}`))
		}
	}
	f.Fuzz(func(t *testing.T, vendor, stream uint8, cursor []byte) {
		v := desks[vendors[int(vendor)%len(vendors)]]
		streams := v.new(v.api, v.base).Profile().Streams
		s := streams[int(stream)%len(streams)].Stream
		page, err := v.read(t, s, cursor)
		if err != nil {
			return
		}
		for _, r := range page.Records {
			if collectortest.IDOf(r) == "" {
				t.Errorf("%+v has no id", r)
			}
		}
		if !json.Valid(page.Cursor) && !(page.Done && len(page.Cursor) == 0) {
			t.Errorf("the next cursor is %q", page.Cursor)
		}
		if _, err := v.read(t, s, page.Cursor); err != nil {
			t.Errorf("the next page: %v", err)
		}
	})
}
