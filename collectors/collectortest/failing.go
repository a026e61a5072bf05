package collectortest

import (
	"iter"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// failure is a way to fail that needs no waiting.
type failure struct {
	name    string
	fault   simulator.Fault
	reason  rest.Reason
	retried bool // one failure is overcome by asking again at once
}

func status(code int) simulator.Fault {
	return simulator.Fault{Kind: simulator.FaultStatus, Code: code}
}

var failures = []failure{
	{"401", status(401), rest.ReasonAuth, false},
	{"403", status(403), rest.ReasonForbidden, false},
	{"404", status(404), rest.ReasonGone, false},
	{"409", status(409), rest.ReasonClient, false},
	{"410", status(410), rest.ReasonGone, false},
	{"500", status(500), rest.ReasonServer, true},
	{"503", status(503), rest.ReasonServer, true},
	{"truncated JSON with 200", simulator.Fault{Kind: simulator.FaultTruncated}, rest.ReasonDecode, true},
	{"a web page with 200", simulator.Fault{Kind: simulator.FaultHTML}, rest.ReasonDecode, true},
	{"JSON without a list with 200", status(200), rest.ReasonDecode, false},
	{"a connection that breaks", simulator.Fault{Kind: simulator.FaultReset}, rest.ReasonNetwork, true},
}

// failureScenarios let every stream fail in every way.
var failureScenarios = []scenario{
	{"every stream, once", func(t *testing.T, v Vendor) {
		for f := range some(failures) {
			t.Run(f.name, func(t *testing.T) {
				w := newWorld(t, v, setup{seed: 31, rate: 8, history: 4 * time.Hour, book: true})
				w.round()
				w.eachList(func(s helpdesk.Stream, path string) {
					fault := f.fault
					fault.Path, fault.Times = path, 1
					w.door.fail(fault)
					w.failingRound(s)
					w.door.heal()
				})
				w.settle()
				w.same()
				if n := w.failed(f.reason); f.retried != (n == 0) {
					t.Errorf("%v failures are counted as %s", n, f.reason)
				}
			})
		}
	}},
	{"every stream, for a while", func(t *testing.T, v Vendor) {
		for f := range some(failures) {
			t.Run(f.name, func(t *testing.T) {
				w := newWorld(t, v, setup{seed: 32, rate: 8, history: 4 * time.Hour, book: true})
				w.round()
				w.eachList(func(s helpdesk.Stream, path string) {
					fault := f.fault
					fault.Path = path
					w.door.fail(fault)
					w.failingRound(s)
					w.failingRound(s)
					w.door.heal()
				})
				w.settle()
				w.same()
				if w.failed(f.reason) == 0 {
					t.Errorf("no failure is counted as %s", f.reason)
				}
			})
		}
	}},
	{"from the first request on, until it is over", func(t *testing.T, v Vendor) {
		for f := range some(failures) {
			t.Run(f.name, func(t *testing.T) {
				// On the machine's own clock: no answer tells another.
				bubble(t, v, setup{seed: 33, rate: 8, history: 4 * time.Hour, book: true, ours: true}, func(w *world) {
					w.door.fail(f.fault)
					w.rounds(2, time.Second)
					if w.alive.source.Synced() {
						t.Fatal("synced without an answer")
					}
					w.blind()
					w.door.heal()
					w.rounds(2, time.Second)
					w.settle()
					w.same()
				})
			})
		}
	}},
	{"a stream that fails holds back no other", func(t *testing.T, v Vendor) {
		for f := range some(failures) {
			if f.reason == rest.ReasonAuth || f.reason == rest.ReasonNetwork {
				continue // would meet every stream: the round ends
			}
			t.Run(f.name, func(t *testing.T) {
				// In a bubble: how far a watermark gets depends on the clocks alone.
				bubble(t, v, setup{seed: 34, rate: 8, history: 4 * time.Hour, book: true, ours: true}, func(w *world) {
					w.round()
					w.eachList(func(s helpdesk.Stream, path string) {
						fault := f.fault
						fault.Path = path
						w.door.fail(fault)
						marks := w.marks()
						time.Sleep(time.Minute)
						w.failingRound(s)
						for other, before := range marks {
							if after := w.marks()[other]; v.Lists[other] != path && path != v.Search && !after.After(before) {
								t.Errorf("%s stands still while %s fails", other, s)
							}
						}
						w.door.heal()
						w.round()
					})
				})
			})
		}
	}},
	{"a 429 that asks for a pause is waited out, and is no failure", func(t *testing.T, v Vendor) {
		for s, path := range v.Lists {
			t.Run(string(s), func(t *testing.T) {
				bubble(t, v, setup{seed: 35, rate: 20, history: 2 * time.Hour, book: true}, func(w *world) {
					w.door.fail(simulator.Fault{Kind: simulator.FaultStatus, Code: http.StatusTooManyRequests, RetryAfter: 20 * time.Second, Path: path, Times: 1})
					began := time.Now()
					w.round()
					if waited := time.Since(began); waited < 20*time.Second || waited > time.Minute {
						t.Errorf("the round took %s", waited)
					}
					w.rounds(3, time.Minute)
					w.settle()
					w.same()
					if n := w.failed(rest.ReasonRateLimited); n != 0 {
						t.Errorf("%v failures", n)
					}
				})
			})
		}
	}},
	{"a 429 for many minutes ends the round, and nothing is lost", func(t *testing.T, v Vendor) {
		bubble(t, v, setup{seed: 36, rate: 20, history: 2 * time.Hour, book: true}, func(w *world) {
			w.round()
			w.door.fail(simulator.Fault{Kind: simulator.FaultStatus, Code: http.StatusTooManyRequests, RetryAfter: 10 * time.Minute, Times: 1})
			w.round()
			w.door.count()
			w.rounds(2, time.Minute)
			if calls := w.door.count(); total(calls) != 0 {
				t.Errorf("asked on during the pause: %v", calls)
			}
			if n := w.failed(rest.ReasonRateLimited); n == 0 {
				t.Error("no failure is counted")
			}
			time.Sleep(10 * time.Minute)
			w.rounds(3, time.Minute)
			w.settle()
			w.same()
		})
	}},
	{"answers that take too long", func(t *testing.T, v Vendor) {
		for s, path := range v.Lists {
			t.Run(string(s), func(t *testing.T) {
				bubble(t, v, setup{seed: 37, rate: 20, history: 2 * time.Hour, book: true, timeout: 5 * time.Second}, func(w *world) {
					w.round()
					w.door.fail(simulator.Fault{Kind: simulator.FaultSlow, Delay: time.Minute, Path: path})
					w.failingRound(s)
					if n := w.failed(rest.ReasonTimeout); n == 0 {
						t.Error("no failure is counted")
					}
					w.door.fail(simulator.Fault{Kind: simulator.FaultSlow, Delay: 3 * time.Second, Path: path})
					w.advance(time.Minute)
					w.round() // slow, and in time
					w.door.heal()
					w.settle()
					w.same()
				})
			})
		}
	}},
	{"a helpdesk whose clock is not the machine's", func(t *testing.T, v Vendor) {
		for _, off := range []time.Duration{-7 * time.Minute, -400 * time.Millisecond, 300 * time.Millisecond, 7 * time.Minute} {
			t.Run(off.String(), func(t *testing.T) {
				bubble(t, v, setup{seed: 38, rate: 20, history: 2 * time.Hour, book: true, ours: true, off: off}, func(w *world) {
					w.round()
					for range 40 {
						time.Sleep(interval)
						w.rounds(1, interval)
					}
					w.quiet()
					w.sweep()
					w.same()
					if off >= 0 || off < -time.Second {
						// A Date header has whole seconds: a clock that is behind by
						// less than one cannot be told from ours.
						w.noneBehind()
					}
				})
			})
		}
	}},
	{"a helpdesk that is down for an hour is caught up with, and shows nothing live meanwhile", func(t *testing.T, v Vendor) {
		bubble(t, v, setup{seed: 41, rate: 20, history: 2 * time.Hour, book: true, mix: steady(v)}, func(w *world) {
			w.round()
			w.door.fail(status(http.StatusServiceUnavailable))
			for range 6 {
				w.later(10 * time.Minute)
			}
			w.blind()
			w.door.heal()
			w.later(time.Minute)
			w.rounds(1, time.Minute)
			w.settle()
			w.same()
		})
	}},
	{"a machine whose clock jumps changes no number", func(t *testing.T, v Vendor) {
		bubble(t, v, setup{seed: 42, rate: 20, history: 2 * time.Hour, book: true, mix: steady(v)}, func(w *world) {
			w.round()
			for _, ahead := range []time.Duration{time.Hour, -3 * time.Hour, 2 * time.Hour, -time.Minute} {
				// Of the two clocks only the difference is seen.
				if ahead > 0 {
					time.Sleep(ahead)
				} else {
					w.advance(-ahead)
				}
				for range 4 {
					w.later(3 * time.Minute)
				}
			}
			w.quiet()
			w.sweep()
			w.same()
		})
	}},
	{"a Date header that is behind by minutes delays, and changes nothing", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 39, rate: 20, history: 5 * time.Hour, book: true})
		w.door.fail(simulator.Fault{Kind: simulator.FaultSkew, Skew: -5 * time.Minute})
		w.round()
		w.rounds(20, 2*time.Minute)
		w.door.heal() // what waited for the helpdesk's clock is booked
		w.settle()
		w.synced()
		w.sameCounters()
	}},
	{"a Date header that is ahead by minutes counts every message once", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 40, rate: 20, history: 5 * time.Hour, book: true})
		w.door.fail(simulator.Fault{Kind: simulator.FaultSkew, Skew: 5 * time.Minute})
		w.round()
		w.rounds(20, 2*time.Minute)
		w.settle()
		w.sameMessages()
	}},
}

// some are the cases that are run.
func some[T any](all []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := 0; i < len(all); i += sample.Every {
			if !yield(all[i]) {
				return
			}
		}
	}
}

// bubble runs a scenario without a network, in a bubble where waiting costs no
// time.
func bubble(t *testing.T, v Vendor, s setup, run func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		s.memory = true
		if s.ours {
			s.start = time.Now().UTC().Add(s.off - s.history)
		}
		run(newWorld(t, v, s))
	})
}

// eachList calls f for the list of each stream, in a fixed order.
func (w *world) eachList(f func(s helpdesk.Stream, path string)) {
	for _, sp := range w.alive.profile.Streams {
		if path := w.v.Lists[sp.Stream]; path != "" {
			f(sp.Stream, path)
		}
	}
}

// failingRound polls a moment later, with a sweep where the stream needs one.
func (w *world) failingRound(s helpdesk.Stream) {
	w.t.Helper()
	w.advance(time.Minute)
	if w.cadence(s) == helpdesk.EachReconcile {
		w.alive.poller = w.alive.poll()
	}
	w.round()
}

func (w *world) cadence(s helpdesk.Stream) helpdesk.Cadence {
	i := slices.IndexFunc(w.alive.profile.Streams, func(sp helpdesk.StreamProfile) bool { return sp.Stream == s })
	return w.alive.profile.Streams[i].Every
}

// marks are the watermarks of the streams of every round.
func (w *world) marks() map[helpdesk.Stream]time.Time {
	out := map[helpdesk.Stream]time.Time{}
	for _, sp := range w.alive.profile.Streams {
		if sp.Every == helpdesk.EachRound {
			out[sp.Stream] = time.Unix(0, w.alive.source.Stream(sp.Stream).Watermark)
		}
	}
	return out
}

// failed counts the failures of a reason over all streams, since the start of
// the process.
func (w *world) failed(r rest.Reason) float64 {
	w.t.Helper()
	return w.value(kpi.SyncFailures, `reason="`+string(r)+`"`)
}

// blind fails the test if a live gauge shows.
func (w *world) blind() {
	w.t.Helper()
	for _, f := range []*kpi.Family{kpi.OpenConversations, kpi.WaitingConversations, kpi.PastTier, kpi.UnassignedConversations} {
		if w.shows(f) {
			w.t.Errorf("%s shows while the source is blind", f.Name)
		}
	}
	if w.value(kpi.SourceFresh) != 0 {
		w.t.Error("the source counts as fresh")
	}
}
