package reliability

import (
	"regexp"
	"slices"
	"strings"
)

// Batch says which rows one run of go test can serve.
type Batch struct{ Packages, Module, Tag string }

// Batch is what a row has in common with others.
func (r Row) Batch() Batch { return Batch{r.Packages, r.Module, r.Tag} }

// Pattern is what go test takes to run the row's test and no other: the names as
// go test writes them, without what a shell or a regular expression could mistake.
func (r Row) Pattern() string {
	parts := []string{"^" + r.Test[0] + "$"}
	for _, name := range r.Test[1:] {
		name = strings.ReplaceAll(name, " ", "_")
		parts = append(parts, "^"+strings.ReplaceAll(regexp.QuoteMeta(name), "'", "."))
	}
	return strings.Join(parts, "/")
}

// Args are the command that runs rows of a batch, with more flags of go test.
func (b Batch) Args(patterns []string, flags ...string) []string {
	var args []string
	if b.Tag == "postgres" {
		args = append(args, "scripts/postgres", "run")
	}
	args = append(args, "go")
	if b.Module != "" {
		args = append(args, "-C", b.Module)
	}
	args = append(append(args, "test", "-count=1"), flags...)
	if b.Tag != "" {
		args = append(args, "-tags="+b.Tag)
	}
	return append(args, "-run", strings.Join(patterns, "|"), b.Packages)
}

// Command is the one command that runs a row.
func (r Row) Command() string {
	words := r.Batch().Args([]string{r.Pattern()})
	words[len(words)-2] = "'" + r.Pattern() + "'"
	return strings.Join(words, " ")
}

// Has reports whether a test that has run, by go test's name of it, is the row's
// or one in it.
func (r Row) Has(ran string) bool {
	names, parts := strings.Split(ran, "/"), strings.Split(r.Pattern(), "/")
	return len(names) >= len(parts) && !slices.ContainsFunc(parts, func(p string) bool {
		return !regexp.MustCompile(p).MatchString(names[slices.Index(parts, p)])
	})
}
