package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// commitRow compares the durable commit of a page of 100 new conversations with
// what a database needs that writes pages and then the page that makes them
// valid: two writes, each on disk before the next step. It writes as much.
func commitRow(b *bench) error {
	p := population{10_000, 1000}
	if b.short {
		p = population{1000, 100}
	}
	d, err := b.desk(p)
	if err != nil {
		return err
	}
	defer d.store.Close()
	scratch, err := os.Create(filepath.Join(b.dir, "scratch"))
	if err != nil {
		return err
	}
	defer os.Remove(scratch.Name())
	defer scratch.Close()
	if err := scratch.Truncate(64 << 20); err != nil {
		return err
	}
	var commits, floors []time.Duration
	var written int64
	for round := range b.rounds(200) {
		var page []helpdesk.Record
		for i := range 100 {
			page = append(page, life(p.tracked+100*round+i, d.now, true)...)
		}
		before, err := bytesWritten()
		if err != nil {
			return err
		}
		took, err := timed(func() error { return d.commit(page) })
		if err != nil {
			return err
		}
		after, err := bytesWritten()
		if err != nil {
			return err
		}
		written = after - before
		floor, err := timed(func() error { return twoSyncs(scratch, written, round) })
		if err != nil {
			return err
		}
		commits, floors = append(commits, took), append(floors, floor)
	}
	b.onThis(compared("commit", "durable commit of a page of 100 conversations, median", float64(median(commits)),
		"two fsyncs of the "+showBytes(float64(written))+" that it writes", float64(median(floors)), 1.5, showTime))
	return nil
}

// twoSyncs writes so many bytes in pages all over a file, syncs it, writes one
// page more, and syncs it again.
func twoSyncs(f *os.File, n int64, round int) error {
	const size = 4096
	page := make([]byte, size)
	for i := range n / size {
		page[0] = byte(round)
		if _, err := f.WriteAt(page, (i*7919+int64(round))%(16<<10)*size); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if _, err := f.WriteAt(page, 0); err != nil {
		return err
	}
	return f.Sync()
}

// bytesWritten is what this process has written to files.
func bytesWritten() (int64, error) {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, err
	}
	var n int64
	_, after, _ := strings.Cut(string(b), "wchar: ")
	_, err = fmt.Sscan(after, &n)
	return n, err
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
