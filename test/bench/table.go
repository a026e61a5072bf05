package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// line is one comparison: a line of the table.
type line struct {
	row       string  // what it is measured by
	what      string  // what is measured
	got       string  // with its unit
	reference string  // what it is compared with, and its value
	ratio     float64 // 0: only stated
	goal      float64 // the most that the ratio may be; 0: none
	least     bool    // the ratio must not be less than the goal
}

func (l line) met() bool {
	return l.goal == 0 || l.least && l.ratio >= l.goal || !l.least && l.ratio <= l.goal
}

const header = "| row | what | measured | compared with | ratio | goal |\n|---|---|---|---|---|---|\n"

// write prints the lines as a table in Markdown.
func write(w io.Writer, lines []line) error {
	if _, err := fmt.Fprint(w, header); err != nil {
		return err
	}
	return writeLines(w, lines)
}

func writeLines(w io.Writer, lines []line) error {
	for _, l := range lines {
		ratio, goal := "", "stated"
		if l.ratio != 0 {
			ratio = fmt.Sprintf("%.2f×", l.ratio)
		}
		if l.goal != 0 {
			sign := "≤"
			if l.least {
				sign = "≥"
			}
			goal = fmt.Sprintf("%s %.4g×", sign, l.goal)
			if !l.met() {
				ratio = "**" + ratio + "**"
			}
		}
		if _, err := fmt.Fprintf(w, "| `%s` | %s | %s | %s | %s | %s |\n", l.row, l.what, l.got, l.reference, ratio, goal); err != nil {
			return err
		}
	}
	return nil
}

// begin and end are the lines of a file that the table stands between.
const begin, end = "<!-- make bench writes from here -->\n", "<!-- to here -->\n"

// print writes the table to the output, or into a file, where rows that were not
// measured now keep their lines.
func (b *bench) print(file string) error {
	if file == "" {
		return write(os.Stdout, b.lines)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no lines %q and %q", file, begin, end)
	}
	table, err := merged(rest[:len(rest)-len(end)-len(after)], b.lines)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(before+begin+"\n"+table+"\n"+end+after), 0o644)
}

// merged is a table with the lines of the rows that were measured, and the old
// table's of the others, in the order of the rows.
func merged(old string, measured []line) (string, error) {
	var table strings.Builder
	table.WriteString(header)
	for _, r := range rows {
		of := slices.DeleteFunc(slices.Clone(measured), func(l line) bool { return l.row != r.name })
		if err := writeLines(&table, of); err != nil {
			return "", err
		}
		for l := range strings.Lines(old) {
			if len(of) == 0 && strings.HasPrefix(l, "| `"+r.name+"` |") {
				table.WriteString(l)
			}
		}
	}
	return table.String(), nil
}

// compared is a line whose ratio is that of two numbers.
func compared(row, what string, got float64, reference string, than, goal float64, show func(float64) string) line {
	return line{row: row, what: what, got: show(got), reference: reference + ": " + show(than), ratio: got / than, goal: goal}
}

func showTime(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.1f µs", float64(d)/1e3)
}

func showBytes(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", n/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", n/1e3)
	}
	return fmt.Sprintf("%.0f B", n)
}

func showCount(n float64) string { return fmt.Sprintf("%.0f", n) }

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// named is a vendor's name for people.
func named(vendor string) string {
	if vendor == "requesttracker" {
		return "Request Tracker"
	}
	return strings.ToUpper(vendor[:1]) + vendor[1:]
}
