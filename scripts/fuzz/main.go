// Command fuzz runs every fuzz test of the module, one after the other, and says how
// many inputs each has tried. With -write these numbers go into the document.
//
//	go run ./scripts/fuzz [-time 30s|1000x] [-run REGEXP] [-write docs/fuzzing.md]
//
// A failing input is kept in testdata/fuzz of its package, where go test finds it from
// then on: mend the cause, and commit the input.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func main() {
	budget := flag.String("time", "30s", "of each test, as -fuzztime of go test: a duration, or a number of inputs and an x")
	only := flag.String("run", "", "only tests whose package and name match")
	write := flag.String("write", "", "document to write the numbers to")
	flag.Parse()
	if err := run(*budget, *only, *write); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

func run(budget, only, document string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	all, err := discover(".")
	if err != nil {
		return err
	}
	tests := matching(all, wanted)
	if len(tests) == 0 {
		return fmt.Errorf("no fuzz test matches %q", only)
	}
	var failed []string
	for i := range tests {
		fmt.Printf("%d of %d: %s\n", i+1, len(tests), tests[i])
		if tests[i].Inputs, err = fuzz(tests[i], budget); err != nil {
			failed = append(failed, tests[i].String())
		}
		tests[i].How = fmt.Sprintf("%s, %s, %d processors, %s", budget, runtime.Version(), runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly))
	}
	fmt.Println()
	for _, t := range tests {
		fmt.Printf("%12s inputs  %s\n", grouped(t.Inputs), t)
	}
	if len(failed) > 0 {
		return fmt.Errorf("%s failed, see above: an input that was found is in testdata/fuzz of the package; \"context deadline exceeded\" alone tells of a machine too busy to end in time", strings.Join(failed, ", "))
	}
	if document == "" {
		return nil
	}
	before, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	after, err := rewrite(string(before), all, tests)
	if err != nil {
		return fmt.Errorf("%s: %w", document, err)
	}
	return os.WriteFile(document, []byte(after), 0o644)
}

func matching(tests []test, wanted *regexp.Regexp) []test {
	var some []test
	for _, t := range tests {
		if wanted.MatchString(t.String()) {
			some = append(some, t)
		}
	}
	return some
}

// minimize bounds the time that go test spends on making an interesting input
// shorter: by default a minute each.
const minimize = "-fuzzminimizetime=20x"

// fuzz runs one test, shows what it says, and returns how many inputs it tried.
func fuzz(t test, budget string) (inputs int, err error) {
	cmd := exec.Command("go", "test", "-run=^$", "-fuzz=^"+t.Name+"$", "-fuzztime="+budget, minimize, "./"+t.Package)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("run go test: %w", err)
	}
	inputs, err = follow(out, os.Stdout)
	if waited := cmd.Wait(); waited != nil {
		return inputs, waited
	}
	return inputs, err
}

var executed = regexp.MustCompile(`execs: (\d+)`)

// follow shows what go test says, and returns the last number of inputs in it.
func follow(in io.Reader, out io.Writer) (inputs int, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := executed.FindSubmatch(lines.Bytes()); m != nil {
			if inputs, err = strconv.Atoi(string(m[1])); err != nil {
				return inputs, err
			}
		}
		if _, err := fmt.Fprintf(out, "  %s\n", bytes.TrimRight(lines.Bytes(), " ")); err != nil {
			return inputs, err
		}
	}
	return inputs, lines.Err()
}

// grouped prints a number with commas between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
