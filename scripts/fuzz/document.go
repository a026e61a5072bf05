package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// test is a fuzz test.
type test struct {
	Package, Name string // the package's folder in the module
	Does          string // as its comment says
	Inputs        int    // that were tried
	How           string // for how long, where and when
}

func (t test) String() string { return t.Package + " " + t.Name }

// discover lists the fuzz tests of a module, by package and name.
func discover(root string) ([]test, error) {
	var tests []test
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if path != root && (err == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return fs.SkipDir // another module
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				tests = append(tests, test{Package: filepath.ToSlash(folder), Name: f.Name.Name, Does: sentence(f)})
			}
		}
		return nil
	})
	slices.SortFunc(tests, func(a, b test) int { return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Name, b.Name)) })
	return tests, err
}

// sentence is a function's comment in one line, without the function's name at its
// beginning.
func sentence(f *ast.FuncDecl) string {
	text := strings.Join(strings.Fields(f.Doc.Text()), " ")
	text = strings.TrimPrefix(text, f.Name.Name+" ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Between these the document has the table.
const begin, end = "<!-- fuzz tests -->\n", "<!-- end -->\n"

// rewrite puts the table of all tests into the document. Those that were not run
// keep what it says of them.
func rewrite(document string, all, ran []test) (string, error) {
	head, rest, found := strings.Cut(document, begin)
	old, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", errors.New("it has no place for the table")
	}
	var b strings.Builder
	b.WriteString("| test | what it does | inputs tried | how |\n|---|---|---:|---|\n")
	for _, t := range all {
		if i := slices.IndexFunc(ran, func(r test) bool { return r.String() == t.String() }); i >= 0 {
			t = ran[i]
			fmt.Fprintf(&b, "%s | %s | %s |\n", t.row(), grouped(t.Inputs), t.How)
			continue
		}
		before := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(t.row()) + ` (\| [0-9,]+ \| .* \|)$`).FindStringSubmatch(old)
		if before == nil {
			before = []string{"", "| 0 | not run |"}
		}
		fmt.Fprintf(&b, "%s %s\n", t.row(), before[1])
	}
	return head + begin + b.String() + end + tail, nil
}

// row begins the row of a test.
func (t test) row() string { return fmt.Sprintf("| `%s` in `%s` | %s", t.Name, t.Package, t.Does) }
