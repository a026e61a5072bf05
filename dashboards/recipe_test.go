package dashboards

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheRecipeOfAPanelNamesWhatThereIs reads what docs/boards.md says of how to add
// one: its files, functions and tests.
func TestTheRecipeOfAPanelNamesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../docs/boards.md")
	if err != nil {
		t.Fatal(err)
	}
	_, recipe, ok := strings.Cut(string(text), "\n## Add a panel\n")
	if !ok {
		t.Fatal("docs/boards.md does not say how to add a panel")
	}
	var source strings.Builder
	for _, pattern := range []string{"*.go", "../rules/proof/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			content, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(content)
		}
	}
	n := 0
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(recipe, -1) {
		for _, word := range strings.Fields(m[1]) {
			switch {
			case regexp.MustCompile(`^[a-z]+/[\w/]*(\.go)?$`).MatchString(word):
				if _, err := os.Stat(filepath.Join("..", word)); err != nil {
					t.Errorf("the recipe names the file %s: %v", word, err)
				}
			case regexp.MustCompile(`^Test\w+$`).MatchString(word) || word == "shownAt" || word == "people":
				if !regexp.MustCompile(`func (\(m \*month\) )?` + word).MatchString(source.String()) {
					t.Errorf("the recipe names %s, which is no function", word)
				}
			default:
				continue
			}
			n++
		}
	}
	if n < 10 {
		t.Errorf("it names %d files and functions, want them all", n)
	}
}
