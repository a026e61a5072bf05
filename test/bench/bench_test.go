package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestMain lets the test's program be its own children.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "-child" {
		if err := child(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	m.Run()
}

func TestATableNamesWhatMissesItsGoal(t *testing.T) {
	b := &bench{}
	b.add(compared("scrape", "a scrape, CPU", 3e6, "a plain one", 2e6, 1.05, showTime))
	b.add(compared("round", "a round, allocations", 90, "another", 100, 1.1, showCount))
	b.add(line{row: "start", what: "the program", got: showBytes(33.7e6)})
	var table strings.Builder
	if err := write(&table, b.lines); err != nil {
		t.Fatal(err)
	}
	want := `| row | what | measured | compared with | ratio | goal |
|---|---|---|---|---|---|
| ` + "`scrape`" + ` | a scrape, CPU | 3.00 ms | a plain one: 2.00 ms | **1.50×** | ≤ 1.05× |
| ` + "`round`" + ` | a round, allocations | 90 | another: 100 | 0.90× | ≤ 1.1× |
| ` + "`start`" + ` | the program | 33.7 MB |  |  | stated |
`
	if table.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &table, want)
	}
	if got, want := b.verdict().Error(), "1 of 3 miss their goal: scrape: a scrape, CPU"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRowsThatAreNotMeasuredKeepTheirLines(t *testing.T) {
	old := header + "| `scrape` | old | 1 |  |  | stated |\n| `commit` | old | 2 |  |  | stated |\n| `commit` | older | 3 |  |  | stated |\n| `gone` | old | 4 |  |  | stated |\n"
	got, err := merged("\n"+old+"\n", []line{{row: "commit", what: "new", got: "5"}, {row: "start", what: "new", got: "6"}})
	want := header + "| `scrape` | old | 1 |  |  | stated |\n| `commit` | new | 5 |  |  | stated |\n| `start` | new | 6 |  |  | stated |\n"
	if err != nil || got != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got, want)
	}
}
