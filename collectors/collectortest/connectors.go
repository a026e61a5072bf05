package collectortest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// connectorScenarios are failures that connectors of other projects were seen
// to have. The numbers are those by which the project's notes call them.
var connectorScenarios = []scenario{
	{"1: a walk that is cut off goes on from its cursor, not from now", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 71, rate: 8, history: day, book: true, mix: steady(v)})
		for _, commit := range []int{4, 5, 6} {
			w.killAt(commit, true)
			w.round()
			w.advance(3 * time.Hour) // nobody was there
			w.restart()
		}
		w.round()
		w.settle()
		w.same()
	}},
	{"2: idle polls change no counter", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{script: burst(120, time.Hour, time.Minute), history: 4 * day, book: true})
		w.round()
		w.settle()
		before := w.exposed(factNames())
		for range 10 {
			w.rounds(1, interval)
			w.unchanged(before)
		}
	}},
	{"4: what the lists stop showing once it is closed stays counted", func(t *testing.T, v Vendor) {
		script := append(burst(8, time.Hour, time.Minute), answered(time.Hour, 90*time.Minute, 2*time.Hour))
		w := newWorld(t, v, setup{script: script, history: 5 * time.Hour, book: true})
		w.round()
		w.settle()
		if n := w.value(kpi.ConversationsClosed); n != 9 {
			t.Fatalf("%v closes of 9", n)
		}
		before := w.exposed(factNames())
		w.door.hide(itoa(simulator.FirstTicket + int64(len(script)) - 1)) // archived
		w.rounds(5, 10*time.Minute)
		w.sweep()
		w.sweep()
		w.unchanged(before)
		w.restart()
		w.sweep()
		w.sweep()
		w.unchanged(before)
		if n := w.value(kpi.ReconcileCorrections, `kind="vanished"`); n != 0 {
			t.Errorf("%v conversations that were closed count as vanished", n)
		}
	}},
	{"5: no page has a number where there are cursors, and rows that move while pages are read are in one of them", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 6, rate: 5, history: 5 * day, book: true})
		numbers := map[string]bool{}
		w.door.during(func(r *http.Request) {
			w.advance(2 * time.Second)
			for _, name := range []string{"page", "offset", "start_index"} {
				if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n > 1 {
					numbers[r.URL.Path+": "+name] = true
				}
			}
		})
		w.round()
		w.rounds(20, 5*time.Minute)
		w.door.during(nil)
		if len(numbers) > 0 && !v.Numbered {
			t.Errorf("asked for by number: %v", slices.Sorted(maps.Keys(numbers)))
		}
		w.settle()
		w.same()
	}},
	{"6: a list with the newest first is read to the horizon, and not to its end", func(t *testing.T, v Vendor) {
		desk := newDesk(v, setup{seed: 72, rate: 2, history: 30 * day})
		calls := map[time.Duration]map[string]int{}
		for _, back := range []time.Duration{2 * day, 30 * day} {
			w := newWorld(t, v, setup{desk: desk, lookback: back})
			w.round()
			w.synced()
			calls[back] = w.door.count()
		}
		for s, path := range v.Lists {
			short, long := calls[2*day][path], calls[30*day][path]
			if s != helpdesk.StreamRatings && path != v.Search && long > 20 && short > long/4 {
				t.Errorf("%s: %d calls for 2 days of 30, %d for all of them", s, short, long)
			}
		}
	}},
	{"7: one conversation that is gone, or fails, isolates itself", func(t *testing.T, v Vendor) {
		var script []simulator.Scripted
		for i := range 12 {
			at := time.Duration(i) * time.Minute
			script = append(script, question(at, taken(at+time.Hour), simulator.Replies(50*time.Hour+at, 0), closed(51*time.Hour+at)))
		}
		for _, f := range []simulator.Fault{status(404), status(410), status(500), {Kind: simulator.FaultTruncated}} {
			w := newWorld(t, v, setup{script: script, history: 53 * time.Hour, lookback: day, book: true})
			id := int64(simulator.FirstTicket + 5)
			f.Path = v.Conversation(id)
			w.door.fail(f)
			w.round()
			w.rounds(2, time.Minute)
			w.synced()
			if n := w.value(kpi.Messages, `author="agent"`); n < 11 || n > 12 {
				t.Errorf("%s %d: %v replies of 12", f.Kind, f.Code, n)
			}
			if n := w.value(kpi.ConversationsClosed); n < 11 || n > 12 {
				t.Errorf("%s %d: %v closes of 12", f.Kind, f.Code, n)
			}
		}
	}},
	{"8: a conversation whose close was missed leaves the queue with the sweep", func(t *testing.T, v Vendor) {
		script := append(burst(3, time.Hour, time.Minute), answered(time.Hour, 90*time.Minute, 4*time.Hour))
		script = append(script, burst(40, 4*time.Hour+10*time.Minute, 4*time.Hour)...)
		w := newWorld(t, v, setup{script: script, history: 2 * time.Hour, book: true})
		w.round()
		if n := w.value(kpi.OpenConversations); n != 1 {
			t.Fatalf("%v conversations are open at first", n)
		}
		w.desk.Advance(Opens.Add(4*time.Hour - time.Minute))
		w.round()
		w.door.hide("82000004") // from here on no list shows it
		for range 30 {
			w.rounds(1, 10*time.Minute)
		}
		w.door.heal()
		w.sweep()
		w.sweep()
		if n := w.value(kpi.OpenConversations); n != 0 {
			t.Errorf("%v conversations are open after the sweep", n)
		}
		if n := w.value(kpi.ConversationsClosed); n != 43 && n != 44 {
			t.Errorf("%v closes of 44", n)
		}
	}},
	{"9: messages that a list leaves out are noticed", func(t *testing.T, v Vendor) {
		var script []simulator.Scripted
		for i := range 20 {
			at := time.Hour + time.Duration(i)*time.Minute
			script = append(script, answered(at, at+time.Hour, at+2*time.Hour))
		}
		w := newWorld(t, v, setup{script: script, history: 30 * time.Minute, book: true})
		path := v.Lists[helpdesk.StreamMessages]
		if path == "" {
			path = v.Lists[helpdesk.StreamEvents]
		}
		w.round()
		w.door.fail(simulator.Fault{Kind: simulator.FaultMissingRow, Path: path, Chance: 0.7})
		w.rounds(20, 10*time.Minute)
		w.door.heal()
		w.rounds(5, time.Minute)
		w.sweep()
		w.sweep()
		w.sameMessages()
	}},
	{"10: the order of rows inside a page means nothing", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 75, rate: 8, history: day, book: true})
		w.door.shuffle()
		w.round()
		w.rounds(20, 4*time.Minute)
		w.door.heal()
		w.settle()
		w.sweep()
		w.sameMessages()
		w.sameCounters()
	}},
	{"11, 12: more rows of one instant than a page holds end, and lose nothing", func(t *testing.T, v Vendor) {
		n := 3*v.PageSize + 1
		script := append(burst(n, time.Hour, 0), burst(5, 3*time.Hour, 0)...)
		w := newWorld(t, v, setup{script: script, history: time.Hour, book: true})
		w.round()
		w.rounds(3, interval)
		w.door.count()
		w.rounds(4, interval)
		if calls := total(w.door.count()); calls > 4*(w.streams()*(2+n/v.PageSize+1)+n*v.Each) {
			t.Errorf("%d calls in four rounds", calls)
		}
		w.rounds(10, 15*time.Minute)
		w.settle()
		w.same()
	}},
	{"13: a bad day on the network changes no number", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 77, rate: 8, history: day, book: true})
		var faults []simulator.Fault
		for _, f := range failures {
			if f.fault.Code != http.StatusForbidden { // three of those mean something
				f.fault.Chance = 0.03
				faults = append(faults, f.fault)
			}
		}
		for _, code := range []int{http.StatusNoContent, http.StatusBadGateway, 520, 524} {
			faults = append(faults, simulator.Fault{Kind: simulator.FaultStatus, Code: code, Chance: 0.03})
		}
		// One conversation that is not found is gone: lists only.
		var lists []simulator.Fault
		for _, f := range faults {
			w.eachList(func(s helpdesk.Stream, path string) {
				if path != v.Search && w.cadence(s) == helpdesk.EachRound {
					f.Path = path
					lists = append(lists, f)
				}
			})
		}
		w.door.failLists(lists...)
		w.round()
		w.rounds(40, 3*time.Minute)
		w.door.heal()
		w.rounds(2, 3*time.Minute)
		w.settle()
		w.same()
	}},
	{"14: a stream that the plan forbids is degraded, and blocks nothing", func(t *testing.T, v Vendor) {
		for s, path := range v.Lists {
			t.Run(string(s), func(t *testing.T) {
				w := newWorld(t, v, setup{seed: 78, rate: 8, history: 4 * time.Hour, book: true, sweeps: time.Nanosecond})
				fault := status(http.StatusForbidden)
				fault.Path = path
				w.door.fail(fault)
				w.rounds(7, time.Minute)
				if w.needed(s) {
					if w.alive.source.Synced() {
						t.Error("synced without any stream that clocks depend on")
					}
					w.blind()
					return
				}
				w.synced()
				for _, sp := range w.alive.profile.Streams {
					for _, c := range sp.Gives {
						level := w.value(kpi.SourceCapability, `capability="`+string(c)+`"`)
						if sp.Stream == s && level != 0 {
							t.Errorf("%s counts as told", c)
						}
					}
				}
				for other, mark := range w.marks() {
					if v.Lists[other] != path && w.desk.Now().Sub(mark) > 3*time.Minute {
						t.Errorf("%s stands still", other)
					}
				}
				w.door.heal()
				w.rounds(3, time.Minute)
				if w.alive.source.Forbidden(s) {
					t.Error("still counts as forbidden")
				}
			})
		}
	}},
	{"16: what is read again in overlaps counts once", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 79, rate: 8, history: 8 * time.Hour, book: true})
		w.round()
		for range 8 {
			w.advance(4 * time.Minute)
			w.sweep()
			w.sweep()
		}
		w.settle()
		w.same()
	}},
	{"17: round by round every few seconds, at the edge of what the vendor still hides", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 4, rate: 50, history: 2 * time.Hour, book: true})
		w.round()
		w.rounds(100, 7*time.Second)
		w.settle()
		w.same()
		w.noneBehind()
	}},
	{"20: closed again, reopened, closed without an answer", func(t *testing.T, v Vendor) {
		hour := time.Hour
		script := []simulator.Scripted{
			answered(0, hour, 2*hour),
			question(0, simulator.Replies(hour, 0), closed(hour), reopened(hour+20*time.Minute), closed(3*hour)),      // in grace
			question(0, simulator.Replies(hour, 0), closed(hour), reopened(2*hour), closed(3*hour), reopened(5*hour)), // after it, twice
			question(0, closed(hour)), // never answered
			question(0, simulator.Replies(hour, 0), closed(hour), writes(2*hour), reopened(2*hour), closed(4*hour)),     // by the customer
			question(0, simulator.Replies(hour, 0), closed(hour), writes(2*hour)),                                       // a thank-you
			question(0, closed(hour), writes(90*time.Minute), reopened(90*time.Minute), simulator.Replies(100*hour, 1)), // late
			question(0, taken(hour), simulator.Replies(2*hour, 1), writes(3*hour), writes(4*hour), simulator.Replies(6*hour, 0), closed(6*hour)),
		}
		for _, step := range []time.Duration{5 * time.Minute, 7 * time.Hour} {
			if v.Desk.Endless > 0 && step > v.Desk.Endless {
				continue // a reopening wipes the close: who looks so seldom is not told of it
			}
			t.Run(step.String(), func(t *testing.T) {
				w := newWorld(t, v, setup{script: script, history: time.Minute, book: true})
				w.round()
				for w.desk.Now().Before(Opens.Add(9 * hour)) {
					w.rounds(1, step)
				}
				w.desk.Advance(Opens.Add(120 * hour))
				w.settle()
				w.same()
			})
		}
	}},
	{"21: a search that shows nothing of what it finds changes no number", func(t *testing.T, v Vendor) {
		search := v.Lists[helpdesk.StreamOpen]
		if search == v.Search {
			return // it is one of the lists
		}
		w := newWorld(t, v, setup{seed: 81, rate: 6, history: 4 * time.Hour, book: true})
		w.door.failLists(simulator.Fault{Kind: simulator.FaultEmptyPage, Path: search})
		w.round()
		for range 2 {
			w.rounds(5, 4*time.Minute)
			w.sweep()
			w.sweep()
		}
		w.settle()
		w.same()
		if n := w.value(kpi.ReconcileCorrections, `kind="vanished"`); n != 0 {
			t.Errorf("%v conversations count as vanished", n)
		}
	}},
}

// needed reports whether nothing can be measured without a stream's list.
func (w *world) needed(s helpdesk.Stream) bool {
	clocks := 0
	own := w.v.Lists[s] == w.v.Search
	for _, sp := range w.alive.profile.Streams {
		if sp.Clock {
			clocks++
			own = own || sp.Stream == s
		}
	}
	return clocks == 1 && own
}
