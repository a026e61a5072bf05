package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The numbers are those of a run; which tests there are, and what they do, the
// document must say as the code does.
func TestTheDocumentNamesEveryFuzzTest(t *testing.T) {
	tests, err := discover("../..")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../docs/fuzzing.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, x := range tests {
		if x.Does == "" {
			t.Errorf("%s has no comment that says what it does", x)
		}
		want = append(want, x.row())
	}
	row := regexp.MustCompile("(?m)^(\\| `Fuzz.*) \\| ([0-9,]+) \\| [^|]+ \\|$")
	for _, m := range row.FindAllStringSubmatch(string(document), -1) {
		got = append(got, m[1])
		if m[2] == "0" {
			t.Errorf("no input was tried: %s", m[1])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run make fuzz (-code +document):\n%s", diff)
	}
}

func TestInputsAreTheLastNumberThatIsTold(t *testing.T) {
	var out strings.Builder
	n, err := follow(strings.NewReader("fuzz: elapsed: 3s, execs: 131 (44/sec)\nfuzz: elapsed: 6s, execs: 683 (184/sec), new interesting: 4\nPASS\n"), &out)
	if err != nil || n != 683 || !strings.HasSuffix(out.String(), "  PASS\n") {
		t.Errorf("%d, %v, %q", n, err, out.String())
	}
}

func TestATableTakesThePlaceOfTheFormerOneAndKeepsWhatWasNotRun(t *testing.T) {
	x, y, z := test{Package: "p", Name: "FuzzX", Does: "Any."}, test{Package: "q", Name: "FuzzY", Does: "All."}, test{Package: "q", Name: "FuzzZ", Does: "None."}
	ran := x
	ran.Inputs, ran.How = 1234567, "30s"
	got, err := rewrite("a\n"+begin+y.row()+" | 17 | 5s |\n"+end+"b\n", []test{x, y, z}, []test{ran})
	want := "a\n" + begin + "| test | what it does | inputs tried | how |\n|---|---|---:|---|\n" +
		"| `FuzzX` in `p` | Any. | 1,234,567 | 30s |\n| `FuzzY` in `q` | All. | 17 | 5s |\n| `FuzzZ` in `q` | None. | 0 | not run |\n" + end + "b\n"
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := rewrite("no table", nil, nil); err == nil {
		t.Error("a document without a place for the table was rewritten")
	}
}
