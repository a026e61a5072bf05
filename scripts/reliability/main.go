// Command reliability runs the tests of the fault matrix and writes
// docs/reliability.md, if all of them have passed.
//
//	go run ./scripts/reliability [regexp of faults]
//
// With a regular expression it runs the rows that match, and writes nothing.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/reliability"
)

const document = "docs/reliability.md"

func main() {
	only := ""
	if len(os.Args) > 1 {
		only = os.Args[1]
	}
	if err := run(only); err != nil {
		fmt.Fprintln(os.Stderr, "reliability:", err)
		os.Exit(1)
	}
}

func run(only string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	var order []reliability.Batch
	batches := map[reliability.Batch][]reliability.Row{}
	for _, r := range reliability.Rows() {
		if !wanted.MatchString(r.Fault) {
			continue
		}
		if batches[r.Batch()] == nil {
			order = append(order, r.Batch())
		}
		batches[r.Batch()] = append(batches[r.Batch()], r)
	}
	if len(order) == 0 {
		return fmt.Errorf("no fault matches %q", only)
	}
	results := map[string]string{}
	bad := 0
	for _, b := range order {
		outcomes, err := batch(b, batches[b])
		if err != nil {
			return err
		}
		for i, r := range batches[b] {
			results[r.Command()] = outcomes[i].String()
			fmt.Printf("%s: %s\n", r.Fault, outcomes[i])
			if !outcomes[i].Good() {
				bad++
				fmt.Printf("  %s\n", r.Command())
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d rows have not passed", bad)
	}
	if only != "" {
		return nil
	}
	return os.WriteFile(document, []byte(reliability.Document(results)), 0o644)
}

// batch runs the rows of a batch together.
func batch(b reliability.Batch, rows []reliability.Row) ([]*reliability.Outcome, error) {
	var patterns []string
	for _, r := range rows {
		patterns = append(patterns, r.Pattern())
	}
	args := b.Args(patterns, "-json", "-timeout=60m")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start go test: %w", err)
	}
	outcomes, err := reliability.Read(out, rows)
	return outcomes, errors.Join(err, exited(cmd.Wait()))
}

// exited is what is wrong with the end of go test itself: that a test failed is an
// outcome.
func exited(err error) error {
	if e := (*exec.ExitError)(nil); errors.As(err, &e) && e.ExitCode() == 1 {
		return nil
	}
	return err
}
