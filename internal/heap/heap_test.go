package heap

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestTheRoomIsNeverLessThanUsualAndMostWhereLittleIsInUse(t *testing.T) {
	for live, want := range map[uint64]int{0: 1000, 1 << 20: 1000, 4 << 20: 600, 10 << 20: 200, 24 << 20: 100, 25 << 20: 100, 1 << 40: 100} {
		if got := percentOf(live); got != want {
			t.Errorf("%d bytes in use: %d %%, want %d", live, got, want)
		}
	}
}

const envChild = "HEAP_TEST_CHILD"

// TestMain is also the process that a test looks at: one that was started with GOGC,
// or without.
func TestMain(m *testing.M) {
	switch os.Getenv(envChild) {
	case "follows":
		follows()
	case "stays":
		stays()
	default:
		os.Exit(m.Run())
	}
}

// TestTheCollectorFollowsWhatIsInUse looks at a process of its own: this one is as it
// was started.
func TestTheCollectorFollowsWhatIsInUse(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for gogc, child := range map[string]string{"": "follows", "50": "stays"} {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), "GOGC="+gogc, envChild+"="+child)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "seen" {
			t.Errorf("GOGC=%s: error %v, it says %q", gogc, err, out)
		}
	}
}

// collected is what the collector keeps to after another collection.
func collected() int {
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	debug.SetGCPercent(percent)
	return percent
}

// follows ends when it has seen the collector change with what is in use: finalizers
// run some time after a collection.
func follows() {
	Settle()
	for collected() != 1000 {
	}
	much := make([]byte, 4*room)
	for i := range much {
		much[i] = 1
	}
	for collected() != usual {
	}
	runtime.KeepAlive(much)
	for collected() != 1000 {
	}
	fmt.Print("seen")
}

// stays says what else it sees than what GOGC says.
func stays() {
	Settle()
	for range 20 {
		if got := collected(); got != 50 {
			fmt.Print(got, " ")
		}
	}
	fmt.Print("seen")
}
