//go:build linux

package container

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// patience is how long a test waits for what should take seconds.
const patience = 90 * time.Second

// image lays out a root file system as deploy/container/Dockerfile does: the
// program, its configuration and nothing else.
func image(t *testing.T, config string) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"bin", "etc/helpdesk_exporter/secrets", "state"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// With the flags of make build, whose work is not done again.
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-trimpath", "-o", filepath.Join(root, "bin")+"/", "../../cmd/helpdesk_exporter")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for name, text := range map[string]string{"config.yaml": config, "secrets/gorgias": "key\n"} {
		if err := os.WriteFile(filepath.Join(root, "etc/helpdesk_exporter", name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// desk is a helpdesk with half a day behind it, and its address.
func desk(t *testing.T) string {
	start := time.Now().Add(-12 * time.Hour)
	d := simulator.New(simulator.Options{Seed: 1, Start: start, Rate: 4})
	d.Advance(start.Add(12 * time.Hour))
	api := httptest.NewServer(simulator.Gorgias(d, simulator.GorgiasOptions{
		Username: "bot@shop.example", Password: "key", Lag: -1, Bucket: 1 << 20, Window: time.Second,
	}))
	t.Cleanup(api.Close)
	return api.URL
}

func TestTheProgramRunsAloneOnAReadOnlyRootAsNobody(t *testing.T) {
	root := image(t, fmt.Sprintf(`
global: {poll_interval: 1s, quota_share: 1, first_sync: {lookback: 1d, book: true}}
sources:
- name: shop
  gorgias:
    url: %s
    basic_auth: {username: bot@shop.example, password_file: secrets/gorgias}
state: {path: /state/helpdesk.db}
`, desk(t)))
	address := freeAddress(t)
	cmd, err := jailed(root, "/bin/helpdesk_exporter", "--config.file=/etc/helpdesk_exporter/config.yaml", "--web.listen-address="+address)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("start in namespaces of its own, which the kernel has to allow: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	ready := awaited(t, "http://"+address+"/-/ready", ended)
	if ready != "" {
		t.Fatalf("it is not ready: %s\n%s", ready, said.String())
	}
	metrics, err := get("http://" + address + "/metrics")
	for _, want := range []string{"\nhelpdesk_source_fresh{source=\"shop\"} 1\n", "\nhelpdesk_conversations_opened_total{"} {
		if err != nil || !strings.Contains(metrics, want) {
			t.Errorf("no %q on /metrics: %v", want, err)
		}
	}
	compare(t, "rights", map[string]string{"CapEff": "0000000000000000", "CapPrm": "0000000000000000", "NoNewPrivs": "1", "Umask": "0000"}, status(t, cmd.Process.Pid))
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it stopped with %v\n%s", err, said.String())
	}
	compare(t, "what it wrote", map[string]fs.FileMode{"helpdesk.db": 0o600}, modes(t, filepath.Join(root, "state")))
}

// status is what the kernel says of a process' rights.
func status(t *testing.T, pid int) map[string]string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		all[name] = strings.TrimSpace(value)
	}
	maps.DeleteFunc(all, func(name, _ string) bool {
		return name != "CapEff" && name != "CapPrm" && name != "NoNewPrivs" && name != "Umask"
	})
	return all
}

// modes are the files of a folder and who may read them.
func modes(t *testing.T, dir string) map[string]fs.FileMode {
	t.Helper()
	all := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err == nil {
			all[strings.TrimPrefix(path, dir+"/")] = info.Mode()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func get(url string) (string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, b)
	}
	return string(b), err
}

// awaited asks until an address answers, and says why it does not.
func awaited(t *testing.T, url string, ended <-chan error) string {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for {
		_, err := get(url)
		if err == nil {
			return ""
		}
		select {
		case <-tick.C:
		case end := <-ended:
			return fmt.Sprintf("it ended: %v", end)
		case <-late:
			return err.Error()
		}
	}
}

func compare(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
