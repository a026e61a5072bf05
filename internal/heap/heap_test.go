package heap

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestTheRoomIsNeverLessThanUsualAndMostWhereLittleIsInUse(t *testing.T) {
	for live, want := range map[uint64]int{0: 1000, 1 << 20: 1000, 4 << 20: 600, 10 << 20: 200, 24 << 20: 100, 25 << 20: 100, 1 << 40: 100} {
		if got := percentOf(live); got != want {
			t.Errorf("%d bytes in use: %d %%, want %d", live, got, want)
		}
	}
}

// TestTheCollectorFollowsWhatIsInUse looks at a process of its own: this one is as it
// was started.
func TestTheCollectorFollowsWhatIsInUse(t *testing.T) {
	for gogc, test := range map[string]string{"": "TestChildFollows", "50": "TestChildIsAsItWasStarted"} {
		cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
		cmd.Env = append(os.Environ(), "GOGC="+gogc, "HEAP_TEST_CHILD=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "seen\n") {
			t.Errorf("GOGC=%s: error %v\n%s", gogc, err, out)
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

func isChild() bool { return os.Getenv("HEAP_TEST_CHILD") != "" }

func TestChildFollows(t *testing.T) {
	if !isChild() {
		return
	}
	Settle()
	for collected() != 1000 { // finalizers run some time after a collection; the test's own time bounds it
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
	t.Log("both seen")
}

func TestChildIsAsItWasStarted(t *testing.T) {
	if !isChild() {
		return
	}
	Settle()
	for range 20 {
		if got := collected(); got != 50 {
			t.Errorf("got %d", got)
		}
	}
	t.Log("nothing else seen")
}
