package collectortest

import (
	"fmt"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// overlap is how many known rows an ordinary walk may read again.
const overlap = 50

// costScenarios count calls.
var costScenarios = []scenario{
	{"an idle round is one call for each stream of every round, however much history there is", func(t *testing.T, v Vendor) {
		for _, history := range []time.Duration{time.Hour, 3 * day} {
			t.Run(history.String(), func(t *testing.T) {
				w := newWorld(t, v, setup{script: burst(300, time.Minute, history/2), history: history, book: true})
				w.round()
				w.rounds(3, 2*time.Minute)
				for range 5 {
					w.door.count()
					w.rounds(1, interval)
					calls := w.door.count()
					if n := total(calls); n > w.streams()+v.Idle {
						t.Errorf("%d calls: %v", n, calls)
					}
				}
			})
		}
	}},
	{"a round with news costs what is new", func(t *testing.T, v Vendor) {
		for _, n := range []int{1, overlap - 1, v.PageSize, 2*v.PageSize + v.PageSize/2} {
			t.Run(fmt.Sprint(n, " new messages"), func(t *testing.T) {
				var script []simulator.Scripted
				for i := range 300 {
					s := question(time.Duration(i) * time.Second)
					if i < n {
						s.Lines = append(s.Lines, writes(5*time.Hour+time.Duration(i)*100*time.Millisecond))
					}
					script = append(script, s)
				}
				w := newWorld(t, v, setup{script: script, history: 4 * time.Hour, book: true})
				w.round()
				w.rounds(3, interval)
				w.desk.Advance(Opens.Add(5*time.Hour + 5*time.Minute))
				w.door.count()
				w.round()
				calls, sum := w.door.count(), 0
				// What became known with the last message costs rows, too: RT Opens
				// what was new, so that a stream has up to two rows a message.
				budget := 1 + (2*n+overlap+v.PageSize-1)/v.PageSize
				if v.OpenRows {
					budget += (len(script) + v.PageSize - 1) / v.PageSize
				}
				w.eachList(func(s helpdesk.Stream, path string) {
					if w.cadence(s) != helpdesk.EachRound {
						return
					}
					sum += budget
					if got := calls[path]; got > budget {
						t.Errorf("%s: %d calls, not at most %d", s, got, budget)
					}
				})
				if v.Search != "" {
					sum += budget
				}
				if most := sum + v.Extra + n*v.Each; total(calls) > most {
					t.Errorf("%d calls, not at most %d: %v", total(calls), most, calls)
				}
				w.settle()
				w.same()
			})
		}
	}},
}

// streams is how many lists a round reads.
func (w *world) streams() (n int) {
	for _, sp := range w.alive.profile.Streams {
		if sp.Every == helpdesk.EachRound {
			n++
		}
	}
	return n
}
