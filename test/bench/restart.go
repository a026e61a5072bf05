package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// build makes the exporter's program, once.
func (b *bench) build() (string, error) {
	path := filepath.Join(b.dir, "helpdesk_exporter")
	if b.built {
		return path, nil
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-o", path, "github.com/helpdesk-exporter/helpdesk_exporter/cmd/helpdesk_exporter")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	b.built = true
	return path, cmd.Run()
}

// program is an exporter that runs as a process of its own.
type program struct {
	cmd  *exec.Cmd
	addr string
}

// start runs an exporter with sources, in YAML, over a ledger.
func (b *bench) start(ctx context.Context, ledger, global, sources string) (*program, error) {
	path, err := b.build()
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(b.dir, "config.yaml")
	text := fmt.Sprintf("global: {%s}\nsources:\n%sstate: {path: %s}\n", global, sources, ledger)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p := &program{cmd: exec.CommandContext(ctx, path, "--config.file="+config, "--web.listen-address="+addr, "--log.level=error"), addr: addr}
	p.cmd.Stderr = os.Stderr
	return p, p.cmd.Start()
}

// freeAddress is an address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// get returns what a path answers; an error unless it is a 200.
func (p *program) get(path string) ([]byte, error) {
	resp, err := http.Get("http://" + p.addr + path)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d: %s", path, resp.StatusCode, body)
	}
	return body, err
}

// await asks for a path until it is answered.
func (p *program) await(ctx context.Context, path string) ([]byte, error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		body, err := p.get(path)
		if err == nil {
			return body, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-tick.C:
		}
	}
}

// stop ends the program, and returns the processors' time that it took.
func (p *program) stop() (time.Duration, error) {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	err := p.cmd.Wait()
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime(), err
}

// took is the processors' time that the program has taken, by Linux in
// hundredths of a second.
func (p *program) took() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, errors.New("the system does not tell the time of a process")
	}
	user, err := strconv.Atoi(fields[11])
	system, serr := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err, serr)
}

// anonymous is the memory that is the process's own, RssAnon of Linux.
func (p *program) anonymous() (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "RssAnon:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024, err
		}
	}
	return 0, errors.New("the system does not tell RssAnon")
}

// silentSource is the configuration of a source whose helpdesk is not there.
func silentSource(name string) string {
	return fmt.Sprintf("  - {name: %s, zendesk: {url: 'http://127.0.0.1:9', bots: [], basic_auth: {username: a, password: b}}}\n", name)
}

// restarted is how the program starts over a ledger.
type restarted struct {
	up, cat      time.Duration // exec to ready and first scrape; reading the file
	memory, size float64       // anonymous memory; the ledger's bytes
}

// restartRow starts the program over a ledger of 1,000,000 conversations.
func restartRow(b *bench) error {
	sizes := b.sizes()
	few, many := tenth(sizes[0]), tenth(sizes[len(sizes)-1])
	base, err := b.restart(few, 1)
	if err != nil {
		return err
	}
	r, err := b.restart(many, b.rounds(7))
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s tracked, %s open: ", thousands(many.tracked), thousands(many.open))
	b.onThis(compared("restart", what+"exec to ready and first scrape", float64(r.up), "`cat` of the ledger, "+showBytes(r.size), float64(r.cat), 3, showTime))
	b.onThis(compared("restart", what+"anonymous memory", r.memory, "the goal", 400e6, 1, showBytes))
	b.onThis(line{row: "restart", what: "memory of an open conversation", got: showBytes((r.memory - base.memory) / float64(many.open-few.open)), reference: "of a closed one: none"})
	b.onThis(line{row: "restart", what: "ledger of a conversation, of six messages and events", got: showBytes(r.size / float64(many.tracked))})
	return nil
}

// restart starts the program so many times, and returns the least of each.
func (b *bench) restart(p population, rounds int) (restarted, error) {
	d, err := b.desk(p) // a copy that it may write to
	if err != nil {
		return restarted{}, err
	}
	if err := d.store.Close(); err != nil {
		return restarted{}, err
	}
	if _, err := b.build(); err != nil {
		return restarted{}, err
	}
	size, err := os.Stat(b.copied(p))
	if err != nil {
		return restarted{}, err
	}
	least := restarted{size: float64(size.Size())}
	for round := range rounds {
		r, err := b.restartOnce(b.copied(p))
		if err != nil {
			return restarted{}, err
		}
		if round == 0 {
			least.up, least.cat, least.memory = r.up, r.cat, r.memory
		}
		least.up, least.cat, least.memory = min(least.up, r.up), min(least.cat, r.cat), min(least.memory, r.memory)
	}
	return least, nil
}

func (b *bench) restartOnce(ledger string) (r restarted, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if r.cat, err = timed(exec.Command("cat", ledger).Run); err != nil {
		return r, err
	}
	var p *program
	r.up, err = timed(func() (err error) {
		if p, err = b.start(ctx, ledger, "retention: 90d, first_sync: {lookback: 89d, book: true}", silentSource(sourceName)); err != nil {
			return err
		}
		if _, err := p.await(ctx, "/-/ready"); err != nil {
			return err
		}
		_, err = p.get("/metrics")
		return err
	})
	if err != nil {
		return r, err
	}
	if r.memory, err = p.anonymous(); err != nil {
		return r, err
	}
	_, err = p.stop()
	return r, err
}

func timed(fn func() error) (time.Duration, error) {
	begun := time.Now()
	err := fn()
	return time.Since(begun), err
}
