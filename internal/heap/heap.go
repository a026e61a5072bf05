// Package heap lets a small process leave its garbage alone for longer. Go's
// collector runs whenever the heap has grown by as much as is in use: an exporter
// has few megabytes in use, and would look through them a hundred times in a first
// sync.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// room is how much garbage there may be before it is collected, where there is not
// more in use than that: what the process may take more than without it.
const room = 24 << 20

// usual is what Go does by itself: garbage may be as much as what is in use.
const usual = 100

// Settle has the collector keep to room from now on, unless GOGC says what it is to
// do. GOMEMLIMIT holds as ever.
func Settle() {
	if os.Getenv("GOGC") == "" {
		(&pace{percent: usual}).adjust()
	}
}

// pace is renewed with each collection, which finalizes the last token.
type pace struct{ percent int }

// token is memory of its own, so that nothing else keeps it.
type token struct {
	_    [16]byte
	pace *pace
}

func (p *pace) adjust() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if percent := percentOf(sample[0].Value.Uint64()); percent != p.percent {
		p.percent = percent
		debug.SetGCPercent(percent)
	}
	runtime.SetFinalizer(&token{pace: p}, func(t *token) { t.pace.adjust() })
}

// percentOf is the room beside so many bytes in use, in steps, for each change
// stops the process for an instant.
func percentOf(live uint64) int {
	const step, most = 50, 1000
	return int(min(most, max(usual, room*100/max(live, 1)/step*step)))
}
