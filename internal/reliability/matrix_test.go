package reliability

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

func TestTheDocumentIsThatOfARunInWhichEveryRowPassed(t *testing.T) {
	b, err := os.ReadFile(root + "/docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	results := parse(string(b))
	passed := regexp.MustCompile(`^passed, [1-9]\d* tests?( in \d+ packages)?$`)
	for _, r := range Rows() {
		if result := results[r.Command()]; !passed.MatchString(result) {
			t.Errorf("%s: %q: run make reliability", r.Fault, result)
		}
	}
	if diff := cmp.Diff(Document(results), string(b)); diff != "" {
		t.Errorf("docs/reliability.md is not what make reliability writes (-want +got):\n%s", diff)
	}
}

// parse reads the results back from a document, by their commands.
func parse(document string) map[string]string {
	results := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\|.* \\| `([^`]+)` \\| (.*) \\|$").FindAllStringSubmatch(document, -1) {
		results[m[1]] = m[2]
	}
	return results
}

func TestEveryRowRunsOneTestThatExists(t *testing.T) {
	type sources struct{ funcs, texts []string }
	read := map[Batch]sources{}
	for _, r := range Rows() {
		if len(r.Test) == 0 || r.Fault == "" || r.Promise == "" {
			t.Fatalf("a row lacks something: %+v", r)
		}
		src, ok := read[r.Batch()]
		if !ok {
			src.funcs, src.texts = declared(t, r)
			read[r.Batch()] = src
		}
		funcs, texts := src.funcs, src.texts
		if n := number(funcs, regexp.MustCompile("^"+r.Test[0]+"$")); n == 0 || n > 1 && r.Test[0] != suite {
			t.Errorf("%s: %d tests are called %s in %s", r.Fault, n, r.Test[0], r.Packages)
		}
		for _, name := range r.Test[1:] {
			if n := number(texts, regexp.MustCompile("^"+regexp.QuoteMeta(name))); n != 1 && !slices.Contains(texts, name) {
				t.Errorf("%s: %d names of tests in %s begin with %q", r.Fault, n, r.Test[0], name)
			}
		}
	}
}

// number is how many different texts match.
func number(all []string, r *regexp.Regexp) int {
	all = slices.Clone(all)
	slices.Sort(all)
	return len(slices.DeleteFunc(slices.Compact(all), func(s string) bool { return !r.MatchString(s) }))
}

// declared are the tests of a row's packages, and all texts there, where the
// names of the tests in them are.
func declared(t *testing.T, r Row) (funcs, texts []string) {
	t.Helper()
	dirs := []string{filepath.Join(root, r.Module, strings.TrimSuffix(r.Packages, "/..."))}
	if r.Test[0] == suite {
		dirs[0] = filepath.Join(dirs[0], "collectortest")
		dirs = append(dirs, filepath.Join(root, "collectors", "gorgias"))
	}
	if r.Module != "" {
		dirs = append(dirs, filepath.Dir(filepath.Join(root, r.Module))) // what the module proves
	}
	for i, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					funcs = append(funcs, n.Name.Name)
				case *ast.BasicLit:
					if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && (i == 0 || r.Test[0] != suite) {
						texts = append(texts, text)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return funcs, texts
}

func TestCommands(t *testing.T) {
	words := regexp.MustCompile(`^(scripts/postgres run )?go (-C [\w/]+ )?test -count=1 (-tags=(postgres|root) )?-run '[^'|` + "`" + `]+' \./[\w/.]+$`)
	seen := map[string]bool{}
	for _, r := range Rows() {
		if !words.MatchString(r.Command()) {
			t.Errorf("%s: %s is not to be typed", r.Fault, r.Command())
		}
		if _, err := regexp.Compile(r.Pattern()); err != nil {
			t.Errorf("%s: %v", r.Fault, err)
		}
		if seen[r.Area+r.Fault] {
			t.Errorf("%s is there twice", r.Fault)
		}
		seen[r.Area+r.Fault] = true
	}
	r := conformance(helpdesk, "a fault", "a promise", "failing", "a helpdesk whose clock is not the machine's (really)")
	want := `go test -count=1 -run '^TestConformance\w*$/^failing/^a_helpdesk_whose_clock_is_not_the_machine.s_\(really\)' ./collectors/...`
	if r.Command() != want {
		t.Errorf("the command is\n%s\nwant\n%s", r.Command(), want)
	}
	for ran, has := range map[string]bool{
		"TestConformance/failing/a_helpdesk_whose_clock_is_not_the_machine's_(really)":    true,
		"TestConformance/failing/a_helpdesk_whose_clock_is_not_the_machine's_(really)/7m": true,
		"TestConformance/failing": false,
		"TestConformance/reading/a_helpdesk_whose_clock_is_not_the_machine's_(really)": false,
	} {
		if r.Has(ran) != has {
			t.Errorf("Has(%q) is %v", ran, !has)
		}
	}
}

// faults are those that the exporter has to be tested with.
var faults = []string{
	"down for an hour", "down for a day", "slow", "a storm of 429", "401 in mid-run, with OAuth", "401 in mid-run: alert", "403 on one stream",
	"truncated JSON", "wrong JSON", "HTML with 200", "duplicate pages", "missing pages", "records out of order",
	"a clock that is ahead or behind by minutes", "deleted conversations", "merged conversations", "archived conversations",
	"re-timestamped conversations", "lists that change while they are paged",
	"SIGKILL at any instant", "full disk", "read-only disk", "damaged ledger", "the clock jumps back and forth", "DST changes",
	"file descriptors used up", "out of memory in a container's limit",
	"Alertmanager down", "Alertmanager slow", "Alertmanager answering 500", "Prometheus not scraping for a day",
	"two exporters on one ledger", "a reload with a broken configuration", "a source removed and added again", "a source renamed",
}

func TestEveryFaultHasARow(t *testing.T) {
	for _, fault := range faults {
		if !slices.ContainsFunc(Rows(), func(r Row) bool { return strings.HasPrefix(r.Fault, fault) }) {
			t.Errorf("no row is about %s", fault)
		}
	}
}

func TestAnOutcomeIsWhatEveryTestOfTheRowSaid(t *testing.T) {
	row := one(machine, "a fault", "a promise", "internal/x", "TestX", "one")
	ran := func(pairs ...string) string {
		var lines []string
		for i := 0; i < len(pairs); i += 2 {
			lines = append(lines, `{"Action":"`+pairs[i]+`","Package":"p","Test":"`+pairs[i+1]+`"}`)
		}
		return strings.Join(lines, "\n")
	}
	for _, tc := range []struct {
		name, out, want string
		good            bool
	}{
		{"nothing ran", "postgres: started\n", "no such test was run", false},
		{"another one ran", ran("pass", "TestX/two", "pass", "TestX"), "no such test was run", false},
		{"it passed", ran("pass", "TestX/one", "pass", "TestX"), "passed, 1 test", true},
		{"those in it passed", ran("pass", "TestX/one/a", "pass", "TestX/one/b", "pass", "TestX/one"), "passed, 2 tests", true},
		{"one in it failed", ran("pass", "TestX/one/a", "fail", "TestX/one/b", "fail", "TestX/one"), "failed: p TestX/one/b, p TestX/one", false},
		{"one in it was skipped", ran("skip", "TestX/one/a", "pass", "TestX/one"), "skipped: p TestX/one/a", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			outcomes, err := Read(strings.NewReader(tc.out), []Row{row})
			if err != nil {
				t.Fatal(err)
			}
			if got := outcomes[0].String(); got != tc.want || outcomes[0].Good() != tc.good {
				t.Errorf("%q, good %v; want %q", got, outcomes[0].Good(), tc.want)
			}
		})
	}
}
