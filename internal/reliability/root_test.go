//go:build linux && root

// These tests mount a file system and make a control group, which takes root,
// mkfs.ext4 and e2fsck.

package reliability_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// disk makes a file system of 16 MB, and a configuration whose ledger is in it; it
// returns both.
func (w *world) disk() (image, config string) {
	w.t.Helper()
	dir := w.t.TempDir()
	image = filepath.Join(w.t.TempDir(), "image")
	run(w.t, "truncate", "--size=16M", image)
	run(w.t, "mkfs.ext4", "-q", "-m", "0", image)
	if err := os.Mkdir(filepath.Join(dir, "disk"), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return image, w.configured(dir, "disk/ledger.db")
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// inside is the path by which this process sees a file that the child has mounted.
func (c *child) inside(config, file string) string {
	return fmt.Sprintf("/proc/%d/root%s", c.cmd.Process.Pid, filepath.Join(filepath.Dir(config), "disk", file))
}

// device is what the child has its disk on.
func (c *child) device(config string) string {
	c.t.Helper()
	mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mounts", c.cmd.Process.Pid))
	if err != nil {
		c.t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); f[1] == filepath.Join(filepath.Dir(config), "disk") {
			return filepath.Base(f[0])
		}
	}
	c.t.Fatalf("no disk in\n%s", mounts)
	return ""
}

func TestADiskWithoutRoomLosesNothing(t *testing.T) {
	w := newWorld(t)
	image, config := w.disk()
	c := birth(t, config, envDisk+"="+image)
	c.ready()
	told := len(c.logs.String())
	ballast := c.inside(config, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 16<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	const full = "no space left on device"
	rounds := 0
	c.wait(full, func() bool {
		said := c.logs.String()[told:]
		if n := strings.Count(said, "msg=round"); n > rounds { // the ledger's file had room in itself
			rounds = n
			w.later(6 * time.Hour)
		}
		return strings.Contains(said, full)
	})
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	c.catchesUp(w)
}

// TestADiskThatFailsAtWorkLosesNothing lets the kernel find the file system damaged, upon which
// it takes no writes any more until it was unmounted and repaired.
func TestADiskThatFailsAtWorkLosesNothing(t *testing.T) {
	w := newWorld(t)
	image, config := w.disk()
	c := birth(t, config, envDisk+"="+image)
	c.ready()
	before, told := c.booked(), len(c.logs.String())
	trigger := filepath.Join("/sys/fs/ext4", c.device(config), "trigger_fs_error")
	if err := os.WriteFile(trigger, []byte("a test of what follows"), 0); err != nil {
		t.Fatal(err)
	}
	w.later(time.Hour)
	c.says("read-only file system", told)
	if now := c.booked(); now != nil {
		if diff := cmp.Diff(before, now); diff != "" {
			t.Errorf("what is not stored is shown (-before +now):\n%s", diff)
		}
	}
	c.kill()
	repair := exec.Command("e2fsck", "-fy", image)
	if out, err := repair.CombinedOutput(); err != nil && repair.ProcessState.ExitCode() != 1 { // 1: repaired
		t.Fatalf("e2fsck: %v\n%s", err, out)
	}
	birth(t, config, envDisk+"="+image).catchesUp(w)
}

// group makes a control group with a limit of memory, in whichever version of them
// the machine has.
func group(t *testing.T, bytes int) string {
	t.Helper()
	parent, limit := "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		parent, limit = "/sys/fs/cgroup", "memory.max"
	}
	dir, err := os.MkdirTemp(parent, "helpdesk_exporter_")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(filepath.Join(dir, limit), fmt.Append(nil, bytes), 0); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAContainerWithoutMemoryLosesNothing(t *testing.T) {
	w := newWorld(t)
	limited := envGroup + "=" + group(t, 64<<20)
	c := birth(t, w.config, limited)
	c.ready()
	w.later(time.Hour)
	w.padding.Store(30 << 20)
	c.wait("the end", c.ended)
	if e := (*exec.ExitError)(nil); !errors.As(c.err, &e) || e.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("it ended with %v, not by the kernel\n%s", c.err, c.logs.String())
	}
	w.padding.Store(0)
	birth(t, w.config, limited).catchesUp(w)
}
