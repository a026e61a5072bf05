package collectors_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// failures are those that connectors of other projects were seen to have, by the
// numbers that the names of tests carry.
const failures = 22

var (
	// A function: TestFailure15ATokenThat…
	inFunction = regexp.MustCompile(`^TestFailure(\d+)\D`)
	// A scenario of the conformance suite: "11, 12: more rows of …"
	inScenario = regexp.MustCompile(`^"(\d+(?:, \d+)*): `)
)

func TestEveryFailureOfOtherConnectorsHasATest(t *testing.T) {
	found := map[int][]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		suite := path == filepath.Join("..", "collectors", "collectortest", "connectors.go")
		if err != nil || d.IsDir() || !suite && !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, name := range numbered(file, suite) {
			for number := range strings.SplitSeq(name.numbers, ", ") {
				n, err := strconv.Atoi(number)
				if err != nil {
					return err
				}
				found[n] = append(found[n], name.test)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= failures; n++ {
		slices.Sort(found[n])
		t.Logf("failure %d: %s", n, strings.Join(found[n], "; "))
		if len(found[n]) == 0 {
			t.Errorf("no test is named after failure %d", n)
		}
		delete(found, n)
	}
	if len(found) > 0 {
		t.Errorf("tests named after failures that nobody knows: %v", found)
	}
}

type name struct{ numbers, test string }

// numbered are the names of a file's tests, or of the suite's scenarios, that
// have numbers of failures.
func numbered(file *ast.File, suite bool) (names []name) {
	ast.Inspect(file, func(n ast.Node) bool {
		var m []string
		switch n := n.(type) {
		case *ast.FuncDecl:
			if m = inFunction.FindStringSubmatch(n.Name.Name); m != nil {
				names = append(names, name{m[1], n.Name.Name})
			}
		case *ast.CompositeLit:
			if !suite || len(n.Elts) == 0 {
				break
			}
			if s, ok := n.Elts[0].(*ast.BasicLit); ok {
				if m = inScenario.FindStringSubmatch(s.Value); m != nil {
					names = append(names, name{m[1], s.Value})
				}
			}
		}
		return true
	})
	return names
}
