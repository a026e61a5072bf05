package reliability

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Outcome is what a run said about a row: its tests that passed, failed and were
// skipped, each as go test names it after its package.
type Outcome struct{ passed, failed, skipped []string }

// Good says that the row's test was run, and that nothing of it failed or was left
// out.
func (o *Outcome) Good() bool {
	return len(o.passed) > 0 && len(o.failed) == 0 && len(o.skipped) == 0
}

func (o *Outcome) String() string {
	switch {
	case len(o.failed) > 0:
		return "failed: " + strings.Join(o.failed, ", ")
	case len(o.skipped) > 0:
		return "skipped: " + strings.Join(o.skipped, ", ")
	case len(o.passed) == 0:
		return "no such test was run"
	}
	packages, tests := map[string]bool{}, 0
	for _, name := range o.passed {
		pkg, _, _ := strings.Cut(name, " ")
		packages[pkg] = true
		if !hasOthers(name, o.passed) {
			tests++
		}
	}
	s := "passed, " + count(tests, "test")
	if len(packages) > 1 {
		s += " in " + count(len(packages), "package")
	}
	return s
}

// hasOthers says that a test has others in it.
func hasOthers(name string, all []string) bool {
	for _, other := range all {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Read reads what go test -json writes of a run of rows. Lines that are no JSON,
// which programs around it write, are passed over.
func Read(out io.Reader, rows []Row) ([]*Outcome, error) {
	outcomes := make([]*Outcome, len(rows))
	for i := range outcomes {
		outcomes[i] = &Outcome{}
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct{ Action, Package, Test string }
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" {
			continue
		}
		for i, r := range rows {
			if !r.Has(e.Test) {
				continue
			}
			switch name := e.Package + " " + e.Test; e.Action {
			case "pass":
				outcomes[i].passed = append(outcomes[i].passed, name)
			case "fail":
				outcomes[i].failed = append(outcomes[i].failed, name)
			case "skip":
				outcomes[i].skipped = append(outcomes[i].skipped, name)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read what go test says: %w", err)
	}
	return outcomes, nil
}
