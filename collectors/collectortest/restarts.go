package collectortest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
)

// restartScenarios kill the exporter: what it held in memory is lost, and what
// it had committed is all that the next one knows.
var restartScenarios = []scenario{
	{"killed around any one commit of the first sync, it goes on to the same result", func(t *testing.T, v Vendor) {
		s := setup{seed: 61, rate: 8, history: 10 * time.Hour, book: true}
		s.desk = newDesk(v, s)
		whole := newWorld(t, v, s)
		whole.round()
		whole.synced()
		commits := whole.alive.ledger.commits
		for n := 1; n <= commits; n += sample.Every {
			after := n/sample.Every%2 == 0
			s.apart = n/(2*sample.Every)%2 == 0
			t.Run(fmt.Sprintf("commit %d of %d, after it: %v, pages apart: %v", n, commits, after, s.apart), func(t *testing.T) {
				w := newWorld(t, v, s)
				w.killAt(n, after)
				w.round()
				w.restart()
				w.round()
				w.round()
				w.sameCounters()
			})
		}
	}},
	{"killed again and again in the first sync, it arrives", func(t *testing.T, v Vendor) {
		// Stored together, the pages of a desk that answers at once are few commits.
		w := newWorld(t, v, setup{seed: 62, rate: 8, history: 18 * time.Hour, book: true, mix: steady(v), apart: true})
		rnd := rand.New(rand.NewPCG(62, 1))
		for life := 0; !w.alive.source.Synced(); life++ {
			if life > 100 {
				t.Fatalf("not synced after %d lives", life)
			}
			w.killAt(2+rnd.IntN(40), rnd.IntN(2) == 0)
			w.round()
			w.restart()
		}
		w.settle()
		w.same()
	}},
	{"killed in every round, at any commit, while the desk lives on", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 63, rate: 12, history: 4 * time.Hour, book: true, mix: steady(v)})
		w.round()
		rnd := rand.New(rand.NewPCG(63, 1))
		for range 24 {
			w.advance(3 * time.Minute)
			w.killAt(1+rnd.IntN(12), rnd.IntN(2) == 0)
			w.round()
			w.restart()
			w.round()
		}
		w.settle()
		w.same()
	}},
	{"a restart changes no counter", func(t *testing.T, v Vendor) {
		w := newWorld(t, v, setup{seed: 64, rate: 8, history: day, book: true})
		w.round()
		w.settle()
		before := w.exposed(factNames())
		for range 3 {
			w.restart()
			w.unchanged(before)
			w.round()
			w.round()
			w.unchanged(before)
		}
	}},
}

// killAt lets the process die before or after a commit of its ledger.
func (w *world) killAt(n int, after bool) {
	w.alive.ledger.kill = func(commit int) (bool, bool) { return commit == n && !after, commit == n && after }
}
