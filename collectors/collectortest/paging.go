package collectortest

import (
	"fmt"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// pagingScenarios are about the edges of pages.
var pagingScenarios = []scenario{
	{"lists that fill pages exactly, one row less and one more, in a first sync", func(t *testing.T, v Vendor) {
		for n := range some(sizes(v)) {
			t.Run(fmt.Sprint(n, " conversations"), func(t *testing.T) {
				w := newWorld(t, v, setup{script: burst(n, time.Hour, 20*time.Minute), history: 3 * time.Hour, book: true})
				w.round()
				w.settle()
				w.same()
			})
		}
	}},
	{"as many new rows between two rounds as fill pages exactly, one less and one more", func(t *testing.T, v Vendor) {
		var script []simulator.Scripted
		for i, n := range sizes(v) {
			script = append(script, burst(n, time.Duration(i+1)*time.Hour, 10*time.Minute)...)
		}
		w := newWorld(t, v, setup{script: script, history: 30 * time.Minute, book: true})
		w.round()
		w.rounds(4*(len(sizes(v))+1), 15*time.Minute)
		w.settle()
		w.same()
		w.noneBehind()
	}},
	{"more rows of one instant than fit two pages", func(t *testing.T, v Vendor) {
		n := 2*v.PageSize + v.PageSize/2
		script := append(burst(n, time.Hour, 0), burst(n, 2*time.Hour, 0)...)
		w := newWorld(t, v, setup{script: script, history: 90 * time.Minute, book: true})
		w.round()
		w.rounds(8, 10*time.Minute)
		w.settle()
		w.same()
	}},
	{"rows that come twice count once", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 21, rate: 10, history: 18 * time.Hour, book: true})
		w.door.failNamed(v, simulator.Fault{Kind: simulator.FaultDuplicateRow})
		w.round()
		w.rounds(20, 5*time.Minute)
		w.settle()
		w.same()
	}},
	{"pages that come twice lose nothing and count once", func(t *testing.T, v Vendor) {
		for stream, path := range v.Lists {
			t.Run(string(stream), func(t *testing.T) {
				w := newWorld(t, v, setup{seed: 22, rate: 8, history: 14 * time.Hour, book: true})
				w.door.fail(simulator.Fault{Kind: simulator.FaultSamePage, Path: path, Skip: 1, Times: 1})
				w.round()
				w.rounds(3, time.Minute)
				w.door.heal()
				w.settle()
				w.same()
			})
		}
	}},
	{"a message that is left out once is counted when it shows", func(t *testing.T, v Vendor) {
		for stream, path := range v.Lists {
			t.Run(string(stream), func(t *testing.T) {
				w := newWorld(t, v, setup{seed: 23, rate: 10, history: 6 * time.Hour, book: true})
				w.door.fail(simulator.Fault{Kind: simulator.FaultMissingRow, Path: path, Times: 2})
				w.round()
				w.rounds(2, time.Minute)
				w.door.heal()
				w.sweep()
				w.sweep()
				w.sameMessages()
			})
		}
	}},
	{"a page without its rows loses nothing that a later look can find", func(t *testing.T, v Vendor) {
		for stream, path := range v.Lists {
			t.Run(string(stream), func(t *testing.T) {
				mix := steady(v)
				mix.Spam, mix.Trash = 0, 0
				w := newWorld(t, v, setup{seed: 24, rate: 9, history: 14 * time.Hour, book: true, mix: mix})
				w.door.fail(simulator.Fault{Kind: simulator.FaultEmptyPage, Path: path, Skip: 1, Times: 1})
				w.round()
				w.door.heal()
				w.quiet()
				w.sweep()
				w.sweep()
				w.sameMessages()
			})
		}
	}},
}

// sizes are numbers of conversations that fill pages of rows, messages or
// events exactly, or miss that by one.
func sizes(v Vendor) []int {
	half := v.PageSize / 2
	return []int{half - 1, half, half + 1, v.PageSize - 1, v.PageSize, v.PageSize + 1, 2 * v.PageSize}
}

// sameMessages compares what does not depend on the order in which things were
// learned: every message counts, and counts once.
func (w *world) sameMessages() {
	w.t.Helper()
	w.synced()
	want := map[string]float64{}
	for _, author := range kpi.Messages.Extra[0].Values {
		for key, n := range w.truth() {
			if matches(key, kpi.Messages.Name+"{", fmt.Sprintf("author=%q", author)) {
				want[author] += n
			}
		}
		if got := w.value(kpi.Messages, fmt.Sprintf("author=%q", author)); got != want[author] {
			w.t.Errorf("messages of a %s: %v, not %v", author, got, want[author])
		}
	}
	if len(want) < 2 {
		w.t.Errorf("the desk has so few messages that nothing is proved: %v", want)
	}
}
