//go:build !race

package main

import (
	"slices"
	"strings"
	"testing"
)

// What CI can compare on any machine: calls, allocations and bytes.
func TestCostFollowsChangesAndSeries(t *testing.T) {
	b := &bench{dir: t.TempDir(), short: true}
	for _, r := range rows {
		if !slices.Contains(counted, r.name) {
			continue
		}
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
