// Command gotest runs go test and prints what go test prints, failures in full,
// and, as the last line, how many tests passed and failed. With -add the counts
// of earlier runs, kept in a file, are added.
//
//	go run ./scripts/gotest [-add FILE] [-C FOLDER] [arguments of go test]
//
// With -C, go test runs in the folder, which is for modules of their own.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func main() {
	file, args := option("-add", os.Args[1:])
	folder, args := option("-C", args)
	total, err := earlier(file)
	if err == nil {
		var ok bool
		ok, err = run(folder, args, &total)
		if err == nil && file != "" {
			err = os.WriteFile(file, []byte(total.String()+"\n"), 0o644)
		}
		fmt.Println(total)
		if err == nil && !ok {
			os.Exit(1)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
}

// option takes an option off the start of the arguments, "" where it is not there.
func option(name string, args []string) (value string, rest []string) {
	if len(args) > 1 && args[0] == name {
		return args[1], args[2:]
	}
	return "", args
}

// counts of tests, subtests among them. A package that could not be built, or
// that failed without a test of it failing, is one failed test.
type counts struct{ passed, failed, skipped int }

// String is the line that people and programs read; skipped tests are neither.
func (c counts) String() string { return fmt.Sprintf("%d passed, %d failed", c.passed, c.failed) }

// earlier reads the counts of the runs before; no file is none.
func earlier(file string) (c counts, err error) {
	if file == "" {
		return c, nil
	}
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read the counts so far: %w", err)
	}
	if _, err := fmt.Sscanf(string(b), "%d passed, %d failed", &c.passed, &c.failed); err != nil {
		return c, fmt.Errorf("%s holds no counts: %w", file, err)
	}
	return c, nil
}

// run runs go test in a folder, "" for this one, and adds to total. It reports
// whether go test was content.
func run(folder string, args []string, total *counts) (bool, error) {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = folder
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("run go test: %w", err)
	}
	c, err := report(out, os.Stdout)
	total.passed += c.passed
	total.failed += c.failed
	if c.skipped > 0 {
		fmt.Printf("%d skipped\n", c.skipped)
	}
	ok := cmd.Wait() == nil
	if !ok && c.failed == 0 {
		total.failed++ // go test itself went wrong, before any package
	}
	return ok, err
}

// event is a line of go test -json, see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// report prints the events of a run as go test without -v does, and counts.
func report(in io.Reader, out io.Writer) (counts, error) {
	r := reporter{out: out, held: map[string]*strings.Builder{}, failed: map[string]int{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if err == io.EOF {
			return r.counts, nil
		}
		if err != nil {
			return r.counts, fmt.Errorf("read the output of go test: %w", err)
		}
	}
}

type reporter struct {
	counts
	out    io.Writer
	held   map[string]*strings.Builder // output of tests, until they end
	failed map[string]int              // tests by package
}

func (r *reporter) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(r.out, line)
		return
	}
	if e.Test == "" {
		r.pkg(e)
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		if r.held[key] == nil {
			r.held[key] = &strings.Builder{}
		}
		r.held[key].WriteString(e.Output)
		return
	case "pass":
		r.passed++
	case "skip":
		r.skipped++
	case "fail":
		r.counts.failed++
		r.failed[e.Package]++
		r.release(key)
	default:
		return
	}
	delete(r.held, key)
}

// pkg handles what is said of a package, or of its build.
func (r *reporter) pkg(e event) {
	switch e.Action {
	case "output", "build-output":
		if e.Output != "PASS\n" {
			fmt.Fprint(r.out, e.Output)
		}
	case "fail":
		for key := range r.held { // tests that a crash left without an end
			if strings.HasPrefix(key, e.Package+" ") {
				r.release(key)
			}
		}
		if r.failed[e.Package] == 0 {
			r.counts.failed++
		}
	}
}

func (r *reporter) release(key string) {
	if b := r.held[key]; b != nil {
		fmt.Fprint(r.out, b.String())
	}
	delete(r.held, key)
}
