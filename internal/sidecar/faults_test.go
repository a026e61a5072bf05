//go:build linux

package sidecar

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// role is what a child of this test plays, on the folder that it names.
const role = "HELPDESK_EXPORTER_TEST_SIDECAR"

// TestMain lets children write to a folder where that must fail.
func TestMain(m *testing.M) {
	play, dir, ok := strings.Cut(os.Getenv(role), ":")
	if !ok {
		os.Exit(m.Run())
	}
	if err := map[string]func() error{"full disk": fullDisk, "stranger": stranger}[play](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(complain(dir))
}

// fullDisk lets files have a few bytes only: what is longer is written in part.
func fullDisk() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = 10
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}

// stranger makes root a user to whom the folder's mode applies.
func stranger() error {
	if os.Getuid() != 0 {
		return nil
	}
	return errors.Join(syscall.Setgid(65534), syscall.Setuid(65534))
}

// child runs this test in a role; it returns what complain said.
func child(t *testing.T, play, dir string) error {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), self)
	cmd.Env = append(os.Environ(), role+"="+play+":"+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return errors.New(strings.TrimSpace(string(out)))
}

func TestAFullDiskLeavesTheOldFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, dir, map[string]string{"alerts.yml": generated("old")})
	err := child(t, "full disk", dir)
	if d := cmp.Diff("file too large", lastPart(err, dir)); d != "" {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
	if d := cmp.Diff(map[string]string{"alerts.yml": theirs + generated("old")}, contents(t, dir)); d != "" {
		t.Errorf("the folder (-want +got)\n%s", d)
	}
}

func TestAReadOnlyFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, dir, map[string]string{"alerts.yml": generated("old")})
	for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o555, filepath.Join(dir, "alerts.yml"): 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	err := child(t, "stranger", dir)
	if d := cmp.Diff("permission denied: let the exporter's user write to the folder", lastPart(err, dir)); d != "" {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
	if d := cmp.Diff(map[string]string{"alerts.yml": mine + generated("old")}, contents(t, dir)); d != "" {
		t.Errorf("the folder (-want +got)\n%s", d)
	}
}
