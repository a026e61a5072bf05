package collectortest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// openingScenarios are about vendors that have contacts without end in place of
// conversations. A reopening wipes the close before it: all is told to who looks
// more often than closes last.
var openingScenarios = []scenario{
	{"customers who come back begin other conversations", func(t *testing.T, v Vendor) {
		for seed := range some([]uint64{81, 82, 83}) {
			s := setup{seed: seed, rate: 6, history: time.Minute, book: true, mix: returning(v), ours: true}
			bubble(t, v, s, func(w *world) {
				w.round()
				for range 400 {
					w.later(4 * time.Minute)
				}
				w.settle()
				w.same()
				w.noneBehind()
			})
		}
	}},
	{"openings are the same ones after restarts and second looks", func(t *testing.T, v Vendor) {
		s := setup{seed: 84, rate: 8, history: time.Minute, book: true, mix: returning(v), ours: true}
		bubble(t, v, s, func(w *world) {
			w.round()
			rnd := rand.New(rand.NewPCG(84, 1))
			for i := range 100 {
				if i%3 == 0 {
					w.killAt(1+rnd.IntN(6), rnd.IntN(2) == 0)
					w.later(3 * time.Minute)
					w.restart()
				}
				w.later(4 * time.Minute)
			}
			w.settle()
			w.same()
		})
	}},
}

// later lets some time pass on both clocks, and polls.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	time.Sleep(d)
	w.rounds(1, d)
}

// returning is the vendor's mix with customers who come back.
func returning(v Vendor) *simulator.Mix {
	mix, usual := *v.Desk.Mix, simulator.DefaultMix()
	mix.Known, mix.Reached, mix.Return, mix.Slip = 0.5, usual.Reached, usual.Return, usual.Slip
	return &mix
}
