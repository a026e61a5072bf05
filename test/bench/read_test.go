package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// BenchmarkRead is what a collector and its client take for a first sync of a day's
// conversations whose answers lie in memory: no network, no ledger.
func BenchmarkRead(b *testing.B) {
	for _, v := range vendors {
		b.Run(v.name, func(b *testing.B) {
			o := v.desk
			o.Seed, o.Rate, o.Start = 7, 20, filledAt.Add(-24*time.Hour)
			desk := simulator.New(o)
			desk.Advance(filledAt)
			client, err := rest.New(rest.Options{BaseURL: "http://desk", Transport: replayed{v.dialect(desk), v.login, map[string]answer{}}})
			if err != nil {
				b.Fatal(err)
			}
			calls := readAll(b, v, client) // which asks the desk; after that nobody does
			b.ReportMetric(float64(calls), "pages/op")
			b.ReportAllocs()
			for b.Loop() {
				readAll(b, v, client)
			}
		})
	}
}

// readAll reads the streams that clocks depend on to their ends.
func readAll(b *testing.B, v vendor, client *rest.Client) (pages int) {
	c := v.new(client, "http://desk")
	for _, s := range c.Profile().Streams {
		if !s.Clock {
			continue
		}
		w := helpdesk.Walk{Now: filledAt, Horizon: filledAt.Add(-60 * 24 * time.Hour)}
		for done := false; !done; pages++ {
			page, err := c.Read(b.Context(), s.Stream, w)
			if err != nil {
				b.Fatal(err)
			}
			if len(page.Skipped) > 0 {
				b.Fatal(page.Skipped)
			}
			w.Cursor, done = page.Cursor, page.Done
		}
	}
	return pages
}

// replayed answers what was asked before from memory.
type replayed struct {
	desk  http.Handler
	login string
	known map[string]answer
}

type answer struct {
	code   int
	header http.Header
	body   []byte
}

// RoundTrip implements http.RoundTripper.
func (r replayed) RoundTrip(req *http.Request) (*http.Response, error) {
	key := req.Method + req.URL.String()
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		key += string(sent)
	}
	a, found := r.known[key]
	if !found {
		ask := httptest.NewRequest(req.Method, req.URL.String(), bytes.NewReader(sent))
		ask.Header = req.Header.Clone()
		ask.Header.Set("Authorization", r.login)
		w := httptest.NewRecorder()
		r.desk.ServeHTTP(w, ask)
		a = answer{w.Code, w.Header(), w.Body.Bytes()}
		r.known[key] = a
	}
	return &http.Response{StatusCode: a.code, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: req}, nil
}
