package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// watched is for how long the idle program is watched.
const watched = 2 * time.Minute

// startRow states the size of the program, how fast it starts, and what it takes
// when it reads 10 idle helpdesks.
func startRow(b *bench) error {
	path, err := b.build()
	if err != nil {
		return err
	}
	size, err := os.Stat(path)
	if err != nil {
		return err
	}
	b.onThis(line{row: "start", what: "the program", got: showBytes(float64(size.Size()))})
	v := vendorNamed("gorgias")
	s := serve(v, 300)
	defer s.Close()
	var sources strings.Builder
	for i := range 10 {
		fmt.Fprintf(&sources, "  - {name: desk%d, gorgias: {url: %q, basic_auth: {username: a, password: b}}}\n", i, s.URL)
	}
	ledger := filepath.Join(b.dir, "start.db")
	if err := os.RemoveAll(ledger); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	var p *program
	took, err := timed(func() (err error) {
		if p, err = b.start(ctx, ledger, "poll_interval: 30s", sources.String()); err != nil {
			return err
		}
		_, err = p.await(ctx, "/metrics")
		return err
	})
	if err != nil {
		return err
	}
	b.onThis(line{row: "start", what: "exec to the answer of /metrics, 10 sources, a new ledger", got: showTime(float64(took))})
	if _, err := p.await(ctx, "/-/ready"); err != nil {
		return err
	}
	if b.short {
		_, err = p.stop()
		return err
	}
	before, err := p.took()
	if err != nil {
		return err
	}
	time.Sleep(watched)
	after, err := p.took()
	if err != nil {
		return err
	}
	perDay := float64(after-before) * float64(24*time.Hour) / float64(watched)
	b.onThis(line{row: "start", what: "CPU a day, 10 idle sources polled every 30 s", got: showTime(perDay)})
	_, err = p.stop()
	return err
}
