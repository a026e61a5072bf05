//go:build linux

package reliability_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sys/unix"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/app"
)

// envConfig names the configuration of a child, which is a whole exporter; the
// others, if they are set, say what is done to it before it lives.
const (
	envConfig = "HELPDESK_EXPORTER_RELIABILITY_CONFIG"
	envNobody = "HELPDESK_EXPORTER_RELIABILITY_NOBODY" // it loses the rights of root
	envDisk   = "HELPDESK_EXPORTER_RELIABILITY_DISK"   // the file of a file system, which it mounts beside its configuration
	envGroup  = "HELPDESK_EXPORTER_RELIABILITY_GROUP"  // the folder of a control group, which it joins
)

func TestMain(m *testing.M) {
	config := os.Getenv(envConfig)
	if config == "" {
		os.Exit(m.Run())
	}
	if err := live(config); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// live is the life of a child. It tells its address.
func live(config string) error {
	if err := prepare(config); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	empty, none := "", false
	return app.Run(ctx, app.Options{
		ConfigFile: config, TelemetryPath: "/metrics", Listener: l,
		Web:    &web.FlagConfig{WebListenAddresses: &[]string{}, WebSystemdSocket: &none, WebConfigFile: &empty},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// prepare makes the process what its environment asks for.
func prepare(config string) error {
	if os.Getenv(envNobody) != "" && os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	if group := os.Getenv(envGroup); group != "" {
		if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), fmt.Append(nil, os.Getpid()), 0); err != nil {
			return err
		}
	}
	if disk := os.Getenv(envDisk); disk != "" {
		out, err := exec.Command("mount", "-o", "loop,errors=remount-ro", disk, filepath.Join(filepath.Dir(config), "disk")).CombinedOutput()
		if err != nil {
			return fmt.Errorf("mount: %w: %s", err, out)
		}
	}
	return nil
}

// child is an exporter in a process of its own, whose limits can be changed while
// it runs.
type child struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	logs logs
	done chan struct{} // closed at its end
	err  error         // of its end
}

// birth starts a child, with some more of an environment.
func birth(t *testing.T, config string, environment ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.Command(self), done: make(chan struct{})}
	c.cmd.Env = append(append(os.Environ(), envConfig+"="+config), environment...)
	if strings.Contains(strings.Join(environment, " "), envDisk) {
		c.cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS} // its mounts end with it
	}
	c.cmd.Stderr = &c.logs
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, _ := bufio.NewReader(out).ReadString('\n') // none: it ends, and says why
	c.base = "http://" + strings.TrimSpace(address)
	go func() {
		_, _ = io.Copy(io.Discard, out) // until its end
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	t.Cleanup(c.kill)
	return c
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill() // or it has ended by itself
	<-c.done
}

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// limit changes a limit of the process, as far as it may be changed back.
func (c *child) limit(resource int, to uint64) {
	c.t.Helper()
	var l unix.Rlimit
	if err := unix.Prlimit(c.cmd.Process.Pid, resource, nil, &l); err != nil {
		c.t.Fatal(err)
	}
	l.Cur = min(to, l.Max)
	if err := unix.Prlimit(c.cmd.Process.Pid, resource, &l, nil); err != nil {
		c.t.Fatal(err)
	}
}

// get asks the child.
func (c *child) get(path string) (code int, body string, err error) {
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.base+path, nil)
	if err != nil {
		return 0, "", err
	}
	r.Close = true
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// patience is how long a test waits for what should take a second.
const patience = 2 * time.Minute

// wait asks until what is asked for is so.
func (c *child) wait(what string, is func() bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatalf("%s: never; the logs are\n%s", what, c.logs.String())
		}
	}
}

// says waits until the child logs something new.
func (c *child) says(text string, after int) {
	c.t.Helper()
	c.wait(text, func() bool { return strings.Contains(c.logs.String()[after:], text) })
}

type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
