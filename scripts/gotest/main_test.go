package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for _, c := range []struct {
		name, events, printed string
		counts                counts
	}{
		{
			name: "a package that passes is one line",
			events: `{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN   TestX\n"}
{"Action":"pass","Package":"a","Test":"TestX/one"}
{"Action":"pass","Package":"a","Test":"TestX","Elapsed":0.1}
{"Action":"output","Package":"a","Output":"PASS\n"}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}
{"Action":"pass","Package":"a"}
`,
			printed: "ok  \ta\t0.1s\n",
			counts:  counts{passed: 2},
		},
		{
			name: "a failure is printed in full, and only it",
			events: `{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN   TestX\n"}
{"Action":"output","Package":"a","Test":"TestY","Output":"=== RUN   TestY\n"}
{"Action":"output","Package":"a","Test":"TestY","Output":"    y_test.go:3: wrong\n"}
{"Action":"pass","Package":"a","Test":"TestX"}
{"Action":"fail","Package":"a","Test":"TestY"}
{"Action":"skip","Package":"a","Test":"TestZ"}
{"Action":"output","Package":"a","Output":"FAIL\ta\t0.1s\n"}
{"Action":"fail","Package":"a"}
`,
			printed: "=== RUN   TestY\n    y_test.go:3: wrong\nFAIL\ta\t0.1s\n",
			counts:  counts{passed: 1, failed: 1, skipped: 1},
		},
		{
			name: "a package that cannot be built is a failed test",
			events: `{"ImportPath":"a","Action":"build-output","Output":"a.go:1: no\n"}
{"ImportPath":"a","Action":"build-fail"}
{"Action":"output","Package":"a","Output":"FAIL\ta [build failed]\n"}
{"Action":"fail","Package":"a","FailedBuild":"a"}
`,
			printed: "a.go:1: no\nFAIL\ta [build failed]\n",
			counts:  counts{failed: 1},
		},
		{
			name: "a crash prints what its test had said",
			events: `{"Action":"output","Package":"a","Test":"TestX","Output":"panic: no\n"}
{"Action":"output","Package":"a","Output":"FAIL\ta\t0.1s\n"}
{"Action":"fail","Package":"a"}
`,
			printed: "FAIL\ta\t0.1s\npanic: no\n",
			counts:  counts{failed: 1},
		},
		{name: "what is no event is passed on", events: "go: downloading x\n", printed: "go: downloading x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var printed strings.Builder
			got, err := report(strings.NewReader(c.events), &printed)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.counts {
				t.Errorf("counts %+v, not %+v", got, c.counts)
			}
			if printed.String() != c.printed {
				t.Errorf("printed %q, not %q", printed.String(), c.printed)
			}
		})
	}
}

func TestCountsLine(t *testing.T) {
	if s := (counts{passed: 12, failed: 1}).String(); s != "12 passed, 1 failed" {
		t.Error(s)
	}
}
