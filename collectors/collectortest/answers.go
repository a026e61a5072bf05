package collectortest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// answerScenarios are about what is in answers.
var answerScenarios = []scenario{
	{"words that nobody knows change no number", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 51, rate: 10, history: 6 * time.Hour, book: true})
		w.door.failTogether(fields(simulator.FaultUnknown, v.Unknown)...)
		w.round()
		w.rounds(12, 4*time.Minute)
		w.door.heal()
		w.quiet()
		w.sweep()
		w.synced()
		w.sameCounters()
	}},
	{"null in every field that may be null changes no number", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 52, rate: 10, history: 6 * time.Hour, book: true})
		w.door.failTogether(fields(simulator.FaultNull, v.Optional)...)
		w.round()
		w.rounds(12, 4*time.Minute)
		w.settle()
		w.same()
	}},
	{"one bad record is skipped and counted, and the others arrive", func(t *testing.T, v Vendor) {
		for s, path := range v.Lists {
			t.Run(string(s), func(t *testing.T) {
				w := newWorld(t, v, setup{script: burst(30, time.Hour, 20*time.Minute), history: 3 * time.Hour, book: true})
				w.door.fail(simulator.Fault{Kind: simulator.FaultBadRecord, Path: path, Times: 1})
				w.round()
				w.synced()
				if w.cadence(s) == helpdesk.EachRound && w.value(kpi.SkippedRecords) == 0 {
					t.Error("no record is counted as skipped")
				}
				if n := w.value(kpi.Messages); n < 57 || n > 60 {
					t.Errorf("%v messages of 60", n)
				}
				w.sweep() // reads it again
				w.sweep()
				w.sameMessages()
			})
		}
	}},
	{"secrets and customers are in no error, log, metric or ledger", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 53, rate: 8, history: 14 * time.Hour, book: true})
		w.door.fail(
			simulator.Fault{Kind: simulator.FaultTruncated, Chance: 0.1}, simulator.Fault{Kind: simulator.FaultBadRecord, Chance: 0.2},
			simulator.Fault{Kind: simulator.FaultHTML, Chance: 0.1}, simulator.Fault{Kind: simulator.FaultReset, Chance: 0.1},
			simulator.Fault{Kind: simulator.FaultStatus, Code: 400, Chance: 0.1}, simulator.Fault{Kind: simulator.FaultStatus, Code: 500, Chance: 0.1},
		)
		for range 10 {
			w.failingRound(w.alive.profile.Streams[len(w.alive.profile.Streams)-1].Stream)
			w.clean()
		}
		w.door.fail(status(401))
		w.rounds(2, time.Minute)
		w.clean()
		w.door.heal()
		w.settle()
		w.sweep()
		w.synced()
		w.clean()
	}},
	{"a next page on another host is not followed, and no page is missed", func(t *testing.T, v Vendor) {
		var asked atomic.Int64
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		t.Cleanup(other.Close)
		w := newWorld(t, v, setup{seed: 55, rate: 12, history: day, book: true})
		links := w.door.elsewhere(other.URL)
		w.round()
		w.rounds(10, 4*time.Minute)
		w.settle()
		w.sweep()
		w.synced()
		w.same()
		if n := asked.Load(); n > 0 {
			t.Errorf("the other host was asked %d times", n)
		}
		if links.Load() == 0 && !v.Linkless {
			t.Error("no answer named an address")
		}
	}},
	{"an unreachable helpdesk is named without secrets", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 54, rate: 20, history: time.Hour, book: true})
		w.round()
		w.unplug()
		w.rounds(2, time.Minute)
		if err := w.alive.poller.Status().Stuck; err == nil {
			t.Error("no error")
		}
		w.clean()
	}},
}

// fields are faults of one kind for some fields.
func fields(kind simulator.FaultKind, list []Field) []simulator.Fault {
	var faults []simulator.Fault
	for _, f := range list {
		faults = append(faults, simulator.Fault{Kind: kind, Path: f.Path, Field: f.Name})
	}
	return faults
}

// clean fails the test if a secret, or anything of a customer's, can be seen.
func (w *world) clean() {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	ledger, err := os.ReadFile(w.ledger)
	if err != nil {
		w.t.Fatal(err)
	}
	status := w.alive.poller.Status()
	places := map[string]string{
		"the log": w.log.String(), "the status": fmt.Sprintf("%v %v", status.Errors, status.Stuck), "the metrics": fmt.Sprint(families),
	}
	for _, word := range append(simulator.Planted(), w.v.Secret) {
		for place, text := range places {
			if i := strings.Index(strings.ToLower(text), strings.ToLower(word)); i >= 0 {
				w.t.Errorf("%q is in %s: %.200s", word, place, text[max(0, i-100):])
			}
		}
		if bytes.Contains(ledger, []byte(word)) {
			w.t.Errorf("%q is in the ledger", word)
		}
	}
}
