//go:build servers

package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what should take seconds.
const patience = 90 * time.Second

// generation is a folder with servers of one age.
type generation struct {
	name string
	dir  string
}

// generations are those that scripts/prometheus has got.
func generations(t *testing.T) []generation {
	t.Helper()
	var found []generation
	for _, name := range []string{"current", "oldest"} {
		dir, err := filepath.Abs(filepath.Join("../../bin/servers", name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "prometheus")); err == nil {
			found = append(found, generation{name, dir})
		}
	}
	if len(found) == 0 {
		t.Fatal("there are no servers in bin/servers: run scripts/prometheus current, and scripts/prometheus oldest")
	}
	return found
}

// each runs a test with every generation.
func each(t *testing.T, test func(*testing.T, generation)) {
	for _, g := range generations(t) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			test(t, g)
		})
	}
}

func (g generation) program(name string) string { return filepath.Join(g.dir, name) }

// run runs a program to its end, and returns what it printed.
func (g generation) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), g.program(name), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.String()
}

// server is a running program.
type server struct{ base string }

// start runs a server until the test ends, and waits until it is ready.
func (g generation) start(t *testing.T, name string, args ...string) *server {
	t.Helper()
	return start(t, g.program(name), args...)
}

// start runs a program that listens where Prometheus' own flag says, and waits
// until it is ready.
func start(t *testing.T, program string, args ...string) *server {
	t.Helper()
	name, addr := filepath.Base(program), freeAddress(t)
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append(args, "--web.listen-address="+addr)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // killed is no success, and is what was asked for
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the log of %s:\n%s", name, text[max(0, len(text)-4000):])
		}
		log.Close()
	})
	s := &server{"http://" + addr}
	eventually(t, func() string {
		select {
		case <-ended:
			t.Fatalf("%s ended by itself", name)
		default:
		}
		_, err := s.ask(t.Context(), http.MethodGet, "/-/ready", nil)
		return complaint(err)
	})
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ask sends a request, with a body in JSON unless it is nil.
func (s *server) ask(ctx context.Context, method, path string, body any) ([]byte, error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(b)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	return answer, err
}

// get reads an answer in JSON.
func (s *server) get(ctx context.Context, path string, into any) error {
	b, err := s.ask(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func complaint(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// eventually asks until there is nothing left to complain about.
func eventually(t *testing.T, complain func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		why := complain()
		if why == "" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("still, after %s: %s", patience, why)
		}
	}
}
