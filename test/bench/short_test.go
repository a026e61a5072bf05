//go:build !race

package main

import (
	"strings"
	"testing"
)

// Every row is run; what CI can compare on any machine are calls, allocations and bytes.
func TestCostFollowsChangesAndSeries(t *testing.T) {
	b := &bench{dir: t.TempDir(), short: true}
	for _, r := range rows {
		if err := r.run(b); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
	}
	if err := b.verdict(); err != nil {
		var table strings.Builder
		if err := write(&table, b.lines); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%v\n%s", err, &table)
	}
	if n := len(b.lines); n < 6 {
		t.Errorf("only %d lines: something was not measured", n)
	}
}
