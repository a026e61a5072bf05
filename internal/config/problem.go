package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	File  string // empty when the configuration came from no file
	Line  int    // of the key or its nearest parent; 0 when unknown
	Path  string // of the key, "sources[0].gorgias.url"; empty for the file as a whole
	Value string // as the message shows it; empty when there is none or it may be secret
	Text  string // what is wrong, and the remedy
}

func (p *Problem) Error() string {
	var b strings.Builder
	switch {
	case p.File != "" && p.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
	case p.File != "":
		fmt.Fprintf(&b, "%s: ", p.File)
	case p.Line > 0:
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	for _, part := range []string{p.Path, p.Value} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	b.WriteString(p.Text)
	return b.String()
}

// report collects the problems of a configuration and knows where its keys are.
type report struct {
	file     string
	lines    map[string]int // by path
	problems []*Problem

	undecoded map[string]bool // values of the wrong kind: what would be in them is not reported
	unknown   map[string]bool // mappings with an unknown key
}

func newReport(file string) *report {
	return &report{
		file: file, lines: make(map[string]int),
		undecoded: make(map[string]bool), unknown: make(map[string]bool),
	}
}

// add notes a problem of a key that has no value, or none to be shown.
func (r *report) add(path, format string, args ...any) {
	r.note(path, "", fmt.Sprintf(format, args...))
}

// bad notes a problem of a key's value.
func (r *report) bad(path string, value any, format string, args ...any) {
	r.note(path, show(value), fmt.Sprintf(format, args...))
}

func (r *report) note(path, value, text string) {
	if r.within(path) {
		return
	}
	r.problems = append(r.problems, &Problem{File: r.file, Line: r.line(path), Path: path, Value: value, Text: text})
}

// line returns the line of a path, or of the nearest parent that is in the file.
func (r *report) line(path string) int {
	for {
		if n, ok := r.lines[path]; ok {
			return n
		}
		if path = parent(path); path == "" {
			return 0
		}
	}
}

// within reports whether a path is, or is in, a value of the wrong kind.
func (r *report) within(path string) bool {
	for ; path != ""; path = parent(path) {
		if r.undecoded[path] {
			return true
		}
	}
	return r.undecoded[""]
}

// parent is the path of what a key is in, "" for the file as a whole.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// err joins the problems in the order of the file.
func (r *report) err() error {
	slices.SortStableFunc(r.problems, func(a, b *Problem) int { return cmp.Compare(a.Line, b.Line) })
	errs := make([]error, len(r.problems))
	for i, p := range r.problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// show writes a value as one would write it into the file. Text that is long is
// cut: a message is no place for a key that was pasted into the wrong line.
func show(value any) string {
	const most = 80
	switch v := value.(type) {
	case string:
		if len(v) > most {
			v = v[:most] + "…"
		}
		return strconv.Quote(v)
	case model.Duration:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// list writes names for a message.
func list[T any](names []T) string {
	s := make([]string, len(names))
	for i, n := range names {
		s[i] = fmt.Sprint(n)
	}
	return strings.Join(s, ", ")
}
