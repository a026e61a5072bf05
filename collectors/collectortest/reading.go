package collectortest

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// readingScenarios are ordinary times.
var readingScenarios = []scenario{
	{"a month that is told in one first sync is booked whole, by its own time", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 1, rate: 1, history: 36 * day, lookback: 30 * day, book: true, teams: true})
		w.round()
		w.synced()
		w.round() // what rows did not tell of is fetched now: ratings of what was closed before the horizon
		w.same()
	}},
	{"a month before the first start counts for nothing without book", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 2, rate: 1, history: 36 * day})
		w.round()
		w.synced()
		w.sameGauges()
		if got := w.told(w.exposed(factNames())); len(got) != 0 {
			t.Errorf("booked: %v", got)
		}
		w.rounds(30, 20*time.Minute)
		w.settle()
		w.same()
	}},
	{"round by round, while the desk lives on", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 3, rate: 5, history: day, book: true})
		w.round()
		// A fact whose labels changed after it waits for one round more: the few that
		// it may take are shorter than what is late.
		w.rounds(150, 4*time.Minute)
		w.settle()
		w.same()
		w.noneBehind()
	}},
	{"an outage of a day is caught up with, and is late", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 5, rate: 5, history: 2 * day, book: true})
		w.round()
		w.rounds(25, 4*time.Minute)
		w.advance(day)
		w.round()
		w.rounds(25, 4*time.Minute)
		w.settle()
		w.same()
		if late := w.value(kpi.LateFacts); late == 0 {
			t.Error("nothing is late after an outage")
		}
	}},
	{"what changes its team while it is caught up with is late only by its own time", func(t *testing.T, v Vendor) {
		// The first round after the outage cannot know the helpdesk's clock yet, the
		// second one reaches what happened, and the third one books it.
		end, other := 26*time.Hour, simulator.Happening{What: simulator.Teamed, Team: simulator.TeamID(1)}
		w := newWorld(t, v, setup{
			history: 2 * time.Hour, book: true, script: append(burst(20, time.Hour, 20*time.Minute), question(
				end-9*time.Minute, simulator.Replies(end-8*time.Minute, 0), simulator.Befalls(end, other),
			)),
		})
		w.round()
		w.advance(day)
		w.rounds(1, 0)
		w.rounds(3, 4*time.Minute)
		w.settle()
		w.same()
	}},
}
