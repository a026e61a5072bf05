// Command bench measures what the exporter costs, each number beside what it is
// compared with, on the same machine in the same run, and prints a table.
//
//	go run ./test/bench [flags] [row ...]
//
// Without rows it measures all of them, which takes the better part of an hour:
// ledgers of up to 1,000,000 conversations are filled first, and kept in -dir.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// rows are what is measured, in the order of the table.
var rows = []struct {
	name string
	run  func(*bench) error
}{
	{"scrape", scrapeRow},
	{"queue", queueRow},
	{"round", roundRow},
	{"restart", restartRow},
	{"commit", commitRow},
	{"calls", callsRow},
	{"sync", syncRow},
	{"naive", naiveRow},
	{"start", startRow},
}

// bench is one run.
type bench struct {
	dir   string // for ledgers
	short bool   // what CI looks at: small sizes, once, and nothing that another machine does otherwise
	built bool   // the program is
	lines []line
}

func (b *bench) add(l line) { b.lines = append(b.lines, l) }

// onThis adds what is so on this machine: the short form does not say it.
func (b *bench) onThis(l line) {
	if !b.short {
		b.add(l)
	}
}

// cpu adds a comparison of times.
func (b *bench) cpu(row, what string, got cost, reference string, than cost, goal float64) {
	b.onThis(compared(row, what, float64(got.cpu), reference, float64(than.cpu), goal, showTime))
}

func (b *bench) rounds(n int) int {
	if b.short {
		return 1
	}
	return n
}

func (b *bench) sizes() []int {
	if b.short {
		return []int{1000, 2000}
	}
	return []int{1000, 10_000, 100_000, 1_000_000}
}

// filledAt is when the ledgers end.
var filledAt = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// desk opens a copy of a ledger with a population, which is filled once.
func (b *bench) desk(p population) (*desk, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("%d-%d.db", p.tracked, p.open))
	if _, err := os.Stat(path); err != nil {
		if err := fillOnce(path, p); err != nil {
			return nil, err
		}
	}
	copied := b.copied(p)
	if err := copyFile(copied, path); err != nil {
		return nil, err
	}
	return openDesk(copied, filledAt)
}

func (b *bench) copied(p population) string {
	return filepath.Join(b.dir, fmt.Sprintf("copy-of-%d-%d.db", p.tracked, p.open))
}

func fillOnce(path string, p population) error {
	d, err := openDesk(path+".part", filledAt)
	if err != nil {
		return err
	}
	if err := d.fill(p); err != nil {
		return err
	}
	if err := d.store.Close(); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	b := &bench{}
	if len(args) > 1 && args[0] == "-child" {
		return child(args[1:])
	}
	flags.StringVar(&b.dir, "dir", filepath.Join(os.TempDir(), "helpdesk-bench"), "folder of the ledgers that are filled, and kept for the next run")
	flags.BoolVar(&b.short, "short", false, "small sizes, and no times in the table: what CI looks at")
	into := flags.String("write", "", "write the table into this file, between the lines that say so, in place of printing it; rows that are not named keep their lines")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	names := flags.Args()
	for _, r := range rows {
		if len(names) > 0 && !slices.Contains(names, r.name) {
			continue
		}
		begun, from := time.Now(), len(b.lines)
		if err := r.run(b); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %v\n", r.name, time.Since(begun).Round(time.Second))
		if err := write(os.Stderr, b.lines[from:]); err != nil {
			return err
		}
	}
	if err := b.print(*into); err != nil {
		return err
	}
	return b.verdict()
}

// verdict is an error that names what misses its goal.
func (b *bench) verdict() error {
	var missed []string
	for _, l := range b.lines {
		if !l.met() {
			missed = append(missed, l.row+": "+l.what)
		}
	}
	if len(missed) > 0 {
		return fmt.Errorf("%d of %d miss their goal: %s", len(missed), len(b.lines), strings.Join(missed, "; "))
	}
	return nil
}
