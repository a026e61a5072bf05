//go:build linux

package container

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// envJail tells the test's program, started anew in namespaces of its own, which
// folder is to be its root.
const envJail = "HELPDESK_EXPORTER_CONTAINERTEST_ROOT"

// nobody is the user of the image.
const nobody = 65534

// Numbers of Linux, see capabilities(7) and prctl(2).
const (
	capSysChroot       = 18
	capSysAdmin        = 21
	setNoNewPrivileges = 38
	ambient            = 47
	clearAll           = 4
)

func TestMain(m *testing.M) {
	root := os.Getenv(envJail)
	if root == "" {
		os.Exit(m.Run())
	}
	fmt.Fprintln(os.Stderr, enter(root, os.Args[1:]))
	os.Exit(1)
}

// jailed is a command in a root file system of its own that is read-only but for
// /state, as nobody, with an umask of 0. It takes no right, of root's neither: the
// kernel has to allow namespaces of users.
func jailed(root string, command ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, command...)
	cmd.Env = append(os.Environ(), envJail+"="+root)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{capSysAdmin, capSysChroot}, // for enter, in the namespaces
		Pdeathsig:   syscall.SIGKILL,
	}
	return cmd, nil
}

// enter becomes the command. It returns only what went wrong.
func enter(root string, command []string) error {
	runtime.LockOSThread() // rights are a thread's
	state := filepath.Join(root, "state")
	const bound = syscall.MS_BIND | syscall.MS_NOSUID | syscall.MS_NODEV
	for _, m := range []struct {
		what, where string
		flags       uintptr
	}{
		{"", "/", syscall.MS_PRIVATE | syscall.MS_REC},
		{root, root, syscall.MS_BIND},
		{state, state, syscall.MS_BIND},
		{"", root, bound | syscall.MS_REMOUNT | syscall.MS_RDONLY},
	} {
		if err := syscall.Mount(m.what, m.where, "", m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.where, err)
		}
	}
	if err := errors.Join(syscall.Chroot(root), syscall.Chdir("/"), forgo()); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := os.WriteFile("/written", nil, 0o600); !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("the root file system is not read-only: %v", err)
	}
	syscall.Umask(0)
	return fmt.Errorf("execute %s: %w", command[0], syscall.Exec(command[0], command, []string{}))
}

// forgo gives up what enter needed, and lets the command gain no right, as
// no-new-privileges does.
func forgo() error {
	for _, arg := range [][2]uintptr{{ambient, clearAll}, {setNoNewPrivileges, 1}} {
		if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, arg[0], arg[1], 0, 0, 0, 0); errno != 0 {
			return errno
		}
	}
	return nil
}
